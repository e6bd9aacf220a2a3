"""Turns `catalog.toml`, and a user's file in the same form, into models; says what is wrong with a file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pkgutil import get_data
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from jupyter_imagegen.core.sizes import SizeRule, parse_size
from jupyter_imagegen.core.text import clean, shown
from jupyter_imagegen.core.toml import parse_toml
from jupyter_imagegen.errors import ConfigError
from jupyter_imagegen.providers.openai.catalog import Catalog, OpenAIModel
from jupyter_imagegen.providers.openai.rates import Rates
from jupyter_imagegen.providers.openai.tokens import Span, TokenRule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Table = dict[str, Any]

# What belongs to one name alone, and is not taken over by a model that is `like` another.
_OWN = {"aliases", "released", "shutdown", "replacements", "preference"}
_MODEL_KEYS = {
    *_OWN,
    *("like", "qualities", "sizes", "auto", "backgrounds", "output_formats", "input_fidelity", "complexity"),
    *("markup", "edits", "streams", "tokens", "rates", "note", "sources"),
}
_SIZE_NUMBERS = ("multiple_of", "max_edge", "min_pixels", "max_pixels", "max_aspect", "experimental_above")
_TOKEN_KEYS = {
    *("kind", "factors", "table", "likely_percent", "most_percent", "margin", "text_output", "partial_image"),
    *("input_rule", "input_most", "text_overhead", "edit_overhead"),
}
_RATES_NEEDED = ("text_input", "image_input", "image_output")
_RATES_OPTIONAL = ("text_input_cached", "image_input_cached", "text_output")
_MOST_USD = 1_000_000
_MOST_DECIMALS = 12
_MOST_NUMBER = 10**12
#: Models in a row, each `like` the next.
_DEEPEST = 16
#: Characters of a misspelt name for which the nearest one is looked for.
_LONGEST_NAME = 100


@dataclass(frozen=True, kw_only=True)
class _Flat:
    """A model's table with all it takes over, and whose rates it has."""

    table: Table
    priced_as: str
    users_rates: bool = False


def read_shipped() -> Catalog:
    """The catalog as it comes with the package."""
    return _catalog(_shipped(), "catalog.toml")


def read_override(text: str, where: str) -> Catalog:
    """The catalog with a user's file laid on top.

    Parameters
    ----------
    text
        What the file says.
    where
        What messages call it.

    Raises
    ------
    ConfigError
        If it says something that cannot be.
    """
    shipped, tables = _shipped(), _tables(text, where)
    # Ours are flat already, so that a change to one of them does not reach those that are `like` it.
    users = {name: _flat(name, tables, shipped, where, users=True) for name in tables}
    return _catalog({**shipped, **users}, where)


def _shipped() -> dict[str, _Flat]:
    tables = _tables(_shipped_text(), "catalog.toml")
    return {name: _flat(name, tables, {}, "catalog.toml") for name in tables}


def _shipped_text() -> str:
    # importlib.resources would do the same, and takes 20 ms to import.
    found = get_data("jupyter_imagegen.providers.openai", "catalog.toml")
    if found is None:
        raise ConfigError("catalog.toml is missing from the package", hint="Install jupyter-imagegen again.")
    return found.decode("utf-8")


def _tables(text: str, where: str) -> dict[str, Table]:
    """The model tables of a file."""
    # Money is never a float, not even while it is read.
    whole = parse_toml(text, f"the catalog file {where}", parse_float=Decimal)
    _only(whole, {"models"}, where)
    tables = whole.get("models", {})
    if not isinstance(tables, dict):
        raise ConfigError(f'{where}: models must be tables, such as [models."my-deployment"]')
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigError(f'{where}: {clean(name)} must be a table: [models."{clean(name)}"]')
        _only(table, _MODEL_KEYS, f"{where}, {clean(name)}")
    return tables


def _catalog(flats: Mapping[str, _Flat], where: str) -> Catalog:
    models = {name: _model(name, flat, f"{where}, {clean(name)}") for name, flat in flats.items()}
    aliases: dict[str, str] = {}
    for name, model in models.items():
        for alias in model.aliases:
            if alias in models or aliases.setdefault(alias, name) != name:
                raise ConfigError(f"{where}, {clean(name)}: the alias {clean(alias)} is another model's name")
    return Catalog(models=MappingProxyType(models), _by_alias=MappingProxyType(aliases))


