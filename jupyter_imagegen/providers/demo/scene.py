"""Reads a prompt: what is to be seen, where, when, in which colours and style, and what is not known."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, replace

from jupyter_imagegen.providers.demo import vocabulary, wording
from jupyter_imagegen.providers.demo.lettering import unset
from jupyter_imagegen.providers.demo.palette import NAMED, Colour

#: More words than this say nothing more to a painter; a prompt may have 32,000 characters.
MAX_WORDS = 400
MAX_SUBJECTS = 5
MAX_COUNT = 9
#: More quoted text than this is set on a card, where there is room for it.
MAX_LETTERS = 160
#: The words that a caption lists before it only counts the others.
_LISTED = 8
_BOXES = 20
#: A colour or a number further before a thing than this many words belongs to something else.
_REACH = 4

_QUOTED = re.compile(
    r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|„([^“”]+)[“”]|‘([^’]+)’|(?<![\w])'([^'\n]+)'(?![\w])"  # noqa: RUF001 - the marks that people type
)
_TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[.,;:!?()]")  # noqa: RUF001 - an apostrophe that people type
#: Places under a sky; a card has one too.
_OUTDOORS = ("sea", "mountains", "meadow", "valley", "card")
#: How many colours that belong to no thing are used, where it is more than one.
_COLOURS = {"card": 3, "page": 3, "library": 2}
_JOINERS = ("\u200c", "\u200d")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One kind of thing to be seen."""

    kind: str  # a painter's name, as in `vocabulary.THINGS`
    word: str  # the prompt's
    count: int = 1
    colour: Colour | None = None
    colours: tuple[Colour, ...] = ()  # one for each of several, where the prompt lists them


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a prompt asks for, as far as the painter understands it."""

    place: str  # a painter of places, or `card` where what the prompt is about is not known
    subjects: tuple[Subject, ...]
    time: str = ""
    weather: str = ""
    season: str = ""
    styles: tuple[str, ...] = ()
    lettering: tuple[str, ...] = ()
    colours: tuple[Colour, ...] = ()
    place_colour: Colour | None = None
    words: frozenset[str] = frozenset()
    seed: int = 0
    said: str = ""  # the user's own words, without what a named style puts around them
    known: tuple[str, ...] = ()  # the words that are painted
    unknown: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()  # those of the known that a card follows: colour, light, weather, style

    def has(self, *words: str) -> bool:
        """Whether the prompt says one of these."""
        return not self.words.isdisjoint(words)

    def subject(self, *kinds: str) -> Subject | None:
        """The first subject of these kinds."""
        return next((s for s in self.subjects if s.kind in kinds), None)

    def told(self) -> str:
        """What the caption says: what was painted and which words and letters were not.

        Examples
        --------
        >>> read("a fox and a hedgehog at night").told()
        'Painted: fox, night. Not known: hedgehog.'
        >>> read("the water cycle").told()
        'A card, not a painting. Not known: water, cycle.'
        """
        known, unknown = self.known, self.unknown
        about = f"Painted: {_listed(known)}."
        if self.place == "edit":
            about = f"Changed: {_listed(known)}." if known else "Changed."
        if self.place == "card":
            used = tuple(word for word in known if word in self.moods)
            unknown += tuple(word for word in known if word not in used)
            about = "A card, not a painting." + (f" Used for it: {_listed(used)}." if used else "")
        missing = f" Not known: {_listed(unknown)}." if unknown else ""
        quoted_text = self.said if self.place == "card" else "".join(self.lettering)
        boxes = unset(quoted_text)
        more = " …" if len(boxes) > _BOXES else ""
        no_font = f" No typeface here has {' '.join(boxes[:_BOXES])}{more}: empty boxes." if boxes else ""
        return about + missing + no_font


def _listed(words: tuple[str, ...]) -> str:
    more = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {more} more" if more > 0 else "")


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
    found = (next(g for g in match.groups() if g is not None) for match in _QUOTED.finditer(prompt))
    return tuple(text for text in map(clean, found) if text)


def clean(text: str) -> str:
    """The text on one line, without control characters; what joins letters stays."""
    return " ".join(
        "".join(c if c in _JOINERS or unicodedata.category(c)[0] != "C" else " " for c in text).split()
    )


_IRREGULAR = {"leaves": "leaf", "shelves": "shelf", "bookshelves": "bookshelf", "foxes": "fox"}


def _forms(word: str) -> tuple[str, ...]:
    """The word, and what it may be the plural of."""
    if word in _IRREGULAR:
        return word, _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - a plural ending and a letter
        return word, word[:-3] + "y"
    if word.endswith("s") and len(word) > 3:  # noqa: PLR2004 - a plural ending and two letters
        return word, word[:-1], word[:-2] if word.endswith("es") else word[:-1]
    return (word,)


def _lookup(table: dict[str, str], words: list[str], i: int) -> tuple[str, int, bool] | None:
    """What the table says for the words from `i` on: kind, how many words, and whether it was a plural."""
    for length in (3, 2, 1):
        phrase = words[i : i + length]
        if len(phrase) < length:
            continue
        for form in _forms(phrase[-1]):
            kind = table.get(" ".join([*phrase[:-1], form]))
            if kind is not None:
                return kind, length, form != phrase[-1]
    return None


def words_of(prompt: str) -> list[str]:
    """The prompt's words and stops in lower case, quoted texts left out."""
    plain = _QUOTED.sub(" ", prompt).replace("\x00", " ").lower()
    return [re.sub(r"['’]s?$", "", word) for word in _TOKEN.findall(plain)[:MAX_WORDS]]  # noqa: RUF001


