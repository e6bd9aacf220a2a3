"""How things look in a notebook: pure functions from values to HTML and plain text; no IPython in here."""

from jupyter_imagegen.render.captions import Caption, alt_text, caption
from jupyter_imagegen.render.pictures import MimeBundle, mimebundle, sized_preview
from jupyter_imagegen.render.progress import Progress, estimate_words, progress_html, progress_text
from jupyter_imagegen.render.tables import Mark, Thumbnail, View, paragraphs, table

__all__ = [
    "Caption",
    "Mark",
    "MimeBundle",
    "Progress",
    "Thumbnail",
    "View",
    "alt_text",
    "caption",
    "estimate_words",
    "mimebundle",
    "paragraphs",
    "progress_html",
    "progress_text",
    "sized_preview",
    "table",
]
