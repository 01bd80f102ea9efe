"""A canary reads a sticky share of the documents, and costs no page where it breaks down."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.canaries import appoint_canary, change_share, model_for_page, types_read_by
from recognition.canary_share import Part, part_of
from recognition.exceptions import CanaryOver
from recognition.models import Canary, Event, Page, Prediction
from recognition.reading import _claim, _withdrawn, read_page, reread_page
from recognition.registry import (
    activate,
    active_model,
    end_canary,
    retire_unreadable,
    roll_back,
)
from recognition.states import CanaryStatus, PageStatus
from tests.doubles import RaisingEngine, ScriptedEngine, crashing_engine, overtime_engine
from tests.factories import make_admin, make_document_in, make_model, make_page, make_type

SHA256 = st.binary(min_size=32, max_size=32).map(bytes.hex)
SHARES = st.floats(min_value=0.001, max_value=0.5)


@given(sha256=SHA256, salt=st.uuids(), share=SHARES, larger=SHARES)
def test_a_larger_share_keeps_every_document_in_its_part(sha256, salt, share, larger):
    small, large = sorted((share, larger))
    part = part_of(sha256, salt, small)
    assert part == part_of(sha256, salt, small)
    if part != Part.NEITHER:
        assert part_of(sha256, salt, large) == part


@given(sha256=SHA256, salt=st.uuids())
def test_at_the_largest_share_every_document_has_a_part(sha256, salt):
    assert part_of(sha256, salt, 0.5) != Part.NEITHER


@settings(max_examples=20)
@given(salt=st.uuids(), share=st.sampled_from([0.05, 0.1, 0.25, 0.5]))
def test_both_parts_are_as_large_as_the_share_says(salt, share):
    documents = 2_000
    parts = [part_of(f"{number:064x}", salt, share) for number in range(documents)]
    most = 6 * (share * (1 - share) / documents) ** 0.5  # beyond it once in 500 million draws
    for part in (Part.CANARY, Part.CONTROL):
        assert abs(parts.count(part) / documents - share) < most


def test_another_canary_is_given_other_documents():
    salts = [uuid.UUID(int=number) for number in range(2)]
    first, second = (
        {number for number in range(2_000) if part_of(f"{number:064x}", salt, 0.1) == Part.CANARY}
        for salt in salts
    )
    assert len(first & second) < 0.3 * len(first)


@pytest.fixture
def letters(db):
    make_model(active=True)
    return make_type("Letters")


def appoint(document_type=None, share=0.5, version=None) -> Canary:
    return appoint_canary(
        version=version or make_model(),
        document_type=document_type,
        share=share,
        actor=None,
        reason="for a test",
    )


def queued_in(part: Part, canary: Canary, document_type) -> Page:
    document = make_document_in(part, canary, document_type)
    return make_page(document=document, status=PageStatus.QUEUED)


def engines(**of):
    """Engines by version: `canary` for the one, `serving` for any other."""

    def engine(version):
        return of["canary"] if version == of["version"] else of["serving"]

    return engine


def test_pages_of_its_share_are_read_by_the_canary_and_others_by_the_model_in_service(letters):
    canary = appoint()
    for part, version in (
        (Part.CANARY, canary.model_version),
        (Part.CONTROL, active_model(letters)),
    ):
        page = queued_in(part, canary, letters)
        assert read_page(page.pk, lambda _: ScriptedEngine(("Anno 1572", 0.98))) == "read"
        page.refresh_from_db()
        assert page.model_version == version
        assert page.canary == (canary if part == Part.CANARY else None)
        assert Prediction.objects.get(line__page=page).model_version == version


def test_a_document_that_was_begun_is_gone_on_with_whatever_the_share(letters):
    serving = active_model(letters)
    earlier = make_page(letters)
    canary = appoint(share=0.5)
    inside = make_document_in(Part.CANARY, canary, letters)
    by_serving = make_page(document=inside, status=PageStatus.ACCEPTED, model=serving)
    assert model_for_page(by_serving).version == serving
    assert model_for_page(earlier).canary is None

    outside = make_document_in(Part.CONTROL, canary, letters)
    by_canary = make_page(document=outside, status=PageStatus.ACCEPTED, model=canary.model_version)
    next_page = make_page(document=outside, status=PageStatus.QUEUED)
    change_share(canary=canary, share=0.001, actor=make_admin())
    for page in (by_canary, next_page):
        assert model_for_page(page).canary == canary


def test_a_canary_for_all_types_leaves_types_with_a_model_of_their_own_alone(letters):
    own = make_model(active=True, document_type=letters)
    canary = appoint(share=0.5)
    page = queued_in(Part.CANARY, canary, letters)
    assert model_for_page(page).version == own
    other = queued_in(Part.CANARY, canary, make_type("Forms"))
    assert model_for_page(other).canary == canary
    assert types_read_by(canary.model_version).filter(pk=letters.pk).exists() is False


def test_a_types_own_canary_comes_before_the_one_for_all(letters):
    common, own = appoint(share=0.5), appoint(letters, share=0.5)
    page = queued_in(Part.CANARY, own, letters)
    assert model_for_page(page).canary == own
    assert set(types_read_by(own.model_version)) == {letters}
    assert letters in types_read_by(common.model_version)


def test_a_new_canary_takes_the_place_of_the_one_before(letters):
    first = appoint()
    second = appoint()
    first.refresh_from_db()
    assert first.status == CanaryStatus.WITHDRAWN
    assert str(second.model_version) in first.reason
    assert list(Canary.objects.running()) == [second]


def test_putting_the_canary_in_service_promotes_it_and_another_model_withdraws_it(letters):
    canary = appoint()
    activate(version=canary.model_version, document_type=None, actor=None, reason="better")
    canary.refresh_from_db()
    assert (canary.status, canary.reason) == (CanaryStatus.PROMOTED, "better")

    over = [appoint(), appoint(letters)]
    roll_back(document_type=None, actor=None, reason="worse")
    for each in over:  # the type has no model of its own, so what serves it has changed as well
        each.refresh_from_db()
        assert each.status == CanaryStatus.WITHDRAWN
        assert "worse" in each.reason


def test_a_canary_of_an_earlier_release_makes_way_for_the_base(letters):
    canary = appoint(version=make_model(preprocessing_version="line48-0"))
    kept = appoint(letters)
    assert retire_unreadable(active_model(None)) == []
    canary.refresh_from_db()
    assert (canary.status, list(Canary.objects.running())) == (CanaryStatus.WITHDRAWN, [kept])


def test_activating_what_serves_already_leaves_the_canary(letters):
    canary = appoint()
    activate(version=active_model(None), document_type=None, actor=None, reason="again")
    assert list(Canary.objects.running()) == [canary]


def test_every_move_is_in_the_trail_and_an_ended_canary_moves_no_more(letters):
    canary = appoint(share=0.1)
    change_share(canary=canary, share=0.2, actor=make_admin())
    assert end_canary(canary, CanaryStatus.WITHDRAWN, actor=None, reason="worse")
    assert not end_canary(canary, CanaryStatus.PROMOTED, actor=None, reason="better")
    with pytest.raises(CanaryOver):
        change_share(canary=canary, share=0.3, actor=None)
    trail = Event.objects.filter(subject_id=str(canary.model_version_id), verb__contains="canary")
    assert list(trail.order_by("pk").values_list("verb", "data__share", "data__reason")) == [
        ("start canary", 0.1, "for a test"),
        ("change canary share", 0.2, None),
        ("withdraw canary", None, "worse"),
    ]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (crashing_engine(), "engine_error"),
        (overtime_engine(), "timeout"),
        (RaisingEngine(MemoryError()), "out_of_memory"),
        (ScriptedEngine(("a\x00b", 0.9)), "engine_error"),  # PostgreSQL stores no NUL
    ],
)
def test_a_canary_that_breaks_down_is_withdrawn_and_its_page_read_all_the_same(
    letters, broken, code
):
    canary = appoint()
    page = queued_in(Part.CANARY, canary, letters)
    of = engines(
        version=canary.model_version, canary=broken, serving=ScriptedEngine(("Anno", 0.98))
    )
    assert read_page(page.pk, of) == "read"
    page.refresh_from_db()
    canary.refresh_from_db()
    assert (page.model_version, page.canary) == (active_model(letters), None)
    assert canary.status == CanaryStatus.WITHDRAWN
    assert code in canary.reason
    assert str(page) in canary.reason


def test_a_page_that_no_model_can_read_costs_the_page_and_not_the_canary(letters):
    canary = appoint()
    page = queued_in(Part.CANARY, canary, letters)
    assert read_page(page.pk, lambda _: crashing_engine()) == "failed: engine_error"
    gone = make_page(
        document=make_document_in(Part.CANARY, canary, letters),
        status=PageStatus.QUEUED,
        image=False,
    )
    assert read_page(gone.pk, lambda _: ScriptedEngine(("Anno", 0.98))) == "failed: storage"
    assert list(Canary.objects.running()) == [canary]


def test_a_canary_that_kills_its_workers_is_withdrawn_at_the_pages_last_attempt(letters):
    canary = appoint()
    page = queued_in(Part.CANARY, canary, letters)
    for _ in range(2):
        assert _claim(page.pk, uuid.uuid4())[0] is not None  # and then the worker is killed
        past = timezone.now() - timedelta(seconds=1)
        Page.objects.filter(pk=page.pk).update(reading_until=past)
    of = engines(version=canary.model_version, canary=None, serving=ScriptedEngine(("Anno", 0.98)))
    assert read_page(page.pk, of) == "read"
    canary.refresh_from_db()
    assert canary.status == CanaryStatus.WITHDRAWN
    assert "2 times its worker died" in canary.reason


def test_after_the_canary_the_model_in_service_reads_its_pages_again(letters):
    canary = appoint()
    page = queued_in(Part.CANARY, canary, letters)
    read_page(page.pk, lambda _: ScriptedEngine(("Anno", 0.98)))
    Page.objects.filter(pk=page.pk).update(status=PageStatus.ACCEPTED)
    again = lambda: reread_page(page.pk, lambda _: ScriptedEngine(("Amo", 0.97)))  # noqa: E731
    assert again() == "read by this model already"
    end_canary(canary, CanaryStatus.WITHDRAWN, actor=None, reason="worse")
    assert again() == "read again"
    page.refresh_from_db()
    assert (page.model_version, page.canary) == (active_model(letters), None)
    assert Prediction.objects.filter(line__page=page).count() == 2


def test_a_page_read_again_while_its_canary_is_withdrawn_goes_to_what_serves(letters):
    canary = appoint()
    document = make_document_in(Part.CANARY, canary, letters)
    make_page(document=document, status=PageStatus.ACCEPTED, model=canary.model_version)
    page = make_page(
        document=document, lines=[("An", 0.9)], status=PageStatus.ACCEPTED, model=make_model()
    )

    def engine(version):
        if version == canary.model_version:
            end_canary(canary, CanaryStatus.WITHDRAWN, actor=None, reason="worse")
        return ScriptedEngine((str(version.pk), 0.97))

    assert reread_page(page.pk, engine) == "read again"
    page.refresh_from_db()
    assert (page.model_version, page.canary) == (active_model(letters), None)
    readers = Prediction.objects.filter(line__page=page).values_list("model_version", flat=True)
    assert canary.model_version_id not in readers


@pytest.mark.django_db(transaction=True)
def test_a_canary_is_not_withdrawn_while_a_reading_of_its_is_stored():
    make_model(active=True)
    canary = appoint()
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            assert not _withdrawn(canary)
            ended = other.submit(end_in_a_thread, canary)
            with pytest.raises(TimeoutError):
                ended.result(timeout=0.5)
        assert ended.result(timeout=30)
    with transaction.atomic():
        assert _withdrawn(canary)


def end_in_a_thread(canary: Canary) -> bool:
    try:
        return end_canary(canary, CanaryStatus.WITHDRAWN, actor=None, reason="worse")
    finally:
        connection.close()
