"""What comes back: pictures, what they cost, and where they came from.

These are values: they can be pickled, copied and put into a table. None of them holds the session that made
it; a result only knows its id, and in another process the session of that process does what is asked of it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, Protocol
from weakref import WeakValueDictionary

from jupyter_imagegen.core.keys import input_digests

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from PIL.Image import Image as PILImage

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.usage import Usage

#: Where a picture came from this time.
Origin = Literal["provider", "store", "cassette"]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A small copy for the notebook: JPEG, or PNG where there is transparency (GIF where it moves)."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Image:
    """One picture: exactly the bytes that were received.

    Attributes
    ----------
    sample : int
        Which drawing of its request this is: 0, 1, 2 …
    digest : str
        SHA-256 of the bytes.
    mime : str
        Its media type, from the bytes themselves.
    width, height : int
        Pixels.
    size_bytes : int
        Length of the original in bytes.
    origin : {"provider", "store", "cassette"}
        Where it came from this time.
    cost_usd : Decimal or None
        What this one picture cost when it was made; None for unknown.
    made_at : datetime
        When it was made (UTC).
    seconds : float
        How long its call took.
    path : Path or None
        The original's file; None where no store could keep it.
    revised_prompt : str or None
        What was drawn in place of the prompt, where its maker says so.
    reduced : bool
        Whether only a small copy is at hand, from a cassette without originals: `bytes`, `pil` and `mime` are
        then the copy's, and digest, width, height and size_bytes still the original's.
    alt : str
        What a screen reader says; empty where it is not known.
    """

    sample: int
    digest: str
    mime: str
    width: int
    height: int
    size_bytes: int
    origin: Origin
    cost_usd: Decimal | None
    made_at: datetime
    seconds: float
    path: Path | None
    revised_prompt: str | None = None
    reduced: bool = False
    load: Callable[[], bytes] = field(repr=False, compare=False)
    load_preview: Callable[[], Preview] = field(repr=False, compare=False)
    alt: str = field(default="", compare=False)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write a copy; the ending may ask for another format (`.png .jpg .webp`).

        A folder, or a path that ends in a slash, takes a file named after the picture.

        Raises
        ------
        RequestError
            If a relative path leaves the current folder, the file exists, or no picture has the ending.
        StoreError
            If the disk does not take it.
        """
        return _session("").save(self, path, overwrite=overwrite)

    def to_dict(self) -> dict[str, Any]:
        """What is known of the picture, as JSON has it: money and times are text; the bytes are not in it."""
        return {
            "sample": self.sample,
            "digest": self.digest,
            "mime": self.mime,
            "width": self.width,
            "height": self.height,
            "size_bytes": self.size_bytes,
            "origin": self.origin,
            "cost_usd": _text(self.cost_usd),
            "made_at": self.made_at.isoformat(),
            "seconds": self.seconds,
            "path": None if self.path is None else str(self.path),
            "revised_prompt": self.revised_prompt,
            "reduced": self.reduced,
        }

    @property
    def bytes(self) -> bytes:
        """The original, exactly as received; its digest is checked.

        Raises
        ------
        StoreError
            If the file is gone or is no longer what was paid for.
        CassetteError
            If it was recorded, and the cassette is damaged.
        """
        return self.load()

    @property
    def pil(self) -> PILImage:
        """The original, decoded by Pillow; of one with small damage, what is there.

        Raises
        ------
        StoreError, CassetteError
            As `bytes`.
        """
        from PIL import Image as Pillow

        data = self.load()
        try:
            picture = Pillow.open(BytesIO(data))
            picture.load()
        except (OSError, SyntaxError, ValueError):
            return _session("").opened(data)
        return picture

    @property
    def preview(self) -> Preview:
        """The small copy that the notebook shows."""
        return self.load_preview()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return _session("").image_bundle(self)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one run of a request cost.

    Attributes
    ----------
    usd : Decimal or None
        US dollars spent now: 0 for pictures that were already there, None where it is unknown.
    saved_usd : Decimal
        What the pictures that were already there cost when they were made.
    ceiling_usd : Decimal or None
        What the ledger counts while `usd` is unknown.
    author_usd : Decimal or None
        What recorded pictures cost whoever recorded them; None where that is not known.

    Notes
    -----
    Amounts are `decimal.Decimal`, so that a sum is exact: they compare, add up with `sum`, and take the
    formats of numbers with a point (`.4f`; not `d`, which is for whole numbers). Write `float(r.cost.usd)`
    where a float is wanted, as in a sum with floats, pandas or Matplotlib, and `r.cost.to_dict()` for JSON.
    None is unknown, and works with none of these.

    Examples
    --------
    >>> cost = Cost(usd=Decimal("0.005945"), saved_usd=Decimal(0))
    >>> f"${cost.usd:,.4f}", sum([cost.usd, cost.usd]), cost.usd < 0.01, float(cost.usd)
    ('$0.0059', Decimal('0.011890'), True, 0.005945)
    """

    usd: Decimal | None
    saved_usd: Decimal
    ceiling_usd: Decimal | None = None
    author_usd: Decimal | None = Decimal(0)

    def to_dict(self) -> dict[str, str | None]:
        """The amounts as text, so that nothing is rounded; None is unknown."""
        return {name: _text(value) for name, value in asdict(self).items()}


class Face(Protocol):
    """What a session does for a result."""

    def edit_result(self, result: Result, prompt: str, **options: Any) -> Result:
        """Edit a result's first picture."""

    def mimebundle(self, result: Result) -> tuple[dict[str, Any], dict[str, Any]]:
        """The result's forms for a notebook, and their metadata."""

    def image_bundle(self, image: Image) -> tuple[dict[str, Any], dict[str, Any]]:
        """A picture's forms for a notebook, and their metadata."""

    def opened(self, data: bytes) -> PILImage:
        """A picture with small damage, decoded as far as it is there."""

    def save(self, image: Image, path: str | Path, *, overwrite: bool, number: int | None = None) -> Path:
        """Write a copy of a picture, whose name gets the number if there is one."""


