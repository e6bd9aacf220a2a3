"""What the children of the storage tests do: work on a real store, and die where they are told to.

Each thing that is done is said on standard output, before (`begin`) and after (`did`).
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import struct
import sys
import threading
import zlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from jupyter_imagegen.core.budgets import Budget
from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.core.results import Preview
from jupyter_imagegen.errors import BudgetExceededError, StoreError
from jupyter_imagegen.imaging import Inspected
from jupyter_imagegen.storage import open_storage


def say(*words):
    # In one piece: whoever is killed while writing has said a whole line or nothing.
    print(" ".join(map(str, words)) + "\n", end="", flush=True)


def open_home(home):
    return open_storage(Path(home), now=lambda: datetime.now(UTC), session=f"child-{os.getpid()}")


def die():
    if sys.platform == "win32":
        os.kill(os.getpid(), signal.SIGTERM)  # TerminateProcess: nothing is cleaned up
    os.kill(os.getpid(), signal.SIGKILL)


def picture(payload):
    """A PNG of 8x8 pixels that carries these bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(9 * 8))
    chunks = chunk(b"IHDR", header), chunk(b"ruSh", payload), chunk(b"IDAT", pixels), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def ask(prompt):
    request = GenerateRequest(model="gpt-image-2.5-flare", prompt=prompt, size="1024x1024", quality="low")
    return request, request_key(request)


def buy(storage, prompt, data):
    """One call as the engine makes it."""
    request, key = ask(prompt)
    with storage.lock(key):
        say("begin reserve", key)
        charge = storage.ledger.reserve(
            key=key,
            provider="openai",
            model=request.model,
            endpoint="https://api.example.test",
            n=1,
            ceiling=Decimal("0.05"),
        )
        say("did reserve", charge.id)
        say("begin send", charge.id)
        storage.ledger.mark_sent(charge.id)
        say("did send", charge.id)
        image = storage.pictures.keep(
            key=key,
            namespace=None,
            request=request,
            provider="openai",
            data=data,
            inspected=Inspected(mime="image/png", width=8, height=8, has_alpha=False),
            preview=Preview(data=b"small", mime="image/jpeg", width=8, height=8),
            charge_id=charge.id,
        )
        say("did keep", image.digest, key)
        storage.ledger.settle(charge.id, cost=Decimal("0.01"), pictures=1)
        say("did settle", charge.id)
        storage.pictures.price(key, [image], cost=Decimal("0.01"))
        say("did price", charge.id)


ONLY_ONE = picture(b"the only one")


def die_at(home, step, data=""):
    """Buy one picture; die just before a step, where a step is anything that reaches the disk.

    `17` is the seventeenth step, `replace:2` the second file that gets its name; `0` goes to the end. The
    picture is a real one unless `data` says other bytes, in hexadecimal digits.
    """
    storage = open_home(home)
    steps = itertools.count(1)
    seen = {}

    def count(name):
        seen[name] = seen.get(name, 0) + 1
        if str(step) in {str(next(steps)), f"{name}:{seen[name]}"}:
            say("dies before", name)
            die()

    def counted(name, original):
        def run(*args, **kwargs):
            count(name)
            return original(*args, **kwargs)

        return run

    os.replace = counted("replace", os.replace)
    os.fsync = counted("fsync", os.fsync)
    os.open = counted("open", os.open)
    storage._database.one("SELECT 1 AS one")
    storage._database._connection.set_trace_callback(lambda sql: count(sql.split()[0]))
    buy(storage, "a lighthouse", bytes.fromhex(data) or ONLY_ONE)
    storage._database._connection.set_trace_callback(None)
    say("steps", next(steps) - 1)
    storage.close()


def in_fork(output, work, *arguments):
    """Run in a child of this process, which has imported everything already."""
    pid = os.fork()
    if pid:
        return pid
    with Path(output).open("w", buffering=1) as file:
        os.dup2(file.fileno(), 1)
        work(*arguments)
    os._exit(0)


