"""Where requests to OpenAI's API go and with which credentials, and the client that takes them there."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_imagegen.errors import AuthenticationError, ConfigError, NoKeyError
from jupyter_imagegen.providers.openai_transport import open_http_client
from jupyter_imagegen.providers.untrusted import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai import AsyncOpenAI

#: Where the SDK goes when nothing else is said.
OPENAI_URL = "https://api.openai.com/v1"
#: Where a key is made.
KEYS_PAGE = "https://platform.openai.com/api-keys"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Where requests go and with which credentials, as the environment says at this moment.

    Attributes
    ----------
    base_url : str
        The API's root; for Azure the resource's endpoint.
    key, token : str
        The key, or an Azure AD token; at most one is set. Never in the repr.
    azure : bool
        Whether `AsyncAzureOpenAI` speaks, which has paths and headers of its own.
    """

    base_url: str
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    organization: str = ""
    project: str = ""
    azure: bool = False
    api_version: str = ""
    custom_headers: str = field(default="", repr=False)

    @property
    def endpoint(self) -> str:
        """The base URL without user name, password and query."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")

    @property
    def official(self) -> bool:
        """Whether this is OpenAI's own endpoint (also its regional hosts, such as eu.api.openai.com)."""
        host = urlsplit(self.base_url).hostname or ""
        return not self.azure and (host == "api.openai.com" or host.endswith(".api.openai.com"))

    @property
    def loopback(self) -> bool:
        """Whether requests stay on this machine."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def redactor(self) -> Redactor:
        """What removes these credentials from a server's text."""
        secrets = [self.key, self.token, urlsplit(self.base_url).password or ""]
        secrets.extend(line.partition(":")[2].strip() for line in self.custom_headers.splitlines())
        return Redactor(secrets=tuple(secret for secret in secrets if secret))

    def check_credentials(self) -> None:
        """Refuse a call that could not be accepted.

        Raises
        ------
        NoKeyError
            If the endpoint needs a key and none is set.
        AuthenticationError
            If the key holds a character that no HTTP header can: a line break copied along, a quotation mark
            of a word processor. The transport's own message would repeat the key.
        """
        for secret in (self.key, self.token):
            if not (secret.isascii() and secret.isprintable()) or " " in secret:
                raise AuthenticationError(
                    "the API key holds a space, a line break or a letter that no key has",
                    hint=f"Copy it again from {KEYS_PAGE}, without what stands around it.",
                )
        if self.key or self.token or not (self.official or self.azure):
            return
        if self.azure:
            raise NoKeyError(
                "AZURE_OPENAI_ENDPOINT is set, and no key for it",
                hint="Set AZURE_OPENAI_API_KEY (or AZURE_OPENAI_AD_TOKEN).",
            )
        raise NoKeyError(
            "no OpenAI API key is set",
            hint=f"Make one at {KEYS_PAGE} and set the environment variable OPENAI_API_KEY before "
            "the notebook starts; or use the offline provider: demo.",
        )


def read_connection(
    environ: Mapping[str, str] = os.environ,
    *,
    base_url: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    api_key: str | None = None,
    azure: bool = False,
) -> Connection:
    """Read where requests go, with the SDK's environment variables and its precedence.

    What is passed wins over the environment. An empty variable counts as unset: to the SDK an empty
    `OPENAI_BASE_URL` is an address.

    Raises
    ------
    ConfigError
        If the address is not one, or Azure lacks its endpoint or API version.
    """

    def variable(name: str) -> str:
        return environ.get(name, "").strip() if name.endswith("_URL") else environ.get(name, "")

    kind = variable("OPENAI_API_TYPE")
    azure_endpoint = variable("AZURE_OPENAI_ENDPOINT").strip()
    speaks_azure = azure or (
        base_url is None and kind != "openai" and (kind == "azure" or bool(azure_endpoint))
    )
    if speaks_azure:
        token = "" if api_key else variable("AZURE_OPENAI_AD_TOKEN")
        connection = Connection(
            base_url=_checked_url(base_url or azure_endpoint, "AZURE_OPENAI_ENDPOINT"),
            # The SDK prefers the token and takes only one of the two.
            key=api_key or ("" if token else variable("AZURE_OPENAI_API_KEY")),
            token=token,
            azure=True,
            api_version=variable("OPENAI_API_VERSION"),
            organization=organization or variable("OPENAI_ORG_ID"),
            project=project or variable("OPENAI_PROJECT_ID"),
            custom_headers=variable("OPENAI_CUSTOM_HEADERS"),
        )
        if not connection.api_version:
            raise ConfigError(
                "Azure needs an API version",
                hint="Set OPENAI_API_VERSION; or Azure's v1 address as OPENAI_BASE_URL, which needs none.",
            )
        return connection
    return Connection(
        base_url=_checked_url(base_url or variable("OPENAI_BASE_URL") or OPENAI_URL, "OPENAI_BASE_URL"),
        key=api_key or variable("OPENAI_API_KEY"),
        organization=organization or variable("OPENAI_ORG_ID"),
        project=project or variable("OPENAI_PROJECT_ID"),
        custom_headers=variable("OPENAI_CUSTOM_HEADERS"),
    )


def is_configured(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a key or an address for the OpenAI provider is set; imports nothing and asks nobody."""
    names = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT")
    return any(environ.get(name, "").strip() for name in names)


def open_client(connection: Connection) -> AsyncOpenAI:
    """Make the SDK's client, with no retries of its own and the guards of `openai_transport`.

    Raises
    ------
    ConfigError
        If the environment names certificates or a proxy that cannot be used.
    """
    from jupyter_imagegen.core.importing import uncollected

    with uncollected():
        return _opened(connection)


def _opened(connection: Connection) -> AsyncOpenAI:
    http_client = open_http_client()
    import openai

    common: dict[str, Any] = {
        "organization": connection.organization or None,
        "project": connection.project or None,
        "max_retries": 0,
        "timeout": http_client.timeout,
        "http_client": http_client,
        # A picture is compressed already, and an answer that is not cannot be a decompression bomb.
        "default_headers": {"Accept-Encoding": "identity"},
    }
    if connection.azure:
        return openai.AsyncAzureOpenAI(
            azure_endpoint=connection.base_url,
            api_version=connection.api_version,
            api_key=connection.key or None,
            azure_ad_token=connection.token or None,
            **common,
        )
    # A local server without keys still needs the SDK to be content.
    return openai.AsyncOpenAI(base_url=connection.base_url, api_key=connection.key or "unset", **common)


def _checked_url(url: str, source: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        shown = Redactor(secrets=(parts.password or "",)).clean(url, limit=80)
        raise ConfigError(
            f"{source} is {shown!r}: it must be an address that begins with http:// or https://"
        )
    return url
