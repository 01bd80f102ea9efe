"""Which characters a document type can contain: named sets over any model's dictionary.

A set is a rule on Unicode properties, not a list, so that it holds for every base and for what a
head learns later. The space belongs to every set.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class CharacterSet(StrEnum):
    """The sets an admin chooses from."""

    FULL = "full"
    LATIN = "latin"
    LATIN_HISTORIC = "latin-historic"
    DIGITS = "digits"
    GREEK = "greek"
    CYRILLIC = "cyrillic"
    CHINESE = "chinese"
    JAPANESE = "japanese"


LABELS: dict[str, str] = {
    CharacterSet.FULL: "All that the model knows",
    CharacterSet.LATIN: "Latin",
    CharacterSet.LATIN_HISTORIC: "Latin with historic letters",
    CharacterSet.DIGITS: "Digits and signs only",
    CharacterSet.GREEK: "Greek and Latin",
    CharacterSet.CYRILLIC: "Cyrillic and Latin",
    CharacterSet.CHINESE: "Chinese and Latin",
    CharacterSet.JAPANESE: "Japanese and Latin",
}
CHOICES = [(each.value, LABELS[each]) for each in CharacterSet]
ABOUT: dict[str, str] = {
    CharacterSet.FULL: "Nothing is left out, of any script.",
    CharacterSet.LATIN: "A to Z with any accents, the letters of European languages, digits, and "
    "the signs of print and forms.",
    CharacterSet.LATIN_HISTORIC: "Latin, and with it the long s, medieval letters, abbreviation "
    "signs, combining marks, Roman numerals and fleurons.",
    CharacterSet.DIGITS: "Figures, fractions, currencies, and the signs of print and forms; no "
    "letters at all.",
    CharacterSet.GREEK: "Latin, and Greek with all its accents.",
    CharacterSet.CYRILLIC: "Latin, and Cyrillic.",
    CharacterSet.CHINESE: "Latin, ideographs, and the punctuation that goes with them.",
    CharacterSet.JAPANESE: "As Chinese, with hiragana and katakana.",
}

# First code point and name, after Blocks.txt of Unicode 15; None ends a stretch not named here.
_BLOCKS: tuple[tuple[int, str | None], ...] = (
    (0x0000, "Basic Latin"), (0x0080, "Latin-1 Supplement"), (0x0100, "Latin Extended-A"),
    (0x0180, "Latin Extended-B"), (0x0250, "IPA Extensions"), (0x02B0, "Spacing Modifier Letters"),
    (0x0300, "Combining Diacritical Marks"), (0x0370, "Greek and Coptic"), (0x0400, "Cyrillic"),
    (0x0500, "Cyrillic Supplement"), (0x0530, "Armenian"), (0x0590, "Hebrew"), (0x0600, "Arabic"),
    (0x0700, None), (0x0900, "Devanagari"), (0x0980, None), (0x0E00, "Thai"), (0x0E80, None),
    (0x1100, "Hangul Jamo"), (0x1200, None), (0x1AB0, "Combining Diacritical Marks Extended"),
    (0x1B00, None), (0x1C80, "Cyrillic Extended-C"), (0x1C90, None),
    (0x1D00, "Phonetic Extensions"), (0x1D80, "Phonetic Extensions Supplement"),
    (0x1DC0, "Combining Diacritical Marks Supplement"), (0x1E00, "Latin Extended Additional"),
    (0x1F00, "Greek Extended"), (0x2000, "General Punctuation"),
    (0x2070, "Superscripts and Subscripts"), (0x20A0, "Currency Symbols"),
    (0x20D0, "Combining Diacritical Marks for Symbols"), (0x2100, "Letterlike Symbols"),
    (0x2150, "Number Forms"), (0x2190, "Arrows"), (0x2200, "Mathematical Operators"),
    (0x2300, "Miscellaneous Technical"), (0x2400, "Control Pictures"),
    (0x2440, "Optical Character Recognition"), (0x2460, "Enclosed Alphanumerics"),
    (0x2500, "Box Drawing"), (0x2580, "Block Elements"), (0x25A0, "Geometric Shapes"),
    (0x2600, "Miscellaneous Symbols"), (0x2700, "Dingbats"),
    (0x27C0, "Miscellaneous Mathematical Symbols-A"), (0x27F0, "Supplemental Arrows-A"),
    (0x2800, None), (0x2900, "Supplemental Arrows-B"), (0x2980, None),
    (0x2B00, "Miscellaneous Symbols and Arrows"), (0x2C00, None), (0x2C60, "Latin Extended-C"),
    (0x2C80, "Coptic"), (0x2D00, None), (0x2DE0, "Cyrillic Extended-A"),
    (0x2E00, "Supplemental Punctuation"), (0x2E80, "CJK Radicals Supplement"),
    (0x2F00, "Kangxi Radicals"), (0x2FE0, None), (0x3000, "CJK Symbols and Punctuation"),
    (0x3040, "Hiragana"), (0x30A0, "Katakana"), (0x3100, "Bopomofo"),
    (0x3130, "Hangul Compatibility Jamo"), (0x3190, "Kanbun"), (0x31A0, "Bopomofo Extended"),
    (0x31C0, "CJK Strokes"), (0x31F0, "Katakana Phonetic Extensions"),
    (0x3200, "Enclosed CJK Letters and Months"), (0x3300, "CJK Compatibility"),
    (0x3400, "CJK Unified Ideographs Extension A"), (0x4DC0, "Yijing Hexagram Symbols"),
    (0x4E00, "CJK Unified Ideographs"), (0xA000, None), (0xA640, "Cyrillic Extended-B"),
    (0xA6A0, None), (0xA720, "Latin Extended-D"), (0xA800, None), (0xAB30, "Latin Extended-E"),
    (0xAB70, None), (0xAC00, "Hangul Syllables"), (0xD7B0, None), (0xE000, "Private Use Area"),
    (0xF900, "CJK Compatibility Ideographs"), (0xFB00, "Alphabetic Presentation Forms"),
    (0xFB50, None), (0xFE10, "Vertical Forms"), (0xFE20, "Combining Half Marks"),
    (0xFE30, "CJK Compatibility Forms"), (0xFE50, "Small Form Variants"), (0xFE70, None),
    (0xFF00, "Halfwidth and Fullwidth Forms"), (0xFFF0, "Specials"), (0x10000, None),
    (0x10780, "Latin Extended-F"), (0x107C0, None), (0x1DF00, "Latin Extended-G"), (0x1E000, None),
    (0x1F000, "Mahjong Tiles"), (0x1F030, None), (0x1F0A0, "Playing Cards"),
    (0x1F100, "Enclosed Alphanumeric Supplement"), (0x1F200, "Enclosed Ideographic Supplement"),
    (0x1F300, "Miscellaneous Symbols and Pictographs"), (0x1F600, "Emoticons"),
    (0x1F650, "Ornamental Dingbats"), (0x1F680, "Transport and Map Symbols"), (0x1F700, None),
    (0x20000, "CJK Unified Ideographs Extension B"), (0x2A6E0, None),
    (0x2A700, "CJK Unified Ideographs Extension C"),
    (0x2B740, "CJK Unified Ideographs Extension D"),
    (0x2B820, "CJK Unified Ideographs Extension E"),
    (0x2CEB0, "CJK Unified Ideographs Extension F"), (0x2EBF0, None),
    (0x2F800, "CJK Compatibility Ideographs Supplement"), (0x2FA20, None),
    (0x30000, "CJK Unified Ideographs Extension G"), (0x31350, None),
)  # fmt: skip
_STARTS = [first for first, _ in _BLOCKS]
ELSEWHERE = "Other blocks"

_PRINT = frozenset(
    {
        "Basic Latin",
        "Latin-1 Supplement",
        "General Punctuation",
        "Superscripts and Subscripts",
        "Currency Symbols",
        "Letterlike Symbols",
        "Number Forms",
    }
)
"""Blocks whose signs and numbers Latin print uses."""

_FORM_SIGNS = frozenset("←↑→↓−≈≠≤≥√∞∑∆■□▪▲▶▼◆●○☎☐☑☒✓✔✕✗✘℮")
_HISTORIC_SIGNS = frozenset("☙❦❧☞☛☜✝✠✚⁂♃♄☉☽☾♀♂☿Ↄↄ")
_LIVING = frozenset({"Basic Latin", "Latin-1 Supplement", "Latin Extended-A"})
_LETTERS_OF_NO_PRINT = frozenset(
    {"IPA Extensions", "Phonetic Extensions", "Phonetic Extensions Supplement"}
)
_IDEOGRAPHIC = frozenset(
    {
        "CJK Symbols and Punctuation",
        "Enclosed CJK Letters and Months",
        "CJK Compatibility",
        "CJK Compatibility Forms",
        "Vertical Forms",
        "Small Form Variants",
        "Enclosed Alphanumerics",
        "Kangxi Radicals",
        "CJK Radicals Supplement",
        "CJK Strokes",
    }
)
_KANA = ("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")
_EXPECTED: dict[str, str] = {
    CharacterSet.LATIN_HISTORIC: "ſꝛꝑꝓꝗꝙꝝꝫꝭꝯꝰ⁊ꞇꝺꜩ℞℟℣℥ȝþƿ\u0303\u0304\u0305\u0364\u035b\ufb05",
    CharacterSet.GREEK: "αβγδεζηθικλμνξοπρσςτυφχψωάᾶἀἁὁῳ",
    CharacterSet.CYRILLIC: "абвгдежзийклмнопрстуфхцчшщъыьэюяѣіїєґ",
    CharacterSet.JAPANESE: "あいうえおアイウエオ",
}
"""What a text of the set is likely to hold, to tell when a model cannot write it."""


@dataclass(frozen=True, slots=True)
class BlockPreview:
    """The characters of one Unicode block in a set, in code point order."""

    name: str
    characters: str
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.characters)


@dataclass(frozen=True, slots=True)
class SetPreview:
    """What a set leaves of a dictionary: `allowed` of `known` characters, block by block.

    `lacking` are frequent characters of the set that the dictionary does not have.
    """

    character_set: CharacterSet
    about: str
    blocks: tuple[BlockPreview, ...]
    allowed: int
    known: int
    lacking: tuple[str, ...]

    @property
    def label(self) -> str:
        return LABELS[self.character_set]

    @property
    def lacking_shown(self) -> tuple[str, ...]:
        """These as they can be seen: combining marks on a dotted circle."""
        return tuple(
            f"\u25cc{each}" if unicodedata.category(each)[0] == "M" else each
            for each in self.lacking
        )

    @property
    def left_out(self) -> int:
        return self.known - self.allowed


def contains(character_set: str, text: str) -> bool:
    """Whether every character of `text` belongs to the set. Raises ValueError for no such set."""
    chosen = CharacterSet(character_set)
    return chosen is CharacterSet.FULL or all(_belongs(chosen, letter) for letter in text)


def classes_of(character_set: str, names: Sequence[str]) -> tuple[int, ...]:
    """Which output classes the set leaves; `names` as from `ctc.class_names`.

    The blank (first) and the space (last) always stay. Raises ValueError for no such set.
    """
    last = len(names) - 1
    return tuple(
        index
        for index, name in enumerate(names)
        if index in (0, last) or contains(character_set, name)
    )


def preview_of(character_set: str, dictionary: Iterable[str], shown: int = 160) -> SetPreview:
    """What the set leaves of the dictionary; at most `shown` characters of each block."""
    chosen = CharacterSet(character_set)
    known = sorted(set(dictionary))
    inside = [entry for entry in known if contains(chosen, entry)]
    found: dict[str, list[str]] = {}
    for entry in inside:
        found.setdefault(block_of(entry[:1] or " "), []).append(entry)
    return SetPreview(
        character_set=chosen,
        about=ABOUT[chosen],
        blocks=tuple(
            BlockPreview(name, "".join(entries[:shown]), len(entries))
            for name, entries in found.items()
        ),
        allowed=len(inside),
        known=len(known),
        lacking=tuple(sorted(set(_EXPECTED.get(chosen, "")) - set(known))),
    )


def block_of(character: str) -> str:
    """The name of a character's Unicode block."""
    return _BLOCKS[bisect_right(_STARTS, ord(character)) - 1][1] or ELSEWHERE


