"""How a command ends: an exit code that a script can act on, and one line on stderr."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import (
    AccessError,
    AccountLimitError,
    AuthenticationError,
    BudgetError,
    CassetteError,
    ConfigError,
    ConnectionFailedError,
    ImagegenError,
    ModerationError,
    NoKeyError,
    ProviderError,
    RateLimitError,
    RefusedRequestError,
    RequestError,
    ServerError,
    StoreError,
)
from jupyter_imagegen.render.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The console script; `jupyter imagegen` finds it by this name.
PROG = "jupyter-imagegen"

OK, FAILED, WRONG_REQUEST, BUDGET, ACCESS, REFUSED, UNREACHABLE, POSSIBLY_BILLED, STORE = range(9)
#: What a shell gives a program that Ctrl-C ended: 128 and the number of SIGINT.
INTERRUPTED = 130

#: Each code and what it means, for the help and for scripts.
MEANINGS: Mapping[int, str] = {
    OK: "done",
    FAILED: "another failure, or fewer pictures than asked for",
    WRONG_REQUEST: "wrong usage, setting or request; nothing was spent",
    BUDGET: "blocked by a budget, or its price or the budgets are unknown; nothing was spent",
    ACCESS: "no key, a key that is not accepted, or the account's limit",
    REFUSED: "refused by a safety system",
    UNREACHABLE: "network, server or rate limit; nothing was billed, try again",
    POSSIBLY_BILLED: "sent, and no good answer came: it may have been billed",
    STORE: "the store, a cassette or a file cannot be read or written, or is damaged",
    INTERRUPTED: "stopped by Ctrl-C",
}

#: A shell has no session in which a cassette is used; there the environment says so.
_CASSETTE_USE = re.compile(r"%imagegen cassette use ([^\s`]+)(?: --mode (\w+))?")

_CODES: tuple[tuple[type[ImagegenError], int], ...] = (
    (RequestError, WRONG_REQUEST),
    (ConfigError, WRONG_REQUEST),
    (RefusedRequestError, WRONG_REQUEST),
    (BudgetError, BUDGET),
    (NoKeyError, ACCESS),
    (AuthenticationError, ACCESS),
    (AccessError, ACCESS),
    (AccountLimitError, ACCESS),
    (ModerationError, REFUSED),
    (RateLimitError, UNREACHABLE),
    (ServerError, UNREACHABLE),
    (ConnectionFailedError, UNREACHABLE),
    (StoreError, STORE),
    (CassetteError, STORE),
)


def exit_code(exc: ImagegenError) -> int:
    """The code that a command ends with.

    Examples
    --------
    >>> from jupyter_imagegen.errors import BudgetExceededError
    >>> exit_code(BudgetExceededError("too dear"))
    3
    """
    if isinstance(exc, ProviderError) and exc.billed == "possibly":
        return POSSIBLY_BILLED
    return next((code for kind, code in _CODES if isinstance(exc, kind)), FAILED)


def error_line(exc: ImagegenError) -> str:
    """The error in one line: what was wrong and what to do."""
    return f"{PROG}: {one_line(in_shell(str(exc)))}"


def error_document(exc: ImagegenError, code: int) -> dict[str, Any]:
    """The error for a program: its kind, its words, what the API said, whether it can have been billed."""
    document: dict[str, Any] = {
        "type": type(exc).__name__,
        "message": in_shell(exc.message),
        "hint": in_shell(exc.hint),
        "exit_code": code,
    }
    if isinstance(exc, ProviderError):
        document |= {
            "billed": exc.billed,
            "status": exc.status,
            "code": exc.code,
            "request_id": exc.request_id,
        }
    if isinstance(exc, ModerationError):
        document |= {"stage": exc.stage, "categories": list(exc.categories)}
    if isinstance(exc, RateLimitError):
        document["retry_after"] = exc.retry_after
    return {"error": document}


def exit_codes_text() -> str:
    """The table of exit codes for the help."""
    return "exit codes:\n" + "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items())


def in_shell(text: str) -> str:
    """Name the command where words that were written for a notebook name the magic.

    Examples
    --------
    >>> in_shell("Raise it with `%imagegen budget 1 --per day`.")
    'Raise it with `jupyter-imagegen budget 1 --per day`.'
    """
    text = _CASSETTE_USE.sub(lambda match: f"IMAGEGEN_CASSETTE={match[1]}{_in_mode(match[2])}", text)
    return text.replace("%imagegen ", f"{PROG} ")


def _in_mode(mode: str | None) -> str:
    return f" IMAGEGEN_RECORD_MODE={mode}" if mode else ""
