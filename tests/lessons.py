"""The lessons in notebooks/: run as a reader runs them, looked at, and saved with what they show.

From the project's folder::

    python -m tests.lessons write notebooks/04_styles.ipynb …   # run, and save the outputs in the file itself
    python -m tests.lessons check [notebooks/04_styles.ipynb …] # look at what is saved; all of them without a name
    python -m tests.lessons record [notebooks/04_styles.ipynb …] # run, and put what is shown into the lessons' cassettes

A lesson runs from top to bottom in a kernel of its own, in a temporary copy of its folder, with an empty store
and home and without any variable of OpenAI's or ours: what a reader sees who has nothing set up.

`write` touches a cell only where it shows something new: other times or dates alone, and keys in its words
(`nbval_sanitize.cfg` evens them out), leave the saved output as it is, so that a second `write` changes nothing.
Cells are named cell-00, cell-01 … by their place; the kernel's name is that of 01; a live widget, which is
nothing without its kernel, is left out. Then it says every problem that it sees, and ends with 1 if there is one.

What a lesson must keep to (`problems`)
---------------------------------------
- No cell writes to stderr. A cell fails only where its failing is the lesson: it has the tag `raises-exception`,
  and then it must fail.
- Every picture can be decoded, and is described for those who do not see it. Ours are. An `<img>` has its alt
  text; a figure of Matplotlib or a picture of Pillow has one of two things:
  `display(figure, metadata={"image/png": {"alt": "what it shows"}})`, or the tag `described-below` on its cell,
  and the next cell is text that says what there is to see.
- No path of this machine, nothing that looks like a key (`sk-…`; a made-up one is better called made-up).
- Under 400 kB as a file.

Tags that a lesson may need
---------------------------
raises-exception
    The cell's error is what it is there to show.
described-below
    The text under the cell describes its picture.
nbval-ignore-output
    nbval cannot compare the cell: it starts a picture, whose progress nbval takes for what the cell shows; its
    output was updated or cleared; or it shows a panel. `write` sets it there. What the cell says is still
    compared, with the updates folded in (`differences`).
varies
    What the cell says is another thing each time, and no pattern evens it out; nothing compares it.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import io
import os
import re
import shutil
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import nbclient
import nbformat
from jupyter_core.utils import ensure_async
from nbval.plugin import get_sanitize_patterns
from PIL import Image

from jupyter_imagegen.storage import Cassette
from jupyter_imagegen.storage.taping import pack

ROOT = Path(__file__).resolve().parents[1]
LESSONS = ROOT / "notebooks"
SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")

#: Small copies are enough to look at; one lesson reckons with pixels, and its cassette holds originals.
COURSE = LESSONS / "course.cassette"
PIXELS = LESSONS / "pixels.cassette"
RECKONS_WITH_PIXELS = {"03_edit_with_a_mask.ipynb"}

LARGEST = 400_000
SECONDS = 180

LIVE = "application/vnd.jupyter.widget-view+json"
_OURS = ("OPENAI_", "AZURE_", "IMAGEGEN_", "JPY_")
_MACHINE = re.compile(r"(?i)(?<![\w.~-])/(?:tmp|home|root|users|var/folders|private)/|\b[a-z]:\\+users\\")
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{8,}")
# Whether its progress is seen, or it is done before that, is a matter of milliseconds.
_STARTS_A_PICTURE = re.compile(
    r"(?m)^(?!.*--dry-run).*(?:%%imagegen|%imagegen +[\"'-]|\ba?(?:generate|edit)\()"
)
_EMBEDDED = re.compile(r"data:(image/[\w.+-]+);base64,([A-Za-z0-9+/=\s]+)")


def all_lessons():
    """Paths of the lessons, in their order."""
    return sorted(LESSONS.glob("*.ipynb"))


def read(path):
    return nbformat.read(path, 4)


def written(notebook):
    """The bytes of a lesson's file."""
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


class _Client(nbclient.NotebookClient):
    """Notes the cells whose outputs were changed after they were shown: nbval sees those as they began."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.changed = set()

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in {"update_display_data", "clear_output"}:
            place = msg["content"].get("transient", {}).get("display_id")
            self.changed |= set(self._display_id_map.get(place, [cell_index]))
        return super().process_message(msg, cell, cell_index)

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        """As nbclient's, but what comes late for an earlier cell (`--nowait`) is not lost, as in JupyterLab."""
        while True:
            msg = await ensure_async(self.kc.iopub_channel.get_msg(timeout=None))
            ours = msg["parent_header"].get("msg_id") == parent_msg_id
            if ours or msg["msg_type"] == "update_display_data":
                try:
                    self.process_message(msg, cell, cell_index)
                except nbclient.client.CellExecutionComplete:
                    return


