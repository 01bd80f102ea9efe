"""A token for a password, and how guessing is stopped."""

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from tests.factories import PASSWORD, make_reviewer

pytestmark = pytest.mark.django_db
TOKEN = "/api/v1/token/"


def test_a_password_gives_a_token_that_opens_the_api() -> None:
    user = make_reviewer()
    client = APIClient()
    answer = client.post(TOKEN, {"username": user.username, "password": PASSWORD}, format="json")
    assert answer.status_code == 200
    again = client.post(TOKEN, {"username": user.username, "password": PASSWORD}, format="json")
    assert again.json() == answer.json()
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert client.get("/api/v1/batches/").status_code == 200


def test_a_wrong_password_and_a_wrong_name_are_answered_alike() -> None:
    user = make_reviewer()
    answers = [
        APIClient().post(TOKEN, {"username": name, "password": "wrong"}, format="json")
        for name in (user.username, "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["code"] == "wrong_credentials"
    assert not Token.objects.exists()


def test_wrong_passwords_pause_the_account_here_as_on_the_sign_in_page() -> None:
    user, other = make_reviewer(), make_reviewer()
    page = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page.post("/login/", {"username": user.username, "password": "wrong"})
    right = {"username": user.username, "password": PASSWORD}
    answer = APIClient().post(TOKEN, right, format="json")
    assert answer.status_code == 429
    assert answer.json()["code"] == "throttled"
    assert answer.json()["wait_seconds"] > 0
    free = {"username": other.username, "password": PASSWORD}
    assert APIClient().post(TOKEN, free, format="json").status_code == 200


def test_tokens_are_asked_for_at_a_bounded_rate() -> None:
    statuses = [
        APIClient()
        .post(TOKEN, {"username": f"name{n}", "password": "x"}, format="json")
        .status_code
        for n in range(12)
    ]
    assert statuses[:10] == [401] * 10
    assert statuses[10:] == [429, 429]


def test_a_person_who_was_switched_off_is_not_let_in_by_an_old_token() -> None:
    user = make_reviewer()
    token = Token.objects.create(user=user)
    user.is_active = False
    user.save()
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token.key}")
    assert client.get("/api/v1/batches/").status_code == 401
    assert (
        client.post(TOKEN, {"username": user.username, "password": PASSWORD}, format="json")
    ).status_code == 401


def test_a_session_needs_its_csrf_token_to_write() -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(make_reviewer(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/batches/").status_code == 200
    assert client.post("/api/v1/review-tasks/next/").status_code == 403
