"""Where an answer is otherwise than what was asked for, or than what was to be expected of its price."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.sizes import parse_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.results import Image


def unlike_asked(request: GenerateRequest, images: Sequence[Image]) -> list[str]:
    """What pictures are otherwise than they were asked for, in whole sentences: their size, their format."""
    notes = []
    asked = parse_size(request.size or "")
    found = {(image.width, image.height) for image in images if image.mime != "image/svg+xml"}
    if asked is not None and (other := sorted(found - {asked})):
        came = ", ".join(f"{width}x{height}" for width, height in other)
        notes.append(f"size {request.size} was requested, and {came} arrived.")
    wanted = request.output_format or "png"
    kinds = {re.sub(r"image/(?:x-(?:portable-)?)?|\+xml", "", image.mime) for image in images}
    if others := sorted(kinds - {wanted}):
        said = "was requested" if request.output_format else "is the usual format"
        notes.append(f"{wanted.upper()} {said} and {', '.join(others).upper()} arrived.")
    return notes


def odd_cost(usd: Decimal | None, priced: Estimate, *, all_came: bool) -> str:
    """How a cost differs from what the published prices say; empty where it does not, or is unknown.

    Parameters
    ----------
    usd
        US dollars by the reported usage; None for unknown.
    priced
        The estimate that was reserved.
    all_came
        Whether every picture came: fewer may cost less.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from jupyter_imagegen.providers.openai.pricing import Estimate
    >>> ten = Decimal(10)
    >>> priced = Estimate(usd=ten, ceiling=ten, tokens=None, kind="exact", note="", source="")
    >>> odd_cost(Decimal(11), priced, all_came=True)
    'it cost $11.00, more than the $10.00 that was held for it'
    """
    if usd is None:
        return ""
    if priced.ceiling is not None and usd > priced.ceiling:
        return f"it cost {format_usd(usd)}, more than the {format_usd(priced.ceiling)} that was held for it"
    if all_came and priced.kind == "exact" and priced.usd is not None and usd < priced.usd / 2:
        return (
            f"it cost {format_usd(usd)} by the reported usage, less than half of the"
            f" {format_usd(priced.usd)} that the published formula says"
        )
    return ""
