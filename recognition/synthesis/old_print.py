"""Pages of an old chronicle in blackletter, with a drop capital and words in Latin."""

from __future__ import annotations

import numpy as np

from recognition.synthesis import chronicle, faces
from recognition.synthesis.faces import Face
from recognition.synthesis.sheet import Colour, Draft, Paper, Sheet
from recognition.synthesis.words import Rng, pick

_WIDTH, _HEIGHT = 1000, 1330
_LEFT, _RIGHT = 112, 888
_SIZE, _LEADING = 39.0, 55
_INK: Colour = (38, 28, 22)
_INITIAL_LINES = 3
_LINES = 16


def draw_old_print(rng: Rng) -> Draft:
    """One page: running head, chapter title, Latin motto, initial, sixteen lines, catchword."""
    sheet = Sheet(_WIDTH, _HEIGHT)
    recto = bool(rng.random() < 0.5)
    number = str(int(rng.integers(12, 480)))
    head = pick(rng, chronicle.RUNNING_HEADS)
    sheet.write(_WIDTH / 2, 96, head, Face.BLACKLETTER, 34, align="centre", colour=_INK)
    if recto:
        sheet.write(_RIGHT, 96, number, Face.SERIF, 32, align="right", colour=_INK)
    else:
        sheet.write(_LEFT, 96, number, Face.SERIF, 32, colour=_INK)
    sheet.rule(_LEFT, 114, _RIGHT, weight=2, colour=_INK)
    y = 186.0
    title = chronicle.fill(pick(rng, chronicle.TITLES), rng) + "."
    sheet.write(_WIDTH / 2, y, title, Face.BLACKLETTER_BOLD, 50, align="centre", colour=_INK)
    y += 48
    motto = pick(rng, chronicle.MOTTOES)
    sheet.write(_WIDTH / 2, y, motto, Face.SERIF_ITALIC, 31, align="centre", colour=_INK)
    y += 78
    text = chronicle.paragraph(rng, 12)
    initial, rest = text[0], text[1:].split()
    indent = _initial(sheet, rng, initial, y)
    for row in range(_LINES):
        left = _LEFT + (indent if row < _INITIAL_LINES else 0)
        line, rest = _broken(rest, _RIGHT - left)
        _set(sheet, line, left, _RIGHT, y + float(rng.normal(0, 0.6)))
        y += _LEADING
    if rest:  # the next page's first word, for the binder
        sheet.write(_RIGHT, y, rest[0], Face.BLACKLETTER, _SIZE, align="right", colour=_INK)
    paper = Paper(
        colour=(246, 240, 226),
        aged=(222, 203, 164),
        show_through=0.7,
        foxing=26,
        gutter="left" if recto else "right",
    )
    return Draft(sheet, paper)


def _width(text: str) -> float:
    return faces.measure(text, Face.BLACKLETTER, _SIZE).advance


def _broken(words: list[str], width: float) -> tuple[list[str], list[str]]:
    """The words of one line, the last perhaps broken, and the rest."""
    line: list[str] = []
    for index, word in enumerate(words):
        if _width(" ".join([*line, word])) <= width:
            line.append(word)
            continue
        for joint in reversed(chronicle.joints(word)):
            piece = word[:joint] + "-"
            if _width(" ".join([*line, piece])) <= width:
                return [*line, piece], [word[joint:], *words[index + 1 :]]
        return line, words[index:]
    return line, []


def _set(sheet: Sheet, line: list[str], left: float, right: float, baseline: float) -> None:
    """Fill a line from edge to edge by widening its spaces, as a compositor does."""
    natural = _width(" ".join(line))
    spare = right - left - natural
    widening = spare / (len(line) - 1) if len(line) > 1 and spare < 0.25 * (right - left) else 0.0
    runs = []
    x = left
    for word in line:
        runs.append((x, word, Face.BLACKLETTER))
        x += _width(word + " ") + widening
    sheet.write_runs(runs, baseline, _SIZE, " ".join(line), colour=_INK)


def _initial(sheet: Sheet, rng: Rng, letter: str, baseline: float) -> float:
    """A large first letter in a cut of foliage. Returns how far the text beside it moves in.

    It counts as a picture: no detector sees it as text, and those who transcribe old print by
    lines leave it out too.
    """
    top = baseline - 0.70 * _SIZE
    bottom = baseline + (_INITIAL_LINES - 1) * _LEADING + 0.14 * _SIZE
    side = bottom - top
    sheet.box(_LEFT, top, _LEFT + side, bottom, weight=3, colour=_INK)
    sheet.box(_LEFT + 6, top + 6, _LEFT + side - 6, bottom - 6, colour=_INK)
    for _ in range(46):
        _tendril(sheet, rng, _LEFT + 8, top + 8, side - 16)
    size = side * 0.86
    widest = faces.measure(letter, Face.BLACKLETTER_BOLD, size)
    size *= min(1.0, 0.8 * side / (widest.right - widest.left))
    extent = faces.measure(letter, Face.BLACKLETTER_BOLD, size)
    x = _LEFT + side / 2 - (extent.left + extent.right) / 2
    y = (top + bottom) / 2 - (extent.top + extent.bottom) / 2
    halo = (255, 255, 255)
    for dx, dy in ((-5, 0), (5, 0), (0, -5), (0, 5), (-4, -4), (4, 4), (-4, 4), (4, -4)):
        faces.draw(sheet.image, (x + dx, y + dy), letter, Face.BLACKLETTER_BOLD, size, halo)
    faces.draw(sheet.image, (x, y), letter, Face.BLACKLETTER_BOLD, size, _INK)
    return float(side + 16)


def _tendril(sheet: Sheet, rng: Rng, x0: float, y0: float, side: float) -> None:
    """A curl of foliage inside the square at `x0`, `y0`."""
    turns = np.linspace(0, float(rng.uniform(3, 7)), 24)
    radius = np.linspace(float(rng.uniform(8, 18)), 1.5, 24)
    centre = rng.uniform(0.1, 0.9, 2) * side
    start = float(rng.uniform(0, 6.28))
    across = np.clip(centre[0] + radius * np.cos(turns + start), 0, side) + x0
    down = np.clip(centre[1] + radius * np.sin(turns + start), 0, side) + y0
    points = list(zip(across.tolist(), down.tolist(), strict=True))
    sheet.pen.line(points, fill=_INK, width=2, joint="curve")
