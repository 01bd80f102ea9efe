"""Document types in the browser: a policy that says what it does, and stays on the record."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from recognition.models import DocumentType, Event
from tests.factories import make_admin, make_batch, make_reviewer, make_type

pytestmark = pytest.mark.django_db

POLICY = {
    "name": "Invoice",
    "description": "",
    "threshold": "85",
    "audit_rate": "2.5",
    "character_set": "full",
    "second_review_blind": "on",
}


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(make_admin())
    return client


def test_a_type_is_made_with_its_groups_and_the_trail_tells(browser):
    group = Group.objects.create(name="Accounts")
    answer = browser.post(reverse("type_create"), {**POLICY, "priority": "3", "groups": [group.pk]})
    assert answer["Location"] == reverse("type_list")
    made = DocumentType.objects.get(name="Invoice")
    assert (made.threshold, made.audit_rate, made.priority) == (0.85, 0.025, 3)
    assert list(made.groups.all()) == [group]
    event = Event.objects.get(verb="create", subject_id=str(made.pk))
    assert event.data["changed"]["threshold"] == [None, 0.85]
    assert event.data["changed"]["groups"] == [None, ["Accounts"]]


def test_a_change_is_on_record_with_the_value_before(browser):
    document_type = make_type("Invoice", threshold=0.8, audit_rate=0.02)
    address = reverse("type_edit", args=[document_type.pk])
    page = browser.get(address).content.decode()
    assert 'name="threshold" value="80"' in page
    assert 'name="audit_rate" value="2"' in page
    browser.post(address, {**POLICY, "threshold": "90", "audit_rate": "2", "priority": "0"})
    event = Event.objects.get(verb="change", subject_id=str(document_type.pk))
    assert event.data["changed"] == {"threshold": [0.8, 0.9]}
    browser.post(address, {**POLICY, "threshold": "90", "audit_rate": "2", "priority": "0"})
    assert Event.objects.filter(verb="change").count() == 1  # nothing changed


@pytest.mark.parametrize(("typed", "stored"), [("97,5", 0.975), (" 97.5 % ", 0.975), ("0", 0.0)])
def test_per_cent_may_be_typed_as_people_type_it(browser, typed, stored):
    browser.post(reverse("type_create"), {**POLICY, "threshold": typed, "priority": "0"})
    assert DocumentType.objects.get().threshold == pytest.approx(stored)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"threshold": "101"}, "from 0 (nothing is reviewed) to 100"),
        ({"threshold": "-1"}, "from 0 (nothing is reviewed) to 100"),
        ({"threshold": "often"}, "Give a number, such as 80."),
        ({"threshold": "nan"}, "Give a number, such as 80."),
        ({"audit_rate": "200"}, "from 0 (no audits) to 100"),
        ({"random_share": "0"}, "without pages drawn at random nobody could"),
        ({"random_share": "101"}, "Give a number from 1 to 100."),
        ({"longest_wait_days": "0"}, "from 1 to 365"),
        ({"longest_wait_days": "soon"}, "such as 7"),
        ({"name": "Letter"}, "There is a document type with this name already."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_a_faulty_policy_is_not_stored_and_says_what_is_wrong(browser, change, told):
    make_type("Letter")
    answer = browser.post(reverse("type_create"), {**POLICY, "priority": "0", **change})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert "Nothing is saved yet" in page
    assert DocumentType.objects.count() == 1


def test_the_queues_policy_is_stored_and_stays_where_nothing_is_typed(browser):
    typed = {**POLICY, "priority": "0", "random_share": "25", "longest_wait_days": "3"}
    browser.post(reverse("type_create"), typed)
    made = DocumentType.objects.get()
    assert (made.random_share, made.longest_wait_days) == (0.25, 3)
    page = browser.get(reverse("type_edit", args=[made.pk])).content.decode()
    assert 'name="random_share" value="25"' in page
    empty = {**POLICY, "priority": "0", "random_share": "", "longest_wait_days": ""}
    assert browser.post(reverse("type_edit", args=[made.pk]), empty).status_code == 302
    made.refresh_from_db()
    assert (made.random_share, made.longest_wait_days) == (0.25, 3)


def test_what_was_typed_is_still_there_after_a_fault(browser):
    page = browser.post(
        reverse("type_create"), {**POLICY, "name": "", "threshold": "77.5", "priority": "0"}
    ).content.decode()
    assert re.search(r'name="threshold" value="77.5"', page)


def test_the_list_tells_every_types_policy(browser):
    make_batch(make_type("Letter", groups=["Archive"], threshold=0.9, audit_rate=0.025))
    make_type("Receipt", audit_rate=0.0)
    page = browser.get(reverse("type_list")).content.decode()
    for told in ("90 %", "2.5 %", "Archive", "Everyone", "Accuracy is not measured"):
        assert told in page


def test_without_types_the_list_says_what_one_is(browser):
    assert "No document types yet" in browser.get(reverse("type_list")).content.decode()


@pytest.mark.parametrize("name", ["type_list", "type_create", "type_edit"])
def test_types_are_for_admins(browser, name):
    document_type = make_type()
    address = reverse(name, args=[document_type.pk] if name == "type_edit" else [])
    reviewer = Client()
    reviewer.force_login(make_reviewer())
    assert Client().get(address).status_code == 302
    assert reviewer.get(address).status_code == 403
    assert reviewer.post(address).status_code in (403, 405)
    assert browser.get(address).status_code == 200
    assert browser.delete(address).status_code == 405
    assert browser.get(reverse("type_edit", args=[10**9])).status_code == 404
