"""Which controls a model has, what each offers, and choices that fit: the catalog decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict, cast

from jupyter_imagegen.core.sizes import parse_size
from jupyter_imagegen.providers.openai.validation import (
    COMPRESSIBLE,
    MODERATIONS,
    MOST_PARTIAL_IMAGES,
    MOST_PICTURES,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.models import Model, Models, Parameter
    from jupyter_imagegen.core.prompts import Style


class Choice(TypedDict):
    """One value that a control offers."""

    value: str
    label: str


class Control(TypedDict):
    """One control as the browser draws it: a list to choose from, a number, or a box to tick."""

    name: str
    label: str
    kind: Literal["select", "number", "check"]
    more: bool
    options: NotRequired[list[Choice]]
    #: Whether a value that is not offered may be typed.
    free: NotRequired[bool]
    least: NotRequired[int]
    most: NotRequired[int]
    hint: NotRequired[str]


class Choices(TypedDict):
    """What is chosen; empty text for "not set"."""

    model: str
    size: str
    quality: str
    n: int
    style: str
    background: str
    output_format: str
    output_compression: int | None
    complexity: str
    moderation: str
    partial_images: int
    input_fidelity: str
    provider: str
    keep_outside: bool


#: Sizes worth a place in the list where any size is possible.
_LARGER = ("2048x2048", "2560x1440", "1440x2560")
#: What stands for a quality that a model does not have.
_LOWER = {"xhigh": "high", "max": "high", "hd": "high", "standard": "medium"}
_EVERY_FORMAT = ("png", "jpeg", "webp")
_NUMBERS = ("n", "partial_images", "output_compression")
#: Names of choices that no model here knows are kept so many at once, until the model is known.
_MOST_OTHERS = 50
_STILL = frozenset(("", "png", "jpeg", "webp"))


def first_choices(settings: Settings, default_model: str) -> Choices:
    """What a new panel begins with: what the settings say."""
    return Choices(
        model=settings.model or default_model,
        size=settings.size,
        quality=settings.quality,
        n=1,
        style="",
        background="",
        output_format="",
        output_compression=None,
        complexity="",
        moderation="",
        partial_images=0,
        input_fidelity="",
        provider="",
        keep_outside=False,
    )


def read_choices(told: Mapping[str, Any], before: Choices) -> Choices:
    """What the browser says, with every value of its kind; what it leaves out or garbles stays as it was."""
    # Parameters that only some model has are told by their names; which are its own is seen later.
    others = {name: "" for name, value in told.items() if name not in before and isinstance(value, str)}
    read: dict[str, Any] = {**before, **dict(list(others.items())[:_MOST_OTHERS])}
    for name, old in list(read.items()):
        value = told.get(name, old)
        if name in _NUMBERS:
            whole = isinstance(value, int) and not isinstance(value, bool)
            read[name] = value if whole or (value is None and name == "output_compression") else old
        else:
            read[name] = value if isinstance(value, type(old)) else old
    return cast("Choices", read)


def fitted(
    choices: Choices,
    *,
    catalog: Models,
    styles: Iterable[str],
    providers: Collection[str],
    editing: bool,
    masked: bool,
) -> Choices:
    """The choices, each one that the model does not take replaced by its nearest, or by nothing.

    A size that was typed and breaks a rule stays: the price line says which rule.
    """
    model = catalog.get(choices["model"])
    fit: dict[str, Any] = dict(choices)
    fit["n"] = min(max(choices["n"], 1), MOST_PICTURES)
    fit["partial_images"] = min(max(choices["partial_images"], 0), MOST_PARTIAL_IMAGES)
    if choices["style"] not in styles:
        fit["style"] = ""
    if model is not None:
        fit["quality"] = _nearest_quality(choices["quality"], model)
        fit["size"] = _nearest_size(choices["size"], model)
        _keep_if(fit, "background", model.backgrounds)
        _keep_if(fit, "output_format", model.output_formats)
        _keep_if(fit, "complexity", model.complexity)
        _keep_if(fit, "input_fidelity", model.input_fidelity if editing else ())
        if not model.streams or fit["output_format"] not in _STILL:
            fit["partial_images"] = 0
    if fit["output_format"] not in COMPRESSIBLE:
        fit["output_compression"] = None
    elif fit["output_compression"] is not None:
        fit["output_compression"] = min(max(fit["output_compression"], 0), 100)
    _keep_if(fit, "moderation", MODERATIONS)
    _keep_if(fit, "provider", providers)
    fit["keep_outside"] = choices["keep_outside"] and masked
    declared = {parameter.name for parameter in model.parameters} if model is not None else set()
    fit = {name: value for name, value in fit.items() if name in Choices.__annotations__ or name in declared}
    return cast("Choices", {**dict.fromkeys(declared, ""), **fit})


def controls_for(
    choices: Choices,
    *,
    catalog: Models,
    settings: Settings,
    styles: Mapping[str, Style],
    providers: Mapping[str, str],
    today: dt.date,
    editing: bool,
    masked: bool,
) -> list[Control]:
    """The controls for the chosen model, the rare ones marked `more`; what it does not take is left out."""
    model = catalog.get(choices["model"])
    sizes = _sizes(model, choices["size"])
    qualities = list(model.qualities) if model else ["low", "medium", "high"]
    if qualities and choices["quality"] not in qualities:
        qualities.append(choices["quality"])
    controls: list[Control] = [
        _select(
            "model", "Model", _models(catalog, choices["model"], today), hint=model.note if model else ""
        ),
        _select("size", "Size", sizes, free=model is None or model.sizes.kind == "free"),
        *(
            [_select("quality", "Quality", [Choice(value=one, label=one) for one in qualities])]
            if qualities
            else []
        ),
        _number("n", "Pictures", 1, MOST_PICTURES, more=False),
        _select("style", "Style", _styles(styles, choices["style"])),
    ]
    rare: list[tuple[str, str, Iterable[str]]] = [
        (
            "background",
            "Background",
            model.backgrounds if model else ("opaque", "transparent"),
        ),
        ("output_format", "File format", model.output_formats if model else _EVERY_FORMAT),
        ("complexity", "Complexity", model.complexity if model else ()),
        ("input_fidelity", "Keeps to the picture", model.input_fidelity if model and editing else ()),
        ("moderation", "Filter", MODERATIONS),
    ]
    for name, label, values in rare:
        offered = [value for value in values if value]
        if offered:
            controls.append(_select(name, label, _unset(name, settings, offered), more=True))
    if choices["output_format"] in COMPRESSIBLE:
        hint = "the quality of the file, in percent"
        controls.append(_number("output_compression", "Compression", 0, 100, more=True, hint=hint))
    if (model is None or model.streams) and choices["output_format"] in _STILL:
        hint = "unfinished pictures on the way; each costs 100 output tokens"
        shown = [Choice(value=str(i), label=str(i) if i else "none") for i in range(MOST_PARTIAL_IMAGES + 1)]
        controls.append(_select("partial_images", "Unfinished ones", shown, more=True, hint=hint))
    controls += [_declared(parameter, choices) for parameter in (model.parameters if model else ())]
    controls.append(_select("provider", "Painted by", _providers(settings, providers), more=True))
    if masked:
        controls.append(
            Control(name="keep_outside", label="Keep everything outside the mask", kind="check", more=False)
        )
    return controls


def picture_options(choices: Mapping[str, Any]) -> dict[str, Any]:
    """The choices as `Session.submit` takes them; what is not set is left out."""
    wanted = {
        name: value for name, value in choices.items() if value not in {"", None} and value is not False
    }
    if not choices["partial_images"]:
        del wanted["partial_images"]
    return wanted


def _keep_if(fit: dict[str, Any], name: str, allowed: Iterable[str]) -> None:
    if fit[name] not in allowed:
        fit[name] = ""


def _nearest_quality(quality: str, model: Model) -> str:
    if quality in model.qualities or (quality == "auto" and model.auto):
        return quality
    lower = _LOWER.get(quality, "")
    if not model.qualities:
        return ""
    return lower if lower in model.qualities else model.qualities[0]


def _nearest_size(size: str, model: Model) -> str:
    sides = parse_size(size)
    if model.sizes.kind == "free" or (size == "auto" and model.auto):
        return size
    if sides is None:
        return model.sizes.values[0]
    # The shape matters more to a picture than the count of its pixels.
    same = [value for value in model.sizes.values if _shape(value) == _shape(size)]
    return same[0] if same and size not in model.sizes.values else model.sizes.nearest(*sides)


def _select(
    name: str, label: str, options: list[Choice], *, more: bool = False, free: bool = False, hint: str = ""
) -> Control:
    return Control(name=name, label=label, kind="select", options=options, more=more, free=free, hint=hint)


def _number(name: str, label: str, least: int, most: int, *, more: bool, hint: str = "") -> Control:
    return Control(name=name, label=label, kind="number", least=least, most=most, more=more, hint=hint)


def _models(catalog: Models, chosen: str, today: dt.date) -> list[Choice]:
    listed = []
    for model in catalog.models.values():
        status = model.status(today)
        if status != "retired":
            until = f" (until {model.shutdown})" if status == "closing" else ""
            listed.append(Choice(value=model.name, label=model.name + until))
    if chosen not in {one["value"] for one in listed}:
        # A snapshot, a deployment of one's own, or a retired model whose pictures are in the store.
        listed.append(Choice(value=chosen, label=chosen))
    return listed


def _sizes(model: Model | None, chosen: str) -> list[Choice]:
    values = list(model.sizes.values) if model else ["1024x1024", "1536x1024", "1024x1536"]
    if model is not None and model.sizes.kind == "free":
        values += _LARGER
        sides = parse_size(chosen)
        if sides and chosen not in values and not model.sizes.broken(*sides):
            values.append(chosen)
    if chosen == "auto":
        values.append(chosen)
    return [Choice(value=value, label=_size_words(value)) for value in values]


def _size_words(size: str) -> str:
    if parse_size(size) is None:
        return size
    return "{} \u00d7 {}, {}".format(*size.split("x"), _shape(size))


def _shape(size: str) -> str:
    width, height = parse_size(size) or (1, 1)
    return "square" if width == height else "wide" if width > height else "tall"


def _styles(styles: Mapping[str, Style], chosen: str) -> list[Choice]:
    named = [Choice(value=name, label=name) for name in sorted(styles)]
    if chosen and chosen not in styles:
        named.append(Choice(value=chosen, label=chosen))
    return [Choice(value="", label="none"), *named]


def _unset(name: str, settings: Settings, offered: Iterable[str]) -> list[Choice]:
    """Values with "not set" before them, which says what the settings put there."""
    configured = getattr(settings, name, None)
    label = f"as configured: {configured}" if configured else "default"
    return [Choice(value="", label=label), *(Choice(value=one, label=one) for one in offered)]


def _declared(parameter: Parameter, choices: Choices) -> Control:
    """The control of a parameter that only this model has."""
    name, label = parameter.name, parameter.name.replace("_", " ").capitalize()
    values = [str(one) for one in parameter.choices] or (
        ["true", "false"] if parameter.kind == "boolean" else []
    )
    chosen = str(choices.get(name) or "")
    if chosen and chosen not in values:
        values.append(chosen)
    offered = [Choice(value="", label="default"), *(Choice(value=one, label=one) for one in values)]
    free = not parameter.choices and parameter.kind != "boolean"
    return _select(name, label, offered, more=True, free=free, hint=parameter.help)


def _providers(settings: Settings, providers: Mapping[str, str]) -> list[Choice]:
    first = f"as configured: {settings.provider}" if settings.provider else "whichever has a key, else demo"
    offered = [Choice(value=name, label=label) for name, label in providers.items()]
    return [Choice(value="", label=first), *offered]
