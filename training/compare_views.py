"""Two model versions side by side, for admins."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from recognition.access import admin_required
from recognition.models import ModelVersion
from training import compare


@require_safe
@admin_required
def model_compare(request: HttpRequest) -> HttpResponse:
    """Where two versions, chosen on the page of all, read the same lines differently."""
    chosen = {value for value in request.GET.getlist("version") if value.isdecimal()}
    if len(chosen) != 2:
        messages.error(request, "Tick two versions to compare them.")
        return redirect("model_list")
    # The older one first, however they were ticked: then better means progress.
    first, second = (
        get_object_or_404(ModelVersion.objects.select_related("document_type"), pk=key)
        for key in sorted(map(int, chosen))
    )
    parts = [
        ("held_out", compare.compare(compare.held_out_lines(first, second))),
        ("read_by_both", compare.compare(compare.lines_read_by_both(first, second))),
    ]
    kind = request.GET.get("kind", "")
    context = {
        "first": first,
        "second": second,
        "kind": kind if kind in list(compare.Kind) else "",
        "parts": [
            (name, found, [x for x in found.differing if kind in ("", x.kind)][: compare.SHOWN])
            for name, found in parts
        ],
        "shown": compare.SHOWN,
    }
    return render(request, "training/model_compare.html", context)
