"""From a prompt and the options of a face to an order that the engine can run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypedDict, cast

from jupyter_imagegen.core.request import CallOptions, EditRequest, GenerateRequest
from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import RequestError, SourceError
from jupyter_imagegen.providers.openai.validation import MOST_PICTURES, check_whole_number
from jupyter_imagegen.purchase import Order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.models import Model
    from jupyter_imagegen.core.prompts import Style
    from jupyter_imagegen.core.request import InputImage
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.sources import Sources
    from jupyter_imagegen.storage import Deck


class PictureOptions(TypedDict, total=False):
    """Every option of a picture, by OpenAI's names; the same that the cell takes."""

    model: str
    n: int
    size: str
    quality: str
    background: str
    complexity: str
    output_format: str
    output_compression: int
    moderation: str
    frame_count: int
    frame_duration_ms: int
    svg: Mapping[str, object]
    input_fidelity: str
    partial_images: int
    safety_identifier: str
    timeout: float
    style: str | Sequence[str]
    provider: str
    fresh: bool
    max_cost: Decimal | float | str
    alt: str
    keep_outside: bool
    feather: int


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The pictures that go into a request; none for pictures from words alone."""

    images: tuple[InputImage, ...] = ()
    mask: InputImage | None = None
    markup: InputImage | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was changed in them on the way in."""
        return tuple(
            one.note for one in (*self.images, self.mask, self.markup) if one is not None and one.note
        )


#: Options of the request that a setting may give.
_SETTABLE = ("size", "quality", "background", "output_format", "output_compression", "moderation")
#: Options of the request that have no setting to fall back on.
_UNSETTABLE = ("complexity", "frame_count", "frame_duration_ms", "svg")
_EDIT_ONLY = ("input_fidelity", "keep_outside")
#: The widest fade inside a mask's border, in pixels.
MOST_FEATHER = 100


def given_options(options: Mapping[str, Any], declared: Collection[str] = ()) -> PictureOptions:
    """The options that are given: None means that one is not, and NumPy's numbers and words are Python's.

    Parameters
    ----------
    declared
        Names of options that the model has besides those of every picture.

    Raises
    ------
    RequestError
        If an option is unknown.

    Examples
    --------
    >>> given_options({"n": numpy.int64(2), "size": None})
    {'n': 2}
    """
    _check_names(options, declared)
    return cast(
        "PictureOptions",
        {name: plain_value(value) for name, value in options.items() if value is not None},
    )


