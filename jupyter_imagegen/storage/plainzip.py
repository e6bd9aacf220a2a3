"""Zip files without compression, read by their one plain form: no other reader's leniency comes in.

A zip file can say one thing to one reader and something else to the next: it may begin with another file,
give its directory twice, let files overlap, or announce more names than a machine has memory. What is read
here has its directory at its end, and each file whole, under its name, where the directory says; bytes that
the directory does not list are never read.

The fields are those of PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCATOR_LENGTH = 20
#: What a file's flags may say: nothing, or that its name is UTF-8.
_PLAIN_FLAGS = {0, 0x800}
#: Bytes of the directory for each name: 46, a name of 80, and what other programs add about times and owners.
_MOST_ENTRY = 200


class PlainZipError(ValueError):
    """What is wrong with a zip file, in words that can follow its name."""


class Member(NamedTuple):
    """Where one file begins, how many bytes it has, and their checksum."""

    offset: int
    size: int
    checksum: int


def directory(file: BinaryIO, *, most_members: int, length: int | None = None) -> dict[str, Member]:
    """Every file in a zip file by its name; none of them is read.

    Parameters
    ----------
    length
        How many bytes of the file count; all unless given.

    Raises
    ------
    PlainZipError
        If the file is not a whole and plain zip file, or holds more than `most_members`.
    OSError
        If it cannot be read.
    """
    whole = file.seek(0, os.SEEK_END)
    length = whole if length is None else min(length, whole)
    start, size, count = _end(file, length)
    if count > most_members or size > most_members * _MOST_ENTRY:
        raise PlainZipError("holds too many files")
    file.seek(start)
    members: dict[str, Member] = {}
    total = 0
    for name, member in _entries(file.read(size)):
        if name in members:
            raise PlainZipError(f"holds {name[:120]!a} twice")
        members[name] = member
        total += member.size
    if len(members) != count:
        raise PlainZipError("is not a cassette, or is cut")
    # Files that overlap would be more than the whole.
    if total > length:
        raise PlainZipError("says that it holds more than it is long")
    return members


def read(file: BinaryIO, name: str, member: Member) -> bytes:
    """The bytes of one file.

    Raises
    ------
    PlainZipError
        If they are not there, or not what the directory says.
    OSError
        If it cannot be read.
    """
    damaged = PlainZipError(f"is damaged: {name[:120]} cannot be read")
    file.seek(member.offset)
    head = file.read(_LOCAL.size)
    if len(head) != _LOCAL.size:
        raise damaged
    signature, *_, name_length, extra_length = _LOCAL.unpack(head)
    if signature != b"PK\x03\x04" or file.read(name_length) != name.encode():
        raise damaged
    file.seek(extra_length, os.SEEK_CUR)
    data = file.read(member.size)
    if len(data) != member.size or zlib.crc32(data) != member.checksum:
        raise damaged
    return data


def length_of(members: Mapping[str, Member]) -> int:
    """Bytes of a zip file that holds these files and no others, as we write it."""
    each = (_LOCAL.size + _ENTRY.size + 2 * len(name.encode()) + one.size for name, one in members.items())
    return sum(each) + _END.size


def _end(file: BinaryIO, length: int) -> tuple[int, int, int]:
    """Where the directory starts, its bytes, and how many names it has."""
    cut = PlainZipError("is not a cassette, or is cut")
    if length < _END.size:
        raise cut
    before = min(length - _END.size, _LOCATOR_LENGTH)
    file.seek(length - _END.size - before)
    tail = file.read(before + _END.size)
    signature, disk, first_disk, here, count, size, start, comment = _END.unpack(tail[before:])
    if signature != b"PK\x05\x06" or disk or first_disk or here != count or comment:
        raise cut
    # Nothing before the first file, nothing between the directory and its end: also not the form for files
    # of over 4 GB, which would have its say there.
    if start + size != length - _END.size or tail.startswith(b"PK\x06\x07"):
        raise cut
    return start, size, count


def _entries(data: bytes) -> Iterator[tuple[str, Member]]:
    position = 0
    while position < len(data):
        if position + _ENTRY.size > len(data):
            raise PlainZipError("is not a cassette, or is cut")
        (
            signature, _, _, flags, method, _, _, checksum, packed, size,
            name_length, extra_length, comment_length, disk, _, _, offset,
        ) = _ENTRY.unpack_from(data, position)  # fmt: skip
        at = position + _ENTRY.size
        position = at + name_length + extra_length + comment_length
        if signature != b"PK\x01\x02" or disk or position > len(data):
            raise PlainZipError("is not a cassette, or is cut")
        name = data[at : at + name_length].decode("utf-8", "backslashreplace")
        if method or packed != size or flags not in _PLAIN_FLAGS:
            raise PlainZipError(f"holds {name[:120]!a} compressed or encrypted, as no cassette does")
        yield name, Member(offset=offset, size=size, checksum=checksum)