@dataclass
class _Reader:
    """Goes once through the words and notes what each of them is."""

    words: list[str]
    subjects: list[Subject] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    place_colour: Colour | None = None
    #: Colours that belong to no thing, with their words.
    free: list[tuple[str, Colour]] = field(default_factory=list)
    moods: dict[str, str] = field(default_factory=dict)
    styles: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    #: Those of the known words that a card can follow: colours, light, weather and styles.
    moody: list[str] = field(default_factory=list)
    charted: bool = False
    #: For each group of words between stops: whether its last word is `known` or `unknown`.
    heads: list[str] = field(default_factory=lambda: [""])
    _colour: Colour | None = None
    _colour_said: str = ""
    _number: int | None = None
    _since: int = 0
    _at: int = 0
    _noun_at: int = -1

    def read(self) -> None:
        while self._at < len(self.words):
            self._at += self._step(self._at)
        self._let_go()

    def _step(self, i: int) -> int:
        """Take the word at `i`, and say how many it was."""
        word = self.words[i]
        self._since += word not in vocabulary.SILENT
        if self._since > _REACH:
            self._let_go()
        if any(form in vocabulary.CHARTS for form in _forms(word)):
            self.charted = True
        for kind, table in _TABLES:
            hit = _lookup(table, self.words, i)
            better = hit and max((h[1] for _, t in _TABLES if (h := _lookup(t, self.words, i))), default=0)
            if hit is not None and hit[1] == better:
                phrase = " ".join(self.words[i : i + hit[1]])
                getattr(self, f"_{kind}")(hit[0], phrase, plural=hit[2])
                return hit[1]
        if word in vocabulary.STOPS:
            self._stop(word)
        elif word.isdecimal():
            self._number = int(word) if len(word) < 3 else None  # noqa: PLR2004 - a count has one or two digits
            self._since = 0
        elif word not in vocabulary.SILENT:
            self.unknown.append(word)
            if self.heads[-1] == "known" and self._is_part(word):
                return 1
            after_noun = self.heads[-1] == "known" and word.endswith(("ing", "ed"))
            if after_noun:
                self.heads.append("")
            else:
                self.heads[-1] = "unknown"
        return 1

    def _is_part(self, word: str) -> bool:
        """Whether it belongs to what was named so far: the label of a jar."""
        return any(form in _parts(*self.places, *(s.kind for s in self.subjects)) for form in _forms(word))

    def _let_go(self) -> None:
        """A colour that belongs to no thing colours the whole."""
        if self._colour is not None:
            self.free.append((self._colour_said, self._colour))
        self._colour, self._number, self._since = None, None, 0

    def _stop(self, word: str) -> None:
        if self.heads[-1] or word != "of":
            self.heads.append("")

    def _thing(self, kind: str, word: str, *, plural: bool) -> None:
        if self._noun_at == self._at and self.subjects:
            # In "pear tree" and "house cat" the first noun only says what kind.
            self.unknown.append(self.subjects.pop().word)
            self.known.remove(self.unknown[-1])
        self._noun_at = self._at + len(word.split())
        self.known.append(word)
        self.heads[-1] = "known"
        count = max(1, min(MAX_COUNT, self._number or (4 if plural else 1)))
        if len(self.subjects) < MAX_SUBJECTS and not any(s.kind == kind for s in self.subjects):
            self.subjects.append(Subject(kind=kind, word=word, count=count, colour=self._colour))
        self._colour, self._number = None, None

    def _place(self, kind: str, word: str, *, plural: bool) -> None:  # noqa: ARG002 - as the others
        self.known.append(word)
        self.heads[-1] = "known"
        if not self.places:
            self.place_colour = self._colour
            self._colour = None
        self.places.append(kind)
        self._number = None

    def _colour_word(self, kind: str, word: str, *, plural: bool) -> None:  # noqa: ARG002 - as the others
        self.known.append(word)
        self.moody.append(word)
        if self._colour is not None:
            self.free.append((self._colour_said, self._colour))
        self._colour, self._colour_said, self._since = NAMED[kind], word, 0

    def _count(self, kind: str, word: str, *, plural: bool) -> None:  # noqa: ARG002 - as the others
        self._number, self._since = vocabulary.NUMBERS[kind], 0

    def _style(self, kind: str, word: str, *, plural: bool) -> None:  # noqa: ARG002 - as the others
        self.known.append(word)
        self.moody.append(word)
        if kind not in self.styles:
            self.styles.append(kind)

    def _mood(self, kind: str, word: str, *, plural: bool) -> None:  # noqa: ARG002 - as the others
        self.known.append(word)
        self.moody.append(word)
        for name, table in (
            ("time", vocabulary.TIMES), ("weather", vocabulary.WEATHERS), ("season", vocabulary.SEASONS)
        ):  # fmt: skip
            found = next((table[form] for form in (word, *_forms(word)) if form in table), "")
            if found:
                self.moods.setdefault(name, found)


