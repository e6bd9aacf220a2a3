"""What a notebook shows: true, small, readable without styles, and nothing in it but ours."""

import base64
import json
import re
import unicodedata
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from jupyter_imagegen import imaging
from jupyter_imagegen.core.dollars import Estimate
from jupyter_imagegen.core.request import EditRequest, InputImage
from jupyter_imagegen.core.results import Preview
from jupyter_imagegen.render import (
    Mark,
    Progress,
    Thumbnail,
    alt_text,
    caption,
    mimebundle,
    paragraphs,
    progress_html,
    progress_text,
    table,
)
from jupyter_imagegen.render.escaping import escaped, one_line, plain

OURS = {
    "style": set(),
    "div": {"class", "style"},
    "figure": set(),
    "figcaption": set(),
    "img": {"alt", "width", "height", "src"},
    "span": {"class", "role"},
    "b": set(),
    "br": set(),
    "i": {"class", "style"},
    "p": set(),
    "pre": set(),
    "table": {"class"},
    "caption": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"scope", "class"},
    "td": {"class"},
}
BAR = {"class", "role", "aria-label", "style", "aria-valuemin", "aria-valuemax", "aria-valuenow"}
# What an attacker would write, and anything at all.
HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "'><svg onload=alert(1)>",
            "</style></figure><iframe src=javascript:1>",
            "<!-- ",
            "&lt;b&gt;",
            "\x1b]8;;http://x\x07click\x1b]8;;\x07",
            "\u202egnp.exe",
            "`${__import__('os')}`",
        ]
    ),
    st.text(max_size=40),
)
SMALL = Preview(data=b"\xff\xd8\xff", mime="image/jpeg", width=4, height=3)


