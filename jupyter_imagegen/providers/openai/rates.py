"""What a million tokens cost, from whom we know it, and what a call's tokens come to: exact decimals."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import tidy

if TYPE_CHECKING:
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.providers.openai.catalog import Catalog

# Wide enough that no product of a rate and a count is ever rounded.
_EXACT = Context(prec=60)
_DATE = re.compile(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b")


@dataclass(frozen=True, kw_only=True)
class Rates:
    """US dollars per million tokens of one model.

    Attributes
    ----------
    text_input, text_input_cached, image_input, image_input_cached, image_output : Decimal
        US dollars per million tokens, by kind.
    text_output : Decimal or None
        The same for words the model writes; None for models that bill none.
    source : str
        Who says so.
    date : datetime.date or None
        When it was true; None where the source does not say.
    """

    text_input: Decimal
    text_input_cached: Decimal
    image_input: Decimal
    image_input_cached: Decimal
    image_output: Decimal
    text_output: Decimal | None
    source: str
    date: dt.date | None


def rates(model_name: str, catalog: Catalog) -> Rates | None:
    """The rates of a model: the user's own file first, then genai-prices, then the catalog's row.

    Parameters
    ----------
    model_name
        A model's name, alias or dated snapshot; it need not be in the catalog.
    catalog
        Where the user's own rates are, and rows that genai-prices lacks; and of which moment the price is.

    Returns
    -------
    Rates or None
        None where it is unknown.

    Examples
    --------
    >>> from jupyter_imagegen.providers.openai.catalog import Catalog
    >>> rates("gpt-image-2.5-flare", Catalog.load()).image_output
    Decimal('30')
    """
    model = catalog.get(model_name)
    if model is None:
        return _from_genai_prices(model_name, catalog.at)
    if model.rates is not None and model.rates_are_users:
        return model.rates
    return _from_genai_prices(model.priced_as, catalog.at) or model.rates


def cost(usage: Usage, rates: Rates) -> Decimal:
    """What a call's tokens cost, in US dollars, exactly.

    Cached input is charged at its own rate where the API reported it. Words a model writes are charged as
    picture tokens where it has no rate for them: 2 and 2.5 never reported any, and nothing may count as 0.

    Examples
    --------
    >>> from jupyter_imagegen.providers.openai.catalog import Catalog
    >>> from jupyter_imagegen.core.usage import Usage
    >>> cost(Usage(text_input=13, image_output=196), rates("gpt-image-2", Catalog.load()))
    Decimal('0.005945')
    """
    text_output = rates.image_output if rates.text_output is None else rates.text_output
    total = Decimal(0)
    for tokens, rate in (
        (usage.text_input - usage.text_input_cached, rates.text_input),
        (usage.text_input_cached, rates.text_input_cached),
        (usage.image_input - usage.image_input_cached, rates.image_input),
        (usage.image_input_cached, rates.image_input_cached),
        (usage.image_output, rates.image_output),
        (usage.text_output, text_output),
    ):
        total = _EXACT.add(total, _EXACT.multiply(Decimal(tokens), rate))
    return tidy(_EXACT.scaleb(total, -6))


def _from_genai_prices(name: str, at: dt.datetime | None) -> Rates | None:
    """The rates that genai-prices has for a picture model of exactly this name, at a moment or now.

    Its rows match some names by prefix, so a relay's `gpt-4o-image` would be priced as a chat model; only a
    row with a rate for input pictures and an equality match is taken.
    """
    import genai_prices

    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(), name, provider_id="openai", genai_request_timestamp=at
        )
    except LookupError:
        return None
    price = found.model_price
    text_input, image_input = _plain(price.input_mtok), _plain(price.input_image_mtok)
    all_output, image_output = _plain(price.output_mtok), _plain(price.output_image_mtok)
    # Where a row has one output rate, everything that comes out is picture.
    text_output = None if image_output is None else all_output
    image_output = all_output if image_output is None else image_output
    if text_input is None or image_input is None or image_output is None:
        return None
    if not (found.model.id == name or name.startswith(f"{found.model.id}-20")):
        return None
    dates = _DATE.findall(found.model.price_comments or "")
    text_cached, image_cached = _plain(price.cache_read_mtok), _plain(price.cache_image_read_mtok)
    return Rates(
        text_input=text_input,
        text_input_cached=text_input if text_cached is None else text_cached,
        image_input=image_input,
        image_input_cached=image_input if image_cached is None else image_cached,
        image_output=image_output,
        text_output=text_output,
        source=f"genai-prices {genai_prices.__version__}",
        date=dt.date.fromisoformat(max(dates)) if dates else None,
    )


def _plain(value: object) -> Decimal | None:
    """A rate; None for no rate, and for tiers, which no picture model has."""
    return value if isinstance(value, Decimal) else None
