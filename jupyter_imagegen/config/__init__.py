"""Settings: which value holds, and where it came from.

Defaults, then the personal file, then `imagegen.toml` beside the notebook, then the environment, then what
was set in the session; the later wins, and what a call sets goes over all. Budgets are the exception: all of
them hold at once, so a file that comes with a lesson can tighten the reader's budget and never loosen it.
What else such a file may say is in the table of `values`; the rest is refused, with the line that says it.

A file looks like this::

    model = "gpt-image-2.5-flare"
    quality = "medium"
    budget = "5/day, 50/month"        # or a table: [budget] day = 5

    [styles.ink]                      # read by core.prompts
    prompt = "$prompt, in black ink"
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeGuard

from jupyter_imagegen.config.values import (
    DEFAULT_TIMEOUT,
    NO_CASSETTE,
    PROVIDER_ORDER,
    RECORD_MODES,
    SETTINGS,
    NotForALessonError,
    WrongKindError,
)
from jupyter_imagegen.core.budgets import Budget, parse_budgets, tightest
from jupyter_imagegen.core.text import clean, is_key, names_key, shown
from jupyter_imagegen.core.toml import parse_toml, read_toml_text
from jupyter_imagegen.errors import ConfigError

__all__ = [
    "NOTEBOOK_FILE",
    "NO_CASSETTE",
    "PROVIDER_ORDER",
    "RECORD_MODES",
    "VARIABLES",
    "Settings",
    "default_home",
    "load_settings",
    "notebook_folder",
    "notebook_path",
    "unknown_variables",
    "user_file",
]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The file beside a notebook.
NOTEBOOK_FILE = "imagegen.toml"
#: Environment variables, and the setting that each gives.
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        setting.variable: "budget" if name == "budgets" else name
        for name, setting in SETTINGS.items()
        if setting.variable
    }
)
#: Characters of a misspelt name for which the nearest one is looked for.
_LONGEST_NAME = 40
#: Tables within tables of a file that are looked through for keys.
_DEEPEST = 8


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting's value, and its source.

    Attributes
    ----------
    provider : str or None
        What makes pictures; None chooses `openai` where a key or a base URL is set.
    model : str or None
        None takes the catalog's default.
    size, quality : str
        Always explicit, because `auto` has no price.
    background, output_format, moderation : str or None
        OpenAI's parameters; None leaves them out.
    output_compression : int or None
        0 to 100.
    timeout : float
        Seconds for a whole call, waits included.
    preview : int
        Pixels of the long side of the picture in the notebook.
    budgets : tuple of Budget
        What may be spent, besides the budgets in the ledger.
    allowed_urls : tuple of str
        URL prefixes from which input pictures may be fetched.
    cassette : Path or None
        Recorded pictures that come before the store; one named after the notebook is found by itself.
    record_mode : {"live", "replay", "record"}
        Whether the cassette is asked first, is the only one asked, or also takes what is shown.
    cassette_preview : int or None
        Pixels of the small copies that a new cassette holds; None for originals.
    home : Path
        The folder of the store.
    stores : tuple of Path
        Stores of others, which are looked up after one's own, never written and never paid from.
    catalog : Path or None
        A file whose models and prices go over the package's.
    timezone : str or None
        The zone whose days the ledger is to count from now on; None leaves it as it is.
    style_files : tuple of Path
        Files whose `[styles.NAME]` tables are read, the strongest last.
    notebook_dir : Path or None
        Where the notebook is, as far as known.
    sources : mapping of str to str
        For each setting where its value came from.

    Examples
    --------
    >>> settings = load_settings(environ={"IMAGEGEN_MODEL": "gpt-image-2"}, notebook_dir=None)
    >>> settings.model, settings.sources["model"]
    ('gpt-image-2', 'environment IMAGEGEN_MODEL')
    """

    provider: str | None = None
    model: str | None = None
    size: str = "1024x1024"
    quality: str = "low"
    background: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    moderation: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    preview: int = 512
    budgets: tuple[Budget, ...] = ()
    allowed_urls: tuple[str, ...] = ()
    cassette: Path | None = None
    record_mode: str = "live"
    cassette_preview: int | None = None
    home: Path
    stores: tuple[Path, ...] = ()
    catalog: Path | None = None
    timezone: str | None = None
    style_files: tuple[Path, ...] = ()
    notebook_dir: Path | None = None
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __getstate__(self) -> dict[str, object]:
        # A mapping proxy cannot be pickled.
        return {**self.__dict__, "sources": dict(self.sources)}

    def with_values(
        self, values: Mapping[str, object], source: str, *, folder: Path | None = None, beside: bool = False
    ) -> Settings:
        """Change some values; a value of None goes back to the default.

        Parameters
        ----------
        values
            By the setting's name; `budget` or `budgets` adds to what already holds.
        source
            Where they come from, for messages and `sources`.
        folder
            What relative paths are relative to; the current folder if not given.
        beside
            Whether they come from a file beside a notebook, which may not set everything.

        Raises
        ------
        ConfigError
            If a name is unknown, a value cannot be used or looks like a key, or the file may not set it.

        Examples
        --------
        >>> settings = load_settings(environ={}, notebook_dir=None)
        >>> settings.with_values({"quality": "high"}, "%config").quality
        'high'
        """
        if not values:
            return self
        changed: dict[str, object] = {}
        for given, value in values.items():
            name = "budgets" if given == "budget" else given
            if name not in SETTINGS:
                raise _unknown(given, source)
            if isinstance(value, str) and is_key(value):
                raise _is_a_key(given, source)
            try:
                read = self._changed(name, value, folder or Path.cwd())
                if not beside or self._counts_beside(name, read, folder or Path.cwd()):
                    changed[name] = read
            except WrongKindError as exc:
                raise ConfigError(f"{given} = {shown(value)} from {source}: {given} must be {exc}") from None
            except NotForALessonError as exc:
                raise ConfigError(
                    f"{given} = {shown(value)} from {source} cannot be set in a file beside a "
                    f"notebook: {exc}",
                    hint=f"Remove the line. If you want the setting for yourself, put it into {user_file()}.",
                ) from None
            except ConfigError as exc:
                raise ConfigError(f"{given} from {source}: {exc.message}", hint=exc.hint) from exc
        told = {name: source for name in changed if name != "budgets" or changed[name] != self.budgets}
        sources = MappingProxyType({**self.sources, **told})
        return replace(self, sources=sources, **changed)  # type: ignore[arg-type]  # the readers give each its type

    def _counts_beside(self, name: str, value: object, folder: Path) -> bool:
        allowed = SETTINGS[name].beside
        if allowed is None:
            raise NotForALessonError("that file came with the notebook, and only the reader can decide this")
        return allowed(value, getattr(self, name), folder)

    def with_recorded(self, values: Mapping[str, object], *, replays: bool) -> Settings:
        """The author's settings out of a cassette, where the reader's own would ask for another picture.

        In replay, which calls no provider, they go over the reader's files and environment; otherwise only
        over defaults, which a newer version may have changed, and only where a file beside a notebook may say
        the same. What the notebook itself sets stands in any case.

        Parameters
        ----------
        values
            By the setting's name.
        replays
            Whether nothing but the cassette is asked.
        """
        weaker = {
            name: value
            for name, value in values.items()
            if (replays and self.sources.get(name, "default") != "%config")
            or (self.sources.get(name, "default") == "default" and self._lesson_may(name, value))
        }
        return replace(self, **weaker)  # type: ignore[arg-type]  # checked when the cassette was read

    def _lesson_may(self, name: str, value: object) -> bool:
        try:
            return value is None or self._counts_beside(name, value, Path())
        except NotForALessonError:
            return False

    def _changed(self, name: str, value: object, folder: Path) -> object:
        if name == "budgets":
            return self.budgets if value is None else tightest((*self.budgets, *parse_budgets(value)))
        if value is None:
            return default_home() if name == "home" else _DEFAULTS[name]
        read = SETTINGS[name].read(value)
        if name == "stores":
            return tuple(folder / path for path in read)  # type: ignore[attr-defined]  # `_stores` gives paths
        return folder / read if isinstance(read, Path) else read


