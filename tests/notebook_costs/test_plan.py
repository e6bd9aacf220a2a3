from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from jupyter_imagegen.errors import ConfigError, RequestError
from jupyter_imagegen.notebook_costs import plan_notebook, plan_notebooks, plans_view
from jupyter_imagegen.notebook_costs.notebook import MAX_NOTEBOOK_BYTES
from jupyter_imagegen.session import Session

IMPORT = "import jupyter_imagegen as imagegen"
#: One low 1024x1024 picture of gpt-image-2.5-flare for a short prompt is 196 tokens and some words.
ONE = Decimal("0.0059")


def prices(plan):
    return [row.price.usd for row in plan.rows]


def only(plan):
    (row,) = plan.rows
    return row


def test_every_way_to_ask_for_a_picture_is_a_row_of_its_cell(plan):
    found = plan(
        "%%imagegen -n 2\na fox",
        '# first\n%imagegen "an owl" -q high\nx = 1',
        'r = %imagegen "a bear"',
        f'{IMPORT}\nimagegen.generate("a cat", size="1536x1024")',
        'await imagegen.agenerate("a dog")',
        'r.edit("make it winter")',
        "from jupyter_imagegen import edit as change\nchange('a hat', image=r)",
    )
    assert [row.cell for row in found.rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row.prompt for row in found.rows] == [
        "a fox", "an owl", "a bear", "a cat", "a dog", "make it winter", "a hat",
    ]  # fmt: skip
    assert [row.n for row in found.rows] == [2, 1, 1, 1, 1, 1, 1]
    assert found.rows[1].quality == "high"
    assert found.rows[3].size == "1536x1024"
    assert not any(row.error or row.unknown for row in found.rows)


def test_a_price_is_the_one_that_the_cell_itself_would_say(plan, new_session):
    row = only(plan("%%imagegen -q high -s 1536x1024 -n 3 --style watercolour\na red fox"))
    asked = {"quality": "high", "size": "1536x1024", "n": 3, "style": "watercolour"}
    said = new_session().estimate("a red fox", **asked)
    assert (row.price.usd, row.price.ceiling, row.price.kind) == (said.usd, said.ceiling, said.kind)


def test_what_costs_nothing_is_no_row(plan):
    found = plan(
        "%%imagegen --dry-run\na fox",
        '%imagegen estimate "a fox" -q high',
        "%imagegen plan other.ipynb",
        "%imagegen costs",
        '# %imagegen "a fox"',
        ("%%imagegen -s 7x7\na fox", "raises-exception"),
        nbformat.v4.new_raw_cell("%%imagegen\na fox"),
        nbformat.v4.new_markdown_cell("%%imagegen\na fox"),
        f'{IMPORT}\nimagegen.estimate("a fox")\nimagegen.history()',
        "%imagegen?",
        "print('imagegen.generate()')",
    )
    assert found.rows == ()
    assert found.from_nothing.usd == 0
    assert "no cell makes a picture" in plans_view(_alone(found)).text


def _alone(plan):
    from jupyter_imagegen.notebook_costs import Plans

    return Plans(notebooks=(plan,), from_nothing=plan.from_nothing, now=plan.now)


def test_constants_of_the_notebook_are_used_in_options_and_prompts(plan):
    row = only(
        plan(
            'season, size = "winter", "1536x1024"\nboats = ["red", "white"]',
            "count = len(boats) + 1",
            '%%imagegen -s $size -n $count\na $season harbour, ${len(boats)} boats: ${", ".join(boats)}',
        )
    )
    assert (row.prompt, row.size, row.n) == ("a winter harbour, 2 boats: red, white", "1536x1024", 3)
    assert not row.about
    assert row.key


@pytest.mark.parametrize(
    "before",
    [
        "size = input()",
        "size = '1024x1024'\nsize = '1536x1024'",
        "if True or x:\n    pass\nfor size in open('x'):\n    pass",
        "sizes = ['1024x1024']\nsizes.append('x')\nsize = sizes[0]",
        "def size(): pass",
        "from settings import size",
        "",
    ],
)
def test_a_size_that_only_running_would_tell_has_no_price_and_says_why(plan, before):
    row = only(plan(before, "%%imagegen -s $size\na fox"))
    assert row.price.usd is None
    assert row.now.usd is None
    assert "size depends on `size`" in row.unknown[0]


