"""The parts of one process, each made when first needed: settings, store, catalog, providers, engine."""

from __future__ import annotations

import contextlib
import secrets
import threading
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jupyter_imagegen.config import PROVIDER_ORDER
from jupyter_imagegen.core.budgets import tightest
from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.sizes import USUAL_SIZES, SizeRule
from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import (
    CassetteError,
    ConfigError,
    NoKeyError,
    StoreError,
    UnknownModelError,
)
from jupyter_imagegen.hidden import Environment, StaysHere
from jupyter_imagegen.providers import entries, load_provider
from jupyter_imagegen.providers.base import Context
from jupyter_imagegen.providers.estimating import ESTIMATES, Estimating
from jupyter_imagegen.storage import Deck
from jupyter_imagegen.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.budgets import Budget
    from jupyter_imagegen.core.models import Model, Models
    from jupyter_imagegen.core.prompts import Style
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.results import Result
    from jupyter_imagegen.engine import Engine
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.purchase import Order
    from jupyter_imagegen.sources import Sources
    from jupyter_imagegen.storage import Cassette, RecordMode, Storage


class Workshop(StaysHere):
    """What a session works with.

    Parameters
    ----------
    environ
        The environment; read at each call, so that a key set in a cell counts at once. None for the
        process's own.
    demo_fallback
        Whether a picture that cannot be bought for want of a key is painted by the demo provider.
    now
        The local time, with its zone: days and months of budgets are the user's own.

    Examples
    --------
    >>> Workshop(environ={}, demo_fallback=True, now=clock).settings().quality
    'low'
    """

    def __init__(
        self, *, environ: Mapping[str, str] | None, demo_fallback: bool, now: Callable[[], datetime]
    ) -> None:
        self.id = secrets.token_hex(8)
        self.demo_fallback = demo_fallback
        self.environ = environ if isinstance(environ, Environment) else Environment(environ)
        self.now = now
        #: The notebook's path, where the front end tells it (VS Code puts it into the namespace).
        self.notebook: str | None = None
        self.stores = Stores(now=now, session=self.id, budgets=lambda: self.settings().budgets)
        self._overrides: dict[str, object] = {}
        self._lock = threading.RLock()
        self._engines: dict[Storage, Engine] = {}
        self._zones: dict[Storage, str] = {}
        self._providers: dict[str, Provider] = {}
        self._cassettes: dict[Path, Cassette] = {}
        #: Cassettes that lie in the folder and are not in use.
        self._nearby: dict[Path, Cassette] = {}

    def settings(self, *, session: bool = True) -> Settings:
        """Every setting and where it comes from, as of now.

        Parameters
        ----------
        session
            Whether what was set in this session counts.

        Raises
        ------
        ConfigError
            If a file or variable holds what cannot be used.
        """
        from jupyter_imagegen.config import load_settings, notebook_folder

        settings = load_settings(
            environ=self.environ,
            notebook_dir=notebook_folder(self.environ, notebook=self.notebook),
            overrides=self._overrides if session else None,
        )
        if estimates := self.environ.get(ESTIMATES):
            home = Path(estimates).with_name("home")
            return replace(settings, home=home, stores=(), cassette=None, record_mode="live", budgets=())
        if settings.sources["cassette"] != "default":
            return settings
        return replace(settings, cassette=self._own_cassette(settings.record_mode))

    def configure(self, values: Mapping[str, object]) -> Settings:
        """Change settings for this session; see `Session.configure`."""
        with self._lock:
            before, overrides = self._overrides, {**self._overrides, **values}
            old = self.settings()
            self._overrides = {name: value for name, value in overrides.items() if value is not None}
            try:
                # A name that is only taken back must be a name too.
                old.with_values({name: None for name in values if values[name] is None}, "%config")
                new = self.settings()
                self._refuse_unusable(new, old, values)
                if values.get("timezone") is not None:
                    from jupyter_imagegen.storage import refuse_change

                    # Kept by the ledger, where there is one; else with the first picture.
                    storage = self.storage_to_read
                    refuse_change(storage.stands_for)
                    self._set_zone(storage, new)
            except Exception:
                self._overrides = before
                raise
            # A path means what it meant when it was given, wherever the notebook goes later.
            for name in {"home", "catalog", "cassette"} & self._overrides.keys():
                if (path := getattr(new, name)) is not None:
                    self._overrides[name] = Path(path).absolute()
            if "stores" in self._overrides:
                self._overrides["stores"] = [path.absolute() for path in new.stores]
            return new

    def _refuse_unusable(self, new: Settings, old: Settings, values: Mapping[str, object]) -> None:
        from jupyter_imagegen.usable import refuse_unusable

        def provider(settings: Settings) -> Provider:
            """Who would be asked under other settings than those that hold."""
            name = settings.provider or self.asked().name
            return load_provider(name, self._context(lambda: settings))

        refuse_unusable(new, old, values.keys(), moment=self.now(), provider=provider, deck=self.deck)
        if new.home != old.home:
            self.stores.choose(new.home.absolute())

    def deck(self, settings: Settings) -> Deck:
        """The cassette in use, and how.

        Raises
        ------
        ConfigError
            If the mode needs a cassette and there is none.
        CassetteError
            If the cassette is not there.
        """
        path, mode = settings.cassette, settings.record_mode
        if path is None:
            if mode != "live":
                raise ConfigError(
                    f"record_mode {mode} needs a cassette, and none is in use",
                    hint="Name it with `%imagegen cassette use FILE`, or in IMAGEGEN_CASSETTE.",
                )
            return Deck()
        from jupyter_imagegen.storage import Cassette

        path = path.absolute()
        with self._lock:
            cassette = self._cassettes.setdefault(
                path, Cassette(path, preview_side=settings.cassette_preview)
            )
        if mode != "record" and not path.exists():
            # A slip in the name must not lead to a call that costs.
            raise CassetteError(
                f"there is no cassette {path.name} where {settings.sources['cassette']} says",
                hint="Name another with `%imagegen cassette use FILE`, or say `none`.",
            )
        return Deck(cassette=cassette, mode=cast("RecordMode", mode))

    def _own_cassette(self, mode: str) -> Path | None:
        """The cassette named after the notebook; when recording, also one that is still to be made."""
        from jupyter_imagegen.config import notebook_path

        notebook = notebook_path(self.environ, notebook=self.notebook)
        if notebook is None:
            return None
        path = notebook.with_suffix(".cassette")
        if mode == "record":
            return path
        # Its name can be too long where the notebook's is not.
        with contextlib.suppress(OSError):
            return path if path.is_file() else None
        return None

    @property
    def storage(self) -> Storage:
        """The store and the ledger of the home that is set now, made where there is none; see `Stores.of`."""
        return self._storage_of(self.settings())

    @property
    def storage_to_read(self) -> Storage:
        """The same for whoever only looks: nothing is made on disk; see `Stores.to_read`."""
        settings = self.settings()
        replays = settings.record_mode == "replay"
        storage = (self.stores.to_replay if replays else self.stores.to_read)(settings.home.absolute())
        if replays and storage.made:
            return storage
        storage.pictures.layers = self.stores.layers(settings.stores, storage.home)
        # A store that can only be read goes on to be read.
        with contextlib.suppress(StoreError):
            self._set_zone(storage, settings)
        return storage

    def storage_for(self, settings: Settings) -> Storage:
        """The store of the home that some settings name, for a run; a replay needs none."""
        if settings.record_mode == "replay":
            return self.stores.to_replay(settings.home.absolute())
        return self._storage_of(settings)

    def _storage_of(self, settings: Settings) -> Storage:
        storage = self.stores.of(settings.home.absolute())
        storage.pictures.layers = self.stores.layers(settings.stores, storage.home)
        self._set_zone(storage, settings)
        return storage

    def _set_zone(self, storage: Storage, settings: Settings) -> None:
        """Let the ledger count the days of the zone that the user's settings name."""
        if settings.timezone is not None and self._zones.get(storage) != settings.timezone:
            storage.ledger.zones.change(settings.timezone)
            self._zones[storage] = settings.timezone

    @property
    def storage_note(self) -> str:
        """What the user should know about the store: that it is temporary, or was put right; else empty."""
        return self.stores.opening_note(self.settings().home.absolute())

    @property
    def has_providers(self) -> bool:
        """Whether a provider was made, which may hold connections."""
        return bool(self._providers)

    async def close_providers(self) -> None:
        """Close every provider's connections; on the loop that they were used on."""
        with self._lock:
            providers, self._providers = list(self._providers.values()), {}
        for provider in providers:
            await provider.aclose()

    def close(self) -> None:
        """Close every store that was opened; a temporary one is deleted."""
        with self._lock:
            self.stores.close()
            self._engines = {}

    @property
    def utc_date(self) -> date:
        """Today's date in UTC, by which a model is shut down; the day of a budget is the ledger's."""
        return self.now().astimezone(UTC).date()

    def local_time(self) -> datetime:
        """The present moment in the ledger's zone: its date is "today" in every face."""
        with contextlib.suppress(StoreError):
            return self.storage_to_read.ledger.zones.local_time()
        return self.now()

    def sources(self, last: Callable[[], Result | None], settings: Settings | None = None) -> Sources:
        """Finds the pictures that a user names; `last` gives the last result of the session."""
        from jupyter_imagegen.sources import Sources

        settings = settings or self.settings()
        return Sources(
            storage=self.storage_to_read,
            allowed_urls=settings.allowed_urls,
            last=last,
            deck=self.deck(settings),
            seconds=settings.timeout,
        )

    def styles(self) -> dict[str, Style]:
        """Every named style: the package's, the user's own over them, the notebook's over those."""
        from jupyter_imagegen.core.prompts import load_styles

        return load_styles(*self.settings().style_files)

    def provider(self, name: str) -> Provider:
        """A provider by its name.

        Raises
        ------
        RequestError
            If there is none of that name.
        """
        with self._lock:
            if name not in self._providers:
                provider = load_provider(name, self._context(self.settings))
                estimates = self.environ.get(ESTIMATES)
                self._providers[name] = (
                    Estimating(provider, Path(estimates), self.now) if estimates else provider
                )
            return self._providers[name]

    def new_provider(self, name: str) -> Provider:
        """Another one of the same name, for another event loop."""
        return load_provider(name, self._context(self.settings))

    def _context(self, settings: Callable[[], Settings]) -> Context:
        return Context(environ=self.environ, setting=lambda name: getattr(settings(), name))

    def providers(self) -> list[Provider]:
        """Every installed provider that can be used: in the order of preference, those that stand in last."""
        first = [name for name in PROVIDER_ORDER if name in entries()]
        found = []
        for name in dict.fromkeys((*first, *sorted(entries()))):
            # One that is broken is named by `doctor`, and is nobody else's trouble.
            with contextlib.suppress(ConfigError):
                found.append(self.provider(name))
        return sorted(found, key=lambda provider: provider.placeholder)

    def asked(self, named: str | None = None, model: str | None = None) -> Provider:
        """Whose models a request is made for: the provider that is named, else the first that is configured.

        Parameters
        ----------
        model
            A model that only another provider lists is asked of that one.

        Raises
        ------
        ConfigError
            If there is none.
        """
        if named is not None:
            return self.provider(named)
        real = [provider for provider in self.providers() if not provider.placeholder]
        if not real:
            raise ConfigError("no provider is installed", hint="Install jupyter-imagegen again.")
        first = next((provider for provider in real if provider.configured()), real[0])
        if not model or first.models().get(model) is not None:
            return first
        return next((provider for provider in real if provider.models().get(model) is not None), first)

    def models(self, named: str | None = None, model: str | None = None) -> Models:
        """What can be asked of the provider that is named, that the settings name, or that is configured."""
        return self.asked(named or self.settings().provider, model).models()

    def model_named(self, name: str) -> tuple[Provider, Model]:
        """A model of any provider, and whose it is.

        Raises
        ------
        UnknownModelError
            If no provider lists it.
        """
        makers = [provider for provider in self.providers() if not provider.placeholder]
        for provider in makers:
            if (found := provider.models().get(name)) is not None:
                return provider, found
        near = [each for provider in makers for each in provider.models().suggest(name)]
        hint = f"Did you mean {' or '.join(near)}?" if near else "`models` lists those that are known."
        raise UnknownModelError(f"model {shown(name)} is not known", hint=hint)

    @property
    def default_model(self) -> str:
        """The model that the settings name, or the one that is taken where none is named."""
        name: str = self.settings().model or self.models().default(self.utc_date).name
        return name

    def engine(self, settings: Settings) -> Engine:
        """The engine on the store of these settings."""
        from jupyter_imagegen.engine import Engine

        storage = self.storage_for(settings)
        with self._lock:
            # One for each store: who waits for whom is known to its engine.
            if storage not in self._engines:
                self._engines[storage] = Engine(storage=storage, now=self.now)
            return self._engines[storage]

    def used_styles(self, names: Sequence[str], deck: Deck) -> list[Style]:
        """The named styles, with the words that they were recorded with where the reader has none of his own.

        Raises
        ------
        PromptError
            If there is no style of a name.
        """
        from jupyter_imagegen.core.prompts import Style, find_style

        styles = self.styles()
        recorded = {} if deck.cassette is None else deck.cassette.manifest.styles
        for name, template in recorded.items():
            if deck.replays or name not in styles or styles[name].source == "package":
                styles[name] = Style(name=name, template=template, description="", source="cassette")
        return [find_style(name, styles) for name in names]

    def provider_for(
        self, request: GenerateRequest, *, named: str | None, wanted: int, calling: bool, deck: Deck
    ) -> Provider:
        """As named; else who is configured or has the pictures; else the placeholder, recorded before bought.

        In replay no API is called, and it is whoever made the recorded pictures.

        Parameters
        ----------
        request
            What is asked; its key says whether pictures are there.
        named
            The provider that the call or the settings name, or None.
        wanted
            How many pictures would do without a call.
        calling
            Whether a call may follow; a price can be asked for without a key.
        deck
            The cassette in use, and how.

        Raises
        ------
        NoKeyError
            If a call is needed, no key is set, and nobody is there to be told that a picture is a demo.
        """

        def there(provider: Provider) -> int:
            key = request_key(request, namespace=provider.namespace)
            try:
                return len(deck.find(self.storage_to_read.pictures, key, wanted))
            except StoreError:
                # There is one that cannot be read now: whoever is to show it says so.
                return 1

        if deck.replays:
            known = self.providers()
            return max([self.provider(named), *known] if named else known, key=there)
        if named:
            return self.provider(named)
        maker, stand_in = self.asked(model=request.model), self.stand_in()
        held = there(maker)
        if stand_in is not None and deck.mode == "live" and deck.cassette is not None and held < wanted:
            # A lesson is not bought again because its reader has a key.
            key = request_key(request, namespace=stand_in.namespace)
            if len(deck.cassette.find(key, wanted)) >= wanted:
                return stand_in
        if maker.configured() or held >= wanted:
            return maker
        if self.demo_fallback and stand_in is not None:
            return stand_in
        # Some of the pictures are shown all the same.
        if not calling or held:
            return maker
        raise NoKeyError(
            f"no {maker.needs} is set, and the picture is not in the store", hint=self.how_to_configure(maker)
        )

    def stand_in(self) -> Provider | None:
        """The provider that paints where none is configured, free and offline."""
        return next((provider for provider in self.providers() if provider.placeholder), None)

    def how_to_configure(self, maker: Provider) -> str:
        """What to do where a provider is not configured."""
        stand_in = self.stand_in()
        free = "" if stand_in is None else f", or say --provider {stand_in.name} for a free offline picture"
        return f"Set {maker.needs}{free}."

    def with_notes(
        self,
        order: Order,
        settings: Settings,
        *,
        named: str | None,
        request_in: Callable[[Deck], GenerateRequest],
    ) -> Order:
        """An order that says which recorded pictures it shows or would pass over."""
        from jupyter_imagegen import recordings
        from jupyter_imagegen.storage import Cassette

        if not order.provider.paid:
            chosen = not named and not order.deck.replays and self.asked().configured()
            return replace(order, notes=(*order.notes, recordings.RECORDED_DEMO)) if chosen else order
        known = self.providers()

        def before_paying() -> tuple[str, ...]:
            return (
                *recordings.passed_over(order, named=named, free=[one for one in known if not one.paid]),
                *recordings.not_in_use(
                    settings,
                    request_in,
                    known,
                    lambda path: self._nearby.setdefault(path, Cassette(path)),
                    told=bool(self.notebook_name()),
                ),
            )

        return replace(order, before_paying=before_paying)

    def size_rule(self, model: str, named: str | None) -> SizeRule:
        """Which sizes a model can make; for an unknown one, the usual ones."""
        known = self.models(named).get(model)
        return SizeRule(kind="fixed", values=USUAL_SIZES) if known is None else known.sizes

    def size_is_free(self, settings: Settings, deck: Deck) -> bool:
        """Whether no size was chosen, so that an edit takes that of its first picture.

        Parameters
        ----------
        settings
            Without what the cassette's author had set.
        deck
            The cassette in use, and how.
        """
        source = settings.sources.get("size", "default")
        if deck.cassette is not None:
            recorded = settings.with_recorded(deck.cassette.manifest.settings, replays=deck.replays)
            if recorded.size != type(settings).size:
                return False
            # In replay the author's goes over the reader's files, and was not chosen where it is the default.
            if deck.replays and "size" in deck.cassette.manifest.settings:
                return source != "%config"
        return source == "default"

    def is_recorded(self, request: GenerateRequest, deck: Deck) -> bool:
        """Whether the cassette in use holds a picture for a request, whoever made it."""
        return deck.cassette is not None and any(deck.cassette.find(key) for key in self._keys(request))

    def is_stored(self, request: GenerateRequest, deck: Deck) -> bool:
        """Whether a picture for a request is there without a call, whoever made it."""
        if deck.cassette is None:
            return False
        return any(deck.find(self.storage.pictures, key, 1) for key in self._keys(request))

    def _keys(self, request: GenerateRequest) -> list[str]:
        return [request_key(request, namespace=provider.namespace) for provider in self.providers()]

    def budgets_in_force(self) -> tuple[Budget, ...]:
        """Every budget that holds: the ledger's, and those from the settings; the tighter of two."""
        return tightest((*self.storage_to_read.ledger.budgets(), *self.settings().budgets))

    def look_again(self, *, every: float = 0.0) -> None:
        """Open the store again where it could not be used; see `Stores.look_again`."""
        settings = self.settings()
        if settings.record_mode != "replay":
            self.stores.look_again(settings.home.absolute(), every=every)

    def paid_calls_stopped(self) -> str:
        """Why no call is paid now, whatever it costs, and what to do; empty where nothing is in its way."""
        refusal = self.storage_to_read.ledger.refusal(self.settings().budgets)
        return "" if refusal is None else str(refusal)

    def missing_key(self, provider: Provider) -> str:
        """That a provider has no key to call with; empty where it has, or needs none."""
        return "" if provider.configured() else f"no {provider.needs} is set"

    def notebook_name(self) -> str:
        """The notebook's file name, for the history; empty where it is unknown."""
        told = self.notebook or self.environ.get("JPY_SESSION_NAME", "")
        return Path(told).name
