"""The real engine on rendered pages: what it reads, against PaddleOCR, and when files are bad."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognition.crops import crop_sha256, rectify
from recognition.engines.base import WEAK, Alternative, Character
from recognition.engines.paddle import PaddleEngine, logical_characters
from recognition.engines.store import ModelCorrupt, ModelFiles, ModelMissing, export_paddleocr, load
from recognition.metrics import cer
from recognition.preprocess import PREPROCESSING_VERSION
from tests.recognition.engine_kit import model_files, shared_engine, text_line, text_page, worn

LETTER = [
    (60, 50, "Invoice No. 20417 of 3 March 1987"),
    (60, 110, "Dear Mrs. Whitcombe,"),
    (60, 150, "the books you asked for left our house"),
    (60, 190, "yesterday by rail. Please pay 48.70 within"),
    (60, 230, "thirty days and quote the number above."),
    (60, 300, "Yours faithfully"),
]


def test_a_page_is_read_in_order_with_its_producer() -> None:
    page = text_page(LETTER)
    reading = shared_engine().read(page)
    assert [line.recognised.text for line in reading.lines] == [text for _, _, text in LETTER]
    assert [line.position for line in reading.lines] == list(range(len(LETTER)))
    assert reading.model_sha256 == model_files().sha256
    assert reading.dictionary_sha256 == model_files().dictionary_sha256
    assert reading.calibration_version == model_files().calibration_version
    assert reading.preprocessing_version == PREPROCESSING_VERSION
    for line in reading.lines:
        recognised = line.recognised
        assert recognised.text == "".join(c.text for c in recognised.characters)
        assert recognised.confidence is not None
        assert recognised.confidence > 0.5
        assert line.crop_sha256 == crop_sha256(rectify(page, line.polygon))


def test_a_line_read_again_alone_gives_the_same() -> None:
    page = text_page(LETTER)
    reading = shared_engine().read(page)
    polygons = [[(x, y) for x, y in line.polygon] for line in reversed(reading.lines)]
    again = shared_engine().recognise(page, polygons)
    assert again == [line.recognised for line in reversed(reading.lines)]
    assert shared_engine().recognise(page, polygons[:1]) == again[:1]


def test_a_page_without_text_gives_no_lines() -> None:
    assert shared_engine().read(np.full((500, 400, 3), 250, dtype=np.uint8)).lines == ()
    assert shared_engine().read(np.zeros((3, 2, 3), dtype=np.uint8)).lines == ()
    assert shared_engine().recognise(np.zeros((9, 9, 3), dtype=np.uint8), []) == []


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((10, 10), dtype=np.uint8),
        np.zeros((10, 10, 3), dtype=np.float32),
        np.zeros((0, 10, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_page_image_is_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="page image"):
        shared_engine().read(image)


def test_worn_characters_are_weak_and_carry_alternatives() -> None:
    texts = ["Receipt 8091.50 l1I0O", "cloud clover modern rn m", "Illinois 1lI| vv w 5S 8B"]
    lines = shared_engine().recognise_crops(
        [worn(text_line(text, 24), seed, 0.75) for seed, text in enumerate(texts)]
    )
    weak = [c for line in lines for c in line.characters if c.confidence < WEAK]
    assert weak
    for character in weak:
        assert len(character.alternatives) >= 2
        assert character.text not in {alternative.text for alternative in character.alternatives}
    for line in lines:
        for character in line.characters:
            assert 0 <= character.start < character.end <= 1


def test_characters_lie_where_they_stand() -> None:
    (line,) = shared_engine().recognise_crops([text_line("left                right", 30)])
    middle = [(character.start + character.end) / 2 for character in line.characters]
    assert middle == sorted(middle)
    assert middle[0] < 0.1
    assert middle[-1] > 0.9


def test_text_equals_paddleocr(tmp_path: Path) -> None:
    from paddleocr import TextRecognition

    files = model_files()
    folder = export_paddleocr(files.store, files.sha256, tmp_path / "exported")
    texts = [text for _, _, text in LETTER] + [
        "7",
        "Größe, façade & œuvre",
        "x" * 150,
        "  a line  ",
    ]
    crops = [
        worn(text_line(text, 18 + 4 * (index % 5)), index, 0.12 * (index % 6))
        for index, text in enumerate(texts)
    ]
    official = TextRecognition(
        model_name="PP-OCRv6_small_rec", model_dir=str(folder), engine="onnxruntime"
    )
    theirs = official.predict([np.ascontiguousarray(crop[:, :, ::-1]) for crop in crops])
    # In the precision of theirs; what remains is another width of padding.
    ours = PaddleEngine(files, threads=2, precision="float32").recognise_crops(crops)
    wear = [index % 6 for index in range(len(texts))]
    for own, their, worn_by in zip(ours, theirs, wear, strict=True):
        if worn_by < 4:
            assert own.text == their["rec_text"]
            assert own.raw_score == pytest.approx(their["rec_score"], abs=0.02)
    rate = cer([(line["rec_text"], own.text) for own, line in zip(ours, theirs, strict=True)])
    assert rate is not None
    assert rate < 0.01


def test_lines_in_columns_and_on_a_tilted_page_are_read() -> None:
    left = ["The first column", "goes on with its", "second and third", "line to the end."]
    right = ["Only then comes", "what stands to", "the right of it,", "down to the foot."]
    page = text_page(
        [(50, 60 + 40 * i, text) for i, text in enumerate(left)]
        + [(450, 60 + 40 * i, text) for i, text in enumerate(right)],
        size=(800, 320),
    )
    tilted = np.asarray(
        Image.fromarray(page).rotate(
            1.5, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC
        )
    )
    for image in (page, tilted):
        read = [line.recognised.text for line in shared_engine().read(image).lines]
        rate = cer([("\n".join(left + right), "\n".join(read))])
        assert rate is not None
        assert rate < 0.03


def test_characters_of_right_to_left_lines_come_in_reading_order() -> None:
    standing = [
        Character(text, 0.8, index / 6, (index + 1) / 6, (Alternative("\u05d3)", 0.1),))
        for index, text in enumerate(["1", "2", " ", "\u05d2", "\u05d1", "\u05d0"])
    ]
    logical = logical_characters(standing)
    assert "".join(c.text for c in logical) == "\u05d0\u05d1\u05d2 12"
    assert logical[0].start == 5 / 6
    assert logical[0].alternatives[0].text == "(\u05d3"
    assert logical[-1].alternatives[0].text == "\u05d3)"


def copy_of_model(tmp_path: Path) -> ModelFiles:
    """A version of its own, unlinked from the shared store, so that it can be damaged."""
    files = model_files()
    shutil.copytree(files.directory, tmp_path / files.sha256)
    return load(tmp_path, files.sha256)


@pytest.mark.parametrize("name", ["backbone.onnx", "head.onnx", "dictionary.txt"])
def test_a_lost_model_file_is_named(tmp_path: Path, name: str) -> None:
    files = copy_of_model(tmp_path)
    (files.directory / name).unlink()
    # Another hash, or the network loaded by the other tests would be taken.
    with pytest.raises(ModelMissing, match=name):
        PaddleEngine(fresh(files), threads=2)


@pytest.mark.parametrize(
    "name", ["backbone.onnx", "head.onnx", "calibration.json", "detector/inference.onnx"]
)
def test_a_damaged_model_file_is_reported(tmp_path: Path, name: str) -> None:
    files = copy_of_model(tmp_path)
    damaged = files.directory / name
    damaged.chmod(0o644)  # the store's files are read-only
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    with pytest.raises(ModelCorrupt, match="from backup"):
        PaddleEngine(fresh(files), threads=2)
    with pytest.raises(ModelCorrupt, match=name):
        load(tmp_path, files.sha256)


def test_a_dictionary_of_another_head_is_refused(tmp_path: Path) -> None:
    files = copy_of_model(tmp_path)
    files.dictionary.chmod(0o644)  # the store's files are read-only
    files.dictionary.write_text("a\nb\n")
    with pytest.raises(ModelCorrupt, match="dictionary"):
        PaddleEngine(fresh(files), threads=2)


def fresh(files: ModelFiles) -> ModelFiles:
    from dataclasses import replace

    return replace(files, backbone_sha256=f"{files.directory}", detector_sha256=str(files))


def test_engines_share_backbone_and_detector() -> None:
    one, other = shared_engine(), PaddleEngine(model_files(), threads=2)
    assert one._backbone is other._backbone
    assert one._detector is other._detector


def test_reading_needs_no_paddle_and_prints_nothing(tmp_path: Path) -> None:
    """In a process of its own, as a worker would be, on the store of this one."""
    np.save(tmp_path / "page.npy", text_page(LETTER[:2], size=(700, 200)))
    program = f"""
import sys
from pathlib import Path
import numpy as np
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import load
engine = PaddleEngine(load(Path({str(model_files().store)!r}), {model_files().sha256!r}))
lines = engine.read(np.load({str(tmp_path / "page.npy")!r})).lines
assert len(lines) == 2, lines
assert "paddle" not in sys.modules
assert "django.conf" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
