"""Never leak: the key is in nothing that a run leaves behind, and no text from outside becomes markup.

========================================================  ==================================================
fault                                                     test
========================================================  ==================================================
the key in any file or stream of a whole run: cells,      here: the_key_is_in_nothing_that_a_whole_run_…
kernel, DEBUG logs, store, ledger, cassette, exports,
panels, history, tracebacks with locals, reprs, pickles
401 that echoes the key, in any form                      here: however_a_server_writes_the_key_it_is_not_shown;
                                                          providers/test_openai_guards.py: the_key_is_nowhere_…
redirect to another host                                  providers/test_openai_guards.py: a_redirect_is_…
HTML, ANSI, OSC, bidi, braces, NUL, surrogates, in a      here: no_text_from_outside_becomes_markup_…,
prompt, revised prompt, file name, note, request id       whatever_a_server_answers_…
braces, `$`, `%` in a prompt stay what they are           core/test_prompts.py: a_template_without_a_dollar_…,
                                                          an_escaped_text_comes_back_…
32,001 characters                                         core/test_validation.py: a_prompt_that_cannot_…
a server's text in a terminal                             providers/test_untrusted.py, all of it
save names: `../..`, `~`, `C:`, links, twins, 300 signs   test_exports.py, all of it
a key in a settings file                                  test_config.py: a_key_in_a_file_is_refused_…
a key in a prompt that is recorded                        storage/taping.py refuses: test of cassettes
========================================================  ==================================================

What goes red without each guard is in `guards.py`; `python -m tests.promises` takes them out, one at a time.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import traceback
from decimal import Decimal
from urllib.parse import quote

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from imageserver import ImageServer, Reply, error, paint, redirect, rows, wrong_key
from kernels import Kernel
from promises.markup import Made, is_plain
from promises.secrets_in import files_with, forms, places

from jupyter_imagegen.core.results import Cost
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.render import caption, mimebundle
from jupyter_imagegen.render.history import history_view

SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
#: With signs that percent-encoding changes, and unlike any other text of a run.
KEY = "sk-proj-Leak/Me+Not=0123456789_abcdefXYZ"
USAGE = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}


def row(data, **more):
    return {"b64_json": base64.b64encode(data).decode(), **more}


LOUD = """
import logging, sys, os
logging.basicConfig(filename="debug.log", level=logging.DEBUG, force=True)
for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "asyncio", "filelock", "jupyter_imagegen"):
    logging.getLogger(name).setLevel(logging.DEBUG)
os.environ["OPENAI_LOG"] = "debug"
%xmode Verbose
"""
#: After a failure: everything of it that a person can look at.
LOOK = """
import traceback, pickle, gc
caught = sys.last_value
told = []
while caught is not None:
    told += [str(caught), repr(caught), repr(vars(caught)), pickle.dumps(caught).decode("latin-1")]
    told += traceback.TracebackException.from_exception(caught, capture_locals=True).format()
    caught = caught.__cause__ or caught.__context__
