"""Reads that run many times a second, their SQL put together once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import models

Row = TypeVar("Row", bound=models.Model)

ANY_USER = -1_987_654_321
ANY_TIME = datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC)


class Prepared(Generic[Row]):
    """A queryset's SQL with places for a user's key and the time.

    Django takes several times as long to put a claim's SQL together as PostgreSQL takes to answer
    it (decision 0063). `build` makes the queryset of the two, which it must put nowhere but into
    lookups: it is called once, with a key and a time that no row has. Raises ValueError where it
    put another time in, which would stand there for ever.
    """

    def __init__(self, build: Callable[[int, datetime], models.QuerySet[Row]]) -> None:
        rows = build(ANY_USER, ANY_TIME)
        self._model = rows.model
        try:
            self._sql, self._params = rows.query.sql_with_params()
        except EmptyResultSet:  # what is asked for can be no row, by its very terms
            self._sql, self._params = "", ()
        if fixed := [at for at in self._params if isinstance(at, datetime) and at != ANY_TIME]:
            raise ValueError(f"A read that is put together once may not hold the time {fixed[0]}.")

    def rows(self, user: int, now: datetime) -> list[Row]:
        """What the queryset finds for this user at this time."""
        if not self._sql:
            return []
        places: dict[Any, Any] = {ANY_USER: user, ANY_TIME: now}
        asked = [places.get(each, each) for each in self._params]
        return list(self._model._default_manager.raw(self._sql, asked))