def die_at_each(folder, every):
    """Die before every step in turn, or every third, each time in a home of its own."""
    os.waitpid(in_fork(f"{folder}/0.txt", die_at, f"{folder}/0", 0), 0)
    steps = int(Path(f"{folder}/0.txt").read_text().split()[-1])
    for step in range(1, steps + 1, int(every)):
        os.waitpid(in_fork(f"{folder}/{step}.txt", die_at, f"{folder}/{step}", step), 0)


def start_writers(home):
    """For each line `seed file`, start a writer that says into the file what it does; answer its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that the dead are really gone
    for line in sys.stdin:
        seed, output = line.split()
        say(in_fork(output, buy_for_ever, home, seed))


def buy_for_ever(home, seed):
    """Buy picture after picture until somebody kills this process."""
    storage = open_home(home)
    rng = random.Random(int(seed))
    for number in itertools.count():
        buy(storage, f"picture {seed} {number}", picture(rng.randbytes(rng.randrange(1, 200_000))))


def reserve_many(home, tries, per_process_threads):
    """Try to reserve ten cents, many times; say how often it was allowed."""
    storage = open_home(home)
    allowed = []
    say("ready")
    sys.stdin.readline()

    def work(which):
        # Not the thread's ident: one that ended hands it on, and with it a key whose lock is held to the end.
        for number in range(int(tries)):
            request, key = ask(f"picture {os.getpid()} {which} {number}")
            lock = storage.lock(key)
            lock.acquire()
            try:
                storage.ledger.reserve(
                    key=key,
                    provider="openai",
                    model=request.model,
                    endpoint="https://api.example.test",
                    n=1,
                    ceiling=Decimal("0.10"),
                    budgets=[Budget(scope="day", usd=Decimal("1.00"))],
                )
            except BudgetExceededError:
                lock.release()
                continue
            allowed.append(lock)

    threads = [threading.Thread(target=work, args=(which,)) for which in range(int(per_process_threads))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say("allowed", len(allowed))
    sys.stdin.readline()


def just_open(home):
    """Open a store at the same moment as others."""
    say("ready")
    sys.stdin.readline()
    try:
        storage = open_home(home)
    except StoreError as exc:
        say("error", type(exc).__name__, exc)
        return
    say("opened", len(storage.pictures.history(limit=1000)))
    storage.close()


def hold(home, key):
    """Hold a key's lock until told otherwise."""
    storage = open_home(home)
    with storage.lock(key):
        say("held")
        sys.stdin.readline()
    storage.close()


def on_full_disk(home, limit, length):
    """Buy a picture where no file may grow beyond a limit, as on a full disk; `log`: the index may not grow."""
    import resource

    storage = open_home(home)
    if limit == "log":
        limit = (Path(home) / "imagegen.sqlite3-wal").stat().st_size
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    request, key = ask("too large")
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    try:
        image = storage.pictures.keep(
            key=key,
            namespace=None,
            request=request,
            provider="openai",
            data=b"\x89PNG".ljust(int(length), b"x"),
            inspected=Inspected(mime="image/png", width=8, height=8, has_alpha=False),
            preview=Preview(data=b"small", mime="image/jpeg", width=8, height=8),
        )
        say("kept", image.digest)
    except StoreError as exc:
        say("error", exc)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    say("found", storage.pictures.count(key))
    storage.close()


def open_as_nobody(home):
    """Open a store as a user who may not write it."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    try:
        open_home(home).close()
    except StoreError as exc:
        say("error", exc)
    else:
        say("opened")


COMMANDS = {
    "die": die_at,
    "die-at-each": die_at_each,
    "writers": start_writers,
    "reserve": reserve_many,
    "open": just_open,
    "hold": hold,
    "full": on_full_disk,
    "nobody": open_as_nobody,
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
