"""What a picture will cost: its tokens by OpenAI's published rules, at the rates of a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import Estimate
from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.providers.openai.rates import cost, rates
from jupyter_imagegen.providers.openai.tokens import Span

if TYPE_CHECKING:
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.providers.openai.catalog import Catalog, OpenAIModel


#: What a byte of the prompt is likely to take, as a fraction: English has about four bytes to a token.
_BYTES_PER_TOKEN = 4


def estimate(request: GenerateRequest, options: CallOptions, *, catalog: Catalog) -> Estimate:
    """What `options.n` pictures of a request will cost.

    A token is at least one byte of the prompt, so the ceiling takes its UTF-8 bytes; the likely price a
    quarter of them. Input pictures, partial images and n are in both. A mask adds nothing: with one, a
    call of gpt-image-2 was measured at its picture's tokens alone (2026-11-22).

    Parameters
    ----------
    request
        A validated request.
    options
        How it is sent; `n` and `partial_images` cost.
    catalog
        The models' token rules, and rates.

    Returns
    -------
    Estimate
        Of kind "unknown", without numbers, for an unknown model, one without rates, a GIF or an SVG.

    Examples
    --------
    >>> from jupyter_imagegen.providers.openai.catalog import Catalog
    >>> from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    >>> ask = GenerateRequest(
    ...     model="gpt-image-2.5-flare", prompt="a lighthouse", size="1024x1024", quality="low"
    ... )
    >>> found = estimate(ask, CallOptions(), catalog=Catalog.load())
    >>> found.tokens.image_output, found.kind
    (196, 'exact')
    """
    model = catalog.get(request.model)
    if model is None:
        return _unknown(
            f"the catalog does not know {request.model}, so its price is not known before the call"
        )
    known = rates(request.model, catalog)
    if known is None:
        return _unknown(f"no rates are published for {request.model}")
    if request.output_format in {"gif", "svg"}:
        return _unknown(f"no number of tokens is published for a {request.output_format.upper()}")
    tokens = usage_before(request, options, catalog=catalog)
    if tokens is None:
        return _unknown(f"no number of tokens is published for {request.model} and this request")
    likely, most = tokens
    auto = "auto" in {request.size, request.quality}
    return Estimate(
        usd=cost(likely, known),
        ceiling=cost(most, known),
        tokens=likely,
        kind="exact" if model.tokens.exact and not auto else "bound",
        note=_note(model, auto=auto),
        source=f"{known.source}, {known.date}" if known.date else known.source,
    )


def usage_before(
    request: GenerateRequest, options: CallOptions, *, catalog: Catalog
) -> tuple[Usage, Usage] | None:
    """The tokens that a call will likely take, and the most it can; None where they are not published."""
    model = catalog.get(request.model)
    if model is None or request.output_format in {"gif", "svg"}:
        return None
    output = model.tokens.output(request.size, request.quality, model.sizes)
    text, pictures = _input(request, model)
    if output is None or pictures is None:
        return None
    output += Span(likely=1, most=1) * (model.tokens.partial_image * options.partial_images)
    n = options.n
    likely = Usage(
        text_input=text.likely * n, image_input=pictures.likely * n, image_output=output.likely * n
    )
    most = Usage(
        text_input=text.most * n,
        image_input=pictures.most * n,
        image_output=output.most * n,
        text_output=model.tokens.text_output * n,
    )
    return likely, most


def _unknown(note: str) -> Estimate:
    return Estimate(usd=None, ceiling=None, tokens=None, kind="unknown", note=note, source="")


def _note(model: OpenAIModel, *, auto: bool) -> str:
    if auto:
        return "the most that `auto` can choose; the price is known only afterwards"
    if model.tokens.kind == "bound":
        return f"OpenAI publishes no token formula for {model.name}: an upper bound above what was measured"
    if not model.tokens.exact:
        return f"by OpenAI's token table for {model.name}, which may bill some tokens more"
    kind = "calculator" if model.tokens.kind == "formula" else "token table"
    return f"by OpenAI's published {kind}"


def _input(request: GenerateRequest, model: OpenAIModel) -> tuple[Span, Span | None]:
    """Text and image tokens going in for one picture."""
    # A lone surrogate counts as the three bytes it would take; validation refuses it later or before.
    size = len(request.prompt.encode("utf-8", "surrogatepass"))
    text = Span(likely=-(-size // _BYTES_PER_TOKEN), most=size) + model.tokens.text_overhead
    pictures: Span | None = Span(likely=0, most=0)
    shown = [*getattr(request, "images", ())]
    if markup := getattr(request, "markup", None):
        shown.append(markup)
    for picture in shown:
        one = model.tokens.input_image(
            picture.width,
            picture.height,
            high_fidelity=getattr(request, "input_fidelity", None) == "high",
        )
        if one is None:
            return text, None
        text += model.tokens.edit_overhead
        pictures = one if pictures is None else pictures + one
    return text, pictures
