"""A key or password is in no local variable of a frame that raises, and no object of ours leads to one."""

from __future__ import annotations

import collections
import contextlib
import copy
import inspect
import io
import logging
import pickle
import sys
import traceback
import types
from pathlib import Path

import pytest
from imageserver import ImageServer, Reply, error, huge, redirect, wrong_key
from IPython.core.ultratb import VerboseTB
from promises.secrets_in import places
from rich.console import Console
from rich.traceback import Traceback

import jupyter_imagegen
from jupyter_imagegen import doctor
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.providers.base import Unread
from jupyter_imagegen.providers.openai.connection import is_configured, read_connection
from jupyter_imagegen.session import Session

OURS = Path(jupyter_imagegen.__file__).parent
#: With signs that percent-encoding changes, and unlike any other text of a run.
KEY = "sk-proj-Hide/Me+Not=0123456789_abcdefXYZ"
PASSWORD = "pass-Word+9876543210"


@pytest.fixture(scope="module")
def keyed_server():
    with ImageServer(key=KEY) as server:
        yield server


@pytest.fixture
def keyed(keyed_server, monkeypatch):
    keyed_server.requests.clear()
    for name, value in keyed_server.env().items():
        monkeypatch.setenv(name, value)
    return keyed_server


def raised(action):
    with pytest.raises(Exception) as caught:
        action()
    return caught.value


def chain(exc):
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def our_frames(exc):
    for one in chain(exc):
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if Path(frame.f_code.co_filename) != Path(__file__):
                yield frame


def led_to(*things, secret):
    """Paths by which `vars`, slots and containers lead from objects to a secret."""
    seen, queue, found = {}, collections.deque((type(thing).__name__, thing) for thing in things), []
    while queue:
        path, thing = queue.popleft()
        # What a server sent and could not be read is kept as it came, whatever it wrote.
        if id(thing) in seen or isinstance(thing, type | types.ModuleType | Unread):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, str | bytes):
            if places(thing, secret):
                found.append(path)
        elif isinstance(thing, dict):
            queue.extend(
                (f"{path}[{name!r:.20}]", value)
                for pair in thing.items()
                for name, value in [(pair[0], pair[0]), pair]
            )
        elif isinstance(thing, list | tuple | set | frozenset | collections.deque):
            queue.extend((f"{path}[…]", value) for value in thing)
        else:
            for name, value in getattr(thing, "__dict__", {}).items():
                queue.append((f"{path}.{name}", value))
            for name in (slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ())):
                with contextlib.suppress(AttributeError):
                    queue.append((f"{path}.{name}", getattr(thing, name)))
            if isinstance(thing, types.MethodType):
                queue.append((f"{path}.__self__", thing.__self__))
    return found


def shown_with_locals(exc, *, by_rich=False):
    """What the tools show that print local variables."""
    out = io.StringIO()
    VerboseTB(ostream=out, include_vars=True)(type(exc), exc, exc.__traceback__)
    captured = "".join(traceback.TracebackException.from_exception(exc, capture_locals=True).format())
    if not by_rich:
        return out.getvalue() + captured
    # It takes seconds, and asks the same reprs.
    console = Console(file=io.StringIO(), width=200)
    console.print(
        Traceback.from_exception(type(exc), exc, exc.__traceback__, show_locals=True, locals_max_string=None)
    )
    return out.getvalue() + console.file.getvalue() + captured


def assert_hidden(exc, *secrets, by_rich=False):
    # The frame of this test is not ours, and holds what it put in.
    inner = exc.__traceback__
    while inner and Path(inner.tb_frame.f_code.co_filename) == Path(__file__):
        inner = inner.tb_next
    exc.__traceback__ = inner
    shown = shown_with_locals(exc, by_rich=by_rich)
    for secret in secrets:
        assert places(shown, secret) == []
        for frame in our_frames(exc):
            where = f"{frame.f_code.co_filename}:{frame.f_code.co_name}"
            assert (where, led_to(*frame.f_locals.values(), secret=secret)) == (where, [])
            assert (
                where,
                [name for name, value in frame.f_locals.items() if places(repr(value), secret)],
            ) == (where, [])


