"""`python -m bench.fuzz --mutations 10000 --json FILE`: damaged files against the decoder.

Valid files of every format are changed at random, but by a fixed seed, and split as an upload is:
the same checks, and the same child code under the same limits. The child is forked from this
process, which has loaded the decoders already, so a mutation costs milliseconds. Every file has
to end as pages or as one of the site's own errors; those over which the child broke down, ran out
of time or of memory are listed by number, and `--only N` makes and tries that one again.
"""

import argparse
import io
import json
import os
import platform
import random
import select
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from recognition.ingest import child
from recognition.ingest import pdf as _pdf  # noqa: F401  loaded before the first fork
from recognition.ingest.base import MEBIBYTE, ErrorCode, IngestError, Limits
from recognition.ingest.image import register_heic
from recognition.ingest.runner import check_type, split_document, understand, unpack_archive
from recognition.ingest.sniff import MediaType

# As the site sets them, but for the time: a file that takes longer is worth a look.
LIMITS = Limits(max_memory_bytes=1500 * MEBIBYTE, max_seconds=20.0, render_dpi=100)
HEAD_BYTES = 512  # where headers stand: half of all changes go there
EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
TELLING = frozenset({ErrorCode.CRASHED, ErrorCode.TIMEOUT, ErrorCode.OUT_OF_MEMORY})


@dataclass
class Tally:
    """How many files ended in each way, and those that deserve a look."""

    ends: dict[str, Counter[str]] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    unclear: int = 0
    peak_bytes: int = 0
    slowest_seconds: float = 0.0
    tried: int = 0


class ForkedDecoder:
    """Runs the child's program in a fork of this process; `peak_bytes` is its resident memory."""

    def __init__(self) -> None:
        register_heic()
        self.peak_bytes = 0

    def __call__(
        self, source: Path, work: Path, media_type: MediaType, limits: Limits
    ) -> dict[str, Any]:
        """As `runner.run_child`."""
        request: dict[str, object] = {
            "source": str(source),
            "directory": str(work),
            "media_type": media_type,
            "limits": asdict(limits),
            "parent": os.getpid(),
        }
        reads, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_the_child(request, writes)
        os.close(writes)
        said = _listen(reads, pid, limits.max_seconds)
        _, status, usage = os.wait4(pid, 0)
        self.peak_bytes = max(self.peak_bytes, usage.ru_maxrss * 1024)
        # The wall clock's end counts as the processor's: both are a timeout.
        code = -signal.SIGXCPU if said is None else os.waitstatus_to_exitcode(status)
        return understand(said or b"", code, limits)


def _be_the_child(request: dict[str, object], writes: int) -> None:
    """Answer like the child, and end without any of this process's own clearing up."""
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(writes, "w", encoding="utf-8") as out:
            json.dump(child.answer(request), out)
        status = 0
    finally:
        os._exit(status)


