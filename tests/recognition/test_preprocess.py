"""The recogniser's input: PaddleX's numbers, in few widths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paddlex.inference.models.text_recognition.processors import OCRReisizeNormImg

from recognition.preprocess import (
    MAX_WIDTH,
    MIN_WIDTH,
    WIDTH_STEP,
    line_tensor,
    tensor_width,
    text_width,
    width_for,
)


def crop(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(
        0, 256, (height, width, 3), dtype=np.uint8
    )


@pytest.mark.parametrize(
    ("height", "width"), [(48, 100), (48, 320), (32, 976), (8, 300), (120, 20), (20, 4000), (1, 1)]
)
def test_input_equals_paddlex(height: int, width: int) -> None:
    image = crop(height, width)
    theirs = OCRReisizeNormImg([3, 48, 320]).resize(np.ascontiguousarray(image[:, :, ::-1]))
    ours = line_tensor(image)
    filled = text_width(image)
    assert np.allclose(ours[:, :, :filled], theirs[:, :, :filled], atol=1e-6)
    assert not ours[:, :, filled:].any()
    assert not theirs[:, :, filled:].any()


def test_short_lines_are_padded_and_overlong_ones_squeezed() -> None:
    assert tensor_width(crop(48, 100)) == 160
    assert tensor_width(crop(48, 161)) == 160 + WIDTH_STEP
    assert text_width(crop(48, 100)) == 100
    assert tensor_width(crop(10, 5000)) == text_width(crop(10, 5000)) == 3200


@pytest.mark.parametrize("shape", [(0, 10, 3), (10, 0, 3), (10, 10), (10, 10, 4)])
def test_what_is_no_crop_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="line crop"):
        line_tensor(np.zeros(shape, dtype=np.uint8))


@given(st.integers(1, 3_000), st.integers(1, 30_000))
def test_few_widths_hold_every_line(height: int, width: int) -> None:
    wide = width_for(height, width)
    assert MIN_WIDTH <= wide <= MAX_WIDTH
    assert wide % WIDTH_STEP == 0
    assert wide >= min(48 * width / height, MAX_WIDTH)
