"""The panel in JupyterLab and Notebook 7: with a mouse, with the keyboard alone, and when something goes wrong."""

from __future__ import annotations

import json
import re
import threading

import imageserver
import nbformat
import pytest
from accessibility import serious_faults

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
SETUP = """
import os
import jupyter_imagegen as imagegen
from jupyter_imagegen.widgets.panel import panel
session = imagegen.default_session()
"""


@pytest.fixture
def lesson(tmp_path, open_notebook, run_all, page):
    """Makes a notebook of these cells, opens it and runs it; gives its panels."""

    def show(ui, *cells, setup=SETUP):
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(code.strip()) for code in (setup, *cells)]
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        path = tmp_path / "lesson.ipynb"
        nbformat.write(notebook, path)
        copy = open_notebook(path, ui)
        run_all()
        panels = page.locator(".maker")
        expect(panels.first).to_be_visible()
        expect(panels.first.locator(".quote .price")).not_to_be_empty(timeout=30_000)
        return copy, panels

    return show


def cards(panel):
    return panel.locator(".strip li:not(.pending)")


def decoded(picture):
    """The width of a picture in pixels, once it is there; it comes after its place."""
    expect(picture).to_have_js_property("complete", True)
    expect(picture).to_have_attribute("src", re.compile("^blob:"))
    return picture.evaluate("e => e.decode().then(() => e.naturalWidth)")


def button(panel, name):
    return panel.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("ui", ["lab", pytest.param("notebook", marks=pytest.mark.long)])
