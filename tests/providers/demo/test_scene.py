"""What the painter reads out of a prompt."""

from __future__ import annotations

import pytest

from jupyter_imagegen.providers.demo.palette import NAMED
from jupyter_imagegen.providers.demo.scene import MAX_COUNT, quoted, read


@pytest.mark.parametrize(
    ("prompt", "place", "subjects"),
    [
        ("a lighthouse at dusk, oil painting", "sea", [("lighthouse", 1)]),
        ("three sailboats on a teal sea, minimalist", "sea", [("sailboat", 3)]),
        ("a robot reading a book to a cat", "room", [("robot", 1), ("book", 1), ("cat", 1)]),
        ("a bowl of pears, still life, chiaroscuro", "table", [("bowl", 1), ("pear", 4)]),
        ("a steam train crossing a bridge", "valley", [("train", 1), ("bridge", 1)]),
        ("two wolves and a hot air balloon", "forest", [("wolf", 2), ("hotair", 1)]),
        ("a cyberpunk city street in the rain at night", "street", []),
        ('a jar label that says "Honey"', "table", [("jar", 1)]),
        ("five women in a library", "library", [("person", 5)]),
    ],
)
def test_places_things_and_counts_are_read(prompt, place, subjects):
    scene = read(prompt)
    assert (scene.place, [(s.kind, s.count) for s in scene.subjects]) == (place, subjects)


def test_colours_belong_to_the_thing_that_follows_them():
    scene = read("a red fox and two blue birds under a golden sky")
    assert [s.colour for s in scene.subjects] == [NAMED["red"], NAMED["blue"]]
    assert scene.colours == (NAMED["golden"],)
    assert read("boats on a teal sea").place_colour == NAMED["teal"]


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
        ("x, in the style of stained glass", ("stained_glass",)),
        ("Baroque oil painting", ("baroque", "oil")),
        ("8-bit pixel art", ("pixel",)),
    ],
)
def test_style_words_are_read(prompt, styles):
    assert read(prompt).styles == styles


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ('says "OPEN"', ("OPEN",)),
        ("says 'Grand Opening' and “Café”", ("Grand Opening", "Café")),
        ("the cat's whiskers and the dog's tail", ()),
        ('"a\x00b\x1f"', ("a b",)),
        ('""', ()),
    ],
)
def test_quoted_text_is_read_and_apostrophes_are_not_quotes(prompt, texts):
    assert quoted(prompt) == texts


def test_quoted_words_are_not_things():
    assert read('a poster that says "CAT AND DOG"').subjects == ()


def test_a_count_is_kept_within_what_can_be_painted():
    assert read("99 cats").subjects[0].count == MAX_COUNT
    assert read("0 cats").subjects[0].count >= 1


def test_a_portrait_of_somebody_is_one_person():
    assert [(s.kind, s.word) for s in read("a portrait of a woman").subjects] == [("person", "woman")]


def test_words_that_name_nothing_give_an_abstract_picture():
    assert read("the quick brown idea of justice").place == "abstract"
