"""The reason in a server's refusal, wherever it is: in JSON of many shapes, in a page of HTML, in plain text.

OpenAI puts it into `error.message`. FastAPI has `detail` with `loc` and `msg`, RFC 9457 `title` and `detail`,
OAuth `error_description`, Rails and Django lists by field, OpenRouter the JSON of whoever it asked, and a
proxy a page of which only the title says something.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

#: How deep a refusal is looked through, how many items of a list are told, and how long a text may be.
_DEEPEST = 6
_MOST_ITEMS = 5
_LONGEST = 20_000

#: Where a reason is, the most telling first. Names are compared in lower case, without signs.
_MESSAGES = (
    "message", "msg", "faultstring", "detail", "details", "errordescription", "errormessage", "errormsg",
    "description", "reason", "failurereason", "errors", "error", "title", "info", "text", "statustext",
    "body", "fault", "raw",
)  # fmt: skip
#: Where it is said which part of the request is meant.
_PLACES = ("loc", "field", "param", "path", "property", "pointer")
#: Names of fields that are no messages by field, in an object that has nothing else.
_NO_FIELDS = {
    "code", "type", "status", "statuscode", "success", "requestid", "traceid", "id", "timestamp", "url",
    "input", "ctx", "created", "object", "data", "instance", "ok", "version", "usage", "docs",
    "documentationurl", "help", "path", "method", "retryafter",
}  # fmt: skip
_TITLE = re.compile(r"<(title|h1|h2|message)\b[^>]*>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(r"[\s\ufeff]*<(?:!doctype|html|head|body|title|center|h1|\?xml|error\b)", re.IGNORECASE)
_TAG = re.compile(
    r"<!--.*?-->|<(?:style|script)\b.*?</(?:style|script)\s*>|</?[a-z!?][^<>]*>", re.IGNORECASE | re.DOTALL
)
_MODERATED = re.compile(
    r"content.?filter|content.?polic|responsible.?ai|moderation.?(?:block|reject|fail|error|flag)|safety|"
    r"prohibited.?content|sensitive.?content|nsfw|policy.?violation|content.?moderat|datainspection",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A refusal as the server wrote it: nothing in it is cleaned.

    Attributes
    ----------
    message : str
        Its own words; empty where it gave none.
    page : bool
        Whether it was a page and no answer of an API.
    names : tuple of str
        Every code and type that it gives, the outermost first.
    code, kind, param : str
        The outermost of each; a number as text.
    status : int or None
        A status of HTTP that its body gives.
    stage, categories : str, tuple of str
        Where and for what a safety system refused it.
    wait : str
        How long to wait, as its body gives it in a field of its own.
    """

    message: str = ""
    page: bool = False
    names: tuple[str, ...] = ()
    code: str = ""
    kind: str = ""
    param: str = ""
    status: int | None = None
    stage: str = ""
    categories: tuple[str, ...] = field(default=())
    wait: str = ""


def read_reason(body: object) -> Reason:
    """Read a refusal: the value of its JSON, or its text.

    Examples
    --------
    >>> read_reason({"detail": [{"loc": ["body", "quality"], "msg": "not one of low, high"}]}).message
    'quality: not one of low, high'
    >>> read_reason("<html><head><title>524: A timeout occurred</title></head></html>").message
    '524: A timeout occurred'
    """
    if isinstance(body, str | bytes):
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        body = _json_of(text)
        if body is None:
            return Reason(message=_plain(text), page=_PAGE.match(text) is not None)
    found = list(_objects(body))
    names = [each["error"] for each in found if isinstance(each.get("error"), str)]
    codes = [_name(value) for each in found for value in _values(each, "code", "errorcode", "errcode")]
    kinds = [_name(value) for each in found for value in _values(each, "type", "errortype")]
    # A server that says what happened in `error` says it better in `message`: `error` is then a kind.
    kinds += [name for name in names if isinstance(name, str) and " " not in name]
    params = [_name(value) for each in found for value in _values(each, "param")]
    return Reason(
        message=_words(body),
        names=tuple(filter(None, [*codes, *kinds])),
        code=next(filter(None, codes), ""),
        kind=next(filter(None, kinds), ""),
        param=next(filter(None, params), ""),
        status=next(filter(None, (_status(each) for each in found)), None),
        stage=next((stage for each in found if (stage := _stage(each))), ""),
        categories=tuple(dict.fromkeys(name for each in found for name in _categories(each))),
        wait=next((wait for each in found if (wait := _wait(each))), ""),
    )


