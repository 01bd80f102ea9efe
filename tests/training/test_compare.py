"""Two model versions side by side: what counts as better, on which lines, and the page."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from recognition.models import ModelVersion, Page
from review.models import Label
from tests.doubles import ScriptedEngine
from tests.factories import make_admin, make_model, make_page, make_reviewer, make_type
from tests.factories import submit_as_read as submit
from tests.training.labelled import reviewed_page
from training.compare import (
    ComparedLine,
    Kind,
    compare,
    held_out_lines,
    lines_read_by_both,
)
from training.dataset import freeze_dataset
from training.models import EvaluatedLine, TrainingRun
from training.selectors import versions
from training.serving import put_in_service
from training.states import ModelStanding, RunStatus, TrialAim
from training.trials import read_for_trials, start_trial

TRUTH, WRONG = "Anno 1572", "Amo 157Z"


def line(number: int, first: str, second: str, truth: str = TRUTH) -> ComparedLine:
    return ComparedLine(number, "a" * 64, truth, first, second)


def test_lines_are_counted_by_who_is_right():
    found = compare(
        [
            line(1, TRUTH, TRUTH),
            line(2, WRONG, WRONG),
            line(3, TRUTH, WRONG),
            line(4, WRONG, TRUTH),
            line(5, WRONG, "Amo 1572"),
        ]
    )
    assert (found.lines, found.same, found.differ) == (5, 2, 3)
    assert (found.worse, found.better, found.both_wrong) == (1, 1, 1)
    assert [(one.line_id, one.kind) for one in found.differing] == [
        (3, Kind.WORSE),
        (5, Kind.BOTH_WRONG),
        (4, Kind.BETTER),
    ]
    digits = next(part for part in found.slices if part.name == "digits")
    assert (digits.characters, digits.before, digits.after) == (20, 0.15, 0.1)


def test_without_lines_nothing_is_said():
    found = compare([])
    assert (found.lines, found.before, found.after, found.slices) == (0, None, None, ())


READING = st.text("ab1", max_size=3)
LINES = st.lists(
    st.builds(line, st.integers(0, 9), READING, READING, st.text("ab1", min_size=1, max_size=3)),
    max_size=8,
)


@given(LINES)
def test_the_counts_add_up_and_turn_around_with_the_models(lines):
    found = compare(lines)
    turned = compare([line(x.line_id, x.second, x.first, x.truth) for x in lines])
    assert found.same + found.better + found.worse + found.both_wrong == found.lines
    assert (found.better, found.worse) == (turned.worse, turned.better)
    assert (found.before, found.after) == (turned.after, turned.before)
    assert len(found.differing) == found.differ


@pytest.fixture
def letters(db):
    make_model(active=True)
    return make_type("Letters")


def run_of(
    letters,
    base: ModelVersion,
    candidate: ModelVersion,
    served: ModelVersion | None = None,
    **texts: tuple[str, str],
) -> None:
    """A concluded run whose test lines, by their labels, both read as given.

    `served` is what the candidate is compared with; runs of old name none, for it was the base.
    """
    dataset = freeze_dataset(document_type=letters)
    run = TrainingRun.objects.create(
        document_type=letters,
        trigger="manual",
        status=RunStatus.SUCCEEDED,
        dataset=dataset,
        base=base,
        active=served,
        candidate=candidate,
        verdict={"accept": False},
    )
    for item in dataset.items.filter(split="test"):
        active, other = texts[item.text.replace(" ", "_")]
        EvaluatedLine.objects.create(
            run=run, item=item, active_text=active, candidate_text=other, active_edits=0,
            candidate_edits=0, characters=len(item.text),
        )  # fmt: skip


def test_held_out_lines_count_from_whichever_runs_both_met_in(letters):
    base, one, other = (make_model(document_type=letters) for _ in range(3))
    reviewed_page(letters, "test", "first line", "second line")
    reviewed_page(letters, "train", "learnt")
    run_of(letters, base, one, first_line=("x", "first line"), second_line=("x", "y"))
    run_of(letters, one, other, first_line=("first line", "z"), second_line=("y", "second line"))
    run_of(letters, base, make_model(), first_line=("x", "x"), second_line=("x", "x"))
    readings = [(x.truth, x.first, x.second) for x in held_out_lines(base, other)]
    assert readings == [("first line", "x", "z"), ("second line", "x", "second line")]
    assert [x.first for x in held_out_lines(one, other)] == ["first line", "y"]
    label = Label.objects.current().get(text="second line")
    Label.objects.filter(pk=label.pk).update(superseded_at=label.created_at)
    assert len(held_out_lines(base, other)) == 1


def test_a_reading_is_of_the_model_that_served_not_of_the_base_it_was_trained_from(letters):
    served, base, one, other = (make_model(document_type=letters) for _ in range(4))
    reviewed_page(letters, "test", "first line")
    run_of(letters, base, one, served, first_line=("served", "one"))
    run_of(letters, served, other, first_line=("served of old", "other"))
    assert [(x.first, x.second) for x in held_out_lines(served, one)] == [("served of old", "one")]
    assert held_out_lines(base, one) == []


def shadowed(letters, beside: ModelVersion, *, serving: str, reads: str, truth: str = "") -> Page:
    """A page that both have read, judged by a person where `truth` says how."""
    page = make_page(letters, lines=[(serving, 0.3)])
    read_for_trials(page.pk, engines=lambda _: ScriptedEngine((reads, 0.9)))
    if truth:
        submit(page, make_reviewer(), line0=truth)
    return page


def test_lines_that_both_read_at_work_count_where_neither_can_have_learnt_from_them(letters):
    serving, beside = make_model(document_type=letters, active=True), make_model()
    trial = start_trial(document_type=letters, aim=TrialAim.PROVE, serving=serving, beside=beside)
    shadowed(letters, beside, serving=WRONG, reads=TRUTH, truth=TRUTH)
    shadowed(letters, beside, serving=WRONG, reads=TRUTH)  # nobody has judged it
    make_page(letters, lines=[(WRONG, 0.3)])  # read by one alone
    (found,) = lines_read_by_both(trial.serving, trial.beside)
    assert (found.truth, found.first, found.second) == (TRUTH, WRONG, TRUTH)
    (turned,) = lines_read_by_both(trial.beside, trial.serving)
    assert (turned.first, turned.second) == (TRUTH, WRONG)
    later = make_model()
    trial = start_trial(document_type=letters, aim=TrialAim.PROVE, serving=serving, beside=later)
    for page in Page.objects.filter(status="reviewed"):
        read_for_trials(page.pk, engines=lambda _: ScriptedEngine((TRUTH, 0.9)))
    assert lines_read_by_both(serving, later) == []  # judged before it was made


def address(*keys: int, **more: str) -> str:
    query = "&".join([f"version={key}" for key in keys] + [f"{k}={v}" for k, v in more.items()])
    return f"{reverse('model_compare')}?{query}"


def test_the_page_shows_counts_crops_and_one_kind_where_asked(letters, client):
    client.force_login(make_admin())
    base, other = (make_model(document_type=letters) for _ in range(2))
    reviewed_page(letters, "test", "first line", "second line")
    run_of(letters, base, other, first_line=("first lime", "first line"),
           second_line=("second line", "second lint"))  # fmt: skip
    page = client.get(address(other.pk, base.pk)).content.decode()
    assert page.index(f'First <a href="/models/{base.pk}/"') < page.index("second lint")
    assert "first lime" in page
    assert page.count("Digits") == 0
    assert "There is no line that both have read" in page
    page = client.get(address(base.pk, other.pk, kind="worse")).content.decode()
    assert "second lint" in page
    assert "first lime" not in page
    assert client.get(address(base.pk, other.pk, kind="odd")).status_code == 200


@pytest.mark.parametrize(
    "query", ["", "?version=1", "?version=1&version=1", "?version=x&version=2"]
)
def test_two_versions_have_to_be_chosen(letters, client, query):
    client.force_login(make_admin())
    answer = client.get(reverse("model_compare") + query, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("model_list")
    assert "Tick two versions" in answer.content.decode()


def test_who_may_compare_and_what(letters, client):
    base, other = make_model(), make_model()
    assert Client().get(address(base.pk, other.pk)).status_code == 302
    client.force_login(make_reviewer())
    assert client.get(address(base.pk, other.pk)).status_code == 403
    client.force_login(make_admin())
    assert client.post(address(base.pk, other.pk)).status_code == 405
    assert client.get(address(base.pk, 10**12)).status_code == 404
    assert client.get(address(base.pk, 10**25)).status_code == 404
    assert client.get(address(base.pk, other.pk)).status_code == 200


def test_a_version_says_where_it_stands_and_what_it_comes_from(letters, client):
    client.force_login(make_admin())
    candidate, serving = (make_model(document_type=letters, files=True) for _ in range(2))
    put_in_service(version=candidate, document_type=letters, actor=None, reason="x")
    put_in_service(version=serving, document_type=letters, actor=None, reason="x")

    def standing() -> dict[int, str]:
        return dict(versions().values_list("pk", "standing"))

    assert standing()[serving.pk] == ModelStanding.ACTIVE
    assert standing()[candidate.pk] == ModelStanding.ON_TRIAL  # it keeps watch
    third = make_model(document_type=letters, files=True)
    assert standing()[third.pk] == ModelStanding.CANDIDATE
    put_in_service(version=third, document_type=letters, actor=None, reason="x")
    assert standing()[candidate.pk] == ModelStanding.WITHDRAWN
    reviewed_page(letters, "test", "held out")
    reviewed_page(letters, "train", "learnt", "learnt too")
    run_of(letters, serving, third, held_out=("held out", "held out"))
    page = client.get(reverse("model_detail", args=[third.pk])).content.decode()
    assert "2 training" in page
    assert "1 test" in page
    assert TrainingRun.objects.get().dataset.manifest_sha256 in page
    listed = client.get(reverse("model_list")).content.decode()
    assert "Withdrawn" in listed
    assert listed.count('name="version"') == ModelVersion.objects.count()
