"""Leases under contention and by the clock, on PostgreSQL."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import Group, User
from django.db import InternalError, connection, transaction
from django.utils import timezone

from review.exceptions import LeaseLost
from review.leases import claim_next, claim_task, renew_lease
from review.models import Label, ReviewTask
from review.services import LineEntry, submit_page
from review.states import TaskStatus
from tests import factories

THREADS = 16
PAGES = 60


@pytest.mark.django_db(transaction=True)
def test_sixteen_reviewers_never_hold_the_same_page() -> None:
    document_type = factories.make_type()
    document = factories.make_document(document_type)
    for _ in range(PAGES):
        factories.make_page(document=document, image=False)
    people = [factories.make_reviewer() for _ in range(THREADS)]
    start = Barrier(THREADS)

    def work(person: User) -> list[int]:
        """Claim and submit until nothing is left."""
        done = []
        try:
            start.wait(timeout=30)
            while (task := claim_next(person)) is not None:
                done.append(task.pk)
                assert task.lease_token is not None
                entries = {line.pk: LineEntry("seen") for line in task.page.lines.current()}
                submit_page(
                    task_id=task.pk,
                    token=task.lease_token,
                    user=person,
                    entries=entries,
                    seconds=1.0,
                )
        finally:
            connection.close()
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        claimed = [task for tasks in pool.map(work, people) for task in tasks]
    assert max(Counter(claimed).values()) == 1
    assert len(claimed) == PAGES
    assert Label.objects.current().count() == PAGES * len(factories.LINES)


@pytest.mark.django_db(transaction=True)
def test_one_page_wanted_by_sixteen_goes_to_one() -> None:
    task = factories.make_task(image=False)
    people = [factories.make_reviewer() for _ in range(THREADS)]
    start = Barrier(THREADS)

    def take(person: User) -> bool:
        try:
            start.wait(timeout=30)
            return claim_task(task.pk, person) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(take, people)) == 1


@pytest.mark.django_db
def test_a_lease_ends_by_the_clock_and_the_page_goes_to_the_next() -> None:
    task = factories.make_task()
    first, second = factories.make_reviewer(), factories.make_reviewer()
    held = claim_next(first)
    assert held is not None
    assert held.lease_token is not None
    assert claim_next(second) is None
    ReviewTask.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    taken = claim_next(second)
    assert taken is not None
    assert taken.pk == task.pk
    assert taken.lease_token != held.lease_token
    with pytest.raises(LeaseLost):
        renew_lease(task_id=task.pk, token=held.lease_token)
    with pytest.raises(LeaseLost):
        submit_page(task_id=task.pk, token=held.lease_token, user=first, entries={}, seconds=1.0)


@pytest.mark.django_db
def test_each_is_handed_pages_of_the_types_they_may_see() -> None:
    """In turn, twice: what is kept of one person's question answers nobody else's."""
    kinds = {name: factories.make_type(name, groups=[name]) for name in ("Letters", "Payroll")}
    tasks = [factories.make_task(kinds[name]) for name in ("Letters", "Payroll") * 2]
    clerk, payer = factories.make_reviewer(), factories.make_reviewer()
    for person, group in ((clerk, "Letters"), (payer, "Payroll")):
        person.groups.add(Group.objects.get(name=group))
    nobody, admin = factories.make_reviewer(), factories.make_admin()
    for letter, pay in (tasks[:2], tasks[2:]):
        for person, own in ((clerk, letter), (payer, pay), (nobody, None)):
            held = claim_next(person)
            assert (held and held.pk) == (own and own.pk)
        ReviewTask.objects.filter(pk__in=[letter.pk, pay.pk]).update(
            status=TaskStatus.WITHDRAWN, reviewer=None, lease_token=None, lease_expires_at=None,
            hold="",
        )  # fmt: skip
    every = factories.make_task(kinds["Payroll"])
    taken = claim_next(admin)
    assert taken is not None
    assert taken.pk == every.pk


@pytest.mark.django_db
def test_a_holder_who_comes_back_finds_the_same_page_under_the_same_lease() -> None:
    factories.make_task()
    factories.make_task()
    reviewer = factories.make_reviewer()
    first, again = claim_next(reviewer), claim_next(reviewer)
    assert first is not None
    assert again is not None
    assert (first.pk, first.lease_token) == (again.pk, again.lease_token)


@pytest.mark.django_db
def test_a_run_out_lease_nobody_took_is_renewed() -> None:
    factories.make_task()
    held = claim_next(factories.make_reviewer())
    assert held is not None
    assert held.lease_token is not None
    ReviewTask.objects.update(lease_expires_at=timezone.now() - timedelta(hours=1))
    renewed = renew_lease(task_id=held.pk, token=held.lease_token)
    assert renewed.status == TaskStatus.HELD
    assert renewed.lease_expires_at is not None
    assert renewed.lease_expires_at > timezone.now()


@pytest.mark.django_db
def test_what_was_said_cannot_be_changed_or_deleted() -> None:
    page = factories.make_page(status="reviewed")
    label = Label.objects.filter(line__page=page)[0]
    with pytest.raises(InternalError), transaction.atomic():
        Label.objects.filter(pk=label.pk).update(text="something else")
    with pytest.raises(InternalError), transaction.atomic():
        Label.objects.filter(pk=label.pk).delete()
    Label.objects.filter(pk=label.pk).update(superseded_at=timezone.now())
    with pytest.raises(InternalError), transaction.atomic():
        Label.objects.filter(pk=label.pk).update(superseded_at=None)
    label.refresh_from_db()
    assert label.superseded_at is not None
