"""The prompt's words: variables from the notebook, and styles around it.

The grammar is smaller than a template language on purpose, because prompts are prose and code at once::

    $name            the variable's value
    ${expression}    the value of any Python expression
    $$               a dollar
    $5               a dollar, because no variable begins with a digit
    { } {{ }}        only braces: JSON and LaTeX stay as they are
"""

from __future__ import annotations

import ast
import keyword
import re
import types
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeGuard

from jupyter_imagegen.core.results import Image, Result
from jupyter_imagegen.core.text import is_key, shown
from jupyter_imagegen.core.toml import parse_toml, read_toml_text
from jupyter_imagegen.errors import ConfigError, PromptError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

#: Characters that a value which is not a string may add to a prompt; more is a slip, not a word.
MAX_VALUE_CHARACTERS = 2_000
#: Characters that `${…}` may hold. Bounds the search for its end.
MAX_EXPRESSION_CHARACTERS = 4_000
#: Characters of a style's template and description.
MAX_STYLE_CHARACTERS = 8_000

_ADDRESS = re.compile(r"<.* at 0x[0-9a-fA-F]+.*>", re.DOTALL)


class _NotWordsError(Exception):
    """A value that cannot stand in a sentence; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class _Slot:
    """A place to be filled: what to look up, and how it was written."""

    expression: str
    written: str


@dataclass(frozen=True, kw_only=True)
class Style:
    """A named template that goes around a prompt.

    Attributes
    ----------
    name : str
        What `--style` takes.
    template : str
        The text with `$prompt` in it exactly once.
    description : str
        One line for the list of styles.
    source : str
        The file it came from, or `package`.

    Examples
    --------
    >>> style = Style(name="ink", template="$prompt, in black ink", description="Ink", source="package")
    >>> apply_styles("a heron", [style])
    'a heron, in black ink'
    """

    name: str
    template: str
    description: str
    source: str


def fill_prompt(template: str, lookup: Callable[[str], object], *, names: Iterable[str] = ()) -> str:
    """Put the notebook's values into a prompt.

    Parameters
    ----------
    template
        The prompt as it was written.
    lookup
        Gives the value of an expression, or raises what Python would raise (`NameError` for a name that
        is not there). Called once for each place, in order; values are never filled in a second time.
    names
        The names that exist, for suggestions.

    Returns
    -------
    str
        The prompt, in which nothing is left to fill in.

    Raises
    ------
    PromptError
        If variables are missing (all are named), an expression cannot be read or fails, or a value is not
        words: a picture, a function, bytes, something whose text changes from run to run.

    Examples
    --------
    >>> animal, count = "heron", 3
    >>> fill_prompt("${count + 1} of a $animal for $$5", lambda text: eval(text))
    '4 of a heron for $5'
    """
    filled: list[str] = []
    missing: dict[str, str] = {}
    problems: dict[str, None] = {}
    cause: Exception | None = None
    for piece in _pieces(template):
        if isinstance(piece, str):
            filled.append(piece)
            continue
        try:
            filled.append(_words(_value(piece, lookup)))
        except _NotWordsError as exc:
            problems[f"`{piece.written}` {exc}"] = None
        except NameError as exc:
            cause = cause or exc
            name = exc.name or piece.expression
            missing[name] = piece.written
        except Exception as exc:  # noqa: BLE001  # whatever the user's expression raises is named, with its cause
            cause = cause or exc
            problems[f"`{piece.written}` failed: {_one_line(exc)}"] = None
    hint = ""
    if missing:
        problems = {_missing(missing, names): None, **problems}
        hint = "Write $$ for a dollar sign, or --raw to take the prompt as it is written."
    if problems:
        raise PromptError("; ".join(problems), hint=hint) from cause
    return "".join(filled)


def escape_prompt(text: str) -> str:
    """Write text so that `fill_prompt` gives it back unchanged: `a $tree` as `a $$tree`."""
    return text.replace("$", "$$")


def load_styles(*files: Path) -> dict[str, Style]:
    """Read every style by name: the package's, then each file's on top.

    Parameters
    ----------
    *files
        TOML files, the strongest last; one that is not there adds nothing. Only tables `[styles.NAME]`
        are read, so a settings file can carry styles too.

    Returns
    -------
    dict of str to Style
        In alphabetical order.

    Raises
    ------
    ConfigError
        If a file cannot be read, or a style is not `prompt = "… $prompt …"` and perhaps `description`.

    Examples
    --------
    >>> load_styles()["watercolour"].source
    'package'
    """
    from importlib.resources import files as package_files

    package = package_files("jupyter_imagegen.core").joinpath("styles.toml")
    found = _read_styles(package.read_text(encoding="utf-8"), "package")
    for file in files:
        text = read_toml_text(file, "settings file")
        if text is not None:
            found |= _read_styles(text, str(file))
    return dict(sorted(found.items()))


def find_style(name: str, styles: Mapping[str, Style]) -> Style:
    """Find the style of that name; capitals, spaces and underscores do not matter.

    Raises
    ------
    PromptError
        If there is none.

    Examples
    --------
    >>> find_style("Pixel Art", load_styles()).name
    'pixel-art'
    """
    if name in styles:
        return styles[name]
    by_plain_name = {_plain(known): style for known, style in styles.items()}
    if (plain := _plain(name)) in by_plain_name:
        return by_plain_name[plain]
    near = get_close_matches(plain, by_plain_name, n=2)
    meant = f"Did you mean {' or '.join(by_plain_name[match].name for match in near)}? " if near else ""
    raise PromptError(f"style {shown(name)} is not known", hint=f"{meant}Available: {', '.join(styles)}.")


def apply_styles(prompt: str, styles: Iterable[Style]) -> str:
    """Put styles around a prompt, the first innermost.

    Examples
    --------
    >>> styles = load_styles()
    >>> "a heron" in apply_styles("a heron", [styles["watercolour"], styles["poster"]])
    True
    """
    for style in styles:
        prompt = "".join(
            piece if isinstance(piece, str) else prompt for piece in _pieces(style.template)
        ).strip()
    return prompt


def _pieces(template: str) -> list[str | _Slot]:
    """Cut a template into plain text and places to be filled."""
    pieces: list[str | _Slot] = []
    position = 0
    while (dollar := template.find("$", position)) >= 0:
        pieces.append(template[position:dollar])
        after = dollar + 1
        if template.startswith("$", after):
            pieces.append("$")
            position = after + 1
        elif template.startswith("{", after):
            slot = _braced(template, dollar)
            pieces.append(slot)
            position = dollar + len(slot.written)
        elif name := _name_at(template, after):
            pieces.append(_Slot(expression=name, written=f"${name}"))
            position = after + len(name)
        else:
            pieces.append("$")
            position = after
    pieces.append(template[position:])
    return pieces


def _name_at(template: str, start: int) -> str:
    """Read an identifier; a regular expression would take `x²` for one and break `é` written as two marks."""
    end = start
    while end < len(template) and (
        template[end].isidentifier() if end == start else f"_{template[end]}".isidentifier()
    ):
        end += 1
    return template[start:end]


def _braced(template: str, dollar: int) -> _Slot:
    """Read `${expression}` by Python's own grammar.

    Its end is the first `}` before which a whole expression stands: inside an open bracket or string the
    text before a brace is never a whole expression, so dictionaries, strings and f-strings need no rule.
    """
    start = dollar + 2
    reach = min(len(template), start + MAX_EXPRESSION_CHARACTERS)
    first_brace = end = template.find("}", start, reach)
    while end >= 0:
        text = template[start:end].strip()
        if _is_expression(text):
            # Parentheses let an expression go over several lines; the line break ends a comment in it.
            expression = f"({text}\n)" if "\n" in text else text
            return _Slot(expression=expression, written=template[dollar : end + 1])
        end = template.find("}", end + 1, reach)
    line, column = template.count("\n", 0, dollar) + 1, dollar - template.rfind("\n", 0, dollar)
    where = f"(line {line}, column {column} of the prompt)"
    hint = "Write $$ for a dollar sign."
    if first_brace < 0:
        text = _short(template[dollar:].split("\n", 1)[0], 40)
        within = f" within {MAX_EXPRESSION_CHARACTERS:,} characters" if reach < len(template) else ""
        raise PromptError(f"`{text}` {where} has no closing brace{within}", hint=hint)
    text = _short(template[dollar : first_brace + 1], 80)
    if ":" in text:
        hint = f"A format goes into an f-string: ${{f'{{value:.2f}}'}}. {hint}"
    raise PromptError(f"`{text}` {where} is not a Python expression", hint=hint)


def _is_expression(text: str) -> bool:
    if not text:
        return False
    with warnings.catch_warnings(action="ignore"):
        try:
            ast.parse(f"({text}\n)" if "\n" in text else text, mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return False
    return True


def _value(slot: _Slot, lookup: Callable[[str], object]) -> object:
    expression = slot.expression
    if keyword.iskeyword(expression):
        raise NameError(f"{expression} is a word of Python, not a variable", name=expression)
    try:
        return lookup(expression)
    except KeyError as exc:
        if expression.isidentifier():  # a plain mapping's way to say that the name is not there
            raise NameError(str(exc), name=expression) from exc
        raise


def _words(value: object) -> str:
    """Write a value as it stands in a sentence."""
    if isinstance(value, str):
        return str(value)
    kind = type(value).__name__
    if value is None:
        raise _NotWordsError("is None; give it a value, or say what to write instead: ${name or 'words'}")
    if _is_picture(value):
        raise _NotWordsError(f"is a picture ({kind}), not words; give it to the model with -i")
    if isinstance(value, bytes | bytearray | memoryview):
        raise _NotWordsError(f"is {kind}, not words; decode it first, or give a picture to the model with -i")
    if isinstance(value, set | frozenset):
        raise _NotWordsError("is a set, whose order changes from run to run; write ${', '.join(sorted(…))}")
    text = str(value)
    if text.startswith("<") and (callable(value) or isinstance(value, types.ModuleType)):
        raise _NotWordsError(f"is a {kind}, not words; call it, or name what it holds")
    if _ADDRESS.fullmatch(text):
        raise _NotWordsError(f"is a {kind}, whose text changes from run to run; name what it holds")
    if len(text) > MAX_VALUE_CHARACTERS:
        raise _NotWordsError(
            f"is a {kind} of {len(text):,} characters, and {MAX_VALUE_CHARACTERS:,} is the limit;"
            " name the part of it that belongs in the prompt"
        )
    return text


def _is_picture(value: object) -> bool:
    if isinstance(value, Result | Image):
        return True
    forms = ("_repr_png_", "_repr_jpeg_", "savefig")
    if not isinstance(value, type) and any(hasattr(value, form) for form in forms):
        return True
    # An array of pixels; a data frame has two dimensions too, and columns, and reads as text.
    dimensions = getattr(value, "ndim", 0)
    return isinstance(dimensions, int) and dimensions > 1 and not hasattr(value, "columns")


def _missing(missing: Mapping[str, str], names: Iterable[str]) -> str:
    known = sorted({name for name in names if not name.startswith("_")})
    told = []
    for name, written in missing.items():
        place = "" if written == f"${name}" else f" in `{_short(written, 60)}`"
        meant = "".join(f" (did you mean ${near}?)" for near in get_close_matches(name, known, n=1))
        told.append(f"${name}{place}{meant}")
    return f"not defined in the notebook: {', '.join(told)}"


def _read_styles(text: str, source: str) -> dict[str, Style]:
    tables = parse_toml(text, source).get("styles", {})
    if not _is_table(tables):
        raise ConfigError(f"`styles` in {source} must be tables: [styles.NAME] with prompt = '… $prompt …'")
    return {name: _read_style(name, table, source) for name, table in tables.items()}


def _read_style(name: str, table: object, source: str) -> Style:
    here = f"style {shown(name)} in {source}"
    rule = 'Write [styles.NAME] with prompt = "… $prompt …" and, if you like, description = "…".'
    if not _is_table(table):
        raise ConfigError(f"{here} must be a table, not {type(table).__name__}", hint=rule)
    if unknown := sorted(set(table) - {"prompt", "description"}):
        raise ConfigError(f"{here} has {shown(unknown[0])}, which no style has", hint=rule)
    template, description = table.get("prompt", ""), table.get("description", "")
    if not isinstance(template, str) or not isinstance(description, str):
        raise ConfigError(f"{here}: prompt and description must be strings", hint=rule)
    if len(template) + len(description) > MAX_STYLE_CHARACTERS:
        raise ConfigError(f"{here} has more than {MAX_STYLE_CHARACTERS:,} characters", hint="Shorten it.")
    if is_key(template) or is_key(description):
        raise ConfigError(f"{here} holds what looks like an account's key", hint="Take it out.")
    try:
        slots = [piece.expression for piece in _pieces(template) if isinstance(piece, _Slot)]
    except PromptError as exc:
        raise ConfigError(f"{here}: {exc.message}", hint=exc.hint) from exc
    if slots != ["prompt"]:
        held = _short(", ".join(f"${slot}" for slot in slots), 80)
        found = f"it holds {held}" if slots else "it is not there"
        raise ConfigError(
            f"{here} must hold $prompt exactly once, and nothing else to fill in; {found}", hint=rule
        )
    return Style(name=name, template=template.strip(), description=description.strip(), source=source)


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", "-").replace(" ", "-")


def _short(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _one_line(exc: BaseException) -> str:
    return _short(f"{type(exc).__name__}: {exc}", 200)
