"""A shim: what the system says of files under one folder, where a real mount or a failing disk cannot be had."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path


def _path(file):
    """The path of a path, a file or a descriptor."""
    if isinstance(file, (str, bytes, os.PathLike)):
        return os.path.realpath(os.fsdecode(file))
    with contextlib.suppress(OSError):
        return str(Path(f"/proc/self/fd/{file if isinstance(file, int) else file.fileno()}").readlink())
    return ""


class Shim:
    """Mounts and errors under one folder; everything else stays as it is."""

    def __init__(self, folder, monkeypatch):
        self.folder = os.path.realpath(folder)
        self._patch = monkeypatch
        self._failing = {}

    def mounted(self, kind, options="rw"):
        """Let the kernel's list of mounts end with one at the folder."""
        read = Path.read_text

        def told(path, *how, **words):
            text = read(path, *how, **words)
            if str(path) != "/proc/self/mountinfo":
                return text
            return f"{text}999 1 0:99 / {self.folder} {options} - {kind} server:/home {options}\n"

        self._patch.setattr(Path, "read_text", told)
        return self

    def failing(self, name, *calls, only=lambda path: True):
        """Let system calls on what lies under the folder fail with an error of this name; all, or `only` some."""
        number = getattr(errno, name)
        for call in calls:
            module = fcntl if hasattr(fcntl, call) else os
            real = getattr(module, call)

            def wrapped(file, *how, _real=real, _call=call, **words):
                path = _path(file)
                unlocks = _call in {"flock", "lockf"} and how[0] == fcntl.LOCK_UN
                if path.startswith(self.folder) and only(path) and not unlocks:
                    raise OSError(number, os.strerror(number), path)
                return _real(file, *how, **words)

            self._patch.setattr(module, call, wrapped)
        return self

    def locks_of_one_process(self):
        """Let `flock` keep out only this process, as where another machine is not asked."""
        real, held = fcntl.flock, {}

        def flock(file, how):
            number = file if isinstance(file, int) else file.fileno()
            path = _path(file)
            if not path.startswith(self.folder):
                return real(file, how)
            if how == fcntl.LOCK_UN:
                held.pop(path, None)
            elif held.setdefault(path, number) != number:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            return None

        self._patch.setattr(fcntl, "flock", flock)
        return self
