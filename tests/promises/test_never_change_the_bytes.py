"""Never change the bytes: originals stay as they were received, and what is no picture never becomes one.

========================================================  ==================================================
fault                                                     test
========================================================  ==================================================
what the server sent, stored, saved, exported, recorded   here: every_copy_is_what_the_server_sent_…
file: bit flipped, cut, empty, swapped, grown, missing    here: a_damaged_file_is_never_shown_…;
                                                          storage/test_images.py: a_damaged_picture_…
preview damaged                                           storage/test_images.py: a_bad_preview_is_never_…
bad base64, HTML, SVG with script, half a PNG, nothing,   here: what_is_no_picture_is_never_stored_or_shown;
a JPEG called PNG, a 900-megapixel PNG                    imaging/test_imaging_inspect.py, each alone
2 GB body, gzip bomb, through a whole call                here: a_flood_costs_neither_the_memory_nor_…
200 with HTML, nothing, broken JSON, a URL only           providers/test_openai/errors.py: an_answer_that_…;
                                                          test_openai_guards.py: an_address_in_an_answer_…
stream without `completed`: clean end, cut, error, JSON   providers/test_openai_streams.py: a_stream_without_…
a partial is never stored, saved or billed as a result    test_purchase.py: a_stream_that_ends_with_a_partial_…
input pictures: bytes read once, so digest = upload       test_sources.py: a_file_is_read_once_…;
                                                          here: what_was_hashed_is_what_is_uploaded
FIFO, bomb, > 50 MB, CMYK, 16-bit, EXIF, cut, empty       test_sources.py, imaging/test_imaging_inputs.py
mask of another size, orientation, without alpha          imaging/test_imaging_inputs.py: a_mask_…
save names                                                test_exports.py, all of it
========================================================  ==================================================

What goes red without each guard is in `guards.py`; `python -m tests.promises` takes them out, one at a time.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import threading
import zipfile
import zlib
from io import BytesIO

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from imageserver import gzip_bomb, huge, paint, rows
from PIL import Image as Pillow

from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.render import mimebundle

SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
USAGE = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}


def row(data):
    return {"b64_json": base64.b64encode(data).decode()}


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_credentials(data, body=b"C2PA manifest, signed over every byte"):
    """A PNG with a `caBX` chunk, where content credentials stand, before its pixels."""
    start = data.index(b"IDAT") - 4
    return data[:start] + chunk(b"caBX", body) + data[start:]


# Each try is a whole purchase: the first that fails says enough.
@settings(max_examples=8, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
@given(
    credentials=st.binary(max_size=2000),
    kind=st.sampled_from(["png", "jpeg", "webp"]),
    seed=st.integers(0, 9),
)
def test_every_copy_is_what_the_server_sent_to_the_last_byte(
    session, server, tmp_path, credentials, kind, seed
):
    """Without `drawn.data` itself in purchase.py, with a file that Pillow wrote in its place, the credentials were
    gone from the store, the copy, the export and the cassette.
    """
    sent = paint("64x64", kind, seed=seed)
    if kind == "png":
        sent = with_credentials(sent, credentials)
    server.script(rows(row(sent), usage=USAGE))
    result = session.generate("a lighthouse", fresh=True)
    image = result.images[0]
    (tmp_path / "lesson.cassette").unlink(missing_ok=True)
    session.cassettes.add([result.key], to=str(tmp_path / "lesson.cassette"))
    suffix = {"png": "png", "jpeg": "jpg", "webp": "webp"}[kind]
    copy = session.save(image, f"copy.{suffix}", overwrite=True)
    session.workshop.storage.pictures.export(tmp_path / "all.zip", overwrite=True)
    digest = hashlib.sha256(sent).hexdigest()
    assert image.bytes == image.path.read_bytes() == copy.read_bytes() == sent
    for archive in ("all.zip", "lesson.cassette"):
        with zipfile.ZipFile(tmp_path / archive) as opened:
            (name,) = [
                n for n in opened.namelist() if digest in n and n.endswith(suffix) and "preview" not in n
            ]
            assert opened.read(name) == sent
    assert Pillow.open(BytesIO(image.preview.data)).size == (64, 64)
    assert b"caBX" not in image.preview.data


DAMAGE = {
    "flipped": lambda data, at: data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :],
    "cut": lambda data, at: data[:at],
    "grown": lambda data, at: data + data[:at],
    "zeroed": lambda data, at: data[:at] + b"\0" * (len(data) - at),
    "swapped": lambda data, at: paint("64x64", seed=f"another {at}"),
    "missing": None,
}


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
@given(how=st.sampled_from(sorted(DAMAGE)), at=st.integers(0, 10**6), previews_too=st.booleans())
def test_a_damaged_file_is_never_shown_and_never_an_error(server, home, new_session, how, at, previews_too):
    """However a file of the store changed, the next session asks anew and shows what it gets then.

    Without the digest in `is_intact` in reading.py the damaged bytes were shown, or Pillow's error was.
    """
    session = new_session()
    data = with_credentials(paint("64x64", seed=at))
    server.script(rows(row(data), usage=USAGE))
    made = session.generate(f"a lighthouse {at} {how}", fresh=True)
    image = made.images[0]
    session.close()
    damaged = None if DAMAGE[how] is None else DAMAGE[how](data, at % len(data))
    if previews_too:
        for small in image.path.parent.glob(f"{image.digest}.preview.*"):
            small.write_bytes(b"not a preview")
    if damaged == data:
        return
    if damaged is None:
        image.path.unlink()
    else:
        image.path.write_bytes(damaged)

    again = new_session()
    calls = server.calls
    n = image.sample + 1
    shown = again.generate(made.request.prompt, n=n)
    whole = {hashlib.sha256(picture).hexdigest() for picture in [*server.pictures, data]}
    for picture in shown.images:
        assert picture.digest == hashlib.sha256(picture.bytes).hexdigest()
        assert picture.digest in whole
        assert picture.digest != image.digest
        assert picture.preview.data != b"not a preview"
    assert server.calls == calls + 1
    if damaged is not None:
        assert damaged in {path.read_bytes() for path in (home / "quarantine").iterdir()}
    again.close()


def header_only(width, height):
    """A PNG of a few bytes that says it has so many pixels."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


