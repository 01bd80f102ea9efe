"""ZIP archives: their files become documents of the batch; bad archives end as a clear error."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from recognition import intake, tasks
from recognition.exceptions import NotRetryable
from recognition.ingest.archive import unpack
from recognition.ingest.base import ErrorCode, IngestError, Limits, Member
from recognition.intake import add_file, retry_document, split_document
from recognition.models import Document
from recognition.states import DocumentStatus
from tests.factories import make_admin, make_batch, page_picture, picture_bytes

SMALL = Limits(max_members=5, max_archive_bytes=400_000, max_bytes=200_000, max_folders_deep=3)


def zipped(files: dict[str, bytes], **options: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:  # type: ignore[arg-type]
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def picture(text: str) -> bytes:
    return picture_bytes(page_picture([text]))


def with_damage(archive: bytes, name: str) -> bytes:
    """One member's bytes changed, so that its checksum does not fit."""
    data = bytearray(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        at = opened.getinfo(name).header_offset + 30 + len(name) + 20
    data[at : at + 8] = b"\xff" * 8
    return bytes(data)


@pytest.mark.django_db
def test_each_file_of_an_archive_becomes_a_document_or_fails_by_itself():
    content = with_damage(
        zipped(
            {
                "letters/1905/an aunt.png": picture("Dear aunt"),
                "../../etc/passwd.png": picture("Dear uncle"),
                "letters/Größe.png": picture("Grüße"),
                "letters/again.png": picture("Dear aunt"),
                "broken.png": picture("Broken"),
                "notes.txt": b"only words",
                "inner.zip": zipped({"deep.png": picture("deep")}),
                "__MACOSX/letters/._an aunt.png": b"junk",
                "letters/Thumbs.db": b"junk",
            }
        ),
        "broken.png",
    )
    batch = make_batch()
    archive = add_file(batch=batch, filename="scans.zip", chunks=[content])
    assert (archive.status, archive.media_type) == (DocumentStatus.STORED, "application/zip")
    assert split_document(archive.pk) == "unpacked"
    assert split_document(archive.pk) == "not waiting"
    archive.refresh_from_db()
    assert archive.status == DocumentStatus.UNPACKED
    members = list(Document.objects.filter(archive=archive).order_by("archive_position"))
    assert [(m.filename, m.status, m.failure_code) for m in members] == [
        ("letters/1905/an aunt.png", "stored", ""),
        ("etc/passwd.png", "stored", ""),
        ("letters/Größe.png", "stored", ""),
        ("letters/again.png", "duplicate", ""),
        ("broken.png", "failed", "corrupt"),
        ("notes.txt", "failed", "unknown_type"),
        ("inner.zip", "failed", "nested_archive"),
    ]
    assert {member.batch for member in members} == {batch}
    assert split_document(members[0].pk) == "split"
    with pytest.raises(NotRetryable, match="Upload it by itself"):
        retry_document(document=members[4], actor=make_admin())
    assert not list((Path(settings.MEDIA_ROOT) / "work").iterdir())
    again = add_file(batch=batch, filename="scans.zip", chunks=[content])
    assert again.duplicate_of == archive


@pytest.mark.django_db
def test_an_archive_whose_worker_was_killed_half_way_adds_no_file_twice():
    content = zipped({"a.png": picture("a"), "b.png": picture("b"), "c.png": picture("c")})
    archive = add_file(batch=make_batch(), filename="scans.zip", chunks=[content])
    intake.add_file(
        batch=archive.batch,
        filename="a.png",
        chunks=[picture("a")],
        origin=intake.Origin(archive, 0),
    )
    assert split_document(archive.pk) == "unpacked"
    named = archive.members.order_by("archive_position").values_list("filename", "status")
    assert list(named) == [(name, "stored") for name in ("a.png", "b.png", "c.png")]


@pytest.mark.django_db
def test_an_archive_that_takes_too_long_goes_on_where_it_stopped(monkeypatch):
    content = zipped({"a.png": picture("a"), "b.png": picture("b")})
    archive = add_file(batch=make_batch(), filename="scans.zip", chunks=[content])
    add_member = intake._add_member

    def add_first(document: Document, member: Member) -> None:
        if member.position:
            raise SoftTimeLimitExceeded
        add_member(document, member)

    with monkeypatch.context() as slow:
        slow.setattr(intake, "_add_member", add_first)
        assert split_document(archive.pk) == "failed: timeout"
    archive.refresh_from_db()
    assert f"after {tasks.split_document.soft_time_limit} seconds" in archive.failure_message
    assert "Retry, and it goes on with the others." in archive.failure_message
    assert archive.members.count() == 1
    retry_document(document=archive, actor=make_admin())
    assert split_document(archive.pk) == "unpacked"
    assert archive.members.count() == 2


def pointing_before_the_file(archive: bytes) -> bytes:
    """The end record says that the directory begins later than it does: offsets turn negative."""
    at = archive.rindex(b"PK\x05\x06") + 16
    start = int.from_bytes(archive[at : at + 4], "little")
    return archive[:at] + (start + 1000).to_bytes(4, "little") + archive[at + 4 :]


FLAT = {"a.png": b"a" * 1000}
ENCRYPTED = bytearray(zipped(FLAT))
for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
    ENCRYPTED[ENCRYPTED.index(signature) + flags] |= 1


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (zipped({f"{n}.png": b"x" for n in range(6)}), ErrorCode.TOO_LARGE, "holds 6 files"),
        (zipped({f"{n}": bytes(199_000) for n in range(3)}), ErrorCode.TOO_LARGE, "unpacks to"),
        (zipped({"a/b/c/d/e.png": b"x"}), ErrorCode.CORRUPT, "3 deep"),
        (zipped({".hidden": b"x"}), ErrorCode.EMPTY_FILE, "no files"),
        (bytes(ENCRYPTED), ErrorCode.ENCRYPTED, "password"),
        (zipped(FLAT)[:-30], ErrorCode.TRUNCATED, "end of the ZIP archive"),
    ],
)
def test_an_archive_out_of_bounds_is_refused_whole(
    tmp_path: Path, content: bytes, code: ErrorCode, said: str
) -> None:
    source, work = tmp_path / "upload", tmp_path / "work"
    source.write_bytes(content)
    work.mkdir()
    with pytest.raises(IngestError, match=said) as caught:
        unpack(source, work, SMALL)
    assert caught.value.code is code
    assert list(work.iterdir()) == []


def test_a_file_that_is_said_to_lie_before_the_archive_is_corrupt(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(pointing_before_the_file(zipped(FLAT)))
    (member,) = unpack(source, tmp_path, SMALL)
    assert member["code"] == ErrorCode.CORRUPT


def test_what_an_archive_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    honest = zipped({"a": bytes(300_000)}, compression=zipfile.ZIP_DEFLATED)
    source.write_bytes(honest.replace((300_000).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    (member,) = unpack(source, tmp_path, SMALL)
    assert member["code"] == ErrorCode.CORRUPT
    source.write_bytes(honest)
    (member,) = unpack(source, tmp_path, SMALL)
    assert member["code"] == ErrorCode.TOO_LARGE
    assert not (tmp_path / "0").exists()
    bomb = zipped({"a": bytes(101 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    source.write_bytes(bomb)
    roomy = replace(SMALL, max_archive_bytes=2**30, max_bytes=2**30)
    with pytest.raises(IngestError, match="no archive of scans"):
        unpack(source, tmp_path, roomy)
