"""Why a page comes before others, in a sentence for its reviewer."""

from review.models import ReviewTask
from review.states import Arm, TaskKind

LONG = 90.0
"""Seconds from which on minutes are told."""


def came_by(task: ReviewTask) -> str:
    """Why now. An audit is told as any page drawn at random: nobody is to know it for one."""
    if task.late_since is not None:
        days = task.document_type.longest_wait_days
        return (
            f"It comes now because it has waited longest: pages of this type wait for {days} "
            f"{_plural(days, 'day')} at most."
        )
    if task.kind not in (TaskKind.THRESHOLD, TaskKind.AUDIT):
        return ""
    if task.kind == TaskKind.AUDIT or task.arm == Arm.RANDOM:
        return (
            "It comes now because it was drawn at random. Some pages always are, so that it can "
            "be measured what the order of the others is worth."
        )
    if task.expected_errors is None or task.expected_seconds is None:
        return ""
    number = max(1, round(task.expected_errors))
    are = "character is" if number == 1 else "characters are"
    return (
        f"It comes now because about {number} wrong {are} expected on it, in about "
        f"{_time(task.expected_seconds)}: more for your time than on other pages of its "
        "priority, what its lines teach the model included."
    )


def _time(seconds: float) -> str:
    if seconds < LONG:
        whole = max(1, round(seconds))
        return f"{whole} {_plural(whole, 'second')}"
    whole = round(seconds / 60)
    return f"{whole} {_plural(whole, 'minute')}"


def _plural(number: int, name: str) -> str:
    return name if number == 1 else f"{name}s"
