"""The faces in a notebook: `%%imagegen` above a prompt, `%imagegen` on a line."""

from jupyter_imagegen.magics.cell import Imagegen, load

__all__ = ["Imagegen", "load"]
