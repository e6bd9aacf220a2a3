"""Where requests to OpenAI's API go and with which credentials, and the client that takes them there.

No key is a local variable or an attribute here: each is `Hidden`, and goes into a request's headers when that
leaves (`Connection.sign`). The SDK's client is made without any, so what it logs, shows or raises has none.
"""

from __future__ import annotations

import inspect
import os
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jupyter_imagegen.errors import AuthenticationError, ConfigError, NoKeyError
from jupyter_imagegen.hidden import Environment, Hidden
from jupyter_imagegen.providers.openai.address import (
    OPENAI_URL,
    Address,
    host_of,
    is_loopback,
    is_version,
    read_address,
)
from jupyter_imagegen.providers.openai.transport import PROXIES, open_http_client
from jupyter_imagegen.providers.untrusted import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from openai import AsyncOpenAI

#: Where a key is made.
KEYS_PAGE = "https://platform.openai.com/api-keys"
#: Allows http:// to another machine, where everybody on the way can read the key.
ALLOW_HTTP = "IMAGEGEN_ALLOW_HTTP"

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_PLACEHOLDER = "unset"
# What a server that listens everywhere prints as its own address; we bind to nothing.
_ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104


_NOTHING = Hidden("")


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Where requests go and with which credentials, as the environment says at this moment.

    Attributes
    ----------
    base_url : str
        The API's root, without user, password and query; for Azure the resource's endpoint.
    key, token : Hidden of str
        The key, or an Azure AD token; at most one is set.
    user : Hidden of str
        `name:password` that was written into the address. It goes into a header, as the transport logs the
        address.
    azure : bool
        Whether `AsyncAzureOpenAI` speaks, which has paths and headers of its own.
    key_variable : str
        The environment variable that the key belongs into.
    custom_headers : Hidden of str
        The lines of `OPENAI_CUSTOM_HEADERS`.
    """

    base_url: str
    key: Hidden[str] = _NOTHING
    token: Hidden[str] = _NOTHING
    user: Hidden[str] = _NOTHING
    organization: str = ""
    project: str = ""
    azure: bool = False
    api_version: str = ""
    key_variable: str = "OPENAI_API_KEY"
    custom_headers: Hidden[str] = _NOTHING

    @property
    def official(self) -> bool:
        """Whether this is OpenAI's own endpoint (also its regional hosts, such as eu.api.openai.com)."""
        host = host_of(self.base_url)
        return not self.azure and (host == "api.openai.com" or host.endswith(".api.openai.com"))

    @property
    def loopback(self) -> bool:
        """Whether requests stay on this machine."""
        return is_loopback(self.base_url)

    @property
    def redactor(self) -> Redactor:
        """What removes these credentials from a server's text."""
        return Redactor(secrets=(secret for secret in self._secrets() if secret))

    def _secrets(self) -> Iterator[str]:
        yield from (self.key(), self.token(), self.user(), self.user().partition(":")[2])
        yield from (value for _, value in _headers(self.custom_headers))
        yield from (_password(os.environ.get(name, "")) for name in (*PROXIES, *map(str.lower, PROXIES)))

    def sign(self, headers: MutableMapping[str, str]) -> None:
        """Put the credentials into a request's headers, as the SDK would have: the user's own go over all."""
        if self.user:
            headers["Authorization"] = "Basic " + b64encode(self.user().encode()).decode()
        elif self.azure and self.key:
            headers["api-key"] = self.key()
        elif self.key or self.token:
            headers["Authorization"] = "Bearer " + (self.token() or self.key())
        if self.azure and (self.user or self.token):
            headers.pop("api-key", None)
        headers.update(
            (name, value)
            for name, value in _headers(self.custom_headers)
            # A picture is compressed already, and an answer that is not cannot be a decompression bomb.
            if name.lower() != "accept-encoding"
        )

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
        if not (_can_be_sent(self.key) and _can_be_sent(self.token)):
            raise AuthenticationError(
                "the API key contains a space, a line break or a letter that no key has",
                hint=f"Copy it again from {KEYS_PAGE}, without the characters around it.",
            )
        if not all(name.isascii() and name.isprintable() for name in (self.organization, self.project)):
            raise ConfigError("OPENAI_ORG_ID or OPENAI_PROJECT_ID holds a character that no such id has")
        if line := _bad_header(self.custom_headers):
            raise ConfigError(
                f"line {line} of OPENAI_CUSTOM_HEADERS cannot be sent as a header",
                hint="Write each as NAME: value, in Latin letters, one on each line.",
            )
        if (
            self.key
            or self.token
            or self.user
            or not (self.official or self.key_variable.startswith("AZURE"))
        ):
            return
        if self.key_variable.startswith("AZURE"):
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
    environ: Mapping[str, str] | None = None,
    *,
    base_url: Hidden[str] | str | None = None,
    api_key: Hidden[str] | str | None = None,
) -> Connection:
    """Read where requests go, with the SDK's environment variables and its precedence.

    What is passed wins over the environment. An empty variable counts as unset: to the SDK an empty
    `OPENAI_BASE_URL` is an address.

    Parameters
    ----------
    environ
        The environment, as an `Environment` so that no traceback shows it; None for the process's own.
    base_url, api_key
        As for `OpenAIProvider`.

    Raises
    ------
    ConfigError
        If the address is not one, is http:// to another machine, or Azure lacks its endpoint or API version.
    """
    variables = environ if isinstance(environ, Environment) else Environment(environ)
    kind = variables.get("OPENAI_API_TYPE", "")
    common: dict[str, Any] = {
        "organization": variables.get("OPENAI_ORG_ID", ""),
        "project": variables.get("OPENAI_PROJECT_ID", ""),
        "custom_headers": Hidden(variables.get("OPENAI_CUSTOM_HEADERS", "")),
    }
    has_endpoint = bool(variables.get("AZURE_OPENAI_ENDPOINT", "").strip())
    speaks_azure = base_url is None and kind != "openai" and (kind == "azure" or has_endpoint)
    name = "AZURE_OPENAI_ENDPOINT" if speaks_azure else "OPENAI_BASE_URL"
    given = base_url if isinstance(base_url, Hidden) else Hidden(base_url or "")
    pasted = given or Hidden(variables.get(name, "").strip() or ("" if speaks_azure else OPENAI_URL))
    address = read_address(pasted(), variable=name, azure=speaks_azure)
    if address.problem:
        raise ConfigError(f"{name} {address.problem}", hint=address.hint)
    _refuse_open_http(address, name, allowed=_is_yes(variables.get(ALLOW_HTTP, "")))
    common |= {"base_url": address.url, "user": address.user}
    if not speaks_azure:
        key = _hidden(api_key) or Hidden(variables.get("OPENAI_API_KEY", ""))
        return Connection(key=key, api_version=address.api_version, **common)
    token = Hidden("" if api_key else variables.get("AZURE_OPENAI_AD_TOKEN", ""))
    # The SDK prefers the token and takes only one of the two.
    key = _hidden(api_key) or Hidden("" if token else variables.get("AZURE_OPENAI_API_KEY", ""))
    version = address.api_version if address.azure_v1 else _agreed_version(variables, address.api_version)
    return Connection(
        key=key,
        token=token,
        azure=not address.azure_v1,
        api_version=version,
        key_variable="AZURE_OPENAI_API_KEY",
        **common,
    )


