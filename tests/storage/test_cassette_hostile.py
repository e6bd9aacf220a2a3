"""Cassettes that were cut, changed, or made to do harm: refused whole, in words, and nothing else happens."""

from __future__ import annotations

import json
import os
import random
import stat
import struct
import sys
import threading
import tracemalloc
import zipfile
import zlib

import pytest
from children import output
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tapes import GONE, Tape, kept, png, recording, sha256

from jupyter_imagegen.errors import CassetteError
from jupyter_imagegen.storage import Cassette, cassette, files

MANY = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def folder(tmp_path):
    """A folder of the test's own, whose surroundings can be compared."""
    made = tmp_path / "outside" / "course"
    made.mkdir(parents=True)
    return made


def everything(path):
    """Every byte that a cassette gives to those who use it, or the refusal."""
    tape = Cassette(path)
    keys = sorted({one.key for one in tape.manifest.recordings.values()})
    found = []
    for key in keys:
        for image in tape.find(key):
            whole = (key, image.sample, image.digest, image.bytes, image.load_preview())
            found.append(whole)
    return found


def refused(path, words=None, *, when_read=False):
    """It is refused, in one breath; nothing but the cassette is in its folder afterwards."""
    before = path.read_bytes() if path.is_file() else None
    beside = sorted(each.name for each in path.parent.parent.rglob("*"))
    with pytest.raises(CassetteError, match=words) as caught:
        everything(path) if when_read else Cassette(path).manifest
    assert path.name in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert caught.value.hint.endswith("or go on without it: `%imagegen cassette use none`.")
    assert sorted(each.name for each in path.parent.parent.rglob("*")) == beside
    assert before is None or path.read_bytes() == before
    return str(caught.value)


def peak_of_refusing(path):
    """Bytes of Python at the most while it is being refused."""
    tracemalloc.start()
    try:
        with pytest.raises(CassetteError):
            _ = Cassette(path).manifest
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_honest_one_is_believed(folder):
    tape = Tape()
    found = everything(tape.write(folder / "a.cassette"))
    assert [data for *_, data, _ in sorted(found, key=lambda one: one[2])] == sorted(
        (data for name, data in tape.members.items() if name.startswith("pictures/")), key=sha256
    )


def test_two_pictures_may_share_one_small_copy(folder):
    tape = Tape()
    shared, other = tape.document["pictures"].values()
    del tape.members[f"previews/{other['preview']['digest']}.png"]
    other["preview"] = shared["preview"]
    cassette = Cassette(tape.write(folder / "a.cassette"))
    names = [name for name, _ in cassette.validated()]
    assert (len(names), names) == (4, sorted(names))
    assert [load() == tape.members[name] for name, load in cassette.validated()] == [True] * 4


def test_a_cassette_that_is_gone_when_its_picture_is_asked_for_is_said(folder):
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    (image,) = Cassette(path).find(tape.key)
    path.unlink()
    for ask in (image.load, image.load_preview):
        with pytest.raises(CassetteError, match=r"a\.cassette cannot be read \(.+\)") as told:
            ask()
        assert "Errno" not in told.value.message


def test_a_refusal_says_what_is_wrong_and_nothing_more(folder):
    path = Tape().put(("preview_side",), 3).write(folder / "a.cassette")
    with pytest.raises(CassetteError) as told:
        _ = Cassette(path).manifest
    assert told.value.message == (
        "the cassette a.cassette cannot be used: preview_side must be a whole number from 16 to 65,535"
    )


def test_a_name_that_the_system_does_not_take_is_said(folder):
    path = folder / f"{'a' * 300}.cassette"
    with pytest.raises(CassetteError) as told:
        _ = Cassette(path).manifest
    assert told.value.message.startswith(f"the cassette {path.name} cannot be read (")
    assert "Errno" not in told.value.message


# cut and flipped


def test_cut_at_any_length_it_is_refused(folder):
    whole = Tape().write(folder / "a.cassette").read_bytes()
    path = folder / "cut.cassette"
    for length in {*range(120), *range(len(whole) - 700, len(whole)), *range(0, len(whole), 97)}:
        path.write_bytes(whole[:length])
        with pytest.raises(CassetteError, match=r"cut\.cassette"):
            _ = Cassette(path).manifest


