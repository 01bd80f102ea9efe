"""How long lists are cut."""

from rest_framework.pagination import LimitOffsetPagination


class Pagination(LimitOffsetPagination):
    """`?limit=` and `?offset=`; nobody can ask for a table whole."""

    max_limit = 500
