"""A batch as JSON: every line with its text, and everything that made it.

{"format", "version", "batch", "document_type", "exported_at", "complete", "counts", "models",
"documents": [{..., "pages": [{..., "lines": [...]}]}]}. Polygons are four [x, y] in pixels of the
stored page image, clockwise from the text's top left. A model is named by its SHA-256; what that
stands for is under "models". A label without text says why in its verdict.
"""

import json
from collections.abc import Iterator
from typing import Any

from recognition.models import Batch, Document
from review.exports.rows import LineRow, PageRow, Summary, documents_of, pages_of, summarise

FORMAT = "ocr-review-batch"
VERSION = 1


def write(batch: Batch) -> Iterator[str]:
    """The export in pieces, a page each, so that no batch is too large for the memory."""
    yield _dumps(_head(summarise(batch)))[:-1] + ',\n"documents": ['
    for index, document in enumerate(documents_of(batch)):
        yield ("," if index else "") + "\n" + _dumps(_document(document))[:-1] + ', "pages": ['
        for number, row in enumerate(pages_of(document)):
            yield ("," if number else "") + "\n" + _dumps(_page(row))
        yield "]}"
    yield "\n]}\n"


def _dumps(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _head(summary: Summary) -> dict[str, Any]:
    batch = summary.batch
    return {
        "format": FORMAT,
        "version": VERSION,
        "batch": {
            "id": batch.pk,
            "name": batch.name,
            "created_at": batch.created_at.isoformat(),
            "created_by": batch.created_by.get_username(),
        },
        "document_type": {"id": batch.document_type_id, "name": batch.document_type.name},
        "exported_at": summary.exported_at.isoformat(),
        "complete": summary.complete,
        "counts": {"documents": summary.documents, "pages": summary.pages},
        "models": {
            model.sha256: {
                "name": model.name,
                "kind": model.kind,
                "dictionary_sha256": model.dictionary_sha256,
                "preprocessing_version": model.preprocessing_version,
                "calibration_version": model.calibration_version,
            }
            for model in summary.models
        },
    }


def _document(document: Document) -> dict[str, Any]:
    first = document.duplicate_of
    return {
        "id": document.pk,
        "filename": document.filename,
        "sha256": document.sha256,
        "size_bytes": document.size_bytes,
        "media_type": document.media_type,
        "status": document.status,
        "failure": _failure(document.failure_code, document.failure_message),
        "duplicate_of": first
        and {"id": first.pk, "filename": first.filename, "batch": first.batch_id},
    }


def _page(row: PageRow) -> dict[str, Any]:
    page, decision, review = row.page, row.decision, row.review
    return {
        "id": page.pk,
        "number": page.number,
        "status": page.status,
        "failure": _failure(page.failure_code, page.failure_message),
        "width": page.width,
        "height": page.height,
        "image_sha256": page.sha256,
        "text_source": page.text_source,
        "read_at": page.read_at and page.read_at.isoformat(),
        "model": page.model_version and page.model_version.sha256,
        "routing": decision
        and {
            "outcome": decision.outcome,
            "rule": decision.rule,
            "threshold": decision.threshold,
            "line": decision.line and decision.line.position,
            "probability": decision.probability,
            "weak_lines": decision.weak_lines,
            "model": decision.model_version.sha256,
            "at": decision.at.isoformat(),
        },
        "review": review
        and {
            "kind": review.kind,
            "reviewer": review.done_by and review.done_by.get_username(),
            "at": review.done_at and review.done_at.isoformat(),
            "seconds": review.seconds,
        },
        "lines": [_line(line) for line in row.lines],
    }


def _line(row: LineRow) -> dict[str, Any]:
    read, label = row.prediction, row.label
    return {
        "id": row.line.pk,
        "position": row.line.position,
        "block": row.line.block,
        "polygon": row.line.polygon,
        "text": row.text,
        "source": row.source,
        "prediction": read
        and {
            "text": read.text,
            "probability": read.confidence,
            "raw_score": read.raw_score,
            "model": read.model_version.sha256,
            "model_name": read.model_version.name,
            "dictionary_sha256": read.dictionary_sha256,
            "character_set": read.character_set,
            "preprocessing_version": read.preprocessing_version,
            "calibration_version": read.calibration_version,
            "at": read.at.isoformat(),
        },
        "label": label
        and {
            "verdict": label.verdict,
            "text": label.text,
            "reviewer": label.reviewer.get_username(),
            "at": label.created_at.isoformat(),
            "seconds": label.seconds,
        },
    }


def _failure(code: str, message: str) -> dict[str, str] | None:
    return {"code": code, "message": message} if code else None
