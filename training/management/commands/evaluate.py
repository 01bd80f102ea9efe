"""How well a model reads ground truth: `manage.py evaluate --data DIR --json FILE --html FILE`."""

import base64
import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string

from recognition.character_sets import CharacterSet
from recognition.engine_pool import engine_for
from recognition.engines.store import ModelStoreError, install_base
from recognition.evaluation.run import Figures, SetResult, evaluate_set, total_of
from recognition.evaluation.truth import Sample, TruthInvalid, TruthSet, read_set
from recognition.exceptions import NoModel
from recognition.management.named import type_named
from recognition.management.progress import Progress
from recognition.models import DocumentType, ModelVersion
from recognition.registry import active_model

SHIPPED = "base"


class Command(BaseCommand):
    help = "Read folders of ground truth and report error rates, from images and from line crops."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", type=Path, action="append", required=True, metavar="DIR",
            help="folder with images/ and labels.jsonl; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--model", metavar="VERSION",
            help="the beginning of a model version's hash, or 'base' for the model as shipped; "
            "else the one active for the type, or for all types",
        )  # fmt: skip
        parser.add_argument(
            "--type", metavar="NAME",
            help="read as pages of this document type are: by its model, in its character set",
        )  # fmt: skip
        parser.add_argument("--limit", type=int, help="images of each set, spread evenly over it")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
        parser.add_argument(
            "--html", type=Path, metavar="FILE", help="write a report with the worst lines there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1.")
        # Whatever is wrong with a folder or a target is said before hours of reading.
        for target in (options["json"], options["html"]):
            if target and not target.resolve().parent.is_dir():
                raise CommandError(f"There is no folder {target.resolve().parent} to write to.")
        try:
            sets = [_spread(read_set(folder), options["limit"]) for folder in options["data"]]
            kind = type_named(options["type"]) if options["type"] else None
            version = _version(options["model"], kind)
            characters = kind.character_set if kind else CharacterSet.FULL
            engine = engine_for(version).restricted_to(characters)
            progress = Progress("images", sum(len(truth.samples) for truth in sets))
            done = 0

            def on_sample(sample: Sample) -> None:
                nonlocal done
                progress.show(done, sample.image.name)
                done += 1

            results = [evaluate_set(truth, engine, on_sample) for truth in sets]
            progress.show(done)
        except (TruthInvalid, NoModel, ModelStoreError) as error:
            raise CommandError(error.message) from error
        report = _report(version, kind, results)
        self._tell(results)
        if options["json"]:
            options["json"].write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
        if options["html"]:
            # A file to be passed around, no page of the site: it carries its stylesheet along.
            css = render_to_string("training/evaluation.css").encode()
            stylesheet = "data:text/css;base64," + base64.b64encode(css).decode()
            context = {"report": report, "sets": results, "stylesheet": stylesheet}
            page = render_to_string("training/evaluation.html", context)
            options["html"].write_text(page)

    def _tell(self, results: list[SetResult]) -> None:
        rows = [(result.name, result.figures) for result in results]
        rows.append(("all", total_of(results)))
        self.stdout.write(
            f"{'set':24}{'CER':>8}{'folded':>8}{'WER':>8}{'lines':>8}{'pages':>8}"
            f"{'missed':>8}{'extra':>7} |{'crop CER':>9}{'folded':>8}{'WER':>8}{'exact':>8}"
        )
        for name, found in rows:
            self.stdout.write(_row(name, found))
        self.stdout.write(
            "lines, pages: exact. missed: lines of the truth. extra: lines that it lacks. crop: "
            "from the truth's own lines. folded: without case."
        )


def _row(name: str, found: Figures) -> str:
    pages, lines = found.pages, found.lines
    return (
        f"{name[:23]:24}{_rate(pages.cer):>8}{_rate(found.pages_folded.cer):>8}"
        f"{_rate(pages.wer):>8}{_rate(pages.line_exact):>8}{_rate(pages.page_exact):>8}"
        f"{pages.missed if pages.pages else '-':>8}{pages.spurious if pages.pages else '-':>7} |"
        f"{_rate(lines.cer):>9}{_rate(found.lines_folded.cer):>8}"
        f"{_rate(lines.wer):>8}{_rate(lines.exact_share):>8}"
    )


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _report(
    version: ModelVersion, kind: DocumentType | None, results: list[SetResult]
) -> dict[str, Any]:
    return {
        "model": version.sha256,
        "model_name": version.name,
        "document_type": kind.name if kind else None,
        "character_set": kind.character_set if kind else None,
        "sets": [
            {
                "name": result.name,
                "kind": result.kind.value,
                "images": result.samples,
                **result.figures.as_dict(),
            }
            for result in results
        ],
        "all": total_of(results).as_dict(),
    }


def _spread(truth: TruthSet, limit: int | None) -> TruthSet:
    """At most `limit` samples, evenly from the whole set."""
    count = len(truth.samples)
    if limit is None or count <= limit:
        return truth
    chosen = tuple(truth.samples[number * count // limit] for number in range(limit))
    return replace(truth, samples=chosen)


def _version(name: str | None, kind: DocumentType | None) -> ModelVersion:
    """The version asked for. Raises CommandError, NoModel."""
    if name is None:
        return active_model(kind)
    if name == SHIPPED:  # needs no database: a fresh checkout can be measured
        base = install_base(Path(settings.MODEL_STORE))
        return ModelVersion(sha256=base.sha256, name=base.name)
    found = list(ModelVersion.objects.filter(sha256__startswith=name)[:2])
    if len(found) != 1:
        many = "Several model versions have" if found else "No model version has"
        raise CommandError(f"{many} a hash that begins with {name!r}; name another one.")
    return found[0]