def is_configured(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a key or an address for the OpenAI provider is set; imports nothing and sends nothing."""
    variables = environ if isinstance(environ, Environment) else Environment(environ)
    names = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT")
    return any(variables.get(name, "").strip() for name in names)


def open_client(connection: Connection) -> AsyncOpenAI:
    """Make the SDK's client, with no retries of its own and the guards of `transport`.

    Raises
    ------
    ConfigError
        If the environment names certificates or a proxy that cannot be used.
    """
    # In the clear, a proxy elsewhere would read the key on a way that is not to leave this machine.
    http_client = open_http_client(direct=connection.loopback and connection.base_url.startswith("http:"))
    import openai

    kind = openai.AsyncAzureOpenAI if connection.azure else openai.AsyncOpenAI
    known = inspect.signature(kind).parameters
    # The SDK reads these of the environment itself, and would keep them where `vars` finds them. Its own
    # header lines come back over the placeholders when the request is signed.
    hidden = {name: "" for name in ("admin_api_key", "webhook_secret") if name in known}
    headers = {name: _PLACEHOLDER for name, _ in _headers(connection.custom_headers)}
    where: dict[str, Any] = {"base_url": connection.base_url}
    if connection.azure:
        where = {"azure_endpoint": connection.base_url, "api_version": connection.api_version}
    elif connection.api_version:
        where["default_query"] = {"api-version": connection.api_version}
    try:
        return kind(
            # The SDK insists on a key.
            api_key=_PLACEHOLDER,
            organization=connection.organization or None,
            project=connection.project or None,
            timeout=http_client.timeout,
            http_client=http_client,
            default_headers={**headers, "Accept-Encoding": "identity"},
            **{"max_retries": 0, **hidden, **where},
        )
    except Exception as exc:  # noqa: BLE001 - which kinds there are is the SDK's business
        said = connection.redactor.clean(str(exc)) or type(exc).__name__
    # Outside the handler: the SDK's frames hold what it read of the environment.
    raise ConfigError(f"the openai package does not take what the environment says: {said}")


def _hidden(value: Hidden[str] | str | None) -> Hidden[str]:
    return value if isinstance(value, Hidden) else Hidden(value or "")


def _is_yes(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def _refuse_open_http(address: Address, variable: str, *, allowed: bool) -> None:
    """Before any key is read."""
    if allowed or not address.url.startswith("http:") or is_loopback(address.url):
        return
    host = host_of(address.url)
    if host in _ANYWHERE:
        here = address.url.replace("[::]" if host == "::" else host, "127.0.0.1")
        raise ConfigError(
            f"{variable} names {host}, an address to listen on, which cannot be called",
            hint=f"If it runs on this machine, set {variable}={here}.",
        )
    secure = address.url.replace("http:", "https:", 1)
    raise ConfigError(
        f"{variable} is {address.url}: over http://, others on the way can read the key and the pictures",
        hint=f"Set {variable}={secure}; or set {ALLOW_HTTP}=1 if you trust the network between.",
    )


def _agreed_version(variables: Environment, address: str) -> str:
    if not is_version(variables.get("OPENAI_API_VERSION", "").strip() or "latest"):
        raise ConfigError(
            "OPENAI_API_VERSION is not a version of Azure's API",
            hint="It looks like 2025-04-01-preview; Azure's examples have it at the end of the address.",
        )
    version = variables.get("OPENAI_API_VERSION", "").strip()
    if version and address and version != address:
        raise ConfigError(
            f"AZURE_OPENAI_ENDPOINT says api-version={address}, and OPENAI_API_VERSION is {version}",
            hint="Leave ?api-version= out of the address.",
        )
    if not (version or address):
        raise ConfigError(
            "Azure needs an API version",
            hint="Set OPENAI_API_VERSION; or Azure's v1 address as OPENAI_BASE_URL, which needs none.",
        )
    return version or address


def _can_be_sent(secret: Hidden[str]) -> bool:
    return secret().isascii() and secret().isprintable() and " " not in secret()


def _headers(lines: Hidden[str]) -> list[tuple[str, str]]:
    """Name and value of each line, read as the SDK reads them."""
    split = [line.partition(":") for line in lines().split("\n")]
    return [(name.strip(), value.strip()) for name, colon, value in split if colon]


def _bad_header(lines: Hidden[str]) -> int:
    """The number of the first line that no request can carry; 0 for none."""
    for number, line in enumerate(lines().split("\n"), 1):
        name, colon, value = line.partition(":")
        if colon and not (_HEADER.fullmatch(name.strip()) and _VALUE.fullmatch(value.strip())):
            return number
    return 0


def _password(url: str) -> str:
    return unquote(url.partition("://")[2].rpartition("@")[0].partition(":")[2])
