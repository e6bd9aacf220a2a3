"""Two machines with one home: they take turns, buy at once and are killed; runs in the guest, prints JSON.

::

    python tests/mounts/uml.py nfs4.2 tests/mounts/two_machines.py prices     turns, at once, a home that was moved
    python tests/mounts/uml.py nfs4.2 tests/mounts/two_machines.py kills 200 20261129
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
import traceback
from collections import Counter
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from imageserver import ImageServer  # noqa: E402 - found by the line above
from inside import MOUNTED, SERVER, SHARED, Machine  # noqa: E402

#: US dollars of a picture whose prompt has three words: 12 tokens at 5 dollars a million, 196 at 30.
PRICE = Decimal("0.00594")
NUMBERS = itertools.count()


class Worker:
    """A child on one machine: what it said, and how it ends."""

    def __init__(self, kernels, pid, file):
        self.kernels, self.pid, self.file = kernels, pid, file

    @property
    def said(self):
        text = self.file.read_text() if self.file.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def told(self, name, seconds=120):
        """Wait until it has said a thing; gives everything that it said."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said = self.said
            if any(name in line for line in said):
                return said
            time.sleep(0.01)
        return [*self.said, {"error": "Hangs", "message": f"no {name} in {seconds} s", "seconds": seconds}]

    def kill(self):
        with contextlib.suppress(BrokenPipeError):
            self.kernels.tell(kill=self.pid)


class Kernels:
    """A machine's process that has imported everything, with the home where that machine has it."""

    def __init__(self, server, machine=None):
        """On the server itself without a machine."""
        self.folder = MOUNTED if machine else SHARED
        start = machine.popen if machine else subprocess.Popen
        environ = {
            **os.environ,
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": server.key,
            "IMAGEGEN_ALLOW_HTTP": "1",
        }
        self.errors = Path(f"/run/tmp/errors-{next(NUMBERS)}")
        with self.errors.open("w") as errors:
            self.process = start(
                [sys.executable, "-W", "ignore", str(HERE / "buyer.py")],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ,
            )  # fmt: skip
        if self.process.stdout.readline() != "imported\n":
            raise RuntimeError(self.errors.read_text())

    def tell(self, **told):
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()

    def work(self, name, home, /, **told):
        file = Path(f"/run/tmp/said-{next(NUMBERS)}")
        self.tell(work=name, say=str(file), environ={"IMAGEGEN_HOME": str(self.folder / home)}, **told)
        return Worker(self, int(self.process.stdout.readline()), file)


class Place:
    """Both machines, the server, and the image server with its own book."""

    def __init__(self):
        self.server = ImageServer(host=SERVER)
        self.server.__enter__()
        self.on_server = Kernels(self.server)
        self.a, self.b = (Kernels(self.server, Machine(name)) for name in "ab")
        # Each of them has bought a picture, elsewhere.
        self.server.calls = 0
        self.server.requests.clear()
        self.server.pictures.clear()

    def billed(self):
        """What the server's own book says that every picture it was asked for costs, in US dollars."""
        words = (len(str(request.fields["prompt"]).split()) for request in self.server.requests)
        return sum((Decimal(6 + 2 * count) * 5 + 196 * 30 for count in words), Decimal(0)) / 1_000_000

    def begin(self):
        self.calls, self.bill = self.server.calls, self.billed()

    def end(self, home, said):
        """What came of it, by the server's book, by the children and by what is on the disk."""
        asked = [line for line in said if "seconds" in line]
        seen = self.a.work("look", home).told("done")[0]
        with_server = self.server.requests[self.calls :]
        prompts = Counter(request.fields["prompt"] for request in with_server)
        return {
            "calls": self.server.calls - self.calls,
            "twice": [prompt for prompt, count in prompts.items() if count > 1],
            "billed": str(self.billed() - self.bill),
            "made": sum(1 for line in asked if not line["error"] and not line["cached"]),
            "hits": sum(1 for line in asked if not line["error"] and line["cached"]),
            "errors": Counter(line["error"] for line in asked if line["error"]),
            "messages": sorted({f"{line['error']}: {line['message']}" for line in said if line.get("error")})[
                :6
            ],
            "lost": sorted(set(prompts) - set(seen.get("stored", {}))),
            "seen": {name: value for name, value in seen.items() if name != "stored"},
            "notes": sorted({note for line in asked for note in line.get("notes", ())})[:6],
            "slowest": round(max((line["seconds"] for line in asked), default=0), 1),
            "index": integrity(home),
            "verify": self.verify(home),
        }

    def verify(self, home):
        environ = {**os.environ, "IMAGEGEN_HOME": str(MOUNTED / home)}
        command = [str(Path(sys.executable).with_name("jupyter-imagegen")), "store", "verify"]
        try:
            done = Machine("b").run(command, env=environ, timeout=120)
        except subprocess.TimeoutExpired:
            return "hangs"
        return f"{done.returncode} {(done.stdout + done.stderr).strip()[-300:]}"


