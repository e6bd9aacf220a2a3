from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import nbclient
import nbformat
import pytest

from jupyter_imagegen.cli import main
from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.errors import BudgetExceededError, RequestError, UnknownPriceError
from jupyter_imagegen.magics.commands import run_command
from jupyter_imagegen.notebook_costs import plan_notebook

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def document(capsys, *words):
    code = main(["plan", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_document_has_exact_prices_as_text(written, capsys):
    path = written("%%imagegen -n 2\na fox", "%%imagegen -s $size\nan owl")
    code, told = document(capsys, path)
    assert code == 0
    assert told["within_max_usd"] is True
    first, second = told["plans"]["notebooks"][0]["rows"]
    assert Decimal(first["price"]["usd"]) * 1_000_000 % 10 == 0
    assert first["price"]["usd"] == told["plans"]["from_nothing"]["usd"]
    assert second["price"] == {"usd": None, "ceiling": None, "kind": "unknown"}
    assert second["unknown"] == ["size depends on `size`"]


def test_the_exit_code_says_too_dear_unknown_refused_or_well(written, capsys):
    known, unknown = (
        written("%%imagegen\na fox", name="a.ipynb"),
        written("%%imagegen -n $n\na fox", name="b.ipynb"),
    )
    wrong = written("%%imagegen -s 1x1\na fox", name="c.ipynb")
    for words, code in (
        ([known], 0),
        ([known, "--max-usd", "1"], 0),
        ([known, "--max-usd", "0.001"], 3),
        ([unknown], 0),
        ([unknown, "--max-usd", "100"], 3),
        ([wrong], 1),
        ([wrong, "--max-usd", "1"], 1),
        ([known, wrong], 1),
        (["nowhere.ipynb"], 2),
        ([known, "--max-usd", "much"], 2),
    ):
        assert main(["plan", *map(str, words)]) == code, words
    told = capsys.readouterr()
    assert "the price of 1 call is not known" in told.err
    assert "more than --max-usd $0.001" in told.err
    assert document(capsys, known, "--max-usd", "0.001")[1]["within_max_usd"] is False


def test_the_command_line_writes_into_the_notebook(written, capsys):
    path = written("%%imagegen\na fox")
    assert main(["plan", str(path), "--write"]) == 0
    assert "What this notebook costs" in nbformat.read(path, 4).cells[0].source


def test_the_magic_shows_the_plan_and_refuses_what_passes_a_limit(written, new_session):
    path = str(written("%%imagegen\na fox", "%%imagegen -n $n\na fox"))
    session = new_session()
    view = run_command(session, "plan", [path], {})
    assert "What lesson.ipynb costs" in view.html
    assert "cell 2: n depends on `n`" in view.text
    with pytest.raises(BudgetExceededError, match="could cost up to"):
        run_command(session, "plan", [path, "--max-usd", "0.001"], {})
    with pytest.raises(UnknownPriceError, match="1 call"):
        run_command(session, "plan", [path, "--max-usd", "9"], {})


def test_the_magic_without_a_name_plans_the_notebook_that_it_stands_in(written, new_session):
    session = new_session()
    with pytest.raises(RequestError, match="cannot tell"):
        run_command(session, "plan", [], {})
    session.workshop.notebook = str(written("%%imagegen\na fox"))
    assert "lesson.ipynb" in run_command(session, "plan", [], {}).text


def test_a_kernels_own_settings_are_not_the_notebooks(written, new_session):
    session = new_session()
    session.configure(quality="high")
    assert plan_notebook(session, written("%%imagegen\na fox")).rows[0].quality == "low"


def run(path, folder, *, dry):
    """Run a notebook in a kernel; each picture cell first as a dry run, where that is asked."""
    notebook = nbformat.read(path, 4)
    cells = []
    for cell in notebook.cells:
        if dry and cell.cell_type == "code" and cell.source.startswith("%%imagegen"):
            line, _, rest = cell.source.partition("\n")
            if "--dry-run" not in line:
                cells.append(nbformat.v4.new_code_cell(f"{line} --dry-run\n{rest}"))
        cells.append(cell)
    notebook.cells = cells
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return notebook


@pytest.mark.parametrize("lesson", LESSONS[:3], ids=lambda path: path.stem)
def test_a_lesson_from_nothing_is_the_sum_of_what_its_own_cells_say(
    lesson, tmp_path, server, session, new_session
):
    """Each cell is priced by itself just before it runs, by a server that makes what is not stored."""
    plan = plan_notebook(session, lesson)
    spent = [row.price.usd for row in plan.rows]
    ran = run(lesson, tmp_path, dry=True)
    said = [
        output.data["text/plain"]
        for cell in ran.cells
        for output in cell.get("outputs", [])
        if "Dry run" in output.get("data", {}).get("text/plain", "")
    ]
    made = new_session().accounts.costs().spending.total.pictures
    assert made == plan.pictures
    # The one edit that is Python says nothing before.
    prices = [format_usd(usd) for usd in spent]
    told = [
        text.split("price: about ")[1].split(",")[0] if "price: about" in text else "$0.00" for text in said
    ]
    for price in prices if "panels" not in lesson.stem else prices[:1]:
        assert price in told
        told.remove(price)
    # What is left is a dry run of the lesson's own.
    own = [cell for cell in nbformat.read(lesson, 4).cells if cell.source.startswith("%%imagegen --dry-run")]
    assert len(told) == len(own)
    again = plan_notebook(new_session(), lesson)
    assert again.from_nothing == plan.from_nothing


def test_a_demo_run_makes_as_many_pictures_as_were_planned_and_then_all_are_stored(
    written, tmp_path, new_session
):
    path = written(
        "%load_ext jupyter_imagegen\nimport jupyter_imagegen as imagegen",
        'animals = ["fox", "owl"]',
        "%%imagegen -n 2 -o pair\na ${animals[0]} and a ${animals[1]}",
        "%%imagegen -n 3\na fox and a owl",
        'for animal in animals:\n    imagegen.generate(f"a {animal}")',
        "%%imagegen -i pair\nmake it winter",
        "snowy = pair.edit('make it winter')",
    )
    plan = plan_notebook(new_session(), path)
    assert [row.bought for row in plan.rows] == [2, 1, 1, 1, 1, 0]
    run(path, tmp_path, dry=False)
    session = new_session()
    assert session.accounts.costs().spending.total.pictures == plan.pictures == 6
    after = plan_notebook(new_session(), path)
    assert [row.stored for row in after.rows] == [2, 3, 1, 1, 1, 1]
    assert after.from_nothing == plan.from_nothing


def test_recorded_pictures_are_there_in_every_mode_and_replay_buys_nothing(written, tmp_path, new_session):
    session = new_session()
    session.cassettes.use(str(tmp_path / "lesson.cassette"), mode="record")
    session.generate("a fox", provider="demo")
    cells = ("%load_ext jupyter_imagegen", "%%imagegen\na fox", "%%imagegen\nan owl")
    live = plan_notebook(new_session(), written(*cells))
    assert [row.stored for row in live.rows] == [1, 0]
    assert [row.recorded for row in live.rows] == [1, 0]

    use = "%imagegen cassette use lesson.cassette --mode replay"
    replayed = plan_notebook(new_session(), written(cells[0], use, *cells[1:], name="other.ipynb"))
    assert replayed.now.ceiling == 0
    assert "nothing of it is recorded: replay would stop here" in replayed.rows[1].notes
    assert replayed.from_nothing == live.from_nothing

    unknown = "%imagegen cassette use $name --mode replay"
    guessed = plan_notebook(new_session(), written(cells[0], unknown, *cells[1:], name="third.ipynb"))
    assert [row.stored for row in guessed.rows] == [None, None]