@MANY
@given(st.data())
def test_a_flipped_bit_is_refused_or_changes_no_picture(folder, data):
    path = folder / "a.cassette"
    whole = Tape().write(path).read_bytes()
    honest = [(key, sample, digest, picture) for key, sample, digest, picture, _ in everything(path)]
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    broken = bytearray(whole)
    broken[at // 8] ^= 1 << at % 8
    path.write_bytes(broken)
    try:
        found = everything(path)
    except CassetteError:
        return
    # What a flip may still reach: dates and attributes of the zip, and words that no digest covers.
    for key, sample, digest, picture, small in found:
        assert sha256(picture) == digest
        assert any((key, digest, picture) == (one[0], one[2], one[3]) for one in honest), (sample, small)


@MANY
@given(st.integers(0, 2**32))
def test_bytes_overwritten_anywhere_are_refused_or_change_no_picture(folder, seed):
    rng = random.Random(seed)
    path = folder / "a.cassette"
    whole = bytearray(Tape().write(path).read_bytes())
    pictures = {digest: picture for _, _, digest, picture, _ in everything(path)}
    # The directory is at the end: that is where a reader can be led astray.
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(whole) - 600, len(whole)) if rng.random() < 0.7 else rng.randrange(len(whole))
        piece = rng.choice(
            [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", rng.randbytes(4), b"PK\x06\x07"]
        )
        whole[at : at + 4] = piece
    path.write_bytes(whole)
    try:
        found = everything(path)
    except CassetteError:
        return
    for _, _, digest, picture, _ in found:
        assert pictures[digest] == picture


@MANY
@given(st.binary(max_size=400))
def test_any_other_bytes_are_refused(folder, data):
    path = folder / "a.cassette"
    path.write_bytes(data)
    with pytest.raises(CassetteError):
        _ = Cassette(path).manifest


def test_a_picture_damaged_after_the_contents_were_read_is_not_shown(folder):
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    image = Cassette(path).find(tape.key)[0]
    at = path.read_bytes().index(tape.original)
    with path.open("r+b") as file:
        file.seek(at + 50)
        file.write(b"\0\1\2")
    with pytest.raises(CassetteError, match="damaged"):
        _ = image.bytes


# what is no cassette at all


def test_a_folder_of_its_name_is_refused(folder):
    path = folder / "a.cassette"
    path.mkdir()
    refused(path, "cannot be read|regular file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(folder):
    path = folder / "a.cassette"
    os.mkfifo(path)
    outcome = []

    def read():
        try:
            _ = Cassette(path).manifest
        except CassetteError as exc:
            outcome.append(str(exc))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(10)
    assert outcome
    assert "regular file" in outcome[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/zero")
def test_an_endless_device_is_refused(folder):
    path = folder / "a.cassette"
    path.symlink_to("/dev/zero")
    refused(path, "regular file")


def test_a_file_over_the_limit_is_refused_before_it_is_read(folder):
    path = folder / "a.cassette"
    with path.open("wb") as file:
        file.truncate(cassette.MOST_BYTES + 1)
    with pytest.raises(CassetteError, match="larger than"):
        _ = Cassette(path).manifest


# hostile zips


NAMES = [
    "../evil.png",
    "pictures/../../evil.png",
    "/etc/evil.png",
    "C:\\evil.png",
    "C:evil.png",
    "..\\evil.png",
    "pictures\\evil.png",
    "\\\\server\\share\\evil.png",
    "pictures/",
    "CON",
    "a" * 60_000,
    "cassette.json/evil",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.live",
    "\x1b[2Jevil",
    ".cassette.json",
    "",
]


@pytest.mark.parametrize("name", NAMES, ids=[repr(name)[:30] for name in NAMES])
def test_a_file_of_another_name_is_refused_and_written_nowhere(folder, name):
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(files.zip_member(name), b"evil")
    said = refused(path)
    assert "\x1b" not in said
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in said


def test_a_name_with_a_nul_is_another_name(folder):
    tape = Tape()
    name = next(iter(tape.members))
    path = tape.write(folder / "a.cassette")
    path.write_bytes(path.read_bytes().replace(name.encode(), name[:-4].encode() + b"\0png"))
    refused(path)


def test_a_link_is_read_as_bytes_and_followed_nowhere(folder):
    """Attributes of a link are harmless: nothing is unpacked."""
    tape = Tape()
    secret = folder.parent / "secret.png"
    secret.write_bytes(png(77))
    path = folder / "a.cassette"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cassette.json", tape.contents)
        for name, data in tape.members.items():
            member = zipfile.ZipInfo(name)
            member.create_system = 3
            member.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(member, str(secret).encode() if name.startswith("pictures/") else data)
    refused(path, when_read=True)
    assert secret.read_bytes() == png(77)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twice", ["cassette.json", "picture"])
def test_a_name_that_is_there_twice_is_refused(folder, twice):
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    name = twice if twice.endswith("json") else next(iter(tape.members))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(files.zip_member(name), tape.contents if name == twice else png(9))
    refused(path, "twice")


def test_a_bomb_is_refused_before_it_is_unpacked(folder):
    """Ten gigabytes of zeros, deflated: what the contents could be made of, or a picture."""
    path = folder / "a.cassette"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"\0" * 20_000_000) + packer.flush()
    for name in ("cassette.json", next(iter(Tape().members))):
        Tape().write(path, names=None)
        body = path.read_bytes()
        path.write_bytes(with_member(body, name, packed, method=8, size=10_000_000_000 % 2**32))
        refused(path, "compressed or encrypted|twice")
        assert peak_of_refusing(path) < 1_000_000


@pytest.mark.parametrize("method", [8, 12, 14, 93, 99])
def test_a_compressed_file_is_refused_whatever_packed_it(folder, method):
    tape = Tape()
    path = folder / "a.cassette"
    tape.write(path)
    path.write_bytes(with_method(path.read_bytes(), method))
    refused(path, "compressed or encrypted|cut")


@pytest.mark.parametrize("flags", [0x1, 0x8, 0x20, 0x40, 0x2000])
def test_an_encrypted_or_streamed_file_is_refused(folder, flags):
    tape = Tape()
    path = folder / "a.cassette"
    tape.write(path)
    path.write_bytes(with_flags(path.read_bytes(), flags))
    refused(path, "compressed or encrypted")


def test_a_file_that_lies_about_its_size_is_refused(folder):
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    honest = path.read_bytes()
    name = next(iter(tape.members))
    for size in (0, 1, len(tape.original) - 1, len(tape.original) + 1, 2**31, 2**32 - 2):
        path.write_bytes(with_size(honest, name, size))
        refused(path, when_read=True)


def test_a_picture_whose_length_is_not_what_the_contents_say_is_refused(folder):
    tape = Tape()
    digest = tape.document["recordings"][0]["digest"]
    tape.put(("pictures", digest, "size_bytes"), 12345)
    refused(
        tape.write(folder / "a.cassette"),
        rf"holds pictures/{digest}\.png of a different length than its index says",
    )


def test_files_that_overlap_are_refused(folder):
    """The one trick by which a zip without compression holds more than it is long."""
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    names = list(tape.members)
    path.write_bytes(with_offset_of(path.read_bytes(), names[1], names[0]))
    refused(path, when_read=True)


@pytest.mark.parametrize(
    "values",
    [
        {"size": 2**63},
        {"size": 2**64 - 1, "offset": 2**64 - 1},
        {"offset": 2**63 - 1},
        {"entries": 2**64 - 1},
        {"offset": 2**62},
        {"size": 2**40, "offset": 0},
    ],
)
def test_tricks_of_zip64_are_refused(folder, values):
    path = Tape().write(folder / "a.cassette")
    path.write_bytes(with_zip64(path.read_bytes(), **values))
    refused(path)


def test_a_zip64_field_that_puts_a_file_far_away_is_refused(folder):
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    honest = path.read_bytes()
    for offset in (2**63 - 1, 2**64 - 1, 2**40, len(honest), len(honest) - 3):
        path.write_bytes(with_far_offset(honest, next(iter(tape.members)), offset))
        refused(path, when_read=True)


def test_a_directory_of_millions_is_refused_before_it_is_read(folder):
    """Three hundred thousand names are 30 MB, and would be half a gigabyte of Python."""
    path = folder / "a.cassette"
    entry = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0
    )
    directory = b"".join(entry + b"%04x" % (i % 65536) for i in range(300_000))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 300_000 % 65536, 300_000 % 65536, len(directory), 0, 0)
    path.write_bytes(directory + end)
    refused(path)
    assert peak_of_refusing(path) < 1_000_000


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"#!/bin/sh\nrm -rf ~\n" + data,
        lambda data: data + b"<script>alert(1)</script>",
        lambda data: data[:-2] + b"\x05\0hello",
        lambda data: data[:-2] + b"\x05\0",
        lambda data: data[:-18] + b"\1\0" + data[-16:],
        lambda data: data + data,
    ],
    ids=["before", "after", "comment", "comment that is not there", "another disk", "twice"],
)
def test_a_zip_with_something_around_it_is_refused(folder, change):
    path = Tape().write(folder / "a.cassette")
    path.write_bytes(change(path.read_bytes()))
    refused(path, "is not a cassette, or is cut")


