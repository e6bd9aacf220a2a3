"""JupyterLab and Notebook 7 in the system's chromium, driven by playwright's sync API; no browser is downloaded."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none", "kernelShutdown": True},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}
#: What Notebook 7.6.5 says at its own start, of any notebook; JupyterLab does not.
NOT_OURS = frozenset(
    {
        "Cannot read properties of undefined (reading 'schema')",
        "Command 'filebrowser:open-path' not registered.",
    }
)
#: Voilà loads Notebook's own extension where it is installed, and that is not made for it.
NOT_FOR_VOILA = "@jupyter-notebook/lab-extension"
#: The app object is there, a notebook is attached, and its kernel is connected and idle.
READY = """path => {
    const panel = window.jupyterapp?.shell.currentWidget, context = panel?.sessionContext;
    return !!(panel?.context?.path === path && panel.content?.widgets?.length && context?.isReady
        && context.session?.kernel?.connectionStatus === 'connected' && context.session.kernel.status === 'idle');
}"""
#: Gives nothing: what the command gives is the whole front end, and to write it down takes seconds.
OPEN = """async path => {
    await window.jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' });
}"""
#: Its kernel first: a notebook that loses its kernel asks what to do. Nothing is saved.
CLOSE = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.sessionContext.shutdown();
    panel.dispose();
}"""


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A Jupyter server with a home of its own; lab serves /lab and, with notebook installed, /notebooks."""

    def __init__(self, folder):
        self.folder, self.token, self.port = folder, secrets.token_hex(16), _free_port()
        self.root = folder / "root"
        self.root.mkdir()
        self.url = f"http://127.0.0.1:{self.port}"
        for plugin, value in SETTINGS.items():
            path = folder / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value))
        # Nobody builds JupyterLab here, and asking whether it must be built starts node twice for each page.
        (folder / "config" / "labconfig").mkdir(parents=True)
        (folder / "config" / "labconfig" / "page_config.json").write_text('{"buildCheck": false}')
        ours = ("JUPYTER", "JPY_", "OPENAI", "AZURE_OPENAI", "IPYTHON", "IMAGEGEN")
        env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        env |= {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "xdg-config"),
            "XDG_DATA_HOME": str(folder / "xdg-data"),
            "IMAGEGEN_HOME": str(folder / "imagegen"),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        self.log = (folder / "server.log").open("w+b")
        command = [
            sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
            f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}",
            # These two give the pages `window.jupyterapp`.
            "--expose-app-in-browser", "--JupyterNotebookApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly", "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.api("api/status")
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "server.log").read_text()) from None
                time.sleep(0.1)

    def api(self, path, method="GET"):
        request = urllib.request.Request(
            f"{self.url}/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def stop(self):
        for kernel in self.api("api/kernels"):
            self.api(f"api/kernels/{kernel['id']}", "DELETE")
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(15)
        self.log.close()


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    if not CHROMIUM:
        pytest.skip("no chromium is installed")
    server = Server(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()


class Chromium:
    """One browser for all browser tests that follow each other, and in it a page of JupyterLab that stays."""

    def __init__(self):
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        self.browser = self._playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        #: The page that one test leaves to the next, if there is one.
        self.kept = []

    def stop(self):
        self.browser.close()
        self._playwright.stop()


_running = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """No browser while other tests run: a live sync playwright keeps an event loop running in this thread."""
    result = yield
    if _running and (nextitem is None or Path(__file__).parent not in nextitem.path.parents):
        _running.pop().stop()
    return result


@pytest.fixture
def chromium():
    if not CHROMIUM:
        pytest.skip("no chromium is installed")
    if not _running:
        _running.append(Chromium())
    return _running[0]


@pytest.fixture
def new_page(chromium):
    """A page in a context of its own, which ends with the test."""
    page = _new_page(chromium.browser)
    yield page
    page.context.close()


@pytest.fixture
def page(request, chromium):
    """A page; one of JupyterLab is the next test's too, since to load another costs seconds of both cores."""
    call = getattr(request.node, "callspec", None)
    in_notebook = call is not None and "notebook" in call.params.values()
    page = chromium.kept.pop() if chromium.kept and not in_notebook else _new_page(chromium.browser)
    failed = request.session.testsfailed
    yield page
    if in_notebook or request.session.testsfailed != failed:
        page.context.close()
    else:
        page.context.clear_permissions()
        chromium.kept.append(page)


def _new_page(browser):
    page = browser.new_context(viewport={"width": 1200, "height": 1400}).new_page()
    page.set_default_timeout(30_000)
    page.problems = []

    def note(text):
        if text not in NOT_OURS and NOT_FOR_VOILA not in text:
            page.problems.append(text)

    page.on("console", lambda said: note(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: note(str(error)))
    return page


@pytest.fixture
def open_notebook(jupyter, page):
    """Open a copy of a notebook, in "lab" or "notebook"; its kernel ends with the test."""
    opened = []

    def open_copy(source, ui):
        copy = jupyter.root / f"{source.stem}-{secrets.token_hex(3)}.ipynb"
        shutil.copy(source, copy)
        for settings in source.parent.glob("imagegen.toml"):
            shutil.copy(settings, jupyter.root)
        # Its address is /doc alone when no notebook is open.
        if ui == "lab" and page.url.startswith(f"{jupyter.url}/doc"):
            page.evaluate(OPEN, copy.name)
        else:
            path = {"lab": f"doc/tree/{copy.name}", "notebook": f"notebooks/{copy.name}"}[ui]
            page.goto(f"{jupyter.url}/{path}?token={jupyter.token}&reset")
        page.wait_for_function(READY, arg=copy.name)
        # What the front end says of itself while it loads is not ours.
        page.problems.clear()
        opened.append(copy.name)
        return copy

    yield open_copy
    if opened:
        page.evaluate(CLOSE)
    for session in jupyter.api("api/sessions"):
        if session["path"] in opened:
            jupyter.api(f"api/sessions/{session['id']}", "DELETE")


@pytest.fixture
def run_all(page):
    """Run every cell; returns when all have run or one has failed."""

    def run():
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    return run


@pytest.fixture
def save(page):
    """Save the notebook and read the file."""

    def save_and_read(copy):
        page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
        return json.loads(copy.read_text())

    return save_and_read
