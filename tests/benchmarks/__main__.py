"""`python -m tests.benchmarks`: what the product costs, beside what a user would write instead.

One table on the screen, and JSON where `--json` says. Nothing here fails for being slow: machines are noisy, so
each figure stands beside its peer from the same run, and a person reads the table.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import sys
import sysconfig
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import jupyter_imagegen
from tests.benchmarks import cells, crowds, fresh, recordings, stores
from tests.benchmarks.figures import Lab, table
from tests.benchmarks.server import Server

MEASUREMENTS = {
    **fresh.MEASUREMENTS,
    **cells.MEASUREMENTS,
    **stores.MEASUREMENTS,
    **crowds.MEASUREMENTS,
    **recordings.MEASUREMENTS,
}


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, smaller tables: under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--only", action="append", choices=sorted(MEASUREMENTS), metavar="NAME", default=[])
    options = parser.parse_args(words)
    wanted = {name: MEASUREMENTS[name] for name in MEASUREMENTS if not options.only or name in options.only}
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "AZURE_OPENAI_", "IMAGEGEN_", "JPY_")):
            del os.environ[name]

    # As pip does with what it installs, the SDK among it: compiling is no part of the first cell.
    for folder in (Path(jupyter_imagegen.__file__).parent, sysconfig.get_path("purelib")):
        compileall.compile_dir(folder, quiet=2)
    started, figures = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder, Server() as server:
        lab = Lab(folder=Path(folder), server=server, quick=options.quick)
        for name, measure in wanted.items():
            print(f"… {name}", file=sys.stderr, flush=True)
            figures += measure(lab)
    print(table(figures))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "load": load,
        "quick": options.quick,
        "seconds": round(time.monotonic() - started, 1),
    }
    print("\n" + ", ".join(f"{name} {value}" for name, value in about.items()))
    if options.json is not None:
        rows = {"about": about, "figures": [figure.as_json() for figure in figures]}
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
