"""What a page's line edits come to in the end: missed, spurious, reshaped and recut lines."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.box_changes import BoxChanges, Step, net_changes


def steps(*rows: tuple[str, str, str] | tuple[str, str, str, int]) -> list[Step]:
    """Of (kind, before, after, reverts), lines written as digits."""
    return [
        Step(number, row[0], digits(row[1]), digits(row[2]), row[3] if len(row) > 3 else None)
        for number, row in enumerate(rows)
    ]


def digits(text: str) -> tuple[int, ...]:
    return tuple(map(int, text))


def told(changes: BoxChanges) -> dict[str, str]:
    """What there is of each kind, for the eye."""
    sets = {
        "kept": changes.kept,
        "recut": changes.recut,
        "pieces": changes.pieces,
        "spurious": changes.spurious,
        "missed": changes.missed,
    }
    found = {name: "".join(map(str, sorted(lines))) for name, lines in sets.items() if lines}
    if changes.reshaped:
        found["reshaped"] = " ".join(f"{old}>{new}" for old, new in changes.reshaped.items())
    return found


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], {"kept": "12"}),
        ([("add", "12", "132")], {"kept": "12", "missed": "3"}),
        ([("add", "12", "132"), ("reshape", "132", "142")], {"kept": "12", "missed": "4"}),
        ([("add", "12", "132"), ("delete", "132", "12")], {"kept": "12"}),
        ([("add", "12", "132"), ("split", "132", "1452")], {"kept": "12", "missed": "45"}),
        ([("delete", "12", "2")], {"kept": "2", "spurious": "1"}),
        ([("reshape", "12", "32"), ("reshape", "32", "42")], {"kept": "2", "reshaped": "1>4"}),
        ([("reshape", "12", "32"), ("delete", "32", "2")], {"kept": "2", "spurious": "1"}),
        ([("split", "12", "342")], {"kept": "2", "recut": "1", "pieces": "34"}),
        ([("split", "12", "342"), ("delete", "342", "42")],
         {"kept": "2", "recut": "1", "pieces": "4"}),
        ([("merge", "12", "3")], {"recut": "12", "pieces": "3"}),
        ([("add", "12", "123"), ("merge", "123", "14")],
         {"kept": "1", "recut": "2", "pieces": "4"}),
        ([("move", "12", "21")], {"kept": "12"}),
        ([("delete", "12", "2"), ("revert", "2", "12", 0)], {"kept": "12"}),
        ([("split", "12", "342"), ("revert", "342", "12", 0), ("revert", "12", "342", 1)],
         {"kept": "2", "recut": "1", "pieces": "34"}),
        ([("delete", "12", "2"), ("reread", "2", "56"), ("add", "56", "567")],
         {"kept": "56", "missed": "7"}),
        ([("reread", "12", "56"), ("delete", "56", "5")], {"kept": "5", "spurious": "6"}),
        ([("reread", "12", "56"), ("revert", "56", "12", 0), ("delete", "12", "1")],
         {"kept": "1", "spurious": "2"}),
        ([("reread", "12", "56"), ("revert", "56", "12", 0), ("revert", "12", "56", 1)],
         {"kept": "56"}),
    ],
)  # fmt: skip
def test_only_what_came_of_all_edits_counts(rows, expected):
    assert told(net_changes((1, 2), steps(*rows))) == expected


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Edits as people may make them, one after the other."""
    fresh = itertools.count(10)
    standing = tuple(range(draw(st.integers(0, 4))))
    made: list[Step] = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(
            st.sampled_from(["add", "delete", "reshape", "split", "merge", "reread", "revert"])
        )
        before, lines, reverts = standing, list(standing), None
        last = made[-1] if made else None
        if kind == "revert" and last is not None:
            lines, reverts = list(last.before), last.number
        elif kind == "add":
            lines.insert(draw(st.integers(0, len(lines))), next(fresh))
        elif kind == "reread":
            lines = [next(fresh) for _ in range(draw(st.integers(0, 3)))]
        elif kind == "merge" and len(lines) > 1:
            lines[:2] = [next(fresh)]
        elif kind in ("delete", "reshape", "split") and lines:
            place = draw(st.integers(0, len(lines) - 1))
            new = {"delete": 0, "reshape": 1, "split": 2}[kind]
            lines[place : place + 1] = [next(fresh) for _ in range(new)]
        else:
            continue
        standing = tuple(lines)
        made.append(Step(number, kind, before, standing, reverts))
    return made


@given(histories())
def test_each_line_has_one_fate(made):
    first = made[0].before if made else (1, 2)
    changes = net_changes(first, made)
    fates = [changes.kept, changes.reshaped.keys(), changes.recut, changes.spurious]
    assert sorted(itertools.chain(*fates)) == sorted(changes.found)
    origins = [changes.kept, changes.reshaped.values(), changes.pieces, changes.missed]
    assert sorted(itertools.chain(*origins)) == sorted(changes.standing)


@given(histories())
def test_taking_everything_back_changes_nothing(made):
    back = list(made)
    for number, step in enumerate(reversed(made), start=len(made) + 100):
        back.append(Step(number, "revert", step.after, step.before, step.number))
    first = made[0].before if made else (1, 2)
    changes = net_changes(first, back)
    assert changes.kept == frozenset(first)
    assert not changes.missed | changes.spurious | changes.recut
