"""Automatic for every test: a home of its own, a clean environment, no paid requests, sockets on loopback only."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import sys
from pathlib import Path

import pytest

from jupyter_imagegen.providers import base

TESTS = Path(__file__).parent
# Test files are imported by path, so what they share must be found by name.
sys.path.insert(0, str(TESTS))
# jsonschema, which nbformat imports, would build 38 grammars for kinds of addresses that no notebook has: 2.6
# seconds of each process. (nbval, which pytest would load before this file, is kept out by pyproject.toml.)
sys.modules.setdefault("rfc3987_syntax", None)

# Where no bytecode is written, each of a hundred children and kernels would compile the SDK and Jupyter anew.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ["PYTHONPYCACHEPREFIX"] = str(TESTS.parent / ".pytest_cache" / "bytecode")

_OURS = ("OPENAI_", "AZURE_OPENAI_", "IMAGEGEN_", "JPY_")


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="run the tests marked long too, and others for longer"
    )


#: What takes longest begins first, so that no worker is left with it when the others have ended.
FIRST = (
    "browser",
    "test_lessons.py",
    "test_lessons_replay.py",
    "promises",
    "test_replay.py",
    "notebook_costs",
)


def _place(item):
    name = next((name for name in FIRST if TESTS / name in (item.path, *item.path.parents)), None)
    return len(FIRST) if name is None else FIRST.index(name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """File by file, but one worker for the browser's files: another server, browser and page cost more."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class OneBrowser(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            folder = file.rpartition("/")[0]
            return folder if folder.endswith("tests/browser") else file

    return OneBrowser(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Before `-m` chooses: with --long, what goes on for longer is long as well."""
    items.sort(key=_place)
    for item in items:
        if config.getoption("--long") and "long" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.long)
        elif not config.getoption("--long") and item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes long; runs with --long"))


@pytest.fixture(scope="session")
def long(pytestconfig):
    """Whether the tests may take long: for one that can go on for twenty rounds or for two hundred."""
    return pytestconfig.getoption("--long")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A temporary home, and nothing of the developer's own environment."""
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    folder = tmp_path / "imagegen-home"
    monkeypatch.setenv("IMAGEGEN_HOME", str(folder))
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture(autouse=True)
def no_paid_requests(monkeypatch):
    monkeypatch.setattr(base, "PAID_REQUESTS_ALLOWED", False)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """A socket that would leave this machine is a failure of the test, not a slow one."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def image_server():
    """A real HTTP server that speaks OpenAI's images API; see `imageserver.ImageServer`."""
    from imageserver import ImageServer

    with ImageServer() as server:
        yield server


@pytest.fixture
def server(image_server, monkeypatch):
    """The image server, in an environment that leads the openai provider there."""
    for name, value in image_server.env().items():
        monkeypatch.setenv(name, value)
    return image_server


@pytest.fixture
def new_session(home):
    """Makes sessions as other processes would have them, and closes them."""
    from jupyter_imagegen.session import Session

    with contextlib.ExitStack() as stack:

        def make(**options):
            session = Session(**options)
            stack.callback(session.close)
            return session

        yield make


@pytest.fixture
def session(server, new_session):
    """A session whose openai provider reaches the image server."""
    return new_session()
