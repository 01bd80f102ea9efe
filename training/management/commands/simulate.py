"""Which lines to ask people about first, tried on a folder of ground truth.

`manage.py simulate --data DIR --strategies random,least_confident,margin,value --rounds 4`

Features take most of the time on long lines; training takes the rest: `--max-steps` bounds it.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recognition.engines.store import ModelStoreError, install_base
from recognition.management.progress import Progress
from training.settings import SettingsError, settings_from
from training.strategies import STRATEGIES


class Command(BaseCommand):
    help = "Replay active learning on known lines: error rate by number of labels and strategy."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", type=Path, required=True, metavar="DIR",
            help="folder with images/ and labels.jsonl",
        )  # fmt: skip
        parser.add_argument(
            "--strategies", default=",".join(STRATEGIES), help="by commas; all of them by default"
        )
        parser.add_argument("--rounds", type=int, default=4, help="trainings of each strategy")
        parser.add_argument("--batch", type=int, default=25, help="lines asked about in a round")
        parser.add_argument("--seeds", type=int, default=3, help="repetitions with other draws")
        parser.add_argument("--limit", type=int, default=400, help="lines of the folder used")
        parser.add_argument("--max-steps", type=int, default=120, help="of one training")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
        parser.add_argument("--svg", type=Path, metavar="FILE", help="write the plot there")

    def handle(self, *args: Any, **options: Any) -> None:
        names = tuple(name.strip() for name in options["strategies"].split(",") if name.strip())
        self._check(names, options)
        # Here: the trainer's library takes seconds to load, and a wrong option is said before.
        from training import simulation
        from training.replay import base_state, load_lines

        try:
            steps = options["max_steps"]
            chosen = settings_from({"max_steps": steps, "min_steps": min(60, steps)})
            files = install_base(Path(settings.MODEL_STORE))
            progress = Progress("lines", options["limit"])
            lines = load_lines(
                options["data"],
                files,
                limit=options["limit"],
                settings=chosen,
                on_progress=progress.show,
            )
        except (OSError, ValueError, KeyError, ModelStoreError, SettingsError) as error:
            raise CommandError(f"{options['data']} cannot be used: {error}") from error
        wanted = options["rounds"] * options["batch"]
        if len(lines) * (1 - simulation.TEST_SHARE) < wanted:
            raise CommandError(f"{len(lines)} lines are too few to label {wanted} of them.")
        plan = simulation.Plan(
            names, options["rounds"], options["batch"], tuple(range(options["seeds"])), chosen
        )
        outcomes = []

        def on_outcome(outcome: simulation.Outcome) -> None:
            """Told and kept at once: what a stopped run has found is not lost."""
            outcomes.append(outcome)
            self._tell(outcome)
            if options["json"]:
                written = {"data": options["data"].name, **simulation.as_json(plan, outcomes)}
                options["json"].write_text(json.dumps(written, indent=1) + "\n")

        simulation.simulate(lines, base_state(files), plan, on_outcome)
        found = simulation.points(outcomes)
        for point in found:
            self.stdout.write(
                f"{point.strategy:16}{point.labels:6} labels {point.cer:8.2%} "
                f"({point.low:.2%} to {point.high:.2%}, {point.seeds} seeds)"
            )
        for one in simulation.reached(found):
            share = "not reached" if one.share is None else f"{one.labels} labels ({one.share:.0%})"
            self.stdout.write(
                f"{one.strategy}: random's last {one.cer:.2%} after {one.of_labels} labels: {share}"
            )
        if options["svg"]:
            from training.plots import strategies

            options["svg"].write_bytes(strategies(found, "light"))

    def _check(self, names: tuple[str, ...], options: dict[str, Any]) -> None:
        unknown = [name for name in names if name not in STRATEGIES]
        if unknown or not names:
            raise CommandError(
                f"Unknown strategy: {', '.join(unknown) or 'none given'}. There are: "
                f"{', '.join(STRATEGIES)}."
            )
        for name in ("rounds", "batch", "seeds", "limit", "max_steps"):
            if options[name] < 1:
                raise CommandError(f"--{name.replace('_', '-')} must be at least 1.")
        for target in (options["json"], options["svg"]):
            if target and not target.resolve().parent.is_dir():
                raise CommandError(f"There is no folder {target.resolve().parent} to write to.")

    def _tell(self, outcome: Any) -> None:
        self.stdout.write(
            f"seed {outcome.seed}, {outcome.strategy}: {outcome.labels} labels, {outcome.cer:.2%}"
        )
        self.stdout.flush()
