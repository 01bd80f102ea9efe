"""The recogniser's input: PaddleX's numbers, and groups of equal width."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paddlex.inference.models.text_recognition.processors import OCRReisizeNormImg

from recognition.preprocess import batches, line_tensor, tensor_width, text_width


def crop(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(
        0, 256, (height, width, 3), dtype=np.uint8
    )


@pytest.mark.parametrize(
    ("height", "width"), [(48, 100), (48, 320), (31, 977), (7, 300), (120, 20), (20, 4000), (1, 1)]
)
def test_input_equals_paddlex(height: int, width: int) -> None:
    image = crop(height, width)
    theirs = OCRReisizeNormImg([3, 48, 320]).resize(np.ascontiguousarray(image[:, :, ::-1]))
    assert np.array_equal(line_tensor(image), theirs)


def test_short_lines_are_padded_and_overlong_ones_squeezed() -> None:
    assert tensor_width(crop(48, 100)) == 320
    assert text_width(crop(48, 100)) == 100
    assert tensor_width(crop(10, 5000)) == text_width(crop(10, 5000)) == 3200


def test_padding_to_a_batch_adds_only_zeros() -> None:
    alone = line_tensor(crop(48, 400))
    padded = line_tensor(crop(48, 400), width=512)
    assert padded.shape == (3, 48, 512)
    assert np.array_equal(padded[:, :, :400], alone)
    assert not padded[:, :, 400:].any()


def test_padding_never_cuts() -> None:
    assert line_tensor(crop(48, 400), width=100).shape == (3, 48, 400)


@pytest.mark.parametrize("shape", [(0, 10, 3), (10, 0, 3), (10, 10), (10, 10, 4)])
def test_what_is_no_crop_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="line crop"):
        line_tensor(np.zeros(shape, dtype=np.uint8))


@given(st.lists(st.integers(320, 3200)), st.integers(320, 8000), st.integers(0, 200))
def test_batches_hold_every_line_once_within_bounds(
    widths: list[int], pixels: int, slack: int
) -> None:
    groups = list(batches(widths, pixels=pixels, slack=slack))
    assert sorted(index for group in groups for index in group) == list(range(len(widths)))
    for group in groups:
        held = [widths[index] for index in group]
        assert max(held) - min(held) <= slack
        assert len(group) == 1 or len(group) * max(held) <= pixels
