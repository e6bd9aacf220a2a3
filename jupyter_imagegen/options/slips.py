"""What was meant by a line that cannot be read: other dashes and quotes, a wrong command, a bare prompt."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import HIDDEN, is_key
from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

#: What telephones and word processors write for hyphens and straight quotes.
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_QUOTES = "“”„‟‘’‚‛«»‹›\uff02"  # noqa: RUF001  # they are looked for
#: What people write for help where it is no option.
HELP_WORDS = frozenset(("help", "?", "-help", "-?", "/?", "man", "usage"))
#: Characters of the user's own words that an error repeats.
_LONGEST_ECHO = 60

#: Words beside an amount and its period that change neither.
_AROUND_A_BUDGET = frozenset(
    ["per", "a", "an", "each", "every", "in", "for", "the", "usd", "us", "dollar", "dollars", "most", "at"]
)


def refuse_other_dashes(words: Iterable[str], flags: Container[str], *, prog: str) -> None:
    """Refuse what is an option but for its dashes: one hyphen for two, or a dash that is no hyphen.

    `argparse` would read `-quality` as `-q uality`, and take the others for a part of the prompt.

    Raises
    ------
    RequestError
        With the option that was meant.
    """
    for word in words:
        name, _, value = word.partition("=")
        meant = _flag_meant(name, flags)
        if meant and meant != name:
            why = "" if name[0] == "-" else f", since its {name[0]} is no hyphen"
            rest = f"={value}" if value else ""
            raise RequestError(
                f"{prog} has no option {shortened(name)}{why}. Did you mean {meant}{rest}?",
                hint=f"`{prog} --help` shows the options.",
            )


def _flag_meant(name: str, flags: Container[str]) -> str:
    if not name.startswith(("-", *_DASHES)) or name in flags or " " in name:
        return ""
    bare = name.lstrip(f"-{_DASHES}")
    meant = [flag for flag in (f"-{bare}", f"--{bare}") if flag in flags]
    if not meant and name[0] != "-" and f"-{bare[:1]}" in flags:
        # With its value, as in `-n2`.
        meant = [f"-{bare}"]
    return meant[0] if meant else ""


def unknown_command(
    word: str, words: Sequence[str], names: Sequence[str], bare: Sequence[str]
) -> RequestError:
    """The answer to a line of `%imagegen` that begins with no command.

    Parameters
    ----------
    word, words
        The first word, and all of them.
    names
        The commands that there are.
    bare
        The words that belong to no option; empty where the line could not be read.
    """
    begun = f"%imagegen has no command {shortened(word)!r}"
    rest = words[1:]
    if word.lower() in HELP_WORDS:
        about = f"{rest[0]} " if rest and rest[0] in names else ""
        return RequestError(begun, hint=f"`%imagegen {about}--help` shows the help.")
    if word == "store":
        return RequestError(begun, hint=f"It is one of the shell's: `!jupyter imagegen {' '.join(words)}`")
    if word in {"generate", "edit"} and bare[1:]:
        return RequestError(begun, hint=f"A prompt needs none. Write: {one_line(rest, bare[1:])}")
    near = get_close_matches(word.lower(), names, n=1)
    meant = f" Did you mean `%imagegen {near[0]}`?" if near else ""
    example = one_line(words, bare) if len(bare) > 1 else one_line((), ())
    return RequestError(f"{begun}.{meant}", hint=f"A prompt on the line needs quotes: {example}")


def prompt_on_the_line(words: Sequence[str], bare: Sequence[str], prompt: str) -> RequestError:
    """The answer to words in the line of `%%imagegen` that belong to no option."""
    said = " ".join(bare)
    if not prompt:
        return RequestError(
            f"the prompt {shortened(said)!r} is on the line of %%imagegen, which takes only options",
            hint=f"Put it on the next line, or write: {one_line(words, bare)}",
        )
    others = any(quote in word for word in words for quote in _QUOTES)
    return RequestError(
        f"{shortened(said)!r} on the line of %%imagegen belongs to no option",
        hint="The whole prompt goes under the line, and an option's text with spaces needs "
        f"{'straight ' if others else ''}quotes.",
    )


def meant_budget(words: Sequence[str]) -> str:
    """The line that sets the budget which some words mean, such as `5 per day`; empty where it is not clear.

    Examples
    --------
    >>> meant_budget(["5", "per", "day"]), meant_budget(["off", "--per-month"])
    ('`%imagegen budget 5 --per day`', '`%imagegen budget none --per month`')
    """
    from jupyter_imagegen.core.budgets import parse_scope
    from jupyter_imagegen.errors import ConfigError

    amounts, scopes = [], []
    for word in re.findall(r"[a-z]+|[0-9.]+|[^a-z0-9.\s$/-]", " ".join(words).lower()):
        if word in {"none", "off"} or word[0] in "0123456789.":
            amounts.append("none" if word == "off" else word)
        elif word not in _AROUND_A_BUDGET:
            try:
                scopes.append(parse_scope(word))
            except ConfigError:
                return ""
    if (len(amounts), len(scopes)) != (1, 1):
        return ""
    return f"`%imagegen budget {amounts[0]} --per {scopes[0]}`"


def one_line(words: Sequence[str], bare: Sequence[str]) -> str:
    """The line magic that was meant: the prompt in quotes, and the options as they were."""
    options = list(words)
    for word in bare:
        options.remove(word)
    prompt = without_other_quotes(" ".join(bare)) or "a lighthouse at dusk"
    line = " ".join(["%imagegen", _quoted(prompt), *map(quoted_if_needed, options)])
    return one_line((), ()) if is_key(line) else line


def quoted_if_needed(word: str) -> str:
    """A word as it is written in a line."""
    return _quoted(word) if not word or re.search(r"[\s'\"]", word) else word


def without_other_quotes(text: str) -> str:
    """A text without quotes around it that group nothing here."""
    return text.strip(f"{_QUOTES} ")


def shortened(text: str) -> str:
    """The user's own words as an error repeats them."""
    if is_key(text):
        return HIDDEN
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"


def _quoted(text: str) -> str:
    """A text in quotes that `split_line` takes off again; one with both kinds loses the double ones."""
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return '"{}"'.format(text.replace('"', "'"))