print("".join(told))
"""
CELLS = {
    "loading": "%load_ext jupyter_imagegen",
    "loud": LOUD,
    "recording": "%imagegen cassette use lesson.cassette --mode record",
    "picture": "%%imagegen -o r --save copy.png\na lighthouse",
    "again": "%%imagegen\na lighthouse",
    "edit": "%%imagegen -i r\nmake it winter",
    "partials": "%%imagegen --partial-images 1\na harbour",
    "commands": "\n".join(
        f"display(get_ipython().run_line_magic('imagegen', {command!r}))"
        for command in ("costs", "history", "show last", "config", "doctor", "models", "budget 5 --per day",
                        'estimate "a boat"', "cassette list")
    ),
    "panels": (
        "import jupyter_imagegen as ig\n"
        "panels = [ig.panel(), ig.gallery(), ig.cost_meter(), ig.compare(r, r), ig.mask_editor(r)]\n"
        "for panel in panels:\n"
        "    display(panel)\n"
        "    print(repr(panel), panel.get_state(), panel._repr_mimebundle_())"
    ),
    "process's own streams": "os.write(1, b'out\\n'); os.write(2, b'err\\n')",
    "reprs": (
        "s = ig.default_session()\n"
        "p = s.workshop.provider('openai')\n"
        "print(r, repr(r), vars(r), s, vars(s), p, vars(p), s.workshop.settings(), s.workshop.settings().sources)\n"
        "print(p._connection())\n"
        "import pickle; print(repr(ig.history()), repr(ig.costs()))"
    ),
    "export": "s.workshop.storage.pictures.export(__import__('pathlib').Path('all.zip'))",
}  # fmt: skip


def echoes():
    """Answers that hold the key, each in its own way; none in its headers, which the transport itself logs."""
    return {
        "wrong key": wrong_key(KEY),
        "percent": error(400, f"bad header: {quote(KEY, safe='')}"),
        "base64": error(403, f"bad header: {base64.b64encode(KEY.encode()).decode()}"),
        "bearer": error(400, f"bad header: {base64.b64encode(b'Bearer ' + KEY.encode()).decode()}"),
        "user": error(400, f"bad header: {base64.b64encode(b'me:' + KEY.encode() + b'@x').decode()}"),
        "code": error(404, "no", code=KEY, param=KEY),
        "html": Reply(f"<html>{KEY}</html>".encode(), status=502, kind="text/html"),
        "redirect": redirect("http://127.0.0.2:9/v1"),
        "broken": Reply(f'{{"data": [{KEY}'.encode()),
    }


@contextlib.contextmanager
def streams_into(file):
    """What processes started meanwhile write to their standard output and error goes into a file."""
    kept = [os.dup(fd) for fd in (1, 2)]
    with file.open("wb") as opened:
        for fd in (1, 2):
            os.dup2(opened.fileno(), fd)
    try:
        yield
    finally:
        for fd, old in zip((1, 2), kept, strict=True):
            os.dup2(old, fd)
            os.close(old)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """A folder with everything that a run left behind, and its cells' messages."""
    folder = tmp_path_factory.mktemp("leak")
    (folder / "run").mkdir()
    with ImageServer(key=KEY) as server:
        with streams_into(folder / "streams.txt"):
            kernel = Kernel(folder / "run", OPENAI_LOG="debug", **server.env())
        outputs = {}
        try:
            for name, code in CELLS.items():
                outputs[name] = kernel.run(code)
            for name, reply in echoes().items():
                server.script(reply)
                outputs[name] = kernel.run(f"%%imagegen\nrefused for {name}")
                outputs[f"looked at {name}"] = kernel.run(LOOK)
        finally:
            kernel.close()
    cells = [nbformat.v4.new_code_cell(code) for code in CELLS.values()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "run" / "lesson.ipynb")
    (folder / "run" / "messages.json").write_text(json.dumps(outputs, default=str))
    return folder, outputs, server


def test_the_run_was_a_whole_one(whole_run):
    """Else the next test would find nothing because nothing was there."""
    folder, outputs, server = whole_run
    failed = {
        name: out
        for name, out in outputs.items()
        for o in out
        if o["output_type"] == "error" and name in CELLS
    }
    assert not failed
    assert all(any(o["output_type"] == "error" for o in outputs[name]) for name in echoes())
    assert all("Error" in outputs[f"looked at {name}"][0]["text"] for name in echoes())
    written = {path.name for path in folder.rglob("*") if path.is_file()}
    assert written >= {
        "imagegen.sqlite3",
        "lesson.cassette",
        "copy.png",
        "all.zip",
        "debug.log",
        "messages.json",
    }
    assert "HTTP" in (folder / "run" / "debug.log").read_text()
    assert {b"out", b"err"} <= set((folder / "streams.txt").read_bytes().splitlines())
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in server.requests)


def test_the_key_is_in_nothing_that_a_whole_run_leaves_behind(whole_run):
    """Every file under the run's folder, zip files opened, and every message of its cells.

    Without the redactor in openai/errors.py the key was in the message of a 401; without `repr=False` in
    openai/connection.py in the provider's repr; with `raise … from exc` in openai/provider.py in the locals of a
    traceback.
    """
    folder, _, _ = whole_run
    assert files_with(folder, KEY) == {}


def test_the_search_itself_finds_what_is_there(tmp_path):
    for before in range(4):
        text = base64.b64encode(b"x" * before + KEY.encode() + b" and more")
        assert places(text, KEY)
    assert places(quote(KEY, safe=""), KEY)
    assert not places("sk-proj-another", KEY)
    (tmp_path / "a.txt").write_text(f"the key is {KEY}")
    assert list(files_with(tmp_path, KEY)) == [str(tmp_path / "a.txt")]
    assert min(len(form) for form in forms(KEY).values()) > 30


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
    how=st.sampled_from(["base64", "url-safe base64", "percent", "plain"]),
    where=st.sampled_from(["message", "code", "type", "param"]),
)
@example(before=b"Bearer ", after=b"", how="base64", where="message")
def test_however_a_server_writes_the_key_it_is_not_shown(leaky, before, after, how, where):
    """Without the three beginnings of base64 in untrusted.py a server's `Bearer …` in base64 showed the key."""
    session, server = leaky
    header = before + KEY.encode() + after
    written = {
        "base64": base64.b64encode(header).decode(),
        "url-safe base64": base64.urlsafe_b64encode(header).decode(),
        "percent": quote(header, safe=""),
        "plain": header.decode("latin-1"),
    }[how]
    body = {"error": {"message": "no", "type": "x", "code": "x", "param": "x", where: f"got {written}."}}
    server.script(Reply(json.dumps(body).encode(), status=400))
    with pytest.raises(ImagegenError) as caught:
        session.generate("a lighthouse")
    shown = [
        str(caught.value),
        repr(caught.value),
        repr(vars(caught.value)),
        *traceback.format_exception(caught.value),
    ]
    assert places("".join(shown), KEY) == []


