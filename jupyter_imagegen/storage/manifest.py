"""What stands in a cassette's `cassette.json`: the recordings, and what each of their pictures is.

A cassette comes from somebody else, so nothing in it is used before it was checked: every name, type,
length and digest, and that each recording's key is the key of its own request. No key of an account, no path
and no name of a machine has a place in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_imagegen.core.keys import KEY_VERSION, recorded_key
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.storage import checks
from jupyter_imagegen.storage.checks import ManifestError
from jupyter_imagegen.storage.files import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The form of the file. A reader takes its own only: there is one so far.
CASSETTE_VERSION = 1
#: Pictures made here and not by a model; their keys are not a request's.
COMPOSITE = "composite"
#: The settings that make up a request and that a reader's own could change.
SETTINGS = (
    "model",
    "size",
    "quality",
    "background",
    "output_format",
    "output_compression",
    "moderation",
)

_MOST_SIDE = 65_535
_MOST_BYTES = 128 * 1024 * 1024
_PREVIEW_MIMES = ("image/jpeg", "image/png")
_OPERATIONS = ("generate", "edit")
#: Settings that are never left to the API.
_ALWAYS_SET = ("model", "size", "quality")


@dataclass(frozen=True, kw_only=True)
class Small:
    """A picture's small copy: what it is, and the digest of its bytes."""

    digest: str
    mime: str
    width: int
    height: int

    @property
    def member(self) -> str:
        """Its name in the zip file."""
        return f"previews/{self.digest}.{EXTENSIONS[self.mime]}"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A picture: what its original is, and its small copy.

    Attributes
    ----------
    mime, width, height, size_bytes
        Of the original, whether the cassette holds it or not.
    preview : Small
        Its small copy, which every cassette holds.
    """

    mime: str
    width: int
    height: int
    size_bytes: int
    preview: Small

    def member(self, digest: str) -> str:
        """The original's name in the zip file."""
        return f"pictures/{digest}.{EXTENSIONS[self.mime]}"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One sample as it was recorded: what was asked, what came, what it cost its author.

    Attributes
    ----------
    key, sample, digest
        The request, the number of the drawing, the original's bytes.
    inputs : dict
        Digests of what went into an edit: `images` in order, `mask`, `markup`.
    cost_usd : str or None
        US dollars that its author paid; None for unknown.
    usage : str or None
        Tokens of the whole call, as `usage_to_json` writes them.
    """

    key: str
    sample: int
    digest: str
    namespace: str | None
    provider: str
    operation: str
    model: str
    prompt: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Any]
    made_at: str
    seconds: float
    cost_usd: str | None
    usage: str | None
    revised_prompt: str | None
    alt: str

    @property
    def cost(self) -> Decimal | None:
        """US dollars; None for unknown."""
        return None if self.cost_usd is None else Decimal(self.cost_usd)

    @property
    def asked(self) -> dict[str, Any]:
        """Every set parameter by OpenAI's name."""
        return {"model": self.model, "prompt": self.prompt, **self.parameters}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything in a cassette but the pictures' bytes.

    Attributes
    ----------
    preview_side : int or None
        Pixels of the long side where the cassette holds small copies only; None where it holds originals.
    settings : dict
        The author's settings that were no part of a cell, so that a reader's own do not make a miss.
    styles : dict of str to str
        The words of the named styles that were used, as they were.
    recordings : dict
        By key and sample, sorted.
    pictures : dict of str to Kept
        By digest, sorted.
    """

    preview_side: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    recordings: Mapping[tuple[str, int], Recording] = field(default_factory=dict)
    pictures: Mapping[str, Kept] = field(default_factory=dict)

    @property
    def holds(self) -> str:
        """What it holds, in words."""
        side = self.preview_side
        return "originals" if side is None else f"small copies of {side} pixels"

    def members(self) -> dict[str, str]:
        """The name of every picture file in the zip, in their order there, and the digest of its bytes."""
        originals = {kept.member(digest): digest for digest, kept in self.pictures.items()}
        small = {kept.preview.member: kept.preview.digest for kept in self.pictures.values()}
        return dict(sorted({**({} if self.preview_side else originals), **small}.items()))

    def with_recordings(
        self, recordings: Iterable[Recording], pictures: Mapping[str, Kept], **changes: Any
    ) -> Manifest:
        """Other recordings and their pictures, sorted; pictures that no recording names are left out."""
        by_name = {(one.key, one.sample): one for one in recordings}
        named = {one.digest for one in by_name.values()}
        values = {f.name: getattr(self, f.name) for f in fields(self)} | changes
        values["recordings"] = dict(sorted(by_name.items()))
        values["pictures"] = {digest: pictures[digest] for digest in sorted(named)}
        return Manifest(**values)

    def to_bytes(self) -> bytes:
        """UTF-8 JSON, readable by people too; the same content gives the same bytes."""
        document = {
            "cassette": CASSETTE_VERSION,
            "keys": KEY_VERSION,
            "preview_side": self.preview_side,
            "settings": self.settings,
            "styles": self.styles,
            "pictures": {digest: asdict(kept) for digest, kept in self.pictures.items()},
            "recordings": [asdict(one) for one in self.recordings.values()],
        }
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
        return f"{text}\n".encode("utf-8", "backslashreplace")


def manifest_from_bytes(data: bytes) -> Manifest:
    """Read and check a manifest.

    Raises
    ------
    ManifestError
        If anything in it is not what it must be.
    """
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise ManifestError("its table of contents is not JSON") from exc
    top = checks.table(document, "its table of contents")
    version, keys = top.get("cassette"), top.get("keys")
    # True is 1 too.
    if version != CASSETTE_VERSION or isinstance(version, bool):
        _refuse_version(version)
    if keys != KEY_VERSION or isinstance(keys, bool):
        raise ManifestError(f"its keys are of version {ascii(keys)[:20]}, and {KEY_VERSION} is in use here")
    side = top.get("preview_side")
    pictures = {
        checks.digest(name, "a picture"): _kept(kept, name)
        for name, kept in checks.table(top.get("pictures"), "pictures").items()
    }
    recordings = {}
    for value in checks.items(top.get("recordings"), "recordings"):
        one = checked_recording(value)
        if (one.key, one.sample) in recordings:
            raise ManifestError(f"sample {one.sample} of {one.key[:12]} is in it twice")
        if one.digest not in pictures:
            raise ManifestError(f"the picture of {one.key[:12]} is not described")
        recordings[one.key, one.sample] = one
    if len({one.digest for one in recordings.values()}) != len(pictures):
        raise ManifestError("it describes a picture that no recording names")
    return Manifest(
        preview_side=None if side is None else checks.whole(side, "preview_side", 16, _MOST_SIDE),
        settings=_settings(top.get("settings", {})),
        styles=_styles(top.get("styles", {})),
        recordings=dict(sorted(recordings.items())),
        pictures=dict(sorted(pictures.items())),
    )


def checked_recording(value: object) -> Recording:
    """A recording from what was written of it.

    Raises
    ------
    ManifestError
        If anything in it is not what it must be.
    """
    table = checks.table(value, "a recording")
    key = checks.digest(table.get("key"), "a recording's key")
    here = f"recording {key[:12]}"
    names = {f.name for f in fields(Recording)}
    if set(table) != names:
        wrong = min(set(table) ^ names)
        raise ManifestError(f"{here} has {'no' if wrong in names else 'a'} field {checks.named(wrong)}")
    made: dict[str, Any] = {
        "key": key,
        "sample": checks.whole(table["sample"], f"{here}: sample", 0, 1_000_000),
        "digest": checks.digest(table["digest"], f"{here}: digest"),
        "seconds": checks.seconds(table["seconds"], here),
        "parameters": checked_parameters(table["parameters"], here),
        "inputs": checked_inputs(table["inputs"], here),
        **{
            name: checks.text(table[name], f"{here}: {name}")
            for name in ("provider", "model", "prompt", "alt")
        },
        **{
            name: checks.text_or_none(table[name], f"{here}: {name}")
            for name in ("namespace", "revised_prompt")
        },
        "usage": checks.text_or_none(table["usage"], f"{here}: usage"),
        "operation": checks.one_of(table["operation"], _OPERATIONS, f"{here}: operation"),
        "cost_usd": checks.dollars(table["cost_usd"], here),
        "made_at": checks.moment(table["made_at"], here),
    }
    one = Recording(**made)
    try:
        keyed = one.namespace == COMPOSITE or one.key == key_of(one)
    except RequestError as exc:
        raise ManifestError(f"{here}: {exc.message}") from exc
    if not keyed:
        raise ManifestError(f"{here}: its key is not the key of its request")
    return one


def key_of(one: Recording) -> str:
    """The key that a recording's own request has."""
    return recorded_key(
        operation=one.operation, parameters=one.asked, inputs=one.inputs, namespace=one.namespace
    )


