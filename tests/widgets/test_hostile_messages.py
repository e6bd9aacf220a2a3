"""Whatever arrives over the comm ends in the panel's own error: nothing is raised, logged, changed or bought."""

from __future__ import annotations

import json
import logging

import imageserver
import pytest

from jupyter_imagegen.widgets.compare import compare
from jupyter_imagegen.widgets.cost_meter import CostMeter
from jupyter_imagegen.widgets.gallery import Gallery
from jupyter_imagegen.widgets.mask_editor import MaskEditor
from jupyter_imagegen.widgets.panel import PicturePanel


def deep(levels=5000):
    value = []
    for _ in range(levels):
        value = [value]
    return value


#: JSON as Python reads it, so with NaN and with numbers of any length.
ODD = {
    "null": None, "true": True, "number": 7, "negative": -1, "NaN": float("nan"), "infinity": float("inf"),
    "long number": 10**400, "fraction": 0.5, "text": "x", "huge text": "x" * 5_000_000, "surrogate": "\ud800",
    "escape": "\x1b]8;;http://x\x07", "list": [], "list of lists": [[None, None]], "table": {}, "table in table": {"a": {"b": []}},
    "deep": deep(), "many": list(range(100_000)),
}  # fmt: skip


@pytest.fixture
def panels(session, server, monkeypatch):
    picture = session.generate("a boat")
    shown = {
        "panel": PicturePanel(session, "a boat", later=lambda action: action),
        "gallery": Gallery(session),
        "mask_editor": MaskEditor(session, picture),
        "compare": compare(picture, picture, session=session),
        "cost_meter": CostMeter(session),
    }
    yield shown
    for one in shown.values():
        one.close()


@pytest.fixture
def quiet(caplog, capfd):
    """Nothing of a raw error is seen, neither in the log nor on the streams."""
    caplog.set_level(logging.WARNING)
    yield
    assert [record.getMessage()[:200] for record in caplog.records] == []
    assert capfd.readouterr() == ("", "")


def arrives(panel, data, buffers=()):
    """As the kernel hands over what came from the browser."""
    panel._handle_msg({"content": {"data": data}, "buffers": list(buffers)})


def custom(panel, content, buffers=()):
    arrives(panel, {"method": "custom", "content": content}, buffers)


def told(panel):
    said, panel.problem = panel.problem, ""
    return said


def state_of(panels):
    return {
        name: {key: repr(value) for key, value in one.get_state().items() if key != "problem"}
        for name, one in panels.items()
    }


@pytest.mark.usefixtures("quiet")
def test_what_is_no_message_is_said_and_does_nothing(panels, server):
    calls, before = server.calls, state_of(panels)
    for panel in panels.values():
        for odd in (
            *ODD.values(),
            {"kind": "no such"},
            {"kind": "guarded"},
            {"kind": ["generate"]},
            {"kind": None},
        ):
            for data in (
                odd,
                {"method": "custom", "content": odd},
                {"method": odd},
                {"method": "update", "state": odd},
            ):
                if data == {"method": "update", "state": {}}:
                    continue
                arrives(panel, data)
                assert "nothing was done" in told(panel)
        arrives(panel, {"method": "custom"})
        assert "nothing was done" in told(panel)
    assert (server.calls, state_of(panels)) == (calls, before)


