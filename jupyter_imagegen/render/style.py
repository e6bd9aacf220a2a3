"""The one stylesheet of all outputs: one accent, one radius, one unit of space.

Text takes JupyterLab's colour or else the page's own, and lines and soft text are mixed from it, so that
nothing is unreadable on a page whose theme we cannot know. Only the accent and the tags' colours differ by
theme: as the page says (JupyterLab and Notebook, VS Code, Colab), else as the system prefers.

Each output carries the sheet, because outputs are also shown alone: in nbviewer, an export, a mail. GitHub
and untrusted notebooks strip it; what is left is a picture with a size and a caption under it.
"""

from __future__ import annotations

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
    f".imagegen .soft{{{_SOFT}}}"
    ".imagegen .tag{font-size:11px;border:1px solid;border-radius:99px;padding:1px 8px;white-space:nowrap}"
    ".imagegen .ok{color:var(--ig-ok)}.imagegen .warn{color:var(--ig-warn)}"
)

_PICTURES = (
    ".imagegen figure{margin:0}"
    ".imagegen img{display:block;max-width:100%;height:auto;border-radius:8px}"
    f".imagegen figcaption{{{_SOFT};font-size:12px;padding-top:6px;max-width:64em;text-align:left}}"
    ".imagegen figcaption b{color:var(--jp-content-font-color1,inherit)}"
    ".imagegen .grid{display:flex;flex-wrap:wrap;gap:8px}"
)

_PROGRESS = (
    f".imagegen .box{{position:relative;overflow:hidden;border-radius:8px;border:1px dashed {_LINE};"
    "box-sizing:border-box;max-width:100%}"
    ".imagegen .line{font-size:12px;padding-top:4px}"
    ".imagegen .box img{width:100%;height:100%;border-radius:0}"
    ".imagegen .bar{height:4px;border-radius:2px;overflow:hidden;margin-top:6px;max-width:100%;"
    f"background:{_LINE}}}"
    ".imagegen .bar i{display:block;height:100%;width:30%;border-radius:2px;background:var(--ig-accent)}"
    ".imagegen .bar .run{animation:imagegen-run 1.6s ease-in-out infinite alternate}"
    "@keyframes imagegen-run{from{margin-left:0}to{margin-left:70%}}"
    "@media (prefers-reduced-motion:reduce){.imagegen .bar .run{animation:none;width:100%;opacity:.6}}"
)

_TABLES = (
    ".imagegen table{border-collapse:collapse;font-size:12px;margin:0}"
    ".imagegen caption{caption-side:top;text-align:left;font-weight:600;font-size:13px;padding:2px 0 6px;"
    "color:inherit;white-space:nowrap}"
    ".imagegen th,.imagegen td{text-align:left;vertical-align:top;padding:4px 16px 4px 0;background:none;"
    f"border:0;border-bottom:1px solid {_LINE};max-width:44em;white-space:pre-wrap}}"
    f".imagegen thead th{{{_SOFT};font-weight:400}}.imagegen tbody th{{font-weight:600}}"
    ".imagegen .num{text-align:right;white-space:nowrap}"
    ".imagegen td img{border-radius:4px;max-width:none}"
    f".imagegen pre{{margin:0 0 8px;padding:8px 12px;border-radius:8px;border:1px solid {_LINE};"
    "font:12px/1.5 var(--jp-code-font-family,ui-monospace,monospace);color:inherit;background:none;"
    "white-space:pre-wrap;overflow-wrap:anywhere}.imagegen .foot{font-size:12px;padding-top:6px}"
)

PICTURES = f"<style>{_BASE}{_PICTURES}</style>"
PROGRESS = f"<style>{_BASE}{_PICTURES}{_PROGRESS}</style>"
TABLES = f"<style>{_BASE}{_TABLES}</style>"
