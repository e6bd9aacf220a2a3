"""What genai-prices said of each model, kept beside the store; a copy, so it may be lost at any time."""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import ConfigError
from jupyter_imagegen.storage import files

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_imagegen.core.rates import Rates

_HEAD = "# What genai-prices says, so that it need not be asked again; delete it at any time.\n"


class PriceMemory:
    """Rates in a TOML file, each under the version of genai-prices that said them.

    Parameters
    ----------
    path
        The file; made with the first rates.
    learns
        Whether it is written; False for whoever only looks.

    Examples
    --------
    >>> memory = PriceMemory(home / "rates.toml")
    >>> memory.learn("gpt-image-2", "0.0.72", rates)
    >>> memory.recall("gpt-image-2", "0.0.72") == rates
    True
    """

    def __init__(self, path: Path, *, learns: bool = True) -> None:
        self._path = path
        self._learns = learns

    def recall(self, name: str, version: str) -> Rates | None:
        """What this version said; None where the file does not say it, or says what cannot be."""
        return self._read(version).get(name)

    def learn(self, name: str, version: str, rates: Rates) -> None:
        """Keep it beside what else this version said; where the disk refuses, it is asked again."""
        if not self._learns:
            return
        known = {**self._read(version), name: rates}
        tables = "".join(_table(name, version, known[name]) for name in sorted(known))
        scratch = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
        with contextlib.suppress(OSError):
            files.write_atomically(self._path, (_HEAD + tables).encode(), scratch=scratch)

    def _read(self, version: str) -> dict[str, Rates]:
        from jupyter_imagegen.core.catalog_reader import read_rates
        from jupyter_imagegen.core.toml import parse_toml, read_toml_text

        try:
            text = read_toml_text(self._path, "price list") or ""
            told = parse_toml(text, self._path.name, parse_float=Decimal)
            return {
                name: read_rates(table[version], self._path.name)
                for name, table in told.items()
                if version in table
            }
        except (OSError, ValueError, TypeError, RecursionError, ConfigError):
            return {}


def _table(name: str, version: str, rates: Rates) -> str:
    lines = [f"[{json.dumps(name)}.{json.dumps(version)}]"]  # strings are written alike in JSON and TOML
    for field in fields(rates):
        value = getattr(rates, field.name)
        if isinstance(value, Decimal):
            lines.append(f"{field.name} = {value:f}")
        elif value is not None:
            lines.append(f"{field.name} = {json.dumps(value) if isinstance(value, str) else value}")
    return "\n".join(lines) + "\n"
