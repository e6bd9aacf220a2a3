"""The cell magic and the line magic: read the line, ask the session, show what comes.

What is heavy is imported when a cell runs: loading the extension must not be felt.
"""

from __future__ import annotations

import keyword
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, cast

from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from traitlets import Any as AnyTrait
from traitlets import Float, Int, Unicode, validate

from jupyter_imagegen.magics.asking import answer_ourselves
from jupyter_imagegen.magics.completing import offer_completion

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_imagegen.core.results import Result
    from jupyter_imagegen.render import View
    from jupyter_imagegen.runner import Job
    from jupyter_imagegen.session import Session

#: Pixels of the long side that can be asked for in the notebook.
_PREVIEW_PIXELS = range(64, 2049)
_SETTINGS = (
    "provider", "model", "size", "quality", "background", "output_format", "output_compression",
    "moderation", "timeout", "preview", "budget", "timezone",
)  # fmt: skip


def _help() -> str:
    from jupyter_imagegen.options import help_text

    return help_text()


class _Quiet:
    """A trait whose refusal is one of ours: traitlets' own repeats the value, which may be a key."""

    def error(self, _obj: object, value: object, error: object = None, info: object = None) -> NoReturn:  # noqa: ARG002  # the names are traitlets'
        from jupyter_imagegen.core.text import shown
        from jupyter_imagegen.errors import ConfigError

        trait: Any = self
        name = trait.name
        raise ConfigError(f"{name} = {shown(value, name)} from %config: {name} must be {trait.info_text}")


class _Text(_Quiet, Unicode):  # type: ignore[type-arg]  # traitlets takes none at run time
    info_text = "text in quotes"


class _Whole(_Quiet, Int):  # type: ignore[type-arg]
    info_text = "a whole number"


class _Number(_Quiet, Float):  # type: ignore[type-arg]
    info_text = "a number"


