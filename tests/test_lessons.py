"""Every lesson in notebooks/, saved and run on the demo provider with nothing set up; and what single ones promise."""

from __future__ import annotations

import base64
import copy
import io

import nbformat
import pytest
from lessons import (
    LESSONS,
    LIVE,
    all_lessons,
    captions,
    differences,
    outputs,
    problems,
    read,
    run,
    tags,
    without_live_widgets,
    written,
)
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

each_lesson = pytest.mark.parametrize("path", all_lessons(), ids=lambda path: path.stem)
#: These two paint half of all the lessons' pictures; the default run has them in replay.
DEAREST = ("04_prompts_and_styles", "07_one_prompt_many_answers")
each_lesson_that_runs = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.long] if path.stem in DEAREST else [], id=path.stem)
        for path in all_lessons()
    ],
)
_ran = {}


@pytest.fixture
def ran(tmp_path_factory):
    """Gives a lesson as it ran in this process's only run of it, and that run's folder."""

    def once(path):
        if path not in _ran:
            root = tmp_path_factory.mktemp(path.stem)
            _ran[path] = run(path, root), root
        notebook, root = _ran[path]
        return copy.deepcopy(notebook), root

    return once


@each_lesson
def test_what_is_saved_has_no_problem_and_every_cell_was_run_in_its_order(path):
    saved = read(path)
    assert problems(saved) == []
    code = [cell for cell in saved.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert [cell.id for cell in saved.cells] == [f"cell-{number:02}" for number in range(len(saved.cells))]
    # Without its kernel a view of a widget is a blank; the picture beside it is not.
    assert not [output for output in outputs(saved) if LIVE in output.get("data", {})]
    assert path.read_bytes() == written(saved)


@each_lesson_that_runs
def test_with_nothing_set_up_it_runs_to_its_end_and_says_what_is_saved(path, ran):
    now, _ = ran(path)
    assert problems(now) == []
    assert differences(read(path), without_live_widgets(now)) == []


# single lessons


def test_the_quickstart_says_that_its_pictures_are_demos_and_a_second_run_makes_nothing(ran):
    path = LESSONS / "01_quickstart.ipynb"
    first, root = ran(path)
    told = captions(first)
    assert len(told) >= 7
    assert all("demo picture, not a model's" in text for text in told)
    assert sum("cached" in text for text in told) == 1

    second = run(path, root)
    assert problems(second) == []
    assert all("cached" in text for text in captions(second))


def test_every_panel_leaves_its_static_form_beside_the_live_one(ran):
    now, _ = ran(LESSONS / "02_panels.ipynb")
    data = [output.data for output in outputs(now) if "data" in output]
    live = sum(LIVE in each for each in data)
    static = sum("imagegen-static" in each.get("text/html", "") for each in data)
    assert live == static >= 5


def test_the_mask_lesson_needs_no_person_and_changes_nothing_outside_the_mask(ran):
    now, _ = ran(LESSONS / "03_edit_with_a_mask.ipynb")
    printed = "".join(output.text for output in outputs(now) if output.output_type == "stream")
    assert "40 % will change" in printed
    assert "something changed:        True" in printed
    assert "something outside changed: False" in printed

    told = [output.data["text/plain"] for output in outputs(now) if "text/html" in output.get("data", {})]
    assert any("from house, mask mask" in text for text in told)
    assert any("Mask editor" in text and "40 % will change" in text for text in told)
    assert any("made from" in text and "that from" in text for text in told)


# the rules themselves

PICTURE = io.BytesIO()
Image.new("RGB", (8, 8)).save(PICTURE, "PNG")
PNG = base64.b64encode(PICTURE.getvalue()).decode()


def lesson(*shown, source="1", tagged=(), below="Above stands a black square."):
    cell = new_code_cell(source, execution_count=1, outputs=list(shown), metadata={"tags": list(tagged)})
    return new_notebook(cells=[cell, new_markdown_cell(below)])


def shows(data, **metadata):
    return new_output("display_data", data=data, metadata=metadata)


def failure(message="no key", name="NoKeyError"):
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


@pytest.mark.parametrize(
    ("notebook", "problem"),
    [
        (lesson(new_output("stream", name="stderr", text="a warning")), "writes to stderr"),
        (lesson(failure()), "fails: NoKeyError"),
        (lesson(tagged=["raises-exception"]), "does not fail"),
        (lesson(shows({"image/png": PNG})), "without a description"),
        (lesson(shows({"image/png": PNG[:60]}, **{"image/png": {"alt": "a square"}})), "cannot be decoded"),
        (lesson(shows({"image/svg+xml": "<svg><g></svg>"}, **{"image/svg+xml": {"alt": "a"}})), "cannot be decoded"),
        (lesson(shows({"text/html": f'<img src="data:image/png;base64,{PNG}">'})), "no alt text"),
        (lesson(shows({"text/html": f'<img alt="" src="data:image/png;base64,{PNG}">'})), "no alt text"),
        (lesson(shows({"text/html": f'<img alt="a" src="data:image/png;base64,{PNG[:60]}">'})), "cannot be decoded"),
        (lesson(new_output("stream", name="stdout", text="saved in /tmp/x/a.png")), "path of this machine"),
        (lesson(failure("no file C:\\Users\\a\\b.png"), tagged=["raises-exception"]), "path of this machine"),
        (lesson(source="open('/home/a/b')"), "path of this machine"),
        (lesson(below="Set it to sk-proj-0123456789."), "looks like a key"),
        (lesson(failure("key sk-live0123456789"), tagged=["raises-exception"]), "looks like a key"),
        (lesson(new_output("stream", name="stdout", text="a" * 400_000)), "stay under"),
    ],
)  # fmt: skip
def test_each_rule_is_said_where_a_lesson_breaks_it(notebook, problem):
    assert [found for found in problems(notebook) if problem in found]


@pytest.mark.parametrize(
    "notebook",
    [
        lesson(failure(), tagged=["raises-exception"]),
        lesson(shows({"image/png": PNG}, **{"image/png": {"alt": "a black square"}})),
        lesson(shows({"image/png": PNG}), tagged=["described-below"]),
        lesson(shows({"text/html": f'<img alt="a black square" src="data:image/png;base64,{PNG}">'})),
    ],
)
def test_a_lesson_that_keeps_to_the_rules_has_no_problem(notebook):
    assert problems(notebook) == []


def test_a_lesson_that_says_another_thing_than_is_saved_is_noticed_and_other_times_are_not():
    def said(text):
        return nbformat.from_dict(lesson(shows({"text/plain": text})))

    assert differences(said("low · 0.9 s · $0.00"), said("low · 1.4 s · $0.00")) == []
    assert differences(said("low · 0.9 s · $0.00"), said("low · 0.9 s · $0.01"))
    assert differences(lesson(), said("low"))
    assert differences(lesson(tagged=["varies"]), lesson(failure(), tagged=["varies"])) == []


def test_the_cells_that_nbval_cannot_compare_are_tagged_and_no_others(ran):
    now, _ = ran(LESSONS / "01_quickstart.ipynb")
    code = [cell for cell in now.cells if cell.cell_type == "code"]
    tagged = [cell.id for cell in code if "nbval-ignore-output" in tags(cell)]
    painting = [c.id for c in code if c.source.startswith("%%imagegen") and "--dry-run" not in c.source]
    assert tagged == painting


def test_what_comes_late_for_an_earlier_cell_is_in_its_output(tmp_path):
    path = tmp_path / "late.ipynb"
    # On a busy machine the second picture can be there before the first one.
    kept = "import asyncio, os, pathlib\nhome = pathlib.Path(os.environ['IMAGEGEN_HOME'])\n"
    kept += "while not list(home.glob('pictures/??/*')):\n    await asyncio.sleep(0.05)"
    cells = ["%load_ext jupyter_imagegen", "%imagegen 'a red fox' --nowait", kept, "%imagegen 'a blue fox'"]
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    path.write_bytes(written(notebook))
    late = run(path, tmp_path / "run").cells[1]
    assert "Picture: a red fox" in late.outputs[0].data["text/plain"]
    assert "nbval-ignore-output" in tags(late)


def test_the_lesson_on_trouble_sends_nothing_away_with_a_key_and_gives_the_key_back(tmp_path, image_server):
    path = LESSONS / "09_when_it_goes_wrong.ipynb"
    now = run(path, tmp_path, **image_server.env())
    assert problems(now) == []
    assert image_server.calls == 0
    doctor = next(cell for cell in now.cells if cell.source == "%imagegen doctor")
    assert f"accepted by {image_server.url}" in doctor.outputs[0].data["text/plain"]
    store = tmp_path / "user" / "imagegen"
    assert not list(store.rglob("*.png")), "the practice has a store of its own"
    # But for the doctor's, every answer is the same as without a key.
    saved = read(path)
    doctor.metadata.tags = ["varies"]
    assert differences(saved, without_live_widgets(now)) == []
