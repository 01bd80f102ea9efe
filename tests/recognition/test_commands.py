"""Commands for an operator: a directory in, and the demo."""

import pytest
from django.core.management import CommandError, call_command

from recognition import demo
from recognition.models import Batch, Document, Event
from tests.factories import make_type, make_user, page_picture, picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def cellar(tmp_path):
    """A directory with one below it, and what systems leave behind."""
    folder = tmp_path / "cellar"
    (folder / "box").mkdir(parents=True)
    (folder / "one.png").write_bytes(picture_bytes(page_picture(["one"])))
    (folder / "box" / "two.png").write_bytes(picture_bytes(page_picture(["two"])))
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


@pytest.fixture
def admin():
    return make_user(username="root", is_superuser=True)


def test_a_directory_becomes_a_batch(cellar, admin, capsys):
    make_type("Letter")
    call_command("ingest", cellar, type_name="Letter")
    batch = Batch.objects.get()
    assert (batch.name, batch.created_by) == ("cellar", admin)
    names = set(batch.documents.values_list("filename", flat=True))
    assert names == {"one.png", "box/two.png"}
    said = capsys.readouterr()
    assert "2 files stored, 0 here already, 0 failed" in said.out
    assert "2 of 2 files" in said.err


def test_one_bad_file_fails_the_command_after_all_are_tried(cellar, admin, capsys):
    (cellar / "a-note.txt").write_text("only words")
    make_type("Letter")
    with pytest.raises(CommandError, match=r"a-note\.txt: This is a text file"):
        call_command("ingest", cellar, type_name="Letter")
    assert Document.objects.filter(status="stored").count() == 2
    assert "1 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"type_name": "Nothing"}, "There is no document type Nothing. There are: Letter."),
        ({"type_name": "Letter", "user": "nobody"}, "There is no user nobody"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(cellar, admin, options, told):
    make_type("Letter")
    with pytest.raises(CommandError, match=told):
        call_command("ingest", cellar, **options)
    assert not Batch.objects.exists()


def test_a_directory_that_is_none_or_empty_is_told(tmp_path, admin):
    with pytest.raises(CommandError, match="is no directory"):
        call_command("ingest", tmp_path / "nowhere", type_name="Letter")
    with pytest.raises(CommandError, match="There are no files"):
        call_command("ingest", tmp_path, type_name="Letter")


def test_the_demo_is_loaded_once_and_goes_on_where_it_was_stopped(admin):
    class Stopped(Exception):
        """Somebody pressed Ctrl-C."""

    seen: list[str] = []

    def stop(name: str) -> None:
        seen.append(name)
        if len(seen) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        demo.load_demo(admin, stop)
    assert not demo.is_loaded()
    first = set(Document.objects.values_list("pk", flat=True))
    again: list[str] = []
    demo.load_demo(admin, again.append)
    assert demo.is_loaded()
    assert first < set(Document.objects.values_list("pk", flat=True))
    assert Document.objects.count() == len(again)
    assert not Document.objects.exclude(status="stored").exists()
    assert demo.unread() == (len(again), 0)
    assert Event.objects.filter(verb=demo.LOADED).count() == 1
