"""Pictures that were paid for, and the ledger of what was paid: one folder, any number of processes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.storage.charges import Charge
from jupyter_imagegen.storage.deck import Deck, RecordMode, cost_to_author
from jupyter_imagegen.storage.home import is_unmade
from jupyter_imagegen.storage.place import PlaceError, looked_up
from jupyter_imagegen.storage.spending import Spending, Spent
from jupyter_imagegen.storage.store import (
    Storage,
    may_hold_a_ledger,
    open_at_once,
    open_storage,
    open_temporary_storage,
    open_unmade_storage,
    open_unopened_storage,
)
from jupyter_imagegen.storage.unusable import Unusable, refuse_change

if TYPE_CHECKING:
    from jupyter_imagegen.storage.browsing import Browsing, Narrowed, Page, StoredPicture
    from jupyter_imagegen.storage.cassette import Cassette
    from jupyter_imagegen.storage.held import Held
    from jupyter_imagegen.storage.history import HistoryEntry

__all__ = [
    "Browsing",
    "Cassette",
    "Charge",
    "Deck",
    "Held",
    "HistoryEntry",
    "Narrowed",
    "Page",
    "PlaceError",
    "RecordMode",
    "Spending",
    "Spent",
    "Storage",
    "StoredPicture",
    "Unusable",
    "cost_to_author",
    "is_unmade",
    "looked_up",
    "may_hold_a_ledger",
    "open_at_once",
    "open_storage",
    "open_temporary_storage",
    "open_unmade_storage",
    "open_unopened_storage",
    "refuse_change",
]

#: What a cell that shows a picture does without: imported when it is first asked for.
_LATER = {
    "Browsing": "browsing",
    "Cassette": "cassette",
    "Held": "held",
    "HistoryEntry": "history",
    "Narrowed": "browsing",
    "Page": "browsing",
    "StoredPicture": "browsing",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
