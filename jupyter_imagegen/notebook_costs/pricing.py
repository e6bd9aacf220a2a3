"""From what a notebook asks for to what that costs: in order, because a picture is paid for once."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.config import NO_CASSETTE
from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.core.sizes import parse_size, same_shape
from jupyter_imagegen.core.text import missing_words
from jupyter_imagegen.desk import Desk
from jupyter_imagegen.errors import ImagegenError, StoreError
from jupyter_imagegen.notebook_costs.asked import Asked, Configured
from jupyter_imagegen.notebook_costs.plans import FREE, UNKNOWN, Price, Row
from jupyter_imagegen.purchase import estimated
from jupyter_imagegen.sources import local_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.notebook_costs.asked import Given
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.purchase import Order
    from jupyter_imagegen.workshop import Workshop

#: Options that a setting gives where the call does not, and that an edit of a result takes over from it.
_FROM_SETTINGS = ("model", "size", "quality", "provider", "output_format")
#: Options without which there is no price.
_PRICED = frozenset((*_FROM_SETTINGS, "n", "partial_images", "input_fidelity", "*"))
#: A plan opens no other store, asks no address, and writes no time zone into the ledger.
_NOT_FOLLOWED = frozenset(("home", "stores", "allowed_urls", "timezone"))
Held = tuple[Counter[str], Counter[str]]
_KEY = re.compile(r"[0-9a-f]{6,64}")
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://|[/\\]{2}")


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What an earlier call makes: pictures of `size`, called `name`; those that are stored; who made them."""

    size: tuple[int, int] | None
    name: str
    stored: tuple[Image, ...]
    inherited: Mapping[str, Any]
    by_demo: bool


@dataclass(kw_only=True)
class _Inputs:
    """The pictures of a call: as an order takes them, what each is called, and why there is no price.

    A picture that is not made yet is an empty one of its size, under the name of what makes it. An empty name
    is one that nobody can tell from another.
    """

    pictures: list[Any] = field(default_factory=list)
    overlays: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    stored: bool = True
    first_size: tuple[int, int] | None = None
    reasons: list[str] = field(default_factory=list)


