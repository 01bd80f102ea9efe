"""Bring decoded pictures of any kind to upright black-and-white, grey or sRGB pixels."""

import io
import struct

from PIL import Image, ImageChops, ImageCms, ImageFile

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What Pillow's readers are known to raise on broken metadata.
METADATA_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)

_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_PLAIN_MODES = frozenset({"1", "L", "RGB"})
_PHOTOMETRIC_TAG = 262
_WHITE_IS_ZERO = 0


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none or it cannot be read.

    Unreadable metadata is no reason to refuse a picture: every viewer shows it as it lies.
    """
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except METADATA_ERRORS:
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1


def dpi_of(image: Image.Image) -> int | None:
    """Return the resolution a picture claims, where it is a believable one for a page."""
    claimed = image.info.get("dpi")
    try:
        across = round(float(claimed[0])) if isinstance(claimed, tuple) else 0
    except METADATA_ERRORS:
        return None
    return across if 20 <= across <= 4800 else None


def normalise(image: ImageFile.ImageFile) -> Image.Image:
    """Return a loaded picture upright, on white, in mode "1", "L" or "RGB" (sRGB).

    The mode is the smallest that holds every pixel exactly: a picture of black and white alone
    becomes "1", one without colour "L".
    """
    profile = image.info.get("icc_profile")
    turn = _TURNS.get(orientation_of(image))
    plain = _to_srgb(_flatten(_to_eight_bits(image)), profile)
    plain = smallest_mode(plain)
    return plain if turn is None else plain.transpose(turn)


def _to_eight_bits(image: ImageFile.ImageFile) -> Image.Image:
    """Scale samples wider than a byte; Pillow's own conversion clips them."""
    if image.mode.startswith("I;16"):
        scaled = _spread(image.convert("I"))
    elif image.mode in ("I", "F"):
        scaled = _spread(image)
    else:
        return image
    # A transparent colour is given in the file's own samples: it means nothing after scaling.
    scaled.info.pop("transparency", None)
    tags: dict[int, object] = dict(getattr(image, "tag_v2", {}))
    if tags.get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO:
        return ImageChops.invert(scaled)
    return scaled


def _spread(image: Image.Image) -> Image.Image:
    """Map wide samples to 0..255.

    Files do not say reliably how many bits they use (12-bit scanners write 16), so the smallest
    usual depth that holds the brightest sample is taken: 8, 12 or 16 bits; or 1.0 for fractions.
    Anything beyond is stretched between its extremes.
    """
    extremes = image.getextrema()
    low, high = float(extremes[0]), float(extremes[1])  # type: ignore[arg-type]
    if not (abs(low) < 1e30 and abs(high) < 1e30):
        raise ValueError("samples are not finite numbers")
    tops = (1.0, 255.0, 4095.0, 65535.0) if image.mode == "F" else (255.0, 4095.0, 65535.0)
    top = next((top for top in tops if low >= 0 and high <= top), None)
    if top is None:
        scale = 255.0 / max(high - low, 1.0)
        offset = -low * scale
    else:
        scale, offset = 255.0 / top, 0.0
    # In integer modes the result is cut, not rounded: half a step more rounds it.
    offset += 0.5 if image.mode != "F" else 0.0
    return image.point(lambda value: value * scale + offset).convert("L")


def _flatten(image: Image.Image) -> Image.Image:
    """Lay a picture with transparency on white paper."""
    if image.mode not in _ALPHA_MODES and "transparency" not in image.info:
        return image
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    paper.alpha_composite(layered)
    return paper.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode == "P":
        image = image.convert("RGB")
    if image.mode == "LAB":
        return _through_profile(
            image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        ) or image.convert("RGB")
    if profile and image.mode in ("L", "RGB", "CMYK"):
        try:
            described = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        except METADATA_ERRORS:
            described = None
        converted = _through_profile(image, described) if described is not None else None
        if converted is not None:
            return converted
    return image if image.mode in _PLAIN_MODES else image.convert("RGB")


def _through_profile(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image | None:
    """Convert to sRGB; `None` where the profile does not fit the picture (viewers ignore it)."""
    try:
        return ImageCms.profileToProfile(
            image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, ValueError):
        return None


def smallest_mode(image: Image.Image) -> Image.Image:
    """Return an "L" or "RGB" picture in the smallest mode that holds every pixel exactly."""
    if image.mode == "RGB":
        red, green, blue = image.split()
        if (
            ImageChops.difference(red, green).getbbox()
            or ImageChops.difference(red, blue).getbbox()
        ):
            return image
        image = red
    if image.mode == "L" and not any(image.histogram()[1:255]):
        return image.convert("1", dither=Image.Dither.NONE)
    return image
