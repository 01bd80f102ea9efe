"""Every address of the site, from its URLconf."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
WORDS = {"format": "json", "theme": "light", "app_label": "auth", "url": "nothing"}


@dataclass(frozen=True, slots=True)
class Address:
    """One URL pattern: its name, view, and path with the parameters still in it.

    `route` is None where a part of it is a regular expression.
    """

    name: str
    view: Any
    route: str | None

    def path(self, ids: Mapping[str, int] | None = None) -> str:
        """The path with `ids` filled in by their names; 1 where there is none of the name."""

        def fill(found: re.Match[str]) -> str:
            name = found["name"]
            return str(WORDS.get(name) or (ids or {}).get(name, 1))

        assert self.route is not None
        return "/" + PARAMETER.sub(fill, self.route)

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(found["name"] for found in PARAMETER.finditer(self.route or ""))


def addresses() -> list[Address]:
    """All of them, the API and Django's admin included."""
    return list(_walk(get_resolver().url_patterns, ""))


def pages() -> list[Address]:
    """The product's own pages: neither the API nor Django's admin."""
    return [
        address
        for address in addresses()
        if address.route is not None and not address.route.startswith(("api/", "admin/"))
    ]


def _walk(patterns: list[Any], prefix: str | None) -> Iterator[Address]:
    for pattern in patterns:
        part = pattern.pattern
        plain = prefix is not None and isinstance(part, RoutePattern)
        route = f"{prefix}{part}" if plain else None
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield Address(pattern.name or str(part), pattern.callback, route)
