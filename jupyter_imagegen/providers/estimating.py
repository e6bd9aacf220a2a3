"""Stands before a provider while a notebook is priced by running it: estimates each call and makes none."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, ClassVar

from jupyter_imagegen.core.sizes import USUAL_SIZES, parse_size
from jupyter_imagegen.providers.base import Answered, Drawn, Provider, Sending

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from datetime import datetime
    from pathlib import Path

    from jupyter_imagegen.core.models import Models
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.providers.base import ProviderEvent

#: The environment variable that names the file of estimates, in a folder of its own. Where it is set no
#: provider is called, and the store is in that folder, whatever else is set.
ESTIMATES = "IMAGEGEN_ESTIMATES"


class Estimating(Provider):
    """Answers with a grey picture, and writes down what the real call would have cost.

    Parameters
    ----------
    real
        The provider that a cell means.
    file
        Gets one line of JSON for each call.
    now
        The moment whose prices count.
    """

    paid: ClassVar[bool] = False

    def __init__(self, real: Provider, file: Path, now: Callable[[], datetime]) -> None:
        self.name = real.name  # type: ignore[misc]  # the class has none of its own
        self.placeholder = real.placeholder  # type: ignore[misc]
        self._real = real
        self._file = file
        self._now = now

    @property
    def namespace(self) -> str | None:
        """The real one's: keys are those of the real pictures."""
        return self._real.namespace

    def models(self) -> Models:
        """The real one's."""
        return self._real.models()

    def validate(self, request: GenerateRequest, options: CallOptions, *, moment: datetime) -> list[str]:
        """Refuse what the real one refuses."""
        return self._real.validate(request, options, moment=moment)

    async def make(
        self, request: GenerateRequest, options: CallOptions
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Write the estimate down, and draw nothing.

        Yields
        ------
        ProviderEvent
            `Sending`, a grey picture for each one asked for, `Answered`.
        """
        from PIL import Image

        yield Sending(attempt=1)
        line: dict[str, object] = {"provider": self.name, "n": options.n, "request": request.parameters()}
        if self._real.paid:
            found = self._real.estimate(request, options, moment=self._now())
            amounts = {"usd": found.usd, "ceiling": found.ceiling}
            line |= {name: None if usd is None else str(usd) for name, usd in amounts.items()}
            line |= {"kind": found.kind, "note": found.note}
        else:
            line |= {"usd": "0", "ceiling": "0", "kind": "exact", "note": ""}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=dict) + "\n")
        size = parse_size(request.size) or parse_size(USUAL_SIZES[0])
        for sample in range(options.n):
            grey = BytesIO()
            # No two alike: an edit of the second picture is another request than one of the first.
            shade = (options.first_sample + sample) % 256
            Image.new("RGB", size or (1, 1), (shade, shade, 200)).save(grey, "PNG")
            yield Drawn(data=grey.getvalue())
        yield Answered()
