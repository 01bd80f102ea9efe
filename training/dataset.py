"""Freezing labels into a dataset, and writing a dataset's crops out for the trainer."""

import hashlib
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from django.db import transaction
from django.db.models import Count
from PIL import Image

from recognition.crops import crop_sha256, rectify
from recognition.files import local_copy
from recognition.models import DocumentType
from review.models import Label
from review.states import Verdict
from training.exceptions import CropChanged
from training.models import Dataset, DatasetItem
from training.splits import split_of
from training.states import LeftOut

_WITHOUT_TEXT = {
    Verdict.ILLEGIBLE.value: LeftOut.ILLEGIBLE.value,
    Verdict.NOT_TEXT.value: LeftOut.NOT_TEXT.value,
}


@transaction.atomic
def freeze_dataset(*, document_type: DocumentType | None) -> Dataset:
    """The dataset of all current labels of a type (of all types where None), as they stand now.

    Text, crop hash and split are copied in, so that no later correction changes what was learnt
    from. The same content gives the same dataset. A crop labelled twice counts once: the label
    given first stands, and with it its document's split, so no crop is ever in two splits.
    """
    labels = Label.objects.current().select_related("line__page__document").order_by("pk")
    if document_type is not None:
        labels = labels.filter(line__page__document__document_type=document_type)
    items: list[DatasetItem] = []
    seen: set[str] = set()
    for label in labels:
        crop = label.line.crop_sha256
        left_out = _WITHOUT_TEXT.get(label.verdict, "")
        if not left_out and crop in seen:
            left_out = LeftOut.DUPLICATE.value
        if not left_out:
            seen.add(crop)
        document_sha256 = label.line.page.document.sha256
        items.append(
            DatasetItem(
                label=label,
                text=label.text,
                crop_sha256=crop,
                document_sha256=document_sha256,
                split="" if left_out else split_of(document_sha256),
                left_out=left_out,
            )
        )
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


def ledger(dataset: Dataset) -> dict[str, int]:
    """How many labels went into each split or were left out for each reason; sums to all."""
    return {
        row["split"] or row["left_out"]: row["number"]
        for row in dataset.items.values("split", "left_out").annotate(number=Count("pk"))
    }


def write_crops(dataset: Dataset, directory: Path) -> Iterator[tuple[DatasetItem, Path]]:
    """Cut each item that is in a split out of its page into `directory`, as lossless PNG.

    Yields item and path, page by page. Raises CropChanged where a stored page no longer gives the
    pixels that were labelled.
    """
    directory.mkdir(parents=True, exist_ok=True)
    items = (
        dataset.items.filter(left_out="")
        .select_related("label__line__page")
        .order_by("label__line__page_id", "pk")
    )
    for _, of_page in groupby(items, key=lambda item: item.label.line.page_id):
        on_page = list(of_page)
        with local_copy(on_page[0].label.line.page.image) as path, Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        for item in on_page:
            line = item.label.line
            crop = rectify(pixels, [(float(x), float(y)) for x, y in line.polygon])
            if crop_sha256(crop) != item.crop_sha256:
                raise CropChanged(
                    f"The image of {line.page} no longer gives the crop of line "
                    f"{line.position + 1} that was labelled. Restore the image from a backup, "
                    "or have the page read and reviewed again."
                )
            target = directory / f"{item.crop_sha256}.png"
            if not target.exists():
                Image.fromarray(crop).save(target, compress_level=1)
            yield item, target


def _manifest_hash(items: list[DatasetItem]) -> str:
    rows = sorted(
        [item.crop_sha256, item.text, item.split, item.left_out, item.document_sha256]
        for item in items
    )
    canonical = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