#: The sessions of this process, by their id.
SESSIONS: WeakValueDictionary[str, Face] = WeakValueDictionary()


def _session(session_id: str) -> Face:
    """The session of that id; that of the process where it is in another one, or gone."""
    found = SESSIONS.get(session_id)
    if found is None:
        import jupyter_imagegen

        found = jupyter_imagegen.default_session()
    return found


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


@dataclass(frozen=True, kw_only=True)
class Result:
    """Pictures for one request, and what they cost.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> r.images[0].width, r.cost.usd, r.cached
    (1024, Decimal('0'), False)
    """

    request: GenerateRequest
    key: str
    provider: str
    images: tuple[Image, ...]
    cost: Cost
    usage: Usage | None
    seconds: float
    alt: str = ""
    notes: tuple[str, ...] = ()
    #: Where pictures are composites, the key of each; that of the request for one that stayed the model's.
    composites: tuple[str, ...] = ()
    #: Caption words from the ledger at the time: `session $0.21 of $5.00`.
    ledger_line: str = ""
    #: Pixels of the long side at which it shows itself; the setting's for None.
    preview_side: int | None = field(default=None, repr=False, compare=False)
    #: Which session made it.
    session_id: str = field(default="", repr=False, compare=False)

    @property
    def cached(self) -> bool:
        """Whether every picture was already there, so that nothing was called."""
        return all(image.origin != "provider" for image in self.images)

    @property
    def picture_keys(self) -> tuple[str, ...]:
        """The key under which each picture is kept: the request's, or a composite's own."""
        return self.composites or (self.key,) * len(self.images)

    @property
    def recorded(self) -> bool:
        """Whether every picture came from a cassette."""
        return bool(self.images) and all(image.origin == "cassette" for image in self.images)

    def edit(self, prompt: str, **options: Any) -> Result:
        """Change the first picture; takes every option of `imagegen.edit`."""
        return _session(self.session_id).edit_result(self, prompt, **options)

    def save(self, path: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write copies of all pictures; more than one are numbered: `name-1.png`, `name-2.png`.

        A folder, or a path that ends in a slash, takes files named after the prompt.
        """
        session, several = _session(self.session_id), len(self.images) > 1
        return [
            session.save(image, path, overwrite=overwrite, number=i if several else None)
            for i, image in enumerate(self.images, 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """What was asked, what came and what it cost, as JSON has it: for a table, a log or another program.

        Money and times are text. Pictures are named by their digest and path; their bytes are not in it.

        Examples
        --------
        >>> import jupyter_imagegen as imagegen
        >>> known = imagegen.generate("a lighthouse at dusk", provider="demo").to_dict()
        >>> known["model"], known["cost"]["usd"], known["images"][0]["width"]
        ('gpt-image-2.5-flare', '0', 1024)
        """
        request = self.request
        # A parameter can be a table of the user's own mappings.
        parameters = json.loads(json.dumps(request.parameters(), default=dict))
        return {
            "key": self.key,
            "provider": self.provider,
            "model": request.model,
            "request": {"operation": request.operation, **parameters, "inputs": input_digests(request)},
            "images": [image.to_dict() for image in self.images],
            "picture_keys": list(self.picture_keys),
            "cost": self.cost.to_dict(),
            "usage": None if self.usage is None else asdict(self.usage),
            "cached": self.cached,
            "recorded": self.recorded,
            "seconds": self.seconds,
            "alt": self.alt,
            "notes": list(self.notes),
        }

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return _session(self.session_id).mimebundle(self)
