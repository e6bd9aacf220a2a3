"""nbval, strict, over the lessons at once: what a cell says is what is saved, except where its tag says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from lessons import COURSE, PIXELS, SANITIZE, all_lessons, cassette_of, copied_folder, environment


def nbval(folder, lessons, how, **environ):
    """What a run of nbval over lessons says; `how` is strict (`--nbval`) or lax, which compares no outputs."""
    command = [
        *(sys.executable, "-m", "pytest", how, "--nbval-current-env"),
        *("--nbval-sanitize-with", str(SANITIZE), "-p", "nbval_homes"),
        # Nothing of the project's own settings: they are for its tests, not for notebooks.
        *("-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", "-p", "no:xdist"),
        *("-q", "--color=no", "--tb=short"),
    ]
    places = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [*command, *(path.name for path in lessons)],
        cwd=folder,
        # Options for this run, such as coverage, are none for the notebooks.
        env=environment(folder.parent.parent, PYTHONPATH=os.pathsep.join(places), PYTEST_ADDOPTS="")
        | {f"LESSON_{name}": value for name, value in environ.items()},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_nbval_agrees_with_every_saved_lesson(tmp_path, long):
    # All of them take as long again as their other runs; what they say is compared in those too. This one is short
    # and has some of each: pictures, an edit, a cassette, costs and a plan.
    lessons = [path for path in all_lessons() if long or path.stem.startswith("08_")]
    done = nbval(copied_folder(tmp_path), lessons, "--nbval")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("cassette", [COURSE, PIXELS], ids=lambda path: path.stem)
def test_nbval_runs_every_lesson_in_replay(tmp_path, cassette):
    """Lax: a caption says `recorded` there, and costs and history are the reader's, not those that are saved."""
    lessons = [path for path in all_lessons() if cassette_of(path) == cassette]
    environ = {"IMAGEGEN_CASSETTE": str(cassette), "IMAGEGEN_RECORD_MODE": "replay"}
    done = nbval(copied_folder(tmp_path), lessons, "--nbval-lax", **environ)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
