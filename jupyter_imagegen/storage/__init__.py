"""Pictures that were paid for, and the ledger of what was paid: one folder, any number of processes."""

from jupyter_imagegen.storage.browsing import Browsing, Narrowed, Page, StoredPicture
from jupyter_imagegen.storage.cassette import Cassette
from jupyter_imagegen.storage.charges import Charge
from jupyter_imagegen.storage.deck import RECORD_MODES, Deck, RecordMode, cost_to_author
from jupyter_imagegen.storage.history import HistoryEntry
from jupyter_imagegen.storage.spending import Spending, Spent
from jupyter_imagegen.storage.store import Storage, open_storage, open_temporary_storage

__all__ = [
    "RECORD_MODES",
    "Browsing",
    "Cassette",
    "Charge",
    "Deck",
    "HistoryEntry",
    "Narrowed",
    "Page",
    "RecordMode",
    "Spending",
    "Spent",
    "Storage",
    "StoredPicture",
    "cost_to_author",
    "open_storage",
    "open_temporary_storage",
]
