"""Where on a set scene things can stand, float and fly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spot:
    """A place for one thing: its foot at (x, y), and how large a thing of size 1 is there, in units."""

    x: float
    y: float
    scale: float
    flip: bool = False


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A place that has been painted, ready for what is to be seen in it.

    Attributes
    ----------
    x0, x1 : float
        The part of the width that subjects share.
    ground : float
        Where the feet of the nearest subjects are.
    horizon : float
        Where the sky ends.
    scale : float
        How large a thing of size 1 is at the ground line.
    water : float or None
        Where boats float, if there is water.
    """

    x0: float
    x1: float
    ground: float
    horizon: float
    scale: float
    water: float | None = None
