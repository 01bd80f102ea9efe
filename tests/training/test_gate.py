from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.gate import Cost, GateSettings, Parity, Verdict, decide
from training.paired import PairedLine, count_errors, slice_errors

TRUTH = "Anno 1572 gedruckt zu Basel, bey Peter Perna."
SAME = Parity(lines=60, mismatched=0, max_difference=1e-6)


def misread(text: str, wrong: int) -> str:
    """The text with its first `wrong` small letters misread."""
    out = list(text)
    small = [at for at, character in enumerate(text) if character.islower()]
    for at in small[:wrong]:
        out[at] = "ß"
    return "".join(out)


def lines(
    active: int = 5, candidate: int = 1, count: int = 60, documents: int = 12
) -> list[PairedLine]:
    return [
        PairedLine(
            document=str(number % documents),
            truth=TRUTH,
            active=misread(TRUTH, active),
            candidate=misread(TRUTH, candidate),
        )
        for number in range(count)
    ]


def judge(
    evidence: list[PairedLine],
    parity: Parity = SAME,
    trained: str = "d",
    exported: str = "d",
    asked: GateSettings | None = None,
    cost: Cost | None = None,
) -> Verdict:
    return decide(
        evidence,
        parity=parity,
        trained_dictionary_sha256=trained,
        exported_dictionary_sha256=exported,
        settings=asked,
        cost=cost,
    )


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_better_candidate_is_accepted():
    verdict = judge(lines())
    assert verdict.accept
    assert not verdict.reasons
    assert verdict.before == pytest.approx(5 / len(TRUTH))
    assert verdict.after == pytest.approx(1 / len(TRUTH))
    assert verdict.interval is not None
    assert verdict.interval[1] < 0
    assert verdict.resampled == "documents"


@pytest.mark.parametrize(
    ("evidence", "options", "code"),
    [
        (lines(count=19), {}, "too_few_lines"),
        (lines(documents=1), {}, "too_few_documents"),
        (lines(active=3, candidate=3), {}, "not_better"),
        (lines(active=1, candidate=4), {}, "not_better"),
        (lines(active=0, candidate=0), {}, "not_better"),
        (lines(), {"parity": replace(SAME, mismatched=1)}, "parity"),
        (lines(), {"parity": replace(SAME, lines=59)}, "parity"),
        (lines(), {"parity": replace(SAME, max_difference=0.1)}, "parity"),
        (lines(), {"parity": replace(SAME, max_difference=float("nan"))}, "parity"),
        (lines(), {"exported": "e"}, "dictionary_mismatch"),
        ([], {}, "no_truth"),
        ([], {}, "too_few_lines"),
    ],
)
def test_a_refusal_has_a_code_and_a_sentence(evidence, options, code):
    verdict = judge(evidence, **options)
    assert not verdict.accept
    assert code in codes(verdict)
    assert all(len(reason.sentence) > 40 for reason in verdict.reasons)


def test_a_slice_that_got_worse_refuses_an_overall_better_candidate():
    evidence = [replace(line, candidate=line.candidate.replace("1572", "1512")) for line in lines()]
    verdict = judge(evidence)
    assert verdict.after < verdict.before
    assert codes(verdict) == ["slice_worse"]
    assert "Digits got worse" in verdict.reasons[0].sentence


def test_a_slice_too_small_to_tell_is_shown_but_does_not_refuse():
    evidence = lines()
    evidence[0] = replace(evidence[0], slices=("language: fr",), candidate="")
    verdict = judge(evidence)
    (small,) = [found for found in verdict.slices if found.name == "language: fr"]
    assert small.after == 1
    assert not small.decides
    assert verdict.accept


def test_a_slice_worse_by_chance_does_not_refuse():
    evidence = lines()
    evidence[0] = replace(evidence[0], candidate=misread("anno 1572 Gedruckt", 0))
    assert judge(evidence).accept


def test_few_documents_fall_back_to_lines_and_say_so():
    verdict = judge(lines(documents=3))
    assert verdict.accept
    assert verdict.resampled == "lines"
    assert [remark.code for remark in verdict.remarks] == ["bootstrap_over_lines"]


def test_errors_that_sit_in_one_document_do_not_prove_a_gain():
    evidence = lines(active=2, candidate=2)
    evidence = [
        replace(line, candidate=line.truth) if line.document == "0" else line for line in evidence
    ]
    assert codes(judge(evidence)) == ["not_better"]


