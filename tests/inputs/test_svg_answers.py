"""An SVG that comes is shown only if nothing in it can load or run; drawings as programs write them are."""

from __future__ import annotations

import base64

import pytest
from imageserver import paint, rows

from jupyter_imagegen.errors import ImagegenError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">{}</svg>'
PIXEL = "data:image/png;base64," + base64.b64encode(paint("16x16")).decode()
HARMLESS = [
    (
        '<defs><linearGradient id="paint0_linear_1:2"><stop offset="0" stop-color="rgb(1, 2, 3)"/></linearGradient></defs>'
        '<path d="M0 0" fill="url(#paint0_linear_1:2)" transform="translate(1 2) rotate (45)"/>'
    ),
    '<clipPath id="c"><circle r="4"/></clipPath><g clip-path="url(&quot;#c&quot;)" mask="url( \'#m\' )" opacity=".5"/>',
    (
        "<style>/* made by hand (mostly), see http://example.org */ .a{fill:url(#a);stroke:#fff} "
        "@media (prefers-color-scheme: dark){.a:not(.b):nth-child(2n+1){fill:hsl(10 20% 30%)}} "
        "@keyframes turn{from{transform:rotate(0deg)}to{transform:rotate(1turn)}} "
        "text{font-family:'Helvetica Neue',\"A // B\",sans-serif;width:calc(1px + var(--x));scroll-behavior:smooth}</style>"
    ),
    '<text font-family="Arial, \'Foo Bar\'" x="1" aria-label="a (small) fox">on url(x) \\ http://example.org</text>',
    '<g id="Layer (1)" data-name="Layer 1 (copy)" class="a\\:b"/>',
    '<g xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:label="C:\\pictures (2)"/>',
    f'<image xlink:href="{PIXEL}"/><use href="#a"/>',
    '<filter id="f"><feGaussianBlur stdDeviation="2"/></filter><g filter="url(#f) drop-shadow(0 0 2px red)"/>',
    (
        '<circle r="1"><animate attributeName="r" values="1;2" begin="a.end+repeat(2)"/>'
        '<set attributeName="fill" to="url(#a)"/></circle>'
    ),
    '<rect style="fill:url(#a);filter:blur(2px);enable-background:new 0 0 512 512"/>',
    f'<image xlink:href="{PIXEL.replace("png;", "jpg;")}"/><image href="{PIXEL.replace("png;", "png;charset=utf-8;")}"/>',
    "<style>@font-face{font-family:A;src:url('data:font/woff2;charset=utf-8;base64,d09GMg==') format('woff2')}</style>",
    "<style>@font-face{font-family:A;src:url(data:application/x-font-woff;base64,d09GRg==)}</style>",
]
STANDARD = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
)
HOSTILE = [
    "<path fill='\\75rl(https://example.org/a)'/>",
    "<path fill='u\\72 l(//example.org/a)'/>",
    "<style>a{background:image-set('https:/example.org/a' 1x)}</style>",
    "<style>a{background:-webkit-image-set(url(#a) 1x, 'https:/example.org/a' 2x)}</style>",
    "<path style=\"background:image('https:/example.org/a')\"/>",
    '<path style="cursor:url(https:/example.org/a),auto"/>',
    "<path cursor=\"url('https:\\\\example.org\\a'), auto\"/>",
    "<path cursor=\"image-set('https:/example.org/a' 1x), auto\"/>",
    "<path mask='url(https:example.org/a#m)'/>",
    "<path mask=\"cross-fade(url(#a), 'https:/example.org/a')\"/>",
    "<path clip-path='url( data:image/svg+xml,x#a)'/>",
    "<path filter=\"src('https:/example.org/a')\"/>",
    "<path marker-end='url(a.svg#m)'/>",
    "<path fill='url(&#x68;ttps://example.org)'/>",
    "<path fill='URL\n(#a) url(/etc/a)'/>",
    "<path style='--a:url(https:/example.org); fill:var(--a)'/>",
    "<set attributeName='fill' to='url(https:/example.org/a)'/>",
    "<set attributeName='HREF' to='https:/example.org/a'/>",
    "<set attributeName=' xlink:href ' to='https:/example.org/a'/>",
    "<set attributeName='xml:base' to='https:/example.org/'/>",
    "<animate attributeName='mask' values='none;url(//example.org/a#m)'/>",
    "<animate attributeName='href' from='#a' to='https:/example.org/a'/>",
    "<g xml:base='https:/example.org/'><use href='#a'/></g>",
    "<image href='https:/example.org/a.png'/>",
    "<image href='\\\\example.org\\a.png'/>",
    "<image href=' //example.org/a.png'/>",
    "<image srcset='https:/example.org/a.png 2x' href='#a'/>",
    f"<use href='{PIXEL}'/>",
    "<feImage href='https:/example.org/a.png'/>",
    "<style>@import 'https:/example.org/a.css';</style>",
    "<style>@\\69mport 'https:/example.org/a.css';</style>",
    "<style>@im<!-- -->port 'a.css';</style>",
    "<style>a{b:url(<![CDATA[https:/example.org/a]]>)}</style>",
    "<style>a{content:'/*';b:image-set('https:/example.org/a');c:'*/'}</style>",
    '<style>a{b:"/*\n;c:url(https:/example.org/a) /* */}</style>',
    "<style>a{b:url(#a'c);d:image-set('https:/example.org/a')}</style>",
    "<style>@font-face{font-family:a;src:url(https:/example.org/a.woff)}</style>",
    "<style>a{b:element(#a) paint(x) attr(href url)}</style>",
    "<style>a{behavior:url(#default#a)}</style>",
    "<foreignObject><div xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
    "<a href='https:/example.org'><path/></a>",
    "<script href='#a'/>",
    "<handler type='x'/>",
    "<path onfocus='x'/>",
    "<set attributeName='onload' to='x'/>",
]  # fmt: skip


