"""Addresses as people paste them: read right, or refused before anything is sent with the one that would do."""

from __future__ import annotations

import pytest

from jupyter_imagegen import doctor
from jupyter_imagegen.errors import ConfigError, ImagegenError

OPENAI = "https://api.openai.com/v1"
AZURE = "https://res.openai.azure.com"


@pytest.fixture
def base(server, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", server.key)
    return server.url.removesuffix("/v1")


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("{}/v1/images/generations", "/v1/images/generations"),
        ("{}/v1/images/edits/", "/v1/images/generations"),
        ("{}/v1/chat/completions", "/v1/images/generations"),
        ("{}/v1/models", "/v1/images/generations"),
        ("{}/v1/models/gpt-image-2", "/v1/images/generations"),
        ("{}/v1/responses?", "/v1/images/generations"),
        ("{}/v1//", "/v1/images/generations"),
        ("{}/v1/v1/", "/v1/images/generations"),
        ("{}//v1", "/v1/images/generations"),
        ("{}/v1#images", "/v1/images/generations"),
        (' "{}/v1"\n', "/v1/images/generations"),
        ("<{}/v1>", "/v1/images/generations"),
        ("`{}/v1`,", "/v1/images/generations"),
        ("[the server]({}/v1)", "/v1/images/generations"),
        ("\ufeff“{}/v1”\u200b", "/v1/images/generations"),
        ('export OPENAI_BASE_URL="{}/v1"', "/v1/images/generations"),
        ("{}/openai/v1/?api-version=preview", "/openai/v1/images/generations?api-version=preview"),
        ("{}/v1/images/generations.", "/v1/images/generations"),
        ("{}/v1\u3002", "/v1/images/generations"),
        ("{}/v1\u2026", "/v1/images/generations"),
        ("'{}/v1' \\", "/v1/images/generations"),
        ("{}/v1/audio/speech", "/v1/images/generations"),
        ("{}/v1/videos", "/v1/images/generations"),
        ("{}/v1/image/generations", "/v1/images/generations"),
        ("{}/v1/images/generations/async", "/v1/images/generations"),
        ("{}/models", "/models/images/generations"),
        ("{}/gateway/files", "/gateway/files/images/generations"),
    ],
)
def test_what_can_only_mean_one_thing_is_read_right(base, server, session, monkeypatch, pasted, path):
    monkeypatch.setenv("OPENAI_BASE_URL", pasted.format(base))
    try:
        session.generate("a boat")
    except ImagegenError:
        # The server has no answer under every path; what was asked is the matter here.
        assert server.last.path != "/v1/images/generations"
    asked = server.last.path + (f"?{server.last.query}" if server.last.query else "")
    assert asked == path


@pytest.mark.parametrize("pasted", ["{}/openai/v1/", "{}/openai/v1/images/generations?api-version=preview"])
def test_azures_v1_address_is_understood_in_azures_variable(base, server, session, monkeypatch, pasted):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", pasted.format(base))
    session.generate("a boat")
    assert server.last.path == "/openai/v1/images/generations"
    assert server.last.headers["authorization"] == f"Bearer {server.key}"