_TABLES: tuple[tuple[str, dict[str, str]], ...] = (
    ("colour_word", {name: name for name in NAMED}),
    ("thing", vocabulary.THINGS),
    ("place", vocabulary.PLACES),
    ("style", vocabulary.STYLES),
    ("mood", vocabulary.TIMES | vocabulary.WEATHERS | vocabulary.SEASONS),
    ("count", {name: name for name in vocabulary.NUMBERS}),
)


def _parts(*kinds: str) -> set[str]:
    """Words for what is painted with places and things of these kinds."""
    return {word for kind in kinds for word in vocabulary.PARTS.get(kind, "").split()}


def read(prompt: str, *, edit: bool = False) -> Scene:
    """What the prompt asks for; in an edit every light and weather is seen, in a painting not in each place.

    Examples
    --------
    >>> scene = read("three red sailing boats at sunset, watercolour")
    >>> scene.place, scene.subjects[0].kind, scene.subjects[0].count, scene.time, scene.styles
    ('sea', 'sailboat', 3, 'golden', ('watercolour',))
    """
    said, styles = wording.undone(prompt)
    looks = (wording.SAID_SO.get(name, name.replace("-", " ")) for name in styles)
    words = words_of(", ".join([wording.without_forbidden(said), *looks]))
    reader = _Reader(words)
    reader.read()
    lettering = quoted(said)
    place = _place_of(reader, lettering)
    if len(reader.free) >= (reader.subjects[0].count if reader.subjects else 0) > 1:
        reader.subjects[0] = replace(reader.subjects[0], colours=tuple(colour for _, colour in reader.free))
        reader.free = []
    hidden = {word for word, _ in reader.free[_COLOURS.get(place, 1) :]}
    hidden |= {word for word in reader.moody if not edit and _hidden(word, place)}
    parts = _parts(place, *reader.places, *(s.kind for s in reader.subjects))
    parted = {word for word in reader.unknown if any(form in parts for form in _forms(word))}
    card, text = place == "card", " ".join(words)
    known = {*reader.known, *(() if card else parted)} - hidden
    unknown = {*reader.unknown, *hidden} - known - (set() if card else parted)
    return Scene(
        place=place,
        subjects=() if card and not edit else tuple(reader.subjects),
        **reader.moods,
        styles=tuple(reader.styles),
        lettering=lettering,
        colours=tuple(colour for _, colour in reader.free),
        place_colour=reader.place_colour,
        words=frozenset(words),
        seed=seed_of(prompt),
        said=clean(said),
        known=tuple(sorted(known, key=text.find)),
        unknown=tuple(sorted(unknown, key=text.find)),
        moods=tuple(reader.moody),
    )


def _hidden(word: str, place: str) -> bool:
    """Whether a word for light, weather or season changes nothing in a place."""
    time = next((vocabulary.TIMES[form] for form in _forms(word) if form in vocabulary.TIMES), "")
    season = next((vocabulary.SEASONS[form] for form in _forms(word) if form in vocabulary.SEASONS), "")
    weather = any(form in vocabulary.WEATHERS for form in _forms(word))
    if place in _OUTDOORS:
        return place == "sea" and season not in ("", "winter")
    if time:
        return place in ("page", "sticker") or (place in ("table", "hall") and time not in ("candle", "day"))
    return weather or bool(season)


def _place_of(reader: _Reader, lettering: tuple[str, ...]) -> str:
    """Where it is; `card` where the first thing that is named is not known, or nothing is named."""
    head = next((head for head in reader.heads if head), "")
    if reader.charted or head != "known" or sum(map(len, lettering)) > MAX_LETTERS:
        return "card"
    places = [place for place in reader.places if place not in ("page", "sticker")]
    if "page" in reader.places and not places:
        return "page" if reader.subjects or lettering else "card"
    if "sticker" in reader.places:
        return "sticker" if reader.subjects else "card"
    homes = [vocabulary.HABITATS[s.kind] for s in reader.subjects]
    return next(iter([*places, *homes]), "card")
