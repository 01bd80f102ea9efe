"""What is put together once finds what the queryset finds, for whoever asks and at any time."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recognition.models import DocumentType
from recognition.prepared import Prepared
from recognition.querysets import visible_types
from tests import factories


@pytest.mark.django_db
def test_it_finds_what_the_queryset_finds() -> None:
    one, two = factories.make_reviewer(), factories.make_reviewer()
    now = timezone.now()
    for person, days in ((one, 1), (two, 3)):
        User.objects.filter(pk=person.pk).update(last_login=now - timedelta(days=days))
    read = Prepared(
        lambda user, at: User.objects.filter(
            Q(pk=user) | Q(last_login__lte=at), is_active=True
        ).order_by("pk")
    )
    with CaptureQueriesContext(connection) as asked:
        assert read.rows(one.pk, now - timedelta(days=2)) == [one, two]
        assert read.rows(two.pk, now - timedelta(days=2)) == [two]
        assert read.rows(two.pk, now) == [one, two]
    assert len(asked) == 3


@pytest.mark.django_db
def test_what_can_be_no_row_is_none_without_a_question() -> None:
    read = Prepared(lambda user, at: User.objects.filter(pk__in=[], last_login=at, id=user))
    with CaptureQueriesContext(connection) as asked:
        assert read.rows(1, timezone.now()) == []
    assert not asked


def test_a_clock_that_would_stand_still_is_refused() -> None:
    now = timezone.now()
    with pytest.raises(ValueError, match="may not hold the time"):
        Prepared(lambda user, _at: User.objects.filter(pk=user, last_login__lte=now))


@pytest.mark.django_db
def test_a_right_given_or_taken_counts_from_the_next_request() -> None:
    """Nothing is remembered of who may see what but the wording of the question."""
    person = factories.make_reviewer()
    clerks = Group.objects.create(name="Clerks")
    open_type, closed = factories.make_type("Letters"), factories.make_type("Payslips")
    closed.groups.add(clerks)

    def seen() -> tuple[int, ...] | None:
        return visible_types(User.objects.get(pk=person.pk))

    assert seen() == (open_type.pk,)
    person.groups.add(clerks)
    assert seen() == (open_type.pk, closed.pk)
    open_type.groups.add(Group.objects.create(name="Others"))
    assert seen() == (closed.pk,)
    closed.groups.set([])
    new = factories.make_type("Forms")
    assert seen() == (closed.pk, new.pk)
    person.groups.remove(clerks)
    DocumentType.objects.filter(pk=new.pk).delete()
    assert seen() == (closed.pk,)
    assert visible_types(factories.make_admin()) is None
