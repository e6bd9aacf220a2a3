"""What outlives the index: a journal of every charge, and a small file of the ledger's budgets.

`charges.jsonl` has one JSON object a line, appended while the index's write lock is held and before its
commit, so that it is in order wherever that lock excludes, on two machines too::

    {"seq":7,"journal":1}     the form, and the number that counted when the file was last written whole
    {"seq":9,"charge":{…}}    a charge in its new state: each column of its row that is not empty
    {"seq":9,"hits":{…}}      stored pictures so far: day, session, provider, model, hits, saved_nano

Every transaction that changes a charge takes the next `seq`; the index keeps the last one and the file's size
(`ledger_state`, name `journal`). A charge's latest line counts, so a line may be read twice. A line without
its commit was left by a process that died between the two: whoever looks next takes it over. An index that
lacks more than that is older than its journal and is built again. A last line without its end was never
committed. The file is written whole, with one line for each charge, when it has doubled.

`budgets.json` has the budgets, the time zone and whether budgets are unknown, with a number that grows with
each change; it is written before the change is committed, and the higher number counts.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.budgets import SCOPES
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import NewerSchemaError, StoreError
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage.charges import CHARGE_STATES
from jupyter_imagegen.storage.database import DamagedIndexError
from jupyter_imagegen.storage.files import BUDGETS, CHARGES
from jupyter_imagegen.storage.recipes import storable
from jupyter_imagegen.storage.spending import Counts, add_counts, counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from jupyter_imagegen.storage.database import Database, Note

_FORM = 1
#: Bytes; the longest line has a failure's words.
_LONGEST = 1_000_000
#: Bytes that a journal may grow by before it is written whole.
_ROOM = 4_000_000
#: Nano-dollars: a billion dollars. More is no price, and many such would not fit into a sum.
_DEAREST = 10**18
_SEQ = re.compile(rb'\{"seq":(\d{1,15}),')
_TEXT, _NUMBER = (str, False), (int, False)
#: Each column of a charge, and whether it may be empty.
_CHARGE: dict[str, tuple[type, bool]] = {
    **dict.fromkeys(("id", "key", "provider", "model", "endpoint", "session", "day", "state"), _TEXT),
    **dict.fromkeys(("n", "pictures", "attempts"), _NUMBER),
    "reserved_at": _TEXT,
    **dict.fromkeys(("ceiling_nano", "cost_nano"), (int, True)),
    **dict.fromkeys(
        ("notebook", "usage", "request_id", "reason", "sent_at", "closed_at", "failure"), (str, True)
    ),
}
_HITS: dict[str, tuple[type, bool]] = {
    **dict.fromkeys(("day", "session", "provider", "model"), _TEXT),
    **dict.fromkeys(("hits", "saved_nano"), _NUMBER),
}
#: What of `ledger_state` is in the file of budgets.
_DECIDED = ("zone", "next_zone", "next_zone_from", "budgets_unknown")


class OlderIndexError(DamagedIndexError):
    """The index lacks what was written down after it: it is an old copy."""


@dataclass(frozen=True, kw_only=True)
class _State:
    """What an index has of its journal: the last number, the file's size, and its size when written whole."""

    seq: int
    size: int
    whole: int


