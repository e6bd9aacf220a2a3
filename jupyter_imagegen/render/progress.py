"""What stands under a cell while its picture is being made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.render import style
from jupyter_imagegen.render.captions import pixels, short_model
from jupyter_imagegen.render.escaping import escaped, inline, one_line
from jupyter_imagegen.render.pictures import GRID_SIDE, PREVIEW_SIDE, data_url

if TYPE_CHECKING:
    from decimal import Decimal

    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.render.pictures import MimeBundle

_BAR_SECONDS = 3.2


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A moment of a run.

    Attributes
    ----------
    model, size, quality : str
        What was asked.
    pictures : int
        How many were asked for.
    stored : int
        How many of them were there already.
    kept : tuple of Preview
        Those made so far, small.
    partial : Preview or None
        The unfinished one that came last, small.
    state : str
        What is going on, in a few words.
    elapsed : float or None
        Seconds since the start; None where the time is not kept.
    estimate : Estimate or None
        What it is going to cost, where that is known by now.
    side : int
        The long side of the finished picture in the notebook, in pixels.
    """

    model: str = ""
    size: str = ""
    quality: str = ""
    pictures: int = 1
    stored: int = 0
    kept: tuple[Preview, ...] = ()
    partial: Preview | None = None
    state: str = "looking in the store"
    elapsed: float | None = 0.0
    estimate: Estimate | None = None
    side: int = PREVIEW_SIDE


def progress_html(progress: Progress) -> str:
    """Return the moment as HTML: boxes of the size that the pictures will have, a bar and one line.

    The box keeps its size from the first moment to the finished picture, so nothing below it moves twice.
    """
    side = progress.side if progress.pictures == 1 else GRID_SIDE
    width, height = box_size(progress.size, side)
    # Those that were there already are shown at the end; their places come first.
    there: list[Preview | None] = [None] * progress.stored + list(progress.kept)
    places: list[Preview | None] = [*there, progress.partial, *[None] * progress.pictures]
    shown = [_box(width, height, picture) for picture in places[: progress.pictures]]
    boxes = f'<div class="grid">{"".join(shown)}</div>'
    label = escaped(progress.state)
    done = _there(progress)
    if done:
        value = f' aria-valuemin="0" aria-valuemax="{progress.pictures}" aria-valuenow="{done}"'
        inner = f'<i style="width:{round(100 * done / progress.pictures)}%"></i>'
    else:
        # Each update replaces the element; the delay takes the movement up where the last one left it.
        value, delay = "", (progress.elapsed or 0.0) % _BAR_SECONDS
        inner = f'<i class="run" style="animation-delay:-{delay:.1f}s"></i>'
    bar_width = width if progress.pictures == 1 else min(progress.pictures, 2) * (width + 8) - 8
    return (
        f"{style.PROGRESS}{style.OPEN}{boxes}"
        f'<div class="bar" role="progressbar" aria-label="{label}"{value} style="width:{bar_width}px">'
        f"{inner}</div>"
        f'<div class="line soft"><span role="status">{inline(progress.state)}</span>'
        f"{inline(_after(progress))}</div></div>"
    )


def progress_text(progress: Progress) -> str:
    """Return the moment as one line.

    Examples
    --------
    >>> progress_text(Progress(model="gpt-image-2.5-flare", size="auto", quality="low", elapsed=4.2))
    'looking in the store · 4 s · 2.5-flare · auto · low'
    """
    return one_line(f"{progress.state}{_after(progress)}")


def ended_bundle(said: str) -> MimeBundle:
    """Return what stands in the place of a picture that did not come."""
    html = f'{style.PROGRESS}{style.OPEN}<div class="line soft">{inline(said)}</div></div>'
    return {"text/html": html, "text/plain": one_line(said)}, {}


def estimate_words(estimate: Estimate | None) -> str:
    """Return a price that is not paid yet, as it is known: about, up to, or unknown.

    Examples
    --------
    >>> estimate_words(None)
    ''
    """
    if estimate is None:
        return ""
    if estimate.usd is None:
        return "price not known before the call"
    how = "up to" if estimate.kind == "bound" else "about"
    shown: Decimal | None = estimate.ceiling if estimate.kind == "bound" else estimate.usd
    return "free" if not shown else f"{how} {format_usd(shown)}"


def box_size(size: str, side: int) -> tuple[int, int]:
    """Return the pixels on the page of a picture of `size` whose long side is shown at most `side` wide.

    Examples
    --------
    >>> box_size("1536x1024", 512), box_size("auto", 512)
    ((512, 341), (512, 512))
    """
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        return side, side
    scale = min(1.0, side / max(int(width), int(height)))
    return max(1, round(int(width) * scale)), max(1, round(int(height) * scale))


def _after(progress: Progress) -> str:
    rest = _rest(progress)
    return f" · {rest}" if rest else ""


def _rest(progress: Progress) -> str:
    parts = [] if progress.elapsed is None else [f"{progress.elapsed:.0f} s"]
    if progress.pictures > 1:
        parts.append(f"{_there(progress)} of {progress.pictures}")
    parts += [short_model(progress.model), pixels(progress.size), progress.quality]
    return " · ".join(filter(None, (*parts, estimate_words(progress.estimate))))


def _there(progress: Progress) -> int:
    return min(progress.stored + len(progress.kept), progress.pictures)


def _box(width: int, height: int, picture: Preview | None) -> str:
    inside = ""
    if picture is not None:
        inside = f'<img alt="on the way" width="{width}" height="{height}" src="{data_url(picture)}">'
    return f'<div class="box" style="width:{width}px;height:{height}px">{inside}</div>'
