"""Signing in, who may open what, and what every page's headers forbid."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from recognition.models import DocumentType, ModelVersion
from review.proposals.answer import answer_proposals
from tests.factories import (
    PASSWORD,
    make_admin,
    make_batch,
    make_page,
    make_reviewer,
    make_type,
    make_user,
)
from tests.proposals import proposed
from tests.site_map import Address, addresses, pages
from training.models import TrainingRun

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"

OPEN_TO_ALL = {"login", "healthz"}
"""Pages that need no signing in. A new one has to be put here on purpose."""

OPEN_API = {"api-token"}
"""Of the API: what trades a password for a token."""

FOR_REVIEWERS = {
    "home",
    "logout",
    "password_change",
    "password_change_done",
    "page_detail",
    "page_image",
    "page_thumbnail",
    "line_crop",
    "review_queue",
    "review_next",
    "review_task",
    "review_drafts",
    "review_heartbeat",
    "review_keys",
    "my_work",
    "review_lines",
    "review_line_mark",
    "review_read",
    "review_turn",
    "review_submit",
    "review_skip",
    "review_flag",
    "review_park",
    "review_undo",
    "own_numbers",
    "own_pages_a_day",
    "review_ahead",
    "review_leave",
    "review_release",
    "signed_in",
    "proposal_list",
    "proposal_set",
    "proposal_picture",
    "proposal_undo",
    "proposals_of_task",
}
"""Pages that reviewers may open. Every other one answers them with a 403."""


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Hashing passwords slowly, as the site does, is most of these tests' time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ids() -> dict[str, int]:
    """One object of each kind that addresses name, of a type that only the group Legal sees."""
    secret = make_type(groups=["Legal"])
    page = make_page(secret)
    line = page.lines.all()[0]
    run = TrainingRun.objects.create(trigger="manual", document_type=secret)
    return {
        "type_id": secret.pk,
        "batch_id": page.document.batch_id,
        "document_id": page.document_id,
        "page_id": page.pk,
        "line_id": line.pk,
        "task_id": page.tasks.get().pk,
        "version_id": ModelVersion.objects.get().pk,
        "run_id": run.pk,
        **proposal_ids(secret, "Legal"),
    }


def proposal_ids(document_type: DocumentType, *groups: str) -> dict[str, int]:
    """A set of proposals of the type, one of them, and a round of answers."""
    reviewer = make_user("Reviewer", *groups)
    made = proposed(document_type, reviewer)
    refused, *_ = made.proposals.values_list("pk", flat=True)
    done = answer_proposals(set_id=made.pk, user=reviewer, confirm=[], refuse=[refused])
    return {"set_id": made.pk, "proposal_id": refused, "round_id": done.round.pk}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def status_of(client: Client, path: str) -> int:
    """Of a GET, or of a POST where that is what the page takes."""
    answer = client.get(path)
    _drain(answer)
    return client.post(path).status_code if answer.status_code == 405 else answer.status_code


def _drain(answer: Any) -> None:
    """Read a streamed answer to its end, which closes its file."""
    if answer.streaming:
        b"".join(answer.streaming_content)


def own_pages() -> Iterator[Address]:
    for address in pages():
        if address.name not in OPEN_TO_ALL:
            yield address


def test_every_page_but_the_listed_ones_wants_a_person(ids: dict[str, int]) -> None:
    for address in own_pages():
        answer = Client().get(address.path(ids))
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/login/?next="), address
    for name in OPEN_TO_ALL:
        assert name in {address.name for address in pages()}


def test_no_view_is_exempt_from_signing_in_but_the_listed_ones() -> None:
    exempt = {
        address.name
        for address in addresses()
        if not getattr(address.view, "login_required", True)
        and not hasattr(address.view, "cls")  # the framework's views ask by their permissions
        and not hasattr(address.view, "view_class")
    }
    # Django's admin has its own sign-in page, which only sends to ours.
    assert exempt <= OPEN_TO_ALL | {"login"}


def test_every_address_of_the_api_wants_a_person(ids: dict[str, int]) -> None:
    seen = set()
    for address in addresses():
        if address.route is None or not address.route.startswith("api/"):
            continue
        seen.add(address.name)
        path = address.path({**ids, "pk": 1})
        answers = {Client().get(path).status_code, Client().post(path).status_code}
        if address.name not in OPEN_API:
            assert answers <= {401, 405}, address
            assert 401 in answers, address
    assert "api-batch-files" in seen
    assert seen >= OPEN_API


def test_reviewers_open_their_pages_and_no_others() -> None:
    page = make_page()
    ids = {
        "batch_id": page.document.batch_id,
        "document_id": page.document_id,
        "type_id": page.document.document_type_id,
        "page_id": page.pk,
        "line_id": page.lines.all()[0].pk,
        "task_id": page.tasks.get().pk,
        "version_id": ModelVersion.objects.get().pk,
        "run_id": TrainingRun.objects.create(trigger="manual").pk,
        **proposal_ids(page.document.document_type),
    }
    reviewer = make_reviewer()
    for address in own_pages():
        status = status_of(signed_in(reviewer), address.path(ids))
        if address.name in FOR_REVIEWERS:
            assert status not in (403, 404), address
        else:
            assert status == 403, address


def test_what_is_of_a_hidden_type_is_not_there_for_a_reviewer(ids: dict[str, int]) -> None:
    outsider, insider = make_reviewer(), make_user("Reviewer", "Legal")
    for address in own_pages():
        if address.name in FOR_REVIEWERS and address.parameters & set(ids):
            path = address.path(ids)
            assert status_of(signed_in(outsider), path) == 404, address
            assert status_of(signed_in(insider), path) != 404, address


def test_an_id_that_is_not_there_is_not_found(ids: dict[str, int]) -> None:
    client = signed_in(make_admin())
    for address in own_pages():
        if address.parameters & set(ids):
            assert status_of(client, address.path(dict.fromkeys(ids, 10**9))) == 404, address


def test_djangos_admin_is_for_admins_and_has_no_sign_in_of_its_own() -> None:
    assert signed_in(make_reviewer()).get("/admin/").status_code == 403
    assert signed_in(make_reviewer()).get("/admin/recognition/page/").status_code == 403
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=/admin/")
    posted = Client().post("/admin/login/", {"username": "x", "password": "y"})
    assert posted.status_code == 302
    assert signed_in(make_admin()).get("/admin/").status_code == 200


def test_every_page_of_djangos_admin_opens_in_few_queries(
    django_assert_max_num_queries: object,
) -> None:
    from django.contrib import admin

    for _ in range(3):
        make_page(status="reviewed")
    client = signed_in(make_admin(is_superuser=True))
    for model, page in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        with django_assert_max_num_queries(16):  # type: ignore[operator]
            assert client.get(path).status_code == 200, path
        if page.search_fields:
            assert client.get(f"{path}?q=1").status_code == 200, path
        row = model._default_manager.first()
        if row is not None:
            assert client.get(f"{path}{row.pk}/change/").status_code == 200, path


def test_an_admin_cannot_reach_a_superuser_or_become_one() -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    mine = make_admin()
    client = signed_in(mine)
    assert client.get(f"/admin/auth/user/{root.pk}/change/").status_code == 302
    assert client.post(f"/admin/auth/user/{root.pk}/password/").status_code in (302, 403, 404)
    page = client.get(f"/admin/auth/user/{mine.pk}/change/").content.decode()
    assert 'name="groups"' in page
    assert "is_superuser" not in page
    assert "user_permissions" not in page
    client.post(f"/admin/auth/user/{mine.pk}/change/", {"username": "x", "is_superuser": "on"})
    mine.refresh_from_db()
    assert not mine.is_superuser


def test_the_groups_are_there_after_every_migrate() -> None:
    Group.objects.filter(name__in=["Admin", "Reviewer", "Adjudicator"]).delete()
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    assert {"Admin", "Reviewer", "Adjudicator"} == set(Group.objects.values_list("name", flat=True))


def test_wrong_passwords_pause_one_account_and_no_other() -> None:
    user, other = make_reviewer(), make_reviewer()
    client = Client()
    wrong = {"username": user.username, "password": "wrong"}
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert client.post("/login/", wrong).status_code == 200
    locked = client.post("/login/", wrong)
    assert locked.status_code == 429
    assert "registration/locked.html" in [template.name for template in locked.templates]
    right = {"username": user.username, "password": PASSWORD}
    assert client.post("/login/", right).status_code == 429
    free = {"username": other.username, "password": PASSWORD}
    assert client.post("/login/", free).status_code == 302


def test_a_password_is_changed_by_its_owner_and_a_weak_one_refused() -> None:
    user = make_reviewer()
    client = signed_in(user)
    assert client.get("/password/").status_code == 200
    weak = {"old_password": PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}
    assert client.post("/password/", weak).status_code == 200
    good = "a much better one 77"
    form = {"old_password": PASSWORD, "new_password1": good, "new_password2": good}
    assert client.post("/password/", form)["Location"] == "/password/done/"
    user.refresh_from_db()
    assert user.check_password(good)


def test_signing_in_sends_only_to_this_site() -> None:
    user = make_reviewer()
    right = {"username": user.username, "password": PASSWORD}
    answer = Client().post("/login/?next=https://elsewhere.example/", right)
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("sent_from", "way"),
    [
        ("http://testserver/review/?page=2#today", "/review/?page=2"),
        ("http://elsewhere.example/review/", "/"),
        ("http://testserver//elsewhere.example/", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_from_a_form_back_to_its_page(sent_from: str, way: str) -> None:
    user = make_reviewer()
    client = Client()
    asked = client.post("/review/next/", headers={"referer": sent_from})["Location"]
    right = {"username": user.username, "password": PASSWORD}
    assert client.post(asked, right)["Location"] == way


def test_the_session_cookie_is_out_of_scripts_reach() -> None:
    user = make_reviewer()
    client = Client()
    client.post("/login/", {"username": user.username, "password": PASSWORD})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_SECURE is settings.HTTPS


def test_signing_out_is_a_post() -> None:
    client = signed_in(make_reviewer())
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert client.get("/password/").status_code == 302


def test_no_page_allows_inline_script_or_style() -> None:
    page = make_page()
    make_batch()
    ids = {
        "batch_id": page.document.batch_id,
        "type_id": page.document.document_type_id,
        "page_id": page.pk,
        "line_id": page.lines.all()[0].pk,
        "task_id": page.tasks.get().pk,
        "version_id": ModelVersion.objects.get().pk,
        "run_id": TrainingRun.objects.create(trigger="manual").pk,
    }
    admin = signed_in(make_admin())
    paths = [address.path(ids) for address in pages()]
    for path in [*paths, "/admin/", "/admin/recognition/page/", "/api/docs/", "/nowhere/"]:
        answer = admin.get(path)
        _drain(answer)
        policy = answer["Content-Security-Policy"]
        assert "unsafe-" not in policy, path
        for rule in ("script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
            assert rule in policy, path
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
