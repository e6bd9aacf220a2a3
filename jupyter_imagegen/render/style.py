"""The one stylesheet of all outputs: one accent, one radius, one unit of space.

Text takes JupyterLab's colour or else the page's own, and lines and soft text are mixed from it, so that
nothing is unreadable on a page whose theme we cannot know. Only the accent and the tags' colours differ by
theme: as the page says (JupyterLab and Notebook, VS Code, Colab), else as the system prefers.

Each output carries the sheet, because outputs are also shown alone: in nbviewer, an export, a mail. GitHub
and untrusted notebooks strip it; what is left is a picture with a size and a caption under it.
"""

from __future__ import annotations

#: Every output begins so. The other names tell MathJax, of whichever version, that prices are no formulas.
OPEN = '<div class="imagegen mathjax_ignore tex2jax_ignore">'
#: Goes before JupyterLab's own rules for tables and code in outputs, which name two classes and an element.
#: Stands below as a section sign.
_ROOT = ".imagegen:not(#_)"
_LIGHT = "--ig-accent:#1f5fd0;--ig-ok:#197a43;--ig-warn:#8a5a00"
_DARK = "--ig-accent:#7aa8ff;--ig-ok:#5fcf8f;--ig-warn:#f0b84a"
_SOFT = "color:var(--jp-content-font-color2,color-mix(in srgb,currentColor 72%,transparent))"
_LINE = "color-mix(in srgb,currentColor 18%,transparent)"

_BASE = (
    f".imagegen{{{_LIGHT};font:13px/1.5 "
    "var(--jp-ui-font-family,system-ui,-apple-system,'Segoe UI',sans-serif);"
    "color:var(--jp-content-font-color1,inherit);font-variant-numeric:tabular-nums;margin:4px 0}"
    f"@media (prefers-color-scheme:dark){{.imagegen{{{_DARK}}}}}"
    f"[data-jp-theme-light=true] .imagegen,.vscode-light .imagegen,html[theme=light] .imagegen{{{_LIGHT}}}"
    f"[data-jp-theme-light=false] .imagegen,.vscode-dark .imagegen,html[theme=dark] .imagegen{{{_DARK}}}"
    f"§ .soft{{{_SOFT}}}"
    "§ .tag{font-size:11px;border:1px solid;border-radius:99px;padding:1px 8px;white-space:nowrap}"
    "§ .ok{color:var(--ig-ok)}§ .warn{color:var(--ig-warn)}"
)

_PICTURES = (
    "§ figure{margin:0}"
    "§ img{display:block;max-width:100%;height:auto;border-radius:8px}"
    f"§ figcaption{{{_SOFT};font-size:12px;padding-top:6px;max-width:64em;text-align:left}}"
    "§ figcaption b{color:var(--jp-content-font-color1,inherit)}"
    "§ .grid{display:flex;flex-wrap:wrap;gap:8px}"
)

_PROGRESS = (
    f"§ .box{{position:relative;overflow:hidden;border-radius:8px;border:1px dashed {_LINE};"
    "box-sizing:border-box;max-width:100%}"
    "§ .line{font-size:12px;padding-top:4px}"
    "§ .box img{width:100%;height:100%;border-radius:0}"
    "§ .bar{height:4px;border-radius:2px;overflow:hidden;margin-top:6px;max-width:100%;"
    f"background:{_LINE}}}"
    "§ .bar i{display:block;height:100%;width:30%;border-radius:2px;background:var(--ig-accent)}"
    "§ .bar .run{animation:imagegen-run 1.6s ease-in-out infinite alternate}"
    "@keyframes imagegen-run{from{margin-left:0}to{margin-left:70%}}"
    "@media (prefers-reduced-motion:reduce){§ .bar .run{animation:none;width:100%;opacity:.6}}"
)

_TABLES = (
    "§ table{border-collapse:collapse;table-layout:auto;font-size:12px;margin:0;border:0}"
    "§ tr,§ tr:hover{background:none}"
    "§ caption{caption-side:top;text-align:left;font-weight:600;font-size:13px;padding:2px 0 6px;"
    "color:inherit;white-space:nowrap}"
    "§ th,§ td{text-align:left;vertical-align:top;padding:4px 16px 4px 0;background:none;"
    f"border:0;border-bottom:1px solid {_LINE};max-width:44em;overflow-wrap:break-word}}"
    "§ td:last-child{overflow-wrap:anywhere}"
    # One column takes what the others leave; else keys and dates break before a prompt gets narrow.
    "§ .firm tbody td{white-space:nowrap}§ .firm thead th{vertical-align:bottom;white-space:normal}"
    "§ .firm tbody .loose{white-space:normal;overflow-wrap:anywhere;min-width:9em;font-weight:400}"
    f"§ thead th{{{_SOFT};font-weight:400}}§ tbody th{{font-weight:600;white-space:nowrap}}"
    "§ .num{text-align:right;white-space:nowrap}"
    "§ td .ok,§ td .warn{white-space:nowrap}"
    "§ td img,§ th img{border-radius:4px;max-width:none}"
    f"§ pre{{margin:0 0 8px;padding:8px 12px;border-radius:8px;border:1px solid {_LINE};"
    "font:12px/1.5 var(--jp-code-font-family,ui-monospace,monospace);color:inherit;background:none;"
    "white-space:pre-wrap;overflow-wrap:anywhere}§ .foot{font-size:12px;padding-top:6px}"
)


def _sheet(*rules: str) -> str:
    return f"<style>{''.join(rules).replace('§', _ROOT)}</style>"


PICTURES = _sheet(_BASE, _PICTURES)
PROGRESS = _sheet(_BASE, _PICTURES, _PROGRESS)
TABLES = _sheet(_BASE, _TABLES)
