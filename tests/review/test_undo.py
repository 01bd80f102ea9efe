"""A submit taken back, and a line put back to what was said of it before."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.models import Event, Page
from recognition.states import PageStatus
from review.exceptions import LeaseLost, NotUndoable
from review.exports.rows import pages_of
from review.leases import claim_ahead, claim_next
from review.models import Draft, Label, ReviewTask
from review.services import LineEntry, reopen_page, submit_page
from review.states import Hold, TaskStatus, Verdict
from review.undo import UNDO_TIME, restore_line, undo_submit
from tests import factories
from tests.review.helpers import in_a_thread
from training.dataset import freeze_dataset


def submitted(reviewer: User, **texts: str) -> ReviewTask:
    return factories.submit_as_read(factories.make_page(), reviewer, **texts)


@pytest.mark.django_db
class TestUndo:
    """For ten minutes, by who submitted, on the record."""

    def test_the_page_comes_back_as_it_was_left(self, site: Client, reviewer: User) -> None:
        task = submitted(reviewer, line0="Total 12.58")
        assert b"Submitted just now" in site.get(reverse("review_queue")).content
        answer = site.post(reverse("review_undo", args=[task.pk]))
        assert answer["Location"] == reverse("review_task", args=[task.pk])
        html = site.get(answer["Location"]).content.decode()
        assert 'value="Total 12.58"' in html
        task.refresh_from_db()
        assert (task.status, task.hold, task.reviewer) == ("held", Hold.ACTIVE, reviewer)
        assert Page.objects.get(pk=task.page_id).status == PageStatus.REVIEW
        event = Event.objects.get(verb="undo_submit")
        assert (event.actor, event.subject_id) == (reviewer, str(task.pk))

    def test_its_labels_stay_but_count_no_more(self, reviewer: User) -> None:
        task = submitted(reviewer, line0="Total 12.58")
        assert task.corrected == 1
        undo_submit(task_id=task.pk, user=reviewer)
        assert ReviewTask.objects.get(pk=task.pk).corrected is None
        assert task.labels.count() == 2
        assert not Label.objects.current().exists()
        (row,) = pages_of(task.page.document)
        assert [line.source for line in row.lines] == ["prediction", "prediction"]
        assert freeze_dataset(document_type=task.document_type).items.count() == 0

    def test_what_counted_before_the_submit_counts_again(self, reviewer: User) -> None:
        first = submitted(factories.make_reviewer(username="omar"), line0="said by omar")
        reopen_page(page=first.page, actor=factories.make_admin(), reason="look again")
        second = factories.submit_as_read(first.page, reviewer, line0="said by me")
        undo_submit(task_id=second.pk, user=reviewer)
        counting = Label.objects.current().get(line__page=first.page, line__position=0)
        assert (counting.text, counting.reviewer.username) == ("said by omar", "omar")
        assert Label.objects.current().filter(line__page=first.page).count() == 2

    def test_a_line_put_back_to_what_was_read_comes_back_so(
        self, site: Client, reviewer: User
    ) -> None:
        first = submitted(factories.make_reviewer(), line0="Total 12.58")
        reopen_page(page=first.page, actor=factories.make_admin(), reason="look again")
        second = factories.submit_as_read(first.page, reviewer)
        answer = site.post(reverse("review_undo", args=[second.pk]))
        assert 'value="Total 12.50"' in site.get(answer["Location"]).content.decode()
        draft = Draft.objects.of(second, reviewer).get()  # of a line that shows it anyway, none
        assert (draft.text, draft.line.position) == ("Total 12.50", 0)

    def test_the_page_i_was_at_comes_next(self, reviewer: User) -> None:
        task = submitted(reviewer)
        now, ahead = factories.make_task(), factories.make_task()
        assert claim_next(reviewer)
        assert claim_ahead(reviewer)
        back = undo_submit(task_id=task.pk, user=reviewer)
        holds = dict(ReviewTask.objects.values_list("pk", "hold"))
        assert holds == {task.pk: Hold.ACTIVE, now.pk: Hold.AHEAD, ahead.pk: ""}
        assert back.lease_token is not None
        submit_page(
            task_id=back.pk,
            token=back.lease_token,
            user=reviewer,
            entries={line.pk: LineEntry("anew") for line in back.page.lines.current()},
            seconds=3,
            revisions=dict(Draft.objects.of(back, reviewer).values_list("line", "revision")),
        )
        assert Label.objects.current().filter(text="anew").count() == 2

    def test_a_resend_of_the_undone_submit_does_not_make_it_again(self, reviewer: User) -> None:
        task = submitted(reviewer)
        undo_submit(task_id=task.pk, user=reviewer)
        assert task.done_token is not None
        entries = {label.line_id: LineEntry(label.text) for label in task.labels.all()}
        with pytest.raises(LeaseLost):
            submit_page(
                task_id=task.pk, token=task.done_token, user=reviewer, entries=entries, seconds=1
            )

    def test_only_who_submitted_it_and_only_for_ten_minutes(
        self, site: Client, reviewer: User
    ) -> None:
        other = submitted(factories.make_reviewer())
        mine = submitted(reviewer)
        late = timezone.now() - UNDO_TIME - timedelta(seconds=1)
        ReviewTask.objects.filter(pk=mine.pk).update(done_at=late)
        for task in (other, mine):
            with pytest.raises(NotUndoable):
                undo_submit(task_id=task.pk, user=reviewer)
            answer = site.post(reverse("review_undo", args=[task.pk]))
            assert answer["Location"] == reverse("review_queue")
            task.refresh_from_db()
            assert task.status == TaskStatus.DONE

    def test_not_when_the_page_has_gone_on(self, reviewer: User) -> None:
        task = submitted(reviewer)
        reopen_page(page=task.page, actor=factories.make_admin(), reason="look again")
        with pytest.raises(NotUndoable, match="gone on"):
            undo_submit(task_id=task.pk, user=reviewer)


@pytest.mark.django_db(transaction=True)
def test_a_submit_taken_back_eight_times_at_once_is_taken_back_once() -> None:
    reviewer = factories.make_reviewer()
    task = factories.submit_as_read(factories.make_page(image=False), reviewer)
    start = Barrier(8)

    def undo(_: int) -> bool:
        try:
            start.wait(timeout=30)
            undo_submit(task_id=task.pk, user=reviewer)
        except NotUndoable:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(undo, range(8))) == 1
    assert Event.objects.filter(verb="undo_submit").count() == 1


@pytest.mark.django_db
class TestRestore:
    """An earlier version of a line counts again, as a new label of who restored it."""

    def form(self, label: Label, known: Label) -> dict[str, int]:
        return {"label": label.pk, "known": known.pk}

    def test_an_earlier_label_counts_again(self, client: Client, reviewer: User) -> None:
        admin = factories.make_admin()
        client.force_login(admin)
        first = submitted(reviewer, line0="said first")
        reopen_page(page=first.page, actor=admin, reason="look again")
        factories.submit_as_read(first.page, factories.make_reviewer(), line0="said second")
        second, old = Label.objects.filter(line__position=0).order_by("-pk")
        history = reverse("page_detail", args=[first.page_id])
        assert "said first</s> →" in client.get(history).content.decode()
        address = reverse("line_restore", args=[old.line_id])
        client.post(address, self.form(old, second))
        counting = Label.objects.current().get(line=old.line)
        assert (counting.text, counting.reviewer) == ("said first", admin)
        assert Label.objects.filter(line=old.line).count() == 3
        assert Event.objects.get(verb="restore_line").data["after"] == "said first"
        stale = client.post(address, self.form(second, second), follow=True)
        assert "has changed the line to" in stale.content.decode()
        assert Label.objects.current().get(line=old.line) == counting

    def test_what_a_model_read_counts_again_as_confirmed(
        self, client: Client, reviewer: User
    ) -> None:
        client.force_login(factories.make_admin())
        submitted(reviewer, line0="changed")
        label = Label.objects.get(text="changed")
        form = {"prediction": label.base_prediction_id, "known": label.pk}
        client.post(reverse("line_restore", args=[label.line_id]), form)
        counting = Label.objects.current().get(line=label.line)
        assert (counting.text, counting.verdict) == ("Total 12.50", Verdict.CONFIRMED)

    def test_a_version_of_another_line_is_refused(self, client: Client, reviewer: User) -> None:
        client.force_login(factories.make_admin())
        submitted(reviewer)
        one, other = Label.objects.current()
        address = reverse("line_restore", args=[one.line_id])
        for form in (self.form(other, one), {"known": one.pk}, {}):
            told = client.post(address, form, follow=True).content.decode()
            assert "version" in told
        assert Label.objects.count() == 2

    def test_it_is_for_admins_and_by_post(self, client: Client, reviewer: User) -> None:
        task = submitted(reviewer)
        line = task.page.lines.current()[0]
        address = reverse("line_restore", args=[line.pk])
        assert client.post(address)["Location"].startswith(reverse("login"))
        client.force_login(reviewer)
        assert client.post(address).status_code == 403
        client.force_login(factories.make_admin())
        assert client.get(address).status_code == 405
        assert client.post(reverse("line_restore", args=[10**6])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_restore_and_the_undo_of_the_same_submit_do_not_wait_for_each_other() -> None:
    """The restore has the page, the undo the task that the restored label is of."""
    page, reviewer = factories.make_page(), factories.make_reviewer()
    task = factories.submit_as_read(page, reviewer, line0="typed")
    line = page.lines.current()[0]
    label = Label.objects.current().get(line=line)
    undo = partial(undo_submit, task_id=task.pk, user=reviewer)
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            Page.objects.select_for_update(no_key=True).get(pk=page.pk)  # so a restore begins
            undone = other.submit(in_a_thread, undo)
            until_somebody_waits()
            restore_line(
                line=line,
                actor=factories.make_admin(),
                known=label.pk,
                prediction_id=label.base_prediction_id,
            )
        with pytest.raises(NotUndoable):
            undone.result(timeout=20)
    assert Label.objects.current().get(line=line).text != "typed"


def until_somebody_waits() -> None:
    """Until another connection waits for a lock."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    pytest.fail("Nobody waited for a lock.")
