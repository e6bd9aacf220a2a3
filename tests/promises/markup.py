"""What a piece of HTML is made of, as a browser reads it."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

#: Attributes that can run or fetch something.
ACTIVE = ("on", "src", "href", "action", "formaction", "data", "srcdoc", "style")


class Made(HTMLParser):
    """The elements of a document with the names of their attributes, and every active attribute's value."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.active, self.comments = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(sorted(name for name, _ in attrs))))
        self.active += [
            (name, value) for name, value in attrs if name.startswith(ACTIVE[0]) or name in ACTIVE[1:]
        ]

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_decl(self, decl):
        self.comments.append(decl)

    def handle_pi(self, data):
        self.comments.append(data)

    def unknown_decl(self, data):
        self.comments.append(data)


def is_plain(text):
    """Whether a terminal shows the text as it is: no control character but line breaks, nothing that turns it."""
    bidi = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return not any(
        char in bidi or (char not in "\n\t" and unicodedata.category(char) in {"Cc", "Cs"}) for char in text
    )
