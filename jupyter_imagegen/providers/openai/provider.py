"""OpenAI's images API, and everything that speaks like it: Azure, gateways, local servers.

The official SDK carries the request, and only this module and its siblings import it. It is told never to
retry: it sends no idempotency key, so its retries can bill twice. What is repeated instead, and why it cannot
have been billed, stands in `errors`; the guards on what comes back stand in `transport` and
`answers`; one attempt, from its arguments to its events, is in `call`.

One deadline on the wall clock holds over all attempts, waits included. A client is kept for as long as the
credentials and the event loop stay the same, so that a second picture needs no second handshake.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Self

from jupyter_imagegen.errors import ConfigError, ImagegenError, NoKeyError, PossiblyBilledError, ProviderError
from jupyter_imagegen.hidden import Hidden, StaysHere
from jupyter_imagegen.providers.base import (
    Check,
    Drawn,
    Provider,
    Retrying,
    Sending,
    Unread,
    guard_paid_request,
)
from jupyter_imagegen.providers.openai.answers import Reading, answer_cap
from jupyter_imagegen.providers.openai.call import Call, first_format
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.connection import (
    Connection,
    is_configured,
    open_client,
    read_connection,
)
from jupyter_imagegen.providers.openai.errors import VERIFY_PAGE, Circumstances, Failure, explain, too_long
from jupyter_imagegen.providers.openai.transport import Trail, following

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
    from decimal import Decimal

    from openai import AsyncOpenAI

    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.providers.base import Answered, Context, ProviderEvent

#: Attempts at most: for a rate limit, and for everything else that may be repeated.
RATE_ATTEMPTS = 5
ATTEMPTS = 3
#: Seconds: the longest wait that is made, and the first of those nobody asked for.
LONGEST_WAIT = 120.0
FIRST_WAIT = 1.0
#: Seconds for each question of `check`, and bytes of its answer.
CHECK_TIMEOUT = 15.0
_CHECK_CAP = 8 * 1024 * 1024


class OpenAIProvider(Provider, StaysHere):
    """Pictures from OpenAI's images API or one that speaks like it.

    Parameters
    ----------
    base_url, api_key
        Win over the SDK's environment variables (`OPENAI_BASE_URL`, `OPENAI_API_KEY`), which are read at each
        call.
    max_answer_bytes
        Cap on one answer; None for what the pictures asked for can need at most.
    catalog
        Gives what models take and cost, as it is now.
    environ
        The environment that says whether anything is configured; None for the process's own.
    sleep, monotonic, now, jitter
        Waiting, both clocks and chance, so that tests need not wait.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> imagegen.generate("a lighthouse at dusk", provider="demo").images[0].width  # "openai" needs a key
    1024
    """

    name: ClassVar[str] = "openai"
    needs: ClassVar[str] = "OPENAI_API_KEY"

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        max_answer_bytes: int | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
        catalog: Callable[[], Catalog] = Catalog.load,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        # Behind calls: a debugger, a traceback or `vars()` shows no key and no password.
        key, address = Hidden(api_key or ""), Hidden(base_url or "")

        def connection() -> Connection:
            return read_connection(base_url=address or None, api_key=key or None)

        self._connection = connection
        self._max_answer_bytes = max_answer_bytes
        self._sleep = sleep
        self._monotonic = monotonic
        self._now = now
        self._jitter = jitter
        self._load_catalog = catalog
        self._loaded: Catalog | None = None
        self._environ = environ
        # It leads to what the transport keeps, such as a proxy's password.
        self._client: Hidden[AsyncOpenAI] | None = None
        self._client_for: tuple[Connection, asyncio.AbstractEventLoop] | None = None
        #: The response_format that a server is asked for, by endpoint and model.
        self._formats: dict[tuple[str, str], str | None] = {}
        self._outdated: list[tuple[Hidden[AsyncOpenAI], asyncio.AbstractEventLoop]] = []

    @classmethod
    def create(cls, context: Context) -> Self:
        """Make one whose models and rates are the package's, with the user's own file over them."""
        return cls(catalog=lambda: Catalog.load(context.setting("catalog")), environ=context.environ)

    @property
    def label(self) -> str:
        """Its maker's own spelling."""
        return "OpenAI"

    @property
    def namespace(self) -> str | None:
        """None: these are the pictures that keys without a namespace mean."""
        return None

    def __repr__(self) -> str:
        try:
            return f"OpenAIProvider({self.endpoint})"
        except ImagegenError:
            # It is shown in the traceback of that very error.
            return "OpenAIProvider(no usable address)"

    @property
    def endpoint(self) -> str:
        """Where requests go now, without credentials."""
        return self._connection().base_url

    @property
    def official(self) -> bool:
        """Whether that is OpenAI's own endpoint, where the catalog's rules hold."""
        return self._connection().official

    def _catalog(self) -> Catalog:
        self._loaded = self._load_catalog()
        return self._loaded

    def configured(self) -> bool:
        """Whether a key, or the address of a server that may need none, is set."""
        return is_configured(self._environ)

    def models(self) -> Catalog:
        """OpenAI's image models, and those of the user's own file."""
        return self._catalog()

    def validate(self, request: GenerateRequest, options: CallOptions, *, moment: datetime) -> list[str]:
        """Every parameter against its model; elsewhere than at OpenAI, a model may be unknown."""
        from jupyter_imagegen.providers.openai.validation import validate

        today = moment.astimezone(UTC).date()
        return validate(request, options, catalog=self._catalog(), today=today, official=self.official)

    def estimate(self, request: GenerateRequest, options: CallOptions, *, moment: datetime) -> Estimate:
        """By the published tokens, at the rates of a moment."""
        from jupyter_imagegen.providers.openai.pricing import estimate

        return estimate(request, options, catalog=self._catalog().as_of(moment))

    def price_facts(self, model: str, *, moment: datetime) -> dict[str, Any]:
        """The rates per million tokens."""
        from jupyter_imagegen.providers.openai.rates import rates

        return {"rates_usd_per_million_tokens": rates(model, self._catalog().as_of(moment))}

    def cost(self, request: GenerateRequest, answer: Answered, *, moment: datetime) -> Decimal | None:
        """Exact where the usage was told and its rates are known."""
        from jupyter_imagegen.providers.openai.rates import cost, rates

        try:
            catalog = self._catalog()
        except ConfigError:
            # A file that was broken while the picture was made: what was read last prices the call.
            if self._loaded is None:
                raise
            catalog = self._loaded
        known = rates(request.model, catalog.as_of(moment))
        # An SVG's author model bills tokens of its own, for which the answer brings no rate.
        if answer.usage is None or known is None or answer.svg_usage:
            return None
        return cost(answer.usage, known)

    async def make(self, request: GenerateRequest, options: CallOptions) -> AsyncGenerator[ProviderEvent]:
        """Make `options.n` pictures; see `Provider.make`.

        Yields
        ------
        ProviderEvent
            `Sending` before each attempt, `Retrying` before each wait, `Partial` while a stream brings them,
            `Drawn` for each picture, and `Answered` last.

        Raises
        ------
        ProviderError
            With `billed` saying whether the call can have been charged for. Neither it nor its context
            leads to the key.
        ConfigError
            If the address in the environment is not one.
        """
        connection = self._connection()
        connection.check_credentials()
        guard_paid_request(connection.base_url, loopback=connection.loopback)
        formats, asked = self._formats, (connection.base_url, request.model)
        formats.setdefault(asked, first_format(connection, request.model))
        call = Call(
            client=self._client_of(connection),
            connection=connection,
            request=request,
            options=options,
            cap=self._max_answer_bytes or answer_cap(options.n, options.partial_images),
            deadline=self._monotonic() + options.timeout,
            monotonic=self._monotonic,
            now=self._now,
            response_format=formats[asked],
        )
        attempt = 0
        while True:
            attempt += 1
            failure: Failure | None = None
            yield Sending(attempt=attempt)
            async with aclosing(call.attempt()) as events:
                async for event in events:
                    if isinstance(event, Failure):
                        failure = event
                    else:
                        yield event
            if failure is None:
                return
            wait = self._wait_after(failure, attempt, call.left())
            if failure.refuses_format and call.response_format is not None:
                formats[asked] = _next_format(call.response_format, failure)
                call = replace(call, response_format=formats[asked])
                yield Retrying(attempt=attempt, wait=0.0, reason="response_format refused")
            elif wait is not None:
                yield Retrying(attempt=attempt, wait=wait, reason=failure.reason)
                await self._sleep(wait)
            else:
                # Raised outside any handler, so that it has no context.
                raise _final_error(failure, call.left())

    def read(self, data: bytes, *, media_type: str = "", n: int = 1) -> Iterator[Drawn | Answered | Unread]:
        """Read an answer that was kept because it could not be read, once more; sends nothing.

        Parameters
        ----------
        data, media_type
            As `Unread` had them.
        n
            Pictures that were asked for.

        Yields
        ------
        Drawn or Answered or Unread
            The pictures; `Unread` where not all of it can be read yet; `Answered` where the answer tells
            something about the call.
        """
        reading = Reading(n=n, redactor=self._connection().redactor)
        for event in (*reading.feed(data), *reading.finish()):
            if isinstance(event, Drawn):
                yield event
        if not reading.pictures or reading.incomplete:
            yield Unread(
                data=data, media_type=media_type, reason=reading.problem(), addresses=reading.addresses
            )
        answered = reading.answered()
        if answered is not None:
            yield answered

    def require_credentials(self) -> None:
        """Refuse a missing key and an address that cannot be used."""
        read_connection(self._environ).check_credentials()

    def credentials(self) -> list[Check]:
        """Whether the key is set and the address can be used."""
        try:
            connection = read_connection(self._environ)
            connection.check_credentials()
        except NoKeyError as exc:
            return [Check(name="key", ok=False, text="not set", hint=exc.hint)]
        except ImagegenError as exc:
            return [Check(name="key", ok=False, text=exc.message, hint=exc.hint)]
        held = "set" if connection.key or connection.token else "not set; the endpoint may not need one"
        return [Check(name="key", ok=True, text=held)]

    async def check(self, model: str) -> list[Check]:
        """Ask, without paying, whether the key is accepted and the model is there.

        What only a paid call would show is said last.

        Parameters
        ----------
        model
            The model that calls would name (for Azure: the deployment).
        """
        found = await self._checked(model)
        try:
            return [*found, *_verified(self._connection())]
        except ImagegenError:
            return found

    async def _checked(self, model: str) -> list[Check]:
        try:
            connection = self._connection()
            connection.check_credentials()
            guard_paid_request(connection.base_url, loopback=connection.loopback)
            client = self._client_of(connection)
        except Exception as exc:  # noqa: BLE001 - a check reports, it does not raise
            return [_failed_check("key", exc)]
        listed = await self._ask(connection, model, client().models.list)
        if isinstance(listed, ProviderError):
            return [_failed_check("key", listed), Check(name="model", ok=None, text="not asked")]
        accepted = Check(name="key", ok=True, text=f"accepted by {connection.base_url}")
        if connection.azure:
            unknown = Check(name="model", ok=None, text="Azure does not list its deployments")
            return [accepted, unknown]
        found = await self._ask(connection, model, lambda: client().models.retrieve(model))
        if isinstance(found, ProviderError):
            return [accepted, _failed_check("model", found)]
        shutdown = connection.redactor.clean(getattr(found, "shutdown_date", None), limit=20)
        text = f"{model} is available" + (f"; it shuts down on {shutdown}" if shutdown else "")
        return [accepted, Check(name="model", ok=True, text=text)]

    async def aclose(self) -> None:
        """Close connections. Clients of event loops that are gone went with them."""
        loop = asyncio.get_running_loop()
        if self._client is not None and self._client_for is not None:
            self._outdated.append((self._client, self._client_for[1]))
        self._client, self._client_for = None, None
        while self._outdated:
            client, client_loop = self._outdated.pop()
            if client_loop is loop:
                await client().close()

    def _client_of(self, connection: Connection) -> Hidden[AsyncOpenAI]:
        wanted = (connection, asyncio.get_running_loop())
        if self._client is None or self._client_for != wanted:
            if self._client is not None and self._client_for is not None:
                # A call may still be using it.
                self._outdated.append((self._client, self._client_for[1]))
            self._client, self._client_for = Hidden(open_client(connection)), wanted
        return self._client

    def _wait_after(self, failure: Failure, attempt: int, left: float) -> float | None:
        """Seconds until the next attempt; None where there is none.

        At least what was asked, else 1, 2, 4, 8 s; up to a quarter more, so that a class spreads out.
        """
        most = RATE_ATTEMPTS if failure.error.status == HTTPStatus.TOO_MANY_REQUESTS else ATTEMPTS
        if not failure.repeat or attempt >= most:
            return None
        own = FIRST_WAIT * 2 ** (attempt - 1)
        wait = own if failure.asked_wait is None else max(failure.asked_wait, 0.05)
        if wait > LONGEST_WAIT or wait >= left:
            return None
        return min(wait * (1 + self._jitter() / 4), (wait + left) / 2)

    async def _ask(self, connection: Connection, model: str, question: Callable[[], Any]) -> object:
        """The answer to a question that costs nothing, or the error as a value."""
        trail = Trail()
        started = self._monotonic()
        failure: Failure
        try:
            with following(trail, _CHECK_CAP, connection.sign, connection.redactor):
                async with asyncio.timeout(CHECK_TIMEOUT):
                    return await question()
        except Exception as exc:  # noqa: BLE001 - every failure of the SDK has a name of ours
            failure = explain(
                exc,
                Circumstances(
                    endpoint=connection.base_url,
                    model=model,
                    redactor=connection.redactor,
                    sent=not trail.never_sent,
                    seconds=self._monotonic() - started,
                    timeout=CHECK_TIMEOUT,
                    now=self._now(),
                ),
            )
        if isinstance(failure.error, PossiblyBilledError):
            failure.error.message = failure.error.message.removeprefix("possibly billed: ")
            failure.error.hint = ""
        return failure.error


def _next_format(refused: str, failure: Failure) -> str | None:
    """What to ask for instead: a server that names `base64` means that; else nothing is asked."""
    return "base64" if refused != "base64" and re.search(r"\bbase64\b", failure.error.message) else None


def _final_error(failure: Failure, left: float) -> ProviderError:
    asked = failure.asked_wait
    if failure.repeat and asked is not None and (asked > LONGEST_WAIT or asked >= left):
        return too_long(failure, asked, left)
    return failure.error


def _verified(connection: Connection) -> list[Check]:
    if not connection.official:
        return []
    hint = (
        f"If a picture ends with NotVerifiedError (403), verify at {VERIFY_PAGE}; "
        "it takes up to 15 minutes to count."
    )
    text = "only a paid call shows whether the organisation is verified for image models"
    return [Check(name="verified", ok=None, text=text, hint=hint)]


def _failed_check(name: str, exc: object) -> Check:
    if isinstance(exc, ImagegenError):
        return Check(name=name, ok=False, text=exc.message, hint=exc.hint)
    return Check(name=name, ok=False, text=str(exc))