@pytest.mark.parametrize("option", ["size", "quality", "model", "n", "output_format", "provider"])
def test_each_option_that_makes_the_price_must_be_known(plan, option):
    found = plan(f'{IMPORT}\nvalue = input()\nimagegen.generate("a fox", {option}=value)')
    assert f"{option} depends on `value`" in only(found).unknown[0]
    assert found.from_nothing.unknown == 1


def test_options_in_a_table_are_known_where_the_table_is(plan):
    found = plan(
        f'{IMPORT}\nasked = {{"size": "1536x1024", "n": 2}}\nimagegen.generate("a fox", **asked)',
        'imagegen.generate("a fox", **load())',
    )
    assert (found.rows[0].size, found.rows[0].n) == ("1536x1024", 2)
    assert "`**load()`" in found.rows[1].unknown[0]


def test_a_prompt_that_is_not_known_has_a_price_and_nobody_knows_whether_it_is_stored(plan):
    found = plan(
        "season = input()",
        "%%imagegen\na harbour in $season",
        f'{IMPORT}\nimagegen.generate(f"a harbour in {{season}}")',
    )
    for row in found.rows:
        assert row.about
        assert row.stored is None
        assert row.key == ""
        assert row.price.usd == pytest.approx(ONE, abs=Decimal("0.0002"))
        assert "depend on `season`" in row.notes[0]
    # They may differ, so both are paid.
    assert found.from_nothing.usd == sum(prices(found))
    assert found.pictures == 2


def test_the_same_request_twice_is_paid_once_and_a_larger_n_buys_the_rest(plan):
    found = plan(
        "%%imagegen -n 2\na fox", '%imagegen "a fox"', "%%imagegen -n 4\na fox", "%%imagegen --fresh\na fox",
        "%%imagegen --raw\na fox",
    )  # fmt: skip
    two, none, rest, fresh, raw = prices(found)
    assert none == raw == 0
    assert two == rest == 2 * fresh
    assert "2 of 4 are an earlier cell's" in found.rows[2].notes
    assert found.pictures == 5


def test_a_loop_over_what_is_written_out_is_priced_round_by_round_and_others_are_unknown(plan):
    found = plan(
        IMPORT,
        'for animal in ["a fox", "an owl", "a bear"]:\n    imagegen.generate(animal)',
        'for i in range(2):\n    for j in range(4):\n        %imagegen "$i and $j"',
        '[imagegen.generate(x) for x in ("a", "b")]',
        "for path in folder.iterdir():\n    imagegen.generate(path.name)",
        "while go():\n    imagegen.generate(go())",
        "def draw(what):\n    return imagegen.generate(what)",
        "draw_all = lambda what: imagegen.generate(what)",
        "map(imagegen.generate, words)",
    )
    asked = [row.prompt for row in found.rows if row.price.usd]
    pairs = [f"{i} and {j}" for i in range(2) for j in range(4)]
    assert asked == ["a fox", "an owl", "a bear", *pairs, "a", "b"]
    for row, why in zip(
        found.rows[13:], ("folder.iterdir()", "while", "`draw`", "lambda", "handed on"), strict=True
    ):
        assert row.price.usd is None, row
        assert why in row.unknown[0]


def test_a_request_that_is_the_same_each_time_round_is_paid_once(plan):
    row = only(plan(f'{IMPORT}\ndef draw():\n    return imagegen.generate("a fox")'))
    assert row.price.usd == pytest.approx(ONE, abs=Decimal("0.0002"))
    assert "the same request each time, paid once" in row.notes
    fresh = only(plan(f'{IMPORT}\ndef draw():\n    return imagegen.generate("a fox", fresh=True)'))
    assert fresh.price.usd is None


def test_a_branch_counts_as_if_it_ran_and_one_that_never_runs_does_not(plan):
    found = plan(
        f'{IMPORT}\nif lucky():\n    imagegen.generate("a fox")\nif False:\n    imagegen.generate("an owl")'
    )
    row = only(found)
    assert row.price.usd
    assert "only if `lucky()`" in row.notes


