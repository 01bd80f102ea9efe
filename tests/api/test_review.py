"""Reviewing over the API: claim, drafts, submit, and every way it can be too late."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from review.models import Draft, Label, ReviewTask
from review.relabel import relabel_line
from review.route import route_page
from review.states import TaskKind
from tests.api.conftest import client_of
from tests.factories import (
    SURE_LINES,
    make_admin,
    make_page,
    make_reviewer,
    make_task,
    make_type,
    submit_as_read,
)

pytestmark = pytest.mark.django_db
TASKS = "/api/v1/review-tasks/"


def claim(client: APIClient) -> dict[str, Any]:
    answer = client.post(f"{TASKS}next/")
    assert answer.status_code == 200
    task: dict[str, Any] = answer.json()["task"]
    return task


def submission(task: dict[str, Any], **texts: str) -> dict[str, Any]:
    lines = ReviewTask.objects.get(pk=task["id"]).page.lines.current()
    entries = [
        {"line": line.pk, "text": texts.get(f"line{line.position}", "as typed")} for line in lines
    ]
    return {"token": task["token"], "seconds": 10, "lines": entries}


def test_a_page_goes_from_claim_to_labels(reviewer_api: APIClient, reviewer: User) -> None:
    waiting = make_task()
    task = claim(reviewer_api)
    assert (task["id"], task["status"], task["held_by_me"]) == (waiting.pk, "held", True)
    beat = reviewer_api.post(
        f"{TASKS}{task['id']}/heartbeat/", {"token": task["token"]}, format="json"
    )
    assert beat.json()["lease_expires_at"] > task["lease_expires_at"]
    body = submission(task, line0="Total 12.58", line1="Thank you")
    done = reviewer_api.post(f"{TASKS}{task['id']}/submit/", body, format="json")
    assert (done.status_code, done.json()["status"]) == (200, "done")
    verdicts = list(Label.objects.current().values_list("verdict", "text", "reviewer"))
    assert verdicts == [
        ("corrected", "Total 12.58", reviewer.pk),
        ("confirmed", "Thank you", reviewer.pk),
    ]
    again = reviewer_api.post(f"{TASKS}{task['id']}/submit/", body, format="json")
    assert again.status_code == 200
    assert Label.objects.count() == 2


def test_the_next_page_tells_empty_from_held(reviewer_api: APIClient) -> None:
    empty = reviewer_api.post(f"{TASKS}next/").json()
    assert empty["task"] is None
    assert empty["queue"] == {"state": "empty", "waiting": 0, "held": 0, "next_free_at": None}
    make_task()
    claim(client_of(make_reviewer()))
    held = reviewer_api.post(f"{TASKS}next/").json()
    assert held["task"] is None
    assert (held["queue"]["state"], held["queue"]["held"]) == ("all_held", 1)
    assert held["queue"]["next_free_at"]


def test_beside_a_page_the_rest_of_the_queue_is_told(reviewer_api: APIClient) -> None:
    kind = make_type("Letters")
    for _ in range(5):
        make_task(kind)
    make_task(make_type(groups=["Payroll"]))
    other = claim(client_of(make_reviewer()))
    run_out = claim(client_of(make_reviewer()))
    ReviewTask.objects.filter(pk=run_out["id"]).update(lease_expires_at=timezone.now())
    mine = reviewer_api.post(f"{TASKS}next/").json()
    task = ReviewTask.objects.get(pk=mine["task"]["id"])
    assert (task.pk, mine["task"]["batch"]) == (run_out["id"], task.page.document.batch_id)
    assert mine["queue"] == {
        "state": "ready", "waiting": 3, "held": 1, "next_free_at": other["lease_expires_at"],
    }  # fmt: skip


def test_a_page_held_by_one_is_not_to_be_had_by_another(reviewer_api: APIClient) -> None:
    task = make_task()
    assert claim(client_of(make_reviewer()))["id"] == task.pk
    answer = reviewer_api.post(f"{TASKS}{task.pk}/claim/")
    assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")


def test_lines_that_cannot_be_taken_are_each_told_why(reviewer_api: APIClient) -> None:
    make_task()
    task = claim(reviewer_api)
    body = submission(task, line0="  ")
    missing = body["lines"].pop()["line"]
    answer = reviewer_api.post(f"{TASKS}{task['id']}/submit/", body, format="json")
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_submission"
    assert set(answer.json()["lines"]) == {str(missing), str(body["lines"][0]["line"])}
    assert not Label.objects.exists()


def test_a_line_that_was_labelled_since_is_not_labelled_over_unseen(
    reviewer_api: APIClient, admin_api: APIClient
) -> None:
    page = make_page()
    submit_as_read(page, make_reviewer(), line0="said first")
    admin_api.post(f"/api/v1/pages/{page.pk}/reopen/", {"reason": "look again"}, format="json")
    task = claim(reviewer_api)
    lines = reviewer_api.get(f"/api/v1/pages/{page.pk}/lines/").json()
    said = max(line["label"]["id"] for line in lines)
    body = submission(task, line0="said first", line1="Thank you") | {"said": said}
    old = Label.objects.current().get(text="said first")
    label = relabel_line(label=old, text="corrected", actor=make_admin(), reason="it was wrong")
    path = f"{TASKS}{task['id']}/submit/"
    answer = reviewer_api.post(path, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_submission")
    assert "“corrected”" in answer.json()["lines"][str(label.line_id)]
    assert Label.objects.current().get(line=label.line_id) == label
    again = body | {"said": answer.json()["said"]}
    assert reviewer_api.post(path, again, format="json").status_code == 200


def test_a_stale_submit_shows_both_versions_and_keeps_the_typing(
    reviewer_api: APIClient, reviewer: User
) -> None:
    make_task()
    mine = claim(reviewer_api)
    expired = timezone.now() - timedelta(seconds=1)
    ReviewTask.objects.filter(pk=mine["id"]).update(lease_expires_at=expired)
    other = client_of(make_reviewer())
    theirs = claim(other)
    assert theirs["id"] == mine["id"]
    body = submission(theirs, line0="theirs")
    assert other.post(f"{TASKS}{theirs['id']}/submit/", body, format="json").status_code == 200
    late = submission(mine, line0="mine")
    answer = reviewer_api.post(f"{TASKS}{mine['id']}/submit/", late, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
    first = answer.json()["lines"][0]
    assert (first["yours"], first["theirs"], first["their_verdict"]) == (
        "mine",
        "theirs",
        "corrected",
    )
    assert Draft.objects.get(reviewer=reviewer, line=first["line"]).text == "mine"
    assert Label.objects.current().get(line=first["line"]).text == "theirs"


def test_drafts_are_kept_and_a_second_window_is_told_of_a_conflict(
    reviewer_api: APIClient,
) -> None:
    make_task()
    task = claim(reviewer_api)
    path = f"{TASKS}{task['id']}/drafts/"
    line = submission(task)["lines"][0]["line"]

    def keep(text: str, revision: int) -> Any:
        body = {"lines": [{"line": line, "text": text, "revision": revision}]}
        return reviewer_api.put(path, body, format="json")

    assert keep("first", 0).json() == {"revisions": {str(line): 1}}
    assert keep("second", 1).json() == {"revisions": {str(line): 2}}
    stale = keep("from another window", 1)
    assert stale.status_code == 409
    conflict = stale.json()["conflicts"][0]
    assert (conflict["stored"], conflict["yours"]) == ("second", "from another window")
    kept = reviewer_api.get(path).json()
    assert [(draft["text"], draft["revision"]) for draft in kept] == [("second", 2)]
    assert claim(reviewer_api)["drafts"][0]["text"] == "second"


def test_a_submit_that_does_not_know_newer_drafts_is_refused(reviewer_api: APIClient) -> None:
    make_task()
    task = claim(reviewer_api)
    body = submission(task)
    first = body["lines"][0]
    newer = {"lines": [{"line": first["line"], "text": "typed in the other window"}]}
    reviewer_api.put(f"{TASKS}{task['id']}/drafts/", newer, format="json")
    path = f"{TASKS}{task['id']}/submit/"
    answer = reviewer_api.post(path, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_conflict")
    assert answer.json()["conflicts"][0]["stored"] == "typed in the other window"
    assert not Label.objects.exists()
    first["revision"] = 1
    assert reviewer_api.post(path, body, format="json").status_code == 200


def test_nobody_sees_anothers_drafts(reviewer_api: APIClient) -> None:
    make_task()
    task = claim(reviewer_api)
    path = f"{TASKS}{task['id']}/drafts/"
    body = {"lines": [{"line": submission(task)["lines"][0]["line"], "text": "mine"}]}
    assert reviewer_api.put(path, body, format="json").status_code == 200
    assert client_of(make_reviewer()).get(path).json() == []


@pytest.mark.parametrize(("action", "status"), [("skip", "waiting"), ("flag", "flagged")])
def test_giving_a_page_up_needs_a_reason(reviewer_api: APIClient, action: str, status: str) -> None:
    make_task()
    task = claim(reviewer_api)
    path = f"{TASKS}{task['id']}/{action}/"
    bare = reviewer_api.post(path, {"token": task["token"], "reason": " "}, format="json")
    assert (bare.status_code, bare.json()["code"]) == (422, "reason_missing")
    body = {"token": task["token"], "reason": "Upside down"}
    assert reviewer_api.post(path, body, format="json").json()["status"] == status
    assert reviewer_api.post(path, body, format="json").status_code == 409
    if action == "flag":
        admin = client_of(make_admin())
        assert admin.post(f"{TASKS}{task['id']}/unflag/").json()["status"] == "waiting"
        assert admin.post(f"{TASKS}{task['id']}/unflag/").json()["code"] == "not_flagged"


@pytest.mark.parametrize("action", ["heartbeat", "release", "skip", "flag", "submit"])
def test_a_wrong_token_changes_nothing(reviewer_api: APIClient, action: str) -> None:
    make_task()
    task = claim(reviewer_api)
    body = {"token": str(uuid4()), "reason": "x", "seconds": 1, "lines": []}
    answer = reviewer_api.post(f"{TASKS}{task['id']}/{action}/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
    assert ReviewTask.objects.get().status == "held"


def test_a_released_page_waits_again(reviewer_api: APIClient) -> None:
    make_task()
    task = claim(reviewer_api)
    path = f"{TASKS}{task['id']}/release/"
    answer = reviewer_api.post(path, {"token": task["token"]}, format="json")
    assert answer.json()["status"] == "waiting"


def test_an_audit_looks_like_any_other_task_to_a_reviewer(
    reviewer_api: APIClient, admin_api: APIClient
) -> None:
    kind = make_type(audit_rate=1.0)
    audited = make_page(kind, lines=SURE_LINES, status="read")
    assert route_page(audited.pk, draw=lambda: 0.0) == "audit"
    audit, unsure = ReviewTask.objects.get(page=audited), make_task()
    assert audit.kind == TaskKind.AUDIT
    for task in (audit, unsure):
        shown = reviewer_api.get(f"{TASKS}{task.pk}/").json()
        assert (shown["kind"], shown["rule"]) == (None, None)
        assert "decision" not in shown
    held = claim(reviewer_api)
    assert (held["kind"], held["rule"]) == (None, None)
    shown = admin_api.get(f"{TASKS}{audit.pk}/").json()
    assert (shown["kind"], shown["rule"]) == ("audit", "audit_drawn")
    listed = reviewer_api.get(f"{TASKS}?kind=audit")
    assert listed.json()["count"] == 2  # asking for audits leaves out nothing


def test_an_admin_reopens_a_page_and_says_why(admin_api: APIClient) -> None:
    page = make_page(status="reviewed")
    path = f"/api/v1/pages/{page.pk}/reopen/"
    assert admin_api.post(path, {"reason": ""}, format="json").json()["code"] == "reason_missing"
    assert admin_api.post(path, {"reason": "Wrong"}, format="json").json()["status"] == "review"
    again = admin_api.post(path, {"reason": "Wrong"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "not_reopenable")


def test_labels_are_listed_by_batch_and_by_whether_they_are_current(
    reviewer_api: APIClient,
) -> None:
    page, other = make_page(status="reviewed"), make_page(status="reviewed")
    Label.objects.filter(line=page.lines.first()).update(superseded_at=timezone.now())
    path = f"/api/v1/labels/?batch={page.document.batch_id}"
    assert reviewer_api.get("/api/v1/labels/").json()["count"] == 4
    assert reviewer_api.get(path).json()["count"] == 2
    assert reviewer_api.get(f"{path}&current=true").json()["count"] == 1
    assert reviewer_api.get(f"{path}&current=false").json()["count"] == 1
    by_type = f"/api/v1/labels/?document_type={other.document.document_type_id}"
    assert {row["page"] for row in reviewer_api.get(by_type).json()["results"]} == {other.pk}
    assert reviewer_api.post("/api/v1/labels/", {}, format="json").status_code == 405


def test_an_admin_files_a_document_under_another_type(admin_api: APIClient) -> None:
    task = make_task(make_type("Receipts"))
    invoices = make_type("Invoices")
    path = f"{TASKS}{task.pk}/refile/"
    moved = admin_api.post(path, {"document_type": invoices.pk}, format="json")
    assert (moved.status_code, moved.json()["document_type"]) == (200, invoices.pk)
    document = task.page.document
    document.refresh_from_db()
    assert document.document_type == invoices
    again = admin_api.post(path, {"document_type": invoices.pk}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "not_refilable")


@pytest.mark.parametrize("chosen", [{}, {"document_type": 0}, {"document_type": "x"}])
def test_filing_under_a_type_that_is_none_is_refused(
    admin_api: APIClient, chosen: dict[str, Any]
) -> None:
    task = make_task()
    answer = admin_api.post(f"{TASKS}{task.pk}/refile/", chosen, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert admin_api.post(f"{TASKS}0/refile/", chosen, format="json").status_code == 404
