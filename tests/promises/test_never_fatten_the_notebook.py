"""Never fatten the notebook: what is saved holds small previews, whoever saves it, and never an original.

========================================================  ==================================================
fault                                                     test
========================================================  ==================================================
a 1024² picture of 2 MB, in every form                    render/test_render.py: all_forms_of_a_picture_stay_…;
                                                          here: a_notebook_of_two_megabyte_pictures_stays_small
many pictures in one output                               render/test_render.py: ten_pictures_stay_under_…
panels: static forms, and the state that nbconvert saves  here: panels_are_saved_small_…;
                                                          widgets/*: each one's static form
partial pictures, shown and then replaced                 here: a_notebook_of_two_megabyte_pictures_…
any picture a model can send                              here: no_picture_makes_a_preview_over_its_limit
a notebook with an error in it                            test_magics_kernel.py: run_all_stops_at_an_error_…
the lessons                                               test_lessons.py: what_is_saved_has_no_problem_…
========================================================  ==================================================

What goes red without each guard is in `guards.py`; `python -m tests.promises` takes them out, one at a time.
"""

from __future__ import annotations

import base64
import json
import random
from io import BytesIO

import nbclient
import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from imageserver import rows
from PIL import Image as Pillow

from jupyter_imagegen.imaging import preview
from jupyter_imagegen.render import mimebundle

#: Bytes of a saved picture in all its forms together.
MOST = 120_000
USAGE = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}


def noise(side=1024, mode="RGB", seed=0):
    """The worst of pictures: nothing in it can be packed."""
    out = BytesIO()
    pixels = random.Random(seed).randbytes(side * side * len(mode))
    Pillow.frombytes(mode, (side, side), pixels).save(out, "PNG", compress_level=0)
    return out.getvalue()


def row(data):
    return {"b64_json": base64.b64encode(data).decode()}


def saved(tmp_path, cells, *, state=True):
    """A notebook as nbconvert would save it, with the widgets' state or without."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    client = nbclient.NotebookClient(
        notebook, resources={"metadata": {"path": str(tmp_path)}}, store_widget_state=state, timeout=60
    )
    client.execute()
    return notebook


def holds(text, data):
    """Whether some part of the bytes is in a text as base64, wherever it begins."""
    part = data[len(data) // 2 :][:300]
    return any(base64.b64encode(part[skip:]).decode()[:200] in text for skip in range(3))


@pytest.fixture(scope="module")
def originals():
    return [noise(seed=seed) for seed in range(3)] + [noise(mode="RGBA", seed=9)]


def test_a_notebook_of_two_megabyte_pictures_stays_small(tmp_path, server, originals):
    """Three megabytes a picture from the server; the notebook has what it shows and not a byte more.

    Without `max_bytes` in imaging/previews.py a picture of noise had 250 kB in the notebook.
    """
    server.script(*(rows(row(data), usage=USAGE) for data in originals[:2]))
    server.script(rows(row(originals[2]), row(originals[3]), usage=USAGE))
    notebook = saved(
        tmp_path,
        [
            "%load_ext jupyter_imagegen",
            "%%imagegen\na lighthouse",
            "%%imagegen --preview 1024\na large lighthouse",
            "%%imagegen -n 2\ntwo lighthouses",
            "%imagegen history",
        ],
    )
    text = nbformat.writes(notebook)
    assert server.calls == 3
    for cell, pictures in ((1, 1), (3, 2)):
        assert len(json.dumps(notebook.cells[cell].outputs)) <= MOST * pictures
    # Who asks for 1024 pixels gets them, and still no original.
    assert len(json.dumps(notebook.cells[2].outputs)) <= len(originals[1]) / 3
    assert not any(holds(text, data) for data in originals)
    assert "metadata" in notebook


def test_panels_are_saved_small_with_their_state_and_without(tmp_path, server, originals):
    """`nbconvert --execute` saves the state of every widget.

    Without small copies in the panels' traits, the originals were in the notebook's metadata.
    """
    server.script(*(rows(row(data), usage=USAGE) for data in originals[:2]))
    cells = [
        "import jupyter_imagegen as ig\na, b = (ig.generate(f'a lighthouse {i}') for i in range(2))",
        "display(ig.gallery(), ig.panel(), ig.cost_meter())",
        "display(ig.compare(a, b))",
        "display(ig.mask_editor(a))",
    ]
    notebook = saved(tmp_path, cells)
    state = notebook.metadata.get("widgets", {})
    for number, most in ((1, 3 * MOST), (2, MOST), (3, MOST)):
        assert len(json.dumps(notebook.cells[number].outputs)) <= most, cells[number]
    sizes = {
        model["model_module"] + " " + str(model["state"].get("_anywidget_id")): len(json.dumps(model))
        for model in state.get("application/vnd.jupyter.widget-state+json", {}).get("state", {}).values()
    }
    assert state, "nothing was saved of the widgets: this test looks at nothing"
    assert not any(holds(nbformat.writes(notebook), data) for data in originals), sizes
    # The mask editor's is what is painted on, 1536 pixels of noise here.
    assert all(size < (800_000 if "MaskEditor" in name else 250_000) for name, size in sizes.items()), sizes


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    width=st.integers(1, 1200),
    height=st.integers(1, 1200),
    mode=st.sampled_from(["RGB", "RGBA", "L", "P", "LA"]),
    kind=st.sampled_from(["PNG", "WEBP", "GIF"]),
    seed=st.integers(0, 99),
)
# The worst ones, every time: noise at its own size, opaque and not.
@example(width=512, height=512, mode="RGB", kind="PNG", seed=1)
@example(width=512, height=512, mode="RGBA", kind="PNG", seed=1)
def test_no_picture_makes_a_preview_over_its_limit(width, height, mode, kind, seed):
    """Without `max_bytes` in imaging/previews.py a picture of noise had 250 kB in the notebook."""
    side = 256
    bands = {"RGB": 3, "RGBA": 4, "L": 1, "P": 1, "LA": 2}[mode]
    tile = Pillow.frombytes(mode, (side, side), random.Random(seed).randbytes(side * side * bands))
    if mode == "P":
        tile.putpalette(random.Random(seed).randbytes(768))
    picture = tile.resize((width, height), Pillow.Resampling.NEAREST)
    out = BytesIO()
    (picture.convert("RGBA") if kind == "WEBP" else picture).save(out, kind)
    small = preview(out.getvalue())
    assert len(small.data) <= MOST / 2
    assert max(small.width, small.height) <= 512


def test_the_forms_of_a_stored_picture_are_as_small_as_those_of_a_new_one(session, server, originals):
    server.script(rows(row(originals[3]), usage=USAGE))
    for result in (session.generate("a lighthouse"), session.generate("a lighthouse")):
        assert len(json.dumps(mimebundle(result)[0])) <= MOST