def test_a_file_that_bears_another_name_where_it_lies_is_refused(folder):
    tape = Tape()
    path = tape.write(folder / "a.cassette")
    name = tape.members and next(iter(tape.members)).encode()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(name, name[:-4] + b".jpg", 1))
    refused(path, "damaged", when_read=True)


def test_words_that_no_digest_covers_are_covered_by_the_checksum(folder):
    path = Tape().write(folder / "a.cassette")
    path.write_bytes(path.read_bytes().replace(b"$prompt, in ink", b"$prompt, in inc"))
    refused(path, "damaged")


def test_a_file_more_and_a_file_less_are_refused(folder):
    tape = Tape()
    names = ["cassette.json", *tape.members]
    path = folder / "a.cassette"
    for name in names[1:]:
        tape.write(path, names=[each for each in names if each != name])
        refused(path, "lacks")
    tape.write(path, names=names[1:])
    refused(path, "no cassette.json")
    tape.members["pictures/readme.txt"] = b"hello"
    refused(tape.write(path), "contains 'pictures/readme.txt', which its index does not list")


# pictures that are not what they say


def tape_of(original, small=None, **changes):
    """A cassette of one picture, described as `changes` say."""
    tape = Tape(1)
    small = png(1000) if small is None else small
    tape.document["pictures"] = {sha256(original): {**kept(original, small), **changes}}
    tape.document["recordings"] = [recording("a lighthouse 0", sha256(original))]
    kind = {"image/png": "png", "image/svg+xml": "svg", "image/jpeg": "jpg"}[changes.get("mime", "image/png")]
    tape.members = {f"pictures/{sha256(original)}.{kind}": original, f"previews/{sha256(small)}.png": small}
    return tape


SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><script>alert(1)</script></svg>'
LOADS = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><image href="http://example.test/a"/></svg>'


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (SCRIPT, {"mime": "image/svg+xml"}),
        (LOADS, {"mime": "image/svg+xml"}),
        (b"<html><script>alert(1)</script></html>", {}),
        (png(says=(100_000, 100_000)), {"width": 65_535, "height": 65_535}),
        (png(says=(60_000, 60_000)), {"width": 60_000, "height": 60_000}),
        (png(says=(9, 8)), {}),
        (png(), {"mime": "image/jpeg"}),
        (png()[:40], {}),
        (b"MZ\x90\0" + b"\0" * 60, {}),
        (b"\x80\x04\x95cos\nsystem\n(S'id'\ntR.", {}),
    ],
    ids=["script", "loads", "html", "huge", "large", "other size", "other kind", "cut", "program", "pickle"],
)
def test_what_is_no_such_picture_is_refused_when_it_is_asked_for(folder, data, changes):
    told = refused(tape_of(data, **changes).write(folder / "a.cassette"), when_read=True)
    assert f"pictures/{sha256(data)}." in told


def test_a_small_copy_that_is_no_picture_is_refused(folder):
    path = tape_of(png(), small=b"<svg onload='alert(1)'/>").write(folder / "a.cassette")
    refused(path, r"has (no|a different) picture in previews/[0-9a-f]{64}\.png", when_read=True)


def test_a_small_copy_that_says_another_size_is_refused(folder):
    path = tape_of(png(), small=png(says=(50_000, 50_000))).write(folder / "a.cassette")
    refused(path, r"no picture in previews/[0-9a-f]{64}\.png", when_read=True)


def test_a_picture_of_another_size_than_is_said_is_called_another_picture(folder):
    path = tape_of(png(says=(9, 8))).write(folder / "a.cassette")
    refused(
        path, r"has a different picture in pictures/[0-9a-f]{64}\.png than its index says", when_read=True
    )


def test_a_picture_in_the_place_of_another_is_refused(folder):
    tape = Tape()
    name = next(name for name in tape.members if name.startswith("pictures/"))
    # As long, and with a checksum of its own in the zip: only the digest tells.
    tape.members[name] = tape.members[name][:-1] + b"\0"
    refused(tape.write(folder / "a.cassette"), "not what was recorded", when_read=True)


