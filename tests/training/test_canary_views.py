"""The pages on canaries: who may open them, what they show, and what their buttons do."""

import pytest
from django.test import Client
from django.urls import reverse

from recognition.canary_share import Part
from recognition.models import Canary, Event, Page
from recognition.reading import read_page, reread_page
from recognition.registry import active_model
from recognition.states import CanaryStatus, PageStatus
from review.leases import claim_task
from review.models import ReviewTask
from review.route import route_page
from tests.doubles import ScriptedEngine
from tests.factories import (
    make_admin,
    make_document_in,
    make_model,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from training.canary import start_canary
from training.models import Rereading, Trial
from training.rereading import continue_rereadings
from training.shadow import judge_trials, trial_of, withdraw_canary
from training.trials import read_for_trials

pytestmark = pytest.mark.django_db

WRITES = ["canary_start", "canary_share", "canary_promote", "canary_withdraw"]


@pytest.fixture
def admin(client):
    user = make_admin(username="ada")
    client.force_login(user)
    return user


@pytest.fixture
def letters():
    make_model(active=True)
    return make_type("Letters")


@pytest.fixture
def canary(letters):
    return start_canary(
        version=make_model(document_type=letters, files=True),
        document_type=letters,
        share=0.5,
        actor=None,
        reason="for a test",
    )


@pytest.fixture
def address(canary):
    arguments = {
        "canary_start": canary.model_version_id,
        "model_rereading": canary.model_version_id,
    }
    return lambda name: reverse(name, args=[arguments.get(name, canary.pk)])


def method_of(client, name):
    return client.post if name in WRITES else client.get


@pytest.mark.parametrize("name", [*WRITES, "model_rereading"])
def test_only_admins_get_in_by_the_right_method_and_to_what_exists(client, admin, address, name):
    assert method_of(Client(), name)(address(name)).status_code == 302
    reviewer = Client()
    reviewer.force_login(make_reviewer())
    assert method_of(reviewer, name)(address(name)).status_code == 403
    wrong = client.get if name in WRITES else client.post
    assert wrong(address(name)).status_code == 405
    assert method_of(client, name)(reverse(name, args=[0])).status_code == 404
    assert Canary.objects.running().count() == 1


def read(canary, document_type, *, reading: str, along: str, probability=0.3) -> Page:
    """A page of the canary's share, read and routed as the workers would."""
    document = make_document_in(Part.CANARY, canary, document_type)
    page = make_page(document=document, status=PageStatus.QUEUED)

    def engine(version):
        text = reading if version == canary.model_version else along
        return ScriptedEngine((text, probability))

    read_page(page.pk, engine)
    route_page(page.pk)
    read_for_trials(page.pk, engine)
    page.refresh_from_db()
    return page


def test_a_canary_is_started_followed_and_withdrawn_and_its_pages_are_read_again(
    client, admin, letters
):
    version = make_model(files=True)
    detail = reverse("model_detail", args=[version.pk])
    assert "Start as the canary" in client.get(detail).content.decode()
    data = {"document_type": "", "percent": "12.5"}
    page = client.post(reverse("canary_start", args=[version.pk]), data, follow=True)
    assert "reads 12% of the new documents of all types" in page.content.decode()
    canary = Canary.objects.running().get()
    assert (canary.share, canary.started_by) == (0.125, admin)

    share = reverse("canary_share", args=[canary.pk])
    page = client.post(share, {"percent": "50"}, follow=True).content.decode()
    assert "reads 50% from now on" in page
    page = client.post(share, {"percent": "60"}, follow=True).content.decode()
    assert "above 0 and up to 50" in page
    canary.refresh_from_db()
    assert canary.share == 0.5

    waiting = read(canary, letters, reading="Amo", along="Anno")
    accepted = read(canary, letters, reading="Amo", along="Anno", probability=0.98)
    done = read(canary, letters, reading="Amo", along="Anno")
    submit_as_read(done, make_reviewer(), line0="Anno")
    judge_trials()
    for shown in (
        detail,
        reverse("model_list"),
        reverse("type_learning", args=[letters.pk]),
        reverse("trial_detail", args=[trial_of(canary).pk]),
    ):
        page = client.get(shown).content.decode()
        assert "Withdraw it…" in page, shown
        assert "50.00 %" in page, shown  # the canary's error rate: two wrong of four
        assert "<dt>Pages it has read</dt><dd>3</dd>" in page, shown
        assert "<dt>Of these reviewed</dt><dd>1</dd>" in page, shown
    task = ReviewTask.objects.get(page=waiting)

    page = client.post(reverse("canary_withdraw", args=[canary.pk]), follow=True).content.decode()
    assert "is withdrawn." in page
    assert "Withdrawn by ada." in page
    assert "0 of 2 pages that nobody had seen" in page
    rereading = reverse("model_rereading", args=[version.pk])
    for each in (waiting, accepted):
        reread_page(each.pk, lambda _: ScriptedEngine(("Anno", 0.4)))
        route_page(each.pk)
    assert "2 of 2 pages" in client.get(rereading).content.decode()
    continue_rereadings()
    part = client.get(rereading).content.decode()
    assert "2 of its pages were read again" in part
    assert "could not be read" not in part
    assert "every 3s" not in part
    task.refresh_from_db()
    assert task.model_version == active_model(letters)
    assert Page.objects.filter(model_version=version).get() == done
    page = client.post(reverse("canary_withdraw", args=[canary.pk]), follow=True).content.decode()
    assert "promoted or withdrawn already" in page
    verbs = Event.objects.filter(actor=admin, verb__contains="canary").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "start canary",
        "change canary share",
        "withdraw canary",
    ]