def integrity(home):
    """SQLite's whole check, on the server's own disk."""
    try:
        with contextlib.closing(sqlite3.connect(SHARED / home / "imagegen.sqlite3")) as database:
            mode = database.execute("PRAGMA journal_mode").fetchone()[0]
            return f"{mode} {database.execute('PRAGMA integrity_check').fetchone()[0]}"
    except sqlite3.Error as exc:
        return str(exc)


def made_on_the_server(place, home, pictures, budget):
    """A home made by the server alone on its own disk: with WAL, a budget and pictures."""
    place.on_server.work("set_budget", home, usd=str(budget)).told("done")
    place.on_server.work("buy", home, groups=[pictures]).told("done")


def turns(place, home):
    """Two kernels, one on each machine, each asking when the other has its answer; then a new pair."""
    said = []
    for pair in range(2):
        go = f"/run/tmp/{home}-{pair}-"
        prompts = {name: [f"{home} {pair}{name} {number}" for number in range(7)] for name in "ab"}
        workers = {
            name: kernels.work("take_turns", home, prompts=prompts[name], go=f"{go}{name}")
            for name, kernels in (("a", place.a), ("b", place.b))
        }
        for number in range(7):
            for name, worker in workers.items():
                Path(f"{go}{name}{number}").touch()
                count = number + 1
                end = time.monotonic() + 120
                while sum("seconds" in line for line in worker.said) < count and time.monotonic() < end:
                    time.sleep(0.01)
        for worker in workers.values():
            said += worker.told("done", 5)
            worker.kill()
    return said


def at_once(place, home):
    """Two processes on each machine, four threads each; half of what they ask for is the same."""
    go = f"/run/tmp/{home}-go"
    workers = []
    for name, kernels in (("a", place.a), ("b", place.b)):
        for process in range(2):
            groups = [
                [
                    f"{home} both {thread}{number}"
                    if number % 2
                    else f"{home} {name}{process} {thread}{number}"
                    for number in range(4)
                ]
                for thread in range(4)
            ]
            workers.append(kernels.work("buy", home, groups=groups, go=go))
    for worker in workers:
        worker.told("ready")
    Path(go).touch()
    said = []
    for worker in workers:
        said += worker.told("done", 240)
        worker.kill()
    return said


def prices(place):
    """Turns and at once, each under a budget of 20 pictures, in a home that the server had made."""
    outcome = {}
    for scenario in (turns, at_once):
        home = scenario.__name__.replace("_", "")
        made_on_the_server(place, home, [f"{home} first one"], PRICE * 21)
        place.begin()
        began = time.monotonic()
        # One machine alone opens it first, as whoever moves a home does.
        said = place.a.work("buy", home, groups=[[f"{home} first one"]]).told("done")
        said += scenario(place, home)
        outcome[scenario.__name__] = {**place.end(home, said), "took": round(time.monotonic() - began, 1)}
    return outcome


class Kernel:
    """A process that lives on, as a kernel does, and asks when it is told to."""

    def __init__(self, kernels, home, name):
        self.go, self.name, self.count = f"/run/tmp/{home}-{name}-", f"{home} {name}", 0
        prompts = [f"{self.name} {number}" for number in range(20)]
        self.worker = kernels.work("take_turns", home, prompts=prompts, go=self.go)

    def ask(self, seconds=120, *, wait=True):
        """Let it ask for its next picture; gives what became of it."""
        Path(f"{self.go}{self.count}").touch()
        self.count += 1
        if not wait:
            return {}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            told = [line for line in self.worker.said if "seconds" in line]
            if len(told) >= self.count:
                return told[self.count - 1]
            time.sleep(0.01)
        return {"error": "Hangs", "message": f"no answer in {seconds} s", "seconds": seconds}


def faults(place):
    """What one machine's kernel says when the server, or the other machine, takes something from under it."""
    outcome = {}

    def during(name, fault, repair=lambda home: None):
        home = f"fault{len(outcome)}"
        kernel = Kernel(place.a, home, "a")
        told = [kernel.ask()]
        fault(home)
        calls = place.server.calls
        told.append(kernel.ask())
        sent = place.server.calls - calls
        repair(home)
        told.append(kernel.ask())
        kernel.worker.kill()
        seen = place.b.work("look", home).told("done")[0]
        short = [
            f"{one['error'] or 'made'} {one['seconds']:.1f} s: {one['message'] or one['notes']}"
            for one in told
        ]
        outcome[name] = {
            "told": short, "sent in between": sent, "stored": sorted(seen.pop("stored", {})), "seen": seen,
            "index": integrity(home), "verify": place.verify(home),
        }  # fmt: skip

    def do(line):
        return lambda home: subprocess.run(line.format(home=SHARED / home), shell=True, check=True)

    index = "{home}/imagegen.sqlite3"
    during("the home is deleted", do("rm -r {home}"))
    during("the index is replaced by its copy", do(f"cp {index} {index}.c && mv {index}.c {index}"))
    during("incoming/ is deleted", do("rm -r {home}/incoming"))
    during(
        "the export ends",
        do(f"exportfs -u '*:{SHARED}'; exportfs -f; sleep 1"),
        do(f"exportfs -o rw,sync,no_root_squash,no_subtree_check,fsid=0 '*:{SHARED}'; sleep 1"),
    )
    during(
        "the server's disk is full",
        do("dd if=/dev/zero of=/run/disk/ballast bs=1M status=none || true"),
        do("rm /run/disk/ballast"),
    )
    during("the server restarts", do("rpc.nfsd 0; sleep 1; rpc.nfsd --no-udp 4"))
    holders = []

    def hold(home):
        code = "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1]); c.execute('BEGIN EXCLUSIVE'); print(1,flush=True); time.sleep(900)"
        holder = Machine("b").popen(
            [sys.executable, "-c", code, str(MOUNTED / home / "imagegen.sqlite3")], stdout=subprocess.PIPE
        )
        holder.stdout.readline()
        holders.append(holder)

    during("the other machine keeps the index locked", hold, lambda home: holders.pop().kill())
    return outcome


