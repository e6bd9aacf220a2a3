"""Refuses what cannot be sent before any money can move, with the rule and the nearest right value.

Source of the rules: openai-python 3.54.0 (2026-11-17), `types/image_generate_params.py` and
`types/image_edit_params.py`, and OpenAI's image guide (2026-10); what differs by model is in `catalog.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jupyter_imagegen.core.request import CallOptions, EditRequest, GenerateRequest
from jupyter_imagegen.core.sizes import meant_size, parse_size, spoken
from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import RequestError, RetiredModelError, UnknownModelError
from jupyter_imagegen.providers.openai.edit_rules import check_edit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from jupyter_imagegen.providers.openai.catalog import Catalog, OpenAIModel

MOST_PICTURES = 10
MOST_PARTIAL_IMAGES = 3
MOST_PROMPT_CHARACTERS = 32_000
MODERATIONS = ("auto", "low")
GIF_FRAMES = (2, 16)
#: Frames of a GIF whose frame_count is not set.
DEFAULT_GIF_FRAMES = 9
MOST_FRAME_MS = 655_350
COMPRESSIBLE = ("jpeg", "webp")
REASONING_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_WORDS = ("size", "quality", "background", "complexity", "output_format", "moderation", "input_fidelity")
_NUMBERS = ("output_compression", "frame_count", "frame_duration_ms")
_HIGHER_QUALITIES = {"standard": "medium", "hd": "high", "xhigh": "high", "max": "high"}


def validate(
    request: GenerateRequest, options: CallOptions, *, catalog: Catalog, today: dt.date, official: bool
) -> list[str]:
    """Check a request and how it is sent, every parameter against its model.

    Parameters
    ----------
    request, options
        What is asked, and how it is sent.
    catalog
        What each model accepts.
    today
        For models that are going or gone.
    official
        Whether the endpoint is OpenAI's own. Elsewhere a model may be unknown to the catalog or retired
        here: then only the rules that hold for every model are checked.

    Returns
    -------
    list of str
        What the user should know, one sentence each.

    Raises
    ------
    UnknownModelError
        If OpenAI's own endpoint is asked for a model that the catalog does not know.
    RetiredModelError
        If it is asked for one that is shut down.
    RequestError
        If any value cannot be sent.

    Examples
    --------
    >>> import datetime
    >>> from jupyter_imagegen.providers.openai.catalog import Catalog
    >>> from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    >>> ask = GenerateRequest(
    ...     model="gpt-image-2.5-flare", prompt="a lighthouse", size="3840x2160", quality="low"
    ... )
    >>> today = datetime.date(2026, 11, 22)
    >>> validate(ask, CallOptions(), catalog=Catalog.load(), today=today, official=True)
    ['Sizes above 2560x1440, such as 3840x2160, are experimental with gpt-image-2.5-flare.']
    """
    _check_types(request)
    model, notes = _model(request.model, catalog, today, official=official)
    _check_prompt(request.prompt)
    _check_options(options)
    notes += _check_size(request, model)
    notes += _check_quality(request, model)
    _check_format(request, model)
    _check_background(request, model)
    _one_of("moderation", request.moderation, MODERATIONS)
    if model is not None:
        _one_of("complexity", request.complexity, model.complexity, model)
    notes += _check_gif(request, options, model)
    _check_svg(request, options)
    _check_compression(request)
    if model is not None and options.partial_images and not model.streams:
        raise RequestError(f"partial_images is not possible with {model.name}: leave it out")
    if isinstance(request, EditRequest):
        if model is not None:
            _one_of("input_fidelity", request.input_fidelity, model.input_fidelity, model)
        else:
            _one_of("input_fidelity", request.input_fidelity, ("low", "high"))
        notes += check_edit(request, model)
    return notes


def _check_types(request: GenerateRequest) -> None:
    """Values come from notebooks: a number where text belongs is told before anything is compared."""
    for name in ("model", "prompt", "size", "quality"):
        _typed(name, getattr(request, name), str, "text")
    for name in _WORDS:
        if (value := getattr(request, name, None)) is not None:
            _typed(name, value, str, "text")
    for name in _NUMBERS:
        if (value := getattr(request, name)) is not None:
            _typed(name, value, int, "a whole number")
    if request.svg is not None:
        _typed("svg", request.svg, Mapping, 'a table such as {"model": "gpt-5.6-terra"}')
    if request.extra is not None:
        _typed("extra", request.extra, Mapping, 'a table such as {"seed": 7}')


def _typed(name: str, value: object, kind: type, spoken_kind: str) -> None:
    # True is an int to Python, and never what was meant.
    if not isinstance(value, kind) or isinstance(value, bool):
        told = shown(value) if isinstance(value, str | int) else repr(value)
        raise RequestError(f"{name} must be {spoken_kind}, not {told} ({type(value).__name__})")


def _model(
    name: str, catalog: Catalog, today: dt.date, *, official: bool
) -> tuple[OpenAIModel | None, list[str]]:
    """The model whose rules are checked, None for the general ones only, and notes about it."""
    model = catalog.get(name)
    if model is None:
        if not name.strip():
            raise RequestError("model is empty", hint=f"Use {catalog.default(today).name}.")
        if official:
            close = catalog.suggest(name)
            hint = f"Did you mean {spoken(close, 'or')}?" if close else f"Use {catalog.default(today).name}."
            raise UnknownModelError(f"OpenAI has no image model {shown(name)} that is known here", hint=hint)
        return None, []
    status = model.status(today)
    if status == "live" or not official:
        return (None if status == "retired" else model), []
    instead = catalog.successor(model, today).name
    if status == "retired":
        raise RetiredModelError(
            f"{name} was shut down on {model.shutdown}",
            hint=f"Use {instead}; its pictures in your store are still shown.",
        )
    return model, [f"{name} will be shut down on {model.shutdown}; {instead} replaces it."]


def _check_prompt(prompt: str) -> None:
    if not prompt.strip():
        raise RequestError("the prompt is empty", hint="Write what the picture should show.")
    if len(prompt) > MOST_PROMPT_CHARACTERS:
        raise RequestError(
            f"the prompt has {len(prompt):,} characters and may have at most {MOST_PROMPT_CHARACTERS:,}",
            hint="Shorten it.",
        )
    _sendable("the prompt", prompt)


def _sendable(name: str, text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise RequestError(
            f"{name} holds half a character at position {exc.start} (a lone surrogate), which cannot be sent",
            hint="Take it out; it often comes from a text that was read in the wrong encoding.",
        ) from exc
    if "\0" in text:
        raise RequestError(
            f"{name} holds a NUL character at position {text.index(chr(0))}", hint="Take it out."
        )


def _check_options(options: CallOptions) -> None:
    check_whole_number("n", options.n, 1, MOST_PICTURES)
    check_whole_number("partial_images", options.partial_images, 0, MOST_PARTIAL_IMAGES)
    timeout: object = options.timeout
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < float("inf"):
        raise RequestError(f"timeout must be a number of seconds above 0, not {shown(timeout)}")
    if options.safety_identifier is not None:
        _typed("safety_identifier", options.safety_identifier, str, "text")
        if not options.safety_identifier.strip():
            raise RequestError(
                "safety_identifier is empty", hint="Leave it out, or give a hash of the user's name."
            )
        _sendable("safety_identifier", options.safety_identifier)


def check_whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return a whole number within its limits.

    Raises
    ------
    RequestError
        If it is something else; with the nearest number where there is one.

    Examples
    --------
    >>> check_whole_number("n", 11, 1, 10)
    Traceback (most recent call last):
    ...
    jupyter_imagegen.errors.RequestError: n must be a whole number from 1 to 10, not 11. Nearest: 10.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if low <= value <= high:
            return value
        hint = f"Nearest: {min(max(value, low), high)}."
    else:
        hint = ""
    raise RequestError(f"{name} must be a whole number from {low} to {high:,}, not {shown(value)}", hint=hint)


def _check_size(request: GenerateRequest, model: OpenAIModel | None) -> list[str]:
    size, whose = request.size, request.model
    if size == "auto":
        if model is not None and not model.auto:
            raise RequestError(
                f"size 'auto' is not possible with {whose}", hint=f"Use {model.sizes.values[0]}."
            )
        return [_auto_note("size")]
    sides = parse_size(size)
    if sides is None:
        meant = meant_size(size)
        wish = meant or (1024, 1024)
        nearest = model.sizes.nearest(*wish) if model is not None else f"{wish[0]}x{wish[1]}"
        word = "Nearest" if meant else "Such as"
        raise RequestError(f"size {shown(size)} must be WIDTHxHEIGHT in pixels. {word}: {nearest}.")
    if model is None:
        return []
    broken = model.sizes.broken(*sides, small=request.output_format == "gif")
    if broken:
        nearest = model.sizes.nearest(*sides)
        raise RequestError(f"size {shown(size)} is not possible with {whose}: {broken}. Nearest: {nearest}.")
    if 0 < model.sizes.experimental_above < sides[0] * sides[1]:
        return [f"Sizes above 2560x1440, such as {size}, are experimental with {whose}."]
    return []


def _auto_note(name: str) -> str:
    return f"{name} 'auto' leaves the price unknown until afterwards, and the picture's key says only 'auto'."


def _check_quality(request: GenerateRequest, model: OpenAIModel | None) -> list[str]:
    quality = request.quality
    if model is None:
        if not quality.strip():
            raise RequestError("quality is empty", hint="Such as: low.")
    elif quality != "auto" and quality not in model.qualities:
        meant = _closest(quality, model.qualities) or _HIGHER_QUALITIES.get(quality.strip().lower(), "")
        _refuse("quality", quality, model.qualities, model, meant if meant in model.qualities else "")
    elif quality == "auto" and not model.auto:
        _refuse("quality", quality, model.qualities, model, model.qualities[0])
    return [_auto_note("quality")] if quality == "auto" else []


def _one_of(name: str, value: str | None, allowed: Sequence[str], model: OpenAIModel | None = None) -> None:
    if value is None or value in allowed:
        return
    if not allowed and model is not None:
        raise RequestError(f"{name} is not possible with {model.name}", hint="Leave it out.")
    _refuse(name, value, allowed, model, _closest(value, allowed))


def _closest(value: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(value.strip().lower(), allowed, n=1, cutoff=0.5)
    return close[0] if close else ""


def _refuse(name: str, value: str, allowed: Sequence[str], model: OpenAIModel | None, meant: str) -> None:
    whose = f" with {model.name}" if model is not None else ""
    nearest = f" Nearest: {meant}." if meant else ""
    raise RequestError(
        f"{name} {shown(value)} is not possible{whose}: it can be {spoken(list(allowed), 'or')}.{nearest}"
    )


def _check_format(request: GenerateRequest, model: OpenAIModel | None) -> None:
    allowed = model.output_formats if model is not None else ("png", "jpeg", "webp", "gif", "svg")
    _one_of("output_format", request.output_format, allowed, model)


def _check_background(request: GenerateRequest, model: OpenAIModel | None) -> None:
    allowed = model.backgrounds if model is not None else ("auto", "opaque", "transparent")
    _one_of("background", request.background, allowed, model)
    if request.background == "transparent" and request.output_format not in {None, "png", "webp"}:
        raise RequestError(
            f"background 'transparent' is not possible with output_format {request.output_format!r}: "
            "it needs png or webp. Nearest: webp."
        )


def _check_compression(request: GenerateRequest) -> None:
    value, kind = request.output_compression, request.output_format or "png"
    if value is None:
        return
    check_whole_number("output_compression", value, 0, 100)
    # 100 is the API's default, and accepted with PNG, where it changes nothing.
    if kind not in COMPRESSIBLE and (kind, value) != ("png", 100):
        raise RequestError(
            f"output_compression is not possible with output_format {kind!r}: only with jpeg and webp",
            hint="Leave it out, or use output_format 'webp'.",
        )


def _check_gif(request: GenerateRequest, options: CallOptions, model: OpenAIModel | None) -> list[str]:
    if request.output_format != "gif":
        for name in ("frame_count", "frame_duration_ms"):
            if getattr(request, name) is not None:
                raise RequestError(
                    f"{name} is only for GIFs", hint="Use output_format 'gif', or leave it out."
                )
        return []
    frames = DEFAULT_GIF_FRAMES if request.frame_count is None else request.frame_count
    check_whole_number("frame_count", frames, *GIF_FRAMES)
    if request.frame_duration_ms is not None:
        check_whole_number("frame_duration_ms", request.frame_duration_ms, 10, MOST_FRAME_MS)
    if options.partial_images:
        raise RequestError("partial_images is not possible with a GIF", hint="Leave it out.")
    if getattr(request, "mask", None) is not None:
        raise RequestError(
            "a mask is not possible with a GIF", hint="Leave it out, or use output_format 'png'."
        )
    notes = ["GIF is a preview: the account needs access to it, and its price is known only afterwards."]
    if request.frame_duration_ms is not None and request.frame_duration_ms % 10:
        notes.append("frame_duration_ms is rounded to the nearest 10 by the API.")
    sides = parse_size(request.size)
    if sides and model is not None and 0 < model.sizes.max_pixels < frames * sides[0] * sides[1]:
        notes.append(
            f"All {frames} frames share {model.sizes.max_pixels:,} pixels, as was measured; "
            f"{request.size} may be refused."
        )
    return notes


def _check_svg(request: GenerateRequest, options: CallOptions) -> None:
    svg = request.svg
    if request.output_format != "svg":
        if svg is not None:
            raise RequestError("svg is only for SVGs", hint="Use output_format 'svg', or leave it out.")
        return
    if options.n != 1:
        raise RequestError(f"n = {options.n} is not possible with an SVG: one at a time. Nearest: 1.")
    if options.partial_images:
        raise RequestError("partial_images is not possible with an SVG", hint="Leave it out.")
    if svg is not None:
        _check_svg_author(svg)


def _check_svg_author(svg: Mapping[str, object]) -> None:
    """The model that writes the SVG, and how hard it thinks."""
    if unknown := sorted(str(key) for key in svg if key not in {"model", "reasoning"}):
        raise RequestError(f"svg cannot hold {unknown[0]!r}: it holds model and reasoning")
    if not isinstance(svg.get("model"), str) or not svg["model"]:
        raise RequestError("svg needs the model that writes it", hint='Such as {"model": "gpt-5.6-terra"}.')
    reasoning = svg.get("reasoning")
    if reasoning is None:
        return
    if not isinstance(reasoning, Mapping) or set(reasoning) - {"effort"}:
        raise RequestError(f'svg reasoning must be {{"effort": "…"}}, not {shown(reasoning)}')
    effort = reasoning.get("effort")
    if effort is not None:
        _typed("svg reasoning effort", effort, str, "text")
        _one_of("svg reasoning effort", effort, REASONING_EFFORTS)
