"""Every exception of ours, each with a hint that says what to do.

::

    ImagegenError
     ├─ RequestError            a value that cannot be sent, or a cell that cannot be read (also ValueError)
     │   ├─ UnknownModelError
     │   ├─ RetiredModelError
     │   ├─ NotRecordedError    replay, and the cassette has no such picture
     │   ├─ PromptError         a variable, style or template of the prompt
     │   └─ SourceError         an input picture or mask that cannot be used
     ├─ ConfigError             a setting that cannot be used
     ├─ BudgetError
     │   ├─ BudgetExceededError the call would pass a budget
     │   ├─ UnknownPriceError   a budget is set and the price has no ceiling
     │   └─ BudgetsUnknownError the ledger was lost, and its budgets with it
     ├─ ProviderError           the provider did not make the picture
     │   ├─ NoKeyError          no key where one is needed
     │   ├─ AuthenticationError 401
     │   ├─ AccessError         403; a model the account may not use
     │   │   └─ NotVerifiedError
     │   ├─ ModerationError     refused by a safety system
     │   ├─ RefusedRequestError 400: the API did not accept the request
     │   │   └─ ModelGoneError  404/410: the endpoint does not have the model
     │   ├─ AccountLimitError   quota or billing limit
     │   ├─ RateLimitError      429, after the waits we were willing to make
     │   ├─ ServerError         5xx
     │   ├─ ConnectionFailedError  never reached the server
     │   ├─ PossiblyBilledError sent, and the answer never came
     │   └─ BadAnswerError      an answer that is not what the API promises
     ├─ StoreError
     │   ├─ HomeError           the folder is no store's, or a link leads out of it
     │   ├─ NewerSchemaError    the store was written by a newer version
     │   └─ DamagedPictureError the bytes on disk are not the bytes that were paid for
     ├─ CassetteError           a cassette that cannot be read, written or validated
     ├─ DetachedError           the cell was interrupted; the picture still lands
     └─ AbandonedError          the run was cancelled; a call that had left is possibly billed
"""

from __future__ import annotations

from typing import Any, Literal


class ImagegenError(Exception):
    """The base of all our errors: one line that says what was wrong, and a hint that says what to do.

    Parameters
    ----------
    message
        What was wrong with which value, and the rule.
    hint
        What to do about it; empty where the message already says so.

    Examples
    --------
    >>> raise ImagegenError("nothing to paint", hint="Write a prompt under %%imagegen.")
    Traceback (most recent call last):
    ...
    jupyter_imagegen.errors.ImagegenError: nothing to paint. Write a prompt under %%imagegen.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """The message and the hint in one breath."""
        if not self.hint:
            return self.message
        stop = "" if self.message.endswith((".", "!", "?")) else "."
        return f"{self.message}{stop} {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        # An error that cannot be made again in the parent breaks a whole pool of processes.
        return _made_again, (type(self), self.args, self.__dict__)

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines instead of a traceback; the cell still fails, so Run All stops.

        IPython calls it without arguments from `showtraceback`:
        https://ipython.readthedocs.io/en/stable/config/integrating.html
        """
        return [f"{type(self).__name__}: {self}"]


def _made_again(kind: type[ImagegenError], args: tuple[Any, ...], state: dict[str, Any]) -> ImagegenError:
    """An error out of a pickle, whatever its own `__init__` takes."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class RequestError(ImagegenError, ValueError):
    """A value that cannot be sent. Nothing was called and nothing was spent."""


class UnknownModelError(RequestError):
    """A model the catalog does not know, on OpenAI's own endpoint."""


class RetiredModelError(RequestError):
    """A model that its maker has shut down; its stored pictures still show."""


class NotRecordedError(RequestError):
    """In replay, a request that the cassette has no picture for. Nobody was called."""


class PromptError(RequestError):
    """A variable, style or template of the prompt that cannot be filled in."""


class SourceError(RequestError):
    """An input picture or mask that cannot be found or cannot be used."""


