"""The command that measures a model on ground truth."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from recognition.character_sets import CharacterSet
from recognition.synthesis import PRISTINE, Kind
from recognition.synthesis.output import write_set
from tests import factories
from tests.training.labelled import installed_base


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """One clean page whose truth has one line changed, so that it is a line read wrong."""
    folder = tmp_path / "drawn"
    write_set(folder, Kind.RECEIPT, 1, 3, wear=PRISTINE)
    labels = folder / "labels.jsonl"
    row = json.loads(labels.read_text())
    row["lines"][0]["text"] = "<b>WRONG</b>"
    labels.write_text(json.dumps(row))
    return folder


@pytest.mark.django_db
def test_a_page_is_measured_whole_and_line_by_line(drawn: Path, tmp_path: Path) -> None:
    version = installed_base()
    figures, page = tmp_path / "figures.json", tmp_path / "report.html"
    call_command("evaluate", data=[drawn], json=figures, html=page)
    written = json.loads(figures.read_text())
    assert written["model"] == version.sha256
    (one,) = written["sets"]
    assert (one["name"], one["kind"], one["images"]) == ("drawn", "pages with boxes", 1)
    for part in ("pages", "lines"):
        assert 0 < one[part]["cer"] < 0.2
        assert one[part]["line_exact"] > 0.7
    assert (one["pages"]["page_exact"], one["pages"]["missed_lines"]) == (0.0, 0)
    assert written["all"]["pages"] == one["pages"]
    html = page.read_text()
    assert "&lt;b&gt;WRONG&lt;/b&gt;" in html
    assert "<b>WRONG" not in html
    assert 'src="data:image/png;base64,' in html


@pytest.mark.django_db
def test_a_type_is_measured_by_its_own_model_and_character_set(drawn: Path, tmp_path: Path) -> None:
    version = installed_base()
    factories.make_type("Meters", character_set=CharacterSet.DIGITS)
    figures, page = tmp_path / "figures.json", tmp_path / "report.html"
    call_command("evaluate", data=[drawn], type="Meters", json=figures, html=page)
    written = json.loads(figures.read_text())
    assert (written["document_type"], written["character_set"]) == ("Meters", "digits")
    assert written["model"] == version.sha256
    (one,) = written["sets"]
    assert one["lines"]["cer"] > 0.5, "words are read as digits alone"
    assert "as for the document type Meters" in page.read_text()
    with pytest.raises(CommandError, match="There are: Meters"):
        call_command("evaluate", data=[drawn], type="Metres")


@pytest.mark.django_db
def test_bad_input_is_named_before_anything_is_read(drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no folder"):
        call_command("evaluate", data=[drawn], json=tmp_path / "none" / "x.json")
    with pytest.raises(CommandError, match="Name a folder"):
        call_command("evaluate", data=[tmp_path])
    with pytest.raises(CommandError, match="No model version has a hash"):
        call_command("evaluate", data=[drawn], model="ffff")
    with pytest.raises(CommandError, match="No model is active"):
        call_command("evaluate", data=[drawn])
