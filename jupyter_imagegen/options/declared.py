"""Options that a model declares and OpenAI's API does not have, such as `--seed 7`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from jupyter_imagegen.core.models import Parameter


def declared_parameters() -> Mapping[str, Parameter]:
    """What the models of all installed providers take besides OpenAI's parameters, by name."""
    from jupyter_imagegen.providers import entries, load_provider

    found: dict[str, Parameter] = {}
    for name in entries():
        try:
            models = load_provider(name).models()
        except ConfigError:
            continue
        for model in models.models.values():
            found |= {parameter.name: parameter for parameter in model.parameters}
    return found


def taken_out(words: Sequence[str], known: Collection[str]) -> tuple[list[str], dict[str, object]]:
    """The words without the options that models declare, and those with their values.

    Parameters
    ----------
    words
        A line's words.
    known
        The flags that every picture has; models are asked only about others.

    Raises
    ------
    RequestError
        If a value is not one that the parameter takes.
    """
    left, extra = list[str](), dict[str, object]()
    declared: Mapping[str, Parameter] | None = None
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        flag, equals, value = word.partition("=")
        if not flag.startswith("--") or flag in known or " " in flag or len(flag) < 3:  # noqa: PLR2004 - a letter
            left.append(word)
            continue
        declared = declared_parameters() if declared is None else declared
        parameter = declared.get(flag[2:].replace("-", "_"))
        if parameter is None:
            left.append(word)
            continue
        alone = parameter.kind == "boolean" and (not waiting or waiting[0].lower() not in {"true", "false"})
        if not equals:
            value = "true" if alone else waiting.pop(0) if waiting else ""
        extra[parameter.name] = parameter.read(value)
    return left, extra
