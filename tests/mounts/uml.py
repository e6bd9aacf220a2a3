"""Network homes for real: a User-Mode Linux guest with file servers and two machines that mount one folder.

::

    python tests/mounts/uml.py nfs4.2 PROGRAM.py [ARGUMENT ...]     runs PROGRAM.py in the guest
    python tests/mounts/uml.py nfs4.2 --each COMMAND [ARGUMENT ...]  runs COMMAND on both machines at once

The guest needs no privileges: it is a process. Its root is this machine's own, read-only; what is written there
goes into its memory and into one disk image, and is gone with it. It has one processor and 1 GB, ends with the
program, and is killed when its time is up. On Debian everything comes from::

    apt-get install user-mode-linux nfs-kernel-server rpcbind samba cifs-utils sshfs openssh-server e2fsprogs

Inside (see `inside.py`) are a server with a disk of ext4, exported by nfsd, smbd and sshd, and two machines
`a` and `b`: each has its own network, mounts, process ids and host name. Their host names are equal in their
first 24 letters. Both mount the server's folder at `/run/net`.

What it is not: the two machines share one kernel, so that nothing says how another kernel's client behaves, or
what is left of a machine that loses power. Lustre, Ceph, Azure Files and a NetApp cannot be had here: the first
two need kernel modules that Debian does not build, the others are services; `cifs-nobrl` has the mount options
that are usual for Azure Files.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = Path("/usr/lib/uml/modules")
NFS = ("rpc.nfsd", "rpc.mountd", "exportfs", "mount.nfs", "rpcbind", "rpc.statd")
#: What each mount needs beside the guest's kernel.
NEEDS = {
    "ext4": (),
    "nfs4.2": NFS,
    "nfs3": NFS,
    "nfs3-nolock": NFS,
    "cifs": ("smbd", "mount.cifs"),
    "cifs-nobrl": ("smbd", "mount.cifs"),
    "sshfs": ("sshd", "sshfs"),
}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Outcome:
    """What came of a program in the guest; `status` is None where its time was up before its end."""

    status: int | None
    output: str
    console: str


def lacking(mount: str) -> str:
    """What this machine has not got for such a mount; empty where it can be had."""
    missing = [
        name for name in ("linux.uml", "mkfs.ext4", *NEEDS[mount]) if not shutil.which(name, path=PATH)
    ]
    if not MODULES.is_dir():
        missing.append(str(MODULES))
    if not missing:
        return ""
    return f"a mount by {mount} needs {', '.join(missing)} (tests/mounts/uml.py says where it comes from)"


def run(mount: str, program: list[str], *, seconds: float = 600) -> Outcome:
    """Boot a guest, run a program in it and end it.

    Parameters
    ----------
    mount
        How the two machines see the server's folder: one of `NEEDS`.
    program
        Its arguments; it runs on the server, and reaches the machines by `inside.Machine`.
    seconds
        After so many the guest is killed.
    """
    with tempfile.TemporaryDirectory(prefix="imagegen-guest-") as folder:
        box = Path(folder)
        disk = box / "disk"
        with disk.open("wb") as file:
            file.truncate(768 << 20)
        subprocess.run([shutil.which("mkfs.ext4", path=PATH), "-q", str(disk)], check=True)
        about = {
            "mount": mount,
            "program": program,
            "folder": str(Path.cwd()),
            "path": PATH,
            "kernel": str(MODULES),
            "seconds": seconds,
        }
        (box / "about.json").write_text(json.dumps(about))
        (box / "output").touch()
        console = box / "console"
        command = [
            shutil.which("linux.uml", path=PATH), "mem=1G", "root=/dev/root", "rootfstype=hostfs",
            "rootflags=/", "ro", f"ubd0={disk}", "con=null", "con0=null,fd:1", "quiet", "panic=-1",
            "umid=guest", f"uml_dir={box}", f"init={sys.executable}", "--", str(HERE / "inside.py"), str(box),
        ]  # fmt: skip
        with console.open("wb") as out:
            guest = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
            try:
                guest.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
            finally:
                # All of its processes: they are in a session of their own.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(guest.pid, signal.SIGKILL)
                guest.wait()
        said = (box / "status").read_text() if (box / "status").exists() else ""
        return Outcome(
            status=int(said) if said else None,
            output=(box / "output").read_text(errors="replace"),
            console=console.read_text(errors="replace"),
        )


def main() -> int:
    # Whoever is asked to end ends the guest first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    mount, *program = sys.argv[1:]
    if lack := lacking(mount):
        print(lack, file=sys.stderr)
        return 2
    if program[0] == "--each":
        program = [str(HERE / "inside.py"), *program]
    outcome = run(mount, [sys.executable, *program], seconds=float(os.environ.get("GUEST_SECONDS", "600")))
    print(outcome.output, end="")
    if outcome.status is None:
        print(outcome.console[-4000:], file=sys.stderr)
        return 124
    return outcome.status


if __name__ == "__main__":
    sys.exit(main())
