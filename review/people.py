"""Who is asking."""

from django.contrib.auth.models import User
from django.http import HttpRequest


def person(request: HttpRequest) -> User:
    """The signed-in user; the middleware lets nobody else come as far as a view."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("This view was reached without signing in.")
    return user
