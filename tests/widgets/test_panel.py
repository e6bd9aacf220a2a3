from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime
from io import BytesIO

import imageserver
import pytest
from PIL import Image as Pillow

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.errors import RequestError, SourceError
from jupyter_imagegen.imaging import Mask
from jupyter_imagegen.storage.browsing import Narrowed
from jupyter_imagegen.widgets.panel import MAX_UPLOAD, PicturePanel, panel

#: A day on which gpt-image-1.5 was not shut down yet.
BEFORE = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Told(PicturePanel):
    """A panel whose messages to the browser are kept."""

    def send(self, content, buffers=None):
        self.__dict__.setdefault("sent", []).append((content, buffers))
        super().send(content, buffers=buffers)


@pytest.fixture
def make(session):
    """Makes panels that reckon the price at once."""
    made = []

    def new(prompt="a lighthouse at dusk", *, of=None, **options):
        made.append(Told(of or session, prompt, later=lambda action: action, **options))
        return made[-1]

    yield new
    for one in made:
        one.close()


def act(shown, kind, *, buffers=(), **message):
    """A message as the browser sends it."""
    shown._handle_custom_msg({"kind": kind, **message}, list(buffers))


def wait(shown, name, wanted):
    """Wait until a trait is as wanted."""
    there = threading.Event()

    def look(_change=None):
        if wanted(getattr(shown, name)):
            there.set()

    shown.observe(look, name)
    look()
    assert there.wait(30), getattr(shown, name)
    shown.unobserve(look, name)


def generate(shown, **message):
    act(shown, "generate", **message)
    wait(shown, "run", lambda run: not run)


def held_picture(gate):
    """A proper answer that waits for the gate."""
    picture = base64.b64encode(imageserver.paint("1024x1024", seed="held")).decode()
    reply = imageserver.rows({"b64_json": picture})
    reply.gate = gate
    return reply


def control(shown, name):
    return next((one for one in shown.controls if one["name"] == name), None)


def values(shown, name):
    return [one["value"] for one in control(shown, name)["options"]]


# What can be chosen


def test_only_what_the_model_takes_can_be_chosen_and_the_choices_follow_it(make, new_session):
    before = new_session(now=lambda: BEFORE)
    shown = make(of=before, model="gpt-image-2.6-flare", quality="max", size="2048x2048", complexity="high")
    assert values(shown, "quality") == ["low", "medium", "high", "xhigh", "max"]
    assert "svg" in values(shown, "output_format")
    assert control(shown, "size")["free"]

    shown.choices = {**shown.choices, "model": "gpt-image-1.5"}
    assert values(shown, "quality") == ["low", "medium", "high"]
    assert values(shown, "size") == ["1024x1024", "1536x1024", "1024x1536"]
    assert not control(shown, "size")["free"]
    assert control(shown, "complexity") is None
    chosen = shown.choices
    assert (chosen["quality"], chosen["size"], chosen["complexity"]) == ("high", "1024x1024", "")
    assert shown.quote["allowed"], shown.quote


def test_a_transparent_background_is_offered_only_where_a_model_makes_one(make):
    shown = make(model="gpt-image-2.5-flare", background="transparent")
    assert "transparent" in values(shown, "background")
    shown.choices = {**shown.choices, "model": "gpt-image-2"}
    assert "transparent" not in values(shown, "background")
    assert shown.choices["background"] == ""


def test_compression_can_be_chosen_only_for_files_that_are_compressed(make):
    shown = make()
    assert control(shown, "output_compression") is None
    shown.choices = {**shown.choices, "output_format": "webp", "output_compression": 0}
    assert control(shown, "output_compression")["most"] == 100
    generate(shown)
    assert shown.result.request.output_compression == 0


def test_what_the_settings_say_is_chosen_first_and_named_where_nothing_is_chosen(make, session):
    session.configure(quality="medium", size="1536x1024", background="opaque", model="gpt-image-2")
    shown = make()
    assert (shown.choices["model"], shown.choices["size"], shown.choices["quality"]) == (
        "gpt-image-2",
        "1536x1024",
        "medium",
    )
    assert control(shown, "background")["options"][0]["label"] == "as configured: opaque"


def test_garbled_choices_from_a_page_change_nothing(make):
    shown = make()
    before = dict(shown.choices)
    shown.choices = {**before, "n": "many", "quality": None, "model": 7, "unknown": "x"}
    assert shown.choices == before
    shown.choices = {"n": 99}
    assert shown.choices == {**before, "n": 10}


