"""How rates are written on the pages of training."""

from django import template

register = template.Library()


@register.filter
def percent(rate: float | None) -> str:
    """0.0418 as "4.18 %"; a missing rate as a dash."""
    return "–" if rate is None else f"{rate * 100:.2f} %"


@register.filter
def in_percent(rate: float) -> str:
    """0.125 as "12.5", for a number field."""
    return f"{rate * 100:.4g}"


@register.filter
def points(change: float | None) -> str:
    """A change of a rate in signed percentage points: -0.058 as "−5.80"."""
    return "–" if change is None else f"{change * 100:+.2f}".replace("-", "−")


@register.filter
def in_points(difference: float) -> str:
    """A difference of rates, without a sign: 0.0529 as "5.3"."""
    return f"{abs(difference) * 100:.1f}"


@register.filter
def share(part: float) -> int:
    """A share of 1 as whole percent, for a progress bar."""
    return round(part * 100)


@register.filter
def duration(seconds: float) -> str:
    """5000 as "about 1 h 20 min": nothing finer is known of what is to come."""
    minutes = max(round(seconds / 60), 1)
    if minutes < 60:
        return f"about {minutes} min"
    hours, rest = divmod(round(minutes / 10) * 10, 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"


@register.filter
def milliseconds(seconds: float) -> str:
    """0.0123 as "12.3 ms"."""
    return f"{seconds * 1000:.1f} ms"
