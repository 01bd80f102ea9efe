"""Whether a planted error survived what a person typed around it, and the text without it.

A planted text is the true reading with one piece replaced. A person who overlooks that piece may
still have changed the rest of the line, so whole texts say nothing: the piece is looked for in its
place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq, Levenshtein, Postfix, Prefix

from review.text import clean_line

EDGES = ".,;:!?()[]\"'。、"
"""What may stand before or after a word and is none of it. The trigger on labels has the same."""
SHORTEST_WORD = 3
"""Characters of a word that is wrong wherever it stands. The trigger on labels has the same."""

LIKE_NOTHING, MUCH_ALIKE = 0.5, 0.75
"""Shares of the shorter text's characters that the other has in the same order. Half of them any
two texts may share; from three quarters on one was made from the other."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`before` + `stands` + `after` is the true reading; shown was `seen` in the middle."""

    before: str
    stands: str
    seen: str
    after: str


def planted_piece(read: str, planted: str) -> Piece:
    """What of `read` was replaced in `planted`, and by what; both as `clean_line` leaves them."""
    start = Prefix.similarity(read, planted)
    end = Postfix.similarity(read[start:], planted[start:])
    if start + end == len(planted):  # something was left out: what stands around it is the piece
        start, end = max(start - 1, 0), max(end - 1, 0)
    return Piece(
        planted[:start],
        read[start : len(read) - end],
        planted[start : len(planted) - end],
        planted[len(planted) - end :],
    )


def put_back(sent: str, *, read: str, planted: str) -> str | None:
    """The text that was sent with the true piece where the planted one was left; else None.

    A word that is wrong by the planted piece alone is put right wherever it stands whole. Beyond
    that, the piece survived if no cheaper way leads from the planted text to the sent one than a
    way that keeps it, nor from the true reading by a way that keeps the true piece. Where two
    ways cost the same the piece counts as left: better a catch not counted than an error let
    through. A line that has little in common with what was shown was typed anew.
    """
    sent, read, planted = clean_line(sent), clean_line(read), clean_line(planted)
    if sent == read:
        return None
    if sent == planted:
        return read
    piece = planted_piece(read, planted)
    text = _words_put_right(sent, piece, read, planted)
    place = _place(text, piece, read, planted)
    if place is not None:
        text = text[:place] + piece.stands + text[place + len(piece.seen) :]
    if holds_planted_word(text, read=read, planted=planted):
        text = read  # a piece over a blank, or one word twice: the reading is the surer text
    return None if text == sent else clean_line(text)


def put_back_in_parts(
    texts: tuple[str | None, ...], *, read: str, planted: str
) -> tuple[str | None, ...]:
    """The same for a line's text cut in parts; None for all where a cut goes through the piece."""
    for between in ("", " "):  # a cut within a word, and one between two
        joined = between.join(text or "" for text in texts)
        whole = put_back(joined, read=read, planted=planted)
        if whole is None:
            continue
        for number, text in enumerate(texts):
            part = put_back(text, read=read, planted=planted) if text is not None else None
            tried = (*texts[:number], part, *texts[number + 1 :])
            if part is not None and clean_line(between.join(each or "" for each in tried)) == whole:
                return tried
        return tuple(None for _ in texts)
    return texts


def holds_planted_word(text: str, *, read: str, planted: str) -> bool:
    """What the database refuses: a word of the planted text that the true reading lacks."""
    return any(_wrong(word, _wrong_words(read, planted)) for word in text.split(" "))


def in_a_long_word(read: str, planted: str) -> bool:
    """Whether the planted piece makes a word that the database knows again."""
    return bool(_wrong_words(read, planted)[1])


def _wrong_words(read: str, planted: str) -> tuple[set[str], set[str]]:
    """Words of the planted text that the reading lacks: as they stand, and without edges."""
    there, shown = read.split(" "), planted.split(" ")
    whole = set(shown) - set(there)
    bare = {word.strip(EDGES) for word in shown} - {word.strip(EDGES) for word in there}
    return _long(whole), _long(bare)


def _long(words: Iterable[str]) -> set[str]:
    return {word for word in words if len(word.strip(EDGES)) >= SHORTEST_WORD}


def _wrong(word: str, wrong: tuple[set[str], set[str]]) -> bool:
    return word in wrong[0] or word.strip(EDGES) in wrong[1]


def _words_put_right(sent: str, piece: Piece, read: str, planted: str) -> str:
    start = piece.before.rfind(" ") + 1
    lead = piece.before[start:]
    tail = piece.after.split(" ", 1)[0]
    whole = lead + piece.seen + tail
    right = lead + piece.stands + tail
    bare = whole.strip(EDGES)
    wrong = _wrong_words(read, planted)
    words = sent.split(" ")
    for number, word in enumerate(words):
        if not _wrong(word, wrong):
            continue
        if word == whole:
            words[number] = right
        elif word.strip(EDGES) == bare:
            words[number] = word.replace(bare, right.strip(EDGES))
    return " ".join(words)


def _place(sent: str, piece: Piece, read: str, planted: str) -> int | None:
    """Where in `sent` the planted piece was left; None where it was not."""
    cost, place = _keeping(sent, piece.before, piece.seen, piece.after)
    if place is None or cost > Levenshtein.distance(planted, sent):
        return None
    if cost > _keeping(sent, piece.before, piece.stands, piece.after)[0]:
        return None
    return None if _typed_anew(sent, place, piece, planted) else place


def _typed_anew(sent: str, place: int, piece: Piece, planted: str) -> bool:
    """Whether `sent` has so little of the planted text that the piece is there by chance."""
    kept = LCSseq.similarity(planted, sent) / min(len(planted), len(sent))
    end = place + len(piece.seen)
    beside = (
        sent[:place][-1:] == piece.before[-1:],
        sent[end : end + 1] == piece.after[:1],
    )
    return kept < LIKE_NOTHING or (kept < MUCH_ALIKE and not any(beside))


def _keeping(sent: str, before: str, middle: str, after: str) -> tuple[float, int | None]:
    """The least number of edits that lead to `sent` and leave `middle`, and where it then is."""
    best: tuple[float, int | None] = (float("inf"), None)
    place = sent.find(middle)
    while place >= 0:
        end = place + len(middle)
        far = abs(place - len(before)) + abs(len(sent) - end - len(after))
        if far < best[0]:
            cost = Levenshtein.distance(before, sent[:place])
            cost += Levenshtein.distance(after, sent[end:])
            best = min(best, (cost, place), key=lambda each: each[0])
        place = sent.find(middle, place + 1)
    return best