def test_an_option_that_no_panel_has_is_refused(session):
    with pytest.raises(RequestError, match="'qualty' is not a choice of the panel"):
        panel("a cat", session=session, qualty="low")


# The price


def test_the_price_changes_with_the_choices_and_says_what_it_cannot_pass(make):
    shown = make()
    assert shown.quote["price"] == "about $0.0059"
    assert "at most $0.006" in shown.quote["words"]
    shown.choices = {**shown.choices, "n": 4}
    assert shown.quote["price"] == "about $0.0237"
    assert shown.quote["words"].startswith("for 4")
    shown.choices = {**shown.choices, "model": "gpt-image-2.6-flare"}
    assert shown.quote["price"].startswith("up to ")


def test_a_stored_picture_costs_nothing_and_of_several_only_the_missing_ones_do(make):
    shown = make()
    generate(shown)
    assert (shown.quote["price"], shown.quote["words"]) == ("$0.00", "in the store")
    shown.choices = {**shown.choices, "n": 3}
    assert shown.quote["price"] == "about $0.0119"
    assert shown.quote["words"].startswith("1 of 3 in the store")


def test_without_a_key_the_price_says_that_it_is_a_demo_and_what_a_real_one_costs(make, new_session, home):
    shown = make(of=new_session(environ={"IMAGEGEN_HOME": str(home)}, demo_fallback=True))
    assert shown.quote["price"] == "free"
    assert shown.quote["words"] == "offline demo picture · real: about $0.0059; set OPENAI_API_KEY"


def test_over_budget_the_price_turns_into_a_refusal_that_says_how_to_go_on(make, session, server):
    session.accounts.budget("0.02", per="day")
    shown = make()
    assert shown.quote["allowed"]
    assert shown.quote["words"].endswith("$0.02 left today")

    shown.choices = {**shown.choices, "quality": "high"}
    assert not shown.quote["allowed"]
    said = shown.quote["reason"]
    assert said.startswith("Over budget: this would cost up to $0.0")
    assert "$0.02 of today's $0.02 is left" in said
    assert "`%imagegen budget 1 --per day`" in said

    # The button is only a courtesy: the ledger refuses whatever a page sends.
    generate(shown)
    assert "is left" in shown.problem
    assert server.calls == 0
    assert shown.cards == []


def test_an_unknown_price_is_refused_where_there_is_a_budget_and_told_where_there_is_none(make, session):
    shown = make(model="gpt-image-2.6-flare", output_format="gif")
    assert shown.quote["allowed"]
    assert shown.quote["price"] == "price not known before the call"
    session.accounts.budget(5, per="month")
    assert not shown.quote["allowed"]
    assert "%imagegen budget none --per month" in shown.quote["reason"]


def test_a_size_that_cannot_be_is_refused_with_the_nearest_one(make):
    shown = make(size="1000x1000")
    assert not shown.quote["allowed"]
    assert "multiples of 16. Nearest: 1008x1008" in shown.quote["reason"]
    assert shown.choices["size"] == "1000x1000"


def test_the_price_follows_what_other_cells_spend(make, session):
    session.accounts.budget("0.01", per="session")
    shown = make()
    assert shown.quote["allowed"]
    session.generate("something else")
    assert not shown.quote["allowed"]


def test_a_model_that_is_going_is_named_with_its_last_day(make, new_session):
    shown = make(of=new_session(now=lambda: BEFORE), model="gpt-image-1.5")
    labels = [one["label"] for one in control(shown, "model")["options"]]
    assert "gpt-image-1.5 (until 2026-12-01)" in labels
    assert not any("dall-e" in label for label in labels)


# Runs


def test_pictures_come_into_the_places_that_were_kept_for_them(make, server):
    shown = make(n=2, size="1536x1024")
    seen = []
    shown.observe(lambda change: seen.append([(c["id"], c["pending"]) for c in change["new"]]), "cards")
    generate(shown)
    places = [place for place, _ in seen[0]]
    assert seen[0] == [(place, True) for place in places]
    assert len(places) == 2
    assert all([place for place, _ in step] == places for step in seen)
    assert seen[-1] == [(place, False) for place in places]
    first = shown.cards[0]
    assert first["alt"] == "a lighthouse at dusk (1 of 2)"
    assert first["price"].startswith("$0.00")
    assert first["caption"].startswith("2.5-flare · 1536×1024 · low · ")
    assert shown.said == "2 pictures are there."
    assert shown.selected == places[0]
    assert len(shown.result.images) == 2