def _flat(
    name: str,
    tables: Mapping[str, Table],
    below: Mapping[str, _Flat],
    where: str,
    *,
    users: bool = False,
    seen: tuple[str, ...] = (),
) -> _Flat:
    """A model's table with what it takes over, from the same file first and then from the one below."""
    table = dict(tables[name])
    parent, known = table.pop("like", None), below.get(name)
    here = f"{where}, {clean(name)}"
    _table(table, "sources", here)
    if parent is not None and not isinstance(parent, str):
        raise ConfigError(f"{here}: like = {shown(parent)} is not a model", hint="Name one in quotes.")
    users_rates = users and "rates" in table
    if parent is None:
        if known is None:
            return _Flat(table=table, priced_as=name, users_rates=users_rates)
        return _Flat(table=_over(table, known.table), priced_as=known.priced_as, users_rates=users_rates)
    if parent == name or parent in seen:
        raise ConfigError(f"{here}: like = {shown(parent)} is circular")
    if len(seen) == _DEEPEST:
        raise ConfigError(f"{here}: more than {_DEEPEST} models are like one another in a row")
    if parent in tables:
        above = _flat(parent, tables, below, where, users=users, seen=(*seen, name))
    elif parent in below:
        above = below[parent]
    else:
        close = get_close_matches(parent, [*tables, *below], n=1) if len(parent) <= _LONGEST_NAME else []
        hint = f"Did you mean {close[0]}?" if close else "Name a model of the catalog."
        raise ConfigError(f"{here}: like = {shown(parent)} is not a model", hint=hint)
    inherited = {key: value for key, value in above.table.items() if key not in _OWN}
    return _Flat(
        table=_over(table, inherited),
        # A deployment of the user's own has its model's price; our own models have rows of their own.
        priced_as=above.priced_as if users else name,
        users_rates=users_rates or ("rates" not in table and above.users_rates),
    )


def _over(table: Table, base: Table) -> Table:
    return {**base, **table, "sources": {**base.get("sources", {}), **table.get("sources", {})}}


def _model(name: str, flat: _Flat, where: str) -> OpenAIModel:
    table = flat.table
    for needed in ("qualities", "sizes"):
        if needed not in table:
            raise ConfigError(
                f"{where}: {needed} is missing",
                hint='Add it, or inherit it with like = "gpt-image-2.5-flare".',
            )
    return OpenAIModel(
        name=name,
        aliases=_words(table, "aliases", where),
        released=_day(table, "released", where),
        shutdown=_day(table, "shutdown", where),
        replacements=_words(table, "replacements", where),
        qualities=_words(table, "qualities", where),
        sizes=_sizes(_table(table, "sizes", where), f"{where}, sizes"),
        auto=_flag(table, "auto", where),
        backgrounds=_words(table, "backgrounds", where),
        output_formats=_words(table, "output_formats", where),
        input_fidelity=_words(table, "input_fidelity", where),
        complexity=_words(table, "complexity", where),
        markup=_flag(table, "markup", where),
        edits=_flag(table, "edits", where),
        streams=_flag(table, "streams", where),
        tokens=_tokens(_table(table, "tokens", where), f"{where}, tokens"),
        rates=read_rates(_table(table, "rates", where), f"{where}, rates") if "rates" in table else None,
        rates_are_users=flat.users_rates,
        priced_as=flat.priced_as,
        preference=_number(table, "preference", where),
        note=_word(table, "note", where),
        sources=MappingProxyType({key: str(value) for key, value in _table(table, "sources", where).items()}),
    )


def _sizes(table: Table, where: str) -> SizeRule:
    _only(table, {"kind", "values", *_SIZE_NUMBERS}, where)
    kind: Literal["free", "fixed"] = _one_of(table, "kind", ("free", "fixed"), where)
    values = _words(table, "values", where)
    for value in values:
        if parse_size(value) is None:
            raise ConfigError(f"{where}: {shown(value)} is not a size such as '1024x1024'")
    if not values:
        raise ConfigError(f"{where}: values must name at least one size")
    rule = SizeRule(
        kind=kind,
        values=values,
        **{key: _number(table, key, where) for key in _SIZE_NUMBERS if key in table},
    )
    for value in values:
        width, height = cast("tuple[int, int]", parse_size(value))
        if kind == "free" and (rule.multiple_of < 1 or rule.broken(width, height)):
            raise ConfigError(f"{where}: {clean(value)} does not keep its own limits")
    return rule