def _listen(reads: int, pid: int, seconds: float) -> bytes | None:
    """What the child says until it ends; None where it had to be stopped."""
    deadline = time.monotonic() + seconds
    said = b""
    with os.fdopen(reads, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                return None
            chunk = pipe.read(65536)
            if not chunk:
                return said
            said += chunk


def seeds() -> dict[str, bytes]:
    """A small valid file of every kind that the site takes."""
    register_heic()
    image = Image.effect_noise((90, 60), 60).convert("RGB")
    ImageDraw.Draw(image).text((5, 20), "Dear Sir", fill="black")
    grey, ink = image.convert("L"), image.convert("1")

    def written(picture: Image.Image, kind: str, **options: Any) -> bytes:
        out = io.BytesIO()
        picture.save(out, kind, **options)
        return out.getvalue()

    made = {
        "png": written(image, "PNG"),
        "png-palette": written(image.quantize(16), "PNG", transparency=0),
        "jpeg": written(image, "JPEG"),
        "jpeg-cmyk": written(image.convert("CMYK"), "JPEG", progressive=True),
        "tiff": written(image, "TIFF", compression="tiff_lzw", save_all=True, append_images=[grey]),
        "tiff-fax": written(ink, "TIFF", compression="group4"),
        "bmp": written(image, "BMP"),
        "bmp-palette": written(image.quantize(200), "BMP"),
        "webp": written(image, "WEBP"),
        "webp-lossless": written(image.convert("RGBA"), "WEBP", lossless=True),
        "heic": written(image, "HEIF"),
        "jpeg2000": written(image, "JPEG2000"),
        "jpeg2000-bare": written(grey, "JPEG2000", no_jp2=True),
        "pdf-scan": written(image, "PDF", save_all=True, append_images=[grey]),
        "pdf-text": _text_pdf(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scans/a.png", made["png"])
        archive.writestr("scans/b.pdf", made["pdf-text"])
    return {**made, "zip": packed.getvalue()}


def _text_pdf() -> bytes:
    """A page of text, with a cross-reference table as writers make it."""
    drawing = b"BT /F 12 Tf 20 70 Td (Dear Sir, I write to you) Tj 0 -16 Td (about it.) Tj ET"
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F 5 0 R >> >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(parts) + 1, table)
    return out + b"trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def mutation(number: int, seed: int, valid: dict[str, bytes]) -> tuple[str, bytes]:
    """The kind and the bytes of one damaged file; the same for the same numbers."""
    chance = random.Random(f"{seed}/{number}")
    kind = sorted(valid)[number % len(valid)]
    data = bytearray(valid[kind])
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        reach = HEAD_BYTES if chance.random() < 0.5 else len(data)
        at = chance.randrange(max(1, min(reach, len(data))))
        match chance.randrange(8):
            case 0 | 1:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 2:
                data[at : at + 1] = bytes([(data[at] if at < len(data) else 0) ^ 1 << at % 8])
            case 3:
                width = chance.choice((1, 2, 4))
                order = chance.choice(("big", "little"))
                extreme = chance.choice(EXTREMES) & (1 << 8 * width) - 1
                data[at : at + width] = extreme.to_bytes(width, order)
            case 4:
                del data[at : at + chance.randrange(1, 64)]
            case 5:
                data[at:at] = data[at : at + chance.randrange(1, 64)] * chance.choice((1, 2, 50))
            case 6:
                other = valid[chance.choice(sorted(valid))]
                start = chance.randrange(len(other))
                data[at : at + 64] = other[start : start + 64]
            case _:
                del data[max(1, at) :]
    return kind, bytes(data)


def mutations(numbers: Sequence[int], seed: int) -> Iterator[tuple[int, str, bytes]]:
    """The numbered mutations with their kinds."""
    valid = seeds()
    for number in numbers:
        yield number, *mutation(number, seed, valid)


def corpus(directory: Path) -> Iterator[tuple[int, str, bytes]]:
    """The files below a directory as they are, each a kind of its own."""
    for number, path in enumerate(sorted(path for path in directory.rglob("*") if path.is_file())):
        yield number, str(path.relative_to(directory)), path.read_bytes()


def run(files: Iterator[tuple[int, str, bytes]], max_seconds: float) -> Tally:
    """Try the files, as many as the time allows."""
    decoder, tally = ForkedDecoder(), Tally()
    began = time.monotonic()
    for number, kind, data in files:
        if time.monotonic() - began > max_seconds:
            break
        start = time.monotonic()
        end, detail = _end_of(data, decoder)
        tally.slowest_seconds = max(tally.slowest_seconds, time.monotonic() - start)
        tally.tried += 1
        tally.ends.setdefault(kind, Counter())[end] += 1
        unclear = end not in {"read", *ErrorCode}
        tally.unclear += unclear
        if unclear or end in TELLING:
            tally.listed.append({"number": number, "kind": kind, "end": end, "detail": detail})
    tally.peak_bytes = decoder.peak_bytes
    return tally


def _end_of(data: bytes, decoder: ForkedDecoder) -> tuple[str, str]:
    """How a file ended: "read", an error's code, or the name of what should not have come."""
    with tempfile.TemporaryDirectory() as directory:
        source, out = Path(directory) / "upload", Path(directory) / "out"
        source.write_bytes(data)
        out.mkdir()
        try:
            if check_type(source, LIMITS) is MediaType.ZIP:
                unpack_archive(source, out, LIMITS, decoder)
                return "read", ""
            pages = split_document(source, out, LIMITS, decoder)
        except IngestError as error:
            if list(out.iterdir()) and error.code != ErrorCode.CRASHED:
                return "left something behind", str(error.code)
            return str(error.code), error.detail
        except Exception as error:  # noqa: BLE001  what this looks for
            return type(error).__name__, str(error)
        lies = sorted(path.name for path in out.iterdir())
        stored = sorted(page.path.name for page in pages)
        return ("read", "") if lies == stored else ("files differ from pages", str(lies))


def report(tally: Tally, asked: int, seed: int, seconds: float) -> dict[str, Any]:
    """The figures against the goals."""
    crashes = sum(row["end"] == ErrorCode.CRASHED for row in tally.listed)
    goals = [
        _goal("files tried", tally.tried, asked, "files", tally.tried >= asked),
        _goal("neither read nor a clear error", tally.unclear, 0, "files", tally.unclear == 0),
        _goal("children that broke down", crashes, 0, "files", crashes == 0),
        _goal(
            "peak memory of a child",
            round(tally.peak_bytes / MEBIBYTE, 1),
            1500,
            "MiB",
            tally.peak_bytes < 1500 * MEBIBYTE,
        ),
    ]
    ends = {kind: dict(counts) for kind, counts in sorted(tally.ends.items())}
    facts = {
        "seed": seed,
        "seconds": round(seconds, 1),
        "slowest_seconds": round(tally.slowest_seconds, 2),
        "ends": ends,
        "listed": tally.listed[:200],
    }
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }
    return {"goals": goals, "runs": [facts], "machine": machine}


def _goal(name: str, value: float, goal: float, unit: str, holds: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": goal, "unit": unit, "holds": holds}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print a table, write the JSON; 1 where a goal does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one mutation to try again")
    parser.add_argument("--corpus", type=Path, help="try this folder's files as they are instead")
    parser.add_argument("--max-seconds", type=float, default=3600.0)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    numbers = range(asked.mutations) if asked.only is None else [asked.only]
    files = corpus(asked.corpus) if asked.corpus else mutations(numbers, asked.seed)
    start = time.monotonic()
    tally = run(files, asked.max_seconds)
    most = tally.tried if asked.corpus else len(numbers)
    told = report(tally, most, asked.seed, time.monotonic() - start)
    for kind, counts in told["runs"][0]["ends"].items():
        said = ", ".join(f"{end} {count}" for end, count in sorted(counts.items()))
        print(f"{kind:<15} {said}")
    for row in told["runs"][0]["listed"][:20]:
        print(f"number {row['number']} ({row['kind']}): {row['end']}, {row['detail'][:100]}")
    for goal in told["goals"]:
        mark = "holds" if goal["holds"] else "DOES NOT HOLD"
        print(f"{goal['name']:<32} {goal['value']:>10} of {goal['goal']} {goal['unit']}: {mark}")
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0 if all(goal["holds"] for goal in told["goals"]) else 1


if __name__ == "__main__":
    sys.exit(main())
