"""A page taken from its PDF's text layer is read instead, unless somebody has worked on it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from recognition.intake import add_file, split_document
from recognition.models import Event, Line, Page, Prediction
from recognition.reading import read_page
from recognition.states import PageStatus, TextSource
from review.drafts import DraftEntry, save_drafts
from review.exceptions import NotForOcr
from review.leases import claim_task
from review.models import ReviewTask
from review.ocr_instead import read_instead
from review.route import route_page
from review.states import TaskStatus
from tests.doubles import always
from tests.factories import (
    make_admin,
    make_batch,
    make_model,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from tests.recognition.engine_kit import shared_engine
from tests.recognition.ingest_files import written_pdf
from tests.recognition.test_text_layer import COLUMNS, LINES
from tests.review.helpers import expire, in_a_thread

pytestmark = pytest.mark.django_db


def taken_page(**policy: Any) -> Page:
    """A page whose text came from its PDF, routed; in review where `policy` audits all."""
    make_model(active=True)
    batch = make_batch(make_type(**policy))
    document = add_file(batch=batch, filename="letter.pdf", chunks=[written_pdf(COLUMNS)])
    assert split_document(document.pk) == "split"
    page = document.pages.get()
    assert read_page(page.pk, always(shared_engine())) == "read"
    route_page(page.pk, draw=lambda: 0.5)
    page.refresh_from_db()
    assert page.text_source == TextSource.TEXT_LAYER
    return page


def test_an_accepted_page_is_read_with_lines_of_its_own_and_the_layers_stay_on_record():
    page = taken_page()
    admin = make_admin()
    taken = list(page.lines.current())
    read_instead(page=page, actor=admin)
    page.refresh_from_db()
    assert (page.status, page.text_source) == (PageStatus.QUEUED, TextSource.IMAGE)
    event = Event.objects.get(verb="read instead")
    assert (event.actor, event.data["lines_retired"]) == (admin, len(LINES))
    assert read_page(page.pk, always(shared_engine())) == "read"
    page.refresh_from_db()
    assert page.lowest_confidence is not None
    assert page.text_layer_fault == "set_aside"
    current = list(page.lines.current())
    assert {line.pk for line in current}.isdisjoint(line.pk for line in taken)
    read = Prediction.objects.filter(line__in=current).values_list("text", flat=True)
    assert "Dear Sir, I write" in read
    kept = Prediction.objects.filter(line__in=taken).order_by("line__position")
    assert [row.text for row in kept] == LINES
    assert Line.objects.filter(page=page, retired_at__isnull=False).count() == len(taken)
    assert route_page(page.pk, draw=lambda: 0.9) in ("accept", "review")


def test_a_waiting_task_is_withdrawn_and_the_page_routed_anew():
    page = taken_page(audit_rate=1.0)
    task = ReviewTask.objects.open().get(page=page)
    read_instead(page=page, actor=make_admin())
    task.refresh_from_db()
    assert task.status == TaskStatus.WITHDRAWN
    assert read_page(page.pk, always(shared_engine())) == "read"
    assert route_page(page.pk, draw=lambda: 0.5) in ("audit", "review")
    assert ReviewTask.objects.open().get(page=page).model_version.kind == "base"


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_being_submitted_is_not_waited_for():
    """The submit has its task and comes for the page: each would wait for the other."""
    page = taken_page(audit_rate=1.0)
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, make_reviewer())
    assert task is not None
    expire(task)
    read = partial(read_instead, page=page, actor=make_admin())
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        ReviewTask.objects.select_for_update().get(pk=task.pk)  # so a submit begins
        with pytest.raises(NotForOcr, match="works on this page now"):
            other.submit(in_a_thread, read).result(timeout=20)


def test_where_somebody_has_worked_the_page_says_why_it_stays(client: Client):
    page = taken_page(audit_rate=1.0)
    admin, reviewer = make_admin(), make_reviewer()
    client.force_login(admin)
    address = reverse("page_ocr", args=[page.pk])
    shown = reverse("page_detail", args=[page.pk])
    assert "Read by OCR</button>" in client.get(shown).content.decode()

    task = claim_task(ReviewTask.objects.open().get(page=page).pk, reviewer)
    assert task is not None
    assert "has this page open now" in client.post(address, follow=True).content.decode()

    line = page.lines.current()[0]
    typed = DraftEntry(line.pk, "Dear Sirs", "corrected", 0)
    save_drafts(task=task, user=reviewer, entries=[typed])
    with pytest.raises(NotForOcr, match="has typed on this page"):
        read_instead(page=page, actor=admin)
    long_ago = timezone.now() - timedelta(days=1)
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at=long_ago)
    with pytest.raises(NotForOcr, match="has typed on this page"):
        read_instead(page=page, actor=admin)
    submit_as_read(page, make_reviewer())
    page.refresh_from_db()
    with pytest.raises(NotForOcr, match="has reviewed this page"):
        read_instead(page=page, actor=admin)
    page.refresh_from_db()
    assert page.text_source == TextSource.TEXT_LAYER
    assert page.lines.current().count() == len(LINES)
    assert "Not possible:" in client.get(shown).content.decode()


def test_a_page_read_from_its_image_has_nothing_to_set_aside(client: Client):
    client.force_login(make_admin())
    page = make_page()
    told = client.post(reverse("page_ocr", args=[page.pk]), follow=True).content.decode()
    assert "read from its image already" in told
    assert "Read by OCR instead" not in told


def test_it_is_for_admins_over_the_api_as_well(client: Client):
    page = taken_page()
    address = reverse("page_ocr", args=[page.pk])
    assert client.post(address).status_code == 302
    client.force_login(make_reviewer())
    assert client.post(address).status_code == 403
    assert "Read by OCR" not in client.get(reverse("page_detail", args=[page.pk])).content.decode()
    client.force_login(make_admin())
    assert client.get(address).status_code == 405
    assert client.post(reverse("page_ocr", args=[10**9])).status_code == 404
    api = APIClient()
    api.force_authenticate(make_admin())
    answer = api.post(f"/api/v1/pages/{page.pk}/ocr/")
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    again = api.post(f"/api/v1/pages/{page.pk}/ocr/")
    assert (again.status_code, again.json()["code"]) == (409, "not_for_ocr")
