"""AI pictures inside a notebook, with the price under them, a hard budget, and a store: never pay twice.

Examples
--------
>>> import jupyter_imagegen as imagegen
>>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
>>> r.images[0].save("lighthouse.png")

In a notebook::

    %load_ext jupyter_imagegen
    %%imagegen -s 1024x1024 -q low
    a lighthouse at dusk
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_imagegen.session import Session

__version__ = "0.1.0"

#: The public verbs, and where each one lives. Looked up when first used: importing this package stays cheap.
_VERBS = {
    "generate": "generate",
    "agenerate": "agenerate",
    "edit": "edit",
    "aedit": "aedit",
    "estimate": "estimate",
    "configure": "configure",
    "wait": "wait",
    "cancel": "cancel",
    "history": "accounts.history",
    "forget": "accounts.forget",
    "costs": "accounts.costs",
    "budget": "accounts.budget",
}
#: The panels: each a function of that name in the module of that name.
_PANELS = ("panel", "mask_editor", "gallery", "cost_meter", "compare")
_VALUES = {"Result": "core.results", "Image": "core.results", "Estimate": "core.dollars"}

__all__ = ["default_session", "load_ipython_extension", *_VERBS, *_PANELS, *_VALUES]  # noqa: PLE0604 - both hold names

_session: Session | None = None
_lock = threading.Lock()


def default_session() -> Session:
    """The session behind the public functions: one for each process.

    At a kernel it shows progress, and falls back on the demo provider where no key is set.

    Examples
    --------
    >>> imagegen.default_session().workshop.settings().quality
    'low'
    """
    global _session  # noqa: PLW0603 - one process, one session: that is what a session's total means
    with _lock:
        if _session is None:
            from jupyter_imagegen.session import Session

            shell = _shell()
            session = Session(demo_fallback=shell is not None)
            if shell is not None:
                from jupyter_imagegen.display import watch

                session.watch = watch
            _session = session
        return _session


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register `%imagegen` and `%%imagegen`; called by `%load_ext jupyter_imagegen`."""
    from jupyter_imagegen.magics import load

    load(ipython)


def _shell() -> InteractiveShell | None:
    """The IPython shell of this process, without importing IPython where there is none."""
    import sys

    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _panel_function(name: str) -> Any:
    """A panel's function, made to work on the session of this process."""
    from functools import partial, update_wrapper
    from importlib import import_module

    function = getattr(import_module(f"{__name__}.widgets.{name}"), name)
    return update_wrapper(partial(function, session=default_session()), function)


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        found: Any = default_session()
        for step in _VERBS[name].split("."):
            found = getattr(found, step)
        return found
    if name in _PANELS:
        return _panel_function(name)
    if name in _VALUES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_VALUES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
