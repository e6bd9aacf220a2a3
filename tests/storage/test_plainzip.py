"""Zip files read by their plain form: honest ones whole, those that count or overlap falsely not at all."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from jupyter_imagegen.storage import plainzip
from jupyter_imagegen.storage.plainzip import PlainZipError, directory, read

END = struct.Struct("<4s4H2LH")


def packed(files, extra=b"", comment=b""):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name)
            member.extra, member.comment = extra, comment
            archive.writestr(member, data)
    return file


def with_directory(file, entries, count):
    """The same files under another directory."""
    data = file.getvalue()
    *_, start, _comment = END.unpack(data[-END.size :])
    end = END.pack(b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    return io.BytesIO(data[:start] + entries + end)


def entries(file):
    data = file.getvalue()
    *_, size, start, _comment = END.unpack(data[-END.size :])
    return data[start : start + size]


FILES = {"a": b"one", "folder/b": bytes(1000), "empty": b""}


@pytest.mark.parametrize("extra", [b"", b"\x99\x99\x04\x00more"])
@pytest.mark.parametrize("comment", [b"", b"by another program"])
def test_what_was_packed_is_read_whatever_other_programs_add(extra, comment):
    file = packed(FILES, extra, comment)
    members = directory(file, most_members=3)
    assert {name: read(file, name, member) for name, member in members.items()} == FILES


def test_a_file_of_nothing_is_a_zip_of_nothing():
    assert directory(packed({}), most_members=0) == {}
    with pytest.raises(PlainZipError, match="is cut"):
        directory(io.BytesIO(packed({}).getvalue()[1:]), most_members=0)


def test_as_many_files_and_as_long_names_as_are_allowed_and_none_more():
    with pytest.raises(PlainZipError, match="too many files"):
        directory(packed(FILES), most_members=2)
    # An entry has 46 bytes and its name; 200 are allowed for each.
    assert len(directory(packed({"n" * 154: b""}), most_members=1)) == 1
    with pytest.raises(PlainZipError, match="too many files"):
        directory(packed({"n" * 155: b""}), most_members=1)


def test_files_that_lie_on_one_another_are_more_than_the_whole():
    file = packed({"a": bytes(1000)})
    again = entries(file)[:-1] + b"b"
    with pytest.raises(PlainZipError, match="says that it holds more than it is long"):
        directory(with_directory(file, entries(file) + again, 2), most_members=9)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_directory_of_another_length_than_it_says_is_refused(count):
    file = packed({"a": b"1", "b": b"2"})
    assert len(directory(with_directory(file, entries(file), 2), most_members=9)) == 2
    with pytest.raises(PlainZipError, match="is not a cassette, or is cut"):
        directory(with_directory(file, entries(file), count), most_members=9)


def test_the_directory_may_not_be_cut_inside_an_entry():
    file = packed({"a": b"1"})
    for length in range(1, len(entries(file))):
        with pytest.raises(PlainZipError, match="is not a cassette, or is cut"):
            directory(with_directory(file, entries(file)[:length], 1), most_members=9)


def test_a_file_that_ends_too_early_or_bears_another_checksum_is_damaged():
    file = packed({"a": b"one"})
    member = directory(file, most_members=1)["a"]
    for wrong in (
        member._replace(size=len(file.getvalue())),
        member._replace(checksum=member.checksum ^ 1),
        member._replace(offset=len(file.getvalue()) - 1),
        member._replace(offset=1),
    ):
        with pytest.raises(PlainZipError, match="is damaged: a cannot be read"):
            read(file, "a", wrong)
    with pytest.raises(PlainZipError, match="is damaged: b cannot be read"):
        plainzip.read(file, "b", member)


@pytest.mark.parametrize("at", range(0, 22, 2))
def test_every_field_of_the_end_is_what_it_must_be(at):
    data = bytearray(packed({"a": b"one"}).getvalue())
    data[len(data) - END.size + at] ^= 1
    with pytest.raises(PlainZipError, match="is not a cassette, or is cut"):
        directory(io.BytesIO(data), most_members=9)


@pytest.mark.parametrize("at", [0, 3, 34])
def test_an_entry_that_is_none_or_on_another_disk_is_refused(at):
    file = packed({"a": b"one", "b": b"two"})
    wrong = bytearray(entries(file))
    wrong[at] ^= 1
    with pytest.raises(PlainZipError, match="is not a cassette, or is cut"):
        directory(with_directory(file, bytes(wrong), 2), most_members=9)


def test_an_entry_whose_name_is_longer_than_what_is_there_is_refused():
    file = packed({"a": b"one"})
    long = bytearray(entries(file))
    long[28] = 2
    with pytest.raises(PlainZipError, match="is not a cassette, or is cut"):
        directory(with_directory(file, bytes(long), 1), most_members=9)
