"""Writing cassettes: what is shown goes in, what no notebook shows comes out, two become one.

A cassette is written whole beside the old one and takes its place in one step; recording adds at its end
instead. Pictures that it has already stay as they are, so that recording a lesson again changes no byte where
nothing changed.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import secrets
import stat
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import CassetteError, StoreError
from jupyter_imagegen.storage import appending, files
from jupyter_imagegen.storage.cassette import (
    CONTENTS,
    MOST_BYTES,
    MOST_MEMBERS,
    SUFFIX,
    Cassette,
    check_limits,
)
from jupyter_imagegen.storage.checks import ManifestError
from jupyter_imagegen.storage.manifest import (
    COMPOSITE,
    Kept,
    Manifest,
    Recording,
    Small,
    checked_recording,
    key_of,
    manifest_from_bytes,
)
from jupyter_imagegen.storage.recipes import recipe_from_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.storage.images import Pictures
    from jupyter_imagegen.storage.recipes import Recipe

#: What an account's key looks like: https://platform.openai.com/docs/api-reference/authentication
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{8,}")
#: Seconds that another process may take to write a cassette.
_LOCK_SECONDS = 60.0


@dataclass(kw_only=True)
class Changed:
    """What came of a change to a cassette.

    Attributes
    ----------
    path : Path
        The cassette.
    added, removed, kept : int
        Samples.
    holds : str
        "originals", or "small copies of 512 pixels".
    size_bytes, size_before : int
        Of the file, now and before.
    left_out : tuple of str
        What could not go in, and why.
    """

    path: Path
    added: int = 0
    removed: int = 0
    kept: int = 0
    holds: str = ""
    size_bytes: int = 0
    size_before: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(kw_only=True)
class _Draft:
    """A cassette as it will be: its contents, and what reads each of its files."""

    manifest: Manifest
    read: dict[str, Callable[[], bytes]] = field(default_factory=dict)


def add(
    cassette: Cassette,
    samples: Iterable[tuple[str, Image]],
    pictures: Pictures,
    *,
    settings: Mapping[str, Any] | None = None,
    styles: Mapping[str, str] | None = None,
    at_end: bool = False,
) -> Changed:
    """Add stored pictures, each with the key of its request; those that are there stay as they are.

    Parameters
    ----------
    samples
        `(key, picture)`; a picture that no store keeps is left out, and said.
    settings, styles
        The author's settings that are no part of a cell, and the words of the named styles used.
    at_end
        Whether only what is new is written, at the file's end; otherwise the file is written whole.

    Raises
    ------
    CassetteError
        If the cassette cannot be read or written, or a prompt holds what looks like an account's key.
    """
    with _alone(cassette) as draft:
        manifest = draft.manifest
        recordings, kept = dict(manifest.recordings), dict(manifest.pictures)
        held = {(one.key, one.digest) for one in recordings.values()}
        left_out, added, present = [], 0, 0
        for key, image in samples:
            if (key, image.digest) in held:
                present += 1
                continue
            try:
                one = _recording(pictures, key, image)
                _take_in(draft, kept, image, manifest.preview_side)
            except (StoreError, ValueError) as exc:
                words = exc.message if isinstance(exc, StoreError) else str(exc)
                left_out.append(f"{key[:12]} sample {image.sample}: {words}")
                continue
            _put(recordings, one)
            held.add((key, image.digest))
            added += 1
        told: dict[str, Any] = {}
        if settings is not None:
            told["settings"] = dict(sorted(settings.items()))
        if styles:
            told["styles"] = dict(sorted({**manifest.styles, **styles}.items()))
        draft.manifest = manifest.with_recordings(recordings.values(), kept, **told)
        changed = Changed(path=cassette.path, added=added, kept=present, left_out=tuple(left_out))
        return _write(cassette, draft, changed, at_end=at_end)


def prune(cassette: Cassette, keys: Collection[str]) -> Changed:
    """Take out every request but those named.

    Raises
    ------
    CassetteError
        If the cassette cannot be read or written.
    """
    with _alone(cassette) as draft:
        manifest = draft.manifest
        wanted = [one for one in manifest.recordings.values() if one.key in keys]
        draft.manifest = manifest.with_recordings(wanted, manifest.pictures)
        removed = len(manifest.recordings) - len(wanted)
        return _write(cassette, draft, Changed(path=cassette.path, removed=removed, kept=len(wanted)))


def merge(target: Cassette, others: Iterable[Cassette]) -> Changed:
    """Put everything that other cassettes hold into one; what it has already stays as it is.

    Raises
    ------
    CassetteError
        If one cannot be read, or one holds originals and another small copies.
    """
    with _alone(target) as draft:
        added, told = 0, []
        for other in others:
            if not other.path.exists():
                raise CassetteError(f"there is no cassette {other.path}")
            count, words = _merge_one(draft, target.path.name, other)
            added += count
            told += words
        kept = len(draft.manifest.recordings) - added
        changed = Changed(path=target.path, added=added, kept=kept, left_out=tuple(told))
        return _write(target, draft, changed)


def pack(cassette: Cassette) -> Changed:
    """Write a cassette whole, so that the same content is the same bytes and nothing else is in the file.

    Raises
    ------
    CassetteError
        If there is no such cassette, or it cannot be read or written.
    """
    with _alone(cassette) as draft:
        if not cassette.path.exists():
            raise CassetteError(f"there is no cassette {cassette.path}")
        return _write(cassette, draft, Changed(path=cassette.path, kept=len(draft.manifest.recordings)))


def check_name(path: Path) -> None:
    """A cassette's file ends in `.cassette`: nothing else is ever written over.

    Raises
    ------
    CassetteError
        If it does not.
    """
    if path.suffix != SUFFIX:
        raise CassetteError(
            (f"{path.name} is not a cassette's name"), hint=f"A cassette's name ends in {SUFFIX}."
        )


@contextlib.contextmanager
def _alone(cassette: Cassette) -> Iterator[_Draft]:
    """What is there now, while nobody else changes it: two notebooks may record into one cassette."""
    from filelock import FileLock, Timeout

    check_name(cassette.path)
    path = cassette.path.with_name(f".{cassette.path.name}.lock")
    try:
        with FileLock(path, timeout=_LOCK_SECONDS, thread_local=False, fallback_to_soft=False):
            try:
                appending.undo(cassette.path, MOST_MEMBERS)
                yield _Draft(manifest=cassette.manifest, read=dict(cassette.each()))
            finally:
                # While it is held: filelock looks, after taking a lock, whether its file still has a name.
                with contextlib.suppress(OSError):
                    path.unlink()
    except Timeout as exc:
        raise CassetteError(
            f"another process has been writing {cassette.path.name} for {_LOCK_SECONDS:.0f} seconds"
        ) from exc
    except OSError as exc:
        raise CassetteError(f"{cassette.path} cannot be written ({exc.strerror or exc})") from exc


def _merge_one(draft: _Draft, name: str, other: Cassette) -> tuple[int, list[str]]:
    """Take another cassette's recordings in; returns how many, and what the user should know."""
    mine, theirs = draft.manifest, other.manifest
    if not mine.recordings:
        mine = replace(mine, preview_side=theirs.preview_side)
    if theirs.preview_side != mine.preview_side:
        raise CassetteError(
            f"{name} holds {mine.holds} and {other.path.name} {theirs.holds}",
            hint="Merge cassettes that hold the same, or export one of them again.",
        )
    recordings = dict(mine.recordings)
    held = {(one.key, one.digest) for one in recordings.values()}
    missing = [one for one in theirs.recordings.values() if (one.key, one.digest) not in held]
    for one in missing:
        _put(recordings, one)
    draft.read = {**dict(other.each()), **draft.read}
    draft.manifest = mine.with_recordings(
        recordings.values(),
        {**theirs.pictures, **mine.pictures},
        settings=dict(sorted({**theirs.settings, **mine.settings}.items())),
        styles=dict(sorted({**theirs.styles, **mine.styles}.items())),
    )
    differing = [key for key, value in theirs.settings.items() if mine.settings.get(key, value) != value]
    words = f"{other.path.name} was recorded with another {', '.join(differing)}; that of {name} stays"
    return len(missing), [words] if differing else []


