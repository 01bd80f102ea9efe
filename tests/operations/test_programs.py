"""Which processes a site consists of, and how they are run."""

import configparser
from pathlib import Path

import pytest

from ocrsite import programs
from ocrsite.programs import Machine

GIGABYTE = 2**30


@pytest.mark.parametrize(
    ("machine", "threads", "expected"),
    [
        (Machine(cores=2, memory=16 * GIGABYTE), 2, 2),
        (Machine(cores=2, memory=4 * GIGABYTE), 2, 1),
        (Machine(cores=16, memory=64 * GIGABYTE), 2, 8),
        (Machine(cores=16, memory=16 * GIGABYTE), 2, 4),
        (Machine(cores=1, memory=1 * GIGABYTE), 1, 1),
    ],
)
def test_readers_fit_into_cores_and_memory(machine: Machine, threads: int, expected: int) -> None:
    assert programs.readers(machine, threads=threads) == expected


def test_every_queue_has_exactly_one_worker() -> None:
    served = [
        queue
        for program in programs.programs(port=8000, reading=2)
        if "--queues" in program.command
        for queue in program.command[program.command.index("--queues") + 1].split(",")
    ]
    assert sorted(served) == ["default", "line", "ocr", "refresh", "train"]


def test_people_come_before_reading_and_both_before_learning() -> None:
    niceness = {
        program.name: int(program.command[2]) if program.command[0] == "nice" else 0
        for program in programs.programs(port=8000, reading=2)
    }
    assert niceness["web"] < niceness["ocr"] < niceness["refresh"] < niceness["train"]


def test_the_configuration_can_be_read_from_a_place_with_an_odd_name() -> None:
    chosen = programs.programs(port=8000, reading=2)
    root = Path("/srv/100 % proof")
    text = programs.configuration(chosen, root=root, logs=root / "log", superuser=False)
    parsed = configparser.RawConfigParser()
    parsed.read_string(text)
    assert parsed["group:site"]["programs"].split(",") == [program.name for program in chosen]
    for program in chosen:
        section = parsed[f"program:{program.name}"]
        assert section["directory"] == "/srv/100 %% proof"
        assert section["stopsignal"] == program.stop
    assert "user" not in parsed["supervisord"]
