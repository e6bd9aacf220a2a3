"""What a server wrote, made safe to show: no control characters, no credentials, never long.

A server's text reaches terminals, HTML and notebooks. It may hold escape sequences, characters that turn the
line around, a megabyte of HTML, or the key itself: OpenAI's 401 repeats a part of it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

from jupyter_imagegen.core.text import TERMINAL_SEQUENCE, shows
from jupyter_imagegen.hidden import Hidden

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Longest text of a server that is shown, in characters.
TEXT_LIMIT = 500
#: Longest request id, in characters.
ID_LIMIT = 200

#: What stands where a key was.
REDACTED = "[key removed]"
# OpenAI repeats keys as `sk-proj-abcd****wxyz`. A word such as `desk-lamp` is no key.
_KEY_SHAPED = re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_*-]{6,}")
_SHORTEST_SECRET = 4
_LONG_SECRET = 12
# Signs of base64 that no word has by accident.
_SHORTEST_CORE = 8
_ESCAPED = re.compile(r"%[0-9A-F]{2}")
_URL_SAFE = str.maketrans("+/", "-_")


class Redactor:
    """Removes credentials from text.

    Parameters
    ----------
    secrets
        Keys and tokens. Each is also found percent-encoded and in base64, wherever in a text it began there.

    Examples
    --------
    >>> Redactor(secrets=("abcd1234",)).clean("your key abcd1234 is wrong")
    'your key [key removed] is wrong'
    """

    __slots__ = ("_secrets",)

    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        self._secrets = Hidden(tuple(secrets))

    def clean(self, text: object, *, limit: int = TEXT_LIMIT) -> str:
        """One line that can be shown: empty for anything that is not text."""
        if not isinstance(text, str):
            return ""
        # A hostile text may be megabytes long, and everything below is linear in it.
        shown = TERMINAL_SEQUENCE.sub("", text[: limit * 20])
        shown = "".join(" " if c.isspace() else c for c in shown if shows(c))
        shown = self.redact(" ".join(shown.split()))
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"

    def clean_lines(self, text: object, *, limit: int) -> str:
        """As `clean`, but the line breaks stay."""
        if not isinstance(text, str):
            return ""
        lines = text[: limit * 2].splitlines()
        return "\n".join(self.clean(line, limit=limit) for line in lines)[:limit]

    def clean_id(self, text: object) -> str | None:
        """A request id of printable ASCII; None where there is none."""
        if not isinstance(text, str):
            return None
        plain = "".join(c for c in text if c.isascii() and c.isprintable()).strip()
        return self.redact(plain)[:ID_LIMIT] or None

    def redact(self, text: str) -> str:
        """The text without any of the secrets or anything that looks like an OpenAI key."""
        for form in self._forms():
            text = text.replace(form, REDACTED)
        for core in self._cores():
            if core in text:
                # The whole word: the signs at its ends hold bits of the secret too.
                text = re.sub(rf"[\w+/-]*{re.escape(core)}[\w+/-]*=*", REDACTED, text, flags=re.ASCII)
        return _KEY_SHAPED.sub(REDACTED, text)

    def without_secrets(self, data: bytes) -> bytes:
        """Bytes as they came, but for the secrets, if a server repeats them.

        Only forms so long that base64 of a picture has none of them by accident.
        """
        for form in [*self._forms(), *self._cores()]:
            plain = form.encode("utf-8", "surrogatepass")
            if len(plain) >= _LONG_SECRET and plain in data:
                data = data.replace(plain, REDACTED.encode())
        return data

    def _forms(self) -> list[str]:
        forms = set()
        for secret in self._secrets():
            if len(secret) >= _SHORTEST_SECRET:
                quoted = [quote(secret, safe=safe, errors="surrogatepass") for safe in ("", "/")]
                small = [_ESCAPED.sub(lambda found: found[0].lower(), form) for form in quoted]
                forms |= {secret, *quoted, *small}
        # The longest first: one key may begin another.
        return sorted(forms, key=len, reverse=True)

    def _cores(self) -> set[str]:
        """What of each secret is the same in base64 whatever stands around it, by where it begins."""
        cores = set()
        for secret in self._secrets():
            data = secret.encode("utf-8", "surrogatepass")
            for before in range(3):
                signs = b64encode(bytes(before) + data).decode()
                # Six bits a sign: those that a neighbour has a part in are left out.
                core = signs[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
                if len(core) >= _SHORTEST_CORE:
                    cores |= {core, core.translate(_URL_SAFE)}
        return cores
