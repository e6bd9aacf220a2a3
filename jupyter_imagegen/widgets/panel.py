"""`panel()`: pictures by hand. Write, choose, see the price, press the button, go on from what came.

Python validates and decides; `panel.js` draws. Every action starts work and returns, so a long run never
holds the kernel up: its events come back from the runner's thread.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NotRequired, TypedDict

import traitlets
from ipywidgets import widget_serialization

from jupyter_imagegen.errors import ImagegenError, RequestError, SourceError, StoreError
from jupyter_imagegen.widgets import messages
from jupyter_imagegen.widgets.base import Panel, asset, module, stylesheet
from jupyter_imagegen.widgets.messages import ALONE, Shape
from jupyter_imagegen.widgets.panel_controls import (
    controls_for,
    first_choices,
    fitted,
    picture_options,
    read_choices,
)
from jupyter_imagegen.widgets.panel_inputs import Tray
from jupyter_imagegen.widgets.panel_quote import Later, quote
from jupyter_imagegen.widgets.panel_runs import Runs
from jupyter_imagegen.widgets.panel_strip import Asked, static_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jupyter_imagegen.core.results import Result
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.widgets.messages import Check
    from jupyter_imagegen.widgets.panel_strip import Card

#: Bytes of a file that the browser may send: Jupyter's server closes a connection that sends 10 MiB at once
#: (tornado's `websocket_max_message_size`).
MAX_UPLOAD = 8_000_000


class ViewMessage(TypedDict):
    """What a view needs to show: a picture that it has not got yet, or the price as of now."""

    kind: Literal["picture", "refresh"]
    id: NotRequired[str]


class GenerateMessage(TypedDict):
    """Begin; with the words and choices, which may not have come as state yet."""

    kind: Literal["generate"]
    prompt: NotRequired[str]
    choices: NotRequired[dict[str, Any]]


class PictureMessage(TypedDict):
    """Do something with one picture of the strip, or take one that goes in out again."""

    kind: Literal["edit", "reference", "drop_input", "mask", "another"]
    id: str


class SaveMessage(TypedDict):
    """Write a copy of a picture under a name."""

    kind: Literal["save"]
    id: str
    name: str


class FavouriteMessage(TypedDict):
    """Mark a picture as a favourite, or no longer."""

    kind: Literal["favourite"]
    id: str
    on: bool


class FileMessage(TypedDict):
    """A file from the browser's machine; its bytes are the message's only buffer."""

    kind: Literal["add_file"]
    name: str


#: What names one picture of the strip.
_ONE: Mapping[str, Check] = {"id": messages.text}


class PicturePanel(Panel):
    """A panel that makes pictures.

    Attributes
    ----------
    prompt : str
        The words, as they stand: nothing is filled in from the notebook.
    choices : dict
        What is chosen, by OpenAI's names; see `panel_controls.Choices`.
    controls : list of dict
        What can be chosen with this model.
    quote : dict
        The price beside the button, or why it cannot be pressed.
    inputs : list of dict
        Pictures that go in: the one to change first.
    editor : MaskEditor or None
        Where the picture to change may be changed.
    run : dict
        What is under way; empty for nothing.
    cards : list of dict
        The pictures, the newest run first.
    selected : str
        The picture that the buttons under the strip act on.
    said : str
        What was done last, in a sentence.

    Examples
    --------
    >>> p = imagegen.panel("a lighthouse at dusk", provider="demo")
    >>> p.prompt
    'a lighthouse at dusk'
    """

    _esm = module("panel_controls") + asset("panel.js")
    _css = stylesheet("panel")
    actions: ClassVar[Mapping[str, Shape]] = {
        "generate": Shape({}, {"prompt": messages.prompt, "choices": messages.table}),
        "cancel": ALONE,
        "detach": ALONE,
        **dict.fromkeys(("edit", "reference", "drop_input", "mask", "another"), Shape(_ONE)),
        "add_file": Shape({"name": messages.text}, buffers=1),
        "save": Shape({**_ONE, "name": messages.text}),
        "favourite": Shape({**_ONE, "on": messages.flag}),
        # A view that fetches what it shows does nothing new.
        "picture": Shape(_ONE, quiet=True),
        "refresh": Shape(quiet=True),
    }
    settable: ClassVar[Mapping[str, Check]] = {
        "prompt": messages.prompt,
        "choices": messages.table,
        "selected": messages.text,
    }

    prompt = traitlets.Unicode("").tag(sync=True)
    choices = traitlets.Dict().tag(sync=True)
    controls: Any = traitlets.List().tag(sync=True)
    quote = traitlets.Dict().tag(sync=True)
    inputs: Any = traitlets.List().tag(sync=True)
    editor = traitlets.Any(None, allow_none=True).tag(sync=True, **widget_serialization)
    run = traitlets.Dict().tag(sync=True)
    cards: Any = traitlets.List().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    upload_limit = traitlets.Int(MAX_UPLOAD).tag(sync=True)

    def __init__(
        self,
        session: Session,
        prompt: str = "",
        *,
        later: Callable[[Callable[[], None]], Callable[[], None]] = Later,
        monotonic: Callable[[], float] = time.monotonic,
        **options: Any,
    ) -> None:
        super().__init__(session)
        self._runs = Runs(session, self, monotonic)
        self._tray = Tray(session)
        #: The size that the pictures which go in gave, or the settings; another was chosen by hand.
        self._given_size = ""
        self._own_words = ""
        self._quoting = threading.Lock()
        self._requote = later(self._quote_now)
        workshop = session.workshop
        settings = workshop.settings()
        chosen = first_choices(settings, workshop.default_model)
        if unknown := sorted(options.keys() - chosen.keys()):
            raise RequestError(
                f"{unknown[0]!r} is not a choice of the panel",
                hint=f"Available: {', '.join(sorted(chosen))}.",
            )
        self.prompt = prompt
        # A size that somebody set holds; only the package's own gives way to a picture's shape.
        if "size" not in options and workshop.size_is_free(settings, workshop.deck(settings)):
            self._given_size = chosen["size"]
        self._choose(read_choices(options, chosen))
        self.observe(lambda _: self.guarded(self._choose, self.choices), "choices")
        self.observe(lambda _: self._requote(), "prompt")
        self._stop_listening = session.accounts.listen(self._requote)

    @property
    def result(self) -> Result | None:
        """What came last; None for nothing yet."""
        return self._runs.result

    def static(self) -> dict[str, Any]:
        """The newest pictures with their price, and text."""
        return static_form(self.prompt, self._runs.cards)

    def close(self) -> None:
        """Take the panel away; what is being made goes on."""
        self._stop_listening()
        super().close()

    def add_reference(self, source: object) -> None:
        """Let a picture go in beside others: a path, a result, a PIL image, an array, a figure, bytes, a key.

        Raises
        ------
        SourceError
            If it is no picture.

        Examples
        --------
        >>> p = imagegen.panel(provider="demo")
        >>> p.add_reference(imagegen.generate("a red fox", provider="demo"))
        >>> len(p.inputs)
        1
        """
        named = str(source) if isinstance(source, str | Path) else ""
        self._tray.add("reference", source, label=Path(named).name, name=named or "picture")
        self._show_inputs()

    def on_refresh(self, _message: object, _buffers: Sequence[memoryview]) -> None:
        """Say the price as of now."""
        self._requote()

    def on_picture(self, message: ViewMessage, _buffers: Sequence[memoryview]) -> None:
        """Send a picture that the view has not got yet."""
        with suppress(StoreError):
            self.send_picture(message["id"])

    def send_picture(self, wanted: str) -> None:
        """Send the small copy at a place of the strip, or of a picture that goes in, to every view."""
        data = self._tray.small(wanted) or self._runs.picture(wanted)
        if data:
            self.send({"kind": "picture", "id": wanted}, buffers=[data])

    def on_generate(self, message: GenerateMessage, _buffers: Sequence[memoryview]) -> None:
        """Make what is asked for."""
        self.prompt = message.get("prompt", self.prompt)
        self.choices = message.get("choices", self.choices)
        if not self.prompt.strip():
            what = "what should change" if self._tray.base else "what the picture should show"
            raise RequestError("there is no prompt yet", hint=f"Write {what}.")
        self._runs.start(self._asked())

    def on_cancel(self, _message: object, _buffers: Sequence[memoryview]) -> None:
        """Give up what is being made."""
        self._runs.cancel()

    def on_detach(self, _message: object, _buffers: Sequence[memoryview]) -> None:
        """Let what is being made go on by itself."""
        self._runs.detach()

    def on_edit(self, message: PictureMessage, _buffers: Sequence[memoryview]) -> None:
        """Begin from a picture of the strip: the prompt then says what should change."""
        self._begin_edit(self._runs.card(message.get("id")))
        self.said = "Write what should change in the picture."

    def on_reference(self, message: PictureMessage, _buffers: Sequence[memoryview]) -> None:
        """Let a picture of the strip go in beside others."""
        card = self._runs.card(message.get("id"))
        self._tray.add("reference", card.image, label=card.alt, name=card.name)
        self._show_inputs()
        self.said = "Added; say in the prompt what to take from it."

    def on_add_file(self, message: FileMessage, buffers: Sequence[memoryview]) -> None:
        """Let a file of the browser's machine go in."""
        name = Path(str(message.get("name") or "picture")).name
        data = bytes(buffers[0]) if buffers else b""
        if len(data) > MAX_UPLOAD:
            raise SourceError(
                f"{name!r} has {len(data) / 1e6:.1f} MB; the browser can send {MAX_UPLOAD / 1e6:.0f} MB",
                hint="Put it beside the notebook and call add_reference with its path.",
            )
        self._tray.add("reference", data, label=name, name=name)
        self._show_inputs()
        self.said = f"Added {name}."

    def on_drop_input(self, message: PictureMessage, _buffers: Sequence[memoryview]) -> None:
        """Take a picture that goes in out again."""
        gone = self._tray.drop(message.get("id"))
        if gone is not None and gone.role == "edit":
            self._set_editor(None)
            if not self.prompt.strip():
                self.prompt = self._own_words
        self._show_inputs()

    def on_mask(self, message: PictureMessage, _buffers: Sequence[memoryview]) -> None:
        """Paint where a picture of the strip should change."""
        from jupyter_imagegen.widgets.mask_editor import MaskEditor

        card = self._runs.card(message.get("id"))
        self._begin_edit(card)
        editor = MaskEditor(self._session, card.image)
        editor.title = card.alt
        self._set_editor(editor)
        self._show_inputs()
        self.said = "Paint what should change, then write how."

    def on_another(self, message: PictureMessage, _buffers: Sequence[memoryview]) -> None:
        """Buy one more drawing of the same request."""
        asked = self._runs.card(message.get("id")).asked
        self._runs.start(replace(asked, options={**asked.options, "n": 1}), fresh=True)

    def on_save(self, message: SaveMessage, _buffers: Sequence[memoryview]) -> None:
        """Write a copy beside the notebook."""
        card = self._runs.card(message.get("id"))
        path = self._session.save(card.image, str(message.get("name", "")).strip())
        self.said = f"Saved as {path.name} in {path.parent}."

    def on_favourite(self, message: FavouriteMessage, _buffers: Sequence[memoryview]) -> None:
        """Mark a picture as a favourite, or no longer."""
        card, wanted = self._runs.card(message.get("id")), bool(message.get("on"))
        self._session.workshop.storage.pictures.set_favourite(card.key, card.image.sample, wanted)
        self._runs.mark(card, favourite=wanted)

    def _asked(self) -> Asked:
        # An editor in which nothing is painted is no mask yet.
        mask = None if self.editor is None or not self.editor.mask.painted else self.editor.mask
        return Asked(
            prompt=self.prompt.strip(),
            options=picture_options(self.choices),
            inputs=self._tray.inputs,
            mask=mask,
        )

    def _choose(self, told: Mapping[str, Any]) -> None:
        """Take choices over, mended where the model does not take them."""
        workshop = self._session.workshop
        settings, styles = workshop.settings(), workshop.styles()
        catalog = workshop.models(told.get("provider") or None)
        today = workshop.utc_date
        pictures = {"editing": bool(self._tray.inputs), "masked": self.editor is not None}
        read = read_choices(told, first_choices(settings, catalog.default(today).name))
        providers = {one.name: one.label for one in workshop.providers()}
        fit = fitted(read, catalog=catalog, styles=styles, providers=providers, **pictures)
        self.controls = controls_for(
            fit,
            catalog=catalog,
            settings=settings,
            styles=styles,
            providers=providers,
            today=today,
            **pictures,
        )
        if fit != self.choices:
            self.choices = dict(fit)
        self._requote()

    def _quote_now(self) -> None:
        """Reckon the price; on a thread of its own, the latest state winning."""
        with self._quoting:
            try:
                asked = self._asked()
                self.quote = dict(quote(self._session, asked.prompt, {**asked.options, **asked.pictures}))
            except Exception as exc:  # noqa: BLE001 - on this thread nobody else would see it
                self.problem = str(exc) if isinstance(exc, ImagegenError) else f"{type(exc).__name__}: {exc}"

    def _begin_edit(self, card: Card) -> None:
        before = self._tray.base
        self._tray.add("edit", card.image, label=card.alt, name=card.name)
        if before is None:
            self._own_words, self.prompt = self.prompt, ""
        self._set_editor(None)
        self._show_inputs()
        # The answer is to have the picture's own shape, and its model's hand.
        kept = {name: card.asked.options[name] for name in ("model", "size", "quality")}
        self.choices = {**self.choices, **kept}

    def _set_editor(self, editor: Any) -> None:
        before, self.editor = self.editor, editor
        if before is not None:
            before.close()
        if editor is not None:
            editor.observe(lambda _: self._requote(), "share")

    def _show_inputs(self) -> None:
        self.inputs = self._tray.states()
        if self._given_size and self.choices["size"] == self._given_size:
            self._given_size = self._size_of_inputs()
            self._choose({**self.choices, "size": self._given_size})
        else:
            self._choose(self.choices)

    def _size_of_inputs(self) -> str:
        """The size in the shape of the picture that goes in first, as a cell without a size asks for."""
        workshop = self._session.workshop
        if not self._tray.inputs:
            return workshop.settings().size
        first = self._tray.inputs[0].picture
        named = self.choices["provider"] or None
        return workshop.size_rule(self.choices["model"], named).in_shape_of(first.width, first.height)


def panel(prompt: str = "", *, session: Session | None = None, **options: Any) -> PicturePanel:
    """Make pictures by hand: a prompt, the choices, the price beside the button, and what came.

    Parameters
    ----------
    prompt
        What it begins with.
    session
        Whose store, budget and settings; `imagegen.panel` gives the process's own.
    **options
        What is chosen at first: `model size quality n style background output_format output_compression
        complexity moderation partial_images provider`.

    Returns
    -------
    PicturePanel
        `.result` is what came last.

    Raises
    ------
    RequestError
        If an option is none of a panel's.

    Examples
    --------
    >>> p = imagegen.panel("a lighthouse at dusk", provider="demo")
    >>> p.choices["quality"]
    'low'
    """
    if session is None:
        from jupyter_imagegen.session import Session

        session = Session(demo_fallback=True)
    return PicturePanel(session, prompt, **options)
