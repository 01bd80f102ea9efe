"""Single lines of general text in many typefaces: what any recogniser should go on reading."""

from __future__ import annotations

import string

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.synthesis import faces, prose, words
from recognition.synthesis.faces import BLACKLETTERS, Face
from recognition.synthesis.words import Language, Rng, pick

Pixels = npt.NDArray[np.uint8]

_FACES = tuple(face for face in Face if face not in BLACKLETTERS)
_LATIN_ONLY = frozenset({Face.TYPEWRITER})  # has no accents
_WORDS = (
    "déjà", "garçon", "où", "forêt", "naïve", "señor", "mañana", "corazón", "São", "coração",
    "città", "perché", "łódka", "żółty", "święto", "příliš", "kůň", "ťapka", "szőlő", "tűz",
    "çiçek", "ağaç", "ılık", "smørrebrød", "ångström", "þing", "ærø", "český", "Ñandú", "Œuvre",
)  # fmt: skip
"""Words of other languages that are written with Latin letters and marks on them."""
_SIGNS = "()[]{}<>/\\|-–—_=+*#@&%§€$£°!?.,:;'\"“”…·"
_MOST = 28  # characters of a sentence's part: a short line teaches as much and costs less


def draw_line(rng: Rng) -> tuple[Pixels, str]:
    """A line, uint8 [H, W, 3] RGB, dark on light or the other way round, and its text."""
    text = " ".join(_text(rng).split())
    face = _FACES[int(rng.integers(len(_FACES)))]
    if face in _LATIN_ONLY and not text.isascii():
        face = Face.MONO
    size = float(rng.integers(22, 46))
    extent = faces.measure(text, face, size)
    left, right, top, bottom = (round(size * float(rng.uniform(0.05, 0.35))) for _ in range(4))
    width = round(extent.right - min(extent.left, 0)) + left + right
    height = round(extent.bottom - extent.top) + top + bottom
    paper, ink = (int(rng.integers(205, 256)), int(rng.integers(0, 90)))
    if rng.random() < 0.08:
        paper, ink = ink, paper
    image = Image.new("RGB", (max(width, 8), max(height, 12)), (paper,) * 3)
    at = (left - min(extent.left, 0), top - extent.top)
    faces.draw(image, at, text, face, size, (ink,) * 3)
    noise = rng.normal(0, float(rng.uniform(0, 7)), size=(image.height, image.width, 1))
    pixels = np.asarray(image, dtype=np.float32) + noise
    return np.clip(pixels, 0, 255).astype(np.uint8), text


def _text(rng: Rng) -> str:
    language = Language.ENGLISH if rng.random() < 0.55 else Language.GERMAN
    kind = rng.random()
    if kind < 0.45:
        return _part(_sentence(rng, language), rng)
    if kind < 0.6:
        one = words.person(rng, language)
        return pick(rng, (one.name, one.street, one.town, words.firm(rng, language)))
    if kind < 0.75:
        return _figures(rng, language)
    if kind < 0.87:
        return " ".join(pick(rng, _WORDS) for _ in range(int(rng.integers(2, 5))))
    return _code(rng)


def _sentence(rng: Rng, language: Language) -> str:
    pattern = pick(rng, prose.SENTENCES[language])
    return pattern.format(
        date=words.long_date(words.day(rng), language),
        goods=prose.goods(rng, language),
        place=pick(rng, prose.PLACES[language]),
        sum=words.money(int(rng.integers(4_000, 950_000)), language),
        percent=int(rng.integers(2, 60)),
        number=int(rng.integers(1_000, 99_999)),
        name=pick(rng, words.FAMILY[language]),
        other=pick(rng, words.FAMILY[language]),
    )


def _part(sentence: str, rng: Rng) -> str:
    """Some words that stand beside one another."""
    parts = sentence.split()
    start = int(rng.integers(len(parts)))
    found = parts[start]
    for word in parts[start + 1 :]:
        if len(found) + len(word) > rng.integers(_MOST // 3, _MOST):
            break
        found = f"{found} {word}"
    return found


def _figures(rng: Rng, language: Language) -> str:
    goods = pick(rng, words.GOODS[language])
    money = words.money(int(rng.integers(50, 2_000_000)), language)
    date = words.day(rng)
    return pick(
        rng,
        (
            f"{goods} {money}", money, f"{money} €", words.short_date(date, language),
            words.long_date(date, language), words.phone(rng, language),
            f"{int(rng.integers(1, 40))} x {goods}", f"No. {int(rng.integers(10**6))}",
        ),
    )  # fmt: skip


def _code(rng: Rng) -> str:
    """Letters, digits and signs without sense, in which nothing can be guessed."""
    letters = string.ascii_letters + string.digits
    found = ["".join(_some(rng, letters)) for _ in range(int(rng.integers(1, 4)))]
    if rng.random() < 0.5:
        found.insert(int(rng.integers(len(found) + 1)), "".join(_some(rng, _SIGNS)[:3]))
    return " ".join(found)


def _some(rng: Rng, characters: str) -> list[str]:
    return [characters[int(rng.integers(len(characters)))] for _ in range(int(rng.integers(2, 9)))]
