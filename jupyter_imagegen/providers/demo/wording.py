"""What a prompt asks the painter for, once the craft around it and what it forbids are taken away.

A named style puts a long template around the user's words. A model wants all of it; the painter would take
the template's own nouns for subjects ("a loose pencil line", "faces and hands"), so it is undone here: the
user's words stay, and the style's name stands for the rest.
"""

from __future__ import annotations

import re
from functools import cache

from jupyter_imagegen.core.prompts import load_styles

#: Words for the styles whose name alone does not say what the painter should do.
_SAID_SO = {
    "childrens-book": "gouache, crayon",
    "cyberpunk": "cyberpunk, at night, in the rain",
    "poster": "art deco",
}
#: "no black outlines", "without people", "never glossy": up to the next stop.
_FORBIDDEN = re.compile(r"\b(?:no|not|without|never|nothing|avoid)\b[^.,;:!?\n]*", re.IGNORECASE)
#: Styles put around styles put around words; more than anybody writes.
_DEPTH = 5


def plain_words(prompt: str) -> str:
    """The user's own words and the names of the styles around them, without what they forbid.

    Examples
    --------
    >>> from jupyter_imagegen.core.prompts import apply_styles, load_styles
    >>> plain_words(apply_styles("a red fox, no snow", [load_styles()["watercolour"]]))
    'a red fox, , watercolour'
    """
    names: list[str] = []
    for _ in range(_DEPTH):
        found = next((around for around in _templates() if _fits(prompt, around)), None)
        if found is None:
            break
        name, before, after = found
        prompt = prompt[len(before) : len(prompt) - len(after)]
        names.append(_SAID_SO.get(name, name.replace("-", " ")))
    return ", ".join([_without_forbidden(prompt), *names])


def _fits(prompt: str, around: tuple[str, str, str]) -> bool:
    _, before, after = around
    long_enough = len(prompt) >= len(before) + len(after)
    return long_enough and prompt.startswith(before) and prompt.endswith(after)


def _without_forbidden(prompt: str) -> str:
    """Quoted text is lettering, and "NO ENTRY" is a fine thing to letter."""
    pieces = re.split(r'("[^"]*"|“[^”]*”)', prompt)
    return "".join(piece if i % 2 else _FORBIDDEN.sub("", piece) for i, piece in enumerate(pieces))


@cache
def _templates() -> tuple[tuple[str, str, str], ...]:
    """Each style of the package: its name, and what its template says before and after the prompt."""
    return tuple(
        (name, *style.template.split("$prompt", 1))  # type: ignore[misc]
        for name, style in load_styles().items()
    )
