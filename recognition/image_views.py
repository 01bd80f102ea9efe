"""Page images and line crops: only to those who may see the document type."""

import mimetypes
from pathlib import PurePath
from typing import TypeVar

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from recognition.models import Line, Page
from recognition.page_pixels import crop_jpeg, thumbnail_jpeg

Answer = TypeVar("Answer", bound=HttpResponseBase)

THUMBNAIL = 240  # pixels of a small picture's longer side: twice what is shown, for fine screens
FOR_EVER = "private, max-age=31536000, immutable"  # seconds: a year; the bytes never change


@require_safe
def page_image(request: HttpRequest, page_id: int) -> HttpResponseBase:
    """The stored image of a page, streamed."""
    page = get_object_or_404(Page.objects.visible_to(request.user), pk=page_id)
    etag = f'"{page.sha256}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return lasting(unchanged, etag)
    try:
        image = default_storage.open(page.image)
    except FileNotFoundError:
        raise Http404("The page's image is gone from the storage.") from None
    # Without a name: the type comes from the suffix this site gave, never from an upload.
    kind = mimetypes.types_map[PurePath(page.image).suffix]
    return lasting(FileResponse(image, content_type=kind, filename=""), etag)


@require_safe
def page_thumbnail(request: HttpRequest, page_id: int) -> HttpResponse:
    """The page, small."""
    page = get_object_or_404(Page.objects.visible_to(request.user), pk=page_id)
    etag = f'"{page.sha256}-{THUMBNAIL}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return lasting(unchanged, etag)
    try:
        image = thumbnail_jpeg(page, THUMBNAIL)
    except FileNotFoundError:
        raise Http404("The page's image is gone from the storage.") from None
    return lasting(HttpResponse(image, content_type="image/jpeg"), etag)


@require_safe
def line_crop(request: HttpRequest, line_id: int) -> HttpResponseBase:
    """One line, straightened as the recogniser saw it."""
    lines = Line.objects.visible_to(request.user).select_related("page")
    line = get_object_or_404(lines, pk=line_id)
    etag = f'"{line.crop_sha256}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return lasting(unchanged, etag)
    try:
        image = crop_jpeg(line)
    except FileNotFoundError:
        raise Http404("The page's image is gone from the storage.") from None
    return lasting(HttpResponse(image, content_type="image/jpeg"), etag)


def lasting(response: Answer, etag: str) -> Answer:
    """The picture with headers by which a browser keeps it for good."""
    response["ETag"] = etag
    response["Cache-Control"] = FOR_EVER
    response["X-Content-Type-Options"] = "nosniff"
    return response
