# ruff: noqa: C901, PLR0912, PLR2004, RUF001 - the marks that people type, and steps in their order
"""Reads a prompt: what is to be seen, where, when, in which colours and in which style."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from jupyter_imagegen.providers.demo import vocabulary
from jupyter_imagegen.providers.demo.palette import NAMED, Colour
from jupyter_imagegen.providers.demo.wording import plain_words

#: More words than this say nothing more to a painter; a prompt may have 32,000 characters.
MAX_WORDS = 400
MAX_SUBJECTS = 5
MAX_COUNT = 9
MAX_LINES = 4

_QUOTED = re.compile(
    r"\"([^\"]{1,160})\"|“([^”]{1,160})”|«([^»]{1,160})»|„([^“”]{1,160})[“”]|‘([^’]{1,160})’|"
    r"(?<![\w])'([^'\n]{1,160})'(?![\w])"
)
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_UNTYPED = {
    "a",
    "an",
    "the",
    "of",
    "and",
    "with",
    "in",
    "on",
    "at",
    "to",
    "its",
    "his",
    "her",
    "very",
    "by",
    "for",
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One kind of thing to be seen, and how many.

    Attributes
    ----------
    kind : str
        A painter's name, as in `vocabulary.THINGS`.
    word : str
        The word that the prompt used.
    count : int
        1 to 9.
    colour : Colour or None
        The colour that the prompt gives it.
    """

    kind: str
    word: str
    count: int = 1
    colour: Colour | None = None


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a prompt asks for, as far as a painter understands it."""

    place: str
    subjects: tuple[Subject, ...]
    time: str
    weather: str
    season: str
    styles: tuple[str, ...]
    lettering: tuple[str, ...]
    colours: tuple[Colour, ...]
    place_colour: Colour | None
    traits: frozenset[str]
    words: frozenset[str]
    named_place: bool
    seed: int

    def has(self, *words: str) -> bool:
        """Whether the prompt says one of these."""
        return not self.words.isdisjoint(words)

    def subject(self, *kinds: str) -> Subject | None:
        """The first subject of these kinds."""
        return next((s for s in self.subjects if s.kind in kinds), None)


def seed_of(*parts: object) -> int:
    """A number that follows from the parts alone, the same in every process."""
    text = "\x1f".join(str(p) for p in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


def quoted(prompt: str) -> tuple[str, ...]:
    """The texts in quotation marks, cleaned of control characters.

    Examples
    --------
    >>> quoted('a poster that says "OPEN STUDIO"')
    ('OPEN STUDIO',)
    """
    found = []
    for match in _QUOTED.finditer(prompt):
        text = next(g for g in match.groups() if g is not None)
        clean = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
        clean = " ".join(clean.split())
        if clean:
            found.append(clean)
    return tuple(found[:MAX_LINES])


def _forms(word: str) -> tuple[str, ...]:
    """The word, and what it may be the plural of."""
    forms = [word]
    if word.endswith("ies") and len(word) > 4:
        forms.append(word[:-3] + "y")
    if word.endswith("ves") and len(word) > 4:
        forms += [word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith("es") and len(word) > 3:
        forms.append(word[:-2])
    if word.endswith("s") and len(word) > 3:
        forms.append(word[:-1])
    if word in _IRREGULAR:
        forms.append(_IRREGULAR[word])
    return tuple(forms)


_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "geese": "goose",
    "mice": "mouse",
    "oxen": "ox",
}


def _lookup(table: dict[str, str], words: list[str], i: int) -> tuple[str, int, bool] | None:
    """What the table says for the words from `i` on: kind, how many words, and whether it was a plural."""
    for length in (3, 2, 1):
        if i + length > len(words):
            continue
        phrase = words[i : i + length]
        for form in _forms(phrase[-1]):
            kind = table.get(" ".join([*phrase[:-1], form]))
            if kind is not None:
                return kind, length, form != phrase[-1]
    return None


def _first(table: dict[str, str], words: list[str]) -> str:
    for i in range(len(words)):
        hit = _lookup(table, words, i)
        if hit is not None:
            return hit[0]
    return ""


def _every(table: dict[str, str], words: list[str]) -> list[str]:
    found: list[str] = []
    i = 0
    while i < len(words):
        hit = _lookup(table, words, i)
        if hit is not None and hit[0] not in found:
            found.append(hit[0])
        i += hit[1] if hit is not None else 1
    return found


def words_of(prompt: str) -> list[str]:
    """The prompt's words in lower case, quoted texts left out."""
    plain = _QUOTED.sub(" ", prompt).replace("\x00", " ").replace("'", "")
    return _WORD.findall(plain.lower())[:MAX_WORDS]


