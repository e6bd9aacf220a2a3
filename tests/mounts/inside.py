"""The inside of the guest: its first process, which makes servers and machines; see `uml.py`.

A program that runs there imports `Machine` from here.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

SERVER = "10.7.0.1"
#: The folder on the server's own disk, and where the machines have it.
SHARED, MOUNTED = Path("/run/disk/shared"), Path("/run/net")
#: Equal in their first 24 letters, as the pods of one user are.
HOSTS = {"a": "jupyter-maria-gonzalez-2d--lab1", "b": "jupyter-maria-gonzalez-2d--lab2"}
ADDRESSES = {"a": "10.7.0.2", "b": "10.7.0.3"}
OPTIONS = {
    "nfs4.2": "-t nfs4 -o vers=4.2 {server}:/",
    "nfs3": "-t nfs -o vers=3,mountproto=tcp,proto=tcp {server}:{shared}",
    "nfs3-nolock": "-t nfs -o vers=3,mountproto=tcp,proto=tcp,nolock {server}:{shared}",
    "cifs": "-t cifs -o vers=3.1.1,guest //{server}/shared",
    "cifs-nobrl": "-t cifs -o vers=3.1.1,guest,nobrl //{server}/shared",
}
SMB = """
[global]
map to guest = Bad User
guest account = root
private dir = /run/samba
state directory = /run/samba
cache directory = /run/samba
lock directory = /run/samba
pid directory = /run/samba
ncalrpc dir = /run/samba
log file = /run/samba/log
disable spoolss = yes
load printers = no
[shared]
path = /run/disk/shared
guest ok = yes
force user = root
read only = no
"""
SSHD = """
HostKey /run/ssh/key
AuthorizedKeysFile /run/ssh/key.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
Subsystem sftp internal-sftp
"""
SSH = "ssh -i /run/ssh/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"


class Machine:
    """One of the two machines: starts processes there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.anchor = int(Path(f"/run/machines/{name}").read_text())

    def popen(self, command: list[str], **options) -> subprocess.Popen:
        return subprocess.Popen([*self._there(), *command], **options)

    def run(self, command: list[str], **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*self._there(), *command], check=False, text=True, capture_output=True, **options
        )

    def _there(self) -> list[str]:
        return ["nsenter", "-t", str(self.anchor), "-n", "-m", "-u", "-p"]


def do(line: str, **options) -> None:
    subprocess.run(line, shell=True, check=True, **options)