def test_pictures_from_the_store_are_marked_and_cost_nothing(make, server):
    generate(make())
    again = make()
    generate(again)
    card = again.cards[0]
    assert card["tags"] == [{"text": "cached", "kind": "ok"}]
    assert card["price"] == f"$0.00, saved {format_usd(again.result.cost.saved_usd)}"
    assert server.calls == 1


def test_unfinished_pictures_come_before_the_finished_one_in_its_place(make):
    shown = make(partial_images=2)
    generate(shown)
    place = shown.cards[0]["id"]
    pushed = [(message["id"], bytes(buffers[0])) for message, buffers in shown.sent]
    assert [where for where, _ in pushed] == [place] * 3
    assert len({data for _, data in pushed}) == 3
    assert pushed[-1][1] == shown.result.images[0].preview.data
    assert all(len(data) < 45_000 for _, data in pushed)


def test_an_action_returns_at_once_while_the_provider_works_and_a_second_one_is_not_begun(make, server):
    gate = threading.Event()
    server.script(held_picture(gate))
    shown = make()
    act(shown, "generate")
    server.arrived.wait(30)
    wait(shown, "run", lambda run: run.get("state") == "being made")
    assert (shown.run["total"], shown.run["done"]) == (1, 0)
    act(shown, "generate", prompt="another thing")
    assert shown.said.startswith("One is being made already")
    gate.set()
    wait(shown, "run", lambda run: not run)
    assert server.calls == 1


def test_a_detached_run_gives_the_panel_back_and_its_picture_comes_into_its_place(make, server):
    gate = threading.Event()
    server.script(held_picture(gate))
    shown = make()
    act(shown, "generate")
    server.arrived.wait(30)
    act(shown, "detach")
    assert shown.run == {}
    assert shown.cards[0]["caption"] == "in the background"

    generate(shown, prompt="a red fox")
    assert [card["pending"] for card in shown.cards] == [False, True]
    selected = shown.selected
    gate.set()
    wait(shown, "cards", lambda cards: not any(card["pending"] for card in cards))
    assert [card["alt"] for card in shown.cards] == ["a red fox", "a lighthouse at dusk"]
    assert shown.selected == selected


def test_a_cancelled_run_leaves_no_place_and_says_that_it_may_be_billed(make, server):
    server.script(held_picture(threading.Event()))
    shown = make()
    act(shown, "generate")
    server.arrived.wait(30)
    act(shown, "cancel")
    wait(shown, "run", lambda run: not run)
    assert shown.cards == []
    assert shown.said == "Cancelled. What had been sent may be billed."
    assert shown.problem == ""


def test_a_key_that_is_not_accepted_is_shown_in_the_panel(make, server):
    server.script(imageserver.wrong_key())
    shown = make()
    generate(shown)
    assert "key" in shown.problem
    assert imageserver.KEY not in shown.problem
    assert shown.cards == []
    generate(shown)
    assert shown.problem == ""
    assert len(shown.cards) == 1


def test_nothing_is_begun_without_words(make, server):
    shown = make("  ")
    act(shown, "generate")
    assert shown.problem == "there is no prompt yet. Write what the picture should show."
    assert server.calls == 0


def test_two_panels_at_once_do_not_disturb_each_other(make, server):
    gate = threading.Event()
    server.script(held_picture(gate))
    one, two = make("a lighthouse"), make("a red fox", quality="medium")
    act(one, "generate")
    server.arrived.wait(30)
    generate(two)
    assert one.run
    assert (len(one.cards), len(two.cards)) == (1, 1)
    assert two.cards[0]["alt"] == "a red fox"
    gate.set()
    wait(one, "run", lambda run: not run)
    assert one.cards[0]["alt"] == "a lighthouse"
    assert one.choices["quality"] == "low"


def test_a_long_day_keeps_only_the_newest_pictures_in_the_strip(make):
    shown = make(n=10)
    for i in range(4):
        generate(shown, prompt=f"picture {i}")
    assert 24 <= len(shown.cards) <= 33
    assert shown.cards[0]["alt"].startswith("picture 3")
    with pytest.raises(RequestError, match="no longer in the panel"):
        shown._runs.card("r1-0")


# Going on from a picture


def test_edit_asks_what_should_change_with_the_hand_that_made_the_picture(make, server):
    shown = make(quality="medium", size="1536x1024")
    generate(shown)
    shown.choices = {**shown.choices, "quality": "low", "size": "1024x1024"}
    act(shown, "edit", id=shown.cards[0]["id"])
    assert shown.prompt == ""
    assert [chip["role"] for chip in shown.inputs] == ["edit"]
    assert (shown.choices["quality"], shown.choices["size"]) == ("medium", "1536x1024")

    generate(shown, prompt="make it winter")
    assert server.last.path.endswith("/images/edits")
    assert server.last.files[0].data == server.pictures[0]
    assert server.last.fields["prompt"] == "make it winter"


