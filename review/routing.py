"""Which pages people see: a pure decision from calibrated probabilities, a policy and chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from review.states import Outcome


class Rule(StrEnum):
    """Codes of the rules; the first that applies decides."""

    NO_PROBABILITY = "no_probability"
    NO_EVIDENCE = "no_evidence"
    UNDER_THRESHOLD = "under_threshold"
    AUDIT_DRAWN = "audit_drawn"
    NO_TEXT = "no_text"
    ALL_SURE = "all_sure"
    TEXT_LAYER = "text_layer"


@dataclass(frozen=True, slots=True)
class LineFact:
    """A line and the probability that it is exactly right; None where the model gave none."""

    line_id: int
    probability: float | None


@dataclass(frozen=True, slots=True)
class Policy:
    """A document type's share in the decision: both numbers between 0 and 1.

    `proven` is false where an accuracy target is set and no threshold is known to meet it.
    """

    threshold: float
    audit_rate: float
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Routing:
    """The outcome, the rule that made it, and the weakest line with its probability."""

    outcome: Outcome
    rule: Rule
    line_id: int | None
    probability: float | None
    weak_lines: int


def decide_taken(policy: Policy, draw: float) -> Routing:
    """Route a page whose text was taken from a trusted text layer: no line has a probability.

    Audits are drawn as of any page; they are how a wrong layer shows.
    """
    if draw < policy.audit_rate:
        return Routing(Outcome.AUDIT, Rule.AUDIT_DRAWN, None, None, 0)
    return Routing(Outcome.ACCEPT, Rule.TEXT_LAYER, None, None, 0)


def decide(lines: Sequence[LineFact], policy: Policy, draw: float) -> Routing:
    """Route a page. `draw` is uniform on [0, 1) and decides an audit alone.

    A missing probability is not zero: it is a rule of its own, and sends the page to people.
    """
    unknown = [line for line in lines if line.probability is None]
    known = [(line.probability, line.line_id) for line in lines if line.probability is not None]
    weak = len(unknown) + sum(probability < policy.threshold for probability, _ in known)
    lowest = min(known, default=None)
    if unknown:
        return Routing(Outcome.REVIEW, Rule.NO_PROBABILITY, unknown[0].line_id, None, weak)
    probability, line_id = lowest or (None, None)
    if lines and not policy.proven:
        return Routing(Outcome.REVIEW, Rule.NO_EVIDENCE, line_id, probability, weak)
    if weak:
        return Routing(Outcome.REVIEW, Rule.UNDER_THRESHOLD, line_id, probability, weak)
    if draw < policy.audit_rate:
        return Routing(Outcome.AUDIT, Rule.AUDIT_DRAWN, line_id, probability, 0)
    rule = Rule.ALL_SURE if lines else Rule.NO_TEXT
    return Routing(Outcome.ACCEPT, rule, line_id, probability, 0)
