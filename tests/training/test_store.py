import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from recognition.calibration import SHIPPED
from recognition.engines import graphs, store, weights
from recognition.engines.blobs import canonical_json, sweep_temporary
from recognition.engines.dictionary import dictionary_bytes, parse_dictionary
from recognition.engines.store import ModelCorrupt, ModelFiles, ModelMissing

CALIBRATION = SHIPPED.to_json().encode()
TINY = {
    "model.json": canonical_json(
        {
            "kind": "base",
            "name": "Tiny",
            "parent": None,
            "base": None,
            "preprocessing_version": "1",
            "calibration_version": "1",
        }
    ),
    **{
        name: name.encode()
        for name in (
            store.BACKBONE,
            store.HEAD,
            store.DETECTOR,
            store.DETECTOR_CONFIG,
            store.RECOGNISER_CONFIG,
            store.DICTIONARY,
            store.CALIBRATION,
        )
    },
}


def damage(path: Path) -> None:
    """Change one byte in place, as a failing disk does."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def child(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])


def test_the_halves_give_what_the_whole_gives(base):
    whole = onnxruntime.InferenceSession(weights.package_files()["recogniser"])
    backbone = onnxruntime.InferenceSession(str(base.backbone))
    head = onnxruntime.InferenceSession(str(base.head))
    for width in (320, 489):
        x = np.random.default_rng(width).normal(size=(2, 3, 48, width)).astype(np.float32)
        (expected,) = whole.run(None, {"x": x})
        (features,) = backbone.run(None, {"x": x})
        (actual,) = head.run(None, {"features": features})
        assert features.shape == (2, width // 8, 384)
        assert np.abs(expected - actual).max() < 1e-5


def test_a_base_installed_again_is_the_same_and_quick(base):
    started = time.monotonic()
    assert store.install_base(base.store) == base
    assert time.monotonic() - started < 2
    assert (base.kind, base.parent, base.base) == ("base", None, base.sha256)
    assert len(base.characters()) == 18_708


def test_processes_that_install_at_once_agree(own_store):
    code = (
        "import sys, pathlib; from recognition.engines.store import install_base;"
        "install_base(pathlib.Path(sys.argv[1]))"
    )
    children = [child(code, own_store) for _ in range(3)]
    assert [process.wait(120) for process in children] == [0, 0, 0]
    versions = [path for path in own_store.iterdir() if len(path.name) == 64]
    assert len(versions) == 1
    assert not list((own_store / "tmp").iterdir())
    assert store.load(own_store, versions[0].name).name == weights.NAME


def test_a_version_is_named_by_its_content(own_store):
    first = store.save_version(own_store, TINY)
    assert store.save_version(own_store, TINY) == first
    other = store.save_version(own_store, {**TINY, store.HEAD: b"another"})
    assert other != first
    assert (own_store / first / store.BACKBONE).samefile(own_store / other / store.BACKBONE)
    assert not os.access(own_store / first / store.HEAD, os.W_OK) or os.geteuid() == 0


@pytest.mark.parametrize("name", [*TINY, store.MANIFEST])
def test_a_damaged_file_is_never_handed_out(own_store, name):
    sha256 = store.save_version(own_store, TINY)
    store.load(own_store, sha256)
    damage(own_store / sha256 / name)
    with pytest.raises(ModelCorrupt, match=sha256[:12]):
        store.load(own_store, sha256)


@pytest.mark.parametrize("name", [*TINY, store.MANIFEST])
def test_a_lost_file_is_named(own_store, name):
    sha256 = store.save_version(own_store, TINY)
    (own_store / sha256 / name).unlink()
    with pytest.raises(ModelMissing, match=sha256[:12]):
        store.load(own_store, sha256)


def test_an_unknown_version_is_missing(own_store):
    with pytest.raises(ModelMissing):
        store.load(own_store, "0" * 64)


def test_a_manifest_that_lies_about_its_name_is_corrupt(own_store):
    sha256 = store.save_version(own_store, TINY)
    manifest = own_store / sha256 / store.MANIFEST
    rest = json.loads(manifest.read_bytes())
    rest["files"][store.HEAD] = "0" * 64
    manifest.chmod(0o644)
    manifest.write_bytes(canonical_json(rest))
    with pytest.raises(ModelCorrupt):
        store.load(own_store, sha256)


def test_installing_again_mends_a_damaged_base_and_its_heads(own_store):
    base = store.install_base(own_store)
    head = _copy_of(base)
    damage(base.backbone)
    (base.directory / store.HEAD).unlink()
    with pytest.raises(ModelCorrupt):
        store.load(own_store, head.sha256)
    assert store.install_base(own_store) == base
    assert store.load(own_store, head.sha256) == head


def test_a_head_stands_on_its_parents_backbone(base):
    head = _copy_of(base)
    assert (head.kind, head.parent, head.base) == ("head", base.sha256, base.sha256)
    assert head.backbone.samefile(base.backbone)
    assert head.dictionary_sha256 == base.dictionary_sha256
    second = store.save_head(
        base.store,
        head.sha256,
        b"head",
        ["a"],
        CALIBRATION,
        {"name": "Second"},
    )
    assert (second.parent, second.base) == (head.sha256, base.sha256)


def test_a_killed_writer_leaves_only_whole_versions(own_store):
    code = (
        "import itertools, pathlib, sys; from tests.training.test_store import TINY, store;"
        "[store.save_version(pathlib.Path(sys.argv[1]), {**TINY, 'head.onnx': b'%d' % n})"
        " for n in itertools.count()]"
    )
    process = child(code, own_store)
    deadline = time.monotonic() + 60
    while len(_versions(own_store)) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    found = _versions(own_store)
    assert len(found) >= 20
    assert {store.load(own_store, name).name for name in found} == {"Tiny"}
    sweep_temporary(own_store, older_than_seconds=-1)
    assert not list((own_store / "tmp").iterdir())


def test_a_dictionary_comes_back_as_it_was():
    characters = ["a", "\u3000", "\u2028", "\u0303", "\x85", "ꝛ"]
    assert parse_dictionary(dictionary_bytes(characters)) == tuple(characters)
    for wrong in (["a", "a"], [" "], [""], ["\n"]):
        with pytest.raises(ValueError, match="dictionary"):
            dictionary_bytes(wrong)


def test_weights_of_the_wrong_shape_are_refused(base):
    head = onnx.load(str(base.head))
    arrays = graphs.head_weights(head)
    with pytest.raises(graphs.GraphError, match="weights"):
        graphs.replace_head_weights(head, arrays[:-1])
    with pytest.raises(graphs.GraphError, match="shape"):
        graphs.replace_head_weights(head, [arrays[0][:, :-1], *arrays[1:]])


def test_an_export_never_overwrites(base, tmp_path):
    target = tmp_path / "exported"
    store.export_paddleocr(base.store, base.sha256, target)
    assert sorted(path.name for path in target.iterdir()) == ["inference.onnx", "inference.yml"]
    with pytest.raises(OSError, match="exported"):
        store.export_paddleocr(base.store, base.sha256, target)
    assert [path.name for path in tmp_path.iterdir()] == ["exported"]


def _copy_of(base: ModelFiles) -> ModelFiles:
    return store.save_head(
        base.store,
        base.sha256,
        base.head.read_bytes(),
        base.characters(),
        CALIBRATION,
        {"name": "Copy"},
    )


def _versions(place: Path) -> list[str]:
    return [path.name for path in place.iterdir() if len(path.name) == 64] if place.is_dir() else []
