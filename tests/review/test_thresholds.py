"""Accuracy targets on real rows: everything is reviewed until a threshold is proven."""

import pytest
from django.test import Client

from recognition.models import DocumentType
from recognition.states import PageStatus
from review.models import RoutingDecision, ThresholdChoice
from review.routing import Rule
from review.tasks import choose_thresholds
from review.thresholds import choose_threshold, evidence, policy_of
from tests.factories import (
    make_admin,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)

pytestmark = pytest.mark.django_db
LINES = 20
PAGES = 4


def sure(probability: float) -> list[tuple[str, float | None]]:
    return [(f"Line {number}", probability) for number in range(LINES)]


@pytest.fixture
def aimed() -> DocumentType:
    """A type that aims for 95 %: 59 faultless lines prove it."""
    return make_type(accuracy_target=0.95, threshold=0.5)


def reviewed(document_type: DocumentType, probability: float, **texts: str) -> None:
    page = make_page(document_type, lines=sure(probability), image=False)
    submit_as_read(page, make_reviewer(), **texts)


def test_every_page_is_reviewed_until_the_evidence_is_there(aimed):
    page = make_page(aimed, lines=sure(0.99), image=False)
    assert page.status == PageStatus.REVIEW
    assert RoutingDecision.objects.get(page=page).rule == Rule.NO_EVIDENCE
    assert choose_thresholds() == 0
    for _ in range(PAGES):
        reviewed(aimed, 0.9)
    assert choose_thresholds() == 1
    choice = ThresholdChoice.objects.latest("pk")
    assert (choice.threshold, choice.judged_lines) == (0.9, LINES * PAGES)
    assert choice.bound is not None
    assert choice.bound <= 0.05
    assert make_page(aimed, lines=sure(0.95), image=False).status == PageStatus.ACCEPTED
    unsure = make_page(aimed, lines=sure(0.8), image=False)
    assert RoutingDecision.objects.get(page=unsure).rule == Rule.UNDER_THRESHOLD
    assert RoutingDecision.objects.get(page=unsure).threshold == 0.9


def test_errors_keep_or_take_back_a_threshold(aimed):
    for _ in range(PAGES):
        reviewed(aimed, 0.9)
    assert choose_threshold(aimed).threshold == 0.9
    for _ in range(PAGES):
        reviewed(aimed, 0.85, line0="else", line1="other", line2="again", line3="and again")
    for _ in range(2):
        unchanged = choose_threshold(aimed)  # errors below the threshold do not touch it
    assert unchanged.threshold == 0.9
    assert ThresholdChoice.objects.count() == 1  # no row where nothing changed


def test_audits_are_counted_as_audits_and_illegible_lines_not_at_all():
    audited = make_type(audit_rate=1.0, threshold=0.5)
    reviewed(audited, 0.9, line0="else")
    make_page(make_type(), lines=sure(0.9), image=False)  # of another type
    (page,), accepted = evidence(audited)
    assert (page.audit, page.lines, page.wrong, page.lowest) == (True, LINES, 1, 0.9)
    assert accepted == []


def test_without_a_target_the_types_own_threshold_decides():
    plain = make_type(threshold=0.7)
    assert choose_threshold(plain) is None
    assert (policy_of(plain).threshold, policy_of(plain).proven) == (0.7, True)


def test_an_admin_sees_the_price_and_chooses(aimed):
    for _ in range(PAGES):
        reviewed(aimed, 0.9)
    client = Client()
    client.force_login(make_admin())
    path = f"/types/{aimed.pk}/accuracy/"
    page = client.get(path).content.decode()
    assert "every page is reviewed" in page
    assert "takes 299 faultless lines or more" in page
    assert client.post(path, {"target": "100"}).status_code == 422
    assert client.post(path, {"target": "96"}).status_code == 302
    aimed.refresh_from_db()
    assert aimed.accuracy_target == pytest.approx(0.96)
    assert "of the accepted lines are right" in client.get(path).content.decode()
    curve = client.get(f"{path}dark.svg")
    assert curve["Content-Type"] == "image/svg+xml"
    assert b"<svg" in curve.content
    assert client.post(path, {"target": ""}).status_code == 302
    aimed.refresh_from_db()
    assert aimed.accuracy_target is None


def test_the_price_is_for_admins(aimed):
    client = Client()
    client.force_login(make_reviewer())
    assert client.get(f"/types/{aimed.pk}/accuracy/").status_code == 403
    assert client.get(f"/types/{aimed.pk}/accuracy/dark.svg").status_code == 403
