"""Parts of addresses that only take known words."""

from typing import Literal

Theme = Literal["light", "dark"]


class ThemeConverter:
    """`light` or `dark`."""

    regex = "light|dark"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
