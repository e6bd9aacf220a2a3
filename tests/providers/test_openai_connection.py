"""Where requests go and with which credentials: the SDK's variables, read when a call is made."""

from __future__ import annotations

import pytest
from imageserver import KEY

from jupyter_imagegen.errors import AuthenticationError, ConfigError, NoKeyError
from jupyter_imagegen.providers.base import Answered
from jupyter_imagegen.providers.openai.connection import is_configured, read_connection
from jupyter_imagegen.providers.openai.provider import OpenAIProvider


def test_nothing_set_is_openai_without_a_key():
    connection = read_connection({})
    assert (connection.base_url, connection.official, connection.key()) == (
        "https://api.openai.com/v1",
        True,
        "",
    )
    with pytest.raises(NoKeyError, match="OPENAI_API_KEY"):
        connection.check_credentials()


def test_the_sdks_variables_are_read():
    connection = read_connection(
        {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": "https://relay.example/v1/",
            "OPENAI_ORG_ID": "org-1",
            "OPENAI_PROJECT_ID": "proj-1",
        }
    )
    assert connection.key() == KEY
    assert (connection.organization, connection.project) == ("org-1", "proj-1")
    assert (connection.base_url, connection.official) == ("https://relay.example/v1", False)


def test_what_is_passed_wins_over_the_environment():
    connection = read_connection(
        {"OPENAI_API_KEY": "sk-environment", "AZURE_OPENAI_ENDPOINT": "https://a.example"},
        base_url="http://127.0.0.1:1/v1",
        api_key="sk-passed-along",
    )
    assert (connection.key(), connection.base_url, connection.azure) == (
        "sk-passed-along",
        "http://127.0.0.1:1/v1",
        False,
    )


def test_an_empty_variable_counts_as_unset():
    connection = read_connection({"OPENAI_BASE_URL": " ", "OPENAI_API_KEY": "", "AZURE_OPENAI_ENDPOINT": ""})
    assert connection.official
    assert not is_configured({"OPENAI_API_KEY": "", "OPENAI_BASE_URL": " "})


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"])
def test_a_key_or_an_address_makes_the_provider_available(name, monkeypatch):
    assert not is_configured()
    monkeypatch.setenv(name, "x")
    assert is_configured()


@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://api.openai.com.evil.example/v1", False),
        ("https://res.openai.azure.com/openai/v1/", False),
        ("http://127.0.0.1:8000/v1", False),
    ],
)
def test_only_openais_own_hosts_are_official(url, official):
    assert read_connection({"OPENAI_BASE_URL": url}).official is official


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://localhost/v1", True),
        ("http://localhost.example/v1", False),
        ("http://10.0.0.1/v1", False),
    ],
)
def test_loopback_is_told_by_the_host(url, loopback):
    assert read_connection({"OPENAI_BASE_URL": url, "IMAGEGEN_ALLOW_HTTP": "1"}).loopback is loopback


def test_the_endpoint_shows_no_credentials():
    connection = read_connection({"OPENAI_BASE_URL": "https://ann:hunter22@relay.example:8443/v1#x"})
    assert connection.base_url == "https://relay.example:8443/v1"
    assert "hunter22" not in connection.redactor.clean("your password hunter22")
    assert KEY not in repr(read_connection({"OPENAI_API_KEY": KEY}))


@pytest.mark.parametrize("url", ["api.openai.com/v1", "ftp://x/v1", "https://", "file:///etc/passwd"])
def test_an_address_that_is_none_is_a_setting_that_cannot_be_used(url):
    with pytest.raises(ConfigError, match=r"OPENAI_BASE_URL is .* (must be an address|names no host)"):
        read_connection({"OPENAI_BASE_URL": url})


def test_a_local_server_needs_no_key():
    read_connection({"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"}).check_credentials()


def test_custom_headers_are_secrets_too():
    connection = read_connection({"OPENAI_CUSTOM_HEADERS": "X-Team: red\nX-Relay-Token: relay-secret-1"})
    assert "relay-secret-1" not in connection.redactor.clean("bad token relay-secret-1")


AZURE = {
    "AZURE_OPENAI_ENDPOINT": "https://res.openai.azure.com",
    "AZURE_OPENAI_API_KEY": "0123456789abcdef",
    "OPENAI_API_VERSION": "2026-04-01",
}


def test_an_azure_endpoint_makes_it_azure():
    connection = read_connection(AZURE)
    assert (connection.azure, connection.key(), connection.official) == (True, "0123456789abcdef", False)
    assert connection.base_url == "https://res.openai.azure.com"


def test_azures_token_goes_before_its_key():
    connection = read_connection({**AZURE, "AZURE_OPENAI_AD_TOKEN": "eyJ0"})
    assert (connection.token(), connection.key()) == ("eyJ0", "")


def test_the_api_type_decides_where_both_are_set():
    both = {**AZURE, "OPENAI_API_KEY": KEY}
    assert read_connection(both).azure
    assert not read_connection({**both, "OPENAI_API_TYPE": "openai"}).azure


