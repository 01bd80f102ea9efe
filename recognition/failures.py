"""What a page's reading or a file's splitting broke on, in words for the person who can act."""

from dataclasses import dataclass

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from recognition.exceptions import RecognitionError
from recognition.ingest.base import IngestError

_NO_MEMORY = ("Failed to allocate memory", "bad_alloc", "Unable to allocate", "Insufficient memory")
"""What ONNX Runtime, C++, numpy and OpenCV say when memory runs out."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A stable code and a sentence; `unexpected` ones belong into the log with their traceback."""

    code: str
    message: str
    unexpected: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: the seconds after which its task is stopped, and the way on from there."""

    seconds: int
    way_on: str


READING = Work(
    settings.CELERY_TASK_SOFT_TIME_LIMIT,
    "Retry when less is going on, or upload the page at a lower resolution.",
)
SPLITTING = Work(
    settings.INGEST_MAX_SECONDS + 30,  # the decoder's own limit comes first
    "Retry when less is going on, or split the file and upload its parts.",
)
UNPACKING = Work(
    SPLITTING.seconds,
    "The files that came out of it so far are kept. Retry, and it goes on with the others.",
)


def failure_of(error: Exception, work: Work = READING) -> Failure:
    """The reason to show for an error that ended a page's or a document's work."""
    if isinstance(error, RecognitionError | IngestError):
        return Failure(str(error.code), error.message, unexpected=False)
    if isinstance(error, SoftTimeLimitExceeded):
        return Failure(
            "timeout",
            f"It was not done after {work.seconds} seconds and was stopped. {work.way_on}",
        )
    if isinstance(error, MemoryError) or any(said in str(error) for said in _NO_MEMORY):
        return Failure(
            "out_of_memory",
            "The page needs more memory than the worker has. Upload it at a lower resolution.",
        )
    if isinstance(error, OSError):
        return Failure(
            "storage",
            f"The file storage failed ({error.strerror or 'unreadable image'}). Retry; if it "
            "happens again, ask an operator to check the storage.",
        )
    return Failure(
        "engine_error",
        f"The reader broke down on it ({type(error).__name__}); nothing else was affected. "
        "Retry; if it happens again, tell an operator: the log has the details.",
    )