@magics_class
class Imagegen(Magics):
    """Pictures in cells. Each of these goes before what files and environment say; None goes back to it."""

    provider = _Text(None, allow_none=True, help="Who paints: openai or demo.").tag(config=True)
    model = _Text(None, allow_none=True, help="The image model.").tag(config=True)
    size = _Text(None, allow_none=True, help="WIDTHxHEIGHT in pixels.").tag(config=True)
    quality = _Text(None, allow_none=True, help="low, medium, high, xhigh or max.").tag(config=True)
    background = _Text(None, allow_none=True, help="opaque or transparent.").tag(config=True)
    output_format = _Text(None, allow_none=True, help="png, jpeg or webp.").tag(config=True)
    output_compression = _Whole(None, allow_none=True, help="0 to 100, for jpeg and webp.").tag(config=True)
    moderation = _Text(None, allow_none=True, help="auto or low.").tag(config=True)
    timeout = _Number(None, allow_none=True, help="Seconds for a whole call.").tag(config=True)
    preview = _Whole(None, allow_none=True, help="Long side of the picture in the notebook, in pixels.").tag(
        config=True
    )
    timezone = _Text(None, allow_none=True, help="Whose days budgets mean, such as Europe/Berlin.").tag(
        config=True
    )
    budget = AnyTrait(None, allow_none=True, help="A limit such as 5/day; tightens what files say.").tag(
        config=True
    )

    def __init__(self, shell: InteractiveShell | None = None, **kwargs: Any) -> None:
        self._accepted: dict[str, Any] = {}
        super().__init__(shell, **kwargs)

    @validate(*_SETTINGS)
    def _configure(self, proposal: Any) -> Any:
        from jupyter_imagegen.errors import ConfigError

        name, value = proposal["trait"].name, proposal["value"]
        # A configuration file gives all of its values before the first is looked at, and each may be usable
        # only with the others.
        traits = {each: self._trait_values.get(each) for each in _SETTINGS}
        given = {each: said for each, said in traits.items() if said != self._accepted.get(each)}
        try:
            self._session().configure(**{**given, name: value})
        except ConfigError:
            # Not a TraitError, so that the words stay ours; taking the value back is then for us to do.
            self._trait_values[name] = self._accepted.get(name)
            raise
        self._accepted |= {**given, name: value}
        return value

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def imagegen(
        self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> Result | View | None:
        """Make a picture, or run a command. `%%imagegen?` shows the whole help in place of this."""
        from jupyter_imagegen.magics.variables import filled_words
        from jupyter_imagegen.options import asks_for_help, line_command, split_line

        words = split_line(line)
        if asks_for_help(words) or (cell is None and not words):
            from jupyter_imagegen.magics.commands import help_view

            return help_view(words)
        names: Mapping[str, Any] = self._names()
        if local_ns is not None and local_ns is not names:
            names = {**names, **local_ns}
        session = self._session()
        told = names.get("__vsc_ipynb_file__")
        session.workshop.notebook = told if isinstance(told, str) else None
        if cell is not None:
            return self._cell(session, words, cell, names)
        command = line_command(words, line)
        if command is None:
            return self._line(session, words, line, names)
        from jupyter_imagegen.magics.commands import run_command

        view = run_command(session, command, filled_words(words[1:], names), names)
        if note := session.workshop.stores.untold():
            sys.stderr.write(f"{note}\n")
        return view

    # IPython asks an object for its `getdoc` before it reads `__doc__`: the help is written when it is read.
    imagegen.__dict__["getdoc"] = _help

    def _dry_run(self, session: Session, prompt: str, options: Namespace, names: Mapping[str, Any]) -> View:
        from jupyter_imagegen.magics.commands import dry_run

        return dry_run(session, prompt, options, names)

    def _session(self) -> Session:
        from jupyter_imagegen import default_session

        return default_session()

    def _cell(self, session: Session, words: list[str], cell: str, names: Mapping[str, Any]) -> View | None:
        from jupyter_imagegen.magics.variables import filled, filled_words
        from jupyter_imagegen.options import read_cell

        options, prompt = read_cell(filled_words(words, names), cell)
        if not options.raw:
            prompt = filled(prompt, names)
        if options.dry_run:
            return self._dry_run(session, prompt, options, names)
        job, preview = self._submit(session, prompt, options, names)
        if not options.nowait:
            from jupyter_imagegen.display import LiveDisplay

            self._keep(LiveDisplay(job, preview=preview).wait(), options)
        return None

    def _line(
        self, session: Session, words: list[str], line: str, names: Mapping[str, Any]
    ) -> Result | View | None:
        from jupyter_imagegen.magics.variables import filled_words
        from jupyter_imagegen.options import read_line

        options, prompt = read_line(words, filled_words(words, names), line)
        if options.dry_run:
            return self._dry_run(session, prompt, options, names)
        job, preview = self._submit(session, prompt, options, names)
        if options.nowait:
            return None
        from jupyter_imagegen.display import LiveDisplay

        result = LiveDisplay(job, preview=preview, shows_result=False).wait()
        self._keep(result, options)
        return result if options.preview is None else replace(result, preview_side=preview)

    def _submit(
        self, session: Session, prompt: str, options: Namespace, names: Mapping[str, Any]
    ) -> tuple[Job, int]:
        """Check what is ours to check before money can move, and begin."""
        from jupyter_imagegen.errors import RequestError
        from jupyter_imagegen.options import given

        if options.out is not None and (not options.out.isidentifier() or keyword.iskeyword(options.out)):
            raise RequestError(f"-o {options.out!r} is not a valid variable name")
        if options.preview is not None and options.preview not in _PREVIEW_PIXELS:
            raise RequestError(
                f"--preview must be {_PREVIEW_PIXELS.start} to {_PREVIEW_PIXELS.stop - 1} pixels, "
                f"not {options.preview}"
            )
        preview = options.preview or session.workshop.settings().preview
        wanted: dict[str, Any] = given(options, "request", "call")
        job = session.submit(prompt, names=names, **wanted)
        if options.nowait:
            from jupyter_imagegen.display import LiveDisplay

            LiveDisplay(job, preview=preview).follow()
            job.future.add_done_callback(
                lambda future: None if future.exception() else self._keep(future.result(), options)
            )
        return job, preview

    def _names(self) -> dict[str, Any]:
        if self.shell is None:
            raise RuntimeError("these magics belong to no shell")
        return cast("dict[str, Any]", self.shell.user_ns)

    def _keep(self, result: Result, options: Namespace) -> None:
        """Bind and write what the line asked for. The name first: a file can fail, a name cannot."""
        if options.out is not None:
            self._names()[options.out] = result
        if options.save is not None:
            result.save(options.save)


def load(ipython: InteractiveShell) -> None:
    """Register the magics, the completion of their lines, and the help of their commands."""
    ipython.register_magics(Imagegen)
    answer_ourselves(ipython)
    offer_completion(ipython)
