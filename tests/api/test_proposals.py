"""Proposals over the API: listed, answered and taken back by the same services as on the pages."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from review.models import ProposalSet
from tests import factories
from tests.api.conftest import client_of
from tests.proposals import READ, RIGHT, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(reviewer: User) -> ProposalSet:
    return proposed(factories.make_type(), reviewer)


def test_a_set_is_listed_with_its_lines_answered_and_taken_back(
    reviewer_api: APIClient, made: ProposalSet, reviewer: User
) -> None:
    (listed,) = reviewer_api.get("/api/v1/proposals/").json()["results"]
    assert (listed["seen"], listed["stands"], listed["open_lines"]) == ("0", "8", 3)
    assert (listed["reviewer"], listed["line"]) == (reviewer.username, made.source.line_id)
    found = reviewer_api.get(f"/api/v1/proposals/{made.pk}/").json()
    assert {(each["read"], each["text"]) for each in found["proposals"]} == {(READ, RIGHT)}
    first, *others = (each["id"] for each in found["proposals"])
    sent = {"confirm": others, "refuse": [first]}
    done = reviewer_api.post(f"/api/v1/proposals/{made.pk}/answer/", sent, format="json").json()
    assert (done["confirmed"], done["refused"], done["opened"]) == (2, 1, 0)
    assert reviewer_api.get("/api/v1/proposals/").json()["count"] == 0
    (one,) = reviewer_api.get("/api/v1/proposal-rounds/").json()["results"]
    assert (one["id"], one["confirmed"], one["refused"]) == (done["round"], 2, 1)
    back = reviewer_api.post(f"/api/v1/proposal-rounds/{done['round']}/undo/").json()
    assert back == {"set": made.pk, "undone": 3, "kept": 0}
    assert reviewer_api.get("/api/v1/proposals/").json()["count"] == 1


def test_what_cannot_be_answered_is_told(reviewer_api: APIClient, made: ProposalSet) -> None:
    keys = list(made.proposals.values_list("pk", flat=True))
    address = f"/api/v1/proposals/{made.pk}/answer/"
    both = reviewer_api.post(address, {"confirm": keys, "refuse": keys}, format="json")
    assert (both.status_code, both.json()["code"]) == (400, "invalid")
    done = reviewer_api.post(address, {"confirm": keys}, format="json").json()
    again = reviewer_api.post(address, {"refuse": keys}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_answer")
    undo = f"/api/v1/proposal-rounds/{done['round']}/undo/"
    assert reviewer_api.post(undo).status_code == 200
    twice = reviewer_api.post(undo)
    assert (twice.status_code, twice.json()["code"]) == (409, "proposals_not_undoable")
    assert reviewer_api.get(address).status_code == 405


def test_sets_of_other_types_and_rounds_of_others_are_not_there(reviewer: User) -> None:
    secret = factories.make_type(groups=["Legal"])
    insider = factories.make_user("Reviewer", "Legal")
    made = proposed(secret, insider)
    keys = list(made.proposals.values_list("pk", flat=True))
    address = f"/api/v1/proposals/{made.pk}/"
    outsider = client_of(reviewer)
    assert outsider.get(address).status_code == 404
    assert outsider.post(f"{address}answer/", {"confirm": keys}, format="json").status_code == 404
    done = client_of(insider).post(f"{address}answer/", {"confirm": keys}, format="json").json()
    undo = f"/api/v1/proposal-rounds/{done['round']}/undo/"
    other = client_of(factories.make_user("Reviewer", "Legal"))
    assert outsider.post(undo).status_code == other.post(undo).status_code == 404
    assert client_of(insider).get("/api/v1/proposals/99999999/").status_code == 404
