"""Reading an address that was pasted: right where it can only mean one thing, else with what is wrong.

People paste the address of one operation, Azure's whole example, a page of the developer console, a line of
Markdown. The SDK would append its own path to any of these and send prompt and pictures there.

Nothing here raises: a traceback would show the text, which can hold a password.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote

from jupyter_imagegen.hidden import Hidden
from jupyter_imagegen.providers.untrusted import REDACTED, Redactor

#: Where the SDK goes when nothing else is said.
OPENAI_URL = "https://api.openai.com/v1"

_OFFICIAL = "api.openai.com"
_AZURE_EXAMPLE = "https://RESOURCE.openai.azure.com"
_PAGES = ("openai.com", "chatgpt.com")
_AZURE_PAGES = (
    "portal.azure.com",
    "ai.azure.com",
    "oai.azure.com",
    "ml.azure.com",
    "management.azure.com",
    "microsoft.com",
    "microsoftonline.com",
)
_AZURE_HOSTS = (
    ".openai.azure.com",
    ".cognitiveservices.azure.com",
    ".services.ai.azure.com",
    ".openai.azure.us",
    ".openai.azure.cn",
    # Of a resource without a name of its own: a region's.
    ".api.cognitive.microsoft.com",
)

_AROUND = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff\"'`<>{}“”\u2018\u2019«»„,;*.。…!\uff01|\\"
_ASSIGNMENT = re.compile(
    r"^(?:export\s+|set\s+|setx\s+|%env\s+|\$env:)?(?:\w*_(?:URL|ENDPOINT)|base_url)\s*[=:]\s*(?!/)",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"^!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)$")
_NO_HOST = re.compile(r"^(?:/|https?:(?:/|$))", re.IGNORECASE)
_NOT_A_SCHEME = re.compile(r"^(?:[a-z]{2,8}:?//+|https?:/*|:?/+)+", re.IGNORECASE)
_HOST = re.compile(r"^[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?$")
_HOST_AND_PORT = re.compile(r"^(\[[^\[\]]*\]|[^:\[\]]*)(?::(\d*))?$")
_LIKE_AN_ADDRESS = re.compile(
    r"^(?:[a-z]{2,8}:?//|https?:|localhost\b|(?:[\w-]{1,40}\.){1,6}[a-z0-9]{1,12}(?=[:/]|$)|:?\d{1,5}(?=/|$)|\[)",
    re.IGNORECASE,
)
_MOST_PORT = 65535
#: What an example has in place of a name.
_PLACEHOLDER = re.compile(
    r"[<>{}$]|^your[-_](?:azure|openai|resource|endpoint|instance)|^(?:resource|endpoint)\.", re.IGNORECASE
)
_WITHIN = re.compile(r"https?://[^\s\"'<>)]+", re.IGNORECASE)
_VERSION = re.compile(r"\d{4}-\d\d-\d\d(?:-[a-z]{1,12})?|preview|latest|v\d")
# The path of one operation: of two words wherever it is, of one only after a version, since `/models` and
# `/files` alone can be a gateway's own root.
_OPERATION = re.compile(
    r"^(?P<root>.*)/(?:images/(?:generations|edits|variations)|chat/completions)$"
    r"|^(?P<versioned>.*/v\d\w*)/(?:images?|chat|responses|models|embeddings|completions|files|moderations"
    r"|audio|videos|batches|fine_tuning|uploads|assistants|threads|vector_stores|realtime)(?:/[^/]*){0,2}$",
    re.IGNORECASE,
)
_TWICE = re.compile(r"(/v\d\w*)(?:/*\1)+$", re.IGNORECASE)
_DEPLOYMENT = re.compile(
    r"^(?P<root>.*?)(?:/openai)?/deployments(?:/(?P<name>[^/]*))?(?:/.*)?$", re.IGNORECASE
)
_AZURE_V1 = re.compile(r"/openai/v1$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Address:
    """An address as it was meant, without anything secret in it.

    Attributes
    ----------
    url : str
        Scheme, host, port and path, without a slash at its end; empty where there is a problem.
    user : Hidden of str
        `name:password`, decoded; empty for none.
    api_version : str
        What `?api-version=` said.
    azure_v1 : bool
        Whether it is Azure's v1 address, which is spoken to as OpenAI's own is.
    problem, hint : str
        What is wrong with it, to follow "OPENAI_BASE_URL", and what to do.
    """

    url: str = ""
    user: Hidden[str] = field(default_factory=lambda: Hidden(""))
    api_version: str = ""
    azure_v1: bool = False
    problem: str = ""
    hint: str = ""


def read_address(text: str, *, variable: str, azure: bool = False) -> Address:
    """Read what was pasted into a variable.

    Parameters
    ----------
    text
        What the variable holds.
    variable
        Its name, for the hint.
    azure
        Whether it is to be the endpoint of an Azure resource.

    Examples
    --------
    >>> read_address("<https://relay.example/v1/images/generations>", variable="OPENAI_BASE_URL").url
    'https://relay.example/v1'
    """
    text = _unwrapped(text)
    alone = "".join(itertools.takewhile(lambda c: c.isprintable() and not c.isspace(), text))
    if alone != text:
        found = _WITHIN.search(text)
        first = read_address(found[0] if found else alone, variable=variable, azure=azure)
        return Address(
            problem="holds more than an address: a space, a line break or a character that cannot be seen",
            hint=(_set(variable, first.url) if "." in first.url else "") or first.hint,
        )
    scheme, between, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme not in {"http", "https"} or not between or _NO_HOST.match(rest):
        return _no_scheme(text, variable, azure=azure)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, _, host_and_port = authority.rpartition("@")
    path, query = _path_and_query(rest[len(authority) :])
    split = _HOST_AND_PORT.match(host_and_port)
    host = _ascii_host(split[1]) if split else ""
    port = split[2] if split else ""
    if split and not split[1]:
        suggested = f"http://localhost:{port}{path}" if port else ""
        return _unusable(text, "it names no host", hint=_set(variable, suggested))
    if "@" not in rest and _PLACEHOLDER.search(host_and_port):
        return _unusable(text, "it holds what an example has in place of a name; put your own there")
    if not host or "@" in rest[len(authority) :] or (port and int(port[:6]) > _MOST_PORT):
        why = "its host or port cannot be read"
        if "@" in rest:
            why += "; in a password, write / as %2F, @ as %40, ? as %3F and # as %23"
        return _unusable(text, why)
    root = f"{scheme}://{host}" + (f":{port}" if port else "")
    address = Address(url=root + path, user=Hidden(unquote(user)))
    return _judged(
        _with_query(address, query, variable), host=host, root=root, path=path, variable=variable, azure=azure
    )


def is_loopback(url: str) -> bool:
    """Whether requests to an address that was read stay on this machine."""
    host = host_of(url)
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        # Only this name: `localhost.example` and `127.0.0.1.nip.io` are somebody's domains.
        return host == "localhost"
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)


def host_of(url: str) -> str:
    """The host of an address that was read, without brackets."""
    authority = url.partition("://")[2].partition("/")[0]
    found = _HOST_AND_PORT.match(authority)
    return found[1].strip("[]") if found else ""


def is_version(text: str) -> bool:
    """Whether a text is a version of Azure's API, and not a key in the wrong place."""
    return _VERSION.fullmatch(text) is not None


