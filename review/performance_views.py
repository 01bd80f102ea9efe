"""Numbers about reviewers: their own for each, everybody's for admins."""

import csv
import io
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recognition.access import admin_required
from recognition.converters import Theme
from review.models import ReviewTask
from review.people import person
from review.performance import hasty_pages, people_seen_by, performance

PERIODS = {"today": 0, "week": 7, "month": 30}
"""Days that a period reaches back; today begins at midnight."""
LISTED = 50
"""Pages done too fast on one screen."""


@never_cache
@require_safe
def own_numbers(request: HttpRequest) -> HttpResponse:
    """A reviewer's own pages, times, corrections, and what they caught."""
    user = person(request)
    periods = [(name, performance([user], since=_since(name))[0]) for name in PERIODS]
    return render(request, "review/own_numbers.html", {"periods": periods})


@require_safe
def own_pages_a_day(request: HttpRequest, theme: Theme) -> HttpResponse:
    """One's own pages a day over a month, as SVG."""
    from review import plots  # here: the drawing library would cost each start a second

    since = _since("month")
    done = ReviewTask.objects.done_since(since).filter(done_by=person(request))
    days = [(since + timedelta(days=day)).date() for day in range(PERIODS["month"] + 1)]
    counts = dict.fromkeys(days, 0)
    for at in done.values_list("done_at", flat=True):
        counts[timezone.localtime(at).date()] += 1
    drawn = plots.pages_a_day(list(counts.items()), theme)
    return HttpResponse(drawn, content_type="image/svg+xml")


@never_cache
@require_safe
@admin_required
def reviewer_list(request: HttpRequest) -> HttpResponse:
    """Everybody's numbers, and the pages that were confirmed too fast to be read."""
    period = _period(request)
    hasty = hasty_pages(since=_since(period))
    context = {
        "rows": performance(people_seen_by(person(request)), since=_since(period)),
        "period": period,
        "periods": list(PERIODS),
        "hasty": hasty[:LISTED],
        "hasty_count": len(hasty),
    }
    return render(request, "review/reviewers.html", context)


@never_cache
@require_safe
@admin_required
def reviewer_csv(request: HttpRequest) -> HttpResponse:
    """The same table as CSV."""
    period = _period(request)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(
        [
            *("reviewer", "pages", "lines", "seconds_a_page", "seconds_a_line"),
            *("corrected", "planted_caught", "planted", "caught_low", "caught_high"),
            *("upheld", "second_read", "too_fast"),
        ]
    )
    for row in performance(people_seen_by(person(request)), since=_since(period)):
        name = row.user.get_username()
        table.writerow(
            [
                f"'{name}" if name.startswith(("=", "+", "-", "@")) else name,  # no formula
                *(row.pages, row.lines, _number(row.seconds), _number(row.per_line)),
                *(row.corrected.hits, row.caught.hits, row.caught.of),
                *(_number(row.caught.low), _number(row.caught.high)),
                *(row.upheld.hits, row.upheld.of, row.hasty),
            ]
        )
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="reviewers-{period}.csv"'
    return answer


def _period(request: HttpRequest) -> str:
    asked = request.GET.get("period", "week")
    return asked if asked in PERIODS else "week"


def _since(period: str) -> datetime:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=PERIODS[period])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
