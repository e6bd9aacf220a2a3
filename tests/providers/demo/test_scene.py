"""What the painter reads out of a prompt, what it leaves to a card, and what it says of both."""

from __future__ import annotations

import pytest

from jupyter_imagegen.core.prompts import apply_styles, load_styles
from jupyter_imagegen.providers.demo import vocabulary
from jupyter_imagegen.providers.demo.palette import NAMED
from jupyter_imagegen.providers.demo.scene import MAX_COUNT, quoted, read
from jupyter_imagegen.providers.demo.wording import undone

STYLES = load_styles()


@pytest.mark.parametrize(
    ("prompt", "place", "subjects"),
    [
        ("a lighthouse at dusk, oil painting", "sea", [("lighthouse", 1)]),
        ("three sailing boats on a teal sea, minimalist", "sea", [("sailboat", 3)]),
        ("a robot reading a book to a cat", "room", [("robot", 1), ("book", 1), ("cat", 1)]),
        ("a still life with pears and a blue vase", "table", [("pear", 4), ("vase", 1)]),
        ("a steam train crossing a viaduct", "valley", [("train", 1)]),
        ('a jar label that says "Honey"', "table", [("jar", 1)]),
        ("five foxes in a library", "library", [("fox", 5)]),
        ("a pear tree", "meadow", [("tree", 1)]),
        ("a poster of a fox", "page", [("fox", 1)]),
        ("an old lighthouse made of glass", "sea", [("lighthouse", 1)]),
    ],
)
def test_places_things_and_counts_are_read(prompt, place, subjects):
    scene = read(prompt)
    assert (scene.place, [(s.kind, s.count) for s in scene.subjects]) == (place, subjects)


@pytest.mark.parametrize(
    "prompt",
    [
        "the water cycle", "a diagram of a lighthouse", "a bar chart of foxes", "a map of a harbour", "a tree diagram",
        "a hedgehog in a meadow", "mitochondria", "a chess board", "a court shoe", "a lighthouse keeper", "a train timetable",
        "an oil painting of an otter", "the sea cucumber", "a fox's den", "a poster of the water cycle", "a town hall", "a table of elements", "a page of text", "a valley", "field mouse", "a red panda", "the quick brown idea of justice",
        "灯台", "", "winter", 'a label that says "HELLO"', f'a poster that says "{"word " * 60}"',
    ],
)  # fmt: skip
def test_what_is_not_known_is_a_card_whatever_else_the_prompt_names(prompt):
    scene = read(prompt)
    assert (scene.place, scene.subjects) == ("card", ())
    assert scene.told().startswith("A card, not a painting.")


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a fox and a hedgehog at night", "Painted: fox, night. Not known: hedgehog."),
        ("a cat in a space suit", "Painted: cat. Not known: space, suit."),
        ("a hedgehog at night, watercolour", "A card, not a painting. Used for it: night, watercolour. Not known: hedgehog."),
        ("a lighthouse at dusk", "Painted: lighthouse, dusk."),
        ("a lighthouse in isometric style", "Painted: lighthouse. Not known: isometric."),
        ("a harbour in autumn", "Painted: harbour. Not known: autumn."),
        ("a meadow in autumn", "Painted: meadow, autumn."),
        ("a house cat", "Painted: cat. Not known: house."),
        ('a poster that says "HELLO"', "Painted: poster."),
    ],
)  # fmt: skip
def test_the_caption_says_what_is_painted_and_which_words_are_not(prompt, told):
    assert read(prompt).told() == told


def test_every_word_of_a_prompt_is_told_once_or_names_nothing():
    prompt = "a small fox and two hedgehogs beside a purple elephant in a misty field at dawn, watercolour"
    scene = read(prompt)
    told = {word for phrase in (*scene.known, *scene.unknown) for word in phrase.split()}
    silent = vocabulary.SILENT | vocabulary.STOPS | set(vocabulary.NUMBERS)
    assert told == {word.strip(",") for word in prompt.split()} - silent
    assert not set(scene.known) & set(scene.unknown)


def test_a_word_that_comes_twice_is_not_both_painted_and_unknown():
    assert read("a train, a pine, a train photograph").told() == "Painted: train, pine, photograph."


def test_a_long_prompt_is_told_in_one_short_line():
    assert len(read("a fox and " + " ".join(f"thing{i}" for i in range(400))).told()) < 200


def test_colours_belong_to_the_thing_that_follows_them():
    scene = read("a red fox and two blue boats under a golden sky")
    assert [s.colour for s in scene.subjects] == [NAMED["red"], NAMED["blue"]]
    assert scene.colours == (NAMED["golden"],)
    assert read("boats on a teal sea").place_colour == NAMED["teal"]


def test_listed_colours_are_shared_among_several_things():
    (boats,) = read("a harbour, 3 boats: red, white, blue").subjects
    assert boats.colours == (NAMED["red"], NAMED["white"], NAMED["blue"])


@pytest.mark.parametrize(
    ("prompt", "time", "weather", "season"),
    [
        ("the golden hour over hills", "golden", "", ""),
        ("a foggy autumn morning", "dawn", "fog", "autumn"),
        ("a rainy night", "night", "rain", ""),
        ("a village in snow", "", "snow", "winter"),
    ],
)
def test_time_weather_and_season_are_read(prompt, time, weather, season):
    scene = read(prompt)
    assert (scene.time, scene.weather, scene.season) == (time, weather, season)


@pytest.mark.parametrize(
    ("prompt", "styles"),
    [
        ("x, ukiyo-e woodcut", ("woodcut",)),
        ("Baroque oil painting", ("baroque", "oil")),
        ("pixel art", ("pixel",)),
    ],
)
def test_style_words_are_read(prompt, styles):
    assert read(prompt).styles == styles


@pytest.mark.parametrize("name", sorted(STYLES))
def test_every_style_of_the_package_leaves_the_subject_in_the_picture(name):
    scene = read(apply_styles("a red fox", [STYLES[name]]))
    assert [s.kind for s in scene.subjects] == ["fox"]
    assert scene.said == "a red fox"
    assert scene.styles or set(scene.unknown) == set(name.split("-")), "what is not known is said"


def test_styles_around_styles_are_undone_too():
    prompt = apply_styles("a red fox", [STYLES["watercolour"], STYLES["poster"]])
    assert undone(prompt) == ("a red fox", ("poster", "watercolour"))


def test_what_a_prompt_forbids_is_not_painted():
    assert not read("a meadow without boats, no cats").subjects


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ('says "OPEN"', ("OPEN",)),
        ("says 'Grand Opening' and “Café”", ("Grand Opening", "Café")),
        ("the cat's whiskers and the dog's tail", ()),
        ('"a\x00b\x1f"', ("a b",)),
        ('"می\u200cخواهم"', ("می\u200cخواهم",)),
        ('""', ()),
        ('a sign that says "NO ENTRY"', ("NO ENTRY",)),
    ],
)
def test_quoted_text_is_read_and_apostrophes_are_not_quotes(prompt, texts):
    assert quoted(prompt) == texts


def test_quoted_words_are_not_things():
    assert read('a poster that says "CAT AND DOG"').subjects == ()


def test_a_count_is_kept_within_what_can_be_painted():
    assert read("99 cats").subjects[0].count == MAX_COUNT
    assert read("0 cats").subjects[0].count >= 1
