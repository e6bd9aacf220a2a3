from __future__ import annotations

import re
import time

import nbformat
import pytest
from accessibility import faults_in_both_themes

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
RUN_CELL = """async (index) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
#: From now on a timer as long as the meter's goes by the test's `tick()`, so that nobody waits for it.
HOLD = """() => {
    const set = window.setInterval;
    window.ticks = [];
    window.setInterval = (action, wait, ...more) =>
        wait === 5000 ? window.ticks.push(action) : set(action, wait, ...more);
    window.release = () => { window.setInterval = set; };
}"""
TICK = "() => { window.release(); window.ticks.forEach(action => action()); return window.ticks.length; }"
#: What watches whether a thing is seen has looked again after these.
FRAMES = "async () => { for (let i = 0; i < 5; i++) await new Promise(requestAnimationFrame); }"
METER, GENERATE, BUDGET, FORGET = range(4)


@pytest.fixture
def meter(server, home, page, open_notebook, tmp_path):
    """Opens a notebook on this test's store and image server, with a meter in its first cell."""

    def show(ui, *, held=False):
        environment = {**server.env(), "IMAGEGEN_HOME": str(home)}
        show_meter = "\n".join(
            (
                f"import os; os.environ.update({environment!r})",
                "import jupyter_imagegen as imagegen",
                "from jupyter_imagegen.widgets.cost_meter import cost_meter",
                "cost_meter(session=imagegen.default_session())",
            )
        )
        cells = [
            show_meter,
            "r = imagegen.generate('a lighthouse at dusk', quality='medium')",
            "imagegen.budget('0.015', per='day')",
            "imagegen.budget('none', per='day')",
        ]
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            # Without it the page asks which kernel to use.
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        path = tmp_path / "meter.ipynb"
        nbformat.write(notebook, path)
        open_notebook(path, ui)
        if held:
            page.evaluate(HOLD)
        run(METER)
        found = page.locator(".ig-meter")
        # The first widget of a page waits for its front end's own code.
        expect(found).to_be_visible(timeout=20_000)
        return found

    def run(index):
        page.evaluate(RUN_CELL, index)

    show.run = run
    return show


def line(found, name):
    return found.locator(".scope").filter(has=found.page.get_by_text(name, exact=True))


@pytest.mark.parametrize("ui", ["lab", pytest.param("notebook", marks=pytest.mark.long)])
def test_the_meter_moves_as_cells_spend_and_budgets_change(ui, meter, page):
    found = meter(ui)
    expect(line(found, "Session").locator(".words")).to_have_text("$0.00")
    expect(found.get_by_role("meter")).to_have_count(0)
    expect(found).to_contain_text("Nothing was bought this month.")

    meter.run(GENERATE)
    # Sooner than the page would ask by itself.
    expect(line(found, "Session").locator(".words")).to_have_text("$0.0132", timeout=2_000)
    expect(
        found.get_by_role("img", name=re.compile(r"Spending by day: most on .*, \$0\.0132"))
    ).to_be_visible()
    expect(found.locator("li")).to_contain_text("2.5-flare")

    meter.run(BUDGET)
    bar = found.get_by_role("meter", name="Today")
    expect(bar).to_have_attribute("aria-valuenow", "88")
    expect(line(found, "Today")).to_contain_text("$0.0132 of $0.015")
    expect(line(found, "Today")).to_contain_text("$0.0018 left")
    expect(found.get_by_role("status")).to_have_text("Most of today's budget is spent.")
    assert bar.locator("i").first.evaluate("e => e.offsetWidth / e.parentElement.offsetWidth") > 0.5

    found.get_by_text("As tables").click()
    by_day = found.get_by_role("table", name="By day")
    expect(by_day.get_by_role("row")).to_have_count(15)
    assert faults_in_both_themes(page, ".ig-meter") == []

    meter.run(GENERATE)
    expect(found).to_contain_text("The store saved $0.0132 this month: 1 picture came back at no cost.")
    # What someone opened stays open when new sums come.
    expect(by_day).to_be_visible()

    meter.run(FORGET)
    expect(found.get_by_role("meter")).to_have_count(0)
    expect(found.get_by_role("status")).to_have_text("")
    assert page.locator(STDERR).count() == 0
    assert page.problems == []


def test_the_meter_sees_what_another_process_spends_and_asks_only_while_it_is_seen(meter, page, session):
    asked = []

    def note(frame):
        if b'"look"' in (frame if isinstance(frame, bytes) else frame.encode()):
            asked.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", note))
    found = meter("lab", held=True)
    # It asks when it is first seen; the second question is the timer's.
    settled(page, asked, 1)
    session.generate("a meadow", quality="medium")
    assert page.evaluate(TICK) == 1
    expect(line(found, "Today").locator(".words")).to_have_text("$0.0132")
    expect(line(found, "Session").locator(".words")).to_have_text("$0.00")
    settled(page, asked, 2)

    found.evaluate("e => { e.hidden = true; e.style.display = 'none'; }")
    page.evaluate(FRAMES)
    page.evaluate(TICK)
    settled(page, asked, 2)
    found.evaluate("e => { e.hidden = false; e.style.display = ''; }")
    settled(page, asked, 3)
    page.evaluate(TICK)
    settled(page, asked, 4)
    assert page.problems == []


def settled(page, asked, wanted):
    """So many questions have gone out, and no more follow them."""
    deadline = time.monotonic() + 20
    while len(asked) < wanted:
        assert time.monotonic() < deadline, f"{len(asked)} of {wanted} questions"
        page.wait_for_timeout(20)
    page.wait_for_timeout(300)
    assert len(asked) == wanted
