"""Reviewed documents for training's tests, in splits of the test's choosing."""

import hashlib
import itertools
import os
import signal
import time
from pathlib import Path

import psutil
from django.conf import settings

from recognition.engines.store import install_base
from recognition.models import DocumentType, ModelVersion, Page
from recognition.registry import VersionFacts, activate, register_version
from recognition.states import PageStatus
from review.models import ReviewTask
from tests.factories import make_document, make_page, make_reviewer, submit_as_read
from training.splits import Split, split_of

_contents = (f"document {number}".encode() for number in itertools.count())
WAIT_SECONDS = 120.0


def content_in(split: Split) -> bytes:
    """Bytes of a document that the hash puts into `split`, new each time."""
    return next(
        content for content in _contents if split_of(hashlib.sha256(content).hexdigest()) == split
    )


def reviewed_page(
    document_type: DocumentType, split: Split, *texts: str, corrected: str = ""
) -> Page:
    """A reviewed page of a document in `split`; its first line corrected where asked."""
    page: Page = make_page(
        document=make_document(document_type, content=content_in(split)),
        lines=[(text, 0.3) for text in texts],
    )
    submit_as_read(page, make_reviewer(), **({"line0": corrected} if corrected else {}))
    page.refresh_from_db()
    assert page.status == PageStatus.REVIEWED
    return page


def task_of(page: Page) -> ReviewTask:
    """The page's last task."""
    found = ReviewTask.objects.filter(page=page).order_by("-pk").first()
    assert found is not None
    return found


def installed_base() -> ModelVersion:
    """The real base in this test run's store, active for all types."""
    files = install_base(Path(settings.MODEL_STORE))
    version = register_version(
        VersionFacts(
            sha256=files.sha256,
            name=files.name,
            kind=files.kind,
            dictionary_sha256=files.dictionary_sha256,
            preprocessing_version=files.preprocessing_version,
            calibration_version=files.calibration_version,
        )
    )
    activate(version=version, document_type=None, actor=None, reason="for a test")
    return version


def kill_trainer_at(job: Path, stage: str) -> int:
    """Wait until the trainer in `job` reports `stage`, then `kill -9` it; returns its pid."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        progress = job / "progress.jsonl"
        if progress.exists() and f'"stage": "{stage}"' in progress.read_text():
            for child in psutil.Process().children(recursive=True):
                if str(job) in child.cmdline():
                    os.kill(child.pid, signal.SIGKILL)
                    return child.pid
        time.sleep(0.05)
    raise AssertionError(f"The trainer did not reach {stage} in {WAIT_SECONDS:g} s.")
