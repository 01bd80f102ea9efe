"""Lines as the review screen draws them, hundreds to a page: one template each, in Jinja."""

from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from review.selectors import ReviewLine
from review.text import MAX_TEXT


def drawn_lines(lines: Iterable[ReviewLine]) -> SafeString:
    """Each line's number, crop, verdict and field, as the list of lines holds them."""
    crops = reverse("line_crop", args=[0]).removesuffix("0/crop/")  # 1,500 reversals take a while
    return _drawn("review/lines.html", lines=lines, crops=crops, max_text=MAX_TEXT)


def drawn_outlines(lines: Iterable[ReviewLine]) -> SafeString:
    """Each line's polygon over the page's image."""
    return _drawn("review/outlines.html", lines=lines)


def _drawn(template: str, **context: Any) -> SafeString:
    return mark_safe(render_to_string(template, context, using="jinja2"))  # noqa: S308  escaped there
