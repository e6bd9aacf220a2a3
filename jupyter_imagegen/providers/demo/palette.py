# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Colours: their names in prompts, how they mix, and how light changes them."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

Colour = tuple[int, int, int]

#: Words that name a colour.
NAMED: dict[str, Colour] = {
    "red": (196, 48, 40), "scarlet": (208, 40, 32), "crimson": (160, 24, 44), "ruby": (152, 20, 56),
    "vermilion": (220, 72, 40), "burgundy": (104, 24, 40), "maroon": (96, 24, 32), "rust": (168, 76, 36),
    "orange": (230, 128, 40), "amber": (236, 160, 48), "apricot": (244, 178, 120), "peach": (246, 190, 158),
    "coral": (238, 118, 98), "gold": (214, 164, 56), "golden": (222, 170, 64), "yellow": (244, 204, 64),
    "mustard": (206, 160, 44), "lemon": (248, 224, 80), "ochre": (196, 142, 60), "cream": (246, 236, 212),
    "ivory": (244, 240, 224), "beige": (222, 206, 176), "tan": (200, 164, 120), "brown": (122, 80, 50),
    "chocolate": (86, 52, 36), "copper": (184, 108, 64), "bronze": (150, 112, 60), "green": (70, 140, 74),
    "olive": (122, 124, 56), "lime": (160, 204, 60), "emerald": (26, 132, 92), "jade": (68, 150, 116),
    "mint": (160, 216, 186), "sage": (150, 168, 136), "teal": (24, 130, 136), "turquoise": (52, 178, 178),
    "cyan": (60, 200, 224), "aqua": (80, 200, 208), "blue": (52, 104, 186), "azure": (64, 142, 216),
    "cobalt": (36, 76, 168), "navy": (28, 40, 84), "indigo": (62, 52, 132), "ultramarine": (40, 52, 160),
    "violet": (126, 84, 178), "purple": (112, 60, 150), "lavender": (176, 160, 214), "lilac": (194, 168, 212),
    "magenta": (204, 44, 140), "fuchsia": (214, 52, 150), "pink": (238, 150, 176), "rose": (220, 110, 130),
    "white": (240, 240, 236), "silver": (190, 196, 204), "grey": (136, 140, 146), "gray": (136, 140, 146),
    "charcoal": (58, 60, 66), "black": (34, 34, 40), "ebony": (40, 32, 30)
}  # fmt: skip


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """The colour `t` of the way from `a` to `b`."""
    return (round(a[0] + (b[0] - a[0]) * t), round(a[1] + (b[1] - a[1]) * t), round(a[2] + (b[2] - a[2]) * t))


def scaled(colour: Colour, factor: float) -> Colour:
    """The colour with its light multiplied."""
    r, g, b = (max(0, min(255, round(c * factor))) for c in colour)
    return (r, g, b)


def turned(colour: Colour, *, hue: float = 0.0, saturation: float = 1.0, value: float = 1.0) -> Colour:
    """The colour with its hue turned (a fraction of the wheel) and its saturation and value multiplied."""
    h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in colour))
    r, g, b = colorsys.hsv_to_rgb((h + hue) % 1, min(1, s * saturation), min(1, v * value))
    return (round(r * 255), round(g * 255), round(b * 255))


def from_hue(hue: float, saturation: float, value: float) -> Colour:
    """The colour at a place of the wheel."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return (round(r * 255), round(g * 255), round(b * 255))


def luminance(colour: Colour) -> float:
    """How light the colour looks, 0 to 1 (Rec. 601)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


@dataclass(frozen=True, kw_only=True)
class Light:
    """The light of a scene: what the sky is, and what it does to every colour."""

    sky: tuple[Colour, ...]  # from the zenith to the horizon
    sun: Colour  # of the key light
    haze: Colour  # what distance fades into
    shadow: Colour  # what shadows lean towards
    exposure: float  # how much of a colour is left, 0 to 1
    side: int = -1  # where the light comes from: -1 left, 1 right
    height: float = 0.6  # over the horizon, 0 to 1
    lamps: bool = False  # whether windows and lamps are lit

    def on(self, colour: Colour) -> Colour:
        """The colour as it looks in this light."""
        seen = scaled(colour, self.exposure)
        return mix(seen, self.haze, 0.06) if self.exposure > 0.5 else mix(seen, self.shadow, 0.25)

    def lit(self, colour: Colour) -> Colour:
        """The colour on the side that the light falls on."""
        warm = tuple(c * s / 255 for c, s in zip(scaled(colour, 1.25), self.sun, strict=True))
        r, g, b = (round(c) for c in warm)
        return mix(self.on(colour), mix(self.sun, (r, g, b), 0.72), 0.5 * (0.35 + 0.65 * self.exposure))

    def shaded(self, colour: Colour) -> Colour:
        """The colour on the side away from the light."""
        return mix(scaled(self.on(colour), 0.62), self.shadow, 0.34)

    def far(self, colour: Colour, distance: float) -> Colour:
        """The colour seen through `distance` (0 to 1) of air."""
        return mix(self.on(colour), self.haze, distance)