def test_settings_that_cells_change_hold_from_there_on(plan):
    found = plan(
        "%%imagegen\na fox",
        '%config Imagegen.quality = "high"',
        "%%imagegen\na fox",
        f'{IMPORT}\nimagegen.configure(quality="medium", size="1536x1024")',
        "%%imagegen\na fox",
        "imagegen.configure(quality=None, size=None)",
        "%%imagegen\nan owl",
        "imagegen.configure(quality=pick())",
        "%%imagegen\na fox",
        "%%imagegen -q low\na bear",
        "%env IMAGEGEN_MODEL=gpt-image-2",
        "%%imagegen -q low\na cat",
    )
    assert [row.quality for row in found.rows] == ["low", "high", "medium", "low", "", "low", "low"]
    assert found.rows[2].size == "1536x1024"
    assert "quality: cell 8 sets it to" in found.rows[4].unknown[0]
    assert "model: cell 11 names IMAGEGEN_MODEL" in found.rows[6].unknown[0]


def test_a_setting_that_cannot_be_is_what_its_cell_answers(plan):
    row = only(plan("import jupyter_imagegen as imagegen\nimagegen.configure(qualty='high')"))
    assert "'qualty'" in row.error


def test_the_settings_file_beside_the_notebook_counts_and_not_the_one_here(
    tmp_path, monkeypatch, new_session
):
    lesson, here = tmp_path / "lesson", tmp_path / "here"
    for folder, quality in ((lesson, "high"), (here, "medium")):
        folder.mkdir()
        (folder / "imagegen.toml").write_text(
            f'quality = "{quality}"\n[styles.ink]\nprompt = "$prompt, in ink"'
        )
    nbformat.write(_one("%%imagegen --style ink\na fox"), lesson / "a.ipynb")
    monkeypatch.chdir(here)
    row = only(plan_notebook(new_session(), "../lesson/a.ipynb"))
    assert (row.quality, row.error) == ("high", "")
    (lesson / "imagegen.toml").write_text("qualty = 1")
    with pytest.raises(ConfigError, match="qualty"):
        plan_notebook(new_session(), lesson / "a.ipynb")


