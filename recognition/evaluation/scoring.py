"""How far what was read on a page is from its truth, however the lines were cut.

Text is compared group by group (see `matching`), where boxes are known, and else page by page in
reading order. An error of a page is then one of its text: a line cut in two costs nothing, a line
missed costs its characters once. What was read where the truth knows nothing is counted on its
own, not as error of characters: sets differ in how much of a page was transcribed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from rapidfuzz.distance import Levenshtein

from recognition.evaluation.matching import match_lines
from recognition.evaluation.truth import Polygon, TruthLine, normal
from recognition.metrics import word_edits

FOUND = 1 / 3
"""Of a line's characters: where fewer are found in a page's text, the line counts as missed."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """A line as an engine read it, in reading order; without polygon where it gives none."""

    text: str
    polygon: Polygon | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Texts of one group in reading order. `placed`: boxes, not the text, put them together."""

    truth: tuple[str, ...]
    read: tuple[str, ...]
    placed: bool


@dataclass(frozen=True, slots=True)
class PageScore:
    """Summed figures over pages. Rates are None where there is nothing to divide by.

    `missed` are lines of the truth, `spurious` lines read, without counterpart;
    `spurious_characters` are those lines' lengths. `shared_words` are words that stand in truth
    and reading of a page alike, in whatever order.
    """

    pages: int = 0
    pages_exact: int = 0
    lines: int = 0
    lines_exact: int = 0
    missed: int = 0
    spurious: int = 0
    characters: int = 0
    character_edits: int = 0
    spurious_characters: int = 0
    words: int = 0
    word_edits: int = 0
    words_read: int = 0
    shared_words: int = 0

    def __add__(self, other: PageScore) -> PageScore:
        return PageScore(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def cer(self) -> float | None:
        """Character error rate over the lines of the truth: missed and misread characters."""
        return self.character_edits / self.characters if self.characters else None

    @property
    def wer(self) -> float | None:
        """Word error rate over the lines of the truth."""
        return self.word_edits / self.words if self.words else None

    @property
    def word_f1(self) -> float | None:
        """Harmonic mean of precision and recall of words, order-free, spurious ones included."""
        total = self.words + self.words_read
        return 2 * self.shared_words / total if total else None

    @property
    def line_exact(self) -> float | None:
        """Share of the truth's lines without any error."""
        return self.lines_exact / self.lines if self.lines else None

    @property
    def page_exact(self) -> float | None:
        """Share of pages without any error, missed line or spurious line."""
        return self.pages_exact / self.pages if self.pages else None


def pair_page(truth: Sequence[TruthLine], read: Sequence[ReadText]) -> list[Pair]:
    """The page's texts as groups; without those where the truth is in doubt."""
    texts = [normal(line.text) for line in read]
    kept = [index for index, text in enumerate(texts) if text]
    known = [line.polygon for line in truth if line.polygon is not None]
    seen = [polygon for index in kept if (polygon := read[index].polygon) is not None]
    if len(known) < len(truth) or len(seen) < len(kept) or not truth:
        scored = tuple(line.text for line in truth if line.scored)
        return [Pair(scored, tuple(texts[index] for index in kept), placed=False)]
    return [
        Pair(
            tuple(truth[index].text for index in group.truth),
            tuple(texts[kept[index]] for index in group.read),
            placed=True,
        )
        for group in match_lines(known, seen)
        if all(truth[index].scored for index in group.truth)
    ]


def score_page(pairs: Sequence[Pair], *, fold_case: bool = False) -> PageScore:
    """The figures of one page. With `fold_case` capitals and small letters are the same."""
    if fold_case:
        pairs = [Pair(_folded(pair.truth), _folded(pair.read), pair.placed) for pair in pairs]
    total = PageScore()
    for pair in pairs:
        total += _score_pair(pair)
    known = Counter(word for pair in pairs for text in pair.truth for word in text.split())
    seen = Counter(word for pair in pairs for text in pair.read for word in text.split())
    exact = total.lines_exact == total.lines and not total.spurious and not total.character_edits
    return total + PageScore(
        pages=1,
        pages_exact=int(exact),
        words_read=seen.total(),
        shared_words=(known & seen).total(),
    )


def _folded(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text.casefold() for text in texts)


def _score_pair(pair: Pair) -> PageScore:
    truth, read = " ".join(pair.truth), " ".join(pair.read)
    if not pair.truth:
        return PageScore(
            spurious=len(pair.read), spurious_characters=sum(len(text) for text in pair.read)
        )
    changes = list(Levenshtein.opcodes(truth, read))
    same = [change for change in changes if change.tag == "equal"]
    wrong = [
        (change.src_start, change.src_end, read[change.dest_start : change.dest_end])
        for change in changes
        if change.tag != "equal"
    ]
    spans = _spans(pair.truth)
    if pair.placed:
        missed, spurious = 0 if pair.read else len(spans), 0
    else:
        known = [(change.src_start, change.src_end) for change in same]
        seen = [(change.dest_start, change.dest_end) for change in same]
        missed = sum(_shared(span, known) < FOUND for span in spans)
        spurious = sum(_shared(span, seen) < FOUND for span in _spans(pair.read))
    return PageScore(
        lines=len(spans),
        lines_exact=sum(not any(_touches(span, change) for change in wrong) for span in spans),
        missed=missed,
        spurious=spurious,
        characters=len(truth),
        character_edits=sum(max(end - start, len(text)) for start, end, text in wrong),
        words=len(truth.split()),
        word_edits=word_edits(truth, read),
    )


def _spans(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Where each text starts and ends once all are joined by single spaces."""
    spans, start = [], 0
    for text in texts:
        spans.append((start, start + len(text)))
        start += len(text) + 1
    return spans


def _shared(span: tuple[int, int], same: Iterable[tuple[int, int]]) -> float:
    """Share of a span's characters that the other side has as well."""
    start, end = span
    found = sum(max(0, min(end, stop) - max(start, begin)) for begin, stop in same)
    return found / max(end - start, 1)


def _touches(span: tuple[int, int], change: tuple[int, int, str]) -> bool:
    """Whether a change is one of this line, not of what stands beside it.

    Whole words put in before or after a line leave it as it is.
    """
    (start, end), (begin, stop, text) = span, change
    if begin == stop:
        if begin == start:
            return not text.endswith(" ")
        return start < begin < end or (begin == end and not text.startswith(" "))
    return begin < end and stop > start
