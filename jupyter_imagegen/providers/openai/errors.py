"""Every way a call to OpenAI's API can fail, as one of our errors; and whether the call may be repeated.

Read from the answer's body (`reasons`) and from the status, never from `str(exc)`, which changed between
openai 2 and 3. Sources: openai-python 3.54.0 `_exceptions.py`, and OpenAI's
image generation guide, error section (autumn 2026).

What may be repeated
--------------------
Only what cannot have been billed; the API takes no idempotency key.

- The connection was never made.
- 429 for a rate: it is counted before any work begins.
- 503 that came within `QUICK` seconds of sending, or another quick 5xx with `x-should-retry: true` or a
  retry-after: the server says that it did not take the request, and the fastest model needs 6 s.

A 500, 502 or 504 can come after the work was done, even quickly where a proxy gave up on a request that goes
on behind it. It is never repeated and counts as possibly billed; so does a late 503.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_imagegen import errors
from jupyter_imagegen.providers.openai.connection import KEYS_PAGE
from jupyter_imagegen.providers.openai.refusals import Refusal, read_refusal
from jupyter_imagegen.providers.waiting import asked_wait, duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.errors import ProviderError
    from jupyter_imagegen.providers.untrusted import Redactor

#: Seconds after sending within which no picture can have been made.
QUICK = 2.0

VERIFY_PAGE = "https://platform.openai.com/settings/organization/general"
BILLING_PAGE = "https://platform.openai.com/settings/organization/billing"
LIMITS_PAGE = "https://platform.openai.com/settings/organization/limits"

_NO_MODEL = {"model_not_found", "deploymentnotfound", "model_not_available", "unknown_model"}
_USER_ERRORS = {"invalid_request_error", "image_generation_user_error"}
_MOST_READ = 1_000_000
# httpx and httpx2 raise these before the first byte of a request leaves.
_NEVER_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError"}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One attempt that failed.

    Attributes
    ----------
    error : ProviderError
        What to raise when the attempt is not repeated.
    repeat : bool
        Whether another attempt is safe: this one cannot have been billed.
    asked_wait : float or None
        Seconds that the server asked to wait.
    reason : str
        A few words for the person who waits.
    refuses_format : bool
        Whether the server does not take the parameter `response_format`, as we sent it.
    """

    error: ProviderError
    repeat: bool = False
    asked_wait: float | None = None
    reason: str = ""
    refuses_format: bool = False


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known about a call besides its answer.

    Attributes
    ----------
    sent : bool
        False only where it is certain that nothing left.
    seconds : float
        From sending to the failure.
    timeout : float
        The whole call's deadline, in seconds.
    """

    endpoint: str
    model: str
    redactor: Redactor
    sent: bool
    seconds: float
    timeout: float
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def of_openai(self) -> bool:
        """Whether it is OpenAI's own model that was asked, as far as its name tells."""
        return self.model.startswith(("gpt-image-", "chatgpt-image-"))


def explain(exc: BaseException, about: Circumstances) -> Failure:
    """Say what an exception of the SDK or its transport means.

    The result refers to nothing of the exception: its request holds the key.
    """
    import openai

    chain = list(_causes(exc))
    for link in chain:
        if isinstance(link, errors.ProviderError):
            return Failure(error=_copy(link))
    if isinstance(exc, openai.APIStatusError):
        # The SDK gives only the `error` of a body; what is beside it may be the reason.
        whole = exc.response.content[:_MOST_READ] if exc.response.is_stream_consumed else b""
        body = whole or exc.body
        return explain_answer(body, about, status=exc.status_code, headers=exc.response.headers)
    if isinstance(exc, openai.APIError) and exc.body is not None:
        return explain_answer(exc.body, about)
    if not about.sent or any(type(link).__name__ in _NEVER_SENT for link in chain):
        return _unreachable(chain, about)
    if isinstance(exc, TimeoutError | openai.APITimeoutError):
        return Failure(
            error=errors.PossiblyBilledError(
                f"possibly billed: no answer from {about.endpoint} within {about.timeout:g} s",
                hint="The picture may have been made all the same. High quality takes minutes: "
                "give it a longer timeout.",
            )
        )
    if isinstance(exc, UnicodeEncodeError):
        return Failure(
            error=errors.RefusedRequestError(
                "the request contains a character that cannot be sent (half of a surrogate pair)"
            )
        )
    if isinstance(exc, ValueError):
        # From json: an event of the stream that cannot be read.
        return Failure(error=errors.BadAnswerError(f"{about.endpoint} sent something that cannot be read"))
    what = about.redactor.clean(str(chain[-1]), limit=120) or type(chain[-1]).__name__
    return Failure(
        error=errors.PossiblyBilledError(
            f"possibly billed: the connection to {about.endpoint} broke before the answer came ({what})",
            hint="The picture may have been made all the same.",
        )
    )


