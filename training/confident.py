"""Lines that nobody labelled and the model is nearly sure of: real scans beside labels.

They are of accepted pages whose document is in the training split, and no label puts their crop
into another, so nothing that is measured on is ever learnt from. What the model read on them is
taken for the truth: it keeps a network from forgetting, and teaches it nothing new.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from django.db.models import F
from PIL import Image

from recognition.crops import crop_sha256, rectify
from recognition.files import local_copy
from recognition.models import Prediction
from training.dataset import homes_of
from training.job import Item
from training.splits import split_of

SURE = 0.99
"""Calibrated probability from which a line counts as read right."""
_LOOKED_AT = 20_000  # of the newest lines; drawing from all of them would sort the whole table


def confident_lines(count: int, seed: int) -> list[Prediction]:
    """Up to `count` such lines, drawn from the newest ones, page by page."""
    rows = (
        Prediction.objects.of_accepted_pages()
        .filter(confidence__gte=SURE, line__page__model_version=F("model_version"))
        .exclude(text="")
        .order_by("-pk")
        .values_list("pk", "line__crop_sha256", "line__page__document__sha256")[:_LOOKED_AT]
    )
    own = [(pk, crop) for pk, crop, document in rows if split_of(document) == "train"]
    homes = homes_of([crop for _, crop in own])
    usable = [pk for pk, crop in own if crop not in homes or split_of(homes[crop]) == "train"]
    chosen = random.Random(seed).sample(usable, min(count, len(usable)))
    return list(
        Prediction.objects.filter(pk__in=chosen)
        .select_related("line__page__document")
        .order_by("line__page_id", "pk")
    )


def write_confident(folder: Path, count: int, seed: int) -> Iterator[Item]:
    """Cut such lines out of their pages into `folder`/beside, as items of a job."""
    (folder / "beside").mkdir(parents=True, exist_ok=True)
    lines = confident_lines(count, seed)
    for _, of_page in groupby(lines, key=lambda found: found.line.page_id):
        on_page = list(of_page)
        page = on_page[0].line.page
        with local_copy(page.image) as path, Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        for found in on_page:
            polygon = [(float(x), float(y)) for x, y in found.line.polygon]
            crop = rectify(pixels, polygon)
            sha256 = crop_sha256(crop)
            Image.fromarray(crop).save(folder / "beside" / f"{sha256}.png", compress_level=1)
            yield Item(
                crop=f"beside/{sha256}.png",
                text=found.text,
                split="train",
                document=page.document.sha256,
                crop_sha256=sha256,
                label_id=f"line {found.line_id}",
            )