def test_azure_without_a_version_or_a_key_says_what_is_missing():
    with pytest.raises(ConfigError, match="OPENAI_API_VERSION"):
        read_connection({"AZURE_OPENAI_ENDPOINT": "https://res.openai.azure.com"})
    without_key = read_connection({**AZURE, "AZURE_OPENAI_API_KEY": ""})
    with pytest.raises(NoKeyError, match="AZURE_OPENAI_API_KEY"):
        without_key.check_credentials()


async def test_organisation_and_project_are_sent(provider, image_server, ask, collect, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    await collect(provider, ask())
    headers = image_server.last.headers
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj-1")


@pytest.mark.parametrize("edits", [False, True])
async def test_azure_is_spoken_to_by_deployment(image_server, ask, ask_edit, collect, monkeypatch, edits):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", image_server.url.removesuffix("/v1"))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", image_server.key)
    monkeypatch.setenv("OPENAI_API_VERSION", "2026-04-01")
    provider = OpenAIProvider()
    seen = await collect(provider, ask_edit() if edits else ask())
    await provider.aclose()
    assert isinstance(seen[-1], Answered)
    operation = "edits" if edits else "generations"
    assert image_server.last.path == f"/openai/deployments/gpt-image-2.5-flare/images/{operation}"
    assert image_server.last.query == "api-version=2026-04-01"
    assert image_server.last.headers["api-key"] == image_server.key
    assert "authorization" not in image_server.last.headers


async def test_azures_v1_address_is_an_address_like_any_other(image_server, ask, collect, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", image_server.url.replace("/v1", "/openai/v1/"))
    monkeypatch.setenv("OPENAI_API_KEY", image_server.key)
    provider = OpenAIProvider()
    await collect(provider, ask())
    await provider.aclose()
    assert image_server.last.path == "/openai/v1/images/generations"


async def test_a_check_says_that_key_and_model_are_well_and_pays_nothing(provider, image_server):
    checks = await provider.check("gpt-image-1.5")
    assert [(check.name, check.ok) for check in checks] == [("key", True), ("model", True)]
    assert checks[1].text == "gpt-image-1.5 is available; it shuts down on 2026-12-01"
    assert (image_server.calls, len(image_server.requests)) == (0, 2)


async def test_a_check_names_the_wrong_key_without_showing_it(provider, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-key-123456")
    checks = await provider.check("gpt-image-2")
    assert [(check.name, check.ok) for check in checks] == [("key", False), ("model", None)]
    assert "was not accepted" in checks[0].text
    assert "sk-wrong" not in repr(checks)
    assert "api-keys" in checks[0].hint


async def test_a_check_names_a_model_that_is_gone(provider):
    checks = await provider.check("gpt-image-1")
    assert [(check.name, check.ok) for check in checks] == [("key", True), ("model", False)]
    assert "has no model 'gpt-image-1'" in checks[1].text


@pytest.mark.parametrize(
    ("name", "value"), [("OPENAI_API_KEY", ""), ("OPENAI_BASE_URL", "nonsense"), ("OPENAI_BASE_URL", None)]
)
async def test_a_check_reports_and_never_raises(monkeypatch, name, value):
    monkeypatch.setenv(name, value if value is not None else "http://127.0.0.1:9/v1")
    checks = await OpenAIProvider().check("gpt-image-2")
    assert checks[0].ok is False
    assert checks[0].text


@pytest.mark.parametrize(
    ("name", "value", "said", "advice"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "SSL_CERT_FILE is '/nowhere/ca.pem'.*No such file", "PEM"),
        ("SSL_CERT_FILE", __file__, "no certificates can be read there", "PEM"),
        ("HTTPS_PROXY", "carrier://user:pigeon@host", "the proxy in HTTPS_PROXY", "http://host:8080"),
        ("https_proxy", "http://user:pigeon@host:door", "the proxy in HTTPS_PROXY", "http://host:8080"),
        ("ALL_PROXY", "socks5://user:pigeon@127.0.0.1:9", "ALL_PROXY names a SOCKS proxy", "socksio"),
    ],
)
async def test_certificates_and_proxies_that_cannot_be_used_are_named_without_their_password(
    image_server, ask, collect, monkeypatch, name, value, said, advice
):
    """Each was an error of the transport's own, from FileNotFoundError to ImportError."""
    for other in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", image_server.key)
    monkeypatch.setenv("OPENAI_BASE_URL", image_server.url.replace("http:", "https:"))
    monkeypatch.setenv(name, value)
    provider = OpenAIProvider()
    with pytest.raises(ConfigError, match=said) as caught:
        await collect(provider, ask())
    assert advice in caught.value.hint
    assert "pigeon" not in str(caught.value)
    assert caught.value.__cause__ is None
    checks = await provider.check("gpt-image-2")
    assert (checks[0].ok, image_server.calls) == (False, 0)
    assert advice in checks[0].hint


def test_a_key_with_a_line_break_is_named_before_any_call():
    with pytest.raises(AuthenticationError, match="line break"):
        read_connection({"OPENAI_API_KEY": KEY + "\n"}).check_credentials()
