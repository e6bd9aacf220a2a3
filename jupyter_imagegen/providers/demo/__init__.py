"""The offline painter as a provider: no key, no network, no cost; the same request gives the same picture.

`scene` reads the prompt, `compose` lays it out on a `sheet` (places in `land` and `interiors`, things from
drawings in `art/`), `raster` draws the sheet, `finish` gives it the look that the prompt asks for, `cards`
sets a prompt whose subject is not known, `retouch` changes pictures, and `painter` joins all this.
"""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC
from typing import TYPE_CHECKING, ClassVar, Self

from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Provider, Sending
from jupyter_imagegen.providers.openai.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from datetime import datetime

    from jupyter_imagegen.core.models import Models
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.providers.base import Context, ProviderEvent
    from jupyter_imagegen.providers.openai.catalog import Catalog

#: Seconds between unfinished pictures, so that one can see a picture coming.
PARTIAL_PAUSE = 0.35


class DemoProvider(Provider):
    """Paints what the prompt says with Pillow, and marks it as a demo.

    Parameters
    ----------
    sleep
        Waits between unfinished pictures; passed in so that tests never wait.
    catalog
        Gives the models that it stands in for.

    Examples
    --------
    >>> provider = DemoProvider()
    >>> provider.paid, provider.endpoint
    (False, 'offline')
    """

    name: ClassVar[str] = "demo"
    paid: ClassVar[bool] = False
    placeholder: ClassVar[bool] = True

    def __init__(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        catalog: Callable[[], Catalog] | None = None,
    ) -> None:
        self._sleep = sleep
        self._catalog = catalog or load_catalog

    @classmethod
    def create(cls, context: Context) -> Self:
        """Make one that stands in for the models of the user's catalog file, where there is one."""
        return cls(catalog=lambda: load_catalog(context.setting("catalog")))

    @property
    def label(self) -> str:
        """What it is, and what it costs."""
        return "demo: free, offline"

    @property
    def endpoint(self) -> str:
        """`offline`: nothing leaves this machine."""
        return "offline"

    def models(self) -> Models:
        """The models that it stands in for."""
        return self._catalog()

    def validate(self, request: GenerateRequest, options: CallOptions, *, moment: datetime) -> list[str]:
        """By the rules of the models that it stands in for, so that a demo cell runs for real unchanged."""
        from jupyter_imagegen.providers.openai.validation import validate

        today = moment.astimezone(UTC).date()
        return validate(request, options, catalog=self._catalog(), today=today, official=True)

    async def make(
        self, request: GenerateRequest, options: CallOptions
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Paint `options.n` pictures, the samples from `options.first_sample` on.

        Yields
        ------
        ProviderEvent
            `Sending`, then for each picture its unfinished stages and the picture, then `Answered` with the
            tokens that the model's published formula gives.
        """
        from jupyter_imagegen.providers.demo.painter import paint

        yield Sending(attempt=1)
        stop = threading.Event()
        try:
            for sample in range(options.first_sample, options.first_sample + options.n):
                painting = await asyncio.to_thread(paint, request, sample=sample, stopped=stop.is_set)
                for index in range(options.partial_images):
                    data = await asyncio.to_thread(painting.unfinished, index, options.partial_images)
                    yield Partial(index=index, data=data)
                    await self._sleep(PARTIAL_PAUSE)
                yield Drawn(data=await asyncio.to_thread(painting.finished), revised_prompt=painting.note)
        finally:
            # A cancelled caller leaves no thread painting on.
            stop.set()
        yield Answered(usage=_usage(request, options), size=request.size, quality=request.quality)

    async def aclose(self) -> None:
        """Nothing is open."""


def _usage(request: GenerateRequest, options: CallOptions) -> Usage:
    """The tokens that the asked model would have reported, by the catalog's formula."""
    from jupyter_imagegen.providers.openai.catalog import Catalog
    from jupyter_imagegen.providers.openai.pricing import usage_before

    # Without a price: to look one up takes longer than some pictures take to paint.
    tokens = usage_before(request, options, catalog=Catalog.load())
    return Usage() if tokens is None else tokens[0]
