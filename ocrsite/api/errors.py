"""Every error of the API in one shape: {"code", "message", ...}.

`code` is stable and meant for programs, `message` is a sentence for people. What is more is there
only where it is needed: "fields" (invalid input), "lines" (faults of a submitted page) and "said"
(the newest label that these know of), "wait_seconds" (throttled), "offset" (a part of an upload
begins elsewhere).
"""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from recognition.exceptions import (
    FileRefused,
    FileTooLarge,
    OffsetWrong,
    PartsBusy,
    RecognitionError,
    StorageFull,
    TooManyUploads,
)
from review.exceptions import InvalidSubmission, ReasonMissing, ReviewError
from training.exceptions import TrainingError

STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (FileTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (StorageFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (TooManyUploads, HTTPStatus.CONFLICT),
    (FileRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PartsBusy, HTTPStatus.LOCKED),
    (InvalidSubmission, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ReasonMissing, HTTPStatus.UNPROCESSABLE_ENTITY),
    (RecognitionError, HTTPStatus.CONFLICT),
    (ReviewError, HTTPStatus.CONFLICT),
    (TrainingError, HTTPStatus.CONFLICT),
)
"""The first that fits counts. What is not listed by itself is a state that has moved on: 409."""


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to an error, or None where it is a fault of ours and becomes a 500."""
    if isinstance(error, (RecognitionError, ReviewError, TrainingError)):
        set_rollback()
        status = next(status for kind, status in STATUS if isinstance(error, kind))
        more: dict[str, Any] = {}
        if isinstance(error, InvalidSubmission):
            more = {"lines": error.lines, "said": error.said}
        elif isinstance(error, OffsetWrong):
            more = {"offset": error.offset}
        return Response({"code": error.code, "message": error.message, **more}, status=status)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    return Response(_body(error), status=error.status_code, headers=_headers(error))


def _body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        return {
            "code": "invalid",
            "message": "Some of what was sent cannot be taken; `fields` says what and why.",
            "fields": fields,
        }
    body: dict[str, Any] = {"code": error.get_codes(), "message": str(error.detail)}
    wait = getattr(error, "wait", None)
    return {**body, "wait_seconds": ceil(wait)} if wait is not None else body


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(ceil(wait))
    return headers
