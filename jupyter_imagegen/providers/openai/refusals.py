"""What a server's refusal is about: a safety system, the account, a rate, the address, a parameter.

OpenAI's codes say it. Gateways have codes of their own, or none and only a sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.providers.openai.reasons import is_moderation, read_reason
from jupyter_imagegen.providers.waiting import asked_wait

if TYPE_CHECKING:
    from jupyter_imagegen.providers.untrusted import Redactor

#: How the codes and types of servers read. A gateway has names of its own for what OpenAI calls otherwise.
_ACCOUNT_NAMES = re.compile(
    r"insufficient.?(?:user.?)?(?:quota|credit|balance|fund)|billing|payment|credits?\b|credit.?limit|credit.?balance|"
    r"spend.?limit|usage.?limit.?exceeded|budget|quota.?exceeded|exceeded.?current.?quota|arrear|overdue",
    re.IGNORECASE,
)
_RATE_NAMES = re.compile(r"rate.?limit|too.?many.?requests|throttl|resource.?exhausted", re.IGNORECASE)
#: How their sentences read, where a code does not tell.
_ACCOUNT_WORDS = re.compile(
    r"insufficient (?:account )?(?:credit|balance|fund|quota)|credit balance|exceeded your current quota|"
    r"(?:not enough|out of|have no|has no|add|buy|more) credits?\b|billing (?:hard |soft )?limit|"
    r"payment required|top.?up|budget has been exceeded|spend(?:ing)? limit",
    re.IGNORECASE,
)
_SAFETY_WORDS = re.compile(
    r"safety (?:system|filter|check|polic|setting)|content (?:filter|polic|moderation|management)|"
    r"moderation (?:system|filter|check|polic|fail|block|reject)|flagged|\bnsfw\b|usage polic|"
    r"prohibited content|inappropriate|"
    r"violat\w+.{0,40}(?:content|usage|safety|community|our) (?:\w+ )?(?:polic|guideline)|"
    r"(?:blocked|rejected|refused) (?:by|for|due|because).{0,40}(?:safety|polic|moderation|filter|sensitive)",
    re.IGNORECASE,
)
#: How a refusal reads that is about the address and not about the model.
_NO_ADDRESS = re.compile(
    r"(?:error )?(?:404\W*)?(?:the )?(?:requested )?(?:resource|page|url|path|route|endpoint|api|file)? ?"
    r"(?:was |is |could |can)? ?(?:not (?:be )?found|method not allowed|404)?(?: on this server)?\W*|"
    r".*\b(?:url|page|path|route|endpoint) (?:\S{1,80} )?(?:was |could )?not (?:be )?found.*|"
    r".*\b(?:cannot (?:post|get) /|no (?:such )?(?:route|path|endpoint|handler)|page not found|"
    r"(?:invalid|unknown|unrecognized|unsupported) (?:request )?(?:url|path|route|endpoint)).*",
    re.IGNORECASE,
)
_MODEL_WORDS = re.compile(r"model|deployment|engine|checkpoint", re.IGNORECASE)
_LONGEST_DUMP = 200
#: Codes about a parameter, whatever its name: `invalid_safety_identifier`.
_INVALID = re.compile(r"invalid|unknown|missing|unsupported", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What an answer that holds an error says, cleaned; `said_status` is one that only its body gives."""

    status: int | None
    code: str
    kind: str
    param: str
    message: str
    request_id: str | None
    stage: str
    categories: tuple[str, ...]
    names: tuple[str, ...] = ()
    said_status: int | None = None
    page: bool = False
    wait: str = ""

    @property
    def in_answer(self) -> bool:
        """Whether it came where a good answer should be, so that the work may have been done."""
        return self.status is None or self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def moderated(self) -> bool:
        """Whether a safety system refused."""
        if any(is_moderation(name) and not _INVALID.match(name) for name in self.names):
            return True
        statuses = {400, 403, 422, 451} if not self.in_answer else {None, 400, 403, 422, 451}
        status = self.said_status if self.in_answer else self.status
        return status in statuses and _SAFETY_WORDS.search(self.message) is not None

    @property
    def account(self) -> bool:
        """Whether the account's quota, credit or budget is used up."""
        if HTTPStatus.PAYMENT_REQUIRED in {self.status, self.said_status}:
            return True
        if any(_ACCOUNT_NAMES.search(name) for name in self.names):
            return True
        if (self.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR or not _ACCOUNT_WORDS.search(self.message):
            return False
        # A limit for a minute is told in the same words: then the wait is told too.
        return asked_wait({}, self.message, datetime.now(UTC), field=self.wait) is None

    @property
    def limited(self) -> bool:
        """Whether it is about a rate: too many requests for a while."""
        status = self.said_status if self.in_answer else self.status
        return status == HTTPStatus.TOO_MANY_REQUESTS or any(_RATE_NAMES.search(name) for name in self.names)

    @property
    def refuses_format(self) -> bool:
        """Whether the request was refused, and so not billed, for its `response_format`."""
        named = f"{self.param} {self.message}".lower().replace(" ", "_")
        return self.status in {400, 404, 415, 422, 501} and "response_format" in named

    @property
    def is_about_address(self) -> bool:
        """Whether a 404 is about the address: a page, or words that any server says of any address."""
        if self.page or not self.message:
            return True
        if _MODEL_WORDS.search(self.message):
            return False
        return _NO_ADDRESS.fullmatch(self.message) is not None

    def known(self) -> dict[str, Any]:
        """What every error of a provider keeps."""
        return {"status": self.status, "code": self.code or None, "request_id": self.request_id}


def read_refusal(body: object, redactor: Redactor, status: int | None, headers: Mapping[str, str]) -> Refusal:
    """Read a refusal and clean it."""
    reason = read_reason(body)
    page = reason.page or (headers.get("content-type", "").startswith("text/html") and not reason.names)
    message = redactor.clean(reason.message).rstrip(".")
    if not message and isinstance(body, Mapping) and body:
        message = redactor.clean(json.dumps(body, default=str)[:_LONGEST_DUMP])
    return Refusal(
        status=status,
        code=redactor.clean(reason.code, limit=80),
        kind=redactor.clean(reason.kind, limit=80),
        param=redactor.clean(reason.param, limit=80),
        message=message,
        request_id=redactor.clean_id(headers.get("x-request-id")),
        stage=reason.stage or "unknown",
        categories=tuple(filter(None, (redactor.clean(name, limit=40) for name in reason.categories[:20]))),
        names=reason.names[:20],
        said_status=reason.status,
        page=page,
        wait=reason.wait,
    )
