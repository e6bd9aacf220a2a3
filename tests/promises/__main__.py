"""Take the guards out, one at a time, and say whether the tests notice.

From the project's folder::

    python -m tests.promises              # every guard of guards.py: some ten minutes
    python -m tests.promises replay 401   # those whose fault has one of the words

Each is taken out of a temporary copy of package and tests, and the tests named with it run there. Ends with 1 if
one of them stays green, for then nothing holds that guard.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.promises.guards import GUARDS

ROOT = Path(__file__).resolve().parents[2]
#: A test that takes longer hangs for want of its guard.
SECONDS = 60


def copied(folder):
    """A copy of what the tests need, in which anything may be broken."""
    unwanted = shutil.ignore_patterns("__pycache__", ".*", "browser")
    for name in ("jupyter_imagegen", "tests", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def outcome(folder, test):
    """`red`, `green` or `hangs`, which is red too; and pytest's last line."""
    command = [
        sys.executable, "-B", "-m", "pytest", "-n0", "-x", "-q", "--no-header", "-p", "no:cacheprovider", f"tests/{test}"
    ]  # fmt: skip
    # Kernels and children find the copy before the installed package.
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            said, _ = run.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            # With everything that it started, where there are process groups.
            os.killpg(run.pid, signal.SIGKILL) if hasattr(os, "killpg") else run.kill()
            return "hangs", f"not done after {SECONDS} s"
    last = said.strip().splitlines()[-1] if said.strip() else ""
    # 1: tests failed. Anything else but 0 is a test that is not there, or a guard that was cut badly.
    return {0: "green", 1: "red"}.get(run.returncode, f"broken ({run.returncode})"), last


def main(words):
    chosen = [guard for guard in GUARDS if not words or any(word in guard.fault for word in words)]
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # some tests become nobody
        copied(folder)
        for guard in chosen:
            file = folder / "jupyter_imagegen" / guard.file
            whole = file.read_text(encoding="utf-8")
            if whole.count(guard.old) != 1:
                print(f"{guard.fault}: its code is not once in {guard.file}")
                missed.append(guard)
                continue
            file.write_text(whole.replace(guard.old, guard.new), encoding="utf-8")
            try:
                for test in guard.tests:
                    began = time.monotonic()
                    how, last = outcome(folder, test)
                    took = f"{time.monotonic() - began:.0f} s"
                    print(f"{how:6} {took:>5}  {guard.fault}  [{test.rpartition('::')[2]}]", flush=True)
                    if how not in {"red", "hangs"}:
                        print(f"       {last}")
                        missed.append(guard)
            finally:
                file.write_text(whole, encoding="utf-8")
    print(f"{len(chosen)} guards, {len(missed)} that nothing holds")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
