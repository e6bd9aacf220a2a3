"""What the commands show: sums, limits, stored pictures, models, settings, a request before it is sent."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from jupyter_imagegen.config import load_settings
from jupyter_imagegen.core.budgets import Budget
from jupyter_imagegen.core.dollars import Estimate
from jupyter_imagegen.core.prompts import load_styles
from jupyter_imagegen.core.request import EditRequest, InputImage
from jupyter_imagegen.errors import DamagedPictureError
from jupyter_imagegen.providers import load_provider
from jupyter_imagegen.providers.base import Check
from jupyter_imagegen.render import history, views
from jupyter_imagegen.storage import HistoryEntry, Spending, Spent

TODAY = date(2026, 11, 22)
MOMENT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def spent(usd="0", held="0", *, unpriced=0, pictures=0, hits=0, saved="0"):
    return Spent(
        usd=Decimal(usd),
        held_usd=Decimal(held),
        unpriced=unpriced,
        calls=pictures,
        pictures=pictures,
        hits=hits,
        saved_usd=Decimal(saved),
    )


def spending(one):
    return Spending(session=one, day=one, month=one, total=one)


def price(usd="0.0132", ceiling="0.014", kind="exact", note="by OpenAI's published calculator"):
    return Estimate(
        usd=usd and Decimal(usd),
        ceiling=ceiling and Decimal(ceiling),
        tokens=None,
        kind=kind,
        note=note,
        source="genai-prices 0.2.3, 2026-10-14",
    )


def line(view, start):
    """The line of a plain table that begins with these words."""
    return next(text for text in view.text.splitlines() if text.startswith(start))


def entry(images=(), **changed):
    values = {
        "key": "ab12" * 16,
        "namespace": None,
        "provider": "openai",
        "operation": "generate",
        "model": "gpt-image-2.5-flare",
        "prompt": "a lighthouse <at> dusk",
        "parameters": {"size": "1024x1024", "quality": "low"},
        "inputs": {},
        "first_made": datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
        "last_made": datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
        "images": tuple(images),
        "lost": 0,
        "cost_usd": Decimal("0.0059"),
        "notebook": "lesson.ipynb",
        "alt": "",
    }
    return HistoryEntry(**values | changed)


def test_costs_show_what_was_spent_saved_and_is_left():
    one = spent("0.62", "0.05", pictures=12, hits=3, saved="0.04")
    view = views.costs_view(spending(one), {"gpt-image-2": one}, [Budget(scope="day", usd=Decimal(2))])
    assert line(view, "today").split() == [
        "today",
        "$0.62",
        "$0.05",
        "$1.33",
        "of",
        "$2.00",
        "12",
        "3",
        "$0.04",
    ]
    assert line(view, "2 ").split() == ["2", "$0.62", "$0.05", "12", "3", "$0.04"]
    assert "budgets count them as spent" in view.text


def test_what_is_left_of_a_budget_is_never_less_than_nothing():
    view = views.costs_view(spending(spent("3")), {}, [Budget(scope="day", usd=Decimal(2))])
    assert "$0.00 of $2.00" in line(view, "today")


def test_costs_without_a_known_price_are_not_shown_as_nothing():
    view = views.costs_view(spending(spent("0", "0", unpriced=2)), {}, [])
    assert "2 unknown" in line(view, "today")


def test_budgets_show_limit_spent_and_left():
    budgets = [Budget(scope="day", usd=Decimal(5)), Budget(scope="total", usd=Decimal("0.5"))]
    view = views.budget_view(budgets, spending(spent("0.40", "0.10")))
    assert line(view, "today").split() == ["today", "$5.00", "$0.40", "+", "$0.10", "held", "$4.50"]
    assert line(view, "all time").endswith("nothing")


def test_no_budget_says_how_to_set_one():
    assert "%imagegen budget 5 --per day" in views.budget_view([], spending(spent())).text


def test_history_has_a_thumbnail_with_alt_text_and_the_key_to_show_it(make_result):
    view = history.history_view([entry(make_result(size=(256, 256)).images)])
    parser = HTMLParser()
    seen = []
    parser.handle_starttag = lambda tag, attrs: seen.append((tag, dict(attrs)))
    parser.feed(view.html)
    (image,) = [attrs for tag, attrs in seen if tag == "img"]
    assert image["alt"] == "a lighthouse <at> dusk"
    assert int(image["width"]) <= 72
    assert "ab12ab12ab12" in view.text
    assert len(view.html) < 12_000


def test_a_damaged_picture_does_not_stop_the_history(make_result):
    def broken():
        raise DamagedPictureError("changed on disk")

    (image,) = make_result(size=(64, 64)).images
    object.__setattr__(image, "load_preview", broken)
    assert "gone" in history.history_view([entry([image])]).html
    assert "<img" not in history.recipe_view(entry([image], lost=1)).html
    assert "1 damaged or missing" in history.recipe_view(entry([image], lost=1)).text


def test_an_empty_history_says_so():
    assert "Nothing yet" in history.history_view([]).text
    assert "No prompt contains “boat”" in history.history_view([], text="boat").text


def test_a_recipe_shows_its_pictures_and_every_parameter(make_result):
    made = entry(make_result(n=2, size=(64, 64)).images, inputs={"images": ["cd" * 32], "mask": None})
    view = history.recipe_view(made)
    assert view.html.count("<img") == 2
    assert line(view, "quality").split() == ["quality", "low"]
    assert line(view, "images").split() == ["images", "cdcdcdcdcdcd"]
    assert "mask" not in view.text


def test_models_say_what_they_cost_and_until_when_they_are_there():
    view = views.models_view([load_provider("openai")], moment=MOMENT, default="gpt-image-2.5-flare")
    assert "default" in line(view, "gpt-image-2.5-flare")
    assert "medium $0.0132" in line(view, "gpt-image-2.5-flare")
    assert "up to $" in line(view, "gpt-image-2.6-flare")
    assert "until 2026-12-01" in line(view, "gpt-image-1.5")
    assert line(view, "dall-e-3").split() == ["dall-e-3", "retired", "png", "use", "gpt-image-2.5-flare"]


def test_one_model_shows_all_that_it_takes():
    maker = load_provider("openai")
    view = views.model_view(maker, maker.models().get("gpt-image-2.5-flare"), moment=MOMENT)
    assert "xhigh" in line(view, "qualities")
    assert "gpt-image-2.5-flare-2026-09-08" in line(view, "also called")
    assert "instead" not in view.text
    gone = views.model_view(maker, maker.models().get("dall-e-3"), moment=MOMENT)
    assert line(gone, "instead").split() == ["instead", "gpt-image-2.5-flare"]


def test_styles_are_listed_and_each_shows_its_words():
    styles = load_styles()
    assert "watercolour" in views.styles_view(styles.values()).text
    assert "$prompt" in views.style_view(styles["watercolour"]).text


def test_settings_show_where_each_comes_from():
    settings = load_settings(environ={"IMAGEGEN_MODEL": "gpt-image-2"}, notebook_dir=None)
    view = views.settings_view(settings)
    assert line(view, "model").split() == ["model", "gpt-image-2", "environment", "IMAGEGEN_MODEL"]
    assert line(view, "timeout").split() == ["timeout", "300", "default"]


def test_checks_tell_what_is_ok_from_what_is_not():
    checks = [
        Check(name="key", ok=False, text="not set", hint="Set OPENAI_API_KEY."),
        Check(name="store", ok=True, text="4 pictures"),
        Check(name="budget", ok=None, text="none is set"),
    ]
    view = views.checks_view(checks)
    assert line(view, "key") == "key     problem  not set. Set OPENAI_API_KEY."
    assert line(view, "store") == "store   OK       4 pictures"


@pytest.mark.parametrize(
    ("n", "stored", "words"),
    [
        (1, 0, "1 to be made by openai (api.example)"),
        (4, 1, "1 of 4 stored, 3 to be made by openai"),
        (4, 4, "all 4 stored: would cost $0.00"),
    ],
)
def test_a_plan_says_what_is_stored_and_what_is_not(make_result, n, stored, words):
    request = make_result(size=(64, 64)).request
    view = views.plan_view(
        request,
        key="ab" * 32,
        provider="openai",
        endpoint="api.example",
        n=n,
        stored=stored,
        price=price(),
        listed=price(),
        notes=("a note",),
    )
    assert words in view.text
    assert "Nothing was sent" in view.text
    assert f"key {'ab' * 32}" in view.text
    assert "a note" in view.text


def test_a_plan_holds_the_exact_request_as_json_and_no_picture_bytes():
    picture = InputImage(
        data=b"secret bytes", digest="cd" * 32, mime="image/png", width=64, height=48, name="m.png"
    )
    request = EditRequest(
        model="gpt-image-2",
        prompt='say "hi" <b>',
        size="1024x1024",
        quality="low",
        images=(picture,),
        mask=picture,
    )
    view = views.plan_view(
        request, key="k", provider="openai", endpoint="e", n=2, stored=0, price=price(), listed=price()
    )
    sent = json.loads(view.text[view.text.index("{\n") :])
    assert sent["prompt"] == 'say "hi" <b>'
    assert sent["n"] == 2
    assert sent["image"] == sent["mask"] == ["m.png, 64×48, cdcdcdcdcdcd"]
    assert "secret" not in view.html


def estimated(make_result, listed, *, now=None, n=1, stored=0):
    request = make_result(size=(64, 64)).request
    return views.estimate_view(listed, request=request, n=n, stored=stored, price=now or listed).text


def test_an_estimate_names_its_ceiling_and_its_source(make_result):
    text = estimated(make_result, price(), n=4)
    assert "about $0.0132 for 4 pictures · 2.5-flare" in text
    assert "at most $0.014" in text
    assert "genai-prices 0.2.3" in text


def test_an_unknown_price_is_said_to_be_unknown(make_result):
    text = estimated(make_result, price(usd=None, ceiling=None, kind="unknown", note="nobody publishes it"))
    assert "price not known before the call" in text
    assert "nobody publishes it" in text
    assert "$0.00" not in text


def test_an_estimate_says_what_is_stored_already(make_result):
    assert "now: $0.00, because it is in the store" in estimated(make_result, price(), stored=1)
    assert "1 of 4 are in the store" in estimated(make_result, price(), n=4, stored=1)


def test_an_estimate_where_demo_would_paint_names_the_real_price_and_says_so(make_result):
    text = estimated(make_result, price(), now=price(usd="0", ceiling="0"))
    assert "about $0.0132" in text
    assert "offline demo picture" in text
