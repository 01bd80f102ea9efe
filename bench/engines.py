"""The product's engine and its peers, each in a process of its own: `python -m bench.engines NAME`.

The process takes one JSON object a line, {"image": path}, and answers one a line: the seconds on
the clock and on the processor that reading the page took, and its lines. What libraries print goes
to standard error.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

Line = dict[str, Any]
OURS = "ours"
OURS_LATIN = "ours-latin"
"""The product reading documents whose type has the Latin character set."""
PEERS = ("rapidocr", "paddleocr", "tesseract")
RAPIDOCR = "rapidocr==3.10.0"


class NotInstalled(Exception):
    """A peer cannot run here; the message says what to install."""


class Reader(Protocol):
    """Reads the image in a file; gives lines as {"text", "polygon"} in reading order."""

    def __call__(self, path: str) -> list[Line]: ...


class Ours:
    """The product's engine as a reading worker has it: settings, engine pool and page loading.

    Paths are below the site's folder of stored page images.
    """

    character_set = "full"

    def __init__(self, threads: int, store: Path) -> None:
        import django
        from django.conf import settings

        django.setup()
        from recognition.engine_pool import engine_for
        from recognition.engines.store import install_base
        from recognition.models import ModelVersion, Page
        from recognition.page_pixels import load_pixels

        base = install_base(Path(settings.MODEL_STORE))
        self._engine = engine_for(ModelVersion(sha256=base.sha256)).restricted_to(
            self.character_set
        )
        self._media = Path(settings.MEDIA_ROOT)
        self._load = lambda name: load_pixels(Page(image=name))

    def __call__(self, path: str) -> list[Line]:
        pixels = self._load(str(Path(path).relative_to(self._media)))
        return [
            {"text": line.recognised.text, "polygon": line.polygon}
            for line in self._engine.read(pixels).lines
        ]


class OursLatin(Ours):
    character_set = "latin"


class RapidOcr:
    """RapidOCR with its defaults; only its number of threads is set."""

    def __init__(self, threads: int, store: Path) -> None:
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise NotInstalled(
                f"rapidocr is not installed: pip install --no-deps {RAPIDOCR} (all it needs is "
                "here already, and its own wish would replace the OpenCV build)."
            ) from error
        self._engine = RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "Global.log_level": "error",
            }
        )

    def __call__(self, path: str) -> list[Line]:
        found = self._engine(path)
        if found.txts is None:
            return []
        return [
            {"text": text, "polygon": polygon.tolist()}
            for text, polygon in zip(found.txts, found.boxes, strict=True)
        ]


class PaddleOcr:
    """PaddleOCR's own pipeline on ONNX Runtime, with the product's weights.

    Without the models that turn and flatten pages: they are not in the package of weights.
    """

    def __init__(self, threads: int, store: Path) -> None:
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        from paddleocr import PaddleOCR

        from recognition.engines.store import export_paddleocr, install_base

        base = install_base(store)
        recogniser = store.parent / f"paddleocr-{base.sha256[:12]}"
        if not recogniser.exists():
            export_paddleocr(store, base.sha256, recogniser)
        self._engine = PaddleOCR(
            text_detection_model_name=_model_name(base.detector_dir),
            text_detection_model_dir=str(base.detector_dir),
            text_recognition_model_name=_model_name(recogniser),
            text_recognition_model_dir=str(recogniser),
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            engine="onnxruntime",
            device="cpu",
            engine_config={"intra_op_num_threads": threads, "inter_op_num_threads": 1},
        )

    def __call__(self, path: str) -> list[Line]:
        (found,) = self._engine.predict(path)
        return [
            {"text": text, "polygon": [[float(x), float(y)] for x, y in polygon]}
            for text, polygon in zip(found["rec_texts"], found["rec_polys"], strict=True)
        ]


class Tesseract:
    """Debian's Tesseract, a process a page, English, pages of unknown layout (`--psm 3`)."""

    def __init__(self, threads: int, store: Path) -> None:
        program = shutil.which("tesseract")
        if program is None:
            raise NotInstalled("tesseract is not installed: apt-get install tesseract-ocr")
        self._program = program

    def __call__(self, path: str) -> list[Line]:
        done = subprocess.run(
            [self._program, path, "-", "--psm", "3", "tsv"],
            check=True,
            capture_output=True,
            text=True,
        )
        return _tsv_lines(done.stdout)


