"""From the detector's map to boxes: PaddleOCR's own way is the measure."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from paddlex.inference.models.text_detection.processors import DBPostProcess

from recognition.crops import crop_size
from recognition.engines.detection import (
    DetectionSettings,
    Detector,
    DetectorInvalid,
    boxes_of,
)
from tests.recognition.engine_kit import model_files, text_page

LIMITS = {"pixel_threshold": 0.2, "box_threshold": 0.45, "unclip_ratio": 1.5}

Patch = tuple[int, int, int, int]


def seen_map(patches: list[Patch]) -> np.ndarray:
    """A detector's map, 160 x 240, with patches (left, top, width, height) of text."""
    seen = np.zeros((160, 240), np.float32)
    for left, top, width, height in patches:
        seen[top : top + height, left : left + width] = 0.9
    return seen


patch = st.tuples(st.integers(0, 200), st.integers(0, 140), st.integers(1, 90), st.integers(1, 30))


@settings(deadline=None, max_examples=60)
@given(st.lists(patch, max_size=6), st.sampled_from([(160, 240), (800, 1200), (333, 517)]))
def test_boxes_are_those_of_paddleocr(patches: list[Patch], size: tuple[int, int]) -> None:
    seen = seen_map(patches)
    boxes, scores = DBPostProcess(max_candidates=3000)(
        [seen[None, None]], [(*size, 1.0, 1.0)], thresh=0.2, box_thresh=0.45, unclip_ratio=1.5
    )
    ours = list(boxes_of(seen, size, **LIMITS))
    assert [line.score for line in ours] == pytest.approx(scores[0])
    # Theirs are whole pixels of the page, after an offset in whole pixels of the map.
    slack = 1 + 2 * max(size[0] / 160, size[1] / 240)
    for line, box in zip(ours, boxes[0], strict=True):
        points = np.asarray(line.polygon)
        assert points.min(axis=0) == pytest.approx(box.min(axis=0), abs=slack)
        assert points.max(axis=0) == pytest.approx(box.max(axis=0), abs=slack)


def test_a_slanted_line_keeps_its_slant() -> None:
    seen = np.zeros((200, 200), np.float32)
    for column in range(20, 180):
        top = 60 + column // 4
        seen[top : top + 12, column] = 0.95
    (line,) = boxes_of(seen, (400, 400), **LIMITS)
    left, right, *_ = line.polygon
    assert (right[1] - left[1]) / (right[0] - left[0]) == pytest.approx(0.25, abs=0.02)
    assert crop_size(line.polygon)[1] > 300


def test_lines_stay_on_the_page() -> None:
    seen = seen_map([(0, 0, 240, 12), (0, 150, 240, 10)])
    for line in boxes_of(seen, (320, 480), **LIMITS):
        for x, y in line.polygon:
            assert 0 <= x <= 480
            assert 0 <= y <= 320


def test_small_type_on_a_large_page_is_looked_at_again() -> None:
    """Reduced to the side limit its lines are a few pixels high; the second look finds them all."""
    texts = [(60, 60 + 34 * row, f"Item {row} of a long list in small type") for row in range(40)]
    page = text_page(texts, size=(4_000, 1_500), letters=17)
    detector = Detector(model_files().detector_dir, 2)
    once = detector.look(page, DetectionSettings(small_line=0.0))
    twice = detector.look(page, DetectionSettings())
    assert len(twice) == len(texts)
    assert len(once) < len(twice)


def test_a_page_of_one_pixel_and_a_strip_are_looked_at() -> None:
    detector = Detector(model_files().detector_dir, 2)
    for shape in ((1, 1, 3), (20, 9_000, 3), (9_000, 20, 3)):
        assert detector.look(np.full(shape, 255, np.uint8), DetectionSettings()) == []


@pytest.mark.parametrize("lost", ["PreProcess", "PostProcess"])
def test_a_configuration_that_lacks_a_part_is_refused(tmp_path: Path, lost: str) -> None:
    source = model_files().detector_dir
    config = yaml.safe_load((source / "inference.yml").read_text())
    del config[lost]
    (tmp_path / "inference.yml").write_text(yaml.safe_dump(config))
    (tmp_path / "inference.onnx").symlink_to(source / "inference.onnx")
    with pytest.raises(DetectorInvalid, match="detector"):
        Detector(tmp_path, 2)
