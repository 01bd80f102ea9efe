"""Large files in parts: begun, broken off, gone on with, proved and finished."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import UnreadablePostError
from django.utils import timezone
from rest_framework.test import APIClient

from recognition.models import Batch, Document, PartialUpload
from recognition.parts import (
    BLOCK_BYTES,
    begin_upload,
    finish_upload,
    offset_of,
    sweep_partial_uploads,
    take_part,
)
from recognition.states import DocumentStatus
from tests.api.conftest import client_of
from tests.factories import make_admin, make_batch, page_picture, picture_bytes

pytestmark = pytest.mark.django_db

PART = "application/offset+octet-stream"


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path / "partial"


@pytest.fixture
def batch(db: None) -> Batch:
    return make_batch()


def content(blocks: int = 2) -> bytes:
    """A real picture with so much behind it that it takes several blocks."""
    picture = picture_bytes(page_picture(["A large scan"]))
    return picture + os.urandom(blocks * BLOCK_BYTES - len(picture) + 1000)


def begin(api: APIClient, batch: Batch, data: bytes, **fields: Any) -> Any:
    body = {
        "batch": batch.pk,
        "filename": "scan.png",
        "size_bytes": len(data),
        "fingerprint": "scan.png|1",
        **fields,
    }
    return api.post("/api/v1/uploads/", body, format="json")


def send(api: APIClient, upload: str, part: bytes, offset: int) -> Any:
    place = f"/api/v1/uploads/{upload}/"
    headers = {"Upload-Offset": str(offset)}
    return api.patch(place, part, content_type=PART, headers=headers)


def proof(data: bytes) -> str:
    blocks = [data[start : start + BLOCK_BYTES] for start in range(0, len(data), BLOCK_BYTES)]
    joined = b"".join(hashlib.sha256(block).digest() for block in blocks)
    return hashlib.sha256(joined).hexdigest()


def test_a_file_goes_up_in_parts_and_is_the_same_in_the_end(admin_api, batch, disk):
    data = content()
    begun = begin(admin_api, batch, data, sha256=hashlib.sha256(data).hexdigest())
    assert (begun.status_code, begun.json()["offset"]) == (201, 0)
    upload, offset = begun.json()["id"], 0
    while offset < len(data):
        answer = send(admin_api, upload, data[offset : offset + BLOCK_BYTES], offset)
        assert answer.status_code == 200
        offset = int(answer["Upload-Offset"])
    place = f"/api/v1/uploads/{upload}/finish/"
    done = admin_api.post(place, {"blocks": proof(data)}, format="json")
    assert (done.status_code, done.json()["outcome"]) == (200, "stored")
    document = Document.objects.get(pk=done.json()["document"])
    assert (document.filename, document.size_bytes) == ("scan.png", len(data))
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.status == DocumentStatus.STORED
    assert list(disk.iterdir()) == []
    again = admin_api.post(place, {"blocks": proof(data)}, format="json")
    assert again.json()["document"] == document.pk
    assert Document.objects.count() == 1


def test_the_same_file_chosen_again_goes_on_where_it_stopped(admin_api, batch):
    data = content(1)
    upload = begin(admin_api, batch, data).json()["id"]
    send(admin_api, upload, data[:100_000], 0)
    again = begin(admin_api, batch, data).json()
    assert (again["id"], again["offset"]) == (upload, 100_000)
    changed = begin(admin_api, batch, data + b"more").json()
    assert changed["offset"] == 0
    assert changed["id"] != upload
    other = begin(client_of(make_admin()), batch, data).json()
    assert other["offset"] == 0


def test_a_sender_that_breaks_off_leaves_what_had_arrived(admin, batch):
    data = content(1)

    class Breaking:
        """A request whose network goes after three pieces."""

        def __init__(self) -> None:
            self.pieces = [data[0:1000], data[1000:2000], data[2000:3000]]

        def read(self, size: int, /) -> bytes:
            if not self.pieces:
                raise UnreadablePostError("connection reset by peer")
            return self.pieces.pop(0)

    upload = begin_upload(
        batch=batch, owner=admin, filename="a.png", size_bytes=len(data), fingerprint="a"
    )
    assert take_part(upload, offset=0, body=Breaking()) == 3000
    assert offset_of(PartialUpload.objects.get()) == 3000


def test_a_part_that_begins_elsewhere_is_refused_and_told_where(admin_api, batch):
    data = content(1)
    upload = begin(admin_api, batch, data).json()["id"]
    send(admin_api, upload, data[:500], 0)
    for offset in (0, 400, 600):
        answer = send(admin_api, upload, data[offset : offset + 100], offset)
        assert (answer.status_code, answer.json()["offset"]) == (409, 500)
    assert send(admin_api, upload, b"", -1).status_code == 400
    assert admin_api.get(f"/api/v1/uploads/{upload}/").json()["offset"] == 500


def test_what_arrived_damaged_is_dropped_and_said(admin_api, batch, disk):
    data = content(1)
    upload = begin(admin_api, batch, data).json()["id"]
    place = f"/api/v1/uploads/{upload}/finish/"
    early = admin_api.post(place, {}, format="json")
    assert (early.status_code, early.json()["code"]) == (409, "unfinished")
    send(admin_api, upload, data[:-1] + b"?", 0)
    answer = admin_api.post(place, {"blocks": proof(data)}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "damaged")
    assert not PartialUpload.objects.exists()
    assert list(disk.iterdir()) == []
    assert not Document.objects.exists()


def test_more_than_was_said_is_not_taken(admin_api, batch):
    upload = begin(admin_api, batch, b"12345678").json()["id"]
    assert send(admin_api, upload, b"123456789", 0).json()["code"] == "damaged"


def test_size_and_number_have_bounds_for_each_person(admin_api, batch, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    settings.UPLOADS_OPEN_MAX = 2
    settings.UPLOADS_OPEN_MAX_BYTES = 1500
    assert begin(admin_api, batch, b"x" * 1001).status_code == 413
    assert begin(admin_api, batch, b"x" * 900).status_code == 201
    full = begin(admin_api, batch, b"x" * 900, fingerprint="b")
    assert (full.status_code, full.json()["code"]) == (409, "too_many_uploads")
    second = begin(admin_api, batch, b"x" * 100, fingerprint="b").json()["id"]
    assert begin(admin_api, batch, b"x", fingerprint="c").status_code == 409
    assert admin_api.delete(f"/api/v1/uploads/{second}/").status_code == 204
    assert begin(admin_api, batch, b"x", fingerprint="c").status_code == 201


def test_a_file_for_which_there_is_no_room_is_refused_before_it_is_sent(admin_api, batch, settings):
    settings.UPLOAD_MAX_BYTES = settings.UPLOADS_OPEN_MAX_BYTES = 2**62
    body = {"batch": batch.pk, "filename": "a", "size_bytes": 2**50, "fingerprint": "a"}
    answer = admin_api.post("/api/v1/uploads/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")


def test_half_uploads_are_removed_when_nobody_goes_on_with_them(admin_api, batch, disk, settings):
    old = begin(admin_api, batch, b"x" * 100, fingerprint="old").json()["id"]
    send(admin_api, old, b"x" * 50, 0)
    new = begin(admin_api, batch, b"x" * 100, fingerprint="new").json()["id"]
    send(admin_api, new, b"x" * 50, 0)
    long_ago = timezone.now() - timedelta(hours=settings.UPLOAD_KEEP_HOURS + 1)
    PartialUpload.objects.filter(token=old).update(touched_at=long_ago)
    (disk / "stray").write_bytes(b"nobody's")
    os.utime(disk / "stray", (long_ago.timestamp(), long_ago.timestamp()))
    assert sweep_partial_uploads() == 2
    assert [path.name for path in disk.iterdir()] == [new]
    assert [str(row.token) for row in PartialUpload.objects.all()] == [new]


def test_a_duplicate_is_said_to_be_one(admin_api, admin: User, batch):
    data = picture_bytes(page_picture(["twice"]))
    for _ in range(2):
        upload = begin(admin_api, batch, data).json()["id"]
        send(admin_api, upload, data, 0)
        document = finish_upload(PartialUpload.objects.get(token=upload))
    assert document.status == DocumentStatus.DUPLICATE


def test_uploads_are_for_admins_and_for_their_owner_alone(admin_api, reviewer_api, batch):
    upload = begin(admin_api, batch, b"12345678").json()["id"]
    place = f"/api/v1/uploads/{upload}/"
    assert begin(reviewer_api, batch, b"1").status_code == 403
    assert APIClient().get(place).status_code == 401
    other = client_of(make_admin())
    assert other.get(place).status_code == 404
    assert send(other, upload, b"1", 0).status_code == 404
    assert other.post(f"{place}finish/").status_code == 404
    assert other.delete(place).status_code == 404
    assert other.get("/api/v1/uploads/").json()["count"] == 0