def environment(root, **environ):
    """A reader's environment with nothing set up: home and store are under `root`."""
    user = root / "user"
    user.mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    names = ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "IPYTHONDIR")
    return clean | dict.fromkeys(names, str(user)) | {"IMAGEGEN_HOME": str(user / "imagegen")} | environ


def copied_folder(root, source=LESSONS):
    """A copy of the lessons' folder in the home under `root`, made once."""
    folder = root / "user" / "notebooks"
    if not folder.exists():
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return folder


def run(path, root, **environ):
    """Run a lesson to its end.

    Parameters
    ----------
    path : Path
        The lesson.
    root : Path
        A folder of the run's own. Another run in the same one is the reader's second: it finds the store.
    **environ : str
        Variables besides, such as a server's address and key.

    Returns
    -------
    NotebookNode
        The lesson as it would be saved, with live widgets still in it, and `~` for the home; cells that nbval
        cannot compare are tagged.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails that has no tag `raises-exception`.
    """
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = _Client(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(copied_folder(root, Path(path).parent))}},
    )
    client.execute(env=environment(root, **environ))
    for index, cell in enumerate(notebook.cells):
        live = any(LIVE in output.get("data", {}) for output in cell.get("outputs", []))
        starts = cell.cell_type == "code" and _STARTS_A_PICTURE.search(cell.source)
        if index in client.changed or live or starts or "varies" in tags(cell):
            cell.metadata.tags = sorted({*tags(cell), "nbval-ignore-output"})
    notebook.metadata = read(LESSONS / "01_quickstart.ipynb").metadata
    for output in outputs(notebook):
        _as_at_home(output, str(root / "user"))
    return notebook


def tags(cell):
    return cell.metadata.get("tags", [])


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def captions(notebook):
    """The text of every picture's output."""
    found = [output.data for output in outputs(notebook) if "data" in output]
    return [data["text/plain"] for data in found if "<figcaption" in data.get("text/html", "")]


def without_live_widgets(notebook):
    """Take the live widgets out, in place: without their kernel they are an error's text in the reader's page."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(LIVE, None)
        if cell.cell_type == "code":
            # An output that was emptied, such as the progress of a call in Python, shows nothing either.
            cell.outputs = [
                output for output in cell.outputs if any(output.get("data", {"text": True}).values())
            ]
    return notebook


# what is wrong with a lesson


def problems(notebook):
    """Every problem of a lesson that ran, or of a saved one; see the module's text for the rules."""
    found = []
    for index, cell in enumerate(notebook.cells):
        following = notebook.cells[index + 1] if index + 1 < len(notebook.cells) else None
        found += [f"{cell.get('id', index)}: {problem}" for problem in _cell_problems(cell, following)]
    if (size := len(written(notebook))) >= LARGEST:
        found.append(f"the file is {size:,} bytes, and is to stay under {LARGEST:,}")
    return found


def _cell_problems(cell, following):
    yield from _text_problems(cell.source)
    if cell.cell_type != "code":
        return
    failed = any(output.output_type == "error" for output in cell.outputs)
    may_fail = "raises-exception" in tags(cell)
    if may_fail and cell.execution_count is not None and not failed:
        yield "has the tag raises-exception and does not fail"
    described = "described-below" in tags(cell)
    if described and (following is None or following.cell_type != "markdown"):
        yield "has the tag described-below, and no text follows"
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                yield f"writes to stderr: {output.text[:120]!r}"
            yield from _text_problems(output.text)
        elif output.output_type == "error":
            if not may_fail:
                yield f"fails: {output.ename}: {output.evalue[:120]}"
            yield from _text_problems("\n".join([output.evalue, *output.traceback]))
        else:
            yield from _data_problems(output, described=described)


def _data_problems(output, *, described):
    html = output.data.get("text/html", "")
    for mime, value in output.data.items():
        if mime.startswith("image/"):
            yield from _picture_problems(mime, value)
            # A static form of ours is described in its HTML, which every reader of a saved notebook prefers.
            if not (described or "<img" in html or output.metadata.get(mime, {}).get("alt", "").strip()):
                yield f"shows {mime} without a description: display(…, metadata={{{mime!r}: {{'alt': …}}}})"
        elif isinstance(value, str):
            for embedded, data in _EMBEDDED.findall(value):
                yield from _picture_problems(embedded, data)
            yield from _text_problems(_EMBEDDED.sub("", value))
    images = _Images(html)
    yield from (f"an <img> has no alt text: {start[:80]}" for start in images.undescribed)


