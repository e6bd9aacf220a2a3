# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Animals' proportions and coats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Subject


@dataclass(frozen=True, kw_only=True)
class Build:
    """An animal's proportions, its height being 1, and its coat."""

    coat: Colour
    belly: Colour
    legs: Colour
    length: float = 0.62
    back: float = 0.58
    deep: float = 0.14
    leg: float = 0.045
    neck: float = 0.12
    head: float = 0.13
    muzzle: float = 0.14
    snout: float = 0.05
    ears: str = "point"
    tail: str = "thin"
    extra: str = ""


BUILDS: dict[str, Build] = {
    "fox": Build(
        coat=(206, 98, 40),
        belly=(246, 238, 226),
        legs=(70, 44, 36),
        length=0.72,
        back=0.47,
        deep=0.15,
        leg=0.046,
        neck=0.2,
        head=0.15,
        muzzle=0.15,
        snout=0.04,
        ears="tall",
        tail="brush",
    ),
    "wolf": Build(
        coat=(122, 122, 130),
        belly=(214, 212, 208),
        legs=(98, 96, 102),
        length=0.64,
        back=0.58,
        deep=0.14,
        leg=0.042,
        neck=0.17,
        head=0.13,
        muzzle=0.15,
        snout=0.045,
        ears="tall",
        tail="brush",
    ),
    "dog": Build(
        coat=(196, 142, 84),
        belly=(240, 224, 198),
        legs=(186, 132, 78),
        length=0.6,
        back=0.56,
        deep=0.14,
        leg=0.05,
        neck=0.13,
        head=0.145,
        muzzle=0.12,
        snout=0.062,
        ears="floppy",
        tail="up",
    ),
    "horse": Build(
        coat=(134, 82, 50),
        belly=(150, 96, 62),
        legs=(92, 56, 38),
        length=0.56,
        back=0.6,
        deep=0.14,
        leg=0.034,
        neck=0.15,
        head=0.085,
        muzzle=0.17,
        snout=0.056,
        ears="small",
        tail="hair",
        extra="mane",
    ),
    "bear": Build(
        coat=(112, 76, 52),
        belly=(130, 92, 64),
        legs=(92, 62, 44),
        length=0.74,
        back=0.66,
        deep=0.24,
        leg=0.09,
        neck=0.2,
        head=0.17,
        muzzle=0.12,
        snout=0.07,
        ears="round",
        tail="stub",
    ),
    "rabbit": Build(
        coat=(182, 160, 136),
        belly=(244, 238, 228),
        legs=(172, 150, 128),
        length=0.5,
        back=0.4,
        deep=0.2,
        leg=0.055,
        neck=0.12,
        head=0.16,
        muzzle=0.06,
        snout=0.06,
        ears="long",
        tail="ball",
    ),
    "deer": Build(
        coat=(172, 116, 70),
        belly=(236, 218, 190),
        legs=(146, 98, 62),
        length=0.5,
        back=0.56,
        deep=0.115,
        leg=0.026,
        neck=0.09,
        head=0.078,
        muzzle=0.115,
        snout=0.034,
        ears="leaf",
        tail="stub",
        extra="antlers",
    ),
    "cow": Build(
        coat=(242, 238, 230),
        belly=(248, 226, 216),
        legs=(228, 222, 212),
        length=0.78,
        back=0.66,
        deep=0.2,
        leg=0.052,
        neck=0.17,
        head=0.115,
        muzzle=0.13,
        snout=0.075,
        ears="leaf",
        tail="thin",
        extra="patches",
    ),
    "sheep": Build(
        coat=(242, 238, 228),
        belly=(232, 226, 214),
        legs=(62, 54, 52),
        length=0.66,
        back=0.62,
        deep=0.2,
        leg=0.036,
        neck=0.14,
        head=0.1,
        muzzle=0.1,
        snout=0.055,
        ears="leaf",
        tail="stub",
        extra="wool",
    ),
    "lion": Build(
        coat=(212, 162, 92),
        belly=(234, 204, 154),
        legs=(202, 152, 86),
        length=0.7,
        back=0.6,
        deep=0.15,
        leg=0.058,
        neck=0.18,
        head=0.145,
        muzzle=0.1,
        snout=0.066,
        ears="round",
        tail="tuft",
        extra="lion",
    ),
    "tiger": Build(
        coat=(224, 138, 58),
        belly=(248, 240, 226),
        legs=(214, 128, 56),
        length=0.76,
        back=0.58,
        deep=0.15,
        leg=0.058,
        neck=0.16,
        head=0.145,
        muzzle=0.09,
        snout=0.064,
        ears="round",
        tail="thin",
        extra="stripes",
    ),
    "elephant": Build(
        coat=(138, 136, 144),
        belly=(126, 124, 132),
        legs=(124, 122, 130),
        length=0.72,
        back=0.72,
        deep=0.26,
        leg=0.088,
        neck=0.2,
        head=0.19,
        muzzle=0.06,
        snout=0.07,
        ears="sail",
        tail="thin",
        extra="trunk",
    ),
    "cat": Build(
        coat=(214, 142, 70),
        belly=(248, 238, 222),
        legs=(206, 134, 66),
        length=0.58,
        back=0.5,
        deep=0.12,
        leg=0.042,
        neck=0.12,
        head=0.15,
        muzzle=0.05,
        snout=0.056,
        ears="point",
        tail="curl",
        extra="tabby",
    ),
}


def coated(kind: str, subject: Subject) -> Build:
    """The build of a kind, in the colour that the prompt gives it."""
    build = BUILDS[kind]
    if subject.word == "unicorn":
        build = Build(
            **{
                **build.__dict__,
                "coat": (244, 240, 244),
                "belly": (250, 246, 250),
                "legs": (230, 224, 234),
                "extra": "horn",
            }
        )
    if subject.word == "panda":
        build = Build(
            **{**build.__dict__, "coat": (244, 242, 238), "legs": (40, 38, 42), "belly": (244, 242, 238)}
        )
    if subject.colour is None:
        return build
    colour = subject.colour
    if kind == "fox" and colour[0] > 170 and colour[1] < 70:
        # A "red" fox is the usual one: foxes are called red and are orange.
        return build
    return Build(
        **{
            **build.__dict__,
            "coat": colour,
            "legs": scaled(colour, 0.72),
            "belly": mix(colour, (252, 248, 240), 0.66),
        }
    )
