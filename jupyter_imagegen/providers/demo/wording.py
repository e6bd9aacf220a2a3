"""The user's own words, once the craft that a named style puts around them is taken away.

A named style puts a long template around the words. A model wants all of it; the painter would take the
template's own nouns for subjects ("a loose pencil line", "faces and hands"), so it is undone here: the
user's words stay, and the style's name stands for the rest.
"""

from __future__ import annotations

import re
from functools import cache

from jupyter_imagegen.core.prompts import load_styles

#: Words for the styles whose name alone does not say what the painter should do.
SAID_SO = {
    "childrens-book": "gouache", "cyberpunk": "cyberpunk, at night", "poster": "poster art",
    "ukiyo-e": "ukiyo-e",
}  # fmt: skip
#: "no black outlines", "without people", "never glossy": up to the next stop.
_FORBIDDEN = re.compile(r"\b(?:no|not|without|never|nothing|avoid)\b[^.,;:!?\n]*", re.IGNORECASE)
#: Styles put around styles put around words; more than anybody writes.
_DEPTH = 5


def undone(prompt: str) -> tuple[str, tuple[str, ...]]:
    """The user's own words, and the names of the styles around them.

    Examples
    --------
    >>> from jupyter_imagegen.core.prompts import apply_styles, load_styles
    >>> undone(apply_styles("a red fox", [load_styles()["watercolour"]]))
    ('a red fox', ('watercolour',))
    """
    names: list[str] = []
    for _ in range(_DEPTH):
        found = next((around for around in _templates() if _fits(prompt, around)), None)
        if found is None:
            break
        name, before, after = found
        prompt = prompt[len(before) : len(prompt) - len(after)]
        names.append(name)
    return prompt, tuple(names)


def without_forbidden(prompt: str) -> str:
    """The prompt without what it forbids; quoted text stays: "NO ENTRY" is a fine thing to letter."""
    pieces = re.split(r'("[^"]*"|“[^”]*”)', prompt)
    return "".join(piece if i % 2 else _FORBIDDEN.sub("", piece) for i, piece in enumerate(pieces))


def _fits(prompt: str, around: tuple[str, str, str]) -> bool:
    _, before, after = around
    long_enough = len(prompt) >= len(before) + len(after)
    return long_enough and prompt.startswith(before) and prompt.endswith(after)


@cache
def _templates() -> tuple[tuple[str, str, str], ...]:
    """Each style of the package: its name, and what its template says before and after the prompt."""
    return tuple(
        (name, *style.template.split("$prompt", 1))  # type: ignore[misc]
        for name, style in load_styles().items()
    )