def test_taking_the_picture_out_again_gives_the_words_back(make):
    shown = make("a lighthouse at dusk")
    generate(shown)
    act(shown, "edit", id=shown.cards[0]["id"])
    act(shown, "drop_input", id=shown.inputs[0]["id"])
    assert shown.inputs == []
    assert shown.prompt == "a lighthouse at dusk"


def test_references_go_in_after_the_picture_to_change_and_raise_the_price(make, server):
    shown = make()
    generate(shown)
    place = shown.cards[0]["id"]
    act(shown, "reference", id=place)
    alone = shown.quote["price"]
    assert alone > "about $0.0059"
    other = imageserver.paint("64x64", seed="upload")
    act(shown, "add_file", name="cat.png", buffers=[memoryview(other)])
    act(shown, "edit", id=place)
    assert [(chip["role"], chip["label"]) for chip in shown.inputs] == [
        ("edit", "a lighthouse at dusk"),
        ("reference", "a lighthouse at dusk"),
        ("reference", "cat.png"),
    ]
    generate(shown, prompt="put the cat on the lighthouse")
    assert [upload.data for upload in server.last.files] == [server.pictures[0], server.pictures[0], other]


def test_a_file_that_is_no_picture_or_too_large_is_refused_in_the_panel(make):
    shown = make()
    act(shown, "add_file", name="notes.txt", buffers=[b"just words"])
    assert "notes.txt" in shown.problem or "picture" in shown.problem
    act(shown, "add_file", name="big.png", buffers=[bytes(MAX_UPLOAD + 1)])
    assert "the browser can send 8 MB" in shown.problem
    assert shown.inputs == []


def test_a_file_with_folders_in_its_name_is_known_by_its_last_part(make):
    shown = make()
    act(shown, "add_file", name="../../etc/cat.png", buffers=[imageserver.paint("64x64")])
    assert shown.inputs[0]["label"] == "cat.png"


def test_python_can_add_references_too(make, tmp_path):
    shown = make()
    path = tmp_path / "cat.png"
    path.write_bytes(imageserver.paint("64x64"))
    shown.add_reference(path)
    shown.add_reference(Pillow.new("RGB", (8, 8)))
    assert shown.inputs[0]["label"] == "cat.png"
    assert len(shown.inputs) == 2
    with pytest.raises(SourceError):
        shown.add_reference("no-such-file.png")


def test_what_is_painted_in_the_mask_editor_goes_with_the_edit(make, server):
    shown = make()
    generate(shown)
    act(shown, "mask", id=shown.cards[0]["id"])
    assert control(shown, "keep_outside") is not None
    assert shown.prompt == ""
    # Nothing painted is no mask.
    assert shown._asked().mask is None

    alpha = Pillow.new("RGBA", (1024, 1024), "black")
    alpha.paste((0, 0, 0, 0), (0, 0, 512, 1024))
    painted = BytesIO()
    alpha.save(painted, "PNG")
    shown.editor.drawn = painted.getvalue()
    assert isinstance(shown._asked().mask, Mask)
    shown.choices = {**shown.choices, "keep_outside": True}
    generate(shown, prompt="a full moon")
    assert [upload.field for upload in server.last.files].count("mask") == 1
    original = Pillow.open(BytesIO(server.pictures[0])).convert("RGB")
    edited = shown.result.images[0].pil.convert("RGB")
    right = (512, 0, 1024, 1024)
    assert edited.crop(right).tobytes() == original.crop(right).tobytes()
    assert edited.tobytes() != original.tobytes()


def test_without_its_picture_the_mask_is_gone_too(make):
    shown = make()
    generate(shown)
    act(shown, "mask", id=shown.cards[0]["id"])
    shown.choices = {**shown.choices, "keep_outside": True}
    act(shown, "drop_input", id=shown.inputs[0]["id"])
    assert shown.editor is None
    assert shown.choices["keep_outside"] is False


def test_another_buys_one_more_drawing_of_the_same_request(make, server):
    shown = make(n=2)
    generate(shown)
    act(shown, "another", id=shown.cards[1]["id"])
    wait(shown, "run", lambda run: not run)
    assert server.calls == 2
    assert server.last.fields.get("n", 1) == 1
    assert len(shown.cards) == 3
    assert shown._runs.cards[0].image.sample == 2