def _kept(value: object, digest: str) -> Kept:
    here = f"picture {digest[:12]}"
    table = checks.table(value, here)
    small = checks.table(table.get("preview"), f"{here}: preview")
    return Kept(
        mime=checks.one_of(table.get("mime"), tuple(EXTENSIONS), f"{here}: mime"),
        width=checks.whole(table.get("width"), f"{here}: width", 1, _MOST_SIDE),
        height=checks.whole(table.get("height"), f"{here}: height", 1, _MOST_SIDE),
        size_bytes=checks.whole(table.get("size_bytes"), f"{here}: size_bytes", 1, _MOST_BYTES),
        preview=Small(
            digest=checks.digest(small.get("digest"), f"{here}: preview"),
            mime=checks.one_of(small.get("mime"), _PREVIEW_MIMES, f"{here}: preview"),
            width=checks.whole(small.get("width"), f"{here}: preview", 1, _MOST_SIDE),
            height=checks.whole(small.get("height"), f"{here}: preview", 1, _MOST_SIDE),
        ),
    )


def _settings(value: object) -> dict[str, Any]:
    table = checks.table(value, "settings")
    if strange := sorted(set(table) - set(SETTINGS)):
        raise ManifestError(f"its settings hold {checks.named(strange[0])}, which a request does not have")
    for name, one in table.items():
        if one is None and name not in _ALWAYS_SET:
            continue
        if name == "output_compression":
            checks.whole(one, f"settings: {name}", 0, 100)
        elif not checks.text(one, f"settings: {name}"):
            raise ManifestError(f"settings: {name} must not be empty")
    return dict(sorted(table.items()))