class ConfigError(ImagegenError, ValueError):
    """A setting that cannot be used; says which one and from where."""


class BudgetError(ImagegenError):
    """The call is blocked by a budget. Nothing was called and nothing was spent."""


class BudgetExceededError(BudgetError):
    """The call's ceiling is more than a budget has left."""


class UnknownPriceError(BudgetError):
    """A budget is set and the call's maximum price is unknown."""


class BudgetsUnknownError(BudgetError):
    """The store's index was lost and its budgets with it; paid calls wait until the owner decides again."""


class ProviderError(ImagegenError):
    """The provider did not make the picture.

    Attributes
    ----------
    billed : {"no", "possibly"}
        Whether the call can have been charged for. The ledger releases the reservation for "no" and keeps
        it at its ceiling for "possibly".
    status : int or None
        The HTTP status, where there was one.
    code : str or None
        The API's error code, verbatim.
    request_id : str or None
        The API's `x-request-id`, for a support ticket.
    """

    billed: Literal["no", "possibly"] = "no"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.request_id = request_id


class NoKeyError(ProviderError):
    """No key is set, and the provider needs one."""


class AuthenticationError(ProviderError):
    """The key was not accepted (401)."""


class AccessError(ProviderError):
    """The account may not do this (403)."""


class NotVerifiedError(AccessError):
    """The organisation must be verified before it may use the model (403)."""


class ModerationError(ProviderError):
    """A safety system refused the prompt, an input picture or the result.

    Attributes
    ----------
    stage : {"input", "output", "unknown"}
        Where it was refused; a refusal at the output comes after the full waiting time.
    categories : tuple of str
        What it was refused for, where the API says so.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        stage: str = "unknown",
        categories: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, status=status, code=code, request_id=request_id)
        self.stage = stage
        self.categories = categories


class RefusedRequestError(ProviderError):
    """The API did not accept the request (400, 413, 415, 422)."""


class ModelGoneError(RefusedRequestError):
    """The endpoint does not have the model (404, 410)."""


class AccountLimitError(ProviderError):
    """The account's quota or billing limit is reached; waiting does not help."""


class RateLimitError(ProviderError):
    """Too many requests (429), after the waits we were willing to make.

    Attributes
    ----------
    retry_after : float or None
        Seconds the server asked to wait, where it said.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, status=status, code=code, request_id=request_id)
        self.retry_after = retry_after


class ServerError(ProviderError):
    """The server failed (5xx) before it gave an answer."""


class ConnectionFailedError(ProviderError):
    """The server was never reached, so nothing can have been billed."""


class PossiblyBilledError(ProviderError):
    """The request was sent and its answer never came: a timeout, a cut line, a stream without its end."""

    billed: Literal["no", "possibly"] = "possibly"


class BadAnswerError(ProviderError):
    """The server answered, and it is not what the API promises: it contained no valid picture."""

    billed: Literal["no", "possibly"] = "possibly"


class StoreError(ImagegenError):
    """The store cannot be read or written."""


class HomeError(StoreError):
    """The folder set for the store holds other files, or a link leads out of it; it is left as it is."""


class NewerSchemaError(StoreError):
    """The store was written by a newer version of this package; it is left as it is."""


class DamagedPictureError(StoreError):
    """The bytes on disk are not the bytes that were paid for; the file is put aside and never shown."""


class CassetteError(ImagegenError):
    """A cassette that cannot be read or written, or is not wholly what it says."""


class DetachedError(ImagegenError):
    """The cell was interrupted; its picture is still being made and lands in the store.

    The provider bills a picture that was begun in any case, so an interrupt gives the prompt back and lets
    the picture come.
    """

    def __init__(self) -> None:
        super().__init__(
            "detached: the picture is still being made and will be in the store",
            hint=(
                "Run the cell again to show it; %imagegen wait waits for it, and %imagegen cancel "
                "abandons it."
            ),
        )


class AbandonedError(ImagegenError):
    """The run was cancelled; a call that had left is possibly billed, and the ledger counts it so."""
