"""How shares are written on the pages of review."""

from django import template

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """0.995 as "99.5 %", with as many digits as it needs and two at most; None as a dash."""
    return "–" if share is None else f"{percent_number(share)} %"


@register.filter
def percent_number(share: float) -> str:
    """0.995 as "99.5", as a form field takes it."""
    return f"{share * 100:.2f}".rstrip("0").rstrip(".")
