"""A picture's request as the text of an `%%imagegen` cell that asks for exactly the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.prompts import escape_prompt
from jupyter_imagegen.options.table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

_BARE = re.compile(r"[\w./:@%+,=-]+", re.ASCII)
#: IPython takes these for the prompts of a pasted session and strips them: the first kind where the second
#: line of a cell begins so, the other anywhere (IPython 9, `core/inputtransformer2.py`).
_PASTED = re.compile(r"\.\.\.|In \[|\[(nav|ins)\]")
_DOCTEST = re.compile(r"^(\s*)>>>", re.MULTILINE)


def cell_text(prompt: str, options: Mapping[str, Any]) -> str:
    r"""Return a cell that asks for the same picture when it is run.

    Parameters
    ----------
    prompt
        The words as they are meant: nothing in them is filled in from the notebook.
    options
        By OpenAI's names, as `Session.submit` takes them; `image` and `mask` as names or paths.

    Examples
    --------
    >>> print(cell_text("a $5 note", {"size": "1024x1024", "n": 2, "image": ["my cat.png"]}))
    %%imagegen -n 2 -s 1024x1024 -i "my cat.png"
    a $5 note
    """
    words = ["%%imagegen"]
    for option in OPTIONS:
        value = options.get(option.name)
        if value is None or value is False or value in ("", [], ()) or "magic" not in option.faces:
            continue
        if option.switch:
            words.append(option.flags[0])
            continue
        several = value if isinstance(value, list | tuple) else [value]
        words += [word for one in several for word in (option.flags[0], quoted_word(str(one)))]
    text = _DOCTEST.sub(r'\1${">>>"}', _escaped(prompt.strip()))
    if _PASTED.match(text):
        text = f"\n{text}"
    return f"{' '.join(words)}\n{text}"


def quoted_word(word: str) -> str:
    """Return a word of a magic's line that is read back as it is.

    Examples
    --------
    >>> print(quoted_word("low"), quoted_word("my cat.png"), quoted_word('5" nail'))
    low "my cat.png" '5" nail'
    """
    word = _escaped(word)
    if _BARE.fullmatch(word):
        return word
    if '"' not in word:
        return f'"{word}"'
    if "'" not in word:
        return f"'{word}'"
    # No escape character is known there; quoted pieces side by side are one word.
    return '"' + word.replace('"', '"\'"\'"') + '"'


def _escaped(text: str) -> str:
    """Doubles only those dollars that would be filled in: prices stay readable."""
    if not re.search(r"\$(?![0-9])", text):
        return text
    return escape_prompt(text)
