"""Page images and crops reach only those who may see them, and are cached by them alone."""

import io

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image

from recognition.models import Line, Page
from recognition.page_pixels import load_pixels
from tests.factories import make_admin, make_page, make_reviewer, make_type, make_user

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def hidden() -> Page:
    return make_page(make_type(groups=["Archive"]))


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_page_image_is_the_stored_file_byte_by_byte(hidden):
    response = signed_in(make_user("Archive")).get(reverse("page_image", args=[hidden.pk]))
    assert response.status_code == 200
    with default_storage.open(hidden.image) as stored:
        assert body(response) == stored.read()
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Cookie" in response["Vary"]  # the next person at this browser asks anew
    assert response.streaming


def test_a_page_image_known_already_is_not_sent_again(hidden):
    client = signed_in(make_admin())
    address = reverse("page_image", args=[hidden.pk])
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"].startswith("private")


def test_each_page_that_splitting_lets_in_is_opened_everywhere(hidden, settings, monkeypatch):
    """Pillow's own bound stands for the one that a larger setting would meet."""
    assert Image.MAX_IMAGE_PIXELS >= settings.PAGE_MAX_PIXELS
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", hidden.width * hidden.height // 3)
    with pytest.raises(Image.DecompressionBombError):
        load_pixels(hidden)
    settings.PAGE_MAX_PIXELS = hidden.width * hidden.height
    apps.get_app_config("recognition").ready()
    assert load_pixels(hidden).shape == (hidden.height, hidden.width, 3)
    thumbnail = signed_in(make_admin()).get(reverse("page_thumbnail", args=[hidden.pk]))
    assert thumbnail.status_code == 200
    settings.PAGE_MAX_PIXELS = 1
    apps.get_app_config("recognition").ready()
    assert load_pixels(hidden).shape == (hidden.height, hidden.width, 3)


def test_a_crop_is_the_line_straightened(hidden):
    line = hidden.lines.current().get(position=1)
    client = signed_in(make_user("Archive"))
    response = client.get(reverse("line_crop", args=[line.pk]))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["ETag"] == f'"{line.crop_sha256}"'
    image = Image.open(io.BytesIO(body(response)))
    (left, top), (right, _), (_, bottom), _ = line.polygon
    assert image.size == (right - left, bottom - top)
    assert image.convert("L").getextrema()[0] < 80  # there is ink in it
    again = client.get(
        reverse("line_crop", args=[line.pk]), headers={"if-none-match": response["ETag"]}
    )
    assert again.status_code == 304


def test_a_thumbnail_is_the_page_made_small(hidden):
    address = reverse("page_thumbnail", args=[hidden.pk])
    response = signed_in(make_user("Archive")).get(address)
    assert response["Content-Type"] == "image/jpeg"
    image = Image.open(io.BytesIO(body(response)))
    assert max(image.size) == 240
    assert image.size[0] / image.size[1] == pytest.approx(hidden.width / hidden.height, rel=0.05)


@pytest.mark.parametrize("name", ["page_image", "page_thumbnail", "line_crop"])
def test_what_a_person_may_not_see_is_not_there(hidden, name):
    row = hidden.lines.first() if name == "line_crop" else hidden
    address = reverse(name, args=[row.pk])
    assert signed_in(make_reviewer()).get(address).status_code == 404
    etag = signed_in(make_admin()).get(address)["ETag"]
    # Nor does knowing the hash help.
    outsider = signed_in(make_reviewer())
    assert outsider.get(address, headers={"if-none-match": etag}).status_code == 404
    assert Client().get(address).status_code == 302
    assert signed_in(make_admin()).post(address).status_code == 405
    assert signed_in(make_admin()).get(reverse(name, args=[10**9])).status_code == 404


def test_an_image_lost_from_the_storage_is_a_404_and_no_crash():
    page = make_page(lines=[("Decoded by nobody yet", 0.5)], image=False)
    client = signed_in(make_admin())
    assert client.get(reverse("page_image", args=[page.pk])).status_code == 404
    assert client.get(reverse("page_thumbnail", args=[page.pk])).status_code == 404
    line = Line.objects.filter(page=page).first()
    assert client.get(reverse("line_crop", args=[line.pk])).status_code == 404