def _json_of(text: str) -> object:
    """The value of a text that is JSON; None for any other."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in {"{", "[", '"'}:
        return None
    try:
        return json.loads(text.lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError):
        return None


def _plain(text: str) -> str:
    """A text without its HTML: of a page the title, of anything else what a reader sees."""
    text = text[:_LONGEST]
    if _PAGE.match(text):
        for found in _TITLE.finditer(text):
            if title := _readable(found[2]):
                return title
        return "a web page without a title"
    if "</" in text or "/>" in text:
        return _readable(text)
    return text.strip()


def _readable(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _words(value: object, depth: int = 0) -> str:
    """What a value says, in the server's own words."""
    if depth > _DEEPEST:
        return ""
    if isinstance(value, str):
        inner = _json_of(value)
        return (_words(inner, depth + 1) if inner is not None and inner != value else "") or _plain(value)
    if isinstance(value, list):
        said = dict.fromkeys(_words(item, depth + 1) for item in value[:_MOST_ITEMS])
        return "; ".join(filter(None, said))
    if not isinstance(value, Mapping):
        return ""
    by_name = {_bare(key): item for key, item in value.items() if isinstance(key, str)}
    for name in _MESSAGES:
        said_here = _words(by_name.get(name), depth + 1)
        if said_here:
            place = _place(by_name)
            more = _upstream(by_name, depth)
            told = f"{place}: {said_here}" if place and place not in said_here else said_here
            return f"{told}: {more}" if more and more not in told else told
    fields = {
        key: said_there
        for key, item in list(value.items())[:_MOST_ITEMS]
        if _bare(str(key)) not in _NO_FIELDS and (said_there := _words(item, depth + 1))
    }
    return "; ".join(f"{key}: {said_there}" for key, said_there in fields.items())


def _upstream(by_name: Mapping[str, object], depth: int) -> str:
    """What a gateway was told by whoever it asked: OpenRouter's `metadata.raw`."""
    metadata = by_name.get("metadata")
    return _words(metadata.get("raw"), depth + 1) if isinstance(metadata, Mapping) else ""


def _place(by_name: Mapping[str, object]) -> str:
    for name in _PLACES:
        place = by_name.get(name)
        if isinstance(place, list | tuple):
            parts = [str(part) for part in place if part not in ("body", "query", "form")]
            return ".".join(parts[:_MOST_ITEMS])
        # OpenAI's `param` is told apart from the message; a path as text is the address that was asked.
        if isinstance(place, str) and place and name not in {"param", "path"}:
            return place
    return ""


def _objects(value: object, depth: int = 0) -> Iterator[Mapping[str, object]]:
    """Every object of a refusal, the outermost first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        inner = value.get("error")
        if isinstance(inner, Mapping):
            # What an error says of itself goes before what is said around it.
            yield from _objects(inner, depth + 1)
        yield value
        for key, item in value.items():
            if key != "error" or not isinstance(item, Mapping):
                yield from _objects(item, depth + 1)
    elif isinstance(value, list):
        for item in value[:_MOST_ITEMS]:
            yield from _objects(item, depth + 1)
    elif isinstance(value, str):
        yield from _objects(_json_of(value), depth + 1)


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _values(each: Mapping[str, object], *names: str) -> list[object]:
    return [value for key, value in each.items() if _bare(key) in names]


def _name(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _status(each: Mapping[str, object]) -> int | None:
    for value in _values(each, "status", "statuscode", "httpstatus", "code"):
        text = _name(value)
        if re.fullmatch(r"[45]\d\d", text, re.ASCII):
            return int(text)
    return None


def _stage(each: Mapping[str, object]) -> str:
    stage = each.get("moderation_stage")
    return stage if isinstance(stage, str) and stage in {"input", "output"} else ""


def _categories(each: Mapping[str, object]) -> Iterator[str]:
    """What a safety system names: OpenAI's list, Azure's results by category, OpenRouter's reasons."""
    for value in _values(each, "categories", "reasons", "flaggedcategories"):
        if isinstance(value, list):
            yield from (item for item in value[:20] if isinstance(item, str))
        elif isinstance(value, Mapping):
            yield from (key for key, flagged in value.items() if flagged is True)
    for value in _values(each, "contentfilterresults", "contentfilterresult", "contentfilter"):
        for results in value if isinstance(value, list) else [value]:
            if isinstance(results, Mapping):
                yield from (
                    name
                    for name, result in results.items()
                    if isinstance(result, Mapping) and (result.get("filtered") or result.get("detected"))
                )


def _wait(each: Mapping[str, object]) -> str:
    for key, value in each.items():
        name = _bare(str(key))
        if name in {"retryafter", "retryafterseconds", "retrydelay", "retryin", "retryafterms"}:
            unit = "ms" if name.endswith("ms") else ""
            if isinstance(value, int | float) and not isinstance(value, bool):
                return f"{value}{unit or 's'}"
            if isinstance(value, str) and value:
                return value
    return ""


def is_moderation(name: str) -> bool:
    """Whether a code, a type or a sentence names a safety system."""
    return _MODERATED.search(name) is not None