def shown(text: str) -> str:
    """What of a pasted text can be shown: no user, password or query, and nothing that may be a key."""
    text = Redactor().clean(re.split(r"[?#]", text.rpartition("@")[2], maxsplit=1)[0], limit=80)
    return repr(text) if _LIKE_AN_ADDRESS.match(text) and REDACTED not in text else "not one"


def _unwrapped(text: str) -> str:
    """The text without what was copied along: quotes, brackets, Markdown, the variable's name."""
    before = None
    while before != text:
        before = text
        text = text.strip(_AROUND)
        text = _ASSIGNMENT.sub("", text, count=1)
        if found := _MARKDOWN.match(text):
            text = found[1]
        if text[:1] + text[-1:] in {"[]", "()"} and "://" in text:
            text = text[1:-1]
        text = text.removesuffix(")") if "(" not in text else text
    return text


def _path_and_query(rest: str) -> tuple[str, str]:
    path, _, query = rest.partition("#")[0].partition("?")
    path = re.sub(r"^/+", "/", path).rstrip("/")
    if found := _OPERATION.match(path):
        path = found["versioned"] or found["root"]
    return _TWICE.sub(r"\1", path.rstrip("/")), query


def _ascii_host(host: str) -> str:
    """The host as it is sent; empty where it is none."""
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            return ""
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return ""
    host = host.lower()
    return host if _HOST.match(host) else ""


