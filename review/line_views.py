"""What the review screen asks about a page's lines: change them, mark them, read them again."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from recognition.line_reading import request_reading
from recognition.models import Prediction
from review.drawing import drawn_lines
from review.edits import LineEdit, LineMark
from review.exceptions import InvalidChange, LeaseLost, ReviewError
from review.models import ReviewTask
from review.people import person
from review.reshaping import Change, change_lines, check_held, mark_line
from review.selectors import line_data, review_page, task_for
from review.text import MAX_TEXT
from review.turned import request_turned_reading

MAX_ASKED = 500
"""Lines that one request may ask for."""


@never_cache
@require_http_methods(["GET", "POST"])
def review_lines(request: HttpRequest, task_id: int) -> JsonResponse:
    """Change the page's lines (POST), or ask how they stand and what was read since (GET)."""
    user = person(request)
    task = get_object_or_404(task_for(user), pk=task_id)
    if request.method == "GET":
        return JsonResponse(_standing(request, task))
    try:
        sent = _sent(request)
        edit = change_lines(task_id=task.pk, token=_token(sent), user=user, change=_change(sent))
    except ReviewError as error:
        return _refusal(error)
    return JsonResponse(_changed(request, task, edit))


@require_POST
def review_line_mark(request: HttpRequest, task_id: int) -> JsonResponse:
    """Say that a line is handwriting, or is not."""
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    try:
        sent = _sent(request)
        mark = mark_line(
            task_id=task.pk,
            token=_token(sent),
            user=user,
            line_id=_whole(sent.get("line")),
            kind=LineMark.Kind.HANDWRITING,
            on=sent.get("on") is True,
        )
    except ReviewError as error:
        return _refusal(error)
    return JsonResponse({"line": mark.line_id, "on": mark.on})


@require_POST
def review_read_lines(request: HttpRequest, task_id: int) -> JsonResponse:
    """Have lines read that have no reading yet."""
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    try:
        sent = _sent(request)
        check_held(task_id=task.pk, token=_token(sent), user=user)
        asked = [_whole(line) for line in _listed(sent.get("lines"))][:MAX_ASKED]
    except ReviewError as error:
        return _refusal(error)
    lines = list(task.page.lines.filter(pk__in=asked))
    request_reading(lines, task.model_version, task.character_set)
    return JsonResponse({"reading": asked})


@require_POST
def review_turn(request: HttpRequest, task_id: int) -> JsonResponse:
    """Have the whole page read again, turned by quarters of a circle."""
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    try:
        sent = _sent(request)
        request_turned_reading(
            task_id=task.pk, token=_token(sent), user=user, quarters=_whole(sent.get("quarters"))
        )
    except ReviewError as error:
        return _refusal(error)
    return JsonResponse({"order": list(task.page.lines.current().values_list("pk", flat=True))})


def _standing(request: HttpRequest, task: ReviewTask) -> dict[str, Any]:
    """The order of the lines, and those asked for that have been read."""
    asked = [int(text) for text in request.GET.getlist("id")[:MAX_ASKED] if text.isdecimal()]
    read = set(
        Prediction.objects.filter(line__in=asked, line__page=task.page_id).values_list(
            "line_id", flat=True
        )
    )
    return {
        "order": list(task.page.lines.current().values_list("pk", flat=True)),
        "lines": _drawn(task, request, read) if read else [],
    }


def _changed(request: HttpRequest, task: ReviewTask, edit: LineEdit) -> dict[str, Any]:
    added = set(edit.added)
    read = set(Prediction.objects.filter(line__in=added).values_list("line_id", flat=True))
    return {
        "edit": edit.pk,
        "order": edit.after,
        "lines": _drawn(task, request, added) if added else [],
        "reading": sorted(added - read),
    }


def _drawn(task: ReviewTask, request: HttpRequest, wanted: set[int]) -> list[dict[str, Any]]:
    """Lines as the screen puts them in: their markup, outline, and facts."""
    page = review_page(task, person(request))
    return [
        {
            "html": drawn_lines([line]),
            "points": line.points,
            "band": line.band,
            "percent": line.percent,
            "fields": line_data(line),
        }
        for line in page.lines
        if line.id in wanted
    ]


def _sent(request: HttpRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidChange("What was sent could not be understood; nothing is changed.") from error
    if not isinstance(sent, dict):
        raise InvalidChange("What was sent could not be understood; nothing is changed.")
    return sent


def _token(sent: dict[str, Any]) -> UUID:
    try:
        return UUID(str(sent.get("token")))
    except ValueError as error:
        raise LeaseLost("This page is not yours any more; its lines stay.") from error


def _change(sent: dict[str, Any]) -> Change:
    share = sent.get("share", 0.5)
    return Change(
        kind=str(sent.get("kind")),
        lines=tuple(_whole(line) for line in _listed(sent.get("lines"))),
        polygon=tuple(_point(point) for point in _listed(sent.get("polygon"))),
        share=float(share) if isinstance(share, int | float) else 0.5,
        place=_whole(sent.get("place", 0)),
        texts=tuple(_text(text) for text in _listed(sent.get("texts"))),
        edit=_whole(sent.get("edit", 0)),
    )


def _listed(value: Any) -> list[Any]:
    return value[:MAX_ASKED] if isinstance(value, list) else []


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InvalidChange("What was sent could not be understood; nothing is changed.")
    return value


def _point(value: Any) -> tuple[float, float]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(each, int | float) for each in value)
    ):
        raise InvalidChange("A corner is no point of the page.")
    return float(value[0]), float(value[1])


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value).replace("\x00", "").encode("utf-8", "ignore").decode()
    if len(text) > MAX_TEXT:
        raise InvalidChange(f"A line has at most {MAX_TEXT:,} characters: these lines stay.")
    return text


def _refusal(error: ReviewError) -> JsonResponse:
    status = 409 if isinstance(error, LeaseLost) else 422
    return JsonResponse({"code": error.code, "message": error.message}, status=status)