def _styles(value: object) -> dict[str, str]:
    return {
        checks.text(name, "a style's name"): checks.text(words, "a style's words")
        for name, words in sorted(checks.table(value, "styles").items())
    }


def checked_parameters(value: object, here: str) -> dict[str, Any]:
    """Parameters of somebody else's request; ManifestError where they are none."""
    table = checks.table(value, f"{here}: parameters")
    for name, one in table.items():
        if name in {"model", "prompt"}:
            raise ManifestError(f"{here}: {name} is among its parameters")
        checks.plain(one, f"{here}: {checks.named(name)}")
    return table


def checked_inputs(value: object, here: str) -> dict[str, Any]:
    """Digests of what went into somebody else's request; ManifestError where they are none."""
    table = checks.table(value, f"{here}: inputs")
    if strange := sorted(set(table) - {"images", "mask", "markup"}):
        raise ManifestError(f"{here}: inputs hold {checks.named(strange[0])}")
    for digest in checks.items(table.get("images", []), f"{here}: inputs"):
        checks.digest(digest, f"{here}: inputs")
    for name in set(table) - {"images"}:
        checks.digest(table[name], f"{here}: inputs")
    return table


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_version(version: object) -> NoReturn:
    newer = isinstance(version, int) and version > CASSETTE_VERSION
    if newer and not isinstance(version, bool):
        raise ManifestError(f"it is of version {ascii(version)[:20]}, written by a newer jupyter_imagegen")
    raise ManifestError("its table of contents is not a cassette's")