def test_a_canary_is_promoted_by_a_click_and_what_it_replaced_keeps_watch(client, admin, canary):
    before = active_model(canary.document_type)
    page = client.post(reverse("canary_promote", args=[canary.pk]), follow=True).content.decode()
    assert "now serves Letters" in page
    canary.refresh_from_db()
    assert (canary.status, canary.ended_by) == (CanaryStatus.PROMOTED, admin)
    assert active_model(canary.document_type) == canary.model_version
    assert Trial.objects.running().get().beside == before
    page = client.post(reverse("canary_promote", args=[canary.pk]), follow=True).content.decode()
    assert "promoted or withdrawn already" in page


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"percent": "0"}, "above 0 and up to 50"),
        ({"percent": ""}, "above 0 and up to 50"),
        ({"percent": "10", "document_type": "0"}, "no such document type"),
        ({"percent": "10"}, "cannot serve another type"),
    ],
)
def test_what_cannot_be_a_canary_is_told_why(client, admin, canary, data, why):
    page = client.post(
        reverse("canary_start", args=[canary.model_version_id]), data, follow=True
    ).content.decode()
    assert why in page
    assert list(Canary.objects.running()) == [canary]


def test_a_page_and_its_history_say_that_the_canary_has_read_it(client, admin, letters, canary):
    page = read(canary, letters, reading="Amo", along="Anno")
    history = reverse("page_detail", args=[page.pk])
    shown = client.get(history).content.decode()
    assert "as the canary</span>" in shown
    assert shown.count(">canary</span>") == 1  # of the routing decision
    reviewer = make_reviewer()
    reviewing = Client()
    reviewing.force_login(reviewer)
    task = claim_task(ReviewTask.objects.get(page=page).pk, reviewer)
    screen = reviewing.get(reverse("review_task", args=[task.pk])).content.decode()
    assert f"{canary.model_version.name} " in screen
    assert "the canary: a new model that reads a share" in screen

    other = read(canary, letters, reading="Amo", along="Anno")
    withdraw_canary(canary=canary, actor=admin)
    assert "since withdrawn" in client.get(history).content.decode()
    reread_page(other.pk, lambda _: ScriptedEngine(("Anno", 0.4)))
    route_page(other.pk)
    shown = client.get(reverse("page_detail", args=[other.pk])).content.decode()
    assert "as the canary" not in shown
    assert shown.count(">canary</span>") == 1  # the earlier of two decisions


def test_the_list_of_versions_tells_a_canary_from_a_withdrawn_one(client, admin, canary):
    listed = reverse("model_list")
    assert ">Canary</span>" in client.get(listed).content.decode()
    withdraw_canary(canary=canary, actor=admin)
    page = client.get(listed).content.decode()
    assert ">Canary</span>" not in page
    assert ">Withdrawn</span>" in page
    assert Rereading.objects.get(canary=canary).pages == 0
