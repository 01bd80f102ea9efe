"""What a reviewer says of one line, as services take it."""

from dataclasses import dataclass

from review.states import Verdict


@dataclass(frozen=True, slots=True)
class LineEntry:
    """What a reviewer says of one line; a verdict without text is illegible or not text."""

    text: str
    verdict: str = Verdict.CORRECTED