def test_choose_see_the_price_generate_and_go_on_from_the_picture(ui, lesson, page, save, jupyter):
    words = f"a lighthouse at dusk, seen from {ui}"
    copy, panels = lesson(ui, f'p = panel("{words}", session=session, provider="demo")\np', "p")
    panel, again = panels.nth(0), panels.nth(1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=jupyter.url)

    panel.get_by_label("Model").select_option("gpt-image-2.6-flare")
    expect(panel.get_by_label("Quality").locator("option")).to_have_count(5)
    panel.get_by_label("Model").select_option("gpt-image-2.5-flare")
    panel.get_by_label("Pictures", exact=True).fill("2")
    expect(panel.locator(".quote")).to_contain_text("free for 2")

    before = panel.locator(".strip").bounding_box()
    assert before is None
    button(panel, "Generate").click()
    expect(panel.locator(".strip li")).to_have_count(2)
    expect(cards(panel)).to_have_count(2, timeout=60_000)
    expect(panel.get_by_role("status")).to_contain_text("2 pictures are there.")
    for i in range(2):
        assert decoded(cards(panel).nth(i).locator("img")) == 512
        assert cards(panel).nth(i).locator("img").get_attribute("alt") == f"{words} ({i + 1} of 2)"
        expect(cards(panel).nth(i).locator("figcaption")).to_contain_text("demo $0.00")
    expect(panel.locator(".quote")).to_contain_text("$0.00 both in the store")

    # The second view of the same panel shows the same state, pictures and all.
    expect(cards(again)).to_have_count(2)
    assert decoded(cards(again).nth(1).locator("img")) == 512
    expect(again.get_by_label("Pictures", exact=True)).to_have_value("2")

    cards(panel).nth(1).get_by_role("button").click()
    expect(cards(panel).nth(1).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    button(panel, "Favourite").click()
    expect(button(panel, "Favourite")).to_have_attribute("aria-pressed", "true")
    button(panel, "Copy as cell").click()
    expect(panel.get_by_role("status")).to_contain_text("Copied")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.splitlines()[1] == words
    assert copied.startswith("%%imagegen -m gpt-image-2.5-flare -n 2 -s 1024x1024 -q low --provider demo")

    button(panel, "Save").first.click()
    panel.get_by_label("File name").fill("dusk.png")
    panel.get_by_label("File name").press("Enter")
    expect(panel.get_by_role("status")).to_contain_text("Saved as dusk.png in ")
    assert (jupyter.root / "dusk.png").stat().st_size > 10_000
    (jupyter.root / "dusk.png").unlink()

    button(panel, "Edit").click()
    change = panel.get_by_label("What should change?")
    expect(change).to_be_focused()
    expect(change).to_have_value("")
    change.fill("make it winter")
    button(panel, "Generate").click()
    expect(cards(panel)).to_have_count(4, timeout=60_000)
    expect(cards(panel).first.locator("img")).to_have_attribute("alt", "make it winter (1 of 2)")
    panel.get_by_role("button", name=re.compile("^Remove")).click()
    expect(panel.locator(".chip")).to_have_count(0)

    notebook = save(copy)
    live, static = (output["data"] for output in notebook["cells"][1]["outputs"])
    assert "application/vnd.jupyter.widget-view+json" in live
    assert "Panel: " in "".join(static["text/plain"])
    assert len(json.dumps(notebook)) < 200_000
    assert page.locator(STDERR).count() == 0
    assert page.problems == []


@pytest.mark.parametrize("ui", ["lab", pytest.param("notebook", marks=pytest.mark.long)])
def test_the_keyboard_alone_is_enough(ui, lesson, page):
    _, panels = lesson(ui, 'panel("", session=session, provider="demo")')
    panel = panels.first
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    panel.locator("textarea").first.focus()
    page.keyboard.type(f"a red fox in fresh snow by {ui}")
    # Keys that are commands to the notebook outside of text: none of them may reach it.
    page.keyboard.press("Tab")
    expect(panel.get_by_label("Model")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(panel.get_by_label("Quality")).to_be_focused()
    page.keyboard.press("m")
    expect(panel.get_by_label("Quality")).to_have_value("medium")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(panel.locator("textarea").first).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(cards(panel)).to_have_count(1, timeout=60_000)
    expect(panel.locator(".running")).to_be_hidden()

    for _ in range(6):
        page.keyboard.press("Tab")
    expect(button(panel, "More")).to_be_focused()
    page.keyboard.press("Enter")
    expect(button(panel, "More")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Space")
    expect(panel.get_by_label("Painted by")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(button(panel, "Generate")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(cards(panel).first.get_by_role("button")).to_be_focused()
    page.keyboard.press("Tab")
    expect(button(panel, "Edit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_label("What should change?")).to_be_focused()
    page.keyboard.type("make it night")
    page.keyboard.press("Control+Enter")
    expect(cards(panel)).to_have_count(2, timeout=60_000)

    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    assert page.problems == []


def test_what_is_painted_in_the_panel_changes_and_nothing_else(lesson, page, jupyter):
    check = """
a, b = p.result.images[0].pil.convert("RGB"), first.pil.convert("RGB")
box = (0, 0, 1024, 200)
print("outside unchanged:", a.crop(box).tobytes() == b.crop(box).tobytes(), "changed:", a.tobytes() != b.tobytes())
"""
    _, panels = lesson("lab", 'p = panel("a lighthouse at dusk", session=session, provider="demo")\np')
    panel = panels.first
    button(panel, "Generate").click()
    expect(cards(panel)).to_have_count(1, timeout=60_000)
    button(panel, "Paint mask").click()
    veil = panel.locator("canvas.veil")
    expect(veil).to_be_visible()
    page.wait_for_function("() => document.querySelector('.mask-editor img')?.naturalWidth > 0")
    veil.scroll_into_view_if_needed()
    box = veil.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.7)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=8)
    page.mouse.up()
    expect(panel.locator(".mask-editor")).not_to_contain_text("nothing will change")
    panel.get_by_label("Keep everything outside the mask").check()
    panel.get_by_label("What should change?").fill("make it winter")
    button(panel, "Generate").click()
    expect(cards(panel)).to_have_count(2, timeout=60_000)
    expect(panel.locator(".running")).to_be_hidden()
    expect(panel.locator(".problem").first).to_be_empty()
    output = run_code(page, "first = p._runs.card('r1-0').image" + check)
    expect(output).to_contain_text("outside unchanged: True changed: True")
    assert serious_faults(page, ".maker") == []
    assert page.problems == []


def run_code(page, code):
    """Run code in a new last cell; gives its output."""
    page.evaluate(
        """async (code) => {
            const { commands, shell } = window.jupyterapp, panel = shell.currentWidget;
            panel.content.activeCellIndex = panel.content.widgets.length - 1;
            await commands.execute('notebook:insert-cell-below');
            panel.content.activeCell.model.sharedModel.setSource(code);
            await commands.execute('notebook:run-cell');
        }""",
        code,
    )
    return page.locator(".jp-Notebook .jp-Cell").last.locator(".jp-OutputArea")


def test_a_file_of_this_machine_goes_in_as_a_reference(lesson, page, tmp_path):
    _, panels = lesson("lab", 'panel("the same, at night", session=session, provider="demo")')
    panel = panels.first
    picture = tmp_path / "my cat.png"
    picture.write_bytes(imageserver.paint("640x480"))
    with page.expect_file_chooser() as chooser:
        button(panel, "Add reference").click()
    chooser.value.set_files(picture)
    expect(panel.locator(".chip")).to_contain_text("my cat.png")
    assert decoded(panel.locator(".chip img")) == 64
    expect(panel.locator(".quote")).to_contain_text("free")

    big = tmp_path / "big.png"
    big.write_bytes(bytes(9_000_000))
    with page.expect_file_chooser() as chooser:
        button(panel, "Add reference").click()
    chooser.value.set_files(big)
    expect(panel.get_by_role("status")).to_contain_text("big.png has 9.0 MB; 8 MB is the most")
    expect(panel.locator(".chip")).to_have_count(1)

    button(panel, "Generate").click()
    expect(cards(panel)).to_have_count(1, timeout=60_000)
    assert page.problems == []


@pytest.fixture
def paid():
    """A loopback server that stands for the real one, and the cell that leads there."""
    with imageserver.ImageServer() as server:
        lines = [f"os.environ[{name!r}] = {value!r}" for name, value in server.env().items()]
        yield server, "\n".join([SETUP.strip(), *lines])


def test_what_the_server_refuses_is_shown_in_the_panel_and_the_key_is_not(lesson, page, paid):
    server, setup = paid
    server.script(imageserver.wrong_key())
    _, panels = lesson("lab", 'panel("a lighthouse", session=session)', setup=setup)
    panel = panels.first
    expect(panel.locator(".quote")).to_contain_text("about $0.00")
    button(panel, "Generate").click()
    problem = panel.locator(".problem")
    expect(problem).to_have_attribute("role", "alert")
    expect(problem).to_contain_text("key")
    assert imageserver.KEY not in panel.inner_html()
    expect(panel.locator(".strip li")).to_have_count(0)
    button(panel, "Generate").click()
    expect(cards(panel)).to_have_count(1)
    expect(problem).to_be_empty()
    assert page.problems == []


def test_over_budget_the_button_says_why_it_cannot_be_pressed(lesson, page, paid):
    server, setup = paid
    cell = 'imagegen.budget(0.01, per="session")\npanel("a lighthouse", session=session)'
    _, panels = lesson("lab", cell, setup=setup)
    panel = panels.first
    go = button(panel, "Generate")
    expect(go).to_be_enabled()
    panel.get_by_label("Quality").select_option("high")
    expect(go).to_be_disabled()
    expect(go).to_have_accessible_description(
        re.compile("Over budget: this would cost up to .* of this session's")
    )
    expect(panel.locator(".reason")).to_be_visible()
    go.click(force=True)
    panel.get_by_label("Quality").select_option("low")
    expect(go).to_be_enabled()
    assert server.calls == 0
    assert serious_faults(page, ".maker") == []


def test_a_run_can_be_watched_detached_and_cancelled_and_nothing_moves(lesson, page, paid):
    server, setup = paid
    gate = threading.Event()
    server.script(held(gate), held(threading.Event()))
    cells = ('p = panel("a heron", session=session)\np', 'panel("a red fox", session=session)')
    _, panels = lesson("lab", *cells, setup=setup)
    panel = panels.first
    button(panel, "Generate").click()
    expect(panel.locator(".running")).to_contain_text("0 of 1")
    expect(panel.locator(".running")).to_contain_text("being made")
    expect(panel.locator(".running")).to_contain_text("2 s", timeout=10_000)
    assert panel.get_by_role("progressbar").get_attribute("aria-valuetext") == "0 of 1, being made"
    assert serious_faults(page, ".maker") == []
    place = panel.locator(".strip .pick").bounding_box()
    button(panel, "Detach").click()
    expect(panel.get_by_role("status")).to_contain_text("Detached")
    expect(button(panel, "Generate")).to_be_enabled()

    # The other panel is not disturbed, and can give up its own.
    other = panels.nth(1)
    button(other, "Generate").click()
    expect(other.locator(".running")).to_contain_text("being made")
    button(other, "Cancel").click()
    expect(other.get_by_role("status")).to_contain_text("Cancelled")
    expect(other.locator(".strip li")).to_have_count(0)

    gate.set()
    expect(cards(panel)).to_have_count(1)
    assert decoded(cards(panel).locator("img")) == 512
    assert panel.locator(".strip .pick").bounding_box() == place
    assert page.problems == []


def held(gate):
    """A proper answer that waits for the gate."""
    import base64

    reply = imageserver.rows({"b64_json": base64.b64encode(imageserver.paint("1024x1024")).decode()})
    reply.gate = gate
    return reply


def test_without_a_clipboard_the_cell_is_there_to_be_copied_by_hand(lesson, page):
    _, panels = lesson("lab", 'panel("a $tree for $5", session=session, provider="demo")')
    panel = panels.first
    button(panel, "Generate").click()
    expect(cards(panel)).to_have_count(1, timeout=60_000)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    button(panel, "Copy as cell").click()
    text = panel.get_by_label("Copy this cell")
    expect(text).to_be_focused()
    # The page is the next test's too.
    page.evaluate("() => { delete navigator.clipboard.writeText; }")
    expect(text).to_have_value(re.compile(r"^%%imagegen .*\na \$\$tree for \$\$5$"))
    assert page.evaluate("() => getSelection().toString()").startswith("%%imagegen")
    assert page.problems == []


def test_while_a_cell_runs_the_panel_works_or_says_that_it_waits(lesson, page, tmp_path):
    _, panels = lesson("lab", 'panel("a boat while a cell runs", session=session, provider="demo")')
    panel = panels.first
    gate = tmp_path / "gate"
    page.evaluate(
        """source => {
            const { commands, shell } = window.jupyterapp, panel = shell.currentWidget;
            panel.content.activeCellIndex = panel.content.widgets.length - 1;
            commands.execute('notebook:insert-cell-below').then(() => {
                panel.content.activeCell.model.sharedModel.setSource(source);
                commands.execute('notebook:run-cell');
            });
        }""",
        f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)",
    )
    expect(page.locator(".jp-Notebook .jp-Cell").last.locator(".jp-InputPrompt")).to_contain_text("*")
    button(panel, "Generate").click()
    waits = panel.get_by_text("Waiting for the kernel: a cell is running.")
    expect(waits.or_(panel.locator(".strip li")).first).to_be_visible(timeout=4_000)
    gate.touch()
    expect(cards(panel)).to_have_count(1, timeout=60_000)
    expect(waits).to_have_count(0)
    assert page.problems == []
