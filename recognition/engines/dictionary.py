"""The recogniser's dictionary file, in PaddleOCR's format."""

from __future__ import annotations

from collections.abc import Sequence


def dictionary_bytes(characters: Sequence[str]) -> bytes:
    """PaddleOCR's dictionary file: UTF-8, one character a line, without blank and space."""
    if len(set(characters)) != len(characters):
        raise ValueError("A dictionary lists every character once.")
    if any(not character or "\n" in character or character == " " for character in characters):
        raise ValueError("A dictionary holds no empty entry, no line break and not the space.")
    return "".join(f"{character}\n" for character in characters).encode()


def parse_dictionary(data: bytes) -> tuple[str, ...]:
    """Inverse of `dictionary_bytes`. Splits on newline alone: U+3000 and U+2028 are characters."""
    return tuple(data.decode().removesuffix("\n").split("\n"))
