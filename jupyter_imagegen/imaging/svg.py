"""SVG is text that a browser runs: only drawings that refer to nothing outside themselves are let in.

What may be in it is listed, not what may not. The list is SVG 2's static and animated drawing elements:
https://www.w3.org/TR/SVG2/eltindex.html
"""

from __future__ import annotations

import math
import re

from jupyter_imagegen.imaging.headers import Header, ImageRejected

MAX_SVG_BYTES = 4 * 1024 * 1024
_MAX_DEPTH = 200
#: Elements and attributes, each of which is looked at in Python: together a second.
MAX_SVG_PARTS = 200_000
_SVG = "http://www.w3.org/2000/svg"
_ELEMENTS = frozenset(
    """
    svg g defs symbol use switch title desc metadata style view
    path rect circle ellipse line polyline polygon image text tspan textPath
    linearGradient radialGradient stop pattern clipPath mask marker
    animate animateMotion animateTransform mpath set
    filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting
    feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur
    feImage feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile
    feTurbulence
    """.split()  # noqa: SIM905 - a list of 60 words is read as words
)
#: What stands in `<metadata>`: who made it and with what, and Content Credentials.
_METADATA = (
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://purl.org/dc/",
    "http://creativecommons.org/ns#",
    "http://c2pa.org/",
    "http://www.inkscape.org/namespaces/",
    "http://sodipodi.sourceforge.net/",
)
_EMBEDDED = r"data:image/(?:png|jpe?g|webp|gif)(?:;charset=[\w-]+)?;base64,"
_FONT = r"data:(?:font/(?:woff2?|otf|ttf|sfnt)|application/(?:x-)?font-[\w-]+)(?:;charset=[\w-]+)?;base64,"
_PICTURE = re.compile(rf"{_EMBEDDED}[A-Za-z0-9+/=\s]*", re.IGNORECASE)
#: Where the definition of SVG is that drawing programs name; browsers have it built in and load no other.
_STANDARD = re.compile(r"https?://www\.w3\.org/[\w./-]+\.dtd")
#: Attributes that name something to load, whatever element they stand on.
_LOADING = frozenset(("href", "src", "base", "srcset", "imagesrcset", "poster", "ping", "codebase"))
#: Attributes that are free text; a browser reads none of them as CSS.
_TEXT = frozenset(("id", "class", "lang", "role", "title", "name", "label", "d", "points", "unicode"))
#: What is called in a style without loading anything: colours, sums, shapes, movements, filters, selectors.
_FUNCTIONS = frozenset(
    """
    rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark
    calc min max clamp round mod rem abs sign sin cos tan asin acos atan atan2 pow sqrt hypot log exp var env
    matrix matrix3d translate translatex translatey translatez translate3d scale scalex scaley scalez scale3d
    rotate rotatex rotatey rotatez rotate3d skew skewx skewy perspective
    cubic-bezier steps linear linear-gradient radial-gradient conic-gradient
    repeating-linear-gradient repeating-radial-gradient repeating-conic-gradient
    blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia
    path polygon circle ellipse inset rect xywh ray shape local format
    not is where has nth-child nth-last-child nth-of-type nth-last-of-type lang dir
    repeat wallclock accesskey
    """.split()  # noqa: SIM905 - a list of words is read as words
)
_RULES = frozenset(
    """
    media keyframes -webkit-keyframes -moz-keyframes font-face supports layer property container page
    counter-style font-feature-values namespace charset scope starting-style
    """.split()  # noqa: SIM905 - a list of words is read as words
)
#: The pieces of a style, as CSS cuts them: comments and strings say nothing, `#name` is in the drawing.
_CSS = re.compile(
    rf"""
    (?P<skip> /\*.*?\*/ | "[^"\n\r\f]*" | '[^'\n\r\f]*'
            | url\(\s*(?P<quote>["']?)\#[^\s"'()\\;{{}}<>]+(?P=quote)\s*\) )
    | (?P<embedded> url\(\s*["']?(?:{_EMBEDDED}|{_FONT})[A-Za-z0-9+/=]*["']?\s*\) )
    | (?P<function> -*[^\W\d][\w-]* ) \(
    | @ (?P<rule> [\w-]+ )
    | (?P<bad> \\ | /\* | ["'] | // | expression\s*\( | -moz-binding | (?<![\w-])behavior\s*: )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*")
#: What CSS gives a picture that does not say its size, in pixels.
_DEFAULT_SIZE = (300.0, 150.0)


def looks_like_svg(data: bytes) -> bool:
    """Whether the bytes are text with an `<svg` near the start."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and re.search(rb"<(?:\w+:)?svg[\s>/]", start) is not None


def read_svg(data: bytes) -> Header:
    """Check an SVG and return its size in pixels.

    Raises
    ------
    ImageRejected
        If it is not well-formed UTF-8 XML, is over `MAX_SVG_BYTES`, or has anything in it that runs or loads:
        script, event handlers, references to the outside, foreign elements, a DOCTYPE other than SVG's own.
    """
    from xml.parsers import expat

    if len(data) > MAX_SVG_BYTES:
        raise ImageRejected(f"the SVG is {len(data):,} bytes; at most {MAX_SVG_BYTES:,} are accepted")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ImageRejected("the SVG is not UTF-8 text") from exc
    check = _Check()
    parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.XmlDeclHandler = check.declaration
    parser.StartDoctypeDeclHandler = check.doctype
    parser.ProcessingInstructionHandler = check.instruction
    parser.StartElementHandler = check.start
    parser.EndElementHandler = check.end
    parser.CharacterDataHandler = check.characters
    try:
        parser.Parse(text, True)
    except expat.ExpatError as exc:
        raise ImageRejected(f"the SVG is not well-formed XML: {exc}") from exc
    width, height = check.size
    if not (math.isfinite(width) and math.isfinite(height)):
        raise ImageRejected("the SVG is damaged: its size is endless")
    # Transparent wherever nothing is drawn.
    return Header(
        mime="image/svg+xml",
        width=max(1, math.ceil(width)),
        height=max(1, math.ceil(height)),
        has_alpha=True,
    )


class _Check:
    """Expat's callbacks, each refusing what it does not know."""

    def __init__(self) -> None:
        self.size = _DEFAULT_SIZE
        self._open: list[str] = []
        self._css: list[str] = []
        self._parts = 0

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        # A browser believes the declaration: the same bytes would be other characters there than here.
        if encoding and encoding.lower() not in {"utf-8", "us-ascii"}:
            raise ImageRejected(f"the SVG says its encoding is {encoding}; only UTF-8 is accepted")

    def doctype(self, _name: str, system: str | None, _public: str | None, inside: int) -> None:
        if inside or not (system is None or _STANDARD.fullmatch(system)):
            raise ImageRejected("the SVG has a DOCTYPE of its own, which can define entities")

    def instruction(self, target: str, _data: str) -> None:
        raise ImageRejected(f"the SVG has a <?{target}?> instruction")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if not self._open:
            if (namespace, local) != (_SVG, "svg"):
                raise ImageRejected(f"this is XML with the root <{local}>, not an SVG picture")
            self.size = _size(attributes)
        self._parts += 1 + len(attributes)
        if self._parts > MAX_SVG_PARTS:
            raise ImageRejected(f"the SVG has more than {MAX_SVG_PARTS:,} elements and attributes")
        if len(self._open) >= _MAX_DEPTH:
            raise ImageRejected(f"the SVG is nested more than {_MAX_DEPTH} deep")
        if namespace == _SVG:
            if local not in _ELEMENTS:
                raise ImageRejected(f"the SVG has a <{local}> element, which a drawing does not need")
        elif not namespace.startswith(_METADATA):
            raise ImageRejected(
                f"the SVG has a <{local}> element of another language ({namespace or 'none'})"
            )
        for full, value in attributes.items():
            _check_attribute(local, full, value)
        self._open.append(local)

    def end(self, _name: str) -> None:
        if self._open.pop() == "style":
            _check_css("".join(self._css))
            self._css.clear()

    def characters(self, text: str) -> None:
        if self._open[-1] == "style":
            self._css.append(text)


def _check_attribute(element: str, full: str, value: str) -> None:
    namespace, _, name = full.rpartition(" ")
    lowered = name.lower()
    if lowered.startswith("on"):
        raise ImageRejected(f"the SVG has an event handler ({name})")
    if lowered == "attributename":
        _check_animated(value.strip())
    elif lowered in _LOADING:
        inside = value.strip().startswith("#")
        embedded = element in {"image", "feImage"} and _PICTURE.fullmatch(value.strip())
        if not inside and not embedded:
            raise ImageRejected(f"the SVG refers to something outside itself ({value.strip()[:40]!r})")
    elif lowered == "style":
        _check_css(value)
    elif name in _TEXT or lowered.startswith(("data-", "aria-")) or (namespace and namespace != _SVG):
        if "url(" in value.lower():
            _check_css(value)
    elif "(" in value or "\\" in value:
        # Nothing is loaded by a value that calls nothing.
        _check_css(value)


def _check_animated(name: str) -> None:
    lowered = name.lower().rpartition(":")[2]
    if lowered in _LOADING or lowered.startswith("on"):
        raise ImageRejected(f"the SVG animates {name}, which can run or load something")


def _check_css(css: str) -> None:
    """Refuse a style that calls, imports or hides anything that is not known to load nothing."""
    for found in _CSS.finditer(css):
        function, rule = found["function"], found["rule"]
        if function and function.lower() == "url":
            raise ImageRejected("the SVG refers to something outside itself with url(…)")
        if function and function.lower() not in _FUNCTIONS:
            raise ImageRejected(f"the SVG's style calls {function}(…), which can load something")
        if rule and rule.lower() not in _RULES:
            raise ImageRejected(f"the SVG's style has @{rule}, which can load something")
        if found["bad"]:
            raise ImageRejected(f"the SVG's style has {found['bad']!r}, which can load something")


def _size(attributes: dict[str, str]) -> tuple[float, float]:
    box = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", attributes.get("viewBox", ""))]
    drawn = (box[2], box[3]) if len(box) == 4 and box[2] > 0 and box[3] > 0 else _DEFAULT_SIZE  # noqa: PLR2004
    width, height = (_LENGTH.fullmatch(attributes.get(side, "")) for side in ("width", "height"))
    if width and height:
        return float(width[1]), float(height[1])
    if width:
        return float(width[1]), float(width[1]) * drawn[1] / drawn[0]
    if height:
        return float(height[1]) * drawn[0] / drawn[1], float(height[1])
    return drawn