#: A message of each kind with fields that are right, but for what they name.
RIGHT = {
    "panel": [
        {"kind": "generate", "prompt": "a fox", "choices": {"n": 1}},
        *(
            {"kind": kind, "id": "r9-9"}
            for kind in ("edit", "reference", "drop_input", "mask", "another", "picture")
        ),
        {"kind": "add_file", "name": "a.png"},
        {"kind": "save", "id": "r9-9", "name": "a.png"},
        {"kind": "favourite", "id": "r9-9", "on": True},
    ],
    "gallery": [
        {"kind": "page", "ask": 1, "narrowed": {}, "before": None},
        *({"kind": kind, "key": "a" * 64, "sample": 0} for kind in ("detail", "delete", "reuse")),
        {"kind": "favourite", "key": "a" * 64, "sample": 0, "favourite": True},
        {"kind": "export", "samples": [["a" * 64, 0]]},
        {"kind": "compare", "samples": [["a" * 64, 0]]},
    ],
    "mask_editor": [{"kind": "load", "name": "a.png"}],
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", RIGHT)
def test_a_field_of_the_wrong_kind_is_said_and_does_nothing(panels, server, name):
    calls, panel = server.calls, panels[name]
    before = state_of(panels)
    for message in RIGHT[name]:
        for field in message.keys() - {"kind"}:
            for odd_name, odd in ODD.items():
                if fits(field, odd_name):
                    continue
                custom(
                    panel, {**message, field: odd}, [b"x"] if message["kind"] in {"add_file", "load"} else []
                )
                assert (message["kind"], field, odd_name, told(panel)[:40]) == (
                    message["kind"], field, odd_name, "the page sent what this panel does not k",
                )  # fmt: skip
    assert (server.calls, state_of(panels)) == (calls, before)


def fits(field, odd_name):
    """What is of the right kind, whatever it says."""
    texts = {"text", "surrogate", "escape"}
    return odd_name in {
        "prompt": texts, "id": texts, "name": texts, "key": texts,
        "ask": {"number"}, "sample": {"number"}, "on": {"true"}, "favourite": {"true"},
        "choices": {"table"}, "narrowed": {"table"}, "before": {"null"}, "samples": {"list"},
    }[field]  # fmt: skip


@pytest.mark.usefixtures("quiet")
def test_binary_data_that_does_not_belong_is_said(panels, server):
    calls = server.calls
    for name, buffers in (
        ("panel", [b"x"]),
        ("panel", ["x"]),
        ("gallery", [b"x", b"y"]),
        ("compare", [b"x"]),
    ):
        kind = {"panel": "generate", "gallery": "look", "compare": "whole"}[name]
        custom(panels[name], {"kind": kind}, buffers)
        assert "nothing was done" in told(panels[name])
    custom(panels["panel"], {"kind": "add_file", "name": "a.png"}, [b"x", b"y"])
    assert "nothing was done" in told(panels["panel"])
    for missing in ([], [b""], [b"not a picture"]):
        custom(panels["panel"], {"kind": "add_file", "name": "a.png"}, missing)
        assert told(panels["panel"])
        custom(panels["mask_editor"], {"kind": "load", "name": "a.png"}, missing)
        assert told(panels["mask_editor"])
    assert server.calls == calls


@pytest.mark.usefixtures("quiet")
def test_a_trait_that_is_not_the_pages_to_set_stays_and_so_does_one_of_the_wrong_kind(panels, server):
    before = state_of(panels)
    for panel in panels.values():
        for trait in [*panel.get_state(), "no_such", "_session", "_runs", "comm"]:
            for odd in (None, 7, float("nan"), [[1]], {"a": deep()}, "x" * 5_000_000):
                if trait == "choices" and odd is None:
                    continue
                arrives(panel, {"method": "update", "state": {trait: odd}})
                refused = told(panel)
                assert (trait, "nothing was done" in refused) == (trait, (trait, odd) != ("feather", 7))
            for paths in ([["no"]], [[trait, 5]], "x", [None], [[]]):
                arrives(panel, {"method": "update", "state": {trait: []}, "buffer_paths": paths}, [b"x"])
                told(panel)
    after = state_of(panels)
    after["mask_editor"]["feather"], after["gallery"]["chosen"] = (
        before["mask_editor"]["feather"],
        before["gallery"]["chosen"],
    )
    assert after == before


@pytest.mark.usefixtures("quiet")
def test_a_generate_with_a_prompt_that_is_none_does_not_buy_the_last_one(panels, server):
    calls = server.calls
    for prompt in (None, 7, ["a fox"]):
        custom(panels["panel"], {"kind": "generate", "prompt": prompt, "choices": {}})
        assert "nothing was done" in told(panels["panel"])
    assert server.calls == calls


def test_what_is_right_still_works(panels, server):
    panel = panels["panel"]
    arrives(
        panel,
        {"method": "update", "state": {"prompt": "a fox", "choices": json.loads(json.dumps(panel.choices))}},
    )
    assert (panel.prompt, panel.problem) == ("a fox", "")
    arrives(
        panels["mask_editor"],
        {"method": "update", "state": {"drawn": None, "feather": 3}, "buffer_paths": [["drawn"]]},
        [memoryview(b"")],
    )
    assert (panels["mask_editor"].feather, panels["mask_editor"].problem) == (3, "")
    arrives(panels["gallery"], {"method": "update", "state": {"chosen": [["a" * 64, 0]]}})
    assert (panels["gallery"].chosen, panels["gallery"].problem) == ([["a" * 64, 0]], "")
    assert imageserver.KEY not in repr(state_of(panels))