def _one(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


def test_an_edit_takes_the_size_of_the_picture_that_an_earlier_cell_makes(plan, new_session, tmp_path):
    Image.new("RGB", (1536, 1024)).save(tmp_path / "large.png")
    found = plan(
        "%%imagegen -s 1536x1024 -o big\na fox",
        "%%imagegen -i big\nmake it winter",
        "%%imagegen -i last\nmake it night",
        '%imagegen "make it summer" -i big -i large.png',
    )
    session = new_session()
    large = tmp_path / "large.png"
    assert found.rows[1].price.usd == session.estimate("make it winter", image=large).usd
    # `last` is the edit before, which has the shape of what it was made from.
    assert found.rows[2].price.usd == session.estimate("make it night", image=large).usd
    assert [row.size for row in found.rows] == ["1536x1024"] * 4
    assert found.rows[3].price.usd == session.estimate("make it summer", image=[large, large]).usd


def test_a_picture_whose_size_nobody_knows_makes_no_price(plan):
    found = plan(
        "%%imagegen -i last\nmake it winter",
        "%%imagegen -i photo.jpg\nmake it winter",
        "photo = load()",
        "%%imagegen -i photo\nmake it winter",
        "%%imagegen -i https://example.org/a.png\nmake it winter",
        "house = load()\nhouse.edit('make it winter')",
    )
    whys = [
        "made before this notebook",
        "not there yet",
        "`photo` is not known",
        "not on this machine",
        "`house`",
    ]
    for row, why in zip(found.rows, whys, strict=True):
        assert row.price.usd is None
        assert why in row.unknown[0]


def test_the_same_edit_under_the_same_mask_is_paid_once_unless_code_may_change_the_mask(plan):
    cells = [
        "%%imagegen -o house\na house",
        "mask = paint()",
        "%%imagegen -i house --mask mask\na night sky",
        "%%imagegen -i house --mask mask --keep-outside --feather 8\na night sky",
    ]
    first, again = prices(plan(*cells))[1:]
    assert first > again == 0
    assert all(usd > 0 for usd in prices(plan(*cells[:3], "more(mask)", cells[2])))
    api = 'edit("a night sky", image=house, mask=mask, size="1024x1024")'
    assert all(
        usd > 0 for usd in prices(plan(*cells[:2], f"from jupyter_imagegen import edit\n{api}\n{api}"))
    )


def test_what_a_cell_would_be_refused_for_is_its_row(plan):
    found = plan(
        "%%imagegen -s 1000x1000\na fox",
        "%%imagegen --qualty high\na fox",
        "%%imagegen",
        "%imagegen a fox",
        "%%imagegen -m gpt-image-1\na fox",
        "# words above\n%%imagegen\na fox",
        f"{IMPORT}\nimagegen.generate('a fox', qualty='high')",
        "imagegen.generate('a fox', n='many')",
        "imagegen.generate('a fox', model=['a', 'list'])",
        "imagegen.generate(",
        "%%imagegen\na ${unclosed",
        "%%imagegen --style nobodys\na fox",
    )
    told = [row.error for row in found.rows]
    words = ["1008x1008", "--quality", "no prompt", "needs quotes", "gpt-image-1", "first line", "'qualty'", "'many'",
             "list", "not Python", "closing brace", "nobodys"]  # fmt: skip
    for error, word in zip(told, words, strict=True):
        assert word in error, error
    assert (found.from_nothing.usd, found.from_nothing.unknown) == (0, 0)


def test_a_name_that_code_may_have_filled_is_not_taken_for_what_it_was(plan):
    found = plan(
        "%%imagegen -s 1536x1024 -o big\na fox",
        "big = smaller(big)",
        "%%imagegen -i big\nmake it winter",
    )
    assert found.rows[1].price.usd is None


@pytest.mark.parametrize(
    "between",
    [
        "def helper():\n    import jupyter_imagegen as imagegen\n    return imagegen.__version__",
        "if slow():\n    import jupyter_imagegen as imagegen",
        "for imagegen_x in range(2):\n    import jupyter_imagegen as imagegen",
        "helper = lambda imagegen: 1",
        "class A:\n    import jupyter_imagegen as imagegen",
        "help(imagegen)",
        "ig = imagegen\nimagegen = ig",
    ],
)
def test_the_package_is_not_lost_from_sight(plan, between):
    found = plan(IMPORT, between, 'imagegen.generate("a fox")')
    assert only(found).price.usd


def test_a_name_that_is_something_else_now_is_not_the_package(plan):
    assert plan(IMPORT, "import pictures as imagegen", 'imagegen.generate("a fox")').rows == ()


@pytest.mark.parametrize(
    "source",
    [
        "helper(imagegen)",
        "getattr(imagegen, 'generate')('a fox')",
        "tool.package = imagegen",
        "run = [imagegen.generate]",
        "get_ipython().run_line_magic('imagegen', '\"a ' + animal)",
        "subprocess.run('jupyter-imagegen generate fox', shell=True)",
    ],
)
def test_what_may_buy_out_of_sight_is_unknown_and_not_nothing(plan, source):
    row = only(plan(IMPORT, source))
    assert row.unknown
    assert row.price.usd is None


@pytest.mark.parametrize(
    "between",
    [
        "with open_picture() as r:\n    pass",
        "for r in pictures:\n    pass",
        "r = other()",
        "if lucky():\n    r = other()",
        "def r(): pass",
        "class r: pass",
        "import r",
        "del r",
    ],
)
def test_a_result_whose_name_may_hold_something_else_is_unknown(plan, between):
    found = plan(f'{IMPORT}\nr = imagegen.generate("a fox")', between, 'r.edit("make it winter")')
    assert found.rows[-1].unknown


def test_a_session_of_ones_own_is_asked_like_the_package(plan):
    found = plan(
        'import jupyter_imagegen\ns = jupyter_imagegen.default_session()\ns.generate("a fox")',
        'from jupyter_imagegen.session import Session\nSession().submit("an owl")',
    )
    assert [row.prompt for row in found.rows] == ["a fox", "an owl"]
    assert all(row.price.usd for row in found.rows)


def test_another_store_that_a_cell_sets_is_not_opened(plan, tmp_path):
    found = plan(f"{IMPORT}\nimagegen.configure(home={str(tmp_path / 'elsewhere')!r})", "%%imagegen\na fox")
    assert only(found).stored is None
    assert "another store" in " ".join(only(found).notes)
    assert not (tmp_path / "elsewhere").exists()


def test_an_unpublished_price_is_unknown_and_not_nothing(plan):
    found = plan("%%imagegen -m gpt-image-2.6 --output-format gif\na running fox")
    row = only(found)
    assert row.error or row.unknown
    assert row.price.usd is None


def test_python_under_a_magic_is_read_and_a_shell_is_named(plan):
    found = plan(
        IMPORT,
        '%%time\nimagegen.generate("a fox")',
        '%%timeit\nimagegen.generate("an owl", fresh=True)',
        '!jupyter imagegen generate "a fox"',
        "%run other.ipynb",
    )
    assert found.rows[0].price.usd
    assert "as often as it likes" in found.rows[1].unknown[0]
    assert "command line" in found.rows[2].unknown[0]
    assert "runs another file" in found.notes[0]


def test_stored_pictures_cost_nothing_now_and_a_chain_is_known_to_its_end(session, written):
    path = written(
        "%%imagegen -o house\na house",
        "%%imagegen -i house -n 2\nmake it winter",
        "%%imagegen\nan owl",
    )
    before = plan_notebook(session, path)
    assert before.now.usd == before.from_nothing.usd
    house = session.generate("a house")
    session.edit("make it winter", image=house)
    after = plan_notebook(session, path)
    assert after.from_nothing == before.from_nothing
    assert [row.stored for row in after.rows] == [1, 1, 0]
    assert [row.now.usd for row in after.rows] == [0, after.rows[1].price.usd / 2, after.rows[2].price.usd]
    assert after.rows[0].key == house.key
    assert "stored" in plans_view(_alone(after)).text


def test_a_retired_model_is_refused_unless_its_pictures_are_stored(session, home, new_session, written):
    path = written("%%imagegen -m gpt-image-1.5\na house")
    official = new_session(
        environ={"OPENAI_API_KEY": "sk-of-nobody", "IMAGEGEN_HOME": str(home)},
        now=lambda: datetime(2026, 12, 24, tzinfo=UTC),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPENAI_BASE_URL")
        assert "gpt-image-1.5" in only(plan_notebook(official, path)).error
    session.generate("a house", model="gpt-image-1.5")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPENAI_BASE_URL")
        row = only(plan_notebook(official, path))
    assert row.error == ""
    assert row.now.usd == 0
    assert "only because it is stored" in row.notes[0]


def test_without_a_key_the_demo_would_paint_for_nothing_and_the_real_price_still_stands(written, new_session):
    row = only(plan_notebook(new_session(), written("%%imagegen\na fox")))
    assert row.now.usd == 0
    assert row.maker == "demo"
    assert row.price.usd == pytest.approx(ONE, abs=Decimal("0.0002"))


def test_only_a_notebook_that_asks_for_the_demo_itself_is_free_from_nothing(written, new_session):
    path = written("%%imagegen\na fox", "%%imagegen --provider demo\nan owl")
    environ = {**os.environ, "IMAGEGEN_PROVIDER": "demo"}
    found = plan_notebook(new_session(environ=environ), path)
    assert prices(found)[0] > 0
    assert prices(found)[1] == 0
    assert found.now.usd == 0


def test_several_notebooks_pay_a_picture_that_they_share_once(written, new_session):
    paths = [
        written("%%imagegen\na fox", name="one.ipynb"),
        written("%%imagegen\na fox", '%imagegen "an owl"', name="two.ipynb"),
    ]
    plans = plan_notebooks(new_session(), paths)
    one, two = plans.notebooks
    assert two.from_nothing.usd > one.from_nothing.usd > 0
    assert plans.from_nothing.usd == two.from_nothing.usd
    text = plans_view(plans).text
    assert "one.ipynb" in text
    assert "together" in text


def test_nothing_of_the_notebook_runs(plan, tmp_path):
    mark = tmp_path / "ran"
    touch = f"open({str(mark)!r}, 'w').write('x')"
    found = plan(
        f"{touch}",
        f"%%imagegen\na ${{{touch}}} fox",
        f"%%imagegen -s ${{{touch}}}\na fox",
        f"{IMPORT}\nimagegen.generate('a fox', size={touch})",
        f"size = [x for x in [{touch}]]\nn = (lambda: {touch})()",
        f"class A:\n    {touch}",
        f"imagegen.generate(f'{{{touch}}}')",
        f"!touch {mark}",
    )
    assert len(found.rows) == 4
    assert not mark.exists()


def test_nobody_is_called_while_planning(plan, monkeypatch):
    import socket

    def refused(*_):
        raise AssertionError("a plan called out")

    monkeypatch.setattr(socket.socket, "connect", refused)
    plan("imagegen_toml = 1", "%%imagegen -i https://example.org/a.png\na fox", "%%imagegen\na fox")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[]", "not a notebook"),
        (b"{}", "not a notebook"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 4}', "not a list"),
        (b'{"nbformat": 4, "cells": [1]}', "not a list"),
        (b'{"nbformat": 4, "cells": [], "metadata": 3}', "metadata"),
        (b"[" * 200_000, "damaged"),
    ],
)
def test_a_file_that_is_no_notebook_is_a_clear_error(tmp_path, new_session, data, why):
    path = tmp_path / "a.ipynb"
    path.write_bytes(data)
    with pytest.raises(RequestError, match=why):
        plan_notebook(new_session(), path)


