"""What all panels share: their look, their way of sending actions, and errors that are seen.

A panel's state is small JSON traits; pictures travel as `CBytes` (a `Bytes` trait cannot take binary from the
browser: it gets a memoryview). What a person does arrives as a message `{"kind": …}` and is answered by the
method `on_<kind>`. An exception in a callback shows nowhere in a page by itself, so every action runs inside
one net that shows it in the panel.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar, cast

import anywidget
import traitlets
from ipywidgets.widgets.widget import _put_buffers

from jupyter_imagegen.errors import ImagegenError, RequestError
from jupyter_imagegen.render.captions import ALT_CHARACTERS
from jupyter_imagegen.render.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_imagegen.session import Session
    from jupyter_imagegen.widgets.messages import Check, Shape

#: Shows the live panel where there is one, else the static form in the next output. The static form waits a
#: moment, so that it does not flash by while the panel is being drawn.
_ONE_OF_TWO = (
    "<style>"
    ".jp-OutputArea-child:has(.ig)+.jp-OutputArea-child:has(.imagegen-static){display:none}"
    ".jp-OutputArea-child:has(+.jp-OutputArea-child .imagegen-static)>.jp-OutputArea-output"
    ":not(:has(.ig)){display:none}"
    ".jp-OutputArea .imagegen-static{animation:imagegen-wait 1.5s step-end}"
    "@keyframes imagegen-wait{from{max-height:0;overflow:hidden;opacity:0}}"
    "</style>"
)

_log = logging.getLogger(__name__)

_STRANGE = "the page sent what this panel does not know, and nothing was done"
_RELOAD = "Reload the page, and run the cell again."


@cache
def asset(name: str) -> str:
    """A file beside this module, as text."""
    return files("jupyter_imagegen.widgets").joinpath(name).read_text(encoding="utf-8")


def module(name: str) -> str:
    """A panel's ES module: the shared functions, then its own; anywidget's modules cannot import files."""
    return asset("base.js") + asset(f"{name}.js")


def stylesheet(name: str) -> str:
    """A panel's stylesheet: the shared language, then its own."""
    return asset("base.css") + asset(f"{name}.css")


def _outputs_are_side_by_side() -> bool:
    """Whether the front end puts a cell's outputs into one page; not so in VS Code and Colab."""
    return "google.colab" not in sys.modules and not any(name.startswith("VSCODE_") for name in os.environ)


def _described(static: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with what a screen reader says for the plain picture, which LaTeX and PDF take."""
    words = one_line(static["text/plain"], ALT_CHARACTERS)
    return {mime: {"alt": words} for mime in static if mime.startswith("image/")}


def _with_buffers(told: dict[str, Any], buffers: Any) -> bool:
    """Put the binary pieces of an update where they belong; False where they do not fit in."""
    try:
        _put_buffers(told.get("state"), told.get("buffer_paths") or [], buffers)
    except (TypeError, ValueError, LookupError):
        return False
    return True


class Panel(anywidget.AnyWidget):
    """A panel of ours.

    Attributes
    ----------
    problem : str
        What went wrong with the last action, in one sentence; shown in the panel, empty for nothing.
    """

    problem = traitlets.Unicode("").tag(sync=True)

    #: The kinds of message that the browser may send; each has a method `on_<kind>(message, buffers)`.
    actions: ClassVar[Mapping[str, Shape]] = {}
    #: The traits that the browser may set, and what tells that a value is right.
    settable: ClassVar[Mapping[str, Check]] = {}

    def __init__(self, session: Session, **traits: Any) -> None:
        super().__init__(**traits)
        self._session = session
        self.on_msg(self._received)

    def static(self) -> dict[str, Any]:
        """The panel as a picture and text, for GitHub, nbconvert and a notebook whose kernel is gone."""
        raise NotImplementedError

    def _ipython_display_(self) -> None:
        """Show the live panel and, as an output of its own, what stays of it without a kernel.

        JupyterLab saves no widgets and shows "model not found" in their place, whatever else the same output
        carries. So the static form is a second output, and a style rule shows one of the two. VS Code and
        Colab show every output in a frame of its own, where no rule reaches: there it stays one output.
        """
        from IPython.display import publish_display_data

        bundle, metadata = self._repr_mimebundle_()
        if not _outputs_are_side_by_side():
            publish_display_data(bundle, metadata)
            return
        static = self.static()
        live = {name: value for name, value in bundle.items() if name not in static}
        publish_display_data({**live, "text/plain": ""}, metadata)
        shown = f'{_ONE_OF_TWO}<div class="imagegen-static">{static["text/html"]}</div>'
        publish_display_data({**static, "text/html": shown}, _described(static))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        static = self.static()
        live_forms = {name: value for name, value in (data or {}).items() if name != "text/plain"}
        return {**static, **live_forms}, {**_described(static), **metadata}

    def set_state(self, sync_data: Any) -> None:
        """Take over what the browser says of its traits; nothing where one of them is not its to set."""
        state = sync_data if isinstance(sync_data, dict) else {"": None}
        known = {name: check for name, check in self.settable.items() if name in state}
        try:
            if known.keys() != state.keys() or not all(check(state[name]) for name, check in known.items()):
                raise RequestError(_STRANGE, hint=_RELOAD)
            super().set_state(state)
        except ImagegenError as exc:
            self.problem = str(exc)
        except traitlets.TraitError:
            self.problem = f"{_STRANGE}. {_RELOAD}"

    def _handle_msg(self, msg: Any) -> None:
        # ipywidgets reads these without looking, and prints a traceback for whatever is missing.
        told, buffers = msg["content"].get("data"), msg.get("buffers") or []
        told = told if isinstance(told, dict) else {}
        if told.get("method") == "request_state":
            self.send_state()
        elif told.get("method") == "custom":
            self._handle_custom_msg(told.get("content"), buffers)
        elif told.get("method") == "update" and _with_buffers(told, buffers):
            self.set_state(told.get("state"))
        else:
            self.problem = f"{_STRANGE}. {_RELOAD}"

    def _received(self, _panel: object, message: object, buffers: Sequence[memoryview]) -> None:
        kind = message.get("kind") if isinstance(message, dict) else None
        shape = self.actions.get(kind) if isinstance(kind, str) else None
        if shape is None or not shape.fits(cast("dict[str, object]", message), buffers):
            self.problem = f"{_STRANGE}. {_RELOAD}"
        elif shape.quiet:
            self._run(getattr(self, f"on_{kind}"), message, buffers)
        else:
            self.guarded(getattr(self, f"on_{kind}"), message, buffers)

    def guarded(self, action: Any, *arguments: Any) -> None:
        """Run an action; what it raises is shown in the panel."""
        self.problem = ""
        self._run(action, *arguments)

    def _run(self, action: Any, *arguments: Any) -> None:
        try:
            action(*arguments)
        except ImagegenError as exc:
            self.problem = str(exc)
        except Exception as exc:  # noqa: BLE001 - logged with its traceback, and shown
            _log.exception("an action of %s failed", type(self).__name__)
            self.problem = f"{type(exc).__name__}: {exc}"