# hostile contents


def test_contents_of_65_megabytes_are_refused_unread(folder):
    path = Tape().write(folder / "a.cassette", contents=b" " * (65 * 2**20))
    refused(path, "limit")
    assert peak_of_refusing(path) < 1_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process's memory")
def test_the_largest_contents_that_are_read_do_not_take_the_machines_memory(folder):
    """Empty lists are the most that JSON makes out of the fewest bytes: 56 bytes and a place out of 3."""
    body = b'{"recordings":[' + b"[]," * ((cassette.MOST_CONTENTS - 100) // 3) + b"[]]}"
    path = Tape().write(folder / "a.cassette", contents=body)
    said = output(f"""
        import resource
        from pathlib import Path
        from jupyter_imagegen.errors import CassetteError
        from jupyter_imagegen.storage import Cassette
        resource.setrlimit(resource.RLIMIT_AS, (800_000_000, 800_000_000))
        try:
            Cassette(Path({str(path)!r})).manifest
        except CassetteError as exc:
            print(exc)
    """)
    assert "cannot be used" in said


@pytest.mark.parametrize("depth", [50, 200, 400, 480, 700, 900, 5_000, 200_000])
@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")], ids=["lists", "tables"])
def test_contents_nested_deeply_are_refused(folder, depth, pair):
    nested = pair[0] * depth + "1" + pair[1] * depth
    path = folder / "a.cassette"
    tape = Tape().put(("recordings", 0, "parameters"), {"svg": "HERE", "size": "1024x1024"})
    refused(tape.write(path, contents=tape.contents.replace(b'"HERE"', nested.encode())))
    refused(tape.write(path, contents=nested.encode()))


@pytest.mark.parametrize(
    "word",
    [
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"1" * 5000,
        b"-" + b"9" * 400,
        b"1.5",
        b"true",
        b"null",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        ("recordings", 0, "seconds"),
        ("recordings", 0, "sample"),
        ("recordings", 0, "parameters", "size"),
        ("recordings", 0, "cost_usd"),
        ("preview_side",),
        ("cassette",),
        ("pictures",),
        ("settings", "size"),
        ("settings", "output_compression"),
    ],
    ids=lambda place: ".".join(map(str, place)),
)
def test_numbers_that_are_none_are_refused_or_harmless(folder, place, word):
    tape = Tape().put(place, "HERE")
    path = tape.write(folder / "a.cassette", contents=tape.contents.replace(b'"HERE"', word))
    try:
        manifest = Cassette(path).manifest
    except CassetteError:
        return
    # Only what a person could have written there is taken.
    assert (place[-1], word) in {
        ("seconds", b"1.5"),
        ("cost_usd", b"null"),
        ("preview_side", b"null"),
        ("output_compression", b"null"),
    }
    assert manifest.to_bytes()


def test_an_endless_number_inside_a_parameters_table_is_refused(folder):
    tape = Tape().put(("recordings", 0, "parameters"), {"svg": {"x": "HERE"}})
    for word in (b"1e999", b"NaN", b"1.5"):
        path = tape.write(folder / "a.cassette", contents=tape.contents.replace(b'"HERE"', word))
        refused(path)


def test_of_two_values_for_one_name_neither_gets_past_the_checks(folder):
    tape = Tape()
    good = json.dumps(tape.document["recordings"][0]["prompt"])
    twice = tape.contents.replace(
        f'"prompt": {good}'.encode(), f'"prompt": "evil", "prompt": {good}, "prompt": "evil"'.encode()
    )
    refused(tape.write(folder / "a.cassette", contents=twice), "not the key of its request")
    document = tape.contents[:-1] + b', "recordings": []}'
    refused(tape.write(folder / "a.cassette", contents=document))


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("cassette",), 2, "newer"),
        (("cassette",), 10**30, "newer"),
        (("cassette",), True, "not a cassette"),
        (("cassette",), "1", "not a cassette"),
        (("cassette",), GONE, "not a cassette"),
        (("keys",), 2, "version 2"),
        (("keys",), "x" * 1_000_000, "version"),
        (("recordings", 0, "key"), "0" * 64, "not the key of its request"),
        (("recordings", 0, "key"), "../../evil", "SHA-256"),
        (("recordings", 0, "prompt"), "another", "not the key of its request"),
        (("recordings", 0, "model"), "another", "not the key of its request"),
        (("recordings", 0, "namespace"), "demo", "not the key of its request"),
        (("recordings", 0, "digest"), "0" * 64, "not described"),
        (("recordings", 0, "request_id"), "req_1", "field"),
        (("recordings", 0, "x" * 1_000_000), 1, "field"),
        (("recordings", 0, "alt"), GONE, "field"),
        (("recordings", 0, "alt"), "x" * 300_000, "alt"),
        (("recordings", 0, "cost_usd"), "1e999999", "cost_usd"),
        (("recordings", 0, "cost_usd"), "-1", "cost_usd"),
        (("recordings", 0, "cost_usd"), "NaN", "cost_usd"),
        (("recordings", 0, "cost_usd"), "sNaN", "cost_usd"),
        (("recordings", 0, "cost_usd"), "0e999999999999999999", "cost_usd"),
        (("recordings", 0, "made_at"), "yesterday", "made_at"),
        (("recordings", 0, "made_at"), "2026-11-22T12:00:00", "made_at"),
        (("recordings", 0, "made_at"), "0001-01-01T00:00:00+23:59", "made_at"),
        (("recordings", 0, "made_at"), "9999-12-31T23:59:59-23:59", "made_at"),
        (("recordings", 0, "inputs"), {"path": "x"}, "inputs"),
        (("recordings", 0, "inputs"), {"x" * 1_000_000: "x"}, "inputs"),
        (("recordings", 0, "parameters"), {"prompt": "x"}, "parameters"),
        (("recordings", 0, "parameters"), {"x" * 1_000_000: [1]}, "neither"),
        (("recordings", 0, "operation"), "delete", "operation"),
        (("preview_side",), 0, "preview_side"),
        (("preview_side",), -1, "preview_side"),
        (("settings", "api_key"), "x", "which a request does not have"),
        (("settings", "x" * 1_000_000), "x", "which a request does not have"),
        (("settings", "size"), None, "size"),
        (("settings", "quality"), None, "quality"),
        (("settings", "quality"), "", "quality"),
        (("styles",), {"ink": 1}, "style"),
        (("styles",), {"ink": "x" * 300_000}, "style"),
    ],
)
def test_contents_that_are_wrong_in_one_place_are_refused_with_the_place(folder, place, value, words):
    refused(Tape().put(place, value).write(folder / "a.cassette"), words)