def _put(recordings: dict[tuple[str, int], Recording], one: Recording) -> None:
    """Enter a recording under its own number, or the next that is free."""
    sample = one.sample
    while (one.key, sample) in recordings:
        sample += 1
    recordings[one.key, sample] = replace(one, sample=sample)


def _recording(pictures: Pictures, key: str, image: Image) -> Recording:
    """What the store knows of a sample, without what belongs to its author alone."""
    recipe = _recipe(pictures, key, image)
    one = Recording(
        key=key,
        sample=recipe.sample,
        digest=recipe.digest,
        namespace=recipe.namespace,
        provider=recipe.provider,
        operation=recipe.operation,
        model=recipe.model,
        prompt=recipe.prompt,
        parameters=dict(sorted(recipe.parameters.items())),
        inputs=dict(sorted(recipe.inputs.items())),
        made_at=recipe.made_at,
        seconds=round(recipe.seconds, 3),
        cost_usd=recipe.cost_usd,
        usage=recipe.usage,
        revised_prompt=recipe.revised_prompt,
        alt=recipe.alt,
    )
    texts = (one.prompt, one.alt, one.revised_prompt or "", str(one.parameters))
    if any(_KEY.search(text) for text in texts):
        raise CassetteError(
            f"the prompt of {key[:12]} holds what looks like an account's key, and a cassette is passed on",
            hint="Remove it from the prompt, and make the picture again.",
        )
    if one.namespace != COMPOSITE and key_of(one) != key:
        raise StoreError("its prompt cannot be written down exactly")
    # What would not be read again would take every other recording with it.
    return checked_recording(asdict(one))