NO_PICTURE = {
    "bad base64": {"b64_json": "@@@ not base64 @@@"},
    "base64 and more": {"b64_json": row(paint("64x64"))["b64_json"] + "<script>"},
    "empty": {"b64_json": ""},
    "html": row(b"<!DOCTYPE html><script>alert(1)</script>"),
    "svg with a script": row(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    "half a png": row(paint("64x64")[:200]),
    "a png of 900 megapixels": row(header_only(30_000, 30_000)),
    "only a signature": row(b"\x89PNG\r\n\x1a\n"),
    "a url": {"url": "http://127.0.0.1:1/picture.png"},
    "a number": {"b64_json": 5},
    "nothing": {},
}


@pytest.mark.parametrize("name", sorted(NO_PICTURE))
def test_what_is_no_picture_is_never_stored_or_shown(session, server, home, name):
    """Without `believed` in purchase.py, or strict base64 in openai/answers.py, some of it lay in the store."""
    server.script(rows(NO_PICTURE[name], usage=USAGE))
    with pytest.raises(ImagegenError):
        session.generate("a lighthouse")
    assert [path for path in home.glob("pictures/*/*") if path.is_file()] == []
    assert session.accounts.history() == []
    spent = session.accounts.costs().spending.total
    assert spent.usd + spent.held_usd > 0
    assert session.generate("a lighthouse").images[0].bytes == server.pictures[-1]


def test_a_jpeg_that_is_called_png_is_what_it_is(session, server):
    """Without the signature in headers.py it was stored and shown as a PNG, and no browser showed it."""
    sent = paint("64x64", "jpeg")
    server.script(rows(row(sent), usage=USAGE))
    result = session.generate("a lighthouse", output_format="png")
    assert (result.images[0].mime, result.images[0].path.suffix) == ("image/jpeg", ".jpg")
    assert result.images[0].bytes == sent
    assert mimebundle(result)[0]["image/jpeg"]


@pytest.mark.parametrize(
    "flood",
    [lambda: huge(2_000_000_000), lambda: gzip_bomb(4_000_000_000)],
    ids=["two gigabytes", "a bomb of four"],
)
def test_a_flood_costs_neither_the_memory_nor_the_session(session, server, flood):
    """Without the cap in openai/transport.py all of it was read; without the small steps it was unpacked whole."""
    resource = pytest.importorskip("resource", reason="how much memory was used is told on POSIX only")
    session.generate("a lighthouse")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    server.script(flood())
    with pytest.raises(ImagegenError, match="larger than"):
        session.generate("a flood")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 600_000, "kilobytes; the cap is under 200 MB"
    assert session.generate("a lighthouse").cached


def test_what_was_hashed_is_what_is_uploaded_although_the_file_changes_all_the_time(
    session, server, tmp_path
):
    """Another program writes one picture, then the other, into the file while edits are asked for.

    With the file read again for the upload, its bytes were not those of the key.
    """
    pictures = [paint("1024x1024", seed=seed) for seed in range(2)]
    file, stop = tmp_path / "input.png", threading.Event()

    def flip():
        number = 0
        while not stop.is_set():
            number += 1
            scratch = tmp_path / "scratch.png"
            scratch.write_bytes(pictures[number % 2])
            scratch.replace(file)

    file.write_bytes(pictures[0])
    thread = threading.Thread(target=flip)
    thread.start()
    try:
        for number in range(6):
            result = session.edit("winter", image=str(file), fresh=True, size="816x816")
            uploaded = server.last.files[0].data
            assert result.request.images[0].digest == hashlib.sha256(uploaded).hexdigest(), number
    finally:
        stop.set()
        thread.join()
