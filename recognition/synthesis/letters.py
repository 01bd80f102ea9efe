"""Business letters on A4 at 150 dots to the inch, with a letterhead and a signature."""

from __future__ import annotations

import numpy as np

from recognition.synthesis import faces, prose, words
from recognition.synthesis.faces import Face
from recognition.synthesis.receipts import pick_language
from recognition.synthesis.sheet import BLACK, Colour, Draft, Paper, Sheet
from recognition.synthesis.words import Language, Rng, pick

_WIDTH, _HEIGHT = 1240, 1754
_LEFT, _RIGHT = 165, 1095
_INKS: tuple[Colour, ...] = ((26, 54, 93), (94, 28, 36), (28, 76, 56), (48, 44, 44))
_SIGNING: Colour = (30, 42, 110)


def draw_letter(rng: Rng) -> Draft:
    """One page: letterhead, addresses, subject, paragraphs, signature, foot."""
    language = pick_language(rng)
    body, size = [(Face.SERIF, 27.0), (Face.BOOK, 22.5), (Face.SANS, 22.0)][int(rng.integers(3))]
    ink = _INKS[int(rng.integers(len(_INKS)))]
    sheet = Sheet(_WIDTH, _HEIGHT)
    house = words.person(rng, language)
    firm = words.firm(rng, language)
    phone = words.phone(rng, language)
    _letterhead(sheet, rng, firm, f"{house.street}, {house.town}", ink)
    recipient = words.person(rng, language)
    y = 350.0
    for text in (recipient.name, recipient.street, recipient.town):
        sheet.write(_LEFT, y, text, body, size)
        y += 36
    date = words.day(rng)
    dated = words.long_date(date, language)
    sheet.write(_RIGHT, y + 34, dated, body, size, align="right")
    number = f"{int(rng.integers(10, 99))}-{int(rng.integers(1000, 9999))}"
    gaps = {
        "number": number,
        "place": pick(rng, prose.PLACES[language]),
        "goods": prose.goods(rng, language),
    }
    subject = pick(rng, prose.SUBJECTS[language]).format(**gaps)
    y += 108
    bold = {Face.SERIF: Face.SERIF_BOLD, Face.BOOK: Face.BOOK_BOLD}.get(body, Face.SANS_BOLD)
    sheet.write(_LEFT, y, subject, bold, size)
    y += 62
    family = recipient.name.split()[-1]
    greeting = pick(rng, prose.GREETINGS[language]).format(name=family)
    sheet.write(_LEFT, y, greeting, body, size)
    y += 52
    queue = prose.sentences(rng, language)
    leading = size * 1.42
    for length in rng.integers(2, 5, size=int(rng.integers(3, 5))):
        text = " ".join(_filled(queue.pop(), rng, language, gaps) for _ in range(int(length)))
        for line in wrapped(text, body, size, _RIGHT - _LEFT):
            sheet.write(_LEFT, y, line, body, size)
            y += leading
        y += leading * 0.55
        if y > 1330:
            break
    sheet.write(_LEFT, y, pick(rng, prose.CLOSINGS[language]), body, size)
    _signature(sheet, rng, _LEFT + 10, y + 52)
    signer = f"{pick(rng, words.GIVEN[language])} {pick(rng, words.FAMILY[language])}"
    sheet.write(_LEFT, y + 122, signer, body, size)
    sheet.rule(_LEFT, 1650, _RIGHT, colour=ink)
    foot = f"{firm}, {house.town}, Tel. {phone}"
    sheet.write(_WIDTH / 2, 1684, foot, Face.SANS, 17, align="centre", colour=ink)
    paper = Paper(aged=(242, 237, 225), show_through=0.25, creases=int(rng.integers(0, 3)))
    return Draft(sheet, paper)


def wrapped(text: str, face: Face, size: float, width: float) -> list[str]:
    """The text in lines of at most `width` pixels, broken between words."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and faces.measure(longer, face, size).advance > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line] if line else lines


def _filled(pattern: str, rng: Rng, language: Language, gaps: dict[str, str]) -> str:
    currency = "€{}" if language is Language.ENGLISH else "{} €"
    return pattern.format(
        **{
            **gaps,
            "date": words.long_date(words.day(rng), language),
            "sum": currency.format(words.money(int(rng.integers(4_000, 950_000)), language)),
            "percent": int(rng.integers(2, 30)),
            "name": pick(rng, words.FAMILY[language]),
            "other": pick(rng, words.FAMILY[language]),
            "goods": prose.goods(rng, language),
            "place": pick(rng, prose.PLACES[language]),
        }
    )


def _letterhead(sheet: Sheet, rng: Rng, firm: str, address: str, ink: Colour) -> None:
    style = int(rng.integers(3))
    if style == 0:  # centred between rules
        sheet.write(_WIDTH / 2, 140, firm, Face.SERIF_BOLD, 56, align="centre", colour=ink)
        sheet.rule(_LEFT, 168, _RIGHT, weight=3, colour=ink)
        sheet.rule(_LEFT, 174, _RIGHT, weight=1, colour=ink)
        sheet.write(_WIDTH / 2, 206, address, Face.SERIF_ITALIC, 25, align="centre", colour=ink)
        return
    if style == 1:  # a round mark at the left
        sheet.pen.ellipse([(_LEFT, 82), (_LEFT + 110, 192)], outline=ink, width=6)
        sheet.pen.ellipse([(_LEFT + 12, 94), (_LEFT + 98, 180)], outline=ink, width=2)
        for turn in np.linspace(0, np.pi, 5)[:-1]:
            dx, dy = 38 * np.cos(turn), 38 * np.sin(turn)
            cx, cy = _LEFT + 55, 137
            sheet.pen.line([(cx - dx, cy - dy), (cx + dx, cy + dy)], fill=ink, width=4)
        sheet.write(_LEFT + 140, 138, firm, Face.BOOK_BOLD, 42, colour=ink)
        sheet.write(_LEFT + 140, 178, address, Face.SANS, 20, colour=ink)
        return
    sheet.pen.rectangle([(0, 0), (_WIDTH, 26)], fill=ink)
    sheet.write(_RIGHT, 128, firm, Face.SANS_BOLD, 40, align="right", colour=ink)
    sheet.write(_RIGHT, 168, address, Face.SANS, 20, align="right", colour=BLACK)


def _signature(sheet: Sheet, rng: Rng, x: float, y: float) -> None:
    """A few loops of a pen: no letters, and so no line of text."""
    steps = np.linspace(0, 1, 240)
    loops = int(rng.integers(5, 9))
    phase = float(rng.uniform(0, 6))
    reach = float(rng.uniform(190, 270))
    height = np.exp(-2.2 * steps) * rng.uniform(24, 34) + 5
    across = x + 20 + reach * steps + 13 * np.sin(loops * 6.28 * steps + phase)
    down = y - 12 * steps + height * np.cos(loops * 6.28 * steps * (1 - 0.25 * steps) + phase)
    points = list(zip(across.tolist(), down.tolist(), strict=True))
    sheet.pen.line(points, fill=_SIGNING, width=3, joint="curve")
    sheet.pen.line([(x, y + 30), (x + reach + 60, y + 14)], fill=_SIGNING, width=2)
