"""The way out for a batch's text."""

from typing import cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from recognition.access import admin_required
from recognition.events import record_event
from recognition.models import Batch
from review.exports import FORMATS


@require_safe
@admin_required
def batch_export(request: HttpRequest, batch_id: int, format: str) -> StreamingHttpResponse:  # noqa: A002
    """A batch in one of FORMATS, streamed, as a file to keep."""
    batches = Batch.objects.visible_to(request.user).select_related("document_type", "created_by")
    batch = get_object_or_404(batches, pk=batch_id)
    if format not in FORMATS:
        raise Http404("There is no such format.")
    chosen = FORMATS[format]
    record_event(verb="export", subject=batch, actor=cast("User", request.user), format=format)
    response = StreamingHttpResponse(chosen.write(batch), content_type=chosen.media_type)
    name = f"{slugify(batch.name) or 'batch'}-{batch.pk}.{chosen.suffix}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    return response