class Reader(HTMLParser):
    """Collects elements, attributes and text, as a browser would see them."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], ""
        self._in_style = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        if not self._in_style:
            self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def first(self, tag):
        return next(attrs for name, attrs in self.elements if name == tag)


def controls(text):
    return {c for c in text if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cs"}}


def only_ours(html):
    reader = Reader(html)
    for tag, attrs in reader.elements:
        assert tag in OURS, tag
        allowed = BAR if attrs.get("class") == "bar" else OURS[tag]
        assert set(attrs) <= allowed, (tag, attrs)
        assert attrs.get("src", "data:image/").startswith("data:image/")
    return reader


def test_the_caption_reads_like_the_design(make_result):
    assert caption(make_result()).text == (
        "2.5-flare · 1024×1024 · medium · 9.8 s · $0.0132\nsession $0.21 of $5.00"
    )


def test_a_hit_says_cached_and_what_it_saved_and_no_time(make_result):
    words = caption(make_result(origins=["store"], usd="0", saved="0.01317")).text
    assert words.startswith("2.5-flare · 1024×1024 · medium · cached · $0.00, saved $0.0132\n")


def test_some_hits_say_how_many(make_result):
    words = caption(
        make_result(n=4, origins=["store"] + ["provider"] * 3, usd="0.0395", saved="0.01317")
    ).text
    assert "4 pictures · 9.8 s · 1 of 4 cached · $0.0395, saved $0.0132" in words


def test_a_demo_picture_says_so_in_html_and_text(make_result):
    data, _ = mimebundle(make_result(provider="demo", usd="0"))
    for form in ("text/html", "text/plain"):
        text = Reader(data[form]).text if form == "text/html" else data[form]
        assert "demo picture, not a model's" in text
        assert "OPENAI_API_KEY" in text


def test_an_unknown_cost_is_never_shown_as_nothing(make_result):
    words = caption(make_result(usd=None, ceiling="0.42")).text
    assert "cost unknown" in words
    assert "$0.00" not in words


def test_notes_stand_under_the_caption(make_result):
    result = make_result(notes=("gpt-image-1.5 shuts down on 2026-12-01.",))
    assert caption(result).text.endswith("\ngpt-image-1.5 shuts down on 2026-12-01.")


def test_the_caption_of_an_edit_names_what_it_was_made_from(make_result):
    def picture(name, note=""):
        return InputImage(data=b"x", digest="d", mime="image/png", width=8, height=8, name=name, note=note)

    made = make_result()
    asked = made.request
    request = EditRequest(
        model=asked.model,
        prompt=asked.prompt,
        size=asked.size,
        quality=asked.quality,
        images=(picture("lighthouse.png", "picture 'lighthouse.png': turned upright"), picture("<b>$1</b>")),
        mask=picture("m"),
    )
    edited = replace(made, request=request, notes=("the end",))
    lines = caption(edited).lines
    assert lines[1:] == (
        "from lighthouse.png, <b>$1</b>, mask m",
        "the end",
    )
    assert "<b>$1" not in caption(edited).html
    assert not any("from" in line for line in caption(made).lines)


def test_the_figure_has_alt_text_and_keeps_its_place(make_result):
    data, _ = mimebundle(make_result(size=(1536, 1024)))
    image = only_ours(data["text/html"]).first("img")
    assert image["alt"] == "A lighthouse at dusk"
    assert (image["width"], image["height"]) == ("512", "341")
    shown = Pillow.open(BytesIO(base64.b64decode(image["src"].partition(",")[2])))
    assert shown.size == (512, 341)


def test_the_plain_picture_carries_the_same_alt_text_for_exports(make_result):
    data, metadata = mimebundle(make_result())
    assert metadata["image/jpeg"] == {"alt": "A lighthouse at dusk", "width": 512, "height": 512}
    assert Pillow.open(BytesIO(base64.b64decode(data["image/jpeg"]))).size == (512, 512)


def test_transparency_stays_in_a_png(make_result):
    data, _ = mimebundle(make_result(mode="RGBA"))
    assert "image/jpeg" not in data
    assert Pillow.open(BytesIO(base64.b64decode(data["image/png"]))).has_transparency_data


def test_the_plain_text_says_what_the_figure_says(make_result):
    data, _ = mimebundle(make_result(origins=["store"], usd="0", saved="0.01317"))
    said = Reader(data["text/html"]).text
    for words in (
        "2.5-flare",
        "1024×1024",
        "medium",
        "cached",
        "$0.00",
        "saved $0.0132",
        "session $0.21 of $5.00",
    ):
        assert words in said
        assert words in data["text/plain"]


def test_alt_text_of_the_author_goes_before_the_prompt(make_result):
    assert alt_text(make_result(alt="A tower by the sea")) == "A tower by the sea"


def test_a_long_prompt_is_cut_between_words_for_a_screen_reader(make_result):
    alt = alt_text(make_result(prompt="word " * 400))
    assert len(alt) <= 300
    assert alt.endswith("word…")


def test_several_pictures_are_figures_of_their_own_with_their_number(make_result):
    data, metadata = mimebundle(make_result(n=4))
    alts = [attrs["alt"] for tag, attrs in only_ours(data["text/html"]).elements if tag == "img"]
    assert alts == [f"A lighthouse at dusk ({i} of 4)" for i in (1, 2, 3, 4)]
    assert metadata["image/jpeg"]["alt"] == "4 pictures: A lighthouse at dusk"
    assert "4 pictures: A lighthouse at dusk" in data["text/plain"]


def test_all_forms_of_a_picture_stay_under_120_kilobytes(make_result):
    assert len(json.dumps(mimebundle(make_result()))) <= 120_000


def test_ten_pictures_stay_under_400_kilobytes(make_result):
    assert len(json.dumps(mimebundle(make_result(n=10, size=(512, 512))))) <= 400_000


def test_a_heavy_transparent_preview_is_not_saved_twice_at_full_size(make_result):
    result = make_result(mode="RGBA")
    data, _ = mimebundle(result)
    assert len(data["image/png"]) < len(base64.b64encode(result.images[0].preview.data))
    assert len(json.dumps(data)) <= 240_000


def test_another_preview_size_is_made_from_the_original(make_result):
    data, _ = mimebundle(make_result(), preview=800)
    assert Reader(data["text/html"]).first("img")["width"] == "800"


def test_no_two_dollar_signs_stand_together_where_a_typesetter_looks_for_formulas(make_result):
    result = make_result(origins=["store"], usd="0", saved="0.01317", notes=("from $1 to $2",))
    data, _ = mimebundle(result)
    estimate = Estimate(usd=Decimal(1), ceiling=Decimal(1), tokens=None, kind="exact", note="", source="")
    moment = Progress(model="$m$", size="auto", quality="$", state="$1 or $2", estimate=estimate)
    shown = [
        data["text/html"],
        table("$1 $2", ["$1 $2"], [["$a$", Mark(text="$b$", kind="ok")]], foot=["$1 $2"]).html,
        paragraphs("$1 $2", ["$1 $2"]).html,
        progress_html(moment),
    ]
    for html in shown:
        body = re.sub(r"<style>.*?</style>|<[^>]*>", "\0", html, flags=re.DOTALL)
        assert not [piece for piece in body.split("\0") if piece.count("$") > 0 and piece != "$"]
        assert 'class="imagegen mathjax_ignore tex2jax_ignore"' in html


def test_without_styles_the_text_still_reads(make_result):
    data, _ = mimebundle(make_result())
    assert Reader(data["text/html"]).text == (
        "2.5-flare · 1024×1024 · medium · 9.8 s · $0.0132session $0.21 of $5.00"
    )
    assert "<br>session" in data["text/html"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(prompt=HOSTILE, alt=HOSTILE, model=HOSTILE, quality=HOSTILE, note=HOSTILE, line=HOSTILE)
def test_nothing_from_outside_becomes_markup_under_a_picture(
    make_result, prompt, alt, model, quality, note, line
):
    result = make_result(
        prompt=prompt, alt=alt, model=model, quality=quality, notes=(note,), ledger_line=line, size=(64, 64)
    )
    data, metadata = mimebundle(result)
    reader = only_ours(data["text/html"])
    counted = [tag for tag, attrs in reader.elements if tag != "br" and (tag, attrs) != ("span", {})]
    assert counted == ["style", "div", "figure", "img", "figcaption", "b"]
    assert controls(data["text/plain"]) == set()
    assert "\x1b" not in json.dumps(metadata)


@given(cells=st.lists(HOSTILE, min_size=3, max_size=3), caption_text=HOSTILE, foot=HOSTILE)
def test_nothing_from_outside_becomes_markup_in_a_table(cells, caption_text, foot):
    view = table(
        caption_text,
        ["", cells[0], ""],
        [[cells[1], Mark(text=cells[2], kind="ok"), Thumbnail(preview=SMALL, alt=cells[0])]],
        foot=[foot],
    )
    only_ours(view.html)
    only_ours(paragraphs(caption_text, cells, code=foot).html)
    assert controls(view.text) == set()


@given(state=HOSTILE, model=HOSTILE, size=HOSTILE, quality=HOSTILE)
def test_nothing_from_outside_becomes_markup_in_progress(state, model, size, quality):
    progress = Progress(model=model, size=size, quality=quality, state=state, partial=SMALL)
    only_ours(progress_html(progress))
    assert "\n" not in progress_text(progress)


@given(st.text())
def test_plain_text_holds_no_control_or_direction_characters(text):
    made = plain(text)
    assert not set(made) & set("\x1b\x00\x07\x9b\u202e\u2066\u200f\r")
    assert plain(made) == made


@given(st.text(), st.integers(2, 80))
def test_one_line_is_one_line_and_not_too_long(text, limit):
    made = one_line(text, limit)
    assert "\n" not in made
    assert len(made) <= limit


def test_a_terminal_colour_goes_as_a_whole():
    assert plain("\x1b[31mred\x1b[0m fox") == "red fox"


def test_characters_that_turn_the_direction_of_others_go():
    assert plain("cat\u202egnp.exe \u2066a\u2069") == "catgnp.exe a"


def test_joined_emoji_and_combining_marks_survive():
    family = "\U0001f469\u200d\U0001f467 e\u0301"
    assert escaped(family) == family


def test_progress_keeps_the_place_of_the_finished_picture(make_result):
    html = progress_html(Progress(model="m", size="1536x1024", quality="low"))
    box = next(a for t, a in only_ours(html).elements if a.get("class") == "box")
    final = Reader(mimebundle(make_result(size=(1536, 1024)))[0]["text/html"]).first("img")
    assert box["style"] == f"width:{final['width']}px;height:{final['height']}px"


def test_progress_of_unknown_length_has_no_value_and_respects_reduced_motion():
    html = progress_html(Progress(model="m", size="1024x1024", quality="low", state="sent"))
    bar = next(a for _, a in only_ours(html).elements if a.get("role") == "progressbar")
    assert bar["aria-label"] == "sent"
    assert "aria-valuenow" not in bar
    assert "prefers-reduced-motion" in html


def test_progress_of_several_counts_those_that_are_there():
    progress = Progress(model="m", size="1024x1024", quality="low", pictures=4, kept=(SMALL, SMALL))
    bar = next(a for _, a in only_ours(progress_html(progress)).elements if a.get("role") == "progressbar")
    assert (bar["aria-valuenow"], bar["aria-valuemax"]) == ("2", "4")
    assert "2 of 4" in progress_text(progress)


@pytest.mark.parametrize(
    ("kind", "usd", "ceiling", "words"),
    [
        ("exact", "0.01317", "0.014", "about $0.0132"),
        ("bound", "0.05", "0.0527", "up to $0.0527"),
        ("exact", "0", "0", "free"),
        ("unknown", None, None, "price not known before the call"),
    ],
)
def test_progress_says_what_it_is_going_to_cost(kind, usd, ceiling, words):
    estimate = Estimate(
        usd=usd and Decimal(usd),
        ceiling=ceiling and Decimal(ceiling),
        tokens=None,
        kind=kind,
        note="",
        source="",
    )
    line = progress_text(Progress(model="m", size="auto", quality="low", estimate=estimate))
    assert line.endswith(words)


def test_a_table_is_aligned_in_text_and_scoped_in_html():
    view = table("Costs", ["", "spent"], [["Session", "$0.21"], ["Today", "$12.62"]], numbers={1})
    assert view.text == "Costs\n\n          spent\nSession   $0.21\nToday    $12.62"
    scopes = [a["scope"] for t, a in only_ours(view.html).elements if t == "th"]
    assert scopes == ["col", "row", "row"]


def test_of_a_table_with_a_loose_column_only_that_goes_on_in_further_lines():
    view = table("t", ["what", "key"], [["a lighthouse", "ab12"]], loose=0)
    classes = [
        (tag, attrs.get("class"))
        for tag, attrs in only_ours(view.html).elements
        if tag in {"table", "th", "td"}
    ]
    assert classes == [("table", "firm"), ("th", "loose"), ("th", None), ("th", "loose"), ("td", None)]


def test_wide_characters_keep_columns_aligned():
    view = table("t", ["a", "b"], [["灯台", "1"], ["sea", "2"]])
    assert view.text.splitlines()[2:] == ["a     b", "灯台  1", "sea   2"]


def test_a_view_shows_itself_once_in_either_kind_of_front_end():
    view = table("t", ["a"], [["b"]])
    data, _ = view._repr_mimebundle_()
    assert data["text/plain"] == str(view) == view.text


def test_a_preview_that_is_none_of_the_two_plain_kinds_is_left_to_the_figure(make_result, picture_bytes):
    result = make_result()
    gif = BytesIO()
    Pillow.open(BytesIO(picture_bytes((64, 64)))).convert("P").save(gif, "GIF")
    moving = Preview(data=gif.getvalue(), mime="image/gif", width=64, height=64)
    object.__setattr__(result.images[0], "load_preview", lambda: moving)
    data, _ = mimebundle(result)
    assert set(data) == {"text/html", "text/plain"}


def test_contact_sheets_are_made_of_the_pictures(make_result):
    data, _ = mimebundle(make_result(n=4))
    sheet = Pillow.open(BytesIO(base64.b64decode(data["image/jpeg"])))
    assert sheet.width == sheet.height
    assert imaging.inspect(base64.b64decode(data["image/jpeg"])).mime == "image/jpeg"