def _recipe(pictures: Pictures, key: str, image: Image) -> Recipe:
    if image.path is None:
        raise StoreError("it is in no store")
    # Beside the picture, which may be in another's store.
    path = image.path.with_name(pictures.shelf.recipe(image.digest, key, image.sample).name)
    try:
        found = recipe_from_bytes(files.read(path))
    except OSError:
        found = None
    if found is None:
        raise StoreError("its recipe is missing")
    return found


def _take_in(draft: _Draft, kept: dict[str, Kept], image: Image, preview_side: int | None) -> None:
    """Describe a picture, and say how its files are read."""
    if image.digest in kept:
        return
    from jupyter_imagegen import imaging

    small = image.load_preview()
    if preview_side is not None and max(small.width, small.height) != preview_side:
        small = imaging.preview(
            image.load(),
            max_side=preview_side,
            max_bytes=round(imaging.PREVIEW_BYTES * (preview_side / imaging.PREVIEW_SIDE) ** 2),
        )
    described = Small(
        digest=files.sha256(small.data), mime=small.mime, width=small.width, height=small.height
    )
    made = Kept(
        mime=image.mime,
        width=image.width,
        height=image.height,
        size_bytes=image.size_bytes,
        preview=described,
    )
    kept[image.digest] = made
    draft.read[made.member(image.digest)] = image.load
    draft.read[described.member] = partial(bytes, small.data)


def _check_readable(cassette: Cassette, manifest: Manifest, contents: bytes) -> None:
    """Nothing takes the old one's place that could not be read again."""
    check_limits(cassette, manifest, contents)
    try:
        same = manifest_from_bytes(contents) == manifest
    except ManifestError as exc:
        raise CassetteError(f"{cassette.path.name} was left as it is: {exc}") from exc
    if not same:
        raise CassetteError(f"{cassette.path.name} was left as it is: its contents cannot be written exactly")


def _write(cassette: Cassette, draft: _Draft, changed: Changed, *, at_end: bool = False) -> Changed:
    """Write the draft; nothing where nothing would change."""
    check_name(cassette.path)
    changed.holds = draft.manifest.holds
    contents = draft.manifest.to_bytes()
    path = cassette.path
    try:
        there = path.exists()
        changed.size_before = path.stat().st_size if there else 0
        same = there and contents == cassette.manifest.to_bytes()
        if not same or (cassette.unlisted_bytes and not at_end):
            _check_readable(cassette, draft.manifest, contents)
            if there and at_end and _may_grow(cassette):
                held = cassette.manifest.members()
                new = {name: draft.read[name] for name in draft.manifest.members() if name not in held}
                appending.append(path, CONTENTS, contents, new)
            else:
                _write_whole(path, draft, contents)
        changed.size_bytes = path.stat().st_size
    except OSError as exc:
        raise CassetteError(f"{path} could not be written ({exc.strerror or exc})") from exc
    return changed


def _may_grow(cassette: Cassette) -> bool:
    """Whether to add at the end: not where half of the file is unlisted, or the file has another name too."""
    there = cassette.path.lstat()
    plain = stat.S_ISREG(there.st_mode) and there.st_nlink == 1
    return plain and cassette.unlisted_bytes <= there.st_size // 2 and there.st_size < MOST_BYTES // 2


def _write_whole(path: Path, draft: _Draft, contents: bytes) -> None:
    """Write the draft beside the cassette and let it take its place."""
    import zipfile

    ours = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.part")
    for abandoned in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        # Whoever was writing it is dead, for the lock is ours.
        if ours.fullmatch(abandoned.name):
            with contextlib.suppress(OSError):
                abandoned.unlink()
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with scratch.open("xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(files.zip_member(CONTENTS), contents)
                for name in draft.manifest.members():
                    archive.writestr(files.zip_member(name), draft.read[name]())
            file.flush()
            os.fsync(file.fileno())
        files.move(scratch, path)
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink()
