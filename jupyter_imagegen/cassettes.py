"""Cassettes as a person uses them: take one into use, add to it, look at it, tidy it, pass it on."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import CassetteError, ConfigError, ImagegenError
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.storage.files import is_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.purchase import Order
    from jupyter_imagegen.storage import Cassette, Storage
    from jupyter_imagegen.storage.manifest import Manifest, Recording
    from jupyter_imagegen.storage.taping import Changed
    from jupyter_imagegen.workshop import Workshop

#: Bytes of a notebook that is read for its pictures; each of its own is under a megabyte.
MOST_NOTEBOOK_BYTES = 200_000_000


@dataclass(frozen=True, kw_only=True)
class InUse:
    """The cassette in use, if any.

    Attributes
    ----------
    path : Path or None
        Its file.
    mode : str
        `live`, `replay` or `record`.
    source : str
        What says so.
    manifest : Manifest or None
        What is in it; None where there is no file.
    """

    path: Path | None
    mode: str
    source: str
    manifest: Manifest | None


class Cassettes(StaysHere):
    """The cassettes of one session.

    Examples
    --------
    >>> session.cassettes.use("lesson.cassette", mode="record").mode
    'record'
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        #: Those of which a result has said that it is recorded there.
        self._told: set[Path] = set()

    def in_use(self) -> InUse:
        """The cassette in use, and what is in it.

        Raises
        ------
        CassetteError
            If it is damaged.
        """
        settings = self._workshop.settings()
        path = settings.cassette
        there = path is not None and path.is_file()
        told = settings.sources["cassette"]
        named = "default" if path is None else "its name, which is the notebook's"
        source = {"%config": "this session", "default": named}.get(told, told)
        return InUse(
            path=path,
            mode=settings.record_mode,
            source=source,
            manifest=_cassette(path).manifest if path is not None and there else None,
        )

    def use(self, file: str, *, mode: str | None = None, previews: int | None = None) -> InUse:
        """Take a cassette into use for this session; `none` goes on without one.

        Parameters
        ----------
        file
            Its file; `none` or `off` for no cassette.
        mode
            "live", "replay" or "record"; as it was unless given.
        previews
            Pixels of the small copies that a new cassette is to hold; originals unless given.

        Raises
        ------
        ConfigError
            If a value cannot be used; then nothing changes.
        CassetteError
            If there is no such cassette and the mode is not "record", or it cannot be used.

        Examples
        --------
        >>> session.cassettes.use("none").path
        """
        from jupyter_imagegen.config import NO_CASSETTE
        from jupyter_imagegen.storage.taping import check_name

        if file.lower() in NO_CASSETTE:
            if mode not in {None, "live"}:
                raise ConfigError(f"--mode {mode} needs a cassette")
            self._pack_recorded(None, "live")
            self._workshop.configure({"cassette": "none", "record_mode": "live"})
            return self.in_use()
        path = Path(file).expanduser()
        check_name(path)
        wanted = mode or self._workshop.settings().record_mode
        if wanted != "record" and not path.is_file():
            raise CassetteError(
                f"there is no cassette {file}", hint="To make one, add `--mode record` and run the cells."
            )
        self._pack_recorded(path, wanted)
        there = _cassette(path).manifest
        if previews is not None and path.is_file() and there.preview_side != previews:
            raise CassetteError(
                f"{path.name} holds {there.holds}, and that stays as it was begun",
                hint="Start another one, or leave out --previews.",
            )
        values: dict[str, object] = {"cassette": str(path), "record_mode": wanted}
        settings = self._workshop.configure({**values, "cassette_preview": previews})
        if (cassette := self._workshop.deck(settings).cassette) is not None:
            # It may have been taken into use before, to hold something else.
            cassette.begin(settings.cassette_preview)
        return self.in_use()

    def record(self, storage: Storage, order: Order, found: Sequence[tuple[str, Image]]) -> list[str]:
        """Put what was shown into the cassette in use; returns what the user should know.

        A cassette that cannot be written costs the recording and not the picture. Where it was not this
        session that named the cassette and chose to record, the first picture says where it is recorded.
        """
        from jupyter_imagegen.render.cassettes import LARGE_BYTES, size_words
        from jupyter_imagegen.storage import taping

        cassette = order.deck.cassette
        if cassette is None:
            return []
        try:
            changed = taping.add(
                cassette,
                found,
                storage.pictures,
                settings=self._author_settings(cassette),
                styles=dict(order.styles),
                at_end=True,
            )
        except ImagegenError as exc:
            return [f"Not recorded: {exc}"]
        notes = [*self._where(changed), *(f"Not recorded: {words}" for words in changed.left_out)]
        if changed.size_before <= LARGE_BYTES < changed.size_bytes:
            notes.append(f"{cassette.path.name} now has {size_words(changed.size_bytes)}")
        return notes

    def pack(self, file: str | None = None) -> Changed:
        """Write a cassette whole: the same content is the same bytes, and nothing else is in the file.

        Raises
        ------
        CassetteError
            If there is none, or it cannot be read or written.
        """
        from jupyter_imagegen.storage import taping

        return taping.pack(self._chosen(file))

    def _where(self, changed: Changed) -> list[str]:
        sources = self._workshop.settings().sources
        chosen_here = sources["cassette"] == sources["record_mode"] == "%config"
        if not changed.added or chosen_here or changed.path in self._told:
            return []
        self._told.add(changed.path)
        why = f"{sources['record_mode']} says `record`; `%imagegen cassette use none` ends that"
        return [f"Recorded into {changed.path}, because {why}."]

    def add(self, keys: Iterable[str], *, to: str | None = None) -> Changed:
        """Add stored pictures by their keys (`last` for the newest) to a cassette.

        Parameters
        ----------
        keys
            Beginnings of keys, or `last`.
        to
            The cassette; the one in use unless given. One that is not there is made.

        Raises
        ------
        StoreError
            If no stored picture has such a key.
        CassetteError
            If the cassette cannot be read or written.
        """
        from jupyter_imagegen.storage import taping

        pictures = self._workshop.storage_to_read.pictures
        entries = [pictures.entry(key) for key in keys]
        cassette = self._chosen(to, must_exist=False)
        samples = [(entry.key, image) for entry in entries for image in entry.images]
        return taping.add(cassette, samples, pictures, settings=self._author_settings(cassette))

    def read(self, file: str | None = None) -> tuple[Path, Manifest]:
        """What a cassette holds; the one in use unless named.

        Raises
        ------
        CassetteError
            If there is none, or it cannot be used.
        """
        cassette = self._chosen(file)
        return cassette.path, cassette.manifest

    def verify(
        self, file: str | None = None, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Path, int]:
        """Read every picture of a cassette, decode it, compare it with its digest; returns their number.

        Raises
        ------
        CassetteError
            If one is not what was recorded.
        """
        from jupyter_imagegen.imaging import ImageRejected, inspect

        cassette = self._chosen(file)
        members = cassette.validated()
        for done, (name, read) in enumerate(members, 1):
            try:
                inspect(read(), allow_svg=True)
            except ImageRejected as exc:
                raise cassette.refused(f"has no picture in {name}: {exc}") from exc
            if progress is not None:
                progress(done, len(members))
        return cassette.path, len(members)

    def prune(
        self,
        notebooks: Iterable[str],
        *,
        file: str | None = None,
        needed: Callable[[Recording], bool] = lambda _: False,
    ) -> Changed:
        """Take out what none of the notebooks shows, and what is not needed otherwise.

        Parameters
        ----------
        notebooks
            Notebooks that were saved with their outputs.
        file
            The cassette; the one in use unless given.
        needed
            Whether a recording stays though it is not shown; see `notebook_costs.could_ask_for`.

        Raises
        ------
        CassetteError
            If the cassette cannot be read or written, or a notebook shows no picture of ours: nothing would
            be left.
        """
        from jupyter_imagegen.storage import taping

        cassette, shown = self._chosen(file), set(shown_keys(notebooks))
        recordings = cassette.manifest.recordings.values()
        return taping.prune(cassette, shown | {one.key for one in recordings if needed(one)})

    def merge(self, files: Sequence[str]) -> Changed:
        """Put what other cassettes hold into the first.

        Raises
        ------
        CassetteError
            If one cannot be read, or they do not hold the same kind of pictures.
        """
        from jupyter_imagegen.storage import taping

        target, *others = (_cassette(Path(file).expanduser()) for file in files)
        return taping.merge(target, others)

    def export(self, file: str, *, notebooks: Sequence[str], previews: int | None = None) -> Changed:
        """Make a cassette of what notebooks show, out of the store; what the store lacks is said.

        Parameters
        ----------
        file
            The cassette to make; one that is there is not touched.
        notebooks
            Notebooks that were saved with their outputs.
        previews
            Pixels of small copies to hold in place of originals.

        Raises
        ------
        CassetteError
            If the file is there or cannot be written, or a notebook shows no picture of ours.
        """
        from jupyter_imagegen.storage import Cassette, taping

        path = Path(file).expanduser()
        taping.check_name(path)
        if path.exists():
            raise CassetteError(
                f"{path} exists", hint="Choose another name, or add to it with `cassette add`."
            )
        pictures = self._workshop.storage_to_read.pictures
        keys = shown_keys(notebooks)
        stored = {key: pictures.readable(key) for key in keys}
        made = Cassette(path, preview_side=previews)
        samples = [(key, image) for key, images in stored.items() for image in images]
        changed = taping.add(made, samples, pictures, settings=self._author_settings(made))
        lost = [key for key, images in stored.items() if not images]
        words = (f"{key[:12]}: the store has no picture of it" for key in lost)
        changed.left_out = (*changed.left_out, *words)
        return changed

    def _pack_recorded(self, path: Path | None, mode: str) -> None:
        """When recording ends, write the cassette whole; one that cannot be is complete all the same."""
        settings = self._workshop.settings()
        recorded = settings.cassette
        if recorded is None or settings.record_mode != "record" or not recorded.is_file():
            return
        if mode != "record" or path is None or path.absolute() != recorded.absolute():
            with contextlib.suppress(CassetteError):
                self.pack(str(recorded))

    def _chosen(self, file: str | None, *, must_exist: bool = True) -> Cassette:
        path = self._workshop.settings().cassette if file is None else Path(file).expanduser()
        if path is None:
            raise CassetteError(
                "no cassette is in use", hint="Name its file, or use one with `%imagegen cassette use FILE`."
            )
        if must_exist and not path.is_file():
            raise CassetteError(f"there is no cassette {path}")
        return _cassette(path)

    def _author_settings(self, cassette: Cassette) -> dict[str, Any]:
        """What holds without what the notebook itself sets: a reader must not need the author's files."""
        from jupyter_imagegen.storage.manifest import SETTINGS

        workshop = self._workshop
        settings: Settings = workshop.settings(session=False)
        settings = settings.with_recorded(cassette.manifest.settings, replays=False)
        values = {name: getattr(settings, name) for name in SETTINGS}
        values["model"] = settings.model or workshop.models().default(workshop.utc_date).name
        return values