class Journal(StaysHere):
    """The two files beside one index.

    Parameters
    ----------
    database
        The index.
    home
        The store's folder.
    """

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._charges = home / CHARGES
        self._budgets = home / BUDGETS

    def keep(self, notes: Sequence[Note], durable: bool) -> None:  # noqa: FBT001  # as `Database.before_commit`
        """Write what a transaction changed; within it, before its commit.

        Raises
        ------
        StoreError
            If the disk refuses; nothing of the transaction happens then.
        """
        try:
            kinds = {kind for kind, _ in notes}
            if "budgets" in kinds:
                self._write_budgets()
            if "whole" in kinds:
                # A number is left out: an index that lacks this, such as what was forgotten, is an old copy.
                self.rewrite(step=2)
            elif lines := [note for note in notes if note[0] != "budgets"]:
                self._append(lines, durable=durable)
        except OSError as exc:
            raise _refused(exc, self._charges) from exc

    def is_current(self) -> bool:
        """Whether index and files tell the same; changes nothing."""
        state = self._state()
        try:
            size = files.regular(self._charges).st_size
            decided = _decided(self._budgets)
        except (OSError, _UnreadableError):
            return False
        return (
            state is not None
            and state.size == size
            and decided is not None
            and decided["change"] == self._change()
        )

    def catch_up(self) -> None:
        """Bring index and files to tell the same: what is missing in one is taken from the other.

        Raises
        ------
        OlderIndexError
            If the index is an old copy.
        NewerSchemaError
            If a newer version wrote a file.
        StoreError
            If they cannot be written.
        """
        if self.is_current():
            return
        try:
            with self._database.transaction():
                state = self._state()
                if state is None or not self._is_at(state):
                    self._catch_up(state)
                self._agree_on_budgets()
        except OSError as exc:
            raise _refused(exc, self._charges) from exc

    def load(self) -> list[str]:
        """Fill an empty index with charges, hits and budgets; within a transaction.

        Returns
        -------
        list of str
            What is not known, as clauses: a file is not there or cannot be read.
        """
        missing: list[str] = []
        try:
            decided = _decided(self._budgets)
            if decided is None:
                missing.append(f"{BUDGETS} does not exist")
            else:
                self._take(decided)
        except (OSError, StoreError) as exc:
            if isinstance(exc, NewerSchemaError):
                raise
            missing.append(f"{BUDGETS} cannot be read ({getattr(exc, 'strerror', None) or exc})")
        try:
            found = self._read(above=-1)
        except FileNotFoundError:
            missing.append(f"{CHARGES} does not exist")
        except OSError as exc:
            missing.append(f"{CHARGES} cannot be read ({exc.strerror or exc})")
        else:
            self._remember(seq=found.seq, size=found.size, whole=found.size)
            if found.garbled:
                missing.append(f"{count_of(found.garbled, 'line')} of {CHARGES} cannot be read")
        return missing

    def rewrite(self, *, step: int = 1) -> None:
        """Write the journal whole, with one line for each charge; within a transaction.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        state = self._state()
        seq = 1 if state is None else state.seq + step
        scratch = self._charges.with_name(f"{CHARGES}.{secrets.token_hex(8)}")
        try:
            with files.create(scratch) as file:
                file.write(_line(seq, "journal", _FORM))
                for row in self._rows():
                    file.write(_line(seq, "charge", row))
                for row in self._database.all(statements.ALL_HITS):
                    file.write(_line(seq, "hits", dict(row)))
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
            files.move(scratch, self._charges)
            files.sync_folder(self._charges.parent)
        finally:
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)
        self._remember(seq=seq, size=size, whole=size)

    def _append(self, notes: Sequence[Note], *, durable: bool) -> None:
        state = self._state()
        if state is None or not self._is_at(state):
            self._catch_up(state)
            state = self._state()
            assert state is not None  # noqa: S101  # written by `_catch_up`
        elif state.size > 2 * state.whole + _ROOM:
            # It has the changes of this transaction too.
            self.rewrite()
            return
        seq = state.seq + 1
        data = b"".join(_line(seq, kind, value) for kind, value in notes)
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(self._charges, flags), "ab") as file:  # noqa: PTH123  # of a descriptor
            try:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(file.fileno(), state.size)
                raise
        self._remember(seq=seq, size=state.size + len(data), whole=state.whole)

    def _catch_up(self, state: _State | None) -> None:
        """Take over the lines that the index does not have, or write the journal anew where it has fewer."""
        state = state or _State(seq=0, size=0, whole=0)
        try:
            found = self._read(above=state.seq)
        except FileNotFoundError:
            found = None
        if found is None or found.garbled or found.seq < state.seq:
            self._remember(seq=max(found.seq if found else 0, state.seq), size=0, whole=0)
            self.rewrite()
            return
        if found.size < found.whole_size:
            os.truncate(self._charges, found.size)
        self._remember(seq=found.seq, size=found.size, whole=state.whole)

    def _is_at(self, state: _State) -> bool:
        try:
            return files.regular(self._charges).st_size == state.size
        except FileNotFoundError:
            return False

    def _read(self, *, above: int) -> _Read:
        """Enter the lines after one into the index, the latest of each charge last."""
        found = _Read(above=above)
        sums: dict[tuple[str, str, str, str], Counts] = {}
        files.regular(self._charges)
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(self._charges, flags), "rb") as file:  # noqa: PTH123  # of a descriptor
            for kind, value in found.lines(file):
                if kind == "hits":
                    self._database.all(statements.PUT_HITS, **value)
                elif kind == "charge":
                    if (before := self._database.one(statements.CHARGE, id=value["id"])) is not None:
                        sums[_place(before)] = sums.get(_place(before), Counts()) - counts(before)
                    if value["ceiling_nano"] != 0 or counts(value) != Counts():
                        # It was counted, though as nothing by now.
                        sums[_place(value)] = sums.get(_place(value), Counts()) - (Counts() - counts(value))
                    self._database.all(statements.PUT_CHARGE, **value)
        if found.is_beyond:
            self._database.failed = True
            raise OlderIndexError(
                f"the store's index {self._database.path} is an old copy: {CHARGES} beside it is newer",
                hint="Run the cell again: it is put aside and built again from the files beside it.",
            )
        for (day, session, provider, model), added in sums.items():
            add_counts(self._database, added, day=day, session=session, provider=provider, model=model)
        return found

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        """Every charge, a thousand at a time."""
        last = ""
        while rows := self._database.all(statements.CHARGES_AFTER, id=last):
            yield from map(dict, rows)
            last = rows[-1]["id"]

    def _state(self) -> _State | None:
        row = self._database.one(statements.STATE, name="journal")
        if row is None:
            return None
        seq, size, whole = map(int, row["value"].split())
        return _State(seq=seq, size=size, whole=whole)

    def _remember(self, *, seq: int, size: int, whole: int) -> None:
        self._database.all(statements.SET_STATE, name="journal", value=f"{seq} {size} {whole}")

    def _change(self) -> int | None:
        row = self._database.one(statements.STATE, name="budgets")
        return None if row is None else int(row["value"])

    def _write_budgets(self, change: int | None = None) -> None:
        change = (self._change() or 0) + 1 if change is None else change
        kept = [(name, self._database.one(statements.STATE, name=name)) for name in _DECIDED]
        text = json.dumps(
            {
                "form": _FORM,
                "change": change,
                "budgets": [dict(row) for row in self._database.all(statements.ALL_BUDGETS)],
                "state": {name: row["value"] for name, row in kept if row is not None},
            },
            ensure_ascii=False,
            indent=1,
        )
        scratch = self._budgets.with_name(f"{BUDGETS}.{secrets.token_hex(8)}")
        files.write_synced(scratch, text.encode())
        files.move(scratch, self._budgets)
        files.sync_folder(self._budgets.parent)
        self._database.all(statements.SET_STATE, name="budgets", value=str(change))

    def _agree_on_budgets(self) -> None:
        mine = self._change()
        try:
            decided = _decided(self._budgets)
        except _UnreadableError as exc:
            why = f"{BUDGETS} cannot be read ({exc})"
            self._database.all(statements.LOSE_BUDGETS, why=why)
            decided = None
        if decided is not None and decided["change"] > (mine or 0):
            self._take(decided)
        elif decided is None or decided["change"] != mine:
            self._write_budgets()

    def _take(self, decided: Mapping[str, Any]) -> None:
        """Let the index have the budgets of the file."""
        database = self._database
        database.all(statements.DROP_BUDGETS)
        for budget in decided["budgets"]:
            database.all(statements.SET_BUDGET, **budget)
        for name in _DECIDED:
            database.all(statements.DROP_STATE, name=name)
        for name, value in {**decided["state"], "budgets": str(decided["change"])}.items():
            database.all(statements.SET_STATE, name=name, value=value)


class _Read:
    """A journal as it is read.

    Attributes
    ----------
    seq : int
        The highest number of a line.
    size, whole_size : int
        Bytes up to the end of the last whole line, and of everything.
    garbled : int
        Whole lines that cannot be read.
    """

    def __init__(self, *, above: int) -> None:
        self._above = above
        self._first = 0
        self._durable: set[int] = set()
        self.seq = self.size = self.whole_size = self.garbled = 0

    @property
    def is_beyond(self) -> bool:
        """Whether an index that has the lines up to `above` lacks more than one transaction.

        Stored pictures and reservations are not waited for on disk: the power may take several of these.
        """
        return self._above >= 0 and (self._first > self._above + 1 or len(self._durable) > 1)

    def lines(self, file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each line with a number above, as its kind and its columns."""
        while line := file.readline(_LONGEST):
            self.whole_size += len(line)
            if not line.endswith(b"\n") and len(line) < _LONGEST:
                return
            self.size = self.whole_size
            match = _SEQ.match(line)
            seq = -1 if match is None else int(match[1])
            if 0 <= seq <= self._above:
                self.seq = max(self.seq, seq)
                continue
            kind, value = _parsed(line)
            if not kind:
                self.garbled += 1
                continue
            self.seq = max(self.seq, seq)
            if kind == "journal":
                self._first = seq
                continue
            if kind == "charge" and value["state"] != "reserved":
                self._durable.add(seq)
            yield kind, value