def test_the_same_evidence_gives_the_same_verdict():
    assert judge(lines()) == judge(lines())
    assert judge(lines()).as_dict() == judge(lines()).as_dict()


def confident(active: float, candidate: float, right: int, count: int = 60) -> list[PairedLine]:
    """Lines of which the candidate reads the first `right` exactly, and the active model none."""
    return [
        replace(
            line,
            candidate=TRUTH if number < right else line.candidate,
            active_confidence=active,
            candidate_confidence=candidate,
        )
        for number, line in enumerate(lines(count=count))
    ]


@pytest.mark.parametrize(
    ("evidence", "refused"),
    [
        (confident(0.02, 0.52, right=30), []),
        (confident(0.02, 0.99, right=30), ["calibration_worse"]),
        (confident(0.02, 0.58, right=30), []),
        (confident(0.02, 0.05, right=30), []),
        (confident(0.60, 0.60, right=30), []),
    ],
)
def test_surer_than_right_is_refused_and_too_modest_is_not(evidence, refused):
    assert codes(judge(evidence)) == refused


def test_too_few_lines_say_nothing_of_probabilities_and_that_is_said():
    verdict = judge(confident(0.02, 0.99, right=10, count=30), replace(SAME, lines=30))
    assert verdict.accept
    assert "calibration_not_judged" in [remark.code for remark in verdict.remarks]


@pytest.mark.parametrize(
    ("active", "candidate", "refused"),
    [(0.010, 0.0109, False), (0.010, 0.0112, True), (0.010, 0.002, False)],
)
def test_a_line_may_not_take_a_tenth_longer(active, candidate, refused):
    verdict = judge(lines(), cost=Cost(active, candidate))
    assert (codes(verdict) == ["slower"]) == refused
    assert verdict.accept != refused


def test_worse_on_one_document_type_alone_is_refused():
    evidence = [
        replace(line, slices=("type: forms",), candidate=misread(TRUTH, 9))
        if number % 4 == 0
        else replace(line, slices=("type: letters",))
        for number, line in enumerate(lines(active=6, candidate=0))
    ]
    verdict = judge(evidence)
    assert verdict.after < verdict.before
    assert codes(verdict) == ["slice_worse"]
    assert "Type: forms got worse" in verdict.reasons[0].sentence


TEXTS = st.text(alphabet="abcXY 12,.", min_size=0, max_size=12)
EVIDENCE = st.lists(
    st.builds(
        PairedLine,
        document=st.sampled_from("abcdefgh"),
        truth=TEXTS,
        active=TEXTS,
        candidate=TEXTS,
        slices=st.lists(st.sampled_from(["one", "two"]), unique=True, max_size=2).map(tuple),
        active_confidence=st.none() | st.floats(0, 1),
        candidate_confidence=st.none() | st.floats(0, 1),
    ),
    max_size=40,
)
CLASSES = ("digits", "capitals", "punctuation", "spaces", "special letters")
QUICK = GateSettings(resamples=200)


@settings(deadline=None)
@given(EVIDENCE)
def test_no_candidate_passes_without_fewer_errors_and_enough_evidence(evidence):
    verdict = judge(evidence, asked=QUICK)
    assert verdict.accept == (not verdict.reasons)
    if verdict.accept:
        assert verdict.after < verdict.before
        assert verdict.lines >= QUICK.min_lines
        assert verdict.documents >= QUICK.min_documents


@settings(deadline=None)
@given(EVIDENCE)
def test_the_active_model_never_replaces_itself(evidence):
    same = [
        replace(line, candidate=line.active, candidate_confidence=line.active_confidence)
        for line in evidence
    ]
    assert not judge(same, asked=QUICK).accept


@settings(deadline=None)
@given(EVIDENCE)
def test_candidate_and_active_are_never_each_better_than_the_other(evidence):
    swapped = [replace(line, active=line.candidate, candidate=line.active) for line in evidence]
    parity = Parity(lines=len(evidence), mismatched=0, max_difference=0)
    assert not (judge(evidence, parity, asked=QUICK).accept and judge(swapped, parity).accept)


@given(EVIDENCE)
def test_an_error_counts_in_one_character_class_at_most(evidence):
    overall = count_errors(evidence)
    found = slice_errors(evidence)
    classes = [found[name] for name in CLASSES if name in found]
    assert sum(counts.candidate.sum() for counts in classes) <= overall.candidate.sum()