@pytest.fixture
def leaky(monkeypatch, new_session):
    with ImageServer(key=KEY) as server:
        for name, value in server.env().items():
            monkeypatch.setenv(name, value)
        yield new_session(), server


#: What hides in text, and text around it.
NASTY = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'", "&lt;", "-->", "]]>", "\x1b[31m",
             "\x1b]8;;http://evil\x07", "\u202e", "\x00", "\x9b31m", "{", "}", "${x}", "%s", "\ud800", "\r", "\n",
             "</style>", "<!--", "javascript:alert(1)", "$", "$$", "a word"]
        ),
        min_size=1,
        max_size=5,
    ).map("".join),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(prompt=NASTY, alt=NASTY, revised=NASTY, note=NASTY, model=NASTY, provider=NASTY)
def test_no_text_from_outside_becomes_markup_or_moves_the_terminal(
    painted, prompt, alt, revised, note, model, provider
):
    """The same elements with the same attributes as for harmless words, and nothing that a terminal obeys.

    Without `html.escape` in escaping.py an element of the prompt's was in the page; without `plain` there the
    text turned its line around.
    """
    from dataclasses import replace

    def shown(*words):
        said, told, rewritten, noted, made_by, came_from = words
        result = replace(
            painted,
            request=replace(painted.request, prompt=said, model=made_by),
            images=tuple(replace(image, revised_prompt=rewritten) for image in painted.images),
            alt=told,
            notes=(noted,),
            provider=came_from,
            cost=Cost(usd=Decimal("0.01"), saved_usd=Decimal(0)),
        )
        data, _ = mimebundle(result)
        caption(result)
        return data

    nasty = shown(prompt, alt, revised, note, model, provider)
    harmless = shown("word", "word", "word", "word", "word", "word")
    made, wanted = Made(nasty["text/html"]), Made(harmless["text/html"])
    # A dollar sign has an element of its own, so that nothing takes it for mathematics; empty words have none.
    assert {e for e in made.elements if e != ("span", ())} <= set(wanted.elements) | {
        ("p", ()),
        ("div", ()),
    }
    assert {name for name, _ in made.active} <= {name for name, _ in wanted.active}
    assert all(value.startswith("data:image/") for name, value in made.active if name == "src")
    assert made.comments == []
    assert is_plain(nasty["text/plain"])
    json.dumps(nasty).encode("utf-8")


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    from jupyter_imagegen.session import Session

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGEGEN_HOME", str(tmp_path_factory.mktemp("painted")))
        session = Session(
            environ={"IMAGEGEN_HOME": str(tmp_path_factory.mktemp("painted"))}, demo_fallback=True
        )
        yield session.generate("a boat")
        session.close()


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(
    revised=NASTY,
    request_id=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    said=NASTY,
)
@example(revised="\ud800", request_id="", said="\ud800")
def test_whatever_a_server_answers_is_stored_and_shown_as_words(session, server, revised, request_id, said):
    """A revised prompt, a request id and an error message, through a whole call, the store and the history.

    Without `escaped` the words were elements; without `storable` half a surrogate pair was an error after the
    picture had been paid for.
    """
    reply = rows(row(paint("64x64"), revised_prompt=revised), usage=USAGE)
    reply.headers["x-request-id"] = request_id
    server.script(reply)
    result = session.generate("a lighthouse", fresh=True)
    assert result.images[0].path is not None, result.notes
    server.script(error(400, said))
    with pytest.raises(ImagegenError) as caught:
        session.generate("another lighthouse")
    assert is_plain(str(caught.value))
    for data in (mimebundle(result)[0], mimebundle(session.generate("a lighthouse"))[0]):
        made = Made(data["text/html"])
        assert not {"script", "img"} & {
            tag for tag, names in made.elements if "onerror" in names or tag == "script"
        }
        assert is_plain(data["text/plain"])
    view = history_view(session.accounts.history(limit=2))
    assert "script" not in {tag for tag, _ in Made(view.html).elements}
    assert is_plain(view.text)