class _UnreadableError(StoreError):
    """A file of budgets that cannot be read."""


def _place(charge: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Where a charge is summed."""
    return charge["day"], charge["session"], charge["provider"], charge["model"]


def _line(seq: int, kind: str, value: object) -> bytes:
    if isinstance(value, dict):
        value = {name: one for name, one in value.items() if one is not None}
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f'{{"seq":{seq},"{kind}":{text}}}\n'.encode()


def _parsed(line: bytes) -> tuple[str, dict[str, Any]]:
    """A line's kind and columns; empty where it is none of ours.

    Raises
    ------
    NewerSchemaError
        If it says that a newer version wrote the file.
    """
    try:
        found = json.loads(line)
        if not isinstance(found, dict) or type(found.pop("seq")) is not int or len(found) != 1:
            return "", {}
        ((kind, value),) = found.items()
    except (ValueError, KeyError, RecursionError):
        return "", {}
    if kind == "journal" and type(value) is int:
        if value > _FORM:
            raise _newer(CHARGES)
        return kind, {}
    return (kind, row) if (row := checked(kind, value)) else ("", {})


def checked(kind: str, value: object) -> dict[str, Any]:
    """A row of charges or hits from elsewhere, with all of its columns; empty where it is none.

    Parameters
    ----------
    kind
        `charge` or `hits`.
    value
        Its columns; those that are empty may lack.
    """
    wanted = {"charge": _CHARGE, "hits": _HITS}.get(kind)
    if wanted is None or not isinstance(value, dict) or not value.keys() <= wanted.keys():
        return {}
    row = {name: value.get(name) for name in wanted}
    sound = all(_fits(row[name], *rule) for name, rule in wanted.items()) and _is_day(row["day"])
    if kind == "charge":
        sound = sound and row["state"] in CHARGE_STATES and bool(row["id"])
    return row if sound else {}


def _fits(value: object, kind: type, empty: bool) -> bool:  # noqa: FBT001  # a rule's two parts
    if value is None:
        return empty
    if kind is int:
        return type(value) is int and 0 <= value <= _DEAREST
    return isinstance(value, str) and value == storable(value) and "\0" not in value


def _is_day(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


def _decided(path: Path) -> dict[str, Any] | None:
    """What a file of budgets says; None where there is none.

    Raises
    ------
    _UnreadableError
        If it cannot be read.
    NewerSchemaError
        If a newer version wrote it.
    """
    try:
        found = json.loads(files.read(path))
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise _UnreadableError(exc.strerror or str(exc)) from exc
    except (ValueError, RecursionError) as exc:
        raise _UnreadableError("it is not JSON") from exc
    form = found.get("form") if isinstance(found, dict) else None
    if type(form) is int and form > _FORM:
        raise _newer(BUDGETS)
    try:
        sound = (
            form == _FORM
            and _fits(found["change"], int, empty=False)
            and all(name in _DECIDED and _fits(one, str, empty=False) for name, one in found["state"].items())
            and all(
                budget.keys() == {"scope", "session", "nano"}
                and budget["scope"] in SCOPES
                and _fits(budget["session"], str, empty=False)
                and _fits(budget["nano"], int, empty=False)
                for budget in found["budgets"]
            )
        )
    except (TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise _UnreadableError("it does not have the form that it is written with")
    return found  # type: ignore[no-any-return]  # a dict, by `form`


def _newer(name: str) -> NewerSchemaError:
    return NewerSchemaError(
        f"a newer version of jupyter_imagegen wrote {name}; the store was left as it is",
        hint="Upgrade jupyter-imagegen, or set IMAGEGEN_HOME to another folder.",
    )


def _refused(exc: OSError, path: Path) -> StoreError:
    return StoreError(
        f"{exc.filename or path} could not be written ({exc.strerror or exc})",
        hint="Free some disk space, or check the folder's permissions.",
    )