READERS: dict[str, type[Ours | RapidOcr | PaddleOcr | Tesseract]] = {
    OURS: Ours,
    OURS_LATIN: OursLatin,
    "rapidocr": RapidOcr,
    "paddleocr": PaddleOcr,
    "tesseract": Tesseract,
}


class EngineProcess:
    """An engine in a process of its own, bound to `threads` cores; use it as a context."""

    def __init__(self, name: str, *, threads: int, site: Path) -> None:
        self.name = name
        # Libraries that size themselves by the machine see no more cores than they are given.
        cores = sorted(os.sched_getaffinity(0))[:threads]
        environment = {
            **os.environ,
            **site_environment(site, threads),
            "OMP_NUM_THREADS": str(threads),
            "OMP_THREAD_LIMIT": str(threads),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.engines", name, "--threads", str(threads)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        self.seconds_to_start = float(self._answer()["seconds"])

    def read(self, path: Path) -> dict[str, Any]:
        """{"seconds", "processor_seconds", "memory_mb", "peak_memory_mb", "lines"} of a page."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"image": str(path)}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended unasked; what it said is above.")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise NotInstalled(answer["error"])
        return answer


def site_environment(site: Path, threads: int) -> dict[str, str]:
    """Settings of a site without database and broker: enough to read pages with."""
    return {
        "DJANGO_SETTINGS_MODULE": "ocrsite.settings",
        "SECRET_KEY": "not-secret-for-it-signs-nothing",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        "VAR_DIR": str(site),
        "MODEL_STORE": str(site / "models"),
        "READ_THREADS": str(threads),
        "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
    }


def stored_pages(site: Path, sources: Sequence[Path]) -> list[Path]:
    """The page images that intake keeps of these files, one each, in the order given."""
    from recognition.ingest.base import Limits
    from recognition.ingest.runner import split_document

    found = []
    for number, source in enumerate(sources):
        (page,) = split_document(source, site / "media" / f"{number:04}", Limits())
        found.append(Path(page.path))
    return found


def _model_name(directory: Path) -> str:
    import yaml

    config = yaml.load((directory / "inference.yml").read_bytes(), Loader=yaml.CSafeLoader)
    return str(config["Global"]["model_name"])


def _tsv_lines(text: str) -> list[Line]:
    """Tesseract's words, put together to its lines."""
    lines: dict[tuple[str, ...], Line] = {}
    for row in csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE):
        place = tuple(row[name] for name in ("page_num", "block_num", "par_num", "line_num"))
        if row["level"] == "4":
            left, top, width, height = (
                float(row[name]) for name in ("left", "top", "width", "height")
            )
            right, bottom = left + width, top + height
            polygon = [[left, top], [right, top], [right, bottom], [left, bottom]]
            lines[place] = {"text": "", "polygon": polygon}
        elif row["level"] == "5" and row["text"].strip():
            line = lines[place]
            line["text"] = f"{line['text']} {row['text']}".strip()
    return [line for line in lines.values() if line["text"]]


def _processor_seconds() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _peak_memory_mb(name: str) -> float:
    """Of this process; of the largest child where the engine is one."""
    who = resource.RUSAGE_CHILDREN if name == "tesseract" else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss / 1024


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@contextmanager
def _answers() -> Iterator[io.TextIOBase]:
    """Standard output for answers alone: whatever libraries print ends on standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        yield out  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.engines", description=__doc__)
    parser.add_argument("name", choices=sorted(READERS))
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    with _answers() as out:

        def answer(content: dict[str, Any]) -> None:
            out.write(json.dumps(content) + "\n")
            out.flush()

        started = time.perf_counter()
        try:
            reader: Reader = READERS[options.name](options.threads, Path(os.environ["MODEL_STORE"]))
        except NotInstalled as error:
            answer({"error": str(error)})
            return
        answer({"seconds": time.perf_counter() - started})
        for request in sys.stdin:
            path = json.loads(request)["image"]
            started, worked = time.perf_counter(), _processor_seconds()
            lines = reader(path)
            answer(
                {
                    "seconds": time.perf_counter() - started,
                    "processor_seconds": _processor_seconds() - worked,
                    "memory_mb": _memory_mb(),
                    "peak_memory_mb": _peak_memory_mb(options.name),
                    "lines": lines,
                }
            )


if __name__ == "__main__":
    main()