def test_one_sample_recorded_twice_is_refused(folder):
    tape = Tape()
    tape.document["recordings"].append(tape.document["recordings"][0])
    refused(tape.write(folder / "a.cassette"), "twice")


def test_what_says_that_it_was_made_here_is_not_shown_for_a_request(folder):
    """A composite's key is not its request's, so nothing tells whether it is another's."""
    tape = Tape(1)
    one = tape.document["recordings"][0]
    one |= {"prompt": "something else", "namespace": "composite"}
    cassette = Cassette(tape.write(folder / "a.cassette"))
    assert cassette.find(one["key"]) == []
    assert [image.bytes for image in cassette.find(one["key"], composites=True)] == [tape.original]


def test_a_lone_surrogate_comes_back_as_it_was(folder):
    tape = Tape()
    one = tape.document["recordings"][0]
    again = recording("a \ud800 lighthouse", one["digest"], alt="\udfff")
    tape.document["recordings"][0] = again
    path = tape.write(folder / "a.cassette")
    cassette = Cassette(path)
    assert cassette.find(again["key"])[0].bytes == tape.original
    path = tape.write(folder / "b.cassette", contents=cassette.manifest.to_bytes())
    assert Cassette(path).manifest == cassette.manifest


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "0" * 64]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = Tape().places()


@settings(MANY, max_examples=400)
@given(st.sampled_from(PLACES), JSON)
def test_any_value_in_the_place_of_any_other_is_refused_or_harmless(folder, place, value):
    tape = Tape().put(place, value)
    path = tape.write(folder / "a.cassette")
    try:
        found = everything(path)
    except CassetteError:
        return
    known = {sha256(data): data for data in tape.members.values()}
    assert all(known[digest] == picture for _, _, digest, picture, _ in found)
    # And what was read can be written, and is read again as the same.
    manifest = Cassette(path).manifest
    again = tape.write(folder / "b.cassette", contents=manifest.to_bytes())
    assert Cassette(again).manifest == manifest


