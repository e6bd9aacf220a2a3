"""From what a notebook asks for to what that costs: in order, because a picture is paid for once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.config import NO_CASSETTE
from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.sizes import parse_size, same_shape
from jupyter_imagegen.desk import Desk
from jupyter_imagegen.errors import ImagegenError, StoreError
from jupyter_imagegen.planning.inputs import Inputs, Made, symbolic
from jupyter_imagegen.planning.plans import FREE, UNKNOWN, Price, Row
from jupyter_imagegen.purchase import estimated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.planning.asking import Asked, Configured, Step
    from jupyter_imagegen.planning.inputs import InputPictures
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.purchase import Order
    from jupyter_imagegen.workshop import Workshop

#: Options without which there is no price.
_PRICED = (
    "model",
    "size",
    "quality",
    "n",
    "output_format",
    "partial_images",
    "provider",
    "input_fidelity",
    "*",
)
#: Of these, the ones that a setting gives where the call does not.
_FROM_SETTINGS = ("model", "size", "quality", "output_format", "provider")
_INHERITED = ("model", "size", "quality", "provider")
#: Settings of a notebook that a plan does not follow: it opens no other store, asks no address, and writes no
#: time zone into the ledger.
_NOT_FOLLOWED = frozenset(("home", "allowed_urls", "timezone"))


@dataclass(kw_only=True)
class Held:
    """How many pictures of each key are there, as a plan goes on: from nothing, and as it is now."""

    from_nothing: Counter[str] = field(default_factory=Counter)
    now: Counter[str] = field(default_factory=Counter)


class Pricing:
    """Prices the steps of one notebook.

    Parameters
    ----------
    workshop
        A workshop of its own, whose settings the notebook's cells change.
    folder
        Where the notebook is.
    held
        What was bought before; for several notebooks the same.
    """

    def __init__(self, workshop: Workshop, folder: Path, held: Held) -> None:
        self._workshop = workshop
        self._folder = folder
        self._held = held
        self._desk = Desk(workshop, last=lambda: None)
        self._inputs = Inputs(folder)
        self._unsettled: dict[str, str] = {}

    def rows(self, steps: Iterable[Step]) -> list[Row]:
        """One row for each call, in order."""
        from jupyter_imagegen.planning.asking import Asked

        found: list[Row] = []
        for number, step in enumerate(steps):
            try:
                if isinstance(step, Asked):
                    found.append(self._row(number, step))
                else:
                    self._configure(step)
            except StoreError:
                # The store is this machine's affair, and no cell's.
                raise
            except ImagegenError as exc:
                found.append(Row(cell=step.cell, prompt=_words(step), error=str(exc)))
            except Exception as exc:  # noqa: BLE001 - whatever a wrong value raises on its way is this cell's answer
                told = f"{type(exc).__name__}: {exc}"
                found.append(Row(cell=step.cell, prompt=_words(step), error=told))
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
        row = Row(cell=asked.cell, prompt=str(asked.prompt), depends=asked.depends, times=asked.times.count)
        if asked.lost:
            return replace(row, unknown=(asked.lost,))
        settings = self._workshop.settings()
        options, named, reasons = self._options(asked, settings)
        now, nothing = self._inputs.given(asked, fitted=bool(options.get("keep_outside")))
        reasons += now.reasons
        shown = {name: options.get(name, getattr(settings, name)) for name in ("model", "size", "quality")}
        if not shown["model"]:
            shown["model"] = self._workshop.catalog.default(self._workshop.utc_date).name
        shown = {name: str(value) for name, value in shown.items() if name not in self._not_known(asked)}
        if asked.images and "size" not in options:
            # It is the first picture's, which the order tells.
            shown.pop("size", None)
        n = None if "n" in asked.unknown else options.get("n", 1)
        row = replace(row, **shown, n=n if isinstance(n, int) else None)
        if reasons:
            return replace(row, unknown=tuple(dict.fromkeys(reasons)))
        order = self._desk.order(
            settings, asked.prompt, now.pictures, None, options, calling=False  # type: ignore[arg-type]
        )  # fmt: skip
        maker = order.provider if named else self._workshop.provider("openai")
        priced = _Priced(self, asked, order, maker, (now, nothing))
        self._inputs.remember(number, priced.made(now.first_size))
        return priced.row(row)

    def _not_known(self, asked: Asked) -> set[str]:
        settings = () if asked.inherits else (name for name in self._unsettled if name not in asked.options)
        return {*asked.unknown, *settings}

    def _options(self, asked: Asked, settings: Settings) -> tuple[dict[str, Any], bool, list[str]]:
        """The options that are known, whether the notebook names who paints, and what the price misses."""
        options, reasons = dict(asked.options), []
        named = bool(options.get("provider"))
        if asked.inherits is not None:
            origin = self._inputs.origin(asked.inherits)
            if origin is None:
                reasons.append(f"what `{asked.images[0].written}` was made with is not known")
            else:
                options = {**origin.inherited, **options}
                named = named or origin.named
        elif settings.provider and not named:
            # What the user's own environment or file says holds now, and not for who reads the notebook.
            source = settings.sources["provider"]
            named = source.startswith(("imagegen.toml", "%config"))
        reasons += [
            f"{'it' if name == '*' else name} depends on {why}"
            for name, why in asked.unknown.items()
            if name in _PRICED
        ]
        for name, why in self._unsettled.items():
            held = name in options or (asked.inherits is not None and name in _INHERITED)
            if not held and (name in _FROM_SETTINGS or name == "*"):
                reasons.append(f"{'settings' if name == '*' else name}: {why}")
        return options, named, reasons


class _Priced:
    """One call, priced twice: from nothing, and as it is now."""

    def __init__(
        self,
        pricing: Pricing,
        asked: Asked,
        order: Order,
        maker: Provider,
        inputs: tuple[InputPictures, InputPictures],
    ) -> None:
        self._pricing, self._asked, self._order, self._maker = pricing, asked, order, maker
        self._workshop = pricing._workshop  # noqa: SLF001 - one job in two classes
        self._held = pricing._held  # noqa: SLF001
        self._store_unknown = pricing._unsettled.get("home", "")  # noqa: SLF001
        # Words or an option that are not known make it a request that nobody can tell from another.
        self._vague = bool(asked.depends or set(asked.unknown) - {"image", "mask", "markup"})
        now, nothing = inputs
        self._real = now.real and not self._vague
        self._now = None if self._vague else symbolic(order.request, now)
        self._nothing = None if self._vague else symbolic(order.request, nothing)
        self._stored = self._find()

    def made(self, first_size: tuple[int, int] | None) -> Made:
        """What later cells can build on."""
        order, options = self._order, self._asked.options
        outside = bool(options.get("keep_outside"))
        known = self._nothing is not None and not order.fresh and self._asked.times.sure
        request, faded = order.request, options.get("feather", 0) if outside else ""
        asked_size = parse_size(request.size)
        inherited = {
            "model": request.model,
            "quality": request.quality,
            "provider": order.provider.name,
        }
        # As `Session.edit_result` has it: a composite has the shape of what it was made from.
        if not outside or not first_size or not asked_size or same_shape(asked_size, first_size):
            inherited["size"] = request.size
        return Made(
            size=first_size if outside else asked_size,
            symbol=f"{self._key(self._nothing, self._maker)} {faded}" if known else None,
            stored=() if outside or not known else tuple(self._stored),
            inherited=inherited,
            named=self._maker is order.provider and self._maker.name == "demo",
        )

    def row(self, row: Row) -> Row:
        """The row with its prices, and what they are made of."""
        order, asked, notes = self._order, self._asked, []
        n, known = order.options.n, self._nothing is not None and not order.fresh
        times = 1 if known else asked.times.count
        if not asked.times.sure:
            same = "the same request each time, paid once" if known and asked.times.count != 1 else ""
            notes += [asked.times.reason, same]
        had, buys = self._bought(self._nothing, self._held.from_nothing, self._maker, stored=0)
        _, buys_now = self._bought(self._now, self._held.now, order.provider, stored=len(self._stored))
        if order.deck.replays:
            buys_now = 0
            if self._real and len(self._stored) < n:
                there = f"{len(self._stored)} of {n}" if self._stored else "nothing of it"
                notes.append(f"{there} is recorded: replay would stop here")
        error, told = self._checked(self._maker) if buys else ("", [])
        if error and not buys_now and self._stored:
            notes.append(f"only because it is stored: {error}")
            error, buys = "", 0
        if had and not buys and not error:
            notes.append("an earlier cell has it" if not self._stored else "")
        elif had and buys:
            notes.append(f"{n - buys} of {n} are an earlier cell's")
        notes += told
        vague = bool(asked.depends) or not self._real or bool(self._store_unknown)
        if asked.depends:
            notes.append(
                f"its words depend on {', '.join(f'`{each}`' for each in dict.fromkeys(asked.depends))}"
            )
        if self._real:
            notes += order.notes
            notes += order.before_paying() if buys_now and order.provider.paid else ()
        if vague and buys_now and order.provider.paid:
            notes.append(self._store_unknown or "whether it is stored cannot be known")
        price, reason = self._price(self._maker, buys, times)
        now, _ = self._price(order.provider, buys_now, times)
        return replace(
            row,
            model=order.request.model,
            size=order.request.size,
            times=times,
            bought=0 if error else buys * (times or 0),
            price=UNKNOWN if error else price,
            now=UNKNOWN if error and buys_now and order.provider.paid else now,
            about=bool(asked.depends) or "style" in asked.unknown,
            stored=None if vague else len(self._stored),
            recorded=0 if vague else sum(image.origin == "cassette" for image in self._stored),
            maker=order.provider.name if buys_now else "",
            key=self._key(self._now, order.provider) if self._real else "",
            notes=tuple(dict.fromkeys(filter(None, notes))),
            unknown=() if error or price.ceiling is not None else (reason,),
            error=error,
        )  # fmt: skip

    def _find(self) -> list[Any]:
        order = self._order
        if not self._real or order.fresh or self._store_unknown:
            return []
        key = self._key(self._now, order.provider)
        return order.deck.find(self._workshop.storage_to_read.pictures, key, order.options.n)

    def _key(self, request: GenerateRequest | None, provider: Provider) -> str:
        return request_key(request or self._order.request, namespace=provider.namespace)

    def _bought(
        self, request: GenerateRequest | None, held: Counter[str], provider: Provider, *, stored: int
    ) -> tuple[int, int]:
        """How many were there, and how many are bought; they are there afterwards."""
        n = self._order.options.n
        if request is None:
            return 0, n
        key = self._key(request, provider)
        had = max(held[key], stored)
        buys = n if self._order.fresh else max(0, n - had)
        if self._asked.times.sure:
            held[key] = had + buys
        return had, buys

    def _checked(self, maker: Provider) -> tuple[str, list[str]]:
        """What the model's maker would refuse it with, and what the user should know."""
        from jupyter_imagegen.core.validation import validate

        workshop, order = self._workshop, self._order
        try:
            return "", validate(
                order.request,
                order.options,
                catalog=workshop.catalog,
                today=workshop.utc_date,
                official=maker.official,
            )
        except ImagegenError as exc:
            return str(exc), []

    def _price(self, provider: Provider, buys: int, times: int | None) -> tuple[Price, str]:
        """The price of some pictures, or why there is none."""
        if not buys:
            return FREE, ""
        order = replace(self._order, provider=provider)
        found = estimated(order, buys, self._workshop.catalog)
        if found.usd is None or found.ceiling is None:
            return UNKNOWN, found.note
        if times is None:
            return (UNKNOWN if found.ceiling else FREE), self._asked.times.reason
        return Price(usd=found.usd * times, ceiling=found.ceiling * times, kind=found.kind), ""


def _words(step: Step) -> str:
    from jupyter_imagegen.planning.asking import Asked

    return str(step.prompt) if isinstance(step, Asked) else f"settings: {', '.join(step.values)}"
