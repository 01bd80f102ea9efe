"""Storing bytes: whole or not at all, also when the disk is really full."""

import hashlib
import io
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from recognition.exceptions import FileTooLarge, StorageFull
from recognition.files import (
    LEFT_BEHIND_SECONDS,
    store_chunks,
    sweep_work_directories,
    work_directory,
)
from recognition.intake import add_file, split_document
from recognition.models import Document
from recognition.states import DocumentStatus
from tests.factories import make_admin, make_batch, page_picture, picture_bytes

DISK_BYTES = 2**20


@pytest.fixture
def small_disk(tmp_path, settings) -> Iterator[Path]:
    """A file storage that takes a mebibyte and no more.

    A file system of that size where we may mount one, else the kernel's limit on file sizes.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    settings.MEDIA_ROOT = str(disk)
    settings.FILE_UPLOAD_TEMP_DIR = str(disk)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0:
        yield disk
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_BYTES, hard))
    yield disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def leftovers(disk: Path) -> list[Path]:
    return [path for path in disk.rglob("*") if path.is_file()]


def test_a_file_is_named_by_its_content_and_stored_once(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path)
    stored = store_chunks([b"one ", b"two"], folder="documents", max_bytes=100)
    sha256 = hashlib.sha256(b"one two").hexdigest()
    assert stored.name == f"documents/{sha256[:2]}/{sha256}"
    assert (stored.sha256, stored.size, stored.head) == (sha256, 7, b"one two")
    assert store_chunks([b"one two"], folder="documents", max_bytes=100) == stored
    assert len(leftovers(tmp_path)) == 1
    with default_storage.open(stored.name) as file:
        assert file.read() == b"one two"


@pytest.mark.parametrize("left", [b"", b"one", bytes(7)], ids=["nothing", "a part", "zeros"])
def test_a_file_that_a_power_cut_damaged_is_replaced_when_it_is_sent_again(
    tmp_path, settings, left
):
    settings.MEDIA_ROOT = str(tmp_path)
    stored = store_chunks([b"one two"], folder="documents", max_bytes=100)
    Path(default_storage.path(stored.name)).write_bytes(left)
    assert store_chunks([b"one two"], folder="documents", max_bytes=100) == stored
    assert [path.read_bytes() for path in leftovers(tmp_path)] == [b"one two"]


def test_bytes_and_then_their_name_are_on_the_disk_before_the_row_is(
    tmp_path, settings, monkeypatch
):
    settings.MEDIA_ROOT = str(tmp_path)
    sha256 = hashlib.sha256(b"one two").hexdigest()
    named = tmp_path / "documents" / sha256[:2] / sha256
    flushed: list[tuple[str, bool]] = []
    sync = os.fsync

    def fsync(handle: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{handle}").readlink().name, named.exists()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    store_chunks([b"one two"], folder="documents", max_bytes=100)
    above = [named.parent, named.parent.parent, tmp_path]  # new folders are names, too
    assert flushed == [("incoming", False), *((folder.name, True) for folder in above)]
    flushed.clear()
    store_chunks([b"one two"], folder="documents", max_bytes=100)
    assert flushed == [("incoming", True), (named.parent.name, True)]


def test_the_head_is_the_beginning_however_the_bytes_come(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path)
    content = bytes(range(256)) * 40
    stored = store_chunks((bytes([b]) for b in content), folder="x", max_bytes=20_000)
    assert stored.head == content[:4096]


def test_too_many_bytes_leave_nothing_behind(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path)
    with pytest.raises(FileTooLarge):
        store_chunks([bytes(60), bytes(60)], folder="documents", max_bytes=100)
    assert not leftovers(tmp_path)


def test_an_upload_cut_short_leaves_nothing_behind(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path)

    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_chunks(chunks(), folder="documents", max_bytes=100)
    assert not leftovers(tmp_path)


def test_a_full_disk_refuses_the_file_and_keeps_nothing_of_it(small_disk):
    with pytest.raises(StorageFull, match="disk is full"):
        store_chunks([os.urandom(2**18)] * 8, folder="documents", max_bytes=2**30)
    assert not leftovers(small_disk)
    assert store_chunks([b"small"], folder="documents", max_bytes=100).size == 5


@pytest.mark.django_db
def test_a_full_disk_refuses_one_upload_and_takes_the_next(small_disk):
    client = Client()
    client.force_login(make_admin())
    batch = make_batch()
    address = reverse("batch_add_file", args=[batch.pk])

    def send(content: bytes) -> tuple[int, str]:
        file = SimpleUploadedFile("scan.tif", content)
        answer = client.post(address, {"files": [file]}, headers={"accept": "application/json"})
        return answer.status_code, answer.json()["files"][0]["code"]

    assert send(b"II*\x00" + os.urandom(2 * 2**20)) == (507, "disk_full")  # held in memory first
    assert send(b"II*\x00" + os.urandom(4 * 2**20)) == (507, "disk_full")  # written as it comes
    assert not leftovers(small_disk)
    assert not Document.objects.exists()
    assert send(picture_bytes(page_picture(["small"]))) == (201, "")


@pytest.mark.django_db
def test_a_disk_that_fills_up_while_splitting_fails_the_document_and_keeps_its_bytes(small_disk):
    # Most of the disk as a JPEG; its page, kept at a higher quality, exceeds all of it.
    noise = Image.frombytes("L", (1_300, 1_300), os.urandom(1_300 * 1_300)).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=70)
    content = buffer.getvalue()
    assert DISK_BYTES / 2 < len(content) < DISK_BYTES
    document = add_file(batch=make_batch(), filename="noise.jpg", chunks=[content])
    outcome = split_document(document.pk)
    document.refresh_from_db()
    assert outcome == "failed: disk_full"
    assert document.status == DocumentStatus.FAILED
    assert "free space" in document.failure_message
    assert default_storage.exists(document.file)


def test_the_storage_is_never_served_by_address():
    assert not site.MEDIA_URL.strip("/")


def test_what_a_killed_process_left_is_removed_and_never_what_is_in_use(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path)
    longest = max(settings.INGEST_MAX_SECONDS, settings.CELERY_TASK_TIME_LIMIT)
    long_ago = time.time() - longest - LEFT_BEHIND_SECONDS - 60
    assert sweep_work_directories() == 0  # there is no such folder yet
    with work_directory() as used, work_directory() as slow, work_directory() as left:
        for folder in (used, slow, left):
            (folder / "unpacked").mkdir()
            (folder / "unpacked" / "0").write_bytes(b"a member")
        for path in (left, *left.rglob("*"), slow, slow / "unpacked"):
            os.utime(path, (long_ago, long_ago))
        assert sweep_work_directories() == 1
        assert (used.exists(), slow.exists(), left.exists()) == (True, True, False)
        assert (slow / "unpacked" / "0").exists()
        left.mkdir()  # for the way out