def _tokens(table: Table, where: str) -> TokenRule:
    if not table:
        return TokenRule(kind="none")
    _only(table, _TOKEN_KEYS, where)
    rows = _table(table, "table", where)
    return TokenRule(
        kind=_one_of(table, "kind", ("formula", "table", "bound", "none"), where),
        input_rule=_one_of(table, "input_rule", ("none", "patches", "tiles"), where),
        table=MappingProxyType({quality: _counts(rows, quality, f"{where}, table") for quality in rows}),
        factors=_counts(table, "factors", where),
        likely_percent=_counts(table, "likely_percent", where),
        most_percent=_counts(table, "most_percent", where),
        margin=_number(table, "margin", where),
        text_output=_number(table, "text_output", where),
        partial_image=_number(table, "partial_image", where),
        input_most=_number(table, "input_most", where),
        text_overhead=_span(table, "text_overhead", where),
        edit_overhead=_span(table, "edit_overhead", where),
    )


def read_rates(table: Table, where: str) -> Rates:
    """The rates in a TOML table, whose numbers are read as decimals.

    Raises
    ------
    ConfigError
        If one that is needed is missing, or one says what cannot be.
    """
    _only(table, {*_RATES_NEEDED, *_RATES_OPTIONAL, "source", "date"}, where)
    for needed in _RATES_NEEDED:
        if needed not in table:
            raise ConfigError(f"{where}: {needed} is missing", hint="Give US dollars per million tokens.")
    usd = {key: _usd(table, key, where) for key in (*_RATES_NEEDED, *_RATES_OPTIONAL) if key in table}
    return Rates(
        text_input=usd["text_input"],
        text_input_cached=usd.get("text_input_cached", usd["text_input"]),
        image_input=usd["image_input"],
        image_input_cached=usd.get("image_input_cached", usd["image_input"]),
        image_output=usd["image_output"],
        text_output=usd.get("text_output"),
        source=_word(table, "source", where) or "your catalog file",
        date=_day(table, "date", where),
    )


def _usd(table: Table, key: str, where: str) -> Decimal:
    value = table[key]
    # Whole numbers are compared first: to make a decimal of one with 200,000 digits takes seconds.
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and _is_within(value):
        usd = Decimal(value)
        if (
            usd.is_finite()
            and 0 <= usd <= _MOST_USD
            and cast("int", usd.as_tuple().exponent) >= -_MOST_DECIMALS
        ):
            return usd
    raise ConfigError(f"{where}: {key} = {shown(value)} must be US dollars per million tokens, 0 or more")


def _is_within(value: int | Decimal) -> bool:
    return not isinstance(value, int) or 0 <= value <= _MOST_USD


def _only(table: Mapping[str, object], known: Collection[str], where: str) -> None:
    for key in table:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"It knows {', '.join(sorted(known))}."
            raise ConfigError(f"{where}: {clean(key)} is not a field of a catalog file", hint=hint)


def _table(table: Table, key: str, where: str) -> Table:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: {key} must be a table, not {shown(value)}")
    return value


def _words(table: Table, key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise ConfigError(f"{where}: {key} must be a list of words, not {shown(value)}")
    return tuple(value)


def _word(table: Table, key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ConfigError(f"{where}: {key} must be text, not {shown(value)}")
    return value


def _flag(table: Table, key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: {key} must be true or false, not {shown(value)}")
    return value


def _number(table: Table, key: str, where: str) -> int:
    value = table.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_NUMBER:
        raise ConfigError(f"{where}: {key} must be a whole number from 0, not {shown(value)}")
    return value


def _day(table: Table, key: str, where: str) -> dt.date | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
        told = shown(value)
        raise ConfigError(f"{where}: {key} must be a day such as 2026-12-01 without quotes, not {told}")
    return value


def _one_of(table: Table, key: str, allowed: tuple[str, ...], where: str) -> Any:
    value = table.get(key, allowed[0])
    if value not in allowed:
        raise ConfigError(f"{where}: {key} must be one of {', '.join(allowed)}, not {shown(value)}")
    return value


def _counts(table: Table, key: str, where: str) -> Mapping[str, int]:
    value = _table(table, key, where)
    return MappingProxyType({name: _number(value, name, f"{where}, {clean(key)}") for name in value})


def _span(table: Table, key: str, where: str) -> Span:
    counts = _counts(table, key, where)
    if not counts:
        return Span(likely=0, most=0)
    if set(counts) != {"likely", "most"} or counts["likely"] > counts["most"]:
        raise ConfigError(f"{where}: {key} must be {{ likely = …, most = … }} with likely not above most")
    return Span(likely=counts["likely"], most=counts["most"])
