"""Clients of the API as people with each role."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests.factories import make_admin, make_reviewer


@pytest.fixture(autouse=True)
def _no_throttle_history() -> None:
    """Throttles count in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Hashing passwords slowly, as the site does, is most of these tests' time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def admin(db: None) -> User:
    """A member of the group Admin who is no superuser."""
    return make_admin()


@pytest.fixture
def reviewer(db: None) -> User:
    """A member of the group Reviewer."""
    return make_reviewer()


@pytest.fixture
def admin_api(admin: User) -> APIClient:
    """The API as `admin` uses it."""
    return client_of(admin)


@pytest.fixture
def reviewer_api(reviewer: User) -> APIClient:
    """The API as `reviewer` uses it."""
    return client_of(reviewer)


def client_of(user: User) -> APIClient:
    """The API as `user` uses it."""
    client = APIClient()
    client.force_authenticate(user)
    return client
