"""How a call failed, written into the ledger for whoever waits for the same picture in another process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_imagegen import errors
from jupyter_imagegen.errors import AbandonedError, ConnectionFailedError, NoKeyError, ProviderError
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.charges import charge_row
from jupyter_imagegen.storage.recipes import storable

if TYPE_CHECKING:
    from jupyter_imagegen.storage.database import Database

#: What says nothing about another process's try: its own key may be set, its own network may be up.
_NOT_SHARED = (NoKeyError, ConnectionFailedError)


class Failures:
    """The failures in one ledger.

    Parameters
    ----------
    database
        Where they are written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, charge_id: str, exc: BaseException) -> None:
        """Write down how a call failed.

        By whoever holds the key's lock, after the charge is closed. What is this process's own failure, such
        as a key that is missing, is not written.

        Raises
        ------
        StoreError
            If the ledger cannot be written.
        """
        text = failure_to_json(exc)
        if text is not None:
            with self._database.transaction():
                self._database.all(statements.REMEMBER_FAILURE, id=charge_id, failure=text)
                self._database.note("charge", charge_row(self._database, charge_id))

    def of(self, key: str) -> frozenset[str]:
        """The charges of a key that have failed so far; what `since` compares with."""
        return frozenset(row["id"] for row in self._database.all(statements.FAILURES, key=key))

    def since(self, key: str, failed: frozenset[str]) -> ProviderError | AbandonedError | None:
        """How the last call for a key failed that had not failed when `failed` was read; None for none.

        Not by the time: the clocks of two machines on one home need not agree.
        """
        rows = [row for row in self._database.all(statements.FAILURES, key=key) if row["id"] not in failed]
        return failure_from_json(rows[-1]["failure"]) if rows else None


def failure_to_json(exc: BaseException) -> str | None:
    """A failure that waiting processes share, as JSON; None for one that is only this process's own.

    Examples
    --------
    >>> failure_to_json(NoKeyError("no OPENAI_API_KEY is set"))
    """
    if isinstance(exc, _NOT_SHARED) or not isinstance(exc, ProviderError | AbandonedError):
        return None
    # A provider from elsewhere may raise a class of its own: whoever reads this may not have it.
    name = next(kind.__name__ for kind in type(exc).__mro__ if getattr(errors, kind.__name__, None) is kind)
    facts = {fact: value for fact, value in vars(exc).items() if _is_plain(value)}
    if isinstance(exc, ProviderError):
        facts["billed"] = exc.billed
    return storable(json.dumps({"error": name, **facts}, ensure_ascii=False))


def failure_from_json(text: str) -> ProviderError | AbandonedError:
    """The failure again, of the same class and with the same words and facts.

    One that cannot be read is an unknown answer, which may have been billed.
    """
    try:
        facts: dict[str, Any] = json.loads(text)
        kind = getattr(errors, facts.pop("error"))
        message, hint = facts.pop("message"), facts.pop("hint")
        if kind is AbandonedError:
            return AbandonedError(message, hint=hint)
        if issubclass(kind, ProviderError):
            failure: ProviderError = kind(message, hint=hint)
            vars(failure).update(
                (name, tuple(value) if isinstance(value, list) else value) for name, value in facts.items()
            )
            return failure
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    return errors.PossiblyBilledError(
        "another run sent this request while this one waited, and it failed",
        hint="It may have been billed. Run it again for another try.",
    )


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(item, str | int | float | bool) for item in value)
    return value is None or isinstance(value, str | int | float | bool)