def read(prompt: str) -> Scene:
    """Read a prompt into a scene; every prompt gives one, the empty too.

    Examples
    --------
    >>> scene = read("three sailboats on a teal sea at dusk, oil painting")
    >>> scene.place, scene.time, scene.styles, scene.subjects[0].count
    ('sea', 'dusk', ('oil',), 3)
    """
    prompt = plain_words(prompt)
    words = words_of(prompt)
    subjects, colours, place_colour, place = _things(words)
    named_place = bool(place)
    if place == "page" and subjects and subjects[0].kind in ("jar", "bottle") and "label" in words:
        place = "table"
    lettering = quoted(prompt)
    styles = tuple(_every(vocabulary.STYLES, words))
    weather = _first(vocabulary.WEATHERS, words)
    season = _first(vocabulary.SEASONS, words)
    time = _first(vocabulary.TIMES, words)
    if not place:
        homes = [vocabulary.HABITATS[s.kind] for s in subjects]
        # People and solids are at home anywhere; what stands beside them says where they are.
        place = next((home for home in homes if home != "studio"), homes[0] if homes else "")
        if any(s.kind in ("train", "bridge") for s in subjects):
            place = "valley"
        if lettering and place == "":
            place = "page"
    if not place:
        place = _unnamed(prompt, time, weather, season)
    return Scene(
        place=place,
        subjects=tuple(subjects),
        time=time,
        weather=weather,
        season=season,
        styles=styles,
        lettering=lettering,
        colours=tuple(colours),
        place_colour=place_colour,
        traits=frozenset(_every(vocabulary.TRAITS, words)),
        words=frozenset(words),
        named_place=named_place,
        seed=seed_of(prompt),
    )


def _unnamed(prompt: str, time: str, weather: str, season: str) -> str:
    """A place for a prompt that names nothing we know: a landscape if it has a sky, else an abstraction."""
    if time in ("dawn", "day", "golden", "dusk", "night") or weather or season:
        return ("mountains", "sea", "meadow")[seed_of(prompt, "place") % 3]
    return "abstract"


def _things(words: list[str]) -> tuple[list[Subject], list[Colour], Colour | None, str]:
    """Subjects with counts and colours, colours that belong to nothing, the place and its colour."""
    subjects: list[Subject] = []
    free: list[Colour] = []
    place, place_colour = "", None
    colour: Colour | None = None
    number: int | None = None
    since = 0
    i = 0
    while i < len(words):
        word = words[i]
        taken = 1
        since = since + 1 if word not in _UNTYPED else since
        if since > 4:
            if colour is not None:
                free.append(colour)
            colour, number, since = None, None, 0
        thing = _lookup(vocabulary.THINGS, words, i)
        where = _lookup(vocabulary.PLACES, words, i)
        style = _lookup(vocabulary.STYLES, words, i)
        when = _lookup(vocabulary.TIMES, words, i)
        if style is not None and style[1] > 1:
            taken = style[1]
        elif when is not None and when[1] > 1:
            taken = when[1]
        elif word in NAMED and not (word == "orange" and i + 1 < len(words) and words[i + 1] == "fruit"):
            if colour is not None:
                free.append(colour)
            colour, since = NAMED[word], 0
        elif word in vocabulary.NUMBERS:
            number, since = vocabulary.NUMBERS[word], 0
        elif word.isdecimal() and len(word) < 3:
            number, since = int(word), 0
        elif where is not None and (thing is None or where[1] >= thing[1]):
            taken = where[1]
            # The first place is the picture's; a page (poster, sticker, label) is a frame for what is on it.
            if not place or (place == "page" and where[0] != "page" and not subjects):
                place, place_colour = place or where[0], colour
                colour, number = None, None
        elif thing is not None:
            taken = thing[1]
            many = number or (4 if thing[2] else 1)
            if subjects and subjects[-1].word == "portrait" and thing[0] == "person":
                # "a portrait of a woman" is one person: the woman.
                subjects.pop()
            if not any(s.kind == thing[0] for s in subjects) and len(subjects) < MAX_SUBJECTS:
                subjects.append(
                    Subject(
                        kind=thing[0],
                        word=" ".join(words[i : i + taken]),
                        count=max(1, min(MAX_COUNT, many)),
                        colour=colour,
                    )
                )
            colour, number = None, None
        i += taken
    if colour is not None:
        free.append(colour)
    return subjects, free, place_colour, place
