"""/healthz: what it says of each part, and that it says it in time."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from ocrsite import health
from recognition.engines.store import install_base
from recognition.registry import VersionFacts, activate, register_version

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test asks anew."""
    monkeypatch.setattr(health, "_kept", None)


@pytest.fixture
def worker() -> Iterator[None]:
    """A real worker that serves every queue."""
    command = [sys.executable, "-m", "celery", "-A", "ocrsite", "worker", "--pool", "solo"]
    process = subprocess.Popen(
        [*command, "--queues", ",".join(sorted(health.QUEUES)), "--without-gossip"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not health.workers().ok and time.monotonic() < until:
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def store(tmp_path: Path, settings: Settings) -> Path:
    """A model store with the base model, active for all types."""
    settings.MODEL_STORE = tmp_path
    files = install_base(tmp_path)
    facts = VersionFacts(
        sha256=files.sha256,
        name=files.name,
        kind=files.kind,
        dictionary_sha256=files.dictionary_sha256,
        preprocessing_version=files.preprocessing_version,
        calibration_version=files.calibration_version,
    )
    activate(version=register_version(facts), document_type=None, actor=None, reason="a test")
    return tmp_path / files.sha256


@pytest.mark.django_db(transaction=True)
def test_everything_that_works_is_told_without_signing_in(worker: None, store: Path) -> None:
    answer = Client().get("/healthz")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["status"] == "ok"
    for part in ("database", "broker", "workers", "model"):
        assert answer.json()[part]["ok"] is True
        assert answer.json()[part]["message"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_queues_without_a_worker_are_named() -> None:
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    body = answer.json()
    assert body["status"] == "degraded"
    assert body["database"]["ok"]
    assert body["broker"]["ok"]
    assert body["workers"]["message"] == "No worker serves default, line, ocr, refresh, train."


@pytest.mark.django_db(transaction=True)
def test_a_site_without_a_model_says_how_to_get_one() -> None:
    part = health.model()
    assert not part.ok
    assert "install_base_model" in part.message


@pytest.mark.django_db(transaction=True)
def test_a_model_whose_files_are_gone_or_changed_is_told(store: Path) -> None:
    assert health.model().ok
    dictionary = store / "dictionary.txt"
    content = dictionary.read_bytes()
    dictionary.unlink()
    assert not health.model().ok
    dictionary.write_bytes(content[:-1])
    assert not health.model().ok
    dictionary.write_bytes(content)
    assert health.model().ok


def test_a_broker_that_is_down_is_told_at_once_and_without_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://:secret@127.0.0.1:1/0")
    monkeypatch.setattr(health, "app", Celery("elsewhere", set_as_current=False))
    start = time.monotonic()
    parts = [health.broker(), health.workers()]
    assert time.monotonic() - start < health.ANSWER_SECONDS
    for part in parts:
        assert not part.ok
        assert "secret" not in part.message
        assert "127.0.0.1" not in part.message


def test_a_part_that_hangs_is_given_up_and_the_others_are_told() -> None:
    release = threading.Event()

    def hangs() -> health.Part:
        release.wait(30)
        return health.Part(True, "late")

    start = time.monotonic()
    report = health.ask({"hangs": hangs, "works": lambda: health.Part(True, "here")})
    release.set()
    assert time.monotonic() - start < health.ANSWER_SECONDS + 1
    assert not report.parts["hangs"].ok
    assert report.parts["works"].ok


def test_asking_often_asks_the_parts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def part() -> health.Part:
        asked.append(1)
        return health.Part(True, "here")

    monkeypatch.setattr(health, "PROBES", {"part": part})
    for _ in range(5):
        assert health.current_report().ok
    assert len(asked) == 1


def test_only_reading_is_possible() -> None:
    assert Client().post("/healthz").status_code == 405


def test_every_queue_of_the_settings_is_watched() -> None:
    assert {queue.name for queue in settings.CELERY_TASK_QUEUES} == health.QUEUES
