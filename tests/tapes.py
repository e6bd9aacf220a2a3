"""Cassettes for the tests: honest ones made without a store, and ways to put other bytes into their place."""

from __future__ import annotations

import copy
import hashlib
import json
import struct
import zipfile
import zlib

from jupyter_imagegen.core.keys import recorded_key
from jupyter_imagegen.storage import files

#: What stands for "take this field away".
GONE = object()


def png(number=0, side=8, *, says=None):
    """A real picture, another for every number; `says` puts another size into its header."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes((number % 256, number // 256 % 256, y % 256) * side) for y in range(side))
    header = struct.pack(">IIBBBBB", *(says or (side, side)), 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def recording(prompt, digest, *, sample=0, **changes):
    """One recording as it stands in the contents; its key is its request's unless another is given."""
    one = {
        "sample": sample,
        "digest": digest,
        "namespace": None,
        "provider": "openai",
        "operation": "generate",
        "model": "gpt-image-2.5-flare",
        "prompt": prompt,
        "parameters": {"quality": "low", "size": "1024x1024"},
        "inputs": {},
        "made_at": "2026-11-22T12:00:00.000000+00:00",
        "seconds": 1.5,
        "cost_usd": "0.01",
        "usage": None,
        "revised_prompt": None,
        "alt": "",
        **changes,
    }
    return {"key": key_of(one), **one} if "key" not in one else one


def key_of(one):
    return recorded_key(
        operation=one["operation"],
        parameters={"model": one["model"], "prompt": one["prompt"], **one["parameters"]},
        inputs=one["inputs"],
        namespace=one["namespace"],
    )


def kept(data, small, *, side=8, **changes):
    """A picture as it stands in the contents."""
    preview = {"digest": sha256(small), "mime": "image/png", "width": 8, "height": 8}
    made = {"mime": "image/png", "width": side, "height": side, "size_bytes": len(data), "preview": preview}
    return {**made, **changes}


class Tape:
    """A cassette's contents and files, to be changed before it is written.

    Attributes
    ----------
    document : dict
        What becomes `cassette.json`.
    members : dict of str to bytes
        Every other file.
    key : str
        Of the first recording.
    """

    def __init__(self, pictures=2):
        originals = [png(number) for number in range(pictures)]
        smalls = [png(1000 + number) for number in range(pictures)]
        names = [sha256(data) for data in originals]
        self.document = {
            "cassette": 1,
            "keys": 1,
            "preview_side": None,
            "settings": {"model": "gpt-image-2.5-flare", "quality": "low", "size": "1024x1024"},
            "styles": {"ink": "$prompt, in ink"},
            "pictures": {
                name: kept(data, small) for name, data, small in zip(names, originals, smalls, strict=True)
            },
            "recordings": [recording(f"a lighthouse {i}", name) for i, name in enumerate(names)],
        }
        self.members = {
            **{f"pictures/{sha256(data)}.png": data for data in originals},
            **{f"previews/{sha256(data)}.png": data for data in smalls},
        }
        self.key = self.document["recordings"][0]["key"] if pictures else ""
        self.original = originals[0] if pictures else b""

    @property
    def contents(self):
        return json.dumps(self.document).encode()

    def put(self, place, value):
        """Another value at a place such as `("recordings", 0, "seconds")`; `GONE` takes it away."""
        *way, last = place
        inside = self.document
        for step in way:
            inside = inside[step]
        if value is GONE:
            del inside[last]
        else:
            inside[last] = value
        return self

    def write(self, path, *, contents=None, names=None):
        """Write it as zipfile writes; `names` says which files, in which order."""
        everything = {"cassette.json": self.contents if contents is None else contents, **self.members}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name in names or everything:
                archive.writestr(files.zip_member(name), everything[name])
        return path

    def places(self):
        """Every place in the document where a value stands, outermost first."""
        return list(_places(self.document))

    def copy(self):
        return copy.deepcopy(self)


def _places(value, way=()):
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*way, step)
        yield from _places(inner, (*way, step))