def kills(place, rounds, seed):
    """One process on each machine buys without end; each round one of them is killed, and another takes its place.

    The moments are seeded: in its first purchase or a later one, and then after so many milliseconds. After five
    rounds both are killed and one machine looks: everything that the server was asked for is a picture in the store
    or held as possibly billed. The budget has room for some more pictures than at the last look, so that some
    processes end there; it is compared with the server's own book at each kill.
    """
    rng, home = random.Random(int(seed)), "kills"
    began, known, ends, wrong = time.monotonic(), Decimal(0), Counter(), []
    machines, buying = {"a": place.a, "b": place.b}, {}
    for number in range(int(rounds)):
        if number % 5 == 0:
            budget = known + PRICE * rng.randrange(8, 30)
            said = machines[rng.choice("ab")].work("set_budget", home, usd=str(budget)).told("done")
            wrong += [(number, line) for line in said if "error" in line]
        for name, kernels in machines.items():
            if name not in buying:
                buying[name] = kernels.work("buy_for_ever", home, name=f"{number} {name}")
        name = rng.choice("ab")
        purchase, pause = rng.randrange(3), rng.uniform(0, 1)
        end = time.monotonic() + 60
        while not past(buying[name].said, purchase):
            if time.monotonic() > end:
                wrong.append((number, "nothing happens", buying[name].said[-1:]))
                break
            time.sleep(0.01)
        time.sleep(pause)
        ended = [name] if (number + 1) % 5 and number + 1 < int(rounds) else rng.sample("ab", 2)
        for name in ended:
            buying[name].kill()
            ends[(buying.pop(name).said or [{}])[-1].get("event", "nothing")] += 1
        if place.billed() > budget:
            wrong.append((number, "bought past the budget", str(place.billed()), str(budget)))
        if len(ended) == 1:
            continue
        end = time.monotonic() + 10
        while place.server._sockets and time.monotonic() < end:
            time.sleep(0.01)  # until the server has read what the killed had sent
        seen = machines[rng.choice("ab")].work("look", home).told("done")[0]
        if "stored" not in seen:
            wrong.append((number, seen))
            continue
        stored = {digest for digests in seen["stored"].values() for digest in digests}
        known = Decimal(seen["usd"]) + Decimal(seen["held_usd"])
        calls, held = place.server.calls, seen["held_calls"]
        if known < place.billed():
            wrong.append((number, "the ledger says less than the server", str(known), str(place.billed())))
        if calls > len(stored) + held:
            wrong.append((number, "calls without a picture or a held charge", calls, len(stored), held))
        if lost := whole_on_disk(home, place.server.pictures) - stored:
            wrong.append((number, "pictures on the disk that no history has", sorted(lost)))
        took = time.monotonic() - began
        print(number + 1, f"{took:.0f} s", calls, len(stored), held, dict(ends), wrong, file=sys.stderr)
    return {
        "rounds": int(rounds), "calls": place.server.calls, "stored": len(stored), "held": held,
        "billed": str(place.billed()), "counted": str(known), "budget": str(budget), "ends": ends,
        "wrong": wrong, "index": integrity(home), "verify": place.verify(home),
        "took": round(time.monotonic() - began, 1),
    }  # fmt: skip


def past(said, purchase):
    """Whether a process is past so many purchases, or has ended."""
    events = [line.get("event", "") for line in said]
    return events.count("Planned") > purchase or (events and events[-1].endswith("Error"))


def whole_on_disk(home, pictures):
    """The digests of those pictures whose every byte is in some file of the store, whatever its name."""
    known = {hashlib.sha256(data).hexdigest() for data in pictures if data}
    files = (path for path in (SHARED / home).rglob("*") if path.is_file() and path.suffix != ".sqlite3")
    return known & {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main():
    status = 1
    try:
        scenario, *told = sys.argv[1:]
        print(
            json.dumps(
                {"prices": prices, "kills": kills, "faults": faults}[scenario](Place(), *told), indent=1
            )
        )
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
