"""Signing in over an open page, as its script does; the page to sign in at is in test_accounts."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, make_reviewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa() -> User:
    return make_reviewer(username="rosa")


def sign_in(
    client: Client, user: User | str, *, page_of: Any = "", password: str = PASSWORD
) -> Any:
    sent = {"username": str(user), "password": password, "user": getattr(page_of, "pk", page_of)}
    return client.post(reverse("login"), sent, headers={"accept": "application/json"})


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_the_pages_own_person_is_signed_in_with_a_new_csrf_token(rosa: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("login"))
    before = client.cookies["csrftoken"].value
    refused = sign_in(client, rosa, page_of=rosa)
    assert (refused.status_code, who(client)) == (403, None)
    answer = client.post(
        reverse("login"),
        {"username": "rosa", "password": PASSWORD, "user": rosa.pk},
        headers={"accept": "application/json", "x-csrftoken": before},
    )
    assert answer.json() == {"user": rosa.pk}
    assert who(client) == str(rosa.pk)
    assert client.cookies["csrftoken"].value != before


def test_a_wrong_password_is_said(client: Client, rosa: User) -> None:
    answer = sign_in(client, rosa, page_of=rosa, password="wrong")
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_password")
    assert who(client) is None


@pytest.mark.parametrize("page_of", ["rosa", "999999", "nonsense"])
def test_nobody_else_is_signed_in_over_a_persons_page(
    client: Client, rosa: User, page_of: str
) -> None:
    omar = make_reviewer(username="omar")
    answer = sign_in(client, omar, page_of=rosa if page_of == "rosa" else page_of)
    assert (answer.status_code, answer.json()["code"]) == (409, "other_user")
    assert ("rosa's" in answer.json()["message"]) == (page_of == "rosa")
    assert who(client) is None


def test_the_pages_person_comes_back_where_somebody_else_signed_in_meanwhile(
    client: Client, rosa: User
) -> None:
    client.force_login(make_reviewer())
    assert sign_in(client, rosa, page_of=rosa).status_code == 200
    assert who(client) == str(rosa.pk)


def test_wrong_passwords_pause_the_account_here_as_on_the_page(client: Client, rosa: User) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert sign_in(client, rosa, page_of=rosa, password="wrong").status_code == 422
    assert sign_in(client, rosa, page_of=rosa, password="wrong").status_code == 429
    assert sign_in(client, rosa, page_of=rosa).status_code == 429
    assert (
        client.post(reverse("login"), {"username": "rosa", "password": PASSWORD}).status_code == 429
    )
    assert who(client) is None