@pytest.fixture
def answer(edit):
    """Asks for an SVG, and gets this one."""

    def ask(body):
        drawing = body if body.startswith("<!DOCTYPE") else SVG.format(body)
        data = base64.b64encode(drawing.encode()).decode()
        edit.server.script(rows({"b64_json": data}))
        return edit.session.generate(
            "a fox", model="gpt-image-2.6-flare", output_format="svg", provider="openai", fresh=True
        )

    return ask


@pytest.mark.parametrize("body", HARMLESS)
def test_a_drawing_as_programs_write_them_is_shown(answer, body):
    assert answer(body).images[0].bytes == SVG.format(body).encode()


@pytest.mark.parametrize("body", HOSTILE)
def test_a_drawing_that_could_load_or_run_something_is_not_shown(answer, body):
    with pytest.raises(ImagegenError, match="the SVG"):
        answer(body)


@pytest.mark.parametrize("doctype", [STANDARD, "<!DOCTYPE svg>", STANDARD.replace("http:", "https:")])
def test_the_doctype_that_programs_write_is_no_reason_to_refuse_a_drawing(answer, doctype):
    drawing = doctype + SVG.format("<rect/>")
    assert answer(drawing).images[0].bytes == drawing.encode()


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE svg SYSTEM "http://example.org/svg11.dtd">',
        '<!DOCTYPE svg SYSTEM "http://www.w3.org.example.org/svg11.dtd">',
        '<!DOCTYPE svg SYSTEM "http://www.w3.org@example.org/svg11.dtd">',
        '<!DOCTYPE svg SYSTEM "svg11.dtd">',
        STANDARD.replace(">", ' [<!ENTITY a "b">]>'),
        STANDARD.replace(">", ' [<!ENTITY % a SYSTEM "http://example.org/a">%a;]>'),
    ],
)
def test_a_doctype_that_could_define_entities_is_refused(answer, doctype):
    with pytest.raises(ImagegenError, match="DOCTYPE of its own"):
        answer(doctype + SVG.format("<rect/>"))
