"""What every test has around it: a real PostgreSQL, a real Redis, a real browser.

The servers are started while this file is imported: the settings read their addresses, and
pytest-django and the test modules read the settings. Servers named by `DATABASE_URL` and
`CELERY_BROKER_URL` are used as they are. All data goes to a directory that is removed afterwards.
Where tests run in several processes, each process has servers and data of its own.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from psycopg2.sql import SQL, Identifier
from pytest_django import DjangoDbBlocker

from ocrsite import embedded

VAR = Path(tempfile.mkdtemp(prefix="ocr-tests-"))
_servers = ExitStack()
_named: list[str] = []


def _start_servers() -> None:
    atexit.register(_stop_servers)
    os.environ.setdefault("SECRET_KEY", "only for tests")
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # who waits leaves the core to others
    os.environ["DJANGO_SETTINGS_MODULE"] = "ocrsite.settings"
    os.environ["VAR_DIR"] = str(VAR)
    started = _servers.enter_context(embedded.servers(VAR, os.environ, durable=False))
    os.environ.update(started)
    _named.extend(["DJANGO_SETTINGS_MODULE", *started])


def _stop_servers() -> None:
    """The servers end after pytest-django has dropped the test database."""
    _servers.close()
    shutil.rmtree(VAR, ignore_errors=True)


_start_servers()

# How fast inputs are made says how busy the machine is.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

import django  # noqa: E402  the settings could not be read before
from django.conf import settings  # noqa: E402

django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Leave the processes that run the tests to name their own servers, and no settings before.

    They inherit the environment of the one that hands the tests out; pytest-django reads the
    settings that are named there before this file is imported.
    """
    for name in _named:
        del os.environ[name]
    os.environ["OMP_NUM_THREADS"] = "1"  # they share the cores among themselves


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Remove what a test has committed in a tenth of the time that Django's own `flush` takes.

    That makes the files of all tables anew, of which a test has filled few, and the permissions,
    which none changes. Only a superuser may leave triggers and foreign keys out.
    """
    from django.db import connection
    from django.test import TransactionTestCase

    from ocrsite.groups import make_groups

    kept = {"auth_permission", "django_content_type"}

    def empty(_: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table in tables:
                cursor.execute(SQL("DELETE FROM {}").format(Identifier(table)))
            cursor.execute("SET session_replication_role = DEFAULT")
        make_groups(using=connection.alias)

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        tables = sorted({*connection.introspection.django_table_names()} - kept)
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (may,) = cursor.fetchone()
    with pytest.MonkeyPatch.context() as patch:
        if may:
            patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """A password is hashed slowly on purpose; tests make hundreds and guard none."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def _static_files() -> None:
    """Pages name their static files by content, so these have to be collected."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    # Else every client of a test looks at all of them first, which takes longer than most pages.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium. Where there is none, browser tests fail: none is skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail("Chromium is not installed; bin/test installs it or says how.", pytrace=False)
    return {
        **browser_type_launch_args,
        "executable_path": found,
        "args": ["--no-sandbox"] if os.geteuid() == 0 else [],  # Chromium's own rule for root
    }
