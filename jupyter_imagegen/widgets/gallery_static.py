"""The gallery for a page without a kernel: its newest pictures, small, with their captions."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render import style
from jupyter_imagegen.render.captions import ALT_CHARACTERS
from jupyter_imagegen.render.escaping import inline, one_line
from jupyter_imagegen.render.pictures import img
from jupyter_imagegen.widgets.gallery_entries import day_words, price_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.storage import StoredPicture

#: Pixels and bytes of each picture: eight of them and their sheet stay under 120 kB in the notebook.
_SIDE, _BYTES = 160, 6_000
_SHEET_SIDE = 400
_TEXT = 60


def static_form(pictures: Sequence[StoredPicture], words: str, now: datetime) -> dict[str, Any]:
    """The pictures as a grid, as one picture for what shows no HTML, and as text."""
    from jupyter_imagegen import imaging

    if not pictures:
        text = "Gallery: no pictures yet."
        return {"text/html": f"{style.PICTURES}{style.OPEN}<p>{text}</p></div>", "text/plain": text}
    figures, lines, small = [], [], []
    for picture in pictures:
        prompt = one_line(picture.prompt, _TEXT)
        facts = " · ".join((price_words(picture), day_words(picture.image.made_at, now)))
        demo = ", demo picture" if is_placeholder(picture.provider) else ""
        lines.append(f"  {prompt}  {facts}{demo}")
        caption = f"{inline(prompt)}<br>{inline(facts + demo)}"
        preview = _small(picture)
        if preview is not None:
            small.append(preview)
        alt = one_line(picture.alt or picture.prompt, ALT_CHARACTERS) or "a generated picture"
        shown = "the picture's file is gone" if preview is None else img(preview, alt)
        figures.append(f'<figure style="width:{_SIDE}px">{shown}<figcaption>{caption}</figcaption></figure>')
    head = f"Gallery: {words}"
    grid = f'<div class="grid">{"".join(figures)}</div>'
    data = {
        "text/html": f"{style.PICTURES}{style.OPEN}<p>{inline(head)}</p>{grid}</div>",
        "text/plain": "\n".join((head, *lines)),
    }
    if small:
        sheet = imaging.contact_sheet([one.data for one in small], max_side=_SHEET_SIDE)
        data[sheet.mime] = b64encode(sheet.data).decode("ascii")
    return data


def _small(picture: StoredPicture) -> Preview | None:
    from jupyter_imagegen import imaging

    try:
        return imaging.preview(picture.image.preview.data, max_side=_SIDE, max_bytes=_BYTES)
    except (StoreError, ValueError):
        return None
