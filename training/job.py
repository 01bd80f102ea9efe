"""A training job's folder: what the trainer is given, and what it leaves behind.

job.json     in   {"store", "base_sha256", "active_sha256"?, "name"?, "depth"?, "settings"?,
                  "items", "beside"?, "features"?, "known"?}
crops/       in   one PNG a line, as `recognition.crops.rectify` cut it
progress.jsonl    out  one line of JSON a step worth telling, flushed
result.json       out  written once, by rename
checkpoint.npz    out  where a training of the whole network would go on; see `training.checkpoint`
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image as PillowImage

from recognition.character_sets import CharacterSet
from recognition.crops import Image, crop_sha256
from recognition.engines.blobs import canonical_json, sha256_of
from training.settings import Depth, NetworkSettings, SettingsError, TrainSettings, settings_of
from training.splits import Split


class JobError(ValueError):
    """The job cannot be run as it stands; the message names what is wrong."""

    code = "bad_job"


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled line. `crop` is a path within the job's folder, `text` in logical order.

    A settled label was looked at by a second person: no model may dispute it again. The character
    set is what the line's document type is read with.
    """

    crop: str
    text: str
    split: Split
    document: str
    crop_sha256: str
    label_id: int | str
    settled: bool = False
    character_set: str = CharacterSet.FULL


@dataclass(frozen=True, slots=True)
class Job:
    """A dataset, the version to train from, the version to compare with, and settings.

    `beside` are lines that no person labelled, for the whole network to learn from as well.
    `features` is where lines' features are kept from one run to the next, None for nowhere.
    `known` is how many of the training lines the version to train from has learnt from.
    """

    folder: Path
    store: Path
    base_sha256: str
    active_sha256: str
    name: str
    settings: TrainSettings | NetworkSettings
    items: tuple[Item, ...]
    depth: Depth = "head"
    beside: tuple[Item, ...] = ()
    features: Path | None = None
    known: int = 0

    @property
    def head_settings(self) -> TrainSettings:
        """Those of a head's job. Raises JobError for another."""
        if not isinstance(self.settings, TrainSettings):
            raise JobError("This job trains the whole network, not a head.")
        return self.settings

    @property
    def network_settings(self) -> NetworkSettings:
        """Those of a whole network's job. Raises JobError for another."""
        if not isinstance(self.settings, NetworkSettings):
            raise JobError("This job trains a head, not the whole network.")
        return self.settings

    def dataset_sha256(self) -> str:
        """Identity of what is learnt from and tested on, whatever the labels' numbers."""
        rows = sorted(
            [item.split, item.document, item.crop_sha256, item.text] for item in self.items
        )
        return sha256_of(canonical_json(rows))


def read_job(folder: Path) -> Job:
    """Read and check job.json. Raises JobError."""
    try:
        raw = json.loads((folder / "job.json").read_bytes())
        _refuse_unknown("job.json", raw, _JOB_KEYS)
        depth = raw.get("depth", "head")
        if depth not in get_args(Depth):
            raise JobError(f"job.json has the unknown depth {depth!r}.")
        return Job(
            folder=folder,
            store=Path(raw["store"]),
            base_sha256=str(raw["base_sha256"]),
            active_sha256=str(raw.get("active_sha256") or raw["base_sha256"]),
            name=str(raw.get("name") or "Head"),
            settings=settings_of(depth, raw.get("settings", {})),
            items=tuple(_item(row) for row in raw["items"]),
            depth=depth,
            beside=tuple(_item(row) for row in raw.get("beside", ())),
            features=Path(raw["features"]) if raw.get("features") else None,
            known=int(raw.get("known", 0)),
        )
    except FileNotFoundError as error:
        raise JobError(f"{folder} has no job.json.") from error
    except KeyError as error:
        raise JobError(f"job.json lacks {error}.") from error
    except (TypeError, AttributeError, json.JSONDecodeError) as error:
        raise JobError(f"job.json is not a job: {error}.") from error
    except SettingsError as error:
        raise JobError(str(error)) from error


def depth_of(folder: Path) -> Depth:
    """What the folder's job trains; a head where that cannot be told."""
    try:
        return read_job(folder).depth
    except JobError:
        return "head"


def read_crop(job: Job, item: Item) -> Image:
    """The line's crop, uint8 [H, W, 3] RGB. Raises JobError where it is not the labelled one."""
    path = (job.folder / item.crop).resolve()
    if not path.is_relative_to(job.folder.resolve()):
        raise JobError(f"The crop {item.crop} lies outside the job's folder.")
    try:
        with PillowImage.open(path) as image:
            crop = np.asarray(image.convert("RGB"), dtype=np.uint8)
    except OSError as error:
        raise JobError(f"The crop of label {item.label_id} cannot be read: {error}.") from error
    if crop_sha256(crop) != item.crop_sha256:
        raise JobError(f"The crop of label {item.label_id} is not the one that was labelled.")
    return crop


@dataclass(frozen=True, slots=True)
class Progress:
    """Appends to progress.jsonl; every line is complete and flushed."""

    folder: Path

    def tell(self, stage: str, step: int, of: int, **figures: float | None) -> None:
        row = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "stage": stage,
            "step": step,
            "of": of,
            **{name: _json_number(value) for name, value in figures.items()},
        }
        with (self.folder / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def write_result(folder: Path, result: Mapping[str, Any]) -> None:
    """Write result.json in one rename, so that a reader sees all of it or none."""
    draft = folder / "result.json.part"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(result, file, ensure_ascii=False, indent=1, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / "result.json")


def write_job(
    folder: Path,
    *,
    store: Path,
    base_sha256: str,
    items: Sequence[Item],
    settings: TrainSettings | NetworkSettings | None = None,
    active_sha256: str | None = None,
    name: str = "Head",
    beside: Sequence[Item] = (),
    features: Path | None = None,
    known: int = 0,
) -> None:
    """Write job.json for a trainer, in one rename; the crops are the caller's to write.

    The settings' kind says whether a head or the whole network is trained.
    """
    job = {
        "store": str(store),
        "base_sha256": base_sha256,
        "active_sha256": active_sha256 or base_sha256,
        "name": name,
        "depth": "network" if isinstance(settings, NetworkSettings) else "head",
        "settings": (settings or TrainSettings()).as_dict(),
        "items": [asdict(item) for item in items],
        "beside": [asdict(item) for item in beside],
        "features": str(features) if features else None,
        "known": known,
    }
    draft = folder / "job.json.part"
    draft.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    draft.replace(folder / "job.json")


_JOB_KEYS = frozenset(
    {
        *("store", "base_sha256", "active_sha256", "name"),
        *("depth", "settings", "items", "beside", "features", "known"),
    }
)
_ITEM_KEYS = frozenset(field.name for field in fields(Item))


def _item(row: Mapping[str, Any]) -> Item:
    _refuse_unknown("An item", row, _ITEM_KEYS)
    item = Item(**row)
    if item.split not in get_args(Split):
        raise JobError(f"Label {item.label_id} has the unknown split {item.split!r}.")
    if item.character_set not in set(CharacterSet):
        raise JobError(
            f"Label {item.label_id} has the unknown character set {item.character_set!r}."
        )
    return item


def _refuse_unknown(what: str, row: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(row) - known)
    if unknown:
        raise JobError(f"{what} has unknown entries: {', '.join(unknown)}.")


def _json_number(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
