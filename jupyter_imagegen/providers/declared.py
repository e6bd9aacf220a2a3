"""Checks a request against what a provider declares of its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.core.sizes import parse_size, spoken
from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import RequestError, RetiredModelError, UnknownModelError

if TYPE_CHECKING:
    import datetime as dt

    from jupyter_imagegen.core.models import Model, Models
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest

#: Options whose values a model lists, and what is said where it has none.
_LISTED = {"quality": "qualities", "background": "backgrounds", "output_format": "output_formats"}
_LISTED |= {"complexity": "complexity", "input_fidelity": "input_fidelity"}


def check(request: GenerateRequest, options: CallOptions, *, models: Models, today: dt.date) -> list[str]:
    """Refuse what the model does not take; a provider that lists no models is asked for anything.

    Returns
    -------
    list of str
        What the user should know, one sentence each.

    Raises
    ------
    RequestError
        If a value is not one that the model takes.
    """
    if not request.prompt.strip():
        raise RequestError("the prompt is empty", hint="Write what the picture should show.")
    if not models.models:
        return []
    model = models.get(request.model)
    if model is None:
        near = models.suggest(request.model)
        hint = f"Did you mean {spoken(near, 'or')}?" if near else f"Available: {', '.join(models.models)}."
        raise UnknownModelError(f"there is no model {shown(request.model)}", hint=hint)
    if model.status(today) == "retired":
        raise RetiredModelError(
            f"{request.model} was shut down on {model.shutdown}",
            hint=f"Use {models.successor(model, today).name}; stored pictures are still shown.",
        )
    _check_values(request, options, model)
    known = {parameter.name: parameter for parameter in model.parameters}
    for name, value in (request.extra or {}).items():
        if name not in known:
            raise RequestError(f"{name} is not a parameter of {model.name}", hint=_declared(known))
        known[name].read(value)
    if model.status(today) == "closing":
        return [f"{model.name} will be shut down on {model.shutdown}."]
    return []


def _check_values(request: GenerateRequest, options: CallOptions, model: Model) -> None:
    for name, listed in _LISTED.items():
        value, allowed = getattr(request, name, None), getattr(model, listed)
        if value and value not in allowed and not (value == "auto" and model.auto):
            hint = f"It takes: {', '.join(allowed)}." if allowed else "Leave it out."
            raise RequestError(f"{model.name} takes no {name} {shown(value)}", hint=hint)
    size = parse_size(request.size)
    if size is None and not (request.size == "auto" and model.auto):
        raise RequestError(
            f"size {shown(request.size)} is not WIDTHxHEIGHT in pixels", hint="Write 1024x1024."
        )
    if size is not None and (rule := model.sizes.broken(*size)):
        hint = f"The nearest is {model.sizes.nearest(*size)}."
        raise RequestError(f"{model.name} cannot make a picture of {request.size}: {rule}", hint=hint)
    if isinstance(request, EditRequest) and not model.edits:
        raise RequestError(f"{model.name} makes no edits", hint="Ask for a picture from words alone.")
    if options.n > model.most_pictures:
        raise RequestError(
            f"{model.name} makes at most {model.most_pictures} pictures in one call, not {options.n}"
        )
    if options.partial_images and not model.streams:
        raise RequestError(f"partial_images is not possible with {model.name}: leave it out")


def _declared(known: dict[str, object]) -> str:
    return f"It has: {', '.join(known)}." if known else "It has none of its own."
