"""What is done to a line as a person typed it, before it is compared or stored."""

import re
import unicodedata

from review.states import WITHOUT_TEXT

MAX_TEXT = 10_000
"""Characters of one line; the longest line read so far had some 400."""
TOO_LONG = f"A line has at most {MAX_TEXT:,} characters: shorten this one."

_SPACES = re.compile(r"[\s\u0085\u2028\u2029]+")


def clean_line(text: str) -> str:
    """One line in Unicode's composed form (NFC), runs of white space as one blank, ends trimmed.

    Control characters, which no keyboard means, are dropped; letters that only direct the text
    (U+200E, U+200F) stay.
    """
    visible = unicodedata.normalize("NFC", text)
    if not visible.isprintable():  # as nearly every line is
        visible = "".join(
            char for char in visible if unicodedata.category(char) != "Cc" or char in "\t\n\r\x85"
        )
    return _SPACES.sub(" ", visible).strip()


def same_label(text: str, verdict: str, other_text: str, other_verdict: str) -> bool:
    """Whether both would become the same label; confirmed and corrected differ by text alone."""
    if verdict in WITHOUT_TEXT or other_verdict in WITHOUT_TEXT:
        return verdict == other_verdict
    return clean_line(text) == clean_line(other_text)
