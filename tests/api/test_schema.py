"""The description of the API, and the page to browse it."""

import io

import pytest
from django.core.management import call_command
from django.test import Client

from tests.factories import make_reviewer

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def test_the_description_is_valid_and_free_of_warnings() -> None:
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    text = out.getvalue()
    for path in (
        "/api/v1/batches/{id}/files/",
        "/api/v1/review-tasks/{id}/refile/",
        "/api/v1/token/",
    ):
        assert f"{path}:" in text
    assert "#/components/schemas/Error" in text


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/"])
def test_the_description_is_for_people_who_signed_in(path: str) -> None:
    client = Client()
    assert client.get(path).status_code == 401
    client.force_login(make_reviewer(), backend=BACKEND)
    assert client.get(path).status_code == 200


def test_the_page_has_no_inline_script_or_style() -> None:
    client = Client()
    client.force_login(make_reviewer(), backend=BACKEND)
    page = client.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert page.count("<script ") == page.count('<script src="') == page.count("<script")
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUIBundle" in script.content