FAILURES = {
    "401": wrong_key(KEY),
    "429": error(429, KEY, headers={"retry-after": "9999"}),
    "500": Reply(KEY.encode(), status=500),
    "no JSON": Reply(b"{" + KEY.encode()),
    "cut": Reply(KEY.encode(), length=5000),
    "hung up": Reply(hang_up=True),
    "redirect": redirect("https://example.com/"),
    "packed": Reply(b"x", headers={"Content-Encoding": "br"}),
    "flood": huge(400_000_000),
    "odd headers": Reply(b"{}", headers={"x-request-id": KEY}),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_call_leaves_the_key_in_no_frame(keyed, new_session, name):
    keyed.script(FAILURES[name])
    session = new_session()
    exc = raised(lambda: session.generate(f"a boat {name}"))
    assert isinstance(exc, ImagegenError)
    assert keyed.requests[0].headers["authorization"] == f"Bearer {KEY}", "the key was in play"
    assert_hidden(exc, KEY, by_rich=name == "401")


SETTINGS = {
    "key with a line break": {"OPENAI_API_KEY": KEY + "\n"},
    "key with quotes": {"OPENAI_API_KEY": f"“{KEY}”"},
    "no address": {"OPENAI_BASE_URL": "nonsense"},
    "password without a scheme": {"OPENAI_BASE_URL": f"ann:{PASSWORD}@relay.example/v1"},
    "password before a wrong port": {"OPENAI_BASE_URL": f"https://ann:{PASSWORD}@relay.example:port/v1"},
    "password with a slash": {"OPENAI_BASE_URL": f"https://ann:p/{PASSWORD}@relay.example/v1"},
    "password behind a number": {"OPENAI_BASE_URL": f"https://ann:1/{PASSWORD}@relay.example/v1"},
    "password with a sharp": {"OPENAI_BASE_URL": f"https://ann:p#{PASSWORD}@relay.example/v1"},
    "password and a broken IPv6 host": {"OPENAI_BASE_URL": f"https://ann:{PASSWORD}@[::1/v1"},
    "password over http": {"OPENAI_BASE_URL": f"http://ann:{PASSWORD}@relay.example/v1"},
    "password and a space": {"OPENAI_BASE_URL": f"https://ann:x {PASSWORD}@relay.example/v1"},
    "secret in a query": {"OPENAI_BASE_URL": f"https://relay.example/v1?key={PASSWORD}"},
    "secret as a query's name": {"OPENAI_BASE_URL": f"https://relay.example/v1?{PASSWORD}"},
    "key for an address": {"OPENAI_BASE_URL": KEY},
    "key for a version": {"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com", "OPENAI_API_VERSION": KEY},
    "Azure without a version": {
        "AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com",
        "AZURE_OPENAI_API_KEY": KEY,
    },
    "token that cannot be sent": {
        "AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com",
        "OPENAI_API_VERSION": "2025-04-01-preview",
        "AZURE_OPENAI_AD_TOKEN": KEY + "\t",
    },
    "header that cannot be sent": {"OPENAI_CUSTOM_HEADERS": f"X-Team: red\nX-Relay-Token: {KEY}\x07"},
    "header without a name": {"OPENAI_CUSTOM_HEADERS": f": {KEY}"},
    "organisation that cannot be sent": {"OPENAI_ORG_ID": "org\n1"},
    "certificates": {"SSL_CERT_FILE": "/nowhere/ca.pem"},
    "proxy": {"HTTP_PROXY": f"carrier://ann:{PASSWORD}@127.0.0.1"},
    "SOCKS proxy": {"ALL_PROXY": f"socks5://ann:{PASSWORD}@127.0.0.1:9"},
    "unreachable": {"OPENAI_BASE_URL": f"http://ann:{PASSWORD}@127.0.0.1:9/v1"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_cannot_be_used_is_named_without_what_is_secret_in_it(
    keyed, new_session, monkeypatch, name
):
    for variable, value in SETTINGS[name].items():
        monkeypatch.setenv(variable, value)
    session = new_session()
    exc = raised(lambda: session.generate(f"a boat {name}"))
    assert isinstance(exc, ImagegenError)
    assert (str(exc), keyed.requests) == (str(exc).replace(KEY, "").replace(PASSWORD, ""), [])
    assert_hidden(exc, KEY, PASSWORD)
    told = repr(doctor.checks(session, online=False))
    assert (places(told, KEY), places(told, PASSWORD)) == ([], [])


def test_no_object_leads_to_the_key(keyed, new_session, monkeypatch):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Relay-Token: {PASSWORD}")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", PASSWORD)
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", PASSWORD)
    session = new_session()
    result = session.generate("a boat that came")
    keyed.script(wrong_key(KEY))
    exc = raised(lambda: session.generate("a boat that sank"))
    job = session.submit("a boat that came")
    job.result()
    plan = session.preflight("a boat to come")
    assert keyed.requests[0].headers["x-relay-token"] == PASSWORD, "it was in play"
    for secret in (KEY, PASSWORD):
        assert (
            led_to(
                session,
                result,
                exc,
                job,
                plan,
                session.accounts.history(),
                session.accounts.costs(),
                secret=secret,
            )
            == []
        )


@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy, copy.copy])
def test_what_belongs_to_its_process_says_so_when_it_is_copied(session, copied):
    job = session.submit("a boat", provider="demo")
    job.result()
    provider = session.workshop.provider("openai")
    for thing in (
        session,
        session.workshop,
        job,
        provider,
        session.generate,
        session.accounts,
        session.workshop.storage,
    ):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            copied(thing) if copied is pickle.dumps or not inspect.ismethod(thing) else copied(thing.__self__)


