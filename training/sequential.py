"""Which of two models reads better, decided while evidence comes in, looked at after every page.

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
    put at stake at most; below 1 the wealth stays above zero. min_pages: before which nothing is
    decided. max_pages: after which a trial ends without a winner.
    """

    alpha: float = 0.05
    largest_bet: float = 0.75
    min_pages: int = 5
    max_pages: int = 400


@dataclass(frozen=True, slots=True)
class PageErrors:
    """Wrong characters of both models on the lines of one page that a person has judged.

    `characters` is the length of what the person says they read.
    """

    serving: int
    beside: int
    characters: int = 0

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

    pages: int
    serving: int
    beside: int
    for_beside: float
    for_serving: float
    winner: Side | None
    needed: float
    serving_rate: Rate | None = None
    beside_rate: Rate | None = None


def weigh(pages: Sequence[PageErrors], asked: TrialSettings | None = None) -> Evidence:
    """The evidence of pages in the order in which they were judged.

    The first side whose wealth reaches 1/alpha has won; what comes later changes nothing of it.
    """
    asked = asked or TrialSettings()
    up, down = _Bettor(asked.largest_bet), _Bettor(asked.largest_bet)
    winner: Side | None = None
    for number, page in enumerate(pages, start=1):
        up.see(page.difference)
        down.see(-page.difference)
        if winner is None and number >= asked.min_pages:
            if up.wealth >= 1 / asked.alpha:
                winner = "beside"
            elif down.wealth >= 1 / asked.alpha:
                winner = "serving"
    sizes = [page.characters for page in pages]
    return Evidence(
        pages=len(pages),
        serving=sum(page.serving for page in pages),
        beside=sum(page.beside for page in pages),
        for_beside=up.wealth,
        for_serving=down.wealth,
        winner=winner,
        needed=1 / asked.alpha,
        serving_rate=error_rate([page.serving for page in pages], sizes),
        beside_rate=error_rate([page.beside for page in pages], sizes),
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