def load_settings(
    *,
    environ: Mapping[str, str],
    notebook_dir: Path | None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Read all layers.

    Parameters
    ----------
    environ
        The environment, such as `os.environ`.
    notebook_dir
        The folder of the notebook (see `notebook_folder`), or None for no notebook.
    overrides
        What was set in this session (`%imagegen config`, `configure()`).

    Returns
    -------
    Settings
        With the source of each value.

    Raises
    ------
    ConfigError
        If a file cannot be read, a name is unknown, a value is of the wrong kind, or a key stands in a file.

    Examples
    --------
    >>> load_settings(environ={}, notebook_dir=None).quality
    'low'
    """
    personal = user_file()
    beside = notebook_dir / NOTEBOOK_FILE if notebook_dir is not None else None
    settings = Settings(
        home=default_home(),
        style_files=(personal, beside) if beside is not None else (personal,),
        notebook_dir=notebook_dir,
        sources=MappingProxyType(dict.fromkeys(SETTINGS, "default")),
    )
    for file, label in ((personal, "user file"), (beside, NOTEBOOK_FILE)):
        if file is not None:
            settings = _with_file(settings, file, label, beside=file is beside)
    for variable, name in VARIABLES.items():
        if text := environ.get(variable, "").strip():
            settings = settings.with_values({name: text}, f"environment {variable}")
    return settings.with_values(overrides or {}, "%config")


def user_file() -> Path:
    """Say where the personal settings file is; it need not exist."""
    from platformdirs import user_config_path

    return _in_home(user_config_path) / "config.toml"


def default_home() -> Path:
    """Say where the store is if nothing else says so.

    User data, not a cache folder, because a cleaner must not delete what was paid for.
    """
    from platformdirs import user_data_path

    return _in_home(user_data_path)


def _in_home(find: Callable[..., Path]) -> Path:
    """Our folder within the user's home; one that cannot be made, where there is no home."""
    try:
        folder = find("jupyter_imagegen", appauthor=False)
    except RuntimeError:
        # A container's user without a name, and no HOME. Older platformdirs leave the "~" as it is.
        folder = Path()
    return folder if folder.is_absolute() else Path("/nonexistent/jupyter_imagegen")


def notebook_folder(environ: Mapping[str, str], *, notebook: str | None = None) -> Path:
    """Find the folder of the notebook; the current one where it is unknown.

    Parameters
    ----------
    environ
        Jupyter Server puts the notebook's path into `JPY_SESSION_NAME`.
    notebook
        The path, where the front end tells it another way (VS Code: `__vsc_ipynb_file__` in the namespace).

    Raises
    ------
    ConfigError
        If the current folder is gone.
    """
    path = notebook_path(environ, notebook=notebook)
    return _here() if path is None else path.parent


def notebook_path(environ: Mapping[str, str], *, notebook: str | None = None) -> Path | None:
    """Find the notebook's own path; None where it is unknown, or what is said is no file's path here.

    Parameters
    ----------
    environ, notebook
        As for `notebook_folder`.

    Raises
    ------
    ConfigError
        If the current folder is gone.
    """
    here = _here()
    for told in (notebook, environ.get("JPY_SESSION_NAME")):
        if not told or "\0" in told:
            continue
        path = here / told
        # A name that is too long for the system is an error of the system's.
        with suppress(OSError):
            if path.parent.is_dir() and not path.is_dir():
                return path
    return None


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigError(
            "the folder this runs in is gone: it was deleted, or replaced by another of that name",
            hint="Restart the kernel, or go to a folder that exists: `cd ~`.",
        ) from None


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that look like ours and are not, each with the nearest one of ours or an empty string.

    Examples
    --------
    >>> unknown_variables({"IMAGEGEN_MODLE": "gpt-image-2"})
    {'IMAGEGEN_MODLE': 'IMAGEGEN_MODEL'}
    """
    # The last is no setting: the OpenAI provider reads it (see its `read_connection`).
    ours = [*VARIABLES, "IMAGEGEN_ALLOW_HTTP"]
    strange = sorted(name for name in environ if name.startswith("IMAGEGEN_") and name not in ours)
    return {name: next(iter(get_close_matches(name, ours, n=1)), "") for name in strange}


def _with_file(settings: Settings, file: Path, label: str, *, beside: bool) -> Settings:
    text = read_toml_text(file, label)
    if text is None:
        return settings
    source = f"{label} {clean(str(file), 300)}"
    values = parse_toml(text, source)
    # A style may be called `low-key`; its words are looked at when they are used.
    values.pop("styles", None)
    _refuse_keys(values, source)
    for name, value in values.items():
        # One at a time, so that a message can name the line.
        try:
            settings = settings.with_values({name: value}, source, folder=file.parent, beside=beside)
        except ConfigError as exc:
            line = _line_of(name, text)
            message = exc.message.replace(source, f"{source}, line {line}", 1) if line else exc.message
            raise ConfigError(message, hint=exc.hint) from exc
    return settings


def _refuse_keys(values: Mapping[str, object], source: str, depth: int = 0) -> None:
    for name, value in values.items():
        if names_key(name) or (isinstance(value, str) and is_key(value)):
            raise _is_a_key(name, source)
        if _is_table(value) and depth < _DEEPEST:
            _refuse_keys(value, source, depth + 1)


def _is_a_key(name: str, source: str) -> ConfigError:
    return ConfigError(
        f"{source} has a key under {shown(name)}, and keys do not belong in files and settings, which are "
        "copied and shown",
        hint="Remove it, and set OPENAI_API_KEY in the environment.",
    )


def _line_of(name: str, text: str) -> int:
    """Find the line on which a top-level name is set, from 1; 0 for not found."""
    for number, line in enumerate(text.split("\n"), 1):
        start = line.lstrip(" \t[")
        for written in (name, f'"{name}"', f"'{name}'"):
            if start.startswith(written) and start[len(written) :].lstrip(" \t")[:1] in {"=", ".", "]"}:
                return number
    return 0


def _unknown(name: str, source: str) -> ConfigError:
    if names_key(name):
        return _is_a_key(name, source)
    names = ["budget", *SETTINGS]
    near = get_close_matches(name, names, n=1) if len(name) <= _LONGEST_NAME else []
    hint = (
        f"Did you mean {near[0]}?" if near else f"Available: {', '.join(sorted(set(names) - {'budgets'}))}."
    )
    return ConfigError(f"{shown(name)} from {source} is not a setting", hint=hint)


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


_DEFAULTS = {f.name: f.default for f in fields(Settings)}
