"""The magics in real kernels: what a person at a notebook sees, and what a saved notebook holds."""

import base64
import json
import threading
from io import BytesIO

import nbclient
import nbformat
import pytest
from imageserver import ImageServer, Reply, moderated, paint
from kernels import Kernel
from PIL import Image as Pillow

from jupyter_imagegen.core.prompts import escape_prompt

HEAVY = (
    "import sys; print([m for m in ('openai', 'PIL', 'ipywidgets', 'anywidget', 'genai_prices')"
    " if m in sys.modules])"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A kernel without a key."""
    kernel = Kernel(tmp_path_factory.mktemp("demo"))
    kernel.said_at_load = kernel.run("%load_ext jupyter_imagegen")
    kernel.heavy_at_load = only(kernel.run(HEAVY))["text"]
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def server():
    with ImageServer() as server:
        yield server


@pytest.fixture(scope="module")
def paid(tmp_path_factory, server):
    """A kernel whose openai is the test suite's server."""
    kernel = Kernel(tmp_path_factory.mktemp("paid"), **server.env())
    kernel.run("%load_ext jupyter_imagegen")
    yield kernel
    kernel.close()


def only(outputs):
    (output,) = outputs
    return output


def text(output):
    return output["data"]["text/plain"]


def error_line(outputs):
    """The one line of the one error."""
    error = only(outputs)
    assert error["output_type"] == "error"
    (line,) = error["traceback"]
    assert "\n" not in line
    return line


def test_loading_says_nothing_and_imports_nothing_heavy(demo):
    assert demo.said_at_load == []
    assert demo.heavy_at_load == "[]\n"


def test_a_cell_shows_one_picture_with_its_caption(demo):
    output = only(demo.run("%%imagegen\na red boat on a lake"))
    assert output["output_type"] == "display_data"
    assert text(output).startswith("Picture: a red boat on a lake\n2.5-flare · 1024×1024 · low · ")
    assert "demo picture, not a model's" in text(output)
    assert Pillow.open(BytesIO(base64.b64decode(output["data"]["image/jpeg"]))).size == (512, 512)


def test_the_same_cell_again_is_cached_and_shows_once_without_updates(demo):
    demo.run("%%imagegen\na green boat on a lake")
    output = only(demo.run("%%imagegen\na green boat on a lake"))
    assert " · cached · $0.00" in text(output)
    assert output["updates"] == 0


def test_a_saved_picture_weighs_less_than_120_kilobytes(demo):
    output = only(demo.run("%%imagegen\na forest of many small leaves, detailed"))
    assert len(json.dumps(output["data"])) <= 120_000


def test_variables_and_expressions_come_from_the_notebook(demo):
    demo.run("animal, count = 'heron', 3")
    output = only(demo.run("%%imagegen --dry-run\n${count + 1} of a $animal for $$5 in {braces}"))
    assert '"prompt": "4 of a heron for $5 in {braces}"' in text(output)


def test_variables_fill_options_too_and_never_make_new_words(demo):
    demo.run("size, words = '1536x1024', 'two --fresh words'")
    output = only(demo.run("%%imagegen --dry-run -s $size --alt $words\na boat"))
    assert '"size": "1536x1024"' in text(output)


def test_raw_takes_the_prompt_as_it_stands(demo):
    output = only(demo.run("%%imagegen --dry-run --raw --alt $nowhere\nthe price is $animal"))
    assert '"prompt": "the price is $animal"' in text(output)


def test_a_missing_variable_is_named_in_one_line(demo):
    assert "$nowhere" in error_line(demo.run("%%imagegen\na $nowhere"))


def test_a_line_magic_sees_the_variables_of_its_function(demo):
    code = "def paint(colour):\n    r = %imagegen \"a $colour boat\" --provider demo\n    return r.request.prompt\npaint('teal')"
    assert text(demo.run(code)[-1]) == "'a teal boat'"


def test_a_line_gives_the_result_as_a_value_and_shows_nothing_by_itself(demo):
    demo.run("%%imagegen\na blue boat")
    assert demo.run('r = %imagegen "a blue boat"') == []
    assert text(only(demo.run("r.cached, len(r.images)"))) == "(True, 1)"


def test_a_line_that_is_the_last_value_shows_its_picture_once(demo):
    demo.run("%%imagegen\na blue boat")
    output = only(demo.run('%imagegen "a blue boat" --preview 128'))
    assert output["output_type"] == "execute_result"
    assert 'width="128"' in output["data"]["text/html"]


def test_a_result_is_bound_to_the_name_that_was_asked_for(demo):
    demo.run("%%imagegen -o boat -n 2 -s 1024x1024\na small boat")
    assert text(only(demo.run("len(boat.images), boat.request.prompt"))) == "(2, 'a small boat')"


@pytest.mark.parametrize("name", ["a-b", "1st", "class", "a.b"])
def test_a_name_that_cannot_be_bound_is_refused_before_the_call(demo, name):
    before = text(only(demo.run("import jupyter_imagegen as ig; ig.costs().spending.session.calls")))
    assert "is not a valid variable name" in error_line(demo.run(f"%%imagegen -o {name}\na {name} boat"))
    assert text(only(demo.run("ig.costs().spending.session.calls"))) == before


def test_the_last_picture_can_be_changed_by_name(demo):
    demo.run("%%imagegen -o first\na boat in summer")
    output = only(demo.run("%%imagegen -i first --dry-run\nmake it winter"))
    assert '"image"' in text(output)
    assert "first, 1024×1024" in text(output)


def test_a_copy_is_written_where_it_was_asked_for(demo):
    demo.run("%%imagegen --save pictures/boat.png\na boat to keep")
    code = "from pathlib import Path; Path('pictures/boat.png').read_bytes()[:4]"
    assert text(only(demo.run(code))) == r"b'\x89PNG'"


def test_the_same_cell_again_saves_the_same_copy_again_without_a_complaint(demo):
    demo.run("%%imagegen --save pictures/twice.png\na boat to keep twice")
    assert (
        only(demo.run("%%imagegen --save pictures/twice.png\na boat to keep twice"))["output_type"]
        == "display_data"
    )
    refused = demo.run("%%imagegen --save pictures/twice.png\nanother boat")
    assert "'twice.png' already exists" in error_line(refused[1:])


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%imagegen --stlye ink\na boat", "Did you mean --style"),
        ("%%imagegen a boat\nat sea", "belongs to no option"),
        ("%%imagegen\n \n", "there is no prompt"),
        ("%imagegen histroy", "Did you mean `%imagegen history`"),
        ("%imagegen -n 2 boat", "one prompt, in quotes"),
        ("%%imagegen -s 1000x1000 --provider openai\na boat", "1008x1008"),
        ("%%imagegen --preview 9000\na boat", "64 to 2048 pixels"),
        ("%imagegen show ffffffffffff", "ffffffffffff"),
        ("%imagegen models gpt-imge-2", "Did you mean gpt-image-2"),
        ("%imagegen styles watercolor", "watercolour"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(demo, cell, words):
    assert words in error_line(demo.run(cell))


@pytest.mark.parametrize(
    "command",
    ["costs", "history", "show last", "models", "models gpt-image-2", "styles", "styles ukiyo-e", "config",
     "doctor", "wait", "cancel", "budget", 'estimate "a boat" -q high'],
)  # fmt: skip
def test_every_command_shows_a_table_in_both_forms(demo, command):
    demo.run("%%imagegen\na boat for the tables")
    output = only(demo.run(f"%imagegen {command}"))
    assert output["output_type"] == "execute_result"
    assert 'class="imagegen ' in output["data"]["text/html"]
    assert text(output)


def test_a_command_is_a_value_too_and_then_shows_nothing(demo):
    assert demo.run("table = %imagegen costs") == []


def test_settings_of_config_hold_and_bad_ones_are_taken_back(demo):
    demo.run("%config Imagegen.quality = 'medium'")
    assert '"quality": "medium"' in text(only(demo.run("%%imagegen --dry-run\na boat")))
    refused = only(demo.run("%config Imagegen.preview = 3"))
    assert "from 64 to 2048 pixels" in refused["text"]
    assert text(only(demo.run("%config Imagegen.quality"))) == "'medium'"
    assert demo.run("%config Imagegen.preview") == []
    assert demo.run("%config Imagegen.quality = None") == []
    assert '"quality": "low"' in text(only(demo.run("%%imagegen --dry-run\na boat")))


def test_the_preview_setting_holds_for_cells_values_and_results(demo):
    demo.run("%%imagegen\na boat of any size")
    demo.run("%config Imagegen.preview = 200")
    for cell in (
        "%%imagegen\na boat of any size",
        '%imagegen "a boat of any size"',
        "ig.default_session().last",
    ):
        assert 'width="200"' in demo.run(f"{cell}")[-1]["data"]["text/html"]
    demo.run("%config Imagegen.preview = None")


def test_help_is_the_table_of_options(demo):
    (page,) = demo.reply(demo.start("%%imagegen?"))["payload"]
    assert "--output-compression" in page["data"]["text/plain"]


def test_tab_completes_flags_values_and_commands(demo):
    def complete(code):
        return demo.client.complete(code, reply=True, timeout=30)["content"]["matches"]

    assert complete("%%imagegen --qual") == ["--quality"]
    assert "medium" in complete("%%imagegen -q ")
    assert complete("%%imagegen -m gpt-image-2.5-f") == ["gpt-image-2.5-flare"]
    assert "watercolour" in complete("%%imagegen --style wat")
    assert complete("%imagegen histo") == ["history"]
    assert complete('r = %imagegen "a cat" --fre') == ["--fresh"]
    assert "import" in complete("impor")


def test_a_paid_picture_has_its_price_under_it(paid, server):
    output = only(paid.run("%%imagegen -q medium\na lighthouse"))
    assert " · medium · " in text(output)
    assert "$0.0132" in text(output)
    assert "demo" not in text(output)
    again = only(paid.run("%%imagegen -q medium\na lighthouse"))
    assert "cached · $0.00, saved $0.0132" in text(again)
    assert server.calls == 1


def test_a_hit_in_a_new_kernel_calls_nobody_and_imports_no_sdk(paid, server):
    paid.run("%%imagegen\na lighthouse to come back to")
    calls = server.calls
    kernel = Kernel(paid.folder, **server.env())
    try:
        kernel.run("%load_ext jupyter_imagegen")
        assert " · cached · " in text(only(kernel.run("%%imagegen\na lighthouse to come back to")))
        assert only(kernel.run(HEAVY))["text"] == "[]\n"
    finally:
        kernel.close()
    assert server.calls == calls


@pytest.fixture
def gate():
    """Held answers go on when the test ends, however it ends: the kernel is the next test's too."""
    opened = threading.Event()
    yield opened
    opened.set()


def test_progress_gives_way_to_the_picture_in_one_output(paid, server, gate):
    server.script(Reply(rows_of(server), gate=gate, billed=True))
    cell = paid.start("%%imagegen\na slow lighthouse")
    paid.until(lambda message: "sent" in json.dumps(message["content"]))
    gate.set()
    output = only(paid.finish(cell))
    assert output["updates"] >= 1
    assert text(output).startswith("Picture: a slow lighthouse")


def rows_of(server):
    picture = base64.b64encode(server_picture()).decode()
    usage = {
        "input_tokens": 13, "input_tokens_details": {"image_tokens": 0, "text_tokens": 13},
        "output_tokens": 196, "output_tokens_details": {"image_tokens": 196, "text_tokens": 0},
        "total_tokens": 209,
    }  # fmt: skip
    return json.dumps({"created": 1, "data": [{"b64_json": picture}], "usage": usage}).encode()


def server_picture():
    return paint("1024x1024", seed="slow")


def test_an_interrupt_detaches_and_the_picture_still_lands(paid, server, gate):
    server.script(Reply(rows_of(server), gate=gate, billed=True))
    cell = paid.start("%%imagegen\na lighthouse far away")
    paid.until(lambda message: "sent" in json.dumps(message["content"]))
    paid.interrupt()
    # How soon, tests/promises says.
    paid.until(lambda message: message["msg_type"] == "error")
    outputs = paid.finish(cell)
    assert "DetachedError" in error_line(outputs[1:])
    assert text(outputs[0]).startswith("detached; the picture will appear here")
    calls = server.calls
    gate.set()
    paid.until_true(lambda: text(outputs[0]).startswith("Picture: a lighthouse far away"))
    assert "cached" in text(only(paid.run("%%imagegen\na lighthouse far away")))
    assert server.calls == calls


def test_nowait_returns_at_once_and_the_picture_comes_later(paid, server, gate):
    server.script(Reply(rows_of(server), gate=gate, billed=True))
    output = only(paid.run("%%imagegen --nowait -o later\na lighthouse later"))
    assert text(output) == "being made; the picture will appear here"
    gate.set()
    paid.until_true(lambda: text(output).startswith("Picture: a lighthouse later"))
    paid.run("%imagegen wait")
    assert text(only(paid.run("later.request.prompt"))) == "'a lighthouse later'"


def test_cancel_ends_a_waiting_run_and_says_how_many(paid, server, gate):
    server.script(Reply(rows_of(server), gate=gate, billed=True))
    server.arrived.clear()
    waiting = only(paid.run("%%imagegen --nowait\na lighthouse never"))
    assert server.arrived.wait(20)
    assert "1 given up" in text(only(paid.run("%imagegen cancel")))
    paid.until_true(lambda: text(waiting).startswith("not made: abandoned"))
    gate.set()


def test_a_refusal_is_one_line_and_leaves_no_progress(paid, server):
    server.script(moderated())
    outputs = [
        o for o in paid.run("%%imagegen\nsomething refused") if o.get("data", {}).get("text/plain") != ""
    ]
    assert "ModerationError" in error_line(outputs)


def test_a_budget_stands_against_the_next_call_in_one_line(paid, server):
    paid.run("%imagegen budget 0 --per total")
    calls = server.calls
    assert "BudgetExceededError" in error_line(paid.run("%%imagegen --fresh\na lighthouse"))
    assert server.calls == calls
    assert "No budget" in text(only(paid.run("%imagegen budget none --per total")))


def test_max_cost_refuses_a_dearer_call(paid, server):
    calls = server.calls
    assert "BudgetExceededError" in error_line(
        paid.run("%%imagegen -q high --max-cost 0.01\na dear lighthouse")
    )
    assert server.calls == calls


def test_the_key_is_in_no_output(paid, server):
    everything = json.dumps(paid.cells)
    everything += json.dumps([paid.run("%imagegen doctor"), paid.run("%imagegen config")])
    assert server.key not in everything


def test_run_all_stops_at_an_error_and_the_notebook_stays_small(tmp_path, monkeypatch):
    cells = [
        "%load_ext jupyter_imagegen",
        "%%imagegen\na boat",
        "%%imagegen --qualty low\na boat",
        "print('never')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="--quality"):
        nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert notebook.cells[3].outputs == []
    assert len(nbformat.writes(notebook)) < 150_000


def test_a_prompt_from_elsewhere_can_be_written_so_that_nothing_is_filled_in(demo):
    demo.run(f"prompt = {escape_prompt('costs $animal')!r}")
    assert "costs $animal" in text(only(demo.run("%%imagegen --dry-run\ncosts $$animal")))