class Pricing:
    """Prices the steps of one notebook.

    Parameters
    ----------
    workshop
        One of its own, whose settings the notebook's cells change.
    folder
        Where the notebook is, and its paths begin.
    held
        How many pictures of each request are there as the plan goes on: from nothing, and as it is now.
    """

    def __init__(self, workshop: Workshop, folder: Path, held: Held) -> None:
        self._workshop = workshop
        self._folder = folder
        self._held, self._held_now = held
        self._desk = Desk(workshop, last=lambda: None)
        self._made: dict[int, _Made] = {}
        self._unsettled: dict[str, str] = {}

    def rows(self, steps: Iterable[Asked | Configured]) -> list[Row]:
        """One row for each call, in order."""
        found: list[Row] = []
        for number, step in enumerate(steps):
            words = str(step.prompt) if isinstance(step, Asked) else f"settings: {', '.join(step.values)}"
            try:
                if isinstance(step, Configured):
                    self._configure(step)
                else:
                    found.append(self._row(number, step))
            except StoreError:
                # The store is this machine's affair, and no cell's.
                raise
            except ImagegenError as exc:
                found.append(Row(cell=step.cell, prompt=words, error=str(exc)))
            except Exception as exc:  # noqa: BLE001 - whatever a wrong value raises on its way is this cell's answer
                found.append(Row(cell=step.cell, prompt=words, error=f"{type(exc).__name__}: {exc}"))
        return found

    def _configure(self, step: Configured) -> None:
        values = {name: value for name, value in step.values.items() if name not in _NOT_FOLLOWED}
        for name in {"catalog", "cassette"} & values.keys():
            if isinstance(values[name], str) and values[name] not in NO_CASSETTE:
                values[name] = str(self._folder / str(values[name]))
        self._workshop.configure(values)
        for name in values:
            self._unsettled.pop(name, None)
        self._unsettled |= step.unknown
        if "cassette" in step.unknown:
            self._unsettled["home"] = step.unknown["cassette"]
        if "home" in step.values:
            self._unsettled["home"] = f"cell {step.cell} sets another store, which is not looked at"

    def _row(self, number: int, asked: Asked) -> Row:
        if asked.error is not None:
            raise asked.error
        often = None if asked.often else 1
        row = Row(cell=asked.cell, prompt=str(asked.prompt), depends=asked.depends, times=often)
        if asked.lost:
            return replace(row, unknown=(asked.lost,))
        settings = self._workshop.settings()
        options, by_demo, reasons = self._options(asked, settings)
        inputs = self._inputs(asked)
        reasons += inputs.reasons
        n = options.get("n", 1)
        row = replace(row, n=n if isinstance(n, int) and "n" not in asked.unknown else None)
        if reasons:
            default = self._workshop.models().default(self._workshop.utc_date).name
            shown = {
                name: options.get(name) or getattr(settings, name) for name in ("model", "size", "quality")
            }
            shown["model"] = shown["model"] or default
            hidden = asked.unknown.keys() | (self._unsettled.keys() - options.keys())
            known: dict[str, Any] = {name: str(value) for name, value in shown.items() if name not in hidden}
            return replace(row, **known, unknown=tuple(dict.fromkeys(reasons)))
        pictures = (inputs.pictures or None, inputs.overlays.get("mask"), inputs.overlays.get("markup"))
        order = self._desk.order(settings, asked.prompt, pictures, None, options, calling=False)  # type: ignore[arg-type]
        maker = order.provider if by_demo else self._workshop.asked()
        return self._priced(number, row, asked, order, maker, inputs)

    def _options(self, asked: Asked, settings: Settings) -> tuple[dict[str, Any], bool, list[str]]:
        """The options that are known, whether the notebook names its provider, and why there is no price."""
        options, reasons = dict(asked.options), list[str]()
        named = bool(options.get("provider"))
        origin = None if asked.inherits is None else self._made.get(asked.inherits)
        if origin is not None:
            options, named = {**origin.inherited, **options}, named or origin.by_demo
        elif asked.inherits is not None:
            reasons.append(f"what `{asked.pictures['image'][0].written}` was made with is not known")
        elif settings.provider and not named:
            # What the user's own environment or file says holds now, and not for who reads the notebook.
            named = settings.sources["provider"].startswith(("imagegen.toml", "%config"))
        for name, why in asked.unknown.items():
            if name in _PRICED:
                reasons.append(f"{'it' if name == '*' else name} depends on {why}")
        for name, why in self._unsettled.items():
            if name not in options and name in {*_FROM_SETTINGS, "*"}:
                reasons.append(f"{'settings' if name == '*' else name}: {why}")
        return options, named, reasons

    def _inputs(self, asked: Asked) -> _Inputs:
        inputs = _Inputs()
        for given in asked.pictures.get("image", ()):
            picture, size, name = self._picture(given, inputs)
            inputs.pictures.append(picture)
            inputs.names.append(name)
            inputs.first_size = size if len(inputs.pictures) == 1 else inputs.first_size
        for kind in ("mask", "markup"):
            for given in asked.pictures.get(kind, ()):
                # A mask costs nothing, so its size need not be known.
                picture, _, name = self._picture(given, _Inputs())
                fitted = kind == "mask" and asked.options.get("keep_outside") and inputs.first_size
                if picture is None:
                    inputs.stored = False
                    picture = _blank(inputs.first_size, 255) if fitted and inputs.first_size else None
                    name = f"{given.written}@{given.moment}" if given.step is None else ""
                inputs.overlays[kind] = picture
                inputs.names.append(name)
        return inputs

    def _picture(self, given: Given, inputs: _Inputs) -> tuple[Any, tuple[int, int] | None, str]:
        """A picture as an order takes it, its size, and what it is called."""
        made = None if given.step is None else self._made.get(given.step)
        if made is not None and made.size is not None:
            index = given.sample
            name = "" if index < 0 or not made.name else f"{made.name}:{index}"
            if name and 0 <= index < len(made.stored):
                return made.stored[index], made.size, name
            inputs.stored = False
            return _blank(made.size), made.size, name
        source = given.source
        why = "is not there yet, so its size is not known"
        if given.step is not None:
            why = "has a size that is not known"
        elif given.written == "last" and not source:
            why = "is whatever was made before this notebook, and so is its size"
        elif not source:
            why = "is not known, and with it the size that goes in"
        elif _ELSEWHERE.match(source) and not source.lower().startswith("file:"):
            why = "is not on this machine, so its size is not known"
        elif (path := self._path(source)) is not None:
            return path, _size(path), str(path)
        elif _KEY.fullmatch(source):
            return source, None, source
        inputs.reasons.append(f"`{given.written}` {why}")
        return None, None, ""

    def _path(self, source: str) -> Path | None:
        try:
            named = local_path(source) if source.lower().startswith("file:") else Path(source)
            path = self._folder / named.expanduser()
            return path if path.is_file() else None
        except (OSError, ValueError, RuntimeError):
            return None

    def _priced(
        self, number: int, row: Row, asked: Asked, order: Order, maker: Provider, inputs: _Inputs
    ) -> Row:
        """One call, priced twice: from nothing, and as it is now."""
        n, unsure = order.options.n, self._unsettled.get("home", "")
        # Words or an option that are not known make it a request that nobody can tell from another.
        vague = bool(asked.depends or asked.unknown) or "" in inputs.names
        real = inputs.stored and not vague
        name = "" if vague else self._name(order, maker, inputs)
        known = bool(name) and not order.fresh
        stored: list[Image] = []
        unreadable: StoreError | None = None
        if real and not unsure and not order.fresh:
            key = request_key(order.request, namespace=order.provider.namespace)
            stored, unreadable = order.deck.look(self._workshop.storage_to_read.pictures, key, n)
        sure = not asked.often
        had = self._held[name] if known else 0
        buys = max(0, n - had)
        buys_now = max(0, n - max(len(stored), self._held_now[name] if known else 0))
        # What cannot be read now is not bought again.
        buys_now = buys_now if unreadable is None else 0
        if name and sure:
            self._held[name] += buys
            self._held_now[name] = max(self._held_now[name], len(stored)) + buys_now
        notes = [asked.often, _ONCE if asked.often and known else ""]
        notes += [] if unreadable is None else [missing_words(n, len(stored), unreadable)]
        if order.deck.replays:
            buys_now = 0
            there = f"{len(stored)} of {n}" if stored else "nothing of it"
            notes += [f"{there} is recorded: replay would stop here"] if real and len(stored) < n else []
        error, told = self._checked(order, maker) if buys else ("", [])
        if error and stored and (not buys_now or maker is order.provider):
            whole = f"only because it is stored: {error}"
            notes.append(missing_words(n, len(stored), error) if buys_now else whole)
            error, buys, buys_now = "", 0, 0
        if had and not (stored or error):
            notes.append(f"{n - buys} of {n} are an earlier cell's" if buys else "an earlier cell has it")
        notes += told
        hidden = vague or not inputs.stored or bool(unsure)
        pays = bool(buys_now) and order.provider.paid
        words = ", ".join(f"`{each}`" for each in dict.fromkeys(asked.depends))
        notes += [f"its words depend on {words}"] if words else []
        notes += [*order.notes, *(order.before_paying() if pays else ())] if real else []
        notes += [unsure or "whether it is stored cannot be known"] if hidden and pays else []
        times = 1 if known else row.times
        price, reason = self._price(order, maker, buys, times, asked.often)
        now, _ = self._price(order, order.provider, buys_now, times, asked.often)
        self._made[number] = self._makes(order, inputs, name if known and sure else "", stored, maker, asked)
        return replace(
            row,
            model=order.request.model,
            size=order.request.size,
            quality=order.request.quality,
            times=times,
            bought=0 if error else buys * (times or 0),
            price=UNKNOWN if error else price,
            now=UNKNOWN if error and pays else now,
            about=bool(asked.depends) or "style" in asked.unknown,
            stored=None if hidden else len(stored),
            recorded=0 if hidden else sum(image.origin == "cassette" for image in stored),
            maker=order.provider.name if buys_now else "",
            key=request_key(order.request, namespace=order.provider.namespace) if real else "",
            notes=tuple(dict.fromkeys(filter(None, notes))),
            unknown=() if error or price.ceiling is not None else (reason,),
            error=error,
        )

    def _name(self, order: Order, maker: Provider, inputs: _Inputs) -> str:
        """What tells a request from others, with pictures in it that are not made yet."""
        request = order.request
        if isinstance(request, EditRequest):
            same = sha256(b"").hexdigest()
            images = tuple(replace(image, digest=same) for image in request.images)
            request = replace(request, images=images, mask=None, markup=None)
        return " ".join([request_key(request, namespace=maker.namespace), *inputs.names])

    def _makes(
        self, order: Order, inputs: _Inputs, name: str, stored: list[Image], maker: Provider, asked: Asked
    ) -> _Made:
        """What later cells can build on."""
        request, outside = order.request, bool(asked.options.get("keep_outside"))
        size, first = parse_size(request.size), inputs.first_size
        inherited = {"model": request.model, "quality": request.quality, "provider": order.provider.name}
        # As `Session.edit_result` has it: a composite has the shape of what it was made from.
        if not outside or not first or not size or same_shape(size, first):
            inherited["size"] = request.size
        return _Made(
            size=first if outside else size,
            name=name and f"{name} {asked.options.get('feather', 0)}" if outside else name,
            stored=() if outside else tuple(stored),
            inherited=inherited,
            by_demo=maker is order.provider and maker.placeholder,
        )

    def _checked(self, order: Order, maker: Provider) -> tuple[str, list[str]]:
        """What the model's maker would refuse it with, and what the user should know."""
        try:
            return "", maker.validate(order.request, order.options, moment=self._workshop.now())
        except ImagegenError as exc:
            return str(exc), []

    def _price(
        self, order: Order, provider: Provider, buys: int, times: int | None, often: str
    ) -> tuple[Price, str]:
        """The price of some pictures, or why there is none."""
        if not buys:
            return FREE, ""
        found = estimated(replace(order, provider=provider), buys, self._workshop.now())
        if found.usd is None or found.ceiling is None:
            return UNKNOWN, found.note
        if times is None and found.ceiling:
            return UNKNOWN, often
        return Price(usd=found.usd, ceiling=found.ceiling, kind=found.kind), ""


_ONCE = "the same request each time, paid once"


def _size(path: Path) -> tuple[int, int] | None:
    """A picture file's size; None where it is no picture, which the order then says."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            return ImageOps.exif_transpose(picture).size
    except Exception:  # noqa: BLE001 - Pillow raises what it likes for a file that is none
        return None


def _blank(size: tuple[int, int], grey: int = 0) -> Any:
    """A picture of one grey; as a mask, 255 lets everything change."""
    from PIL import Image

    return Image.new("L", size, grey)