@lru_cache(maxsize=100_000)
def _belongs(character_set: CharacterSet, character: str) -> bool:
    if character == " ":
        return True
    if character_set is CharacterSet.DIGITS:
        return _is_sign(character)
    if _is_sign(character) or _is_living_latin(character):
        return True
    script = unicodedata.name(character, "")
    block = block_of(character)
    if character_set is CharacterSet.LATIN_HISTORIC:
        return _is_historic(character, script, block)
    if character_set is CharacterSet.GREEK:
        return script.startswith("GREEK ")
    if character_set is CharacterSet.CYRILLIC:
        return script.startswith("CYRILLIC ")
    if character_set in (CharacterSet.CHINESE, CharacterSet.JAPANESE):
        if script.startswith(_KANA):
            return character_set is CharacterSet.JAPANESE
        return (
            script.startswith(("CJK ", "FULLWIDTH ", "IDEOGRAPHIC "))
            or block in _IDEOGRAPHIC
            or character in "℃℉★☆"
        )
    return False


def _is_sign(character: str) -> bool:
    """Numbers, punctuation and signs of Latin print and forms; no letters, no look-alikes."""
    category = unicodedata.category(character)
    if category[0] in "PSN" and category != "Nl":
        return block_of(character) in _PRINT or character in _FORM_SIGNS
    return character in _FORM_SIGNS


def _is_living_latin(character: str) -> bool:
    """A to Z with any accents, and the letters of European languages in use."""
    category, block = unicodedata.category(character), block_of(character)
    if category == "Mn":
        return block == "Combining Diacritical Marks"
    if character in "ªºµẞƒ":
        return True
    if not unicodedata.name(character, "").startswith("LATIN ") or character == "ſ":
        return False
    base = unicodedata.normalize("NFD", character)[0]
    return block in _LIVING or (base.isascii() and base.isalpha())


def _is_historic(character: str, script: str, block: str) -> bool:
    category = unicodedata.category(character)
    if block == "Private Use Area":  # where medievalists' fonts keep what Unicode lacks
        return True
    if category == "Mn":
        return block.startswith("Combining ")
    if script.startswith("LATIN ") and block not in _LETTERS_OF_NO_PRINT:
        # "Lo" are clicks and the like: they pass for strokes and exclamation marks.
        return category != "Lo" and block != "Halfwidth and Fullwidth Forms"
    return character in _HISTORIC_SIGNS or (block == "Number Forms" and category == "Nl")
