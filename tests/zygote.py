"""A process that has imported everything and forks a child for each program that it is sent; see `children`.

An import of everything takes half a second of processor time, a fork of a process that has done it a hundredth.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import time

HEAVY = (
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.WebPImagePlugin",
    "genai_prices",
    "openai.resources.images",
)
#: These import IPython, which few children need.
FACES = ("display", "magics", "widgets")


def everything():
    """The names of all modules of ours that a command of the shell could need."""
    import jupyter_imagegen

    for module in pkgutil.walk_packages(jupyter_imagegen.__path__, "jupyter_imagegen."):
        if module.name.split(".")[1] not in FACES and not module.name.endswith("__main__"):
            yield module.name


def received(line):
    """The next task and its files: standard input, output, error, and where its status goes."""
    head, files, _, _ = socket.recv_fds(line, 4, 4)
    if not head:
        raise SystemExit
    # Those that have ended: their times count as this process's.
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    length, body = int.from_bytes(head, "big"), b""
    while len(body) < length:
        body += line.recv(length - len(body))
    return json.loads(body), files


def serve(line):
    """Fork a child for each task; it returns in the child, with the task."""
    while True:
        task, files = received(line)
        if not os.fork():
            line.close()
            child = os.fork()
            if child:
                _wait_for(child, files)
            _become(task, files)
            return task
        for file in files:
            os.close(file)


def _wait_for(child, files):
    """Tell its number and then how it ended, as `subprocess` does."""
    *streams, status = files
    for file in streams:
        os.close(file)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(status, b"%d\n" % child)
    _, ended = os.waitpid(child, 0)
    os.write(status, b"%d\n" % os.waitstatus_to_exitcode(ended))
    os._exit(0)


def _become(task, files):
    """What a new process of Python begins with."""
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgid(0, 0)
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["environ"])
    time.tzset()
    sys.argv = ["-c", *task["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (
        open(0, encoding="utf-8", closefd=False),  # noqa: SIM115  # for as long as the process is there
        open(1, "w", encoding="utf-8", closefd=False),  # noqa: SIM115
        open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False),  # noqa: SIM115
    )


if __name__ == "__main__":
    for name in (*HEAVY, *everything()):
        importlib.import_module(name)
    # A child that collected garbage would copy all of it.
    gc.collect()
    gc.freeze()
    exec(
        compile(serve(socket.socket(fileno=int(sys.argv[1])))["code"], "<string>", "exec"),
        {"__name__": "__main__"},
    )