def _picture_problems(mime, value):
    try:
        if mime == "image/svg+xml":
            text = value if value.lstrip().startswith("<") else base64.b64decode(value, validate=False)
            ET.fromstring(text)
        else:
            Image.open(io.BytesIO(base64.b64decode(value))).load()
    except (ET.ParseError, binascii.Error, OSError, SyntaxError, ValueError) as exc:
        yield f"its {mime} cannot be decoded: {exc}"


def _text_problems(text):
    if found := _MACHINE.search(text):
        yield f"names a path of this machine: {text[found.start() :][:60]!r}"
    if found := _KEY.search(text):
        yield f"shows what looks like a key: {found[0][:6]}…"


class _Images(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.undescribed = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "img" and not (dict(attrs).get("alt") or "").strip():
            self.undescribed.append(self.get_starttag_text())


# what a lesson says


def _patterns():
    return [
        (re.compile(find), put) for find, put in get_sanitize_patterns(SANITIZE.read_text(encoding="utf-8"))
    ]


def sanitized(text):
    """A text with what may differ from run to run evened out, as nbval does it."""
    for find, put in _patterns():
        text = find.sub(put, text)
    return text


def said(cell):
    """What a cell's outputs say in words, evened out: one string each, with its kind."""
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            for mime, value in sorted(output.data.items()):
                found.append((mime, value if mime.startswith("text/") else ""))
    return [(kind, sanitized(text)) for kind, text in found]


def looks(cell):
    """A cell's pictures and styles, as they are, and the keys by which a cassette is made of them."""
    found = []
    for output in cell.get("outputs", []):
        found += output.get("metadata", {}).get("jupyter_imagegen", {}).get("keys", [])
        for mime, value in sorted(output.get("data", {}).items()):
            if mime == "text/html":
                found += re.findall(r"<style>[\s\S]*?</style>|base64,[A-Za-z0-9+/=]+", value)
            elif mime.startswith("image/"):
                found.append(value)
    return found


def differences(saved, ran):
    """Cells that say another thing when they run than the saved lesson does, in words."""
    found = []
    for old, new in zip(saved.cells, ran.cells, strict=True):
        if "varies" in tags(new):
            continue
        before, now = said(old), said(new)
        if before != now:
            found.append(f"{old.id} is saved as {_first(before, now)!r} and says {_first(now, before)!r}")
    return found


def _first(these, others):
    return next((pair for pair in these if pair not in others), None) or these


# the command


def write(path):
    """Run a lesson and save it with its outputs; gives its problems."""
    saved = read(path)
    with tempfile.TemporaryDirectory(prefix="lesson-") as root:
        ran = without_live_widgets(run(path, Path(root)))
    for index, (old, new) in enumerate(zip(saved.cells, ran.cells, strict=True)):
        if new.cell_type == "code" and said(old) == said(new) and looks(old) == looks(new):
            new.outputs = old.outputs
        new.id = f"cell-{index:02}"
    Path(path).write_bytes(written(ran))
    return problems(ran)


def cassette_of(path):
    """The cassette that replays a lesson."""
    return PIXELS if Path(path).name in RECKONS_WITH_PIXELS else COURSE


def record(path):
    """Run a lesson and put what it shows into its cassette; gives its problems."""
    cassette = cassette_of(path)
    with tempfile.TemporaryDirectory(prefix="lesson-") as root:
        environ = {"IMAGEGEN_CASSETTE": str(cassette), "IMAGEGEN_RECORD_MODE": "record"}
        if cassette == COURSE:
            # The author's own file: no variable gives it, and a file beside a lesson may not.
            file = Path(root) / "user" / "jupyter_imagegen" / "config.toml"
            file.parent.mkdir(parents=True)
            file.write_text("cassette_preview = 360\n", encoding="utf-8")
        found = problems(run(path, Path(root), **environ))
        pack(Cassette(cassette))
        return found


def _as_at_home(node, user):
    """Put `~` where the temporary home stands, in place; a reader sees the own one there."""
    for name, value in list(node.items()):
        if isinstance(value, str):
            node[name] = value.replace(user, "~")
        elif isinstance(value, dict):
            _as_at_home(value, user)
        elif isinstance(value, list):
            node[name] = [line.replace(user, "~") if isinstance(line, str) else line for line in value]


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m tests.lessons", description="Run, save and check the lessons."
    )
    parser.add_argument("what", choices=["write", "check", "record"])
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="all in notebooks/, where none is named (not for write)"
    )
    options = parser.parse_args(arguments)
    if options.what == "write" and not options.notebooks:
        parser.error("write needs the notebooks' names: it changes them")
    failed = False
    for path in options.notebooks or all_lessons():
        does = {"write": write, "record": record, "check": lambda path: problems(read(path))}
        found = does[options.what](path)
        failed = failed or bool(found)
        print(f"{path.name}: {path.stat().st_size:,} bytes, problems: {len(found)}", *found, sep="\n  ")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
