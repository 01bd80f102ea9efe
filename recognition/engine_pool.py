"""The engines of this worker process, loaded after the fork and kept, a few at a time."""

from collections import OrderedDict
from pathlib import Path

from django.conf import settings

from recognition.engines.base import SeeingEngine
from recognition.models import ModelVersion

KEPT = 8
"""Heads are about 1.5 MB each and share one backbone."""

_engines: OrderedDict[str, SeeingEngine] = OrderedDict()


def engine_for(version: ModelVersion) -> SeeingEngine:
    """The engine of a model version, from this process's cache or from the store.

    Raises ModelMissing or ModelCorrupt where the store's files are not what the hash says.
    """
    found = _engines.get(version.sha256)
    if found is None:
        # Here and not above: only a process that reads may load these libraries.
        from recognition.engines.paddle import PaddleEngine
        from recognition.engines.store import load

        found = PaddleEngine(
            load(Path(settings.MODEL_STORE), version.sha256), threads=settings.READ_THREADS
        )
        _engines[version.sha256] = found
        while len(_engines) > KEPT:
            _engines.popitem(last=False)
    _engines.move_to_end(version.sha256)
    return found
