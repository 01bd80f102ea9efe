"""The watched folder: files that have come to rest are taken in, each once, and moved aside."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recognition import watch
from recognition.models import Batch, Document
from recognition.watch import take_watched_files
from tests.factories import make_admin, make_type, page_picture, picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.WATCH_DIR, settings.WATCH_QUIET_SECONDS = str(tmp_path), 0
    make_admin()  # of the group alone
    make_type("Letter")
    (tmp_path / "letter" / "1905").mkdir(parents=True)
    (tmp_path / "Unknown").mkdir()
    return tmp_path / "letter"


def picture(text: str) -> bytes:
    return picture_bytes(page_picture([text]))


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files_are_taken_into_the_days_batch_and_moved_aside(folder: Path) -> None:
    (folder / "one.png").write_bytes(picture("one"))
    (folder / "1905" / "two.png").write_bytes(picture("two"))
    (folder / "notes.txt").write_text("only words")
    (folder / "coming.png.part").write_bytes(b"half")
    (folder / ".hidden").write_bytes(b"half")
    (folder / "link.png").symlink_to("/etc/hostname")
    (folder.parent / "Unknown" / "three.png").write_bytes(picture("three"))
    assert take_watched_files() == {"done": 2, "failed": 1}
    assert take_watched_files() == {"done": 0, "failed": 0}
    batch = Batch.objects.get()
    assert batch.name.startswith("Watched folder, ")
    assert set(batch.documents.values_list("filename", "status")) == {
        ("one.png", "stored"),
        ("1905/two.png", "stored"),
        ("notes.txt", "failed"),
    }
    assert files_in(folder) == {
        "done/one.png",
        "done/1905/two.png",
        "failed/notes.txt",
        "failed/notes.txt.reason.txt",
        "coming.png.part",
        ".hidden",
        "link.png",
    }
    assert "This is a text file" in (folder / "failed" / "notes.txt.reason.txt").read_text()
    assert (folder.parent / "Unknown" / "three.png").exists()


def test_the_same_name_again_overwrites_nothing(folder: Path) -> None:
    for text in ("first", "second", "first"):
        (folder / "scan.png").write_bytes(picture(text))
        assert take_watched_files()["done"] == 1
    assert files_in(folder) == {"done/scan.png", "done/scan (2).png", "done/scan (3).png"}
    statuses = Document.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["stored", "stored", "duplicate"]


def test_a_file_still_being_written_is_left_alone(folder: Path, settings) -> None:
    settings.WATCH_QUIET_SECONDS = 60
    path = folder / "slow.png"
    path.write_bytes(picture("slow"))
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))  # a copy that keeps the original's time
    assert take_watched_files() == {"done": 0, "failed": 0}
    assert path.exists()


@pytest.mark.parametrize(("content", "ends"), [("picture", "done"), ("words", "failed")])
def test_a_kill_between_adding_and_moving_adds_nothing_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: str, ends: str
) -> None:
    class Killed(BaseException):
        """Nothing catches it, as nothing catches a kill."""

    def killed(*_: object, **__: object) -> None:
        raise Killed

    path = folder / "scan.png"
    path.write_bytes(picture("scan") if content == "picture" else b"only words")
    move: Callable[..., None] = watch._move
    monkeypatch.setattr(watch, "_move", killed)
    with pytest.raises(Killed):
        take_watched_files()
    assert path.exists()
    monkeypatch.setattr(watch, "_move", move)
    assert take_watched_files()[ends] == 1
    assert Document.objects.count() == 1
    assert (folder / ends / "scan.png").exists()


def test_a_full_disk_leaves_the_file_for_later(folder: Path, settings, monkeypatch) -> None:
    from recognition.exceptions import StorageFull

    def full(**_: object) -> None:
        raise StorageFull("The disk is full.")

    (folder / "scan.png").write_bytes(picture("scan"))
    with monkeypatch.context() as patched:
        patched.setattr(watch, "add_file", full)
        assert take_watched_files() == {"done": 0, "failed": 0}
    assert take_watched_files() == {"done": 1, "failed": 0}
    settings.WATCH_DIR = ""
    assert take_watched_files() == {"done": 0, "failed": 0}