def test_no_signature_shows_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for function in (Session, read_connection, is_configured, jupyter_imagegen.default_session):
        assert KEY not in str(inspect.signature(function))


def test_the_transports_log_shows_no_password_and_no_key(keyed, new_session, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    monkeypatch.setenv("OPENAI_BASE_URL", keyed.url.replace("//", f"//ann:{PASSWORD}@"))
    session = new_session()
    exc = raised(lambda: session.generate("a boat"))
    assert keyed.requests[0].headers["authorization"].startswith("Basic "), "the password was sent"
    assert any("HTTP Request" in record.getMessage() for record in caplog.records)
    text = caplog.text + str(exc) + repr(session.accounts.costs())
    assert (places(text, PASSWORD), places(text, KEY)) == ([], [])


def test_a_proxys_password_is_sent_to_the_proxy_and_shown_nowhere(keyed, new_session, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    with ImageServer(key=KEY) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", f"//ann:{PASSWORD}@").removesuffix("/v1"))
        proxy.script(wrong_key(KEY))
        session = new_session()
        exc = raised(lambda: session.generate("a boat"))
        assert "proxy-authorization" in proxy.requests[0].headers
    assert_hidden(exc, PASSWORD, KEY)
    assert led_to(exc, secret=PASSWORD) == []
    assert (places(caplog.text, PASSWORD), places(caplog.text, KEY)) == ([], [])


def test_a_key_does_not_go_through_a_proxy_elsewhere_to_this_machine(keyed, new_session, monkeypatch):
    """In the clear, whoever runs the proxy would read it."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert new_session().generate("a boat").images
    assert keyed.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "host",
    [
        "relay.example", "10.0.0.1", "192.168.1.5:8080", "localhost.evil.example", "127.0.0.1.nip.io", "2130706433",
        "0.0.0.0:8000", "[fe80::1]", "127.1", "evil.example@localhost.evil.example", "localhost@evil.example",
    ],
)  # fmt: skip
def test_http_to_another_machine_is_refused_before_the_key_is_read(new_session, monkeypatch, host):
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{host}/v1")
    # A key that could not be sent would be complained of, if it were read first.
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")
    exc = raised(lambda: new_session().generate("a boat"))
    assert type(exc).__name__ == "ConfigError"
    assert "https://" in exc.hint or "127.0.0.1" in exc.hint
    if "0.0.0.0" not in host:
        assert "IMAGEGEN_ALLOW_HTTP=1" in exc.hint
        monkeypatch.setenv("IMAGEGEN_ALLOW_HTTP", "1")
        assert "line break" in str(raised(lambda: new_session().generate("a boat"))), (
            "it was the setting's to allow"
        )


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "LOCALHOST"]
)
def test_http_on_this_machine_needs_no_leave(host):
    assert read_connection({"OPENAI_BASE_URL": f"http://{host}:8000/v1"}).loopback


def test_a_lesson_cannot_allow_http(new_session, monkeypatch, tmp_path):
    (tmp_path / "imagegen.toml").write_text("allow_http = true\n")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://10.0.0.1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert type(raised(lambda: new_session().generate("a boat"))).__name__ == "ConfigError"


def test_a_socks_proxys_password_is_not_in_the_transports_log(keyed, new_session, caplog):
    """The package for such proxies is not installed here: this is the line that the transport writes with it."""
    new_session().generate("a boat")
    caplog.set_level(logging.DEBUG)
    transport = "httpcore2" if "httpcore2" in sys.modules else "httpcore"
    log = logging.getLogger(f"{transport}.socks")
    log.debug("setup_socks5_connection.started host='x' port=1 auth=%r", (b"ann", PASSWORD))
    log.debug("connect_tcp.started host='x' port=1 timeout=10.0")
    assert "connect_tcp" in caplog.text
    assert PASSWORD not in caplog.text
