"""The project's one signal of its own."""

from django.dispatch import Signal

page_recognised = Signal()
"""Sent after commit with `page_id`, when a page's lines and predictions are stored."""