@settings(MANY, max_examples=80)
@given(JSON)
def test_contents_that_are_any_other_json_are_refused(folder, value):
    path = Tape().write(folder / "a.cassette", contents=json.dumps(value).encode())
    with pytest.raises(CassetteError):
        _ = Cassette(path).manifest


@pytest.mark.parametrize(
    "contents", [b"", b"{", b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b'{"a": "\xff"}', b"\x80\x04N."]
)
def test_contents_that_are_no_json_are_refused(folder, contents):
    refused(Tape().write(folder / "a.cassette", contents=contents))


# writing other zips than zipfile does


def entry_at(body, name):
    """Where a name's entry in the directory begins."""
    at = body.rindex(b"PK\x05\x06")
    at = struct.unpack_from("<L", body, at + 16)[0]
    while body[at : at + 4] == b"PK\x01\x02":
        lengths = struct.unpack_from("<3H", body, at + 28)
        if body[at + 46 : at + 46 + lengths[0]] == name.encode():
            return at
        at += 46 + sum(lengths)
    raise AssertionError(name)


def local_at(body, name):
    return struct.unpack_from("<L", body, entry_at(body, name) + 42)[0]


def with_method(body, method):
    data = bytearray(body)
    for name in ("cassette.json",):
        struct.pack_into("<H", data, entry_at(body, name) + 10, method)
        struct.pack_into("<H", data, local_at(body, name) + 8, method)
    return bytes(data)


def with_flags(body, flags):
    data = bytearray(body)
    struct.pack_into("<H", data, entry_at(body, "cassette.json") + 8, flags)
    struct.pack_into("<H", data, local_at(body, "cassette.json") + 6, flags)
    return bytes(data)


def with_size(body, name, size):
    data = bytearray(body)
    struct.pack_into("<2L", data, entry_at(body, name) + 20, size, size)
    struct.pack_into("<2L", data, local_at(body, name) + 18, size, size)
    return bytes(data)


def with_offset_of(body, name, other):
    """One file's entry leads to another's bytes."""
    data = bytearray(body)
    there = entry_at(body, other)
    data[entry_at(body, name) + 16 : entry_at(body, name) + 28] = body[there + 16 : there + 28]
    struct.pack_into("<L", data, entry_at(body, name) + 42, local_at(body, other))
    return bytes(data)


def with_member(body, name, packed, *, method, size):
    """One more file at the end, packed."""
    end = body.rindex(b"PK\x05\x06")
    entries, _, length, start = struct.unpack_from("<2H2L", body, end + 8)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, method, 0, 33, 0, len(packed), size, len(name), 0)
    entry = struct.pack(
        "<4s6H3L5H2L",
        b"PK\x01\x02",
        20,
        20,
        0,
        method,
        0,
        33,
        0,
        len(packed),
        size,
        len(name),
        0,
        0,
        0,
        0,
        0,
        start,
    )
    front = body[:start] + local + name.encode() + packed
    directory = body[start : start + length] + entry + name.encode()
    tail = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, entries + 1, entries + 1, len(directory), len(front), 0
    )
    return front + directory + tail


def with_zip64(body, **values):
    """The same with a directory's end in the form for large files, which says what it likes."""
    end = body.rindex(b"PK\x05\x06")
    entries, _, length, start = struct.unpack_from("<2H2L", body, end + 8)
    told = {"entries": entries, "size": length, "offset": start, **values}
    record = struct.pack(
        "<4sQ2H2L4Q",
        b"PK\x06\x06",
        44,
        45,
        45,
        0,
        0,
        told["entries"],
        told["entries"],
        told["size"],
        told["offset"],
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return (
        body[:end]
        + record
        + locator
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    )


def with_far_offset(body, name, offset):
    """One file's entry says that it begins so far away."""
    at = entry_at(body, name)
    end = body.rindex(b"PK\x05\x06")
    length, start = struct.unpack_from("<2L", body, end + 12)
    data = bytearray(body)
    struct.pack_into("<H", data, at + 30, 12)
    struct.pack_into("<L", data, at + 42, 0xFFFFFFFF)
    extra = struct.pack("<2HQ", 1, 8, offset)
    after = at + 46 + len(name)
    made = bytes(data[:after]) + extra + bytes(data[after:end])
    return made + struct.pack(
        "<4s4H2LH", b"PK\x05\x06", *struct.unpack_from("<4H", body, end + 4), length + 12, start, 0
    )