def shown_keys(notebooks: Iterable[str]) -> list[str]:
    """The keys of the pictures that saved notebooks show, in their order, each once.

    Raises
    ------
    CassetteError
        If a notebook cannot be read, or none shows a picture of ours.
    """
    keys: dict[str, None] = {}
    for name in notebooks:
        for key in _keys_in(Path(name).expanduser()):
            keys[key] = None
    if not keys:
        raise CassetteError(
            "no picture of ours is in what the notebooks show", hint="Run them, save them, and try again."
        )
    return list(keys)


def _keys_in(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MOST_NOTEBOOK_BYTES:
            raise CassetteError(f"{path} is larger than {MOST_NOTEBOOK_BYTES // 1_000_000} MB")
        notebook = json.loads(path.read_bytes())
        outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
        told = [output.get("metadata", {}).get("jupyter_imagegen", {}) for output in outputs]
        keys = [key for one in told for key in one.get("keys", [])]
    except OSError as exc:
        raise CassetteError(f"{path} cannot be read ({exc.strerror or exc})") from exc
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise CassetteError(f"{path} is not a notebook of format 4") from exc
    return [key for key in keys if isinstance(key, str) and is_digest(key)]


def _cassette(path: Path) -> Cassette:
    from jupyter_imagegen.storage import Cassette

    return Cassette(path)
