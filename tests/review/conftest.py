"""A reviewer, their browser, and a task that waits or that they hold."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from review.leases import claim_task
from review.models import ReviewTask
from tests import factories


@pytest.fixture
def reviewer() -> User:
    return factories.make_reviewer()


@pytest.fixture
def site(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


@pytest.fixture
def task() -> ReviewTask:
    return factories.make_task()


@pytest.fixture
def held(task: ReviewTask, reviewer: User) -> ReviewTask:
    found = claim_task(task.pk, reviewer)
    assert found is not None
    return found