def plain_value(value: object) -> object:
    """A number or a word of NumPy's, or of pandas', as Python's own; anything else as it is."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        value = item()
    # What pandas makes of a column of whole numbers with a gap in it.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def build_request(
    prompt: str,
    *,
    settings: Settings,
    model: str,
    declared: Model | None,
    options: PictureOptions,
    inputs: Inputs,
) -> GenerateRequest:
    """The exact request: what the call says, else what the settings say, else nothing.

    A model that is known to take no quality is not given the setting's.

    Raises
    ------
    RequestError
        If an option needs a picture to change and there is none.
    """
    if options.get("keep_outside") and inputs.mask is None and inputs.images:
        raise RequestError("keep_outside needs a mask", hint="Add one with --mask, or mask=…")
    _check_feather(options)
    values: dict[str, Any] = {name: options.get(name, getattr(settings, name)) for name in _SETTABLE}
    values |= {name: options.get(name) for name in _UNSETTABLE}
    values |= {"prompt": prompt, "model": model}
    if declared is not None and not declared.qualities and "quality" not in options:
        values["quality"] = ""
    own = {parameter.name: parameter for parameter in declared.parameters} if declared is not None else {}
    extra = {name: own[name].read(value) for name, value in options.items() if name in own}
    values["extra"] = extra or None
    if inputs.images:
        return EditRequest(
            **values,
            images=inputs.images,
            mask=inputs.mask,
            markup=inputs.markup,
            input_fidelity=options.get("input_fidelity"),
        )
    for name in _EDIT_ONLY:
        if options.get(name):
            raise RequestError(
                f"{name} is for changing a picture, and no picture was given",
                hint="Add one with -i, or image=…",
            )
    return GenerateRequest(**values)


def without_unsupported(request: GenerateRequest, model: Model | None) -> tuple[GenerateRequest, list[str]]:
    """The request without what its model has no use for and refuses, and a note for what was left out.

    Newer models always keep closely to the picture that goes in: `input_fidelity` changes nothing there, and
    cells written for an older model have it.
    """
    if not isinstance(request, EditRequest) or request.input_fidelity is None:
        return request, []
    if model is None or model.input_fidelity:
        return request, []
    note = f"input_fidelity was left out: {model.name} has no such setting and always keeps to the picture."
    return replace(request, input_fidelity=None), [note]


def build_order(
    request: GenerateRequest,
    *,
    settings: Settings,
    options: PictureOptions,
    provider: Provider,
    notebook: str = "",
    deck: Deck,
    styles: Sequence[Style],
    notes: Sequence[str] = (),
) -> Order:
    """A request with how it is sent and what it may cost.

    Raises
    ------
    RequestError
        If `n` is not a number of pictures, or `max_cost` not an amount of dollars.
    """
    return Order(
        request=request,
        options=CallOptions(
            n=pictures_wanted(options),
            partial_images=options.get("partial_images", 0),
            safety_identifier=options.get("safety_identifier"),
            timeout=options.get("timeout", settings.timeout),
        ),
        provider=provider,
        fresh=bool(options.get("fresh")),
        budgets=settings.budgets,
        max_cost=_dollars(options.get("max_cost")),
        alt=options.get("alt") or "",
        notebook=notebook,
        deck=deck,
        styles=tuple((style.name, style.template) for style in styles),
        notes=tuple(notes),
    )


def input_pictures(
    sources: Sources, pictures: tuple[object, object, object], names: Mapping[str, Any] | None
) -> Inputs:
    """The pictures that go into an edit, each read once.

    Parameters
    ----------
    sources
        Finds pictures by name.
    pictures
        The picture or pictures to change, the mask, the markup; None for none.
    names
        The notebook's names.

    Raises
    ------
    SourceError
        If one cannot be found or used, or the mask has another size than the first picture.
    """
    from jupyter_imagegen.imaging.objects import is_upload

    image, mask, markup = pictures
    several = isinstance(image, list | tuple) and not is_upload(image)
    wanted: list[object] = list(image) if several else [image]  # type: ignore[call-overload]  # a list or a tuple
    images = tuple(sources.image(each, names) for each in wanted if each is not None)
    if not images and image is not None:
        raise SourceError("there is no picture to change: the list of pictures is empty")
    if images:
        size = (images[0].width, images[0].height)
        return Inputs(
            images=images,
            mask=None if mask is None else sources.mask(mask, size, names),
            markup=None if markup is None else sources.markup(markup, size, names),
        )
    if mask is not None or markup is not None:
        raise SourceError(
            ("a mask says where to change a picture, and no picture was given"), hint="Add one with -i."
        )
    return Inputs()


def style_names(options: PictureOptions) -> list[str]:
    """The styles that the options name, in order.

    Raises
    ------
    RequestError
        If it is neither a name nor several.
    """
    style: Any = options.get("style") or ()
    names = [style] if isinstance(style, str) else list(style) if isinstance(style, list | tuple) else [style]
    for name in names:
        if not isinstance(name, str):
            raise RequestError(f"style must be a name or a list of names, not {shown(name)}")
    return names


def pictures_wanted(options: PictureOptions) -> int:
    """How many pictures; checked here because those that are there come back without any other check.

    Raises
    ------
    RequestError
        If `n` is not a number of pictures.
    """
    return check_whole_number("n", options.get("n", 1), 1, MOST_PICTURES)


def _check_names(options: Mapping[str, Any], declared: Collection[str]) -> None:
    known = [*PictureOptions.__annotations__, *declared]
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Available: {', '.join(sorted(known))}."
            raise RequestError(f"{name!r} is not an option of a picture", hint=hint)


def _check_feather(options: PictureOptions) -> None:
    feather = check_whole_number("feather", options.get("feather", 0), 0, MOST_FEATHER)
    if feather and not options.get("keep_outside"):
        raise RequestError(
            "feather says how softly keep_outside joins edit and original, and keep_outside is not set",
            hint="Add --keep-outside, or keep_outside=True.",
        )


def _dollars(value: Decimal | float | str | None) -> Decimal | None:
    """Through text, so that 0.1 means a tenth and not the nearest binary number."""
    if value is None:
        return None
    try:
        amount = Decimal(str(value).removeprefix("$"))
    except (InvalidOperation, ValueError):
        # Python writes out no whole number of more than 4,300 digits.
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise RequestError(
            f"max_cost {shown(value)} is not an amount in US dollars", hint="Write 0.05 for 5 cents."
        )
    return amount
