"""Which of two models reads better, decided while evidence comes in, looked at again and again.

Testing by betting: a gambler with wealth 1 bets on each next difference before it is seen. If the
differences are no better than nothing on average, given what came before, the wealth is a
supermartingale, and by Ville's inequality it ever reaches 1/alpha with probability alpha at most,
however often one looks. Waudby-Smith and Ramdas, "Estimating means of bounded random variables by
betting", J. R. Stat. Soc. B 86 (2024) 1-27: section 4, with the bets of the approximate GRAPA
strategy (appendix B.3), its predictable mean and variance started with one pseudo-observation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from training.rates import Rate, error_rate

Side = Literal["beside", "serving"]


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """What a trial asks for.

    alpha: chance of ever deciding for a model that is no better. largest_bet: share of the wealth
    put at stake at most; below 1 the wealth stays above zero. min_documents: before which nothing
    is decided. max_documents: after which a trial ends without a winner.
    """

    alpha: float = 0.05
    largest_bet: float = 0.75
    min_documents: int = 5
    max_documents: int = 400


@dataclass(frozen=True, slots=True)
class DocumentErrors:
    """Wrong characters of both models on those lines of one document that a person has judged.

    `characters` is the length of what the person says they read, `pages` how many they stand on.
    """

    serving: int
    beside: int
    characters: int = 0
    pages: int = 1

    @property
    def difference(self) -> float:
        """Of their errors, the share by which the model beside has fewer: -1 to 1."""
        both = self.serving + self.beside
        return (self.serving - self.beside) / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a trial stands: wealth for and against the model beside, and who has won, if anyone.

    `needed` is the wealth at which a side has won. The rates are per character of the truth, None
    where nothing was judged.
    """

    documents: int
    pages: int
    serving: int
    beside: int
    for_beside: float
    for_serving: float
    winner: Side | None
    needed: float
    serving_rate: Rate | None = None
    beside_rate: Rate | None = None


def weigh(documents: Sequence[DocumentErrors], asked: TrialSettings | None = None) -> Evidence:
    """The evidence of documents in the order in which the first page of each was judged.

    The first side whose wealth reaches 1/alpha has won; what comes later changes nothing of it.
    """
    asked = asked or TrialSettings()
    up, down = _Bettor(asked.largest_bet), _Bettor(asked.largest_bet)
    winner: Side | None = None
    for number, document in enumerate(documents, start=1):
        up.see(document.difference)
        down.see(-document.difference)
        if winner is None and number >= asked.min_documents:
            if up.wealth >= 1 / asked.alpha:
                winner = "beside"
            elif down.wealth >= 1 / asked.alpha:
                winner = "serving"
    sizes = [document.characters for document in documents]
    return Evidence(
        documents=len(documents),
        pages=sum(document.pages for document in documents),
        serving=sum(document.serving for document in documents),
        beside=sum(document.beside for document in documents),
        for_beside=up.wealth,
        for_serving=down.wealth,
        winner=winner,
        needed=1 / asked.alpha,
        serving_rate=error_rate([document.serving for document in documents], sizes),
        beside_rate=error_rate([document.beside for document in documents], sizes),
    )


class _Bettor:
    """Bets that differences, each in -1..1, are above zero on average."""

    def __init__(self, largest_bet: float) -> None:
        self.wealth = 1.0
        self._largest = largest_bet
        self._count = 1
        self._sum = 0.0
        self._squares = 1.0  # of the pseudo-observation: the variance to be expected at worst

    def see(self, difference: float) -> None:
        mean = self._sum / self._count
        variance = self._squares / self._count
        bet = min(max(mean / (variance + mean**2), 0.0), self._largest)
        self.wealth *= 1 + bet * difference
        self._count += 1
        self._sum += difference
        self._squares += (difference - self._sum / self._count) ** 2
