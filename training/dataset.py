"""Freezing labels into a dataset, and writing a dataset's crops out for the trainer."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from PIL import Image as PillowImage

from recognition.crops import Image, crop_sha256, rectify
from recognition.files import local_copy
from recognition.models import DocumentType, Line
from review.models import Label
from review.states import Verdict
from training.exceptions import CropChanged
from training.models import Dataset, DatasetItem, LabelDispute
from training.splits import split_of
from training.states import LeftOut, Split

_WITHOUT_TEXT = {
    Verdict.ILLEGIBLE.value: LeftOut.ILLEGIBLE.value,
    Verdict.NOT_TEXT.value: LeftOut.NOT_TEXT.value,
}


@dataclass(frozen=True, slots=True)
class SortedLabel:
    """A current label and its fate: exactly one of `split` and `left_out` is set."""

    label_id: int
    text: str
    crop_sha256: str
    page_id: int
    document_sha256: str
    split: str
    left_out: str


def sort_labels(document_type: DocumentType | None) -> list[SortedLabel]:
    """Every current label of a type (of all types where None), in a split or left out and why.

    A crop labelled twice counts once: the first of its current labels stands, in the crop's split,
    which is not always its document's (see `homes_of`). A disputed label is not learnt from until
    somebody has looked, but it is measured on: what models doubt must not leave the test that they
    are held to, nor the validation lines that their probabilities are fitted on.
    """
    labels = Label.objects.current().order_by("pk")
    if document_type is not None:
        labels = labels.filter(line__page__document__document_type=document_type)
    disputed = set(LabelDispute.objects.open().values_list("label_id", flat=True))
    rows = list(
        labels.values_list(
            "pk",
            "verdict",
            "text",
            "line__crop_sha256",
            "line__retired_at",
            "line__page_id",
            "line__page__document__sha256",
        )
    )
    homes = homes_of(labels.order_by().values("line__crop_sha256"))
    found: list[SortedLabel] = []
    seen: set[str] = set()
    for label_id, verdict, text, crop, retired_at, page_id, document_sha256 in rows:
        if crop not in homes:
            continue  # its document was filed under another type between the two questions
        left_out = LeftOut.WITHDRAWN.value if retired_at else _WITHOUT_TEXT.get(verdict, "")
        if not left_out and crop in seen:
            left_out = LeftOut.DUPLICATE.value
        split: str = ""
        if not left_out:
            seen.add(crop)
            split = split_of(homes[crop])
            if label_id in disputed and split == Split.TRAIN.value:
                split, left_out = "", LeftOut.DISPUTED.value
        found.append(SortedLabel(label_id, text, crop, page_id, document_sha256, split, left_out))
    return found


def homes_of(crops: Iterable[str] | QuerySet[Any, Any]) -> dict[str, str]:
    """Of crops the SHA-256 of the document in which each was labelled first; none for the others.

    A crop is in that document's split for ever: labels of all types count, whatever they say, and
    those that were superseded or whose line is gone. Of the labels that stand now the first may be
    another tomorrow, and a crop that was learnt from would be tested on.
    """
    first = (
        Label.objects.filter(line__crop_sha256__in=crops)
        .order_by("line__crop_sha256", "pk")
        .distinct("line__crop_sha256")
    )
    return dict(first.values_list("line__crop_sha256", "line__page__document__sha256"))


@transaction.atomic
def freeze_dataset(*, document_type: DocumentType | None) -> Dataset:
    """The dataset of all current labels of a type (of all types where None), as they stand now.

    Text, crop hash and split are copied in, so that no later correction changes what was learnt
    from. The same content gives the same dataset.
    """
    items = [
        DatasetItem(
            label_id=label.label_id,
            text=label.text,
            crop_sha256=label.crop_sha256,
            document_sha256=label.document_sha256,
            split=label.split,
            left_out=label.left_out,
        )
        for label in sort_labels(document_type)
    ]
    dataset, created = Dataset.objects.get_or_create(
        document_type=document_type,
        manifest_sha256=_manifest_hash(items),
        defaults={"label_count": len(items)},
    )
    if created:
        for item in items:
            item.dataset = dataset
        DatasetItem.objects.bulk_create(items, batch_size=2_000)
    return dataset


def write_crops(dataset: Dataset, directory: Path) -> Iterator[tuple[DatasetItem, Path]]:
    """Cut each item that is in a split out of its page into `directory`, as lossless PNG.

    Yields item and path, page by page. Raises CropChanged where a stored page no longer gives the
    pixels that were labelled.
    """
    directory.mkdir(parents=True, exist_ok=True)
    items = list(
        dataset.items.filter(left_out="")
        .select_related("label__line__page__document__document_type")
        .order_by("label__line__page_id", "pk")
    )
    crops = cut_crops(item.label.line for item in items)
    for item, crop in zip(items, crops, strict=True):
        target = directory / f"{item.crop_sha256}.png"
        PillowImage.fromarray(crop).save(target, compress_level=1)  # one that is there may be half
        yield item, target


def cut_crops(lines: Iterable[Line]) -> Iterator[Image]:
    """Each line's crop, uint8 [H, W, 3] RGB; a page is opened once for those that stand together.

    Raises CropChanged where a stored page no longer gives the line's pixels.
    """
    for _, of_page in groupby(lines, key=lambda line: line.page_id):
        on_page = list(of_page)
        with local_copy(on_page[0].page.image) as path, PillowImage.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        for line in on_page:
            crop = rectify(pixels, [(float(x), float(y)) for x, y in line.polygon])
            if crop_sha256(crop) != line.crop_sha256:
                raise CropChanged(
                    f"The image of {line.page} no longer gives the crop of line "
                    f"{line.position + 1} that was labelled. Restore the image from a backup, "
                    "or have the page read and reviewed again."
                )
            yield crop


def _manifest_hash(items: list[DatasetItem]) -> str:
    rows = sorted(
        [item.crop_sha256, item.text, item.split, item.left_out, item.document_sha256]
        for item in items
    )
    canonical = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