def test_azures_version_may_be_in_the_address(base, server, session, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{base}/openai/?api-version=2025-04-01-preview")
    session.generate("a boat")
    assert server.last.path == "/openai/deployments/gpt-image-2.5-flare/images/generations"
    assert (server.last.query, server.last.headers["api-key"]) == (
        "api-version=2025-04-01-preview",
        server.key,
    )
    monkeypatch.setenv("OPENAI_API_VERSION", "2026-04-01")
    with pytest.raises(ConfigError, match="2025-04-01-preview, and OPENAI_API_VERSION is 2026-04-01"):
        session.generate("another boat")


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"])
def test_one_deployments_address_is_refused_with_all_that_it_says(
    base, server, session, monkeypatch, variable
):
    pasted = f"{base}/openai/deployments/my-images/images/generations?api-version=2025-04-01-preview"
    monkeypatch.setenv(variable, pasted)
    with pytest.raises(ConfigError, match=f"^{variable}") as caught:
        session.generate("a boat")
    for word in (f"AZURE_OPENAI_ENDPOINT={base} ", "OPENAI_API_VERSION=2025-04-01-preview", "-m my-images"):
        assert word in caught.value.hint
    assert server.requests == []


@pytest.mark.parametrize(
    ("variable", "pasted", "right"),
    [
        ("OPENAI_BASE_URL", "https://platform.openai.com/api-keys", OPENAI),
        ("OPENAI_BASE_URL", "https://chatgpt.com/", OPENAI),
        ("OPENAI_BASE_URL", "platform.openai.com", OPENAI),
        ("OPENAI_BASE_URL", "https://api.openai.com/v2", OPENAI),
        ("OPENAI_BASE_URL", "https://api.openai.com/dashboard/billing", OPENAI),
        ("OPENAI_BASE_URL", "api.openai.com/v1", OPENAI),
        ("OPENAI_BASE_URL", "https:/api.openai.com/v1", OPENAI),
        ("OPENAI_BASE_URL", "https:api.openai.com/v1", OPENAI),
        ("OPENAI_BASE_URL", "https:\\\\api.openai.com\\v1", OPENAI),
        ("OPENAI_BASE_URL", "htps://api.openai.com/v1", OPENAI),
        ("OPENAI_BASE_URL", "https://https://api.openai.com/v1", OPENAI),
        ("OPENAI_BASE_URL", "https://api.openai.com/v1 # mine", OPENAI),
        ("OPENAI_BASE_URL", "POST https://api.openai.com/v1/images/generations", OPENAI),
        ("OPENAI_BASE_URL", "client = OpenAI(base_url='https://relay.example/v1')", "https://relay.example/v1"),
        ("OPENAI_BASE_URL", "curl https://ann:secret-1@relay.example/v1 -d @-", "https://relay.example/v1"),
        ("OPENAI_BASE_URL", "http://api.openai.com/v1", OPENAI),
        ("OPENAI_BASE_URL", "https://api.openai.com/v1?project=1", OPENAI),
        ("OPENAI_BASE_URL", "localhost:8000/v1", "http://localhost:8000/v1"),
        ("OPENAI_BASE_URL", ":8000/v1", "http://localhost:8000/v1"),
        ("OPENAI_BASE_URL", "http://:8000/v1", "http://localhost:8000/v1"),
        ("OPENAI_BASE_URL", "http://0.0.0.0:8000/v1", "http://127.0.0.1:8000/v1"),
        ("OPENAI_BASE_URL", "http://[::]:8000/v1", "http://127.0.0.1:8000/v1"),
        ("OPENAI_BASE_URL", "ann:secret-1@relay.example/v1", "https://relay.example/v1"),
        ("OPENAI_BASE_URL", "https://relay.example/v1?key=secret-1", "https://relay.example/v1"),
        ("OPENAI_BASE_URL", AZURE, f"{AZURE}/openai/v1"),
        ("OPENAI_BASE_URL", f"{AZURE}/v1", f"{AZURE}/openai/v1"),
        ("OPENAI_BASE_URL", "https://res.services.ai.azure.com/api/projects/p", "https://res.services.ai.azure.com/openai/v1"),
        ("OPENAI_BASE_URL", "https://portal.azure.com/#home", "https://RESOURCE.openai.azure.com/openai/v1"),
        ("AZURE_OPENAI_ENDPOINT", "https://ai.azure.com/resource", "https://RESOURCE.openai.azure.com"),
        ("AZURE_OPENAI_ENDPOINT", "https://login.microsoftonline.com/x", "https://RESOURCE.openai.azure.com"),
        ("AZURE_OPENAI_ENDPOINT", "res.openai.azure.com", AZURE),
        ("AZURE_OPENAI_ENDPOINT", f"{AZURE}/models", AZURE),
        ("AZURE_OPENAI_ENDPOINT", "https://api.openai.com", OPENAI),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_with_the_address_that_would_do(
    session, monkeypatch, variable, pasted, right
):
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv(variable, pasted)
    monkeypatch.setenv("OPENAI_API_VERSION", "2026-04-01")
    with pytest.raises(ConfigError, match=f"^{variable}") as caught:
        session.generate("a boat")
    assert f"={right}." in caught.value.hint.replace(";", ".").replace("./", "/")
    assert "secret-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("pasted", "endpoint"),
    [
        ("https://api.openai.com", OPENAI),
        ("HTTPS://API.OpenAI.com/V1/", OPENAI),
        ("https://api.openai.com//v1", OPENAI),
        ("https://eu.api.openai.com", "https://eu.api.openai.com/v1"),
        ("https://ann:secret-1@relay.example/v1", "https://relay.example/v1"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
        (f"{AZURE}/openai/v1/", f"{AZURE}/openai/v1"),
    ],
)
def test_the_doctor_says_where_requests_would_go(session, monkeypatch, pasted, endpoint):
    monkeypatch.setenv("OPENAI_BASE_URL", pasted)
    said = {check.name: check.text for check in doctor.checks(session, online=False)}
    assert said["endpoint"] == f"{endpoint}, not asked"


@pytest.mark.parametrize(
    "host", ["<your-resource>.openai.azure.com", "{resource}", "$HOST", "YOUR_RESOURCE.openai.azure.com", "RESOURCE.openai.azure.com"]
)  # fmt: skip
def test_an_example_with_its_placeholder_is_said_to_be_one(session, monkeypatch, host):
    monkeypatch.setenv("OPENAI_BASE_URL", f"https://{host}/openai/v1")
    with pytest.raises(ConfigError, match="what an example has in place of a name"):
        session.generate("a boat")


def test_the_address_of_a_region_is_azures(session, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "test-0000")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://eastus.api.cognitive.microsoft.com/")
    monkeypatch.setenv("OPENAI_API_VERSION", "2026-04-01")
    said = {check.name: check.text for check in doctor.checks(session, online=False)}
    assert said["endpoint"] == "https://eastus.api.cognitive.microsoft.com, not asked"
