"""The one table of options and commands; the parsers of both faces, help and completion read it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

#: Who offers an option: the cell and line magics, the command line.
Face = Literal["magic", "cli"]
#: Who uses its value: the request (it changes the picture), the call (how it is sent), the face itself.
Use = Literal["request", "call", "face"]
#: Where completion finds values; the empty string for a list that stands in the table or for none.
Values = Literal[
    "", "models", "sizes", "qualities", "backgrounds", "output_formats", "complexities", "styles", "providers"
]

_BOTH: frozenset[Face] = frozenset(("magic", "cli"))
_MAGIC: frozenset[Face] = frozenset(("magic",))


def whole_number(text: str) -> int:
    """Read a whole number.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a whole number") from None


def seconds(text: str) -> float:
    """Read a positive number of seconds; `90` and `90s` are both understood.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    try:
        value = float(text.removesuffix("s"))
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a time in seconds")
    return value


def dollars(text: str) -> Decimal:
    """Read US dollars, exactly; `0.05` and `$0.05` are both understood.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is not a number of dollars, or less than nothing.
    """
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r} is not an amount in US dollars") from None
    if not value.is_finite() or value < 0:
        raise ArgumentTypeError(f"{text!r} is not an amount in US dollars")
    return value


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a picture.

    Attributes
    ----------
    name : str
        OpenAI's parameter name, verbatim, where OpenAI has one; also the attribute of the parsed namespace.
    flags : tuple of str
        As typed, the short one first.
    cli_flags : tuple of str
        As typed on the command line, where that differs.
    help : str
        What it does, in a few words, without a full stop.
    group : str
        The heading in the help.
    metavar : str
        What stands for the value in the help; empty for a switch.
    convert : callable or None
        Reads the value; None for text. Raises `argparse.ArgumentTypeError`.
    choices : tuple of str
        Values worth offering. A hint: whether the model takes a value is for the catalog to say.
    values : str
        Which of the catalog's lists completion offers besides `choices`.
    repeatable : bool
        Whether it may be given more than once; then its value is a list.
    use : {"request", "call", "face"}
        Who uses it.
    faces : frozenset of {"magic", "cli"}
        Who offers it.
    """

    name: str
    flags: tuple[str, ...]
    cli_flags: tuple[str, ...] = ()
    help: str
    group: str
    metavar: str = ""
    convert: Callable[[str], object] | None = None
    choices: tuple[str, ...] = ()
    values: Values = ""
    repeatable: bool = False
    use: Use = "request"
    faces: frozenset[Face] = _BOTH

    @property
    def switch(self) -> bool:
        """Whether it stands alone, without a value."""
        return not self.metavar

    def flags_for(self, face: Face) -> tuple[str, ...]:
        """Return the flags as they are typed at a face."""
        return self.cli_flags if face == "cli" and self.cli_flags else self.flags


_PICTURE = "The picture"
_GOES_IN = "What goes in"
_FILE = "The file"
_MONEY = "Money and care"
_HERE = "In the notebook"

