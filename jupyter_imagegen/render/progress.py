"""What stands under a cell while its picture is being made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.core.pricing import format_usd
from jupyter_imagegen.render import style
from jupyter_imagegen.render.captions import pixels, short_model
from jupyter_imagegen.render.escaping import escaped, one_line
from jupyter_imagegen.render.pictures import GRID_SIDE, PREVIEW_SIDE, data_url

if TYPE_CHECKING:
    from decimal import Decimal

    from jupyter_imagegen.core.pricing import Estimate
    from jupyter_imagegen.core.results import Preview

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
    kept : tuple of Preview
        Those that are there, small.
    partial : Preview or None
        The unfinished one that came last, small.
    state : str
        What is going on, in a few words.
    elapsed : float
        Seconds since the start.
    estimate : Estimate or None
        What it is going to cost, where that is known by now.
    side : int
        The long side of the finished picture in the notebook, in pixels.
    """

    model: str
    size: str
    quality: str
    pictures: int = 1
    kept: tuple[Preview, ...] = ()
    partial: Preview | None = None
    state: str = "looking in the store"
    elapsed: float = 0.0
    estimate: Estimate | None = None
    side: int = PREVIEW_SIDE


def progress_html(progress: Progress) -> str:
    """Return the moment as HTML: boxes of the size that the pictures will have, a bar and one line.

    The box keeps its size from the first moment to the finished picture, so nothing below it moves twice.
    """
    side = progress.side if progress.pictures == 1 else GRID_SIDE
    width, height = box_size(progress.size, side)
    kept = [_box(width, height, picture, "") for picture in progress.kept[: progress.pictures]]
    empty = progress.pictures - len(kept)
    if empty:
        kept.append(_box(width, height, progress.partial, "unfinished picture"))
        kept += [_box(width, height, None, "")] * (empty - 1)
    boxes = f'<div class="grid">{"".join(kept)}</div>'
    label = escaped(progress.state)
    done = len(progress.kept)
    if done:
        value = f' aria-valuemin="0" aria-valuemax="{progress.pictures}" aria-valuenow="{done}"'
        inner = f'<i style="width:{round(100 * done / progress.pictures)}%"></i>'
    else:
        # Each update replaces the element; the delay takes the movement up where the last one left it.
        value, delay = "", progress.elapsed % _BAR_SECONDS
        inner = f'<i class="run" style="animation-delay:-{delay:.1f}s"></i>'
    bar_width = width if progress.pictures == 1 else min(progress.pictures, 2) * (width + 8) - 8
    return (
        f'{style.PROGRESS}<div class="imagegen">{boxes}'
        f'<div class="bar" role="progressbar" aria-label="{label}"{value} style="width:{bar_width}px">'
        f"{inner}</div>"
        f'<div class="line soft"><span role="status">{label}</span> · {escaped(_rest(progress))}</div></div>'
    )


def progress_text(progress: Progress) -> str:
    """Return the moment as one line.

    Examples
    --------
    >>> progress_text(Progress(model="gpt-image-2.5-flare", size="auto", quality="low", elapsed=4.2))
    'looking in the store · 4 s · 2.5-flare · auto · low'
    """
    return one_line(f"{progress.state} · {_rest(progress)}")


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
    words = "up to" if estimate.kind == "bound" else "about"
    shown: Decimal | None = estimate.ceiling if estimate.kind == "bound" else estimate.usd
    return "free" if not shown else f"{words} {format_usd(shown)}"


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


def _rest(progress: Progress) -> str:
    parts = [f"{progress.elapsed:.0f} s"]
    if progress.pictures > 1:
        parts.append(f"{len(progress.kept)} of {progress.pictures}")
    parts += [short_model(progress.model), pixels(progress.size), progress.quality]
    if price := estimate_words(progress.estimate):
        parts.append(price)
    return " · ".join(parts)


def _box(width: int, height: int, picture: Preview | None, alt: str) -> str:
    inside = ""
    if picture is not None:
        inside = f'<img alt="{alt}" width="{width}" height="{height}" src="{data_url(picture)}">'
    return f'<div class="box" style="width:{width}px;height:{height}px">{inside}</div>'
