"""Where a picture's bytes come from: a store's file, a cassette, or memory; the open store is in `reading`.

A result is sent to other processes and copied with everything it holds. So what reads a picture leaves its
store behind when it is pickled, and takes along what another process can use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import DamagedPictureError, StoreError
from jupyter_imagegen.storage import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_imagegen.core.results import Preview


class Unchanging:
    """A copy of what never changes is itself."""

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: object) -> Any:
        return self


@dataclass(frozen=True)
class OnDisk(Unchanging):
    """A store's picture, in a process that has not opened that store."""

    path: Path
    digest: str

    def original(self) -> bytes:
        """The bytes as they were received.

        Raises
        ------
        StoreError
            If the file cannot be read from here.
        DamagedPictureError
            If it is not what was paid for.
        """
        try:
            data = files.read(self.path)
        except OSError as exc:
            raise StoreError(
                f"the picture {self.path} cannot be read from here ({exc.strerror or exc})",
                hint="A result has only the path of its picture: send `image.bytes` instead.",
            ) from exc
        if sha256(data).hexdigest() != self.digest:
            raise DamagedPictureError(
                f"the picture {self.path} is no longer what was received",
                hint="Run the cell again to make a new one.",
            )
        return data

    def small(self) -> Preview:
        """The small copy, made from the original."""
        from jupyter_imagegen import imaging

        return imaging.preview(self.original())


@dataclass(frozen=True)
class InHand(Unchanging):
    """A picture in memory."""

    data: bytes = field(repr=False)
    preview: Preview | None = field(default=None, repr=False)

    def original(self) -> bytes:
        """The bytes."""
        return self.data

    def small(self) -> Preview:
        """The small copy."""
        from jupyter_imagegen import imaging

        return self.preview or imaging.preview(self.data)


@dataclass(frozen=True)
class Recorded(Unchanging):
    """A picture of a cassette; pickled, it takes its bytes along: the lesson may not be there."""

    read_original: Callable[[], bytes] = field(repr=False)
    read_small: Callable[[], Preview] = field(repr=False)

    def original(self) -> bytes:
        """The bytes, as they were recorded."""
        return self.read_original()

    def small(self) -> Preview:
        """The small copy, as it was recorded."""
        return self.read_small()

    def __reduce__(self) -> tuple[Any, ...]:
        return InHand, (self.original(), self.small())
