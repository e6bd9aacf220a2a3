"""Results and what else is a value leave their process: pickled, copied, in tables, in pools."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

import jupyter_imagegen as imagegen
from jupyter_imagegen.errors import DamagedPictureError, DetachedError, ImagegenError

COPIES = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "replace": dataclasses.replace,
}


@pytest.fixture
def result(session):
    return session.generate("a boat", n=2, alt="a boat at sea")


@pytest.mark.parametrize("how", COPIES)
def test_a_copied_result_is_equal_and_does_all_that_the_first_did(result, how, tmp_path, session):
    twin = COPIES[how](result)
    assert (twin, hash(twin), twin.alt, twin.picture_keys) == (
        result,
        hash(result),
        result.alt,
        result.picture_keys,
    )
    for one, other in zip(twin.images, result.images, strict=True):
        assert (one, one.bytes, one.pil.size, one.preview.mime) == (
            other,
            other.bytes,
            other.pil.size,
            other.preview.mime,
        )
    assert twin.save(f"{how}.png")[0].read_bytes() == result.images[0].bytes
    assert twin.images[1].save(f"{how}-own.png").read_bytes() == result.images[1].bytes
    assert "a boat at sea" in twin._repr_mimebundle_()[0]["text/html"]
    assert twin.edit("make it winter").images[0].bytes != result.images[0].bytes


def test_a_pickle_holds_neither_the_session_nor_the_picture(session, result):
    data = pickle.dumps(result)
    assert len(data) < 5000
    assert b"Session" not in data
    assert b"sqlite" not in data


AWAY = """
import pickle, sys
result = pickle.load(sys.stdin.buffer)
image = result.images[0]
assert len(image.bytes) == image.size_bytes and image.pil.size == (image.width, image.height)
assert image.preview.data and image.path.is_file()
assert image.save("away.png").is_file() and result.save("two.png")
assert "image/png" in result._repr_mimebundle_()[0] or "image/jpeg" in result._repr_mimebundle_()[0]
assert result.edit("make it winter", provider="demo").images
import os; os.environ["GONE"] = "1"
image.path.unlink()
import jupyter_imagegen.errors
try: image.bytes
except jupyter_imagegen.errors.StoreError as exc: print(exc)
"""


def test_in_another_process_of_the_same_store_it_works_and_a_lost_picture_is_named(result, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", AWAY],
        input=pickle.dumps(result),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.stderr.decode() == ""
    assert f"the picture {result.images[0].path} cannot be read from here" in ran.stdout.decode()


def test_a_picture_that_was_changed_on_disk_is_not_believed(result):
    twin = pickle.loads(pickle.dumps(result))
    path = result.images[0].path
    path.chmod(0o600)
    path.write_bytes(b"something else")
    with pytest.raises(DamagedPictureError, match="no longer what was received"):
        _ = twin.images[0].bytes


def test_a_picture_that_no_store_keeps_takes_its_bytes_along(session, result):
    from jupyter_imagegen.imaging import inspect

    data = result.images[0].bytes
    unkept = session.workshop.storage.pictures.unkept(data=data, inspected=inspect(data))
    for made in COPIES.values():
        assert (made(unkept).bytes, made(unkept).preview.mime) == (data, unkept.preview.mime)


def test_a_recorded_picture_takes_its_bytes_along(session, new_session, tmp_path, monkeypatch):
    session.generate("a boat")
    session.cassettes.add(["last"], to=str(tmp_path / "a.cassette"))
    monkeypatch.setenv("IMAGEGEN_CASSETTE", str(tmp_path / "a.cassette"))
    monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "replay")
    recorded = new_session().generate("a boat")
    assert recorded.recorded
    data = pickle.dumps(recorded)
    deep = copy.deepcopy(recorded)
    assert deep.images[0].bytes == recorded.images[0].bytes
    (tmp_path / "a.cassette").unlink()
    assert pickle.loads(data).images[0].bytes
    assert pickle.loads(data).images[0].preview.data


def test_a_picture_of_a_temporary_store_takes_its_bytes_along(new_session, server, monkeypatch, tmp_path):
    from jupyter_imagegen.storage import open_temporary_storage

    session = new_session()
    temporary = open_temporary_storage(now=session.workshop.now, session="t")
    data = session.generate("a boat").images[0].bytes
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.imaging import inspect

    image = temporary.pictures.keep(
        key="a" * 64, namespace=None, provider="demo", data=data, inspected=inspect(data),
        request=GenerateRequest(model="m", prompt="p", size="1024x1024", quality="low"),
    )  # fmt: skip
    sent = pickle.dumps(image)
    temporary.close()
    assert pickle.loads(sent).bytes == data


def test_to_dict_is_what_a_table_takes(session, result):
    known = result.to_dict()
    assert json.loads(json.dumps(known)) == known
    assert (known["key"], known["provider"], known["model"]) == (result.key, "openai", result.request.model)
    assert (known["request"]["prompt"], known["request"]["operation"]) == ("a boat", "generate")
    assert known["cost"]["usd"] == format(result.cost.usd, "f")
    assert known["usage"]["image_output"] == result.usage.image_output
    first = known["images"][0]
    assert (first["digest"], first["path"], first["mime"]) == (
        result.images[0].digest, str(result.images[0].path), "image/png",
    )  # fmt: skip
    edited = result.edit("make it winter").to_dict()
    assert edited["request"]["inputs"]["images"] == [result.images[0].digest]
    assert b"PNG" not in json.dumps(edited).encode()
    assert dataclasses.asdict(result)["images"][0]["digest"] == result.images[0].digest


def test_every_value_that_the_api_returns_can_be_sent(session, result):
    values = {
        "estimate": session.estimate("a boat"),
        "costs": session.accounts.costs(),
        "history": session.accounts.history(),
        "entry": session.accounts.entry("last"),
        "budgets": session.accounts.budget(5, per="day"),
        "settings": session.configure(quality="low"),
        "usage": result.usage,
        "request": result.request,
    }
    for name, value in values.items():
        assert (name, pickle.loads(pickle.dumps(value)), copy.deepcopy(value)) == (name, value, value)


def subclasses(kind):
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


@pytest.mark.parametrize("kind", [ImagegenError, *subclasses(ImagegenError)], ids=lambda kind: kind.__name__)
def test_every_error_comes_back_from_another_process_as_it_was(kind):
    """One that cannot be made again breaks the whole pool."""
    exc = kind() if kind is DetachedError else kind("it went wrong", hint="do this")
    twin = pickle.loads(pickle.dumps(exc))
    assert (type(twin), str(twin), vars(twin)) == (kind, str(exc), vars(exc))
    assert str(copy.copy(exc)) == str(exc)


@pytest.mark.parametrize("what", ["session", "workshop", "job", "storage", "accounts"])
def test_a_copy_that_is_refused_leaves_nothing_half_made(session, what, recwarn, monkeypatch):
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    things = {
        "session": lambda: session, "workshop": lambda: session.workshop, "storage": lambda: session.workshop.storage,
        "accounts": lambda: session.accounts, "job": lambda: session.submit("a boat", provider="demo"),
    }  # fmt: skip
    thing = things[what]()
    for way in (pickle.dumps, copy.deepcopy, copy.copy):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            way(thing)
    gc.collect()
    assert ignored == []


def in_the_pool(prompt):
    return imagegen.generate(prompt, provider="demo", size="816x816")


def refused_in_the_pool(prompt):
    raise DetachedError


def test_a_result_comes_out_of_a_pool(home, monkeypatch):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as workers:
        result = workers.submit(in_the_pool, "a boat").result(60)
        with pytest.raises(DetachedError):
            workers.submit(refused_in_the_pool, "a boat").result(60)
    assert result.images[0].bytes
    assert result.images[0].path.is_relative_to(home)


def test_a_result_outlives_its_session(new_session, server):
    session = new_session()
    result = session.generate("a boat")
    session.close()
    del session
    gc.collect()
    assert pickle.loads(pickle.dumps(result)).images[0].bytes
    assert result.images[0].path.is_file()