def test_save_writes_a_copy_and_says_where(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = make()
    generate(shown)
    card = shown.cards[0]
    assert card["file"] == "a-lighthouse-at-dusk.png"
    act(shown, "save", id=card["id"], name=card["file"])
    assert (tmp_path / card["file"]).read_bytes() == shown.result.images[0].bytes
    assert shown.said == f"Saved as {card['file']} in {tmp_path}."
    (tmp_path / "mine.png").write_bytes(b"another picture")
    act(shown, "save", id=card["id"], name="mine.png")
    assert "already exists" in shown.problem
    assert (tmp_path / "mine.png").read_bytes() == b"another picture"
    act(shown, "save", id=card["id"], name="../outside.png")
    assert "leads out of" in shown.problem
    act(shown, "save", id=card["id"], name="")
    assert shown.problem


def test_a_favourite_is_kept_in_the_store_and_shown(make, session):
    shown = make()
    generate(shown)
    browsing, key = session.workshop.storage.browsing, shown.result.key
    act(shown, "favourite", id=shown.cards[0]["id"], on=True)
    assert shown.cards[0]["favourite"] is True
    assert browsing.one(key, 0).favourite
    # Another panel that brings it from the store shows it as one.
    other = make()
    generate(other)
    assert other.cards[0]["favourite"] is True
    act(other, "favourite", id=other.cards[0]["id"], on=False)
    assert other.cards[0]["favourite"] is False
    assert not browsing.one(key, 0).favourite


def test_of_two_composites_the_one_that_was_marked_is_the_favourite(make, session):
    shown = make(n=2)
    generate(shown)
    act(shown, "mask", id=shown.cards[0]["id"])
    alpha = Pillow.new("RGBA", (1024, 1024), "black")
    alpha.paste((0, 0, 0, 0), (0, 0, 512, 1024))
    painted = BytesIO()
    alpha.save(painted, "PNG")
    shown.editor.drawn = painted.getvalue()
    shown.choices = {**shown.choices, "keep_outside": True}
    generate(shown, prompt="a full moon")
    act(shown, "favourite", id=shown.cards[1]["id"], on=True)
    assert [card["favourite"] for card in shown.cards[:2]] == [False, True]
    pictures = session.workshop.storage.browsing.page(Narrowed(favourite=True)).pictures
    assert [each.image.digest for each in pictures] == [shown.result.images[1].digest]
    # What a cell calls it is the composite too, and not the picture that the model made.
    keys = shown.result.composites
    act(shown, "edit", id=shown.cards[1]["id"])
    assert f"-i {keys[1]}" in shown._asked().cell()


def test_a_picture_is_sent_again_to_a_view_that_asks_for_it(make):
    shown = make()
    generate(shown)
    shown.sent.clear()
    place = shown.cards[0]["id"]
    act(shown, "picture", id=place)
    assert shown.sent == [({"kind": "picture", "id": place}, [shown.result.images[0].preview.data])]
    act(shown, "picture", id="r99-0")
    assert len(shown.sent) == 1


def test_what_went_wrong_stays_to_be_read_while_views_fetch_pictures_and_prices(make, server):
    server.script(imageserver.wrong_key())
    shown = make()
    generate(shown)
    said = shown.problem
    act(shown, "picture", id="r1-0")
    act(shown, "refresh")
    assert shown.problem == said != ""


@pytest.mark.parametrize("kind", sorted(PicturePanel.actions))
def test_no_message_from_a_page_brings_the_panel_down(make, server, kind):
    shown = make("")
    act(shown, kind)
    act(shown, kind, id=["x"], name={"a": 1}, on="yes", prompt=7, choices="x")
    assert server.calls == 0


# Its other forms


def test_its_state_is_small_and_plain_json(make):
    shown = make(n=3)
    generate(shown)
    state = {name: value for name, value in shown.get_state().items() if not name.startswith("_")}
    del state["layout"]
    assert len(json.dumps(state)) < 20_000


def test_the_static_form_shows_the_newest_pictures_with_their_price_and_stays_small(make):
    shown = make('<script>alert("x")</script> & $5', n=4)
    generate(shown)
    data = shown._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert sum(len(form) for form in data.values() if isinstance(form, str)) < 120_000
    assert "<script>" not in data["text/html"]
    assert data["text/html"].count("<img alt=") == 3
    assert "2.5-flare · 1024×1024 · low" in data["text/plain"]
    Pillow.open(BytesIO(base64.b64decode(data.get("image/jpeg") or data["image/png"]))).load()


def test_the_static_form_of_an_empty_panel_says_what_it_is(make):
    assert "Run the cell to use it" in make("").static()["text/plain"]
