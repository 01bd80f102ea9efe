"""The site that the browser visits."""

from collections.abc import Iterator

import pytest
from django.contrib.staticfiles import handlers
from django.test.testcases import _StaticFilesHandler
from playwright.sync_api import expect

expect.set_options(timeout=20_000)  # ms; two cores may be busy with a recogniser beside the browser


@pytest.fixture(scope="session", autouse=True)
def _collected_static_files() -> Iterator[None]:
    """Static files come from where they were collected, under the names that pages give them.

    The live server would look for them among the sources, where the hashed names are unknown.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handlers, "StaticFilesHandler", _StaticFilesHandler)
        yield
