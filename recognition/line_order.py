"""Which lines stand on a page, and in which order: the one place that retires and moves them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from recognition.crops import crop_sha256, rectify
from recognition.models import Line, Page
from recognition.page_pixels import page_pixels

AWAY = 1_000_000
"""Positions are kept free while lines change places: no two may stand at one at any moment."""


def new_line(page: Page, polygon: Sequence[Sequence[float]], *, block: int) -> Line:
    """A line that stands nowhere yet: `arrange_lines` puts it on the page.

    `polygon` is four points clockwise from the text's top left, in pixels of the stored image;
    it is kept to a tenth of a pixel. Raises OSError where the image is not there.
    """
    corners = [[round(float(x), 1), round(float(y), 1)] for x, y in polygon]
    crop = rectify(page_pixels(page), [(x, y) for x, y in corners])
    return Line.objects.create(
        page=page,
        position=0,
        block=block,
        polygon=corners,
        crop_sha256=crop_sha256(crop),
        retired_at=timezone.now(),
    )


def standing(page: Page) -> list[int]:
    """The keys of the lines that stand on the page, in reading order."""
    return list(page.lines.current().values_list("pk", flat=True))


@transaction.atomic
def arrange_lines(page: Page, order: Sequence[int]) -> None:
    """Let exactly the lines `order` stand on the page, in that order; all others are retired.

    A line that was retired comes back with all that was read and said on it.
    """
    Page.objects.select_for_update().get(pk=page.pk)
    places = {line_id: position for position, line_id in enumerate(order)}
    lines = list(Line.objects.filter(Q(retired_at__isnull=True) | Q(pk__in=places), page=page))
    leaving = [line.pk for line in lines if line.pk not in places]
    Line.objects.filter(pk__in=leaving, retired_at__isnull=True).update(retired_at=timezone.now())
    moving = [
        line
        for line in lines
        if line.pk in places and (line.retired_at is not None or line.position != places[line.pk])
    ]
    present = [line.pk for line in moving if line.retired_at is None]
    Line.objects.filter(pk__in=present).update(position=F("position") + AWAY)
    for line in moving:
        line.position, line.retired_at = places[line.pk], None
    Line.objects.bulk_update(moving, ["position", "retired_at"], batch_size=500)