#: Every option of a picture, in the order of the help.
OPTIONS: tuple[Option, ...] = (
    Option(
        name="model", flags=("-m", "--model"), metavar="MODEL", values="models", group=_PICTURE,
        help="the image model; the command `models` lists them",
    ),
    Option(
        name="n", flags=("-n",), metavar="N", convert=whole_number, group=_PICTURE, use="call",
        help="how many pictures, 1 to 10; those already in the store are not bought again",
    ),
    Option(
        name="size", flags=("-s", "--size"), metavar="SIZE", values="sizes", group=_PICTURE,
        help="WIDTHxHEIGHT in pixels, such as 1536x1024; an edit without it takes its first picture's shape",
    ),
    Option(
        name="quality", flags=("-q", "--quality"), metavar="QUALITY", values="qualities", group=_PICTURE,
        help="low, medium, high, and on newer models xhigh and max; the price follows it",
    ),
    Option(
        name="background", flags=("--background",), metavar="KIND", values="backgrounds", group=_PICTURE,
        help="opaque or transparent",
    ),
    Option(
        name="complexity", flags=("--complexity",), metavar="LEVEL", values="complexities", group=_PICTURE,
        help="how much the model plans before it draws: low, medium or high",
    ),
    Option(
        name="style", flags=("--style",), metavar="NAME", values="styles", repeatable=True, group=_PICTURE,
        help="put a named style around the prompt; the command `styles` lists them",
    ),
    Option(
        name="moderation", flags=("--moderation",), metavar="LEVEL", choices=("auto", "low"), group=_PICTURE,
        help="how strictly OpenAI filters: auto or low",
    ),
    Option(
        name="image", flags=("-i", "--image"), metavar="SOURCE", choices=("last",), repeatable=True,
        group=_GOES_IN,
        help="a picture to change or to take from: a path, an allowed URL, `last`, a key, or in a notebook "
        "the name of anything that is a picture",
    ),
    Option(
        name="mask", flags=("--mask",), metavar="SOURCE", group=_GOES_IN,
        help="where to change the first picture: transparent means here",
    ),
    Option(
        name="markup", flags=("--markup",), metavar="SOURCE", group=_GOES_IN,
        help="a transparent picture with instructions drawn on it; not together with a mask",
    ),
    Option(
        name="input_fidelity", flags=("--input-fidelity",), metavar="LEVEL", choices=("low", "high"),
        group=_GOES_IN,
        help="how closely older models keep to the picture that goes in: low or high",
    ),
    Option(
        name="keep_outside", flags=("--keep-outside",), group=_GOES_IN, use="call",
        help="put the original back everywhere outside the mask, exactly",
    ),
    Option(
        name="feather", flags=("--feather",), metavar="PX", convert=whole_number, group=_GOES_IN, use="call",
        help="with --keep-outside: let the edit fade in over this many pixels inside the mask's border",
    ),
    Option(
        name="output_format", flags=("--output-format",), metavar="FORMAT", values="output_formats",
        group=_FILE,
        help="png, jpeg or webp, and gif on models that can",
    ),
    Option(
        name="output_compression", flags=("--output-compression",), metavar="0-100", convert=whole_number,
        group=_FILE,
        help="the quality of a jpeg or webp, in percent",
    ),
    Option(
        name="frame_count", flags=("--frame-count",), metavar="N", convert=whole_number, group=_FILE,
        help="pictures in a gif, 2 to 16",
    ),
    Option(
        name="frame_duration_ms", flags=("--frame-duration-ms",), metavar="MS", convert=whole_number,
        group=_FILE,
        help="how long a gif shows each, in milliseconds",
    ),
    Option(
        name="save", flags=("--save",), cli_flags=("-o", "--save"), metavar="PATH", group=_FILE, use="face",
        help="write a copy there; more than one are numbered",
    ),
    Option(
        name="provider", flags=("--provider",), metavar="NAME", values="providers", group=_MONEY,
        use="call",
        help="who makes it: openai, demo (free, offline), or another that is installed",
    ),
    Option(
        name="max_cost", flags=("--max-cost",), metavar="USD", convert=dollars, group=_MONEY, use="call",
        help="refuse the call if it could cost more than this",
    ),
    Option(
        name="dry_run", flags=("--dry-run",), group=_MONEY, use="face",
        help="show the exact request, its key and its price, and send nothing",
    ),
    Option(
        name="fresh", flags=("--fresh",), group=_MONEY, use="call",
        help="make a new picture even if one is stored; the old one is kept",
    ),
    Option(
        name="timeout", flags=("--timeout",), metavar="SECONDS", convert=seconds, group=_MONEY, use="call",
        help="for the whole call, retries included",
    ),
    Option(
        name="partial_images", flags=("--partial-images",), metavar="0-3", convert=whole_number,
        choices=("0", "1", "2", "3"), group=_MONEY, use="call",
        help="show this many unfinished pictures on the way; each costs 100 output tokens",
    ),
    Option(
        name="safety_identifier", flags=("--safety-identifier",), metavar="ID", group=_MONEY, use="call",
        help="a stable id of the person asking, passed on to OpenAI",
    ),
    Option(
        name="alt", flags=("--alt",), metavar="TEXT", group=_HERE, use="call",
        help="what a screen reader says; the prompt unless given",
    ),
    Option(
        name="out", flags=("-o", "--out"), metavar="NAME", group=_HERE, use="face", faces=_MAGIC,
        help="bind the result to this name",
    ),
    Option(
        name="preview", flags=("--preview",), metavar="PX", convert=whole_number, group=_HERE, use="face",
        faces=_MAGIC,
        help="the long side of what is shown, in pixels; the original is not touched",
    ),
    Option(
        name="nowait", flags=("--nowait",), group=_HERE, use="face", faces=_MAGIC,
        help="return at once; the picture appears under the cell when it is ready",
    ),
    Option(
        name="raw", flags=("--raw",), group=_HERE, use="face", faces=_MAGIC,
        help="take prompt and options as they are written, without filling in variables",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command of `%imagegen`.

    Attributes
    ----------
    name : str
        Its first word.
    usage : str
        What may follow it.
    help : str
        What it does, in a few words.
    pictures : bool
        Whether it takes a prompt and the options of a picture.
    """

    name: str
    usage: str = ""
    help: str
    pictures: bool = False


#: Every command of `%imagegen`, in the order of the help.
COMMANDS: tuple[Command, ...] = (
    Command(
        name="costs", usage="[held | settle ID USD|unbilled]",
        help="what was spent, by time and by model, and what the store saved; calls of unknown cost",
    ),
    Command(
        name="estimate", usage='"PROMPT" [options]', help="the price, before; spends nothing", pictures=True
    ),
    Command(
        name="plan", usage="[NOTEBOOK] [--max-usd USD] [--write | --run]",
        help="what a notebook costs, cell by cell; runs nothing",
    ),
    Command(
        name="history", usage="[TEXT] [--limit N]", help="pictures made so far, those with TEXT in the prompt"
    ),
    Command(name="show", usage="KEY|last", help="a stored picture and how it was made"),
    Command(
        name="forget", usage="KEY | --prompt TEXT | --before DATE [--dry-run]",
        help="delete stored pictures and every word of them; what they cost stays in the costs",
    ),
    Command(
        name="budget", usage="[USD|none] [--per session|day|month|total]", help="show the limits, or set one"
    ),
    Command(name="models", usage="[MODEL]", help="what each model takes and costs"),
    Command(name="styles", usage="[NAME]", help="the named styles"),
    Command(
        name="cassette",
        usage="[use|add|list|verify|prune|merge|pack|export …]",
        help="recorded pictures that replay with no key and no network",
    ),
    Command(
        name="config", usage="[NAME=VALUE …]",
        help="every setting, and where it comes from; or set some for this session",
    ),
    Command(name="doctor", help="check the setup: what is wrong, and what a cell would do"),
    Command(name="help", usage="[TOPIC]", help="a page of the manual, or its list of topics"),
    Command(name="wait", usage="[--timeout SECONDS]", help="wait for pictures still being made"),
    Command(name="cancel", help="abandon pictures still being made; what was sent may be billed"),
)  # fmt: skip