LIGHTS: dict[str, Light] = {
    "dawn": Light(
        sky=((88, 116, 168), (176, 160, 190), (246, 194, 168), (255, 228, 190)),
        sun=(255, 214, 168), haze=(238, 202, 196), shadow=(84, 82, 128), exposure=0.86, height=0.16
    ),
    "day": Light(
        sky=((58, 124, 194), (112, 172, 222), (170, 210, 234), (214, 232, 238)),
        sun=(255, 247, 224), haze=(196, 216, 230), shadow=(58, 80, 128), exposure=0.98, height=0.72
    ),
    "golden": Light(
        sky=((92, 122, 170), (184, 168, 158), (246, 192, 120), (255, 220, 146)),
        sun=(255, 206, 124), haze=(246, 202, 150), shadow=(98, 62, 92), exposure=0.92, height=0.22
    ),
    "dusk": Light(
        sky=((30, 38, 84), (84, 66, 128), (208, 104, 104), (255, 180, 112)),
        sun=(255, 172, 112), haze=(184, 112, 122), shadow=(36, 32, 78), exposure=0.64, height=0.06,
        lamps=True
    ),
    "night": Light(
        sky=((7, 11, 32), (14, 26, 62), (28, 48, 92), (50, 74, 118)),
        sun=(186, 206, 240), haze=(42, 62, 104), shadow=(8, 12, 36), exposure=0.36, height=0.66, lamps=True
    ),
    "indoors": Light(
        sky=((70, 52, 42), (96, 72, 54), (120, 90, 64), (140, 104, 72)),
        sun=(255, 222, 170), haze=(120, 90, 64), shadow=(38, 24, 34), exposure=0.84, height=0.7, lamps=True
    ),
    "candle": Light(
        sky=((20, 13, 12), (34, 22, 16), (54, 34, 20), (72, 46, 26)),
        sun=(255, 206, 128), haze=(84, 54, 34), shadow=(24, 14, 16), exposure=0.82, height=0.5, lamps=True
    ),
    "studio": Light(
        sky=((214, 208, 196), (226, 220, 208), (234, 228, 216), (240, 234, 222)),
        sun=(255, 250, 238), haze=(226, 220, 208), shadow=(86, 78, 96), exposure=1.0, height=0.7
    ),
    "neon": Light(
        sky=((12, 8, 34), (32, 14, 66), (82, 22, 102), (170, 40, 128)),
        sun=(255, 96, 200), haze=(96, 34, 112), shadow=(14, 12, 48), exposure=0.42, height=0.4, lamps=True
    ),
}  # fmt: skip


def weathered(light: Light, weather: str) -> Light:
    """The light under a weather: rain, storm, fog, snow or overcast; others change nothing."""
    greys: dict[str, tuple[Colour, float, float]] = {
        "rain": ((96, 108, 124), 0.62, 0.72), "storm": ((58, 66, 84), 0.66, 0.6),
        "fog": ((196, 202, 206), 0.66, 0.9), "snow": ((206, 216, 228), 0.5, 0.95),
        "overcast": ((168, 178, 188), 0.55, 0.85)
    }  # fmt: skip
    if weather not in greys:
        return light
    grey, amount, exposure = greys[weather]
    grey = scaled(grey, 0.25 + 0.75 * light.exposure)
    return replace(
        light,
        sky=tuple(mix(c, grey, amount) for c in light.sky),
        sun=mix(light.sun, grey, 0.3),
        haze=mix(light.haze, grey, amount),
        shadow=mix(light.shadow, grey, 0.12),
        exposure=light.exposure * exposure,
    )


def leaning(light: Light, colour: Colour, amount: float) -> Light:
    """The light with sky and haze leaning towards a colour."""
    return replace(
        light,
        sky=tuple(mix(c, mix(colour, c, luminance(c) * 0.4), amount) for c in light.sky),
        haze=mix(light.haze, colour, amount),
    )