def until(what, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen")
        time.sleep(0.02)


def succeeds(line: str) -> bool:
    return subprocess.run(line, shell=True, check=False, capture_output=True).returncode == 0


def prepare(about: dict) -> None:
    """Folders, modules, the disk and the network of the server."""
    do("mount -t sysfs sys /sys")
    do(
        "mkdir -p /run/kernel/lib /run/disk /run/net /run/machines /run/home /run/tmp /dev/pts && mount -t devpts p /dev/pts"
    )
    Path("/run/kernel/lib/modules").symlink_to(about["kernel"])
    # What the kernel asks for by itself.
    Path("/run/modprobe").write_text('#!/bin/sh\nexec /sbin/modprobe -d /run/kernel "$@"\n')
    Path("/run/modprobe").chmod(0o755)
    Path("/proc/sys/kernel/modprobe").write_text("/run/modprobe")
    do("/run/modprobe -a veth bridge")
    do("mount /dev/ubda /run/disk && mkdir -m 777 /run/disk/shared && ip link set lo up && hostname server")
    do(f"ip link add br0 type bridge && ip addr add {SERVER}/24 dev br0 && ip link set br0 up")


def serve(mount: str) -> None:
    if mount.startswith("nfs"):
        do("/run/modprobe -a nfsd nfsv3 nfsv4 && /run/modprobe lockd")
        do(
            "mount -t tmpfs none /var/lib/nfs && mkdir /var/lib/nfs/sm /var/lib/nfs/sm.bak /var/lib/nfs/v4recovery"
        )
        do("touch /var/lib/nfs/etab /var/lib/nfs/rmtab && mount -t nfsd nfsd /proc/fs/nfsd")
        # No client is known from before: none has a lock to claim again.
        Path("/proc/sys/fs/nfs/nlm_grace_period").write_text("1")
        do("rpcbind -w && rpc.statd --no-notify")
        do(f"exportfs -o rw,sync,no_root_squash,no_subtree_check,fsid=0 '*:{SHARED}'")
        Path("/proc/fs/nfsd/nfsv4leasetime").write_text("10")
        Path("/proc/fs/nfsd/nfsv4gracetime").write_text("10")
        do("rpc.mountd && rpc.nfsd --no-udp 4")
        Path("/proc/fs/nfsd/v4_end_grace").write_text("Y")
    elif mount.startswith("cifs"):
        do("/run/modprobe -a cifs")
        do("mkdir -p /run/samba")
        Path("/run/samba/conf").write_text(SMB)
        do("smbd -D -l /run/samba -s /run/samba/conf")
        until(lambda: succeeds(f"bash -c '</dev/tcp/{SERVER}/445'"))
    elif mount == "sshfs":
        do(
            "/run/modprobe -a fuse && mkdir -p /run/ssh /run/sshd && ssh-keygen -q -t ed25519 -N '' -f /run/ssh/key"
        )
        Path("/run/ssh/conf").write_text(SSHD)
        do("/usr/sbin/sshd -f /run/ssh/conf")


def add_machine(name: str, mount: str) -> None:
    """A network, mounts, process ids and a host name of its own; the shared folder at `MOUNTED`."""
    anchor = subprocess.Popen(
        [
            "unshare",
            "-n",
            "-m",
            "-u",
            "-p",
            "-f",
            "--mount-proc",
            "sh",
            "-c",
            "echo $(hostname); sleep infinity",
        ],
        stdout=subprocess.PIPE,
    )
    anchor.stdout.readline()
    # The one that unshare forked is the first process of the new ids.
    (child,) = Path(f"/proc/{anchor.pid}/task/{anchor.pid}/children").read_text().split()
    Path(f"/run/machines/{name}").write_text(child)
    machine = Machine(name)
    do(
        f"ip link add net-{name} type veth peer name eth0 netns {child} && ip link set net-{name} master br0 up"
    )
    script = [
        f"hostname {HOSTS[name]}",
        f"ip link set lo up && ip addr add {ADDRESSES[name]}/24 dev eth0 && ip link set eth0 up",
    ]
    if mount == "nfs3":
        # Whoever grants a lock to this machine asks its own rpcbind where; each has its own.
        script += [
            "mount -t tmpfs none /var/lib/nfs && mkdir /var/lib/nfs/sm /var/lib/nfs/sm.bak",
            "rm -f /run/rpcbind.* /run/rpc.statd.pid && rpcbind -w && rpc.statd --no-notify",
        ]
    if mount == "ext4":
        script.append(f"mount --bind {SHARED} {MOUNTED}")
    elif mount == "sshfs":
        script.append(f"sshfs -o ssh_command='{SSH}' root@{SERVER}:{SHARED} {MOUNTED}")
    else:
        script.append("mount " + OPTIONS[mount].format(server=SERVER, shared=SHARED) + f" {MOUNTED}")
    for line in script:
        done = machine.run(["sh", "-c", line])
        if done.returncode:
            raise RuntimeError(f"{line}: {done.stdout}{done.stderr}")


def first(box: Path) -> None:
    """Be the guest's first process."""
    do("mount -t tmpfs none /run && mount -t proc proc /proc && mkdir /run/box")
    do(f"mount -t hostfs none /run/box -o {box}")
    about = json.loads(Path("/run/box/about.json").read_text())
    os.environ["PATH"] = about["path"]
    status = 125
    with Path("/run/box/output").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    try:
        prepare(about)
        serve(about["mount"])
        for name in HOSTS:
            add_machine(name, about["mount"])
        environ = {
            "PATH": about["path"], "HOME": "/run/home", "TMPDIR": "/run/tmp", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8", "GUEST_MOUNT": about["mount"],
        }  # fmt: skip
        # The guest ends in time even where whoever started it was killed.
        status = subprocess.run(
            about["program"], env=environ, cwd=about["folder"], check=False, timeout=about["seconds"]
        ).returncode
    except BaseException:
        traceback.print_exc()
        subprocess.run("dmesg | tail -20", shell=True, check=False)
    Path("/run/box/status").write_text(str(status))
    os.sync()
    ctypes.CDLL(None).reboot(0x4321FEDC)


def each(command: list[str]) -> int:
    """Run a command on both machines at once; give the worst status."""
    running = {
        name: Machine(name).popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name in HOSTS
    }
    for name, process in running.items():
        print(f"--- {name}\n{process.communicate()[0]}", end="")
    return max(process.returncode for process in running.values())


if __name__ == "__main__":
    if os.getpid() == 1:
        first(Path(sys.argv[1]))
    else:
        sys.exit(each(sys.argv[2:]))