def _with_query(address: Address, query: str, variable: str) -> Address:
    """The query cannot stay: the SDK would write the rest of each path behind it."""
    version = ""
    for name, value in parse_qsl(query, keep_blank_values=True, separator="&"):
        if name.lower() != "api-version" or not is_version(value):
            return Address(
                problem="has a query (what begins with ?), and the API's paths cannot be put behind one",
                hint=f"{_set(variable, address.url)} A token can go into a header: "
                "OPENAI_CUSTOM_HEADERS='NAME: value'.",
            )
        version = value
    if query and not version:
        return Address(problem="has a query (what begins with ?)", hint=_set(variable, address.url))
    return replace(address, api_version=version)


def _judged(address: Address, *, host: str, root: str, path: str, variable: str, azure: bool) -> Address:
    """The address, or what is wrong with where it leads."""
    if host == _OFFICIAL or host.endswith(f".{_OFFICIAL}"):
        right = f"{root}/v1"
        if azure:
            hint = f"Unset {variable}, and set OPENAI_BASE_URL={right}."
            return Address(problem="is OpenAI's own address, not that of an Azure resource", hint=hint)
        if path.strip("/").lower() in {"", "v1"}:
            return address if address.problem else replace(address, url=right)
        return Address(
            problem=f"leads to {Redactor().clean(path, limit=80)!r}, where OpenAI's API is not",
            hint=_set(variable, right),
        )
    if _is_under(host, _PAGES):
        return Address(
            problem=f"is {host}, a web page and not the API", hint=_set("OPENAI_BASE_URL", OPENAI_URL)
        )
    if _is_under(host, _AZURE_PAGES) and not host.endswith(_AZURE_HOSTS):
        wanted = _AZURE_EXAMPLE if azure else f"{_AZURE_EXAMPLE}/openai/v1"
        hint = f"{_set(variable, wanted)} The resource's name is on its page `Keys and Endpoint`."
        return Address(problem=f"is {host}, a web page and not the API", hint=hint)
    if (found := _DEPLOYMENT.match(path)) and (
        azure or host.endswith(_AZURE_HOSTS) or "/openai/" in path.lower()
    ):
        return _deployment(f"{root}{found['root']}", found["name"] or "", address.api_version)
    if address.problem:
        return address
    v1 = bool(_AZURE_V1.search(path))
    if host.endswith(_AZURE_HOSTS) and not v1 and not (azure and path.lower() in {"", "/openai"}):
        hint = _set(variable, root if azure else f"{root}/openai/v1")
        return Address(problem="is an Azure resource without the path of its API", hint=hint)
    if azure:
        return replace(address, url=re.sub(r"(?i)/openai$", "", address.url), azure_v1=v1)
    return address


def _deployment(root: str, name: str, version: str) -> Address:
    name, version = unquote(name)[:80], version or "VERSION"
    model = f", and name the deployment as the model: -m {name}" if name else ""
    return Address(
        problem="is the address of one deployment on Azure, and must be that of the resource",
        hint=f"Set AZURE_OPENAI_ENDPOINT={root} and OPENAI_API_VERSION={version}{model}.",
    )


def _no_scheme(text: str, variable: str, *, azure: bool) -> Address:
    """What is wrong with an address that does not begin with one scheme, and what was probably meant."""
    rest = _NOT_A_SCHEME.sub("", text.replace("\\", "/"))
    rest = rest.rpartition("@")[2]
    if re.match(r":?\d+(?:/|$)", rest):
        rest = f"localhost:{rest.lstrip(':')}"
    meant = Address()
    if re.match(r"localhost\b|\[|[\w-]+\.", rest):
        scheme = "http" if is_loopback(f"http://{rest}") else "https"
        meant = read_address(f"{scheme}://{rest}", variable=variable, azure=azure)
    return _unusable(text, "", hint=_set(variable, meant.url) or meant.hint)


def _unusable(text: str, why: str, *, hint: str = "") -> Address:
    why = why or "it must be an address that begins with http:// or https://"
    return Address(problem=f"is {shown(text)}: {why}", hint=hint)


def _is_under(host: str, domains: tuple[str, ...]) -> bool:
    return host in domains or host.endswith(tuple(f".{domain}" for domain in domains))


def _set(variable: str, url: str) -> str:
    return f"Set {variable}={url}." if url else ""
