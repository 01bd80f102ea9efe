"""Routing follows reading: the one listener of `page_recognised`."""

from typing import Any

from recognition.signals import page_recognised
from review.route import route_page


def connect() -> None:
    """Connect routing; called once when the app is ready."""
    page_recognised.connect(_route, dispatch_uid="review.route_page")


def _route(page_id: int, **_: Any) -> None:
    route_page(page_id)