def explain_answer(
    body: object, about: Circumstances, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Failure:
    """Say what an answer that holds an error means; `status` is None for an error inside a stream."""
    headers = headers or {}
    refusal = read_refusal(body, about.redactor, status, headers)
    if refusal.moderated or refusal.account:
        return Failure(error=_refused(refusal, about))
    if refusal.limited:
        return _rate_limited(refusal, headers, about)
    if status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_failed(refusal, headers, about)
    return Failure(error=_refused(refusal, about), refuses_format=refusal.refuses_format)


def too_long(failure: Failure, wait: float, left: float) -> ProviderError:
    """The error for a wait that is not worth it: it names the time."""
    error = _copy(failure.error)
    error.message = f"{error.message}. It asks to wait {duration(wait)}"
    error.hint = f"Run the cell again after that. The call had {duration(left)} left."
    return error


def _refused(refusal: Refusal, about: Circumstances) -> ProviderError:
    said = refusal.message
    if refusal.moderated:
        return _moderated(refusal, about)
    if refusal.account:
        return errors.AccountLimitError(
            f"the account's quota or spending limit is reached: {said or refusal.code or 'payment required'}",
            hint=f"Waiting does not help. See {BILLING_PAGE} and {LIMITS_PAGE}."
            if about.of_openai
            else f"Waiting does not help. Look at the account behind {about.endpoint}.",
            **refusal.known(),
        )
    if "must be verified" in said.lower():
        return errors.NotVerifiedError(
            f"OpenAI wants the organisation verified before it may use {about.model}",
            hint=f"Verify it at {VERIFY_PAGE} and wait up to 15 minutes; or use a model that needs no "
            "verification.",
            **refusal.known(),
        )
    if refusal.status != HTTPStatus.FORBIDDEN and _NO_MODEL & {name.lower() for name in refusal.names}:
        return _no_model(refusal, about)
    if not refusal.in_answer and refusal.status is not None:
        return _refused_by_status(refusal, refusal.status, about)
    if refusal.said_status is not None and refusal.said_status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _refused_by_status(refusal, refusal.said_status, about)
    return _refused_in_answer(refusal)


def _refused_by_status(refusal: Refusal, status: int, about: Circumstances) -> ProviderError:
    said = refusal.message or _status_words(status)
    if status < HTTPStatus.BAD_REQUEST:
        return errors.ConnectionFailedError(
            f"{about.endpoint} redirects to another address, and redirects are not followed: they would send "
            "the prompt and the pictures elsewhere",
            hint="Set OPENAI_BASE_URL to the address that answers itself.",
            **refusal.known(),
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return errors.AuthenticationError(
            f"the API key was not accepted: {said}",
            hint=f"Set OPENAI_API_KEY to a working key from {KEYS_PAGE}; if it is set outside the notebook, "
            "restart the kernel.",
            **refusal.known(),
        )
    if status == HTTPStatus.FORBIDDEN:
        return errors.AccessError(
            f"the account may not do this with {about.model}: {said}",
            hint=f"Its project and permissions are at {VERIFY_PAGE}.",
            **refusal.known(),
        )
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE}:
        if refusal.is_about_address:
            return _no_address(refusal, said, about)
        if status != HTTPStatus.METHOD_NOT_ALLOWED:
            return _no_model(refusal, about)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return errors.PossiblyBilledError(
            f"possibly billed: {about.endpoint} gave up waiting: {said}", **refusal.known()
        )
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        said = f"{said}: the input pictures are too large for it"
    where = f" ({refusal.param})" if refusal.param and refusal.param not in said else ""
    return errors.RefusedRequestError(f"the API did not accept the request{where}: {said}", **refusal.known())


def _status_words(status: int) -> str:
    try:
        return f"HTTP status {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return f"HTTP status {status}"


def _no_address(refusal: Refusal, said: str, about: Circumstances) -> ProviderError:
    return errors.RefusedRequestError(
        f"this address does not exist there: {about.endpoint} has no images API ({said})",
        hint="Check OPENAI_BASE_URL, which usually ends in /v1 (for Azure: the deployment's name and "
        "OPENAI_API_VERSION too).",
        **refusal.known(),
    )


def _refused_in_answer(refusal: Refusal) -> ProviderError:
    said = refusal.message or refusal.code or "no reason given"
    if refusal.kind.lower() in _USER_ERRORS:
        return errors.RefusedRequestError(f"the API did not accept the request: {said}", **refusal.known())
    error = errors.ServerError(f"the API failed while it made the picture: {said}", **refusal.known())
    error.billed = "possibly"
    return error


def _no_model(refusal: Refusal, about: Circumstances) -> ProviderError:
    return errors.ModelGoneError(
        f"{about.endpoint} has no model {about.model!r}: {refusal.message or 'not found'}",
        hint="See %imagegen models for those that are live; if the model is right, check OPENAI_BASE_URL.",
        **refusal.known(),
    )


def _moderated(refusal: Refusal, about: Circumstances) -> ProviderError:
    stages = {
        "input": "the prompt or an input picture",
        "output": "the finished picture",
        "unknown": "the prompt or the picture",
    }
    why = f" for {', '.join(refusal.categories)}" if refusal.categories else ""
    whose = "OpenAI's" if about.of_openai else "the server's"
    return errors.ModerationError(
        f"{whose} safety system refused {stages[refusal.stage]}{why}: {refusal.message or refusal.code}",
        hint="Word the prompt differently. Asking the same again gives the same answer.",
        stage=refusal.stage,
        categories=refusal.categories,
        **refusal.known(),
    )


def _rate_limited(refusal: Refusal, headers: Mapping[str, str], about: Circumstances) -> Failure:
    wait = asked_wait(headers, refusal.message, about.now, field=refusal.wait, limits=True)
    limits = f"; your limits are at {LIMITS_PAGE}" if about.of_openai else ""
    error = errors.RateLimitError(
        f"too many requests: {refusal.message or 'rate limit reached'}",
        hint=f"Wait and run the cell again{limits}.",
        retry_after=wait,
        **refusal.known(),
    )
    repeat = refusal.status == HTTPStatus.TOO_MANY_REQUESTS
    if not repeat:
        # Inside an answer the work has begun: this is no longer about a request that was not taken.
        error.billed = "possibly"
    return Failure(error=error, repeat=repeat, asked_wait=wait, reason="rate limit")


def _server_failed(refusal: Refusal, headers: Mapping[str, str], about: Circumstances) -> Failure:
    wait = asked_wait(headers, "", about.now)
    asks_again = headers.get("x-should-retry", "").lower()
    not_taken = (
        refusal.status == HTTPStatus.SERVICE_UNAVAILABLE or asks_again == "true" or wait is not None
    ) and asks_again != "false"
    safe = not_taken and about.seconds < QUICK
    if safe and wait is None:
        wait = asked_wait(headers, refusal.message, about.now, field=refusal.wait)
    said = refusal.message or "no reason given"
    if safe:
        error = errors.ServerError(
            f"the server did not take the request ({refusal.status}): {said}",
            hint="Run the cell again in a while.",
            **refusal.known(),
        )
    else:
        error = errors.ServerError(
            f"the server failed ({refusal.status}): {said}",
            hint="It may have made the picture all the same, so nothing was sent again.",
            **refusal.known(),
        )
        error.billed = "possibly"
    return Failure(error=error, repeat=safe, asked_wait=wait, reason=f"server busy ({refusal.status})")


def _unreachable(chain: list[BaseException], about: Circumstances) -> Failure:
    what = about.redactor.clean(str(chain[-1]), limit=200) or type(chain[-1]).__name__
    untrusted = any(isinstance(link, ssl.SSLError) for link in chain)
    hint = (
        "The certificate was not accepted. Behind a proxy of your own, set SSL_CERT_FILE to its certificate."
        if untrusted
        else "Nothing was sent. Check the network, the proxy settings and OPENAI_BASE_URL."
    )
    return Failure(
        error=errors.ConnectionFailedError(f"could not reach {about.endpoint}: {what}", hint=hint),
        repeat=not untrusted,
        reason="no connection",
    )


def _causes(exc: BaseException) -> Any:
    seen: set[int] = set()
    link: BaseException | None = exc
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _copy(error: ProviderError) -> ProviderError:
    """The same error without traceback and context, both of which may lead to the request and its key."""
    twin = type(error)(*error.args)
    twin.__dict__.update(error.__dict__)
    return twin
