"""Values and words of others in our messages: cleaned, cut, and never an account's key."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from pathlib import PurePath

#: Characters of somebody else's text that a message repeats.
LONGEST_SHOWN = 80
#: What takes the place of a value that looks like a key.
HIDDEN = "(hidden: it looks like a key)"

#: A terminal's CSI, OSC (up to its terminator) and two-character escapes, as a whole: "\x1b[31mred" is "red"
#: and not "[31mred".
TERMINAL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")

#: What keys begin with: OpenAI's and compatible services', GitHub's, Google's, Hugging Face's, AWS's, and
#: JSON web tokens.
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|rk|pk|xai|gsk|hf|r8|ghp|gho|ghs|github_pat|glpat)[-_]|AIza|AKIA|ASIA|eyJ)"
    r"[A-Za-z0-9_*.-]{8,}"
    r"|\b[Bb]earer\s+\S{8,}"
)
#: Without such a beginning: a long run of letters and digits, or a UUID, such as Azure and others give out.
_ALIKE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{20,}"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
_KEY_NAME = re.compile(
    r"(?i)api.?key|secret|token|passw|passphrase|credential|bearer|authorization"
    r"|(?:^|[^a-z])(?:pwd|keys?)(?:$|[^a-z])"
)


def is_key(text: str) -> bool:
    """Whether a text holds what an account's key begins with.

    Examples
    --------
    >>> is_key("sk-proj-abcd1234efgh"), is_key("desk-lamp-from-1970")
    (True, False)
    """
    return _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """The text, in which what looks like a key is hidden.

    Examples
    --------
    >>> without_keys("'sk-test-00000000' is not a whole number")
    "'(hidden: it looks like a key)' is not a whole number"
    """
    return _KEY.sub(HIDDEN, text)


def names_key(name: str) -> bool:
    """Whether a name is one that people give to keys and passwords.

    Examples
    --------
    >>> names_key("OPENAI_API_KEY"), names_key("record_mode")
    (True, False)
    """
    return _KEY_NAME.search(name[:200]) is not None


def clean(text: str, limit: int = LONGEST_SHOWN) -> str:
    r"""One line that can be shown: no control or direction characters, no key, cut where it is longer.

    Examples
    --------
    >>> clean("a\x1b[31mb\nc")
    'a[31mb c'
    """
    # The text may be megabytes long, and all of this is linear in it.
    head = text[: limit * 4]
    kept = "".join(" " if char.isspace() else char for char in head if shows(char))
    kept = without_keys(" ".join(kept.split()))
    return kept if len(kept) <= limit and len(text) <= limit * 4 else f"{kept[: limit - 1]}…"


def upper_first(text: str) -> str:
    """The text with a capital at its beginning."""
    return f"{text[:1].upper()}{text[1:]}"


def count_of(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, in the plural but for 1.

    Examples
    --------
    >>> count_of(1, "picture"), count_of(1200, "picture"), count_of(0, "copy", "copies")
    ('1 picture', '1,200 pictures', '0 copies')
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def missing_words(wanted: int, there: int, why: object) -> str:
    """What is said beside pictures that are there, where more were asked for than can be had.

    Examples
    --------
    >>> missing_words(5, 2, "gpt-image-1 was shut down on 2026-10-23")
    '3 of 5 pictures are missing: gpt-image-1 was shut down on 2026-10-23'
    """
    missing = wanted - there
    return f"{missing} of {count_of(wanted, 'picture')} {'is' if missing == 1 else 'are'} missing: {why}"


def sentence(words: str) -> str:
    """A few words as a sentence.

    Examples
    --------
    >>> sentence("show the limits, or set one")
    'Show the limits, or set one.'
    """
    return upper_first(words) + ("" if words.endswith((".", "?")) or not words else ".")


def shown(value: object, name: str = "") -> str:
    """A value as a message repeats it: as Python writes it, cut, and without what looks like a key.

    Parameters
    ----------
    value
        Anything; of tables, lists and other objects only the kind is told.
    name
        What it was given as: nothing is repeated under the name of a key.

    Examples
    --------
    >>> shown("lwo"), shown(-3), shown({"a": 1}), shown("sk-test-00000000")
    ("'lwo'", '-3', 'a table', '(hidden: it looks like a key)')
    """
    if name and names_key(name):
        return HIDDEN
    if isinstance(value, str | PurePath):
        return _shown_text(str(value))
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        # Python refuses to write out more than 4,300 digits.
        return str(value) if value.bit_length() <= 128 else f"a number of {value.bit_length():,} bits"  # noqa: PLR2004  # 39 digits
    if isinstance(value, Decimal):
        return clean(str(value))
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple | set):
        return "a list"
    return _shown_object(value)


def _shown_text(text: str) -> str:
    head = text[: LONGEST_SHOWN * 4]
    if is_key(head) or _ALIKE.search(head):
        return HIDDEN
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…")


def _shown_object(value: object) -> str:
    try:
        told = str(value)
    except Exception:  # noqa: BLE001 - whatever an object raises while it is written, the message goes on
        told = ""
    kind = type(value).__name__
    return kind if is_key(told) or _ALIKE.search(told) or not told else f"{clean(told)} ({kind})"


def shows(character: str) -> bool:
    """Whether a character shows as itself or is a space: no control, format, surrogate or unassigned one."""
    return character.isspace() or not unicodedata.category(character).startswith("C")
