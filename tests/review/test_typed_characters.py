"""Characters typed beyond the model: counted, named, and what becomes of them."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from recognition.engines.dictionary import dictionary_bytes
from recognition.models import DocumentType, ModelVersion
from recognition.registry import VersionFacts, activate, register_version
from review.services import reopen_page
from review.typed_characters import typed_characters
from tests.factories import make_admin, make_page, make_reviewer, make_type, submit_as_read

pytestmark = pytest.mark.django_db


def version_with(store: Path, characters: str, parent: ModelVersion | None = None) -> ModelVersion:
    """A model version whose dictionary is in the store."""
    sha256 = f"{len(list(store.iterdir())):064x}"
    (store / sha256).mkdir()
    (store / sha256 / "dictionary.txt").write_bytes(dictionary_bytes(characters))
    kind = ModelVersion.Kind.HEAD if parent else ModelVersion.Kind.BASE
    facts = VersionFacts(sha256, f"model {sha256[-1]}", kind, "0" * 64, "test-1", "test-1")
    return register_version(facts, parent=parent)


@pytest.fixture
def store(tmp_path: Path, settings) -> Path:
    settings.MODEL_STORE = tmp_path
    return tmp_path


@pytest.fixture
def chronicle(store: Path) -> DocumentType:
    """A type read by a base that knows ASCII letters alone."""
    base = version_with(store, "abcdefghijklmnopqrstuvwxyzT.125")
    activate(version=base, document_type=None, actor=None, reason="a test")
    return make_type("Chronicle")


def test_each_is_counted_with_its_name_its_times_and_an_example(chronicle):
    first = make_page(chronicle)
    submit_as_read(first, make_reviewer(), line0="ꝑꝑ aſ", line1="q\u0303")
    second = make_page(chronicle)
    submit_as_read(second, make_reviewer(), line0="ſub", line1="thank you")
    rows = {row.character: row for row in typed_characters(chronicle).unknown}
    assert set(rows) == {"ꝑ", "ſ", "\u0303"}
    assert (rows["ꝑ"].times, rows["ꝑ"].lines) == (2, 1)
    assert (rows["ſ"].times, rows["ſ"].lines) == (2, 2)
    assert rows["ſ"].first < rows["ſ"].last
    assert rows["ſ"].example == second.lines.get(position=0)
    assert (rows["ſ"].code_point, rows["ſ"].name) == ("U+017F", "LATIN SMALL LETTER LONG S")
    assert rows["\u0303"].shown == "\u25cc\u0303"


def test_what_a_later_label_replaced_and_other_types_count_for_nothing(chronicle):
    page = make_page(chronicle)
    reviewer = make_reviewer()
    submit_as_read(page, reviewer, line0="ſ", line1="a")
    reopen_page(page=page, actor=make_admin(), reason="A slip.")
    submit_as_read(page, reviewer, line0="s", line1="a")
    submit_as_read(make_page(make_type("Other")), reviewer, line0="ꝑ", line1="a")
    assert typed_characters(chronicle).unknown == ()


def test_what_a_head_has_learnt_since_its_base_stands_by_itself(chronicle, store):
    submit_as_read(make_page(chronicle), make_reviewer(), line0="ſ ꝑ", line1="a")
    base = ModelVersion.objects.get()
    head = version_with(store, "abcdefghijklmnopqrstuvwxyzT.125ſ", base)
    activate(version=head, document_type=chronicle, actor=None, reason="a test")
    typed = typed_characters(chronicle)
    assert [row.character for row in typed.learnt] == ["ſ"]
    assert [row.character for row in typed.unknown] == ["ꝑ"]


def test_the_page_tells_what_happens_and_warns_of_what_the_set_leaves_out(chronicle):
    chronicle.character_set = "latin"
    chronicle.save()
    page = make_page(chronicle)
    submit_as_read(page, make_reviewer(), line0="ꝑ<b>", line1="a\ue8bf")
    browser = Client()
    browser.force_login(make_admin())
    shown = browser.get(reverse("type_typed", args=[chronicle.pk])).content.decode()
    assert "LATIN SMALL LETTER P WITH STROKE THROUGH DESCENDER" in shown
    assert "(Private Use Area)" in shown
    assert "Latin leaves it out" in shown
    assert f"{reverse('page_detail', args=[page.pk])}#l{page.lines.get(position=0).pk}" in shown


def test_without_model_files_or_labels_the_page_says_so(chronicle, store):
    browser = Client()
    browser.force_login(make_admin())
    address = reverse("type_typed", args=[chronicle.pk])
    assert "Everything that reviewers have typed so far" in browser.get(address).content.decode()
    (store / ModelVersion.objects.get().sha256 / "dictionary.txt").unlink()
    assert "files are not here" in browser.get(address).content.decode()


def test_typed_characters_are_for_admins(chronicle):
    address = reverse("type_typed", args=[chronicle.pk])
    reviewer = Client()
    reviewer.force_login(make_reviewer())
    assert Client().get(address).status_code == 302
    assert reviewer.get(address).status_code == 403
    admin = Client()
    admin.force_login(make_admin())
    assert admin.post(address).status_code == 405
    assert admin.get(reverse("type_typed", args=[10**9])).status_code == 404
