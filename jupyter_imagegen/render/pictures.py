"""A result as a notebook shows it: a figure, a plain picture beside it for LaTeX and PDF, and text."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.render import style
from jupyter_imagegen.render.captions import alt_text, caption, pixels
from jupyter_imagegen.render.escaping import escaped

if TYPE_CHECKING:
    from jupyter_imagegen.core.results import Image, Preview, Result

#: The long side of a preview in pixels, and the bytes that go with it; what the store keeps.
PREVIEW_SIDE = 512
_BYTES_PER_PIXEL = 40_000 / PREVIEW_SIDE**2
_RASTER = frozenset({"image/jpeg", "image/png"})
#: Of several pictures side by side each is shown smaller.
GRID_SIDE = 256
#: What the plain picture beside the figure may weigh; both together stand in the saved notebook.
_HEAVY_BYTES = 42_000
_GRID_BYTES = 18_000

MimeBundle = tuple[dict[str, Any], dict[str, Any]]


def mimebundle(result: Result, *, preview: int = PREVIEW_SIDE) -> MimeBundle:
    """Return a result's forms for a notebook and their metadata.

    `text/html` is a figure, because JupyterLab ignores `alt` metadata on images; `image/jpeg` (or
    `image/png` where there is transparency) is for LaTeX, PDF and whatever strips HTML; `text/plain` says the
    same. All are small copies: the original stays in the store.

    Parameters
    ----------
    result
        What to show.
    preview
        The long side in pixels.

    Raises
    ------
    StoreError
        If a stored picture is gone or damaged.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> sorted(mimebundle(r)[0])
    ['image/jpeg', 'text/html', 'text/plain']
    """
    words = caption(result)
    alts = [alt_text(result, i) for i in range(len(result.images))]
    text = "\n".join((f"Picture: {alt_text(result)}" if len(alts) == 1 else _pictures_line(alts), words.text))
    if not alts:
        return {"text/plain": words.text}, {}
    if len(alts) == 1:
        shown = sheet = sized_preview(result.images[0], preview)
        inside = img(shown, alts[0])
        alt = alts[0]
    else:
        small = [small_preview(image) for image in result.images]
        inside = '<div class="grid">{}</div>'.format(
            "".join(f"<figure>{img(one, alt)}</figure>" for one, alt in zip(small, alts, strict=True))
        )
        sheet = _sheet(small)
        alt = _pictures_line(alts)
    if len(sheet.data) > _HEAVY_BYTES:
        sheet = _lighter(sheet)
    figure = f"<figure>{inside}<figcaption>{words.html}</figcaption></figure>"
    html = f"{style.PICTURES}{style.OPEN}{figure}</div>"
    data: dict[str, Any] = {"text/html": html, "text/plain": text}
    metadata: dict[str, Any] = {}
    if sheet.mime in _RASTER:
        data[sheet.mime] = b64encode(sheet.data).decode("ascii")
        metadata[sheet.mime] = {"alt": alt, "width": sheet.width, "height": sheet.height}
    # So that a cassette can be made of what a saved notebook shows.
    metadata["jupyter_imagegen"] = {"keys": list(dict.fromkeys([result.key, *result.picture_keys]))}
    return data, metadata


def image_bundle(image: Image, *, preview: int = PREVIEW_SIDE) -> MimeBundle:
    """Return one picture's forms for a notebook and their metadata; the words of its result are not in it.

    Parameters
    ----------
    image
        What to show.
    preview
        The long side in pixels.

    Raises
    ------
    StoreError
        If a stored picture is gone or damaged.
    """
    shown, alt = sized_preview(image, preview), image.alt or "a generated picture"
    kind = image.mime.removeprefix("image/").partition("+")[0].upper()
    facts = f"{pixels(f'{image.width}x{image.height}')} {kind}, {_size_words(image.size_bytes)}"
    # What a small copy is a copy of, and how to get that.
    words = f'{facts} · small copy; .save("name.png") writes the original'
    if image.reduced:
        words = f"{facts} · small copy from a cassette without originals"
    html = f"<figure>{img(shown, alt)}<figcaption>{escaped(words)}</figcaption></figure>"
    data: dict[str, Any] = {
        "text/html": f"{style.PICTURES}{style.OPEN}{html}</div>",
        "text/plain": f"Picture: {alt}\n{words}",
    }
    metadata: dict[str, Any] = {}
    if shown.mime in _RASTER:
        plain = _lighter(shown) if len(shown.data) > _HEAVY_BYTES else shown
        data[plain.mime] = b64encode(plain.data).decode("ascii")
        metadata[plain.mime] = {"alt": alt, "width": plain.width, "height": plain.height}
    return data, metadata


def _size_words(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:,.1f} kB"  # noqa: PLR2004


def sized_preview(image: Image, side: int = PREVIEW_SIDE) -> Preview:
    """Return a picture's small copy: the kept one, a smaller one of it, or a larger one of the original."""
    kept = image.load_preview()
    if side == PREVIEW_SIDE or max(kept.width, kept.height) <= side < PREVIEW_SIDE:
        return kept
    from jupyter_imagegen import imaging

    source = kept.data if side < PREVIEW_SIDE and kept.mime in _RASTER else image.load()
    return imaging.preview(source, max_side=side, max_bytes=round(side**2 * _BYTES_PER_PIXEL))


def data_url(preview: Preview) -> str:
    """Return a small copy as a `data:` URL."""
    return f"data:{preview.mime};base64,{b64encode(preview.data).decode('ascii')}"


def _pictures_line(alts: list[str]) -> str:
    return f"{count_of(len(alts), 'picture')}: {alts[0].rpartition(' (')[0]}" if alts else ""


def img(preview: Preview, alt: str) -> str:
    """Return an `img` element whose place the page keeps before the picture is decoded."""
    # Width and height as attributes: the page keeps the place before the picture is decoded.
    size = f'width="{preview.width}" height="{preview.height}"'
    return f'<img alt="{escaped(alt)}" {size} src="{data_url(preview)}">'


def small_preview(image: Image) -> Preview:
    """Return the copy for a grid: the kept preview, made smaller, so that ten pictures fit in a notebook."""
    from jupyter_imagegen import imaging

    kept = image.load_preview()
    if kept.mime not in _RASTER:
        return kept
    return imaging.preview(kept.data, max_side=GRID_SIDE, max_bytes=_GRID_BYTES)


def _lighter(preview: Preview) -> Preview:
    from jupyter_imagegen import imaging

    return imaging.preview(preview.data, max_side=GRID_SIDE, max_bytes=_HEAVY_BYTES // 2)


def _sheet(small: list[Preview]) -> Preview:
    from jupyter_imagegen import imaging

    return imaging.contact_sheet([one.data for one in small])