def test_a_notebook_that_is_not_there_or_too_large_is_a_clear_error(tmp_path, new_session):
    with pytest.raises(RequestError, match="does not exist"):
        plan_notebook(new_session(), tmp_path / "a.ipynb")
    with pytest.raises(RequestError, match="does not exist"):
        plan_notebook(new_session(), tmp_path)
    with (tmp_path / "a.ipynb").open("wb") as file:
        file.truncate(MAX_NOTEBOOK_BYTES + 1)
    with pytest.raises(RequestError, match="50 MB"):
        plan_notebook(new_session(), tmp_path / "a.ipynb")


def test_odd_cells_count_as_empty(tmp_path, new_session):
    path = tmp_path / "a.ipynb"
    cells = [{}, {"cell_type": "code"}, {"cell_type": "code", "source": 3, "metadata": {"tags": 1}},
             {"cell_type": "code", "source": ["%%imagegen\n", 1, "a fox"], "metadata": []}]  # fmt: skip
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}))
    assert only(plan_notebook(new_session(), path)).cell == 4


WORDS = st.sampled_from(
    ["%%imagegen", "%imagegen", " -n ", "2", "$x", "${", "}", "'", '"', "\n", "imagegen", ".generate(", ")", "=",
     ".edit(", "image=", "last", "-i", " ", "for x in ", "[1, 2]", ":", "    ", "x", "import jupyter_imagegen as imagegen\n",
     "configure(", "size", "**", ",", "None", "-q", "%config Imagegen.", "await ", "lambda: ", "\x00", "\\", "é", "𝔵"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(WORDS, st.text(max_size=5)), max_size=14).map("".join))
def test_whatever_stands_in_a_cell_the_plan_is_a_plan(tmp_path, source):
    path = tmp_path / "any.ipynb"
    cells = [
        {"cell_type": "code", "source": each, "metadata": {}} for each in (source, "%%imagegen\n" + source)
    ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "cells": cells, "metadata": {}}))
    session = Session()
    try:
        found = plan_notebook(session, path)
        plans_view(_alone(found))
    finally:
        session.close()
    for row in found.rows:
        assert row.error or row.unknown or row.price.usd is not None


def test_the_table_fits_a_terminal_and_the_page_says_it_all(plan):
    found = plan(
        "%%imagegen -q high -s 2048x1152 -n 10 -m gpt-image-2.6-sketch\n"
        + "a very long prompt of many words " * 9,
        "%%imagegen -s $size\na <b>fox</b>",
        "%%imagegen -s 1x1\na fox",
    )
    view = plans_view(_alone(found))
    table, _, _ = view.text.partition("from nothing:")
    assert max(map(len, table.splitlines())) <= 80
    assert "unknown" in view.text
    assert "cell 2: size depends on `size`" in view.text
    assert "<b>fox" not in view.html
    assert "size depends on `size`" in view.html
    assert Path(found.notebook).name in view.html
