"""nbval, strict, over the lessons at once: what a cell says is what is saved, except where its tag says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lessons import SANITIZE, all_lessons, copied_folder, environment


def test_nbval_agrees_with_every_saved_lesson(tmp_path, long):
    # All of them take as long again as their other runs; what they say is compared in those too.
    lessons = all_lessons() if long else all_lessons()[:1]
    folder = copied_folder(tmp_path)
    command = [
        *(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env"),
        *("--nbval-sanitize-with", str(SANITIZE), "-p", "nbval_homes"),
        # Nothing of the project's own settings: they are for its tests, not for notebooks.
        *("-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", "-p", "no:xdist"),
        *("-q", "--color=no", "--tb=short"),
    ]
    places = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [*command, *(path.name for path in lessons)],
        cwd=folder,
        # Options for this run, such as coverage, are none for the notebooks.
        env=environment(tmp_path, PYTHONPATH=os.pathsep.join(places), PYTEST_ADDOPTS=""),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
