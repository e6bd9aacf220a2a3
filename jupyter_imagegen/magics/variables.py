"""The notebook's values in a line and in a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def filled(text: str, names: Mapping[str, Any]) -> str:
    """Return a text with the notebook's values in it.

    Raises
    ------
    PromptError
        If a name is missing, or a value is not words.
    """
    if "$" not in text:
        return text
    from jupyter_imagegen.core.prompts import fill_prompt

    scope = names if isinstance(names, dict) else dict(names)
    # The notebook's own code in the notebook's own names, as in an f-string.
    return fill_prompt(text, lambda expression: eval(expression, scope), names=scope)  # noqa: S307 -- see above


def filled_words(words: Sequence[str], names: Mapping[str, Any]) -> list[str]:
    """Fill each word of a line; after the split, so that a value is never more than one word.

    `--raw` among them leaves all as they stand.
    """
    return list(words) if "--raw" in words else [filled(word, names) for word in words]
