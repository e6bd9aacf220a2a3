"""Tab in a line of ours: flags, values from the catalog and the styles, pictures of the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell


def offer_completion(ipython: InteractiveShell) -> None:
    """Add ours to the shell's matchers; a shell without completion is left alone."""
    completer = getattr(ipython, "Completer", None)
    if completer is None:
        return
    from IPython.core.completer import SimpleCompletion, context_matcher

    def matcher(context: Any) -> dict[str, Any]:
        found = _candidates(context.line_with_cursor[: context.cursor_position], ipython.user_ns)
        completions = [SimpleCompletion(text, type="imagegen") for text in found or ()]
        # Nothing of Python's is offered in a line that is not Python, except where a file may stand.
        return {"completions": completions, "suppress": found is not None, "ordered": True}

    completer.custom_matchers.append(context_matcher(identifier="jupyter_imagegen")(matcher))


def _candidates(text: str, names: Mapping[str, Any]) -> list[str] | None:
    if "imagegen" not in text:
        return None
    from jupyter_imagegen.errors import ImagegenError
    from jupyter_imagegen.options import candidates

    try:
        return candidates(text, lambda wanted: _values(wanted, names))
    except ImagegenError:
        # A settings file that cannot be read is for the run to say.
        return None


def _values(wanted: str, names: Mapping[str, Any]) -> list[str]:
    if wanted == "topics":
        from jupyter_imagegen.help import TOPICS

        return list(TOPICS)
    from jupyter_imagegen import default_session

    workshop = default_session().workshop
    if wanted == "styles":
        return list(workshop.styles())
    if wanted == "providers":
        return [provider.name for provider in workshop.providers()]
    if wanted == "held":
        return [one.id for one in workshop.storage_to_read.ledger.held()]
    if wanted == "names":
        return [name for name, value in names.items() if not name.startswith("_") and _is_picture(value)]
    today = workshop.utc_date
    models = [model for model in workshop.models().models.values() if model.status(today) != "retired"]
    found: dict[str, None] = {}
    for model in models:
        lists = {
            "models": (model.name,),
            "sizes": model.sizes.values,
            "qualities": model.qualities,
            "backgrounds": model.backgrounds,
            "output_formats": model.output_formats,
            "complexities": model.complexity,
        }
        found |= dict.fromkeys(lists[wanted])
    return list(found)


def _is_picture(value: object) -> bool:
    if isinstance(value, type):
        return False
    if isinstance(value, bytes) or hasattr(value, "_repr_png_") or hasattr(value, "savefig"):
        return True
    return hasattr(value, "images") or getattr(value, "ndim", 0) in {2, 3}
