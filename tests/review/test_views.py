"""The reviewer's pages: who may open them, what they answer, and that typing is never lost."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.models import Page
from recognition.states import PageStatus
from review.leases import claim_next, claim_task, flag_task, skip_task
from review.models import Draft, Label, ReviewTask
from review.states import TaskStatus, Verdict
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> User:
    return factories.make_reviewer()


@pytest.fixture
def site(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


@pytest.fixture
def task() -> ReviewTask:
    return factories.make_task()


@pytest.fixture
def held(task: ReviewTask, reviewer: User) -> ReviewTask:
    found = claim_task(task.pk, reviewer)
    assert found is not None
    return found


def form_of(task: ReviewTask, **texts: str) -> dict[str, Any]:
    """The form as the screen sends it, with `line0="..."` for lines that were typed on."""
    form: dict[str, Any] = {"token": str(task.lease_token), "seconds": "12.5"}
    for line in task.page.lines.current():
        read = line.predictions.get(model_version=task.model_version)
        form[f"line-{line.pk}-text"] = texts.get(f"line{line.position}", read.text)
        form[f"line-{line.pk}-verdict"] = "corrected"
    return form


def first_line(task: ReviewTask) -> int:
    return task.page.lines.current()[0].pk


def post_drafts(site: Client, task: ReviewTask, user: User, *entries: dict[str, Any]) -> Any:
    return site.post(
        reverse("review_drafts", args=[task.pk]),
        json.dumps({"user": user.pk, "entries": entries}),
        content_type="application/json",
    )


def entry(line_id: int, text: str, revision: int = 0, verdict: str = "corrected") -> dict[str, Any]:
    return {"line_id": line_id, "text": text, "verdict": verdict, "revision": revision}


TASK_POSTS = (
    "review_drafts", "review_heartbeat", "review_submit", "review_skip", "review_flag",
    "review_release", "task_unflag",
)  # fmt: skip


@pytest.mark.parametrize("name", TASK_POSTS)
def test_what_changes_a_task_is_only_posted(site: Client, task: ReviewTask, name: str) -> None:
    assert site.get(reverse(name, args=[task.pk])).status_code == 405


@pytest.mark.parametrize("name", TASK_POSTS)
def test_an_anonymous_visitor_is_sent_to_sign_in(
    client: Client, task: ReviewTask, name: str
) -> None:
    answer = client.post(reverse(name, args=[task.pk]))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", [*TASK_POSTS[:-1], "review_task"])
def test_a_task_of_another_group_is_not_there(site: Client, name: str) -> None:
    hidden = factories.make_task(factories.make_type(groups=["Payroll"]))
    assert site.post(reverse(name, args=[hidden.pk])).status_code == 404


@pytest.mark.parametrize("name", [*TASK_POSTS[:-1], "review_task"])
def test_a_task_that_never_was_is_not_there(site: Client, name: str) -> None:
    assert site.post(reverse(name, args=[10**6])).status_code == 404


@pytest.mark.parametrize("name", ["review_queue", "signed_in"])
def test_pages_without_an_object_need_signing_in_and_take_no_post(
    client: Client, reviewer: User, name: str
) -> None:
    assert client.get(reverse(name)).status_code == 302
    client.force_login(reviewer)
    assert client.get(reverse(name)).status_code == 200
    assert client.post(reverse(name)).status_code == 405


def test_next_page_holds_a_page_and_goes_to_it(site: Client, task: ReviewTask) -> None:
    assert site.get(reverse("review_next")).status_code == 405
    answer = site.post(reverse("review_next"))
    assert answer["Location"] == reverse("review_task", args=[task.pk])
    task.refresh_from_db()
    assert task.status == TaskStatus.HELD


def test_the_screen_shows_every_line_with_its_text(site: Client, held: ReviewTask) -> None:
    answer = site.get(reverse("review_task", args=[held.pk]))
    assert answer.status_code == 200
    html = answer.content.decode()
    assert 'value="Total 12.50"' in html
    assert "42 %" in html
    assert str(held.lease_token) in html
    assert "1 of 2 lines to check" in html
    assert "style=" not in html


def test_a_missing_probability_is_shown_as_missing(site: Client, reviewer: User) -> None:
    task = factories.make_task(lines=[("no number", None)])
    claim_task(task.pk, reviewer)
    html = site.get(reverse("review_task", args=[task.pk])).content.decode()
    assert ", probability </span>–" in html
    assert 'class="line unknown' in html


@pytest.mark.parametrize("lines", [5, 200])
def test_the_screen_takes_the_same_queries_whatever_the_number_of_lines(
    site: Client, reviewer: User, lines: int, django_assert_num_queries: Any
) -> None:
    task = factories.make_task(lines=[(f"line {n}", 0.5) for n in range(lines)], image=False)
    claim_task(task.pk, reviewer)
    address = reverse("review_task", args=[task.pk])
    with django_assert_num_queries(11):
        site.get(address)


def test_a_page_that_is_not_held_offers_to_take_it(site: Client, task: ReviewTask) -> None:
    address = reverse("review_task", args=[task.pk])
    assert b"Take this page" in site.get(address).content
    assert site.post(address)["Location"] == address
    assert b"page-form" in site.get(address).content


def test_a_page_held_by_somebody_else_names_them(site: Client, task: ReviewTask) -> None:
    other = factories.make_reviewer(username="omar")
    claim_task(task.pk, other)
    address = reverse("review_task", args=[task.pk])
    html = site.get(address).content.decode()
    assert "omar" in html
    assert "Take this page" not in html
    site.post(address)
    task.refresh_from_db()
    assert task.reviewer == other


def test_a_reviewer_cannot_tell_an_audit_from_other_work(site: Client, reviewer: User) -> None:
    audited = factories.make_type(audit_rate=1.0)
    task = factories.make_task(audited, lines=factories.SURE_LINES)
    assert task.kind == "audit"
    claim_task(task.pk, reviewer)
    html = site.get(reverse("review_task", args=[task.pk])).content.decode().lower()
    assert "audit" not in html
    assert "threshold" not in html
    assert "1 of 2 lines to check" in html
    history = site.get(reverse("page_detail", args=[task.page_id])).content.decode().lower()
    assert "audit" not in history


def test_a_draft_comes_back_on_the_screen(site: Client, held: ReviewTask, reviewer: User) -> None:
    answer = post_drafts(site, held, reviewer, entry(first_line(held), "Total 12.58"))
    assert answer.json()["revisions"] == {str(first_line(held)): 1}
    html = site.get(reverse("review_task", args=[held.pk])).content.decode()
    assert 'value="Total 12.58"' in html


def test_a_draft_that_does_not_know_the_newest_is_a_conflict(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    line = first_line(held)
    post_drafts(site, held, reviewer, entry(line, "from window one"))
    answer = post_drafts(site, held, reviewer, entry(line, "from window two")).json()
    assert answer["conflicts"] == [
        {"line_id": line, "text": "from window one", "verdict": "corrected", "revision": 1}
    ]
    assert Draft.objects.get(line=line).text == "from window one"


def test_a_draft_outlives_the_lease(site: Client, held: ReviewTask, reviewer: User) -> None:
    expire(held)
    claim_task(held.pk, factories.make_reviewer())
    answer = post_drafts(site, held, reviewer, entry(first_line(held), "typed too late"))
    assert answer.status_code == 200
    assert Draft.objects.get(reviewer=reviewer).text == "typed too late"


def test_drafts_typed_under_another_name_are_refused(site: Client, held: ReviewTask) -> None:
    other = factories.make_reviewer()
    answer = post_drafts(site, held, other, entry(first_line(held), "not mine"))
    assert answer.status_code == 403
    assert answer.json()["code"] == "other_user"
    assert not Draft.objects.exists()


def one_entry(text: Any = "a", line: Any = 1, verdict: str = "corrected") -> dict[str, Any]:
    return {"user": 1, "entries": [entry(line, text, verdict=verdict)]}


NO_DRAFTS = [
    b"",
    b"[]",
    b"{}",
    b'{"user": 1}',
    b"\xff",
    b'{"user": 1, "entries": [{}]}',
    *(
        json.dumps(body).encode()
        for body in (
            one_entry(text=5),
            one_entry(text="a\x00"),
            one_entry(text="\ud800"),
            one_entry(text="a" * 10_001),
            one_entry(line=10**20),
            one_entry(line=True),
            one_entry(verdict="perhaps"),
        )
    ),
]


@pytest.mark.parametrize("body", NO_DRAFTS)
def test_what_is_no_draft_is_refused(site: Client, held: ReviewTask, body: bytes) -> None:
    address = reverse("review_drafts", args=[held.pk])
    answer = site.post(address, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_drafts"


def test_a_heartbeat_puts_the_end_off(site: Client, held: ReviewTask) -> None:
    expire(held)
    address = reverse("review_heartbeat", args=[held.pk])
    answer = site.post(address, {"token": str(held.lease_token)})
    assert answer.status_code == 200
    held.refresh_from_db()
    assert held.lease_expires_at is not None
    assert held.lease_expires_at > timezone.now()
    assert site.post(address, {"token": "nonsense"}).status_code == 409


def test_a_heartbeat_after_somebody_else_took_the_page_says_so(
    site: Client, held: ReviewTask
) -> None:
    expire(held)
    claim_task(held.pk, factories.make_reviewer())
    address = reverse("review_heartbeat", args=[held.pk])
    answer = site.post(address, {"token": str(held.lease_token)})
    assert answer.status_code == 409
    assert answer.json()["code"] == "lease_lost"


def test_submitting_makes_labels_and_goes_to_the_next_page(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    following = factories.make_task()
    form = form_of(held, line0="Total 12.58")
    answer = site.post(reverse("review_submit", args=[held.pk]), form)
    assert answer["Location"] == reverse("review_task", args=[following.pk])
    labels = {label.line_id: label for label in Label.objects.current()}
    assert [labels[line.pk].verdict for line in held.page.lines.current()] == [
        Verdict.CORRECTED,
        Verdict.CONFIRMED,
    ]
    held.refresh_from_db()
    assert held.status == TaskStatus.DONE
    assert held.seconds == 12.5


def test_submitting_twice_is_done_once(site: Client, held: ReviewTask) -> None:
    form = form_of(held)
    address = reverse("review_submit", args=[held.pk])
    assert site.post(address, form).status_code == 302
    assert site.post(address, form).status_code == 302
    assert Label.objects.count() == 2


def test_after_the_last_page_comes_the_queue(site: Client, held: ReviewTask) -> None:
    answer = site.post(reverse("review_submit", args=[held.pk]), form_of(held))
    assert answer["Location"] == reverse("review_queue")


def test_a_script_is_told_where_the_next_page_is(site: Client, held: ReviewTask) -> None:
    address = reverse("review_submit", args=[held.pk])
    answer = site.post(address, form_of(held), headers={"Accept": "application/json"})
    assert answer.json() == {"next": reverse("review_queue")}


def test_a_line_without_text_or_reason_comes_back_with_all_that_was_typed(
    site: Client, held: ReviewTask
) -> None:
    form = form_of(held, line0="  ", line1="kept as typed")
    address = reverse("review_submit", args=[held.pk])
    answer = site.post(address, form)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Type what the line says" in html
    assert 'value="kept as typed"' in html
    told = site.post(address, form, headers={"Accept": "application/json"})
    assert told.status_code == 422
    assert list(told.json()["lines"]) == [str(first_line(held))]
    assert not Label.objects.exists()


def test_a_line_may_be_illegible(site: Client, held: ReviewTask) -> None:
    form = form_of(held, line0="")
    form[f"line-{first_line(held)}-verdict"] = "illegible"
    assert site.post(reverse("review_submit", args=[held.pk]), form).status_code == 302
    label = Label.objects.get(line=first_line(held))
    assert (label.verdict, label.text) == (Verdict.ILLEGIBLE, "")


def test_a_stale_submit_shows_both_versions(site: Client, held: ReviewTask, reviewer: User) -> None:
    form = form_of(held, line0="my version", line1="<b>also mine</b>")
    expire(held)
    factories.submit_as_read(
        held.page, factories.make_reviewer(username="omar"), line0="their version"
    )
    address = reverse("review_submit", args=[held.pk])
    told = site.post(address, form, headers={"Accept": "application/json"})
    assert told.status_code == 409
    answer = site.post(address, form)
    assert answer.status_code == 409
    html = answer.content.decode()
    for shown in ("my version", "their version", "omar", "&lt;b&gt;also mine&lt;/b&gt;"):
        assert shown in html
    kept = set(Draft.objects.of(held, reviewer).values_list("text", flat=True))
    assert kept == {"my version", "<b>also mine</b>"}
    assert Label.objects.current().get(line=first_line(held)).text == "their version"
    history = site.get(reverse("page_detail", args=[held.page_id])).content.decode()
    assert "typed and not submitted" in history


def test_a_stale_submit_shows_what_the_new_holder_has_written(
    site: Client, held: ReviewTask, client: Client
) -> None:
    form = form_of(held, line0="my version")
    expire(held)
    omar = factories.make_reviewer(username="omar")
    claim_task(held.pk, omar)
    other = Client()
    other.force_login(omar)
    post_drafts(other, held, omar, entry(first_line(held), "omar is typing"))
    html = site.post(reverse("review_submit", args=[held.pk]), form).content.decode()
    assert "my version" in html
    assert "omar is typing" in html


def test_a_submit_without_a_token_is_refused_and_kept(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    form = form_of(held, line0="typed")
    del form["token"]
    answer = site.post(reverse("review_submit", args=[held.pk]), form)
    assert answer.status_code == 409
    assert Draft.objects.get(reviewer=reviewer).text == "typed"
    assert b"Go on with the page" in answer.content


def test_a_window_that_does_not_know_a_newer_draft_may_not_label_over_it(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    line = first_line(held)
    post_drafts(site, held, reviewer, entry(line, "typed in window one"))
    address = reverse("review_submit", args=[held.pk])
    form = form_of(held)  # window two, opened before
    answer = site.post(address, form)
    assert answer.status_code == 422
    assert "typed in window one" in answer.content.decode()
    told = site.post(address, form, headers={"Accept": "application/json"}).json()
    assert told["conflicts"][0]["text"] == "typed in window one"
    assert not Label.objects.exists()
    form["revisions"] = f"{line}:1"
    assert site.post(address, form).status_code == 302


def test_skipping_needs_a_reason_and_passes_the_page_on(site: Client, held: ReviewTask) -> None:
    address = reverse("review_skip", args=[held.pk])
    site.post(address, {"token": str(held.lease_token), "reason": " "})
    held.refresh_from_db()
    assert held.status == TaskStatus.HELD
    site.post(address, {"token": str(held.lease_token), "reason": "not my language"})
    held.refresh_from_db()
    assert held.status == TaskStatus.WAITING
    assert held.skips.get().reason == "not my language"


def test_flagging_sets_the_page_aside(site: Client, held: ReviewTask) -> None:
    site.post(
        reverse("review_flag", args=[held.pk]),
        {"token": str(held.lease_token), "reason": "upside down"},
    )
    held.refresh_from_db()
    assert (held.status, held.flag_reason) == (TaskStatus.FLAGGED, "upside down")


@pytest.mark.parametrize("name", ["review_skip", "review_flag", "review_release"])
def test_a_page_of_somebody_else_cannot_be_set_aside(
    client: Client, held: ReviewTask, name: str
) -> None:
    client.force_login(factories.make_reviewer())
    client.post(
        reverse(name, args=[held.pk]), {"token": str(held.lease_token), "reason": "mischief"}
    )
    held.refresh_from_db()
    assert held.status == TaskStatus.HELD


def test_leaving_gives_the_page_back(site: Client, held: ReviewTask) -> None:
    address = reverse("review_release", args=[held.pk])
    assert site.post(address, {"token": str(held.lease_token)}).status_code == 302
    held.refresh_from_db()
    assert held.status == TaskStatus.WAITING


class TestQueue:
    """The empty states are told apart."""

    def state(self, site: Client) -> str:
        answer = site.get(reverse("review_queue"))
        assert answer.status_code == 200
        return str(answer.context["queue"].state)

    def test_nothing_to_do(self, site: Client) -> None:
        assert self.state(site) == "empty"

    def test_pages_wait(self, site: Client, task: ReviewTask) -> None:
        assert self.state(site) == "ready"

    def test_my_own_page_is_offered_first(self, site: Client, held: ReviewTask) -> None:
        assert self.state(site) == "ready"
        assert b"You hold 1 page" in site.get(reverse("review_queue")).content

    def test_all_are_held_and_when_the_next_is_free(self, site: Client, task: ReviewTask) -> None:
        taken = claim_task(task.pk, factories.make_reviewer())
        assert taken is not None
        answer = site.get(reverse("review_queue"))
        assert answer.context["queue"].state == "all_held"
        assert answer.context["queue"].next_free_at == taken.lease_expires_at

    def test_what_is_left_i_have_skipped(
        self, site: Client, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        skip_task(task_id=held.pk, token=held.lease_token, user=reviewer, reason="too long")
        assert self.state(site) == "skipped"
        assert claim_next(reviewer) is None
        site.post(reverse("review_task", args=[held.pk]))
        held.refresh_from_db()
        assert held.reviewer == reviewer

    def test_only_flagged_pages_are_left(
        self, site: Client, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        flag_task(task_id=held.pk, token=held.lease_token, user=reviewer, reason="torn")
        assert self.state(site) == "flagged"

    def test_nothing_that_i_may_see(self, site: Client) -> None:
        factories.make_task(factories.make_type(groups=["Payroll"]))
        assert self.state(site) == "not_visible"


class TestHistory:
    """A page with its readings and labels; opening it again."""

    def test_readings_and_labels_are_listed(self, client: Client) -> None:
        page = factories.make_page(
            status=PageStatus.REVIEWED, reviewer=factories.make_reviewer(username="rosa")
        )
        client.force_login(factories.make_admin())
        html = client.get(reverse("page_detail", args=[page.pk])).content.decode()
        for shown in ("Total 12.50", "rosa", "0.420", "Confirmed", "under_threshold", "submit"):
            assert shown in html

    @pytest.mark.parametrize("lines", [5, 200])
    def test_it_takes_the_same_queries_whatever_the_number_of_lines(
        self, client: Client, lines: int, django_assert_num_queries: Any
    ) -> None:
        page = factories.make_page(lines=[(f"line {n}", 0.5) for n in range(lines)], image=False)
        client.force_login(factories.make_admin())
        with django_assert_num_queries(15):
            client.get(reverse("page_detail", args=[page.pk]))

    @pytest.mark.parametrize("status", [PageStatus.QUEUED, PageStatus.FAILED])
    def test_a_page_that_was_not_read_has_a_page_too(self, client: Client, status: str) -> None:
        page = factories.make_page(status=status)
        client.force_login(factories.make_admin())
        assert client.get(reverse("page_detail", args=[page.pk])).status_code == 200

    def test_who_may_not_see_the_type_finds_nothing(self, site: Client, client: Client) -> None:
        page = factories.make_page(factories.make_type(groups=["Payroll"]))
        assert site.get(reverse("page_detail", args=[page.pk])).status_code == 404
        assert site.get(reverse("page_detail", args=[10**6])).status_code == 404

    def test_opening_again_needs_a_reason_and_an_admin(
        self, client: Client, reviewer: User
    ) -> None:
        page = factories.make_page(status=PageStatus.REVIEWED)
        address = reverse("page_reopen", args=[page.pk])
        assert client.post(address).status_code == 302
        client.force_login(reviewer)
        assert client.post(address, {"reason": "because"}).status_code == 403
        client.force_login(factories.make_admin())
        assert client.get(address).status_code == 405
        client.post(address, {"reason": ""})
        assert Page.objects.get(pk=page.pk).status == PageStatus.REVIEWED
        client.post(address, {"reason": "line 2 is wrong"})
        assert Page.objects.get(pk=page.pk).status == PageStatus.REVIEW

    def test_a_page_opened_again_starts_from_its_labels_and_says_why(self, client: Client) -> None:
        page = factories.make_page()
        factories.submit_as_read(page, factories.make_reviewer(), line0="Total 12.58")
        admin = factories.make_admin()
        client.force_login(admin)
        client.post(reverse("page_reopen", args=[page.pk]), {"reason": "line 2 is wrong"})
        client.post(reverse("review_next"))
        task = ReviewTask.objects.open().get(page=page)
        html = client.get(reverse("review_task", args=[task.pk])).content.decode()
        assert 'value="Total 12.58"' in html
        assert "line 2 is wrong" in html


class TestFlagged:
    """Flagged pages, for admins."""

    def test_only_admins_see_the_list(self, client: Client, reviewer: User) -> None:
        address = reverse("flagged_list")
        assert client.get(address).status_code == 302
        client.force_login(reviewer)
        assert client.get(address).status_code == 403
        client.force_login(factories.make_admin())
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 405

    def test_an_admin_puts_a_page_back(
        self, client: Client, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        flag_task(task_id=held.pk, token=held.lease_token, user=reviewer, reason="upside down")
        client.force_login(reviewer)
        assert client.post(reverse("task_unflag", args=[held.pk])).status_code == 403
        client.force_login(factories.make_admin())
        html = client.get(reverse("flagged_list")).content.decode()
        assert "upside down" in html
        assert reviewer.username in html
        client.post(reverse("task_unflag", args=[held.pk]))
        held.refresh_from_db()
        assert held.status == TaskStatus.WAITING
        assert client.post(reverse("task_unflag", args=[10**6])).status_code == 404


def expire(task: ReviewTask) -> None:
    ReviewTask.objects.filter(pk=task.pk).update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )
