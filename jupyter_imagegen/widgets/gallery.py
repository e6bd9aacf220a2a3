"""`gallery()`: everything ever made, newest first, a page at a time.

The page asks (`{"kind": "page", …}`) and Python answers with one message: what each picture is called, and
the bytes of its small copy. So only what is looked at travels, whatever the size of the store.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets
from ipywidgets import widget_serialization

from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import ImagegenError, RequestError
from jupyter_imagegen.exports import unused
from jupyter_imagegen.storage import Narrowed
from jupyter_imagegen.widgets import messages
from jupyter_imagegen.widgets.base import Panel, module, stylesheet
from jupyter_imagegen.widgets.gallery_entries import (
    detail_state,
    entry_state,
    light_preview,
    maker_words,
    narrowed,
    picture_sources,
    request_options,
)
from jupyter_imagegen.widgets.gallery_static import static_form
from jupyter_imagegen.widgets.messages import ALONE, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage import Page, Storage, StoredPicture
    from jupyter_imagegen.widgets.messages import Check
    from jupyter_imagegen.widgets.panel import PicturePanel

#: Pictures that come at once: four rows in a wide notebook.
PAGE = 24
_STATIC = 8
#: Bytes of originals that the browser is given as one file; more is written beside the notebook.
MAX_DOWNLOAD = 50_000_000
_NEWER = 99
#: How many pictures one comparison or one export may name.
_MOST_COMPARED, _MOST_EXPORTED = 16, 5_000
#: Between two words on how far an export is, which a screen reader reads out.
_PROGRESS_SECONDS = 5.0

#: What names one picture.
_ONE: Mapping[str, Check] = {"key": messages.text, "sample": messages.whole}


class Gallery(Panel):
    """Every picture in the store.

    Attributes
    ----------
    makers, notebooks : list of dict
        What the pictures can be narrowed to: `{"value": …, "label": …}`.
    newer : int
        How many pictures came since the grid was drawn.
    chosen : list of list
        The pictures that are selected, as `[key, sample]`.
    comparison : widget or None
        The selected pictures beside each other.
    fills_panel : bool
        Whether there is a panel that "Reuse settings" fills.
    said : str
        What was done last, in a sentence.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> g = imagegen.gallery()
    >>> g.images
    ()
    """

    _esm = module("gallery")
    _css = stylesheet("gallery")
    actions: ClassVar[Mapping[str, Shape]] = {
        "page": Shape({"ask": messages.whole}, {"narrowed": messages.table, "before": messages.place}),
        "detail": Shape(_ONE),
        "favourite": Shape({**_ONE, "favourite": messages.flag}),
        "delete": Shape(_ONE),
        "export": Shape({"samples": messages.pictures}),
        "compare": Shape({}, {"samples": messages.pictures}),
        "reuse": Shape(_ONE),
        "look": ALONE,
    }
    settable: ClassVar[Mapping[str, Check]] = {"chosen": messages.pictures}

    makers = traitlets.List(traitlets.Dict()).tag(sync=True)
    notebooks = traitlets.List(traitlets.Dict()).tag(sync=True)
    newer = traitlets.Int(0).tag(sync=True)
    chosen = traitlets.List(traitlets.List()).tag(sync=True)
    comparison = traitlets.Any(None, allow_none=True).tag(sync=True, **widget_serialization)
    fills_panel = traitlets.Bool(False).tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, session: Session, *, panel: PicturePanel | None = None) -> None:
        super().__init__(session, fills_panel=panel is not None)
        self._panel = panel
        self._lock = threading.RLock()
        self._narrowed = Narrowed()
        self._newest: tuple[str, str] | None = None
        self._writing: threading.Thread | None = None
        self._stop_listening = session.accounts.listen(self._count_newer)

    @property
    def images(self) -> tuple[Image, ...]:
        """The pictures that are selected.

        Raises
        ------
        StoreError
            If one of them is no longer there.
        """
        return tuple(picture.image for picture in self._pictures(self.chosen))

    def static(self) -> dict[str, Any]:
        """The newest pictures with their captions."""
        storage = self._storage
        page = storage.browsing.page(Narrowed(), limit=_STATIC)
        return static_form(
            page.pictures, self._count_words(page, Narrowed()), self._session.workshop.local_time()
        )

    def close(self) -> None:
        """Take the gallery away."""
        self._stop_listening()
        super().close()

    # What the browser sends: each method answers the message of its name.

    def on_page(self, message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Send some pictures: the newest of those that are asked for, or those that follow a place."""
        ask = message.get("ask")
        try:
            self._send_page(message, ask)
        except BaseException:
            # The page waits for an answer; the reason stands in `problem`.
            self.send({"kind": "failed", "ask": ask})
            raise

    def on_detail(self, message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Send everything about one picture."""
        self._send_detail(*_named(message))

    def on_favourite(self, message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Mark a picture, or take the mark back."""
        key, sample = _named(message)
        favourite = bool(message.get("favourite"))
        self._storage.pictures.set_favourite(key, sample, favourite)
        self._say("Marked as a favourite." if favourite else "No longer a favourite.")
        self.send({"kind": "marked", "key": key, "sample": sample, "favourite": favourite})

    def on_delete(self, message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Delete a picture; the page has asked first."""
        key, sample = _named(message)
        report = self._storage.pictures.delete(key, sample)
        self.chosen = [one for one in self.chosen if tuple(one) not in report.samples]
        still = f" Not deleted: {'; '.join(report.left)}." if report.left else ""
        self._say(f"Deleted. What it cost stays in the costs; the same request is paid for again.{still}")
        # Composites that were made of it go with it.
        for gone, number in report.samples:
            self.send({"kind": "deleted", "key": gone, "sample": number})

    def on_export(self, message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Give the browser a zip of originals and recipes; write a large one beside the notebook."""
        samples = _several(message, most=_MOST_EXPORTED)
        weight = sum(picture.image.size_bytes for picture in self._pictures(samples))
        name = f"imagegen-{self._session.workshop.local_time():%Y-%m-%d}.zip"
        if weight < MAX_DOWNLOAD:
            with TemporaryDirectory(prefix="imagegen-") as folder:
                path = Path(folder) / name
                report = self._storage.pictures.export(path, samples=samples)
                self.send({"kind": "exported", "name": name}, buffers=[path.read_bytes()])
            self._say(_exported_words(report.pictures, len(report.skipped), name))
            return
        self._say(f"Writing {weight / 1e6:,.0f} MB…")
        self._writing = threading.Thread(
            target=self.guarded,
            args=(self._write, unused(Path.cwd() / name), samples),
            name="imagegen-export",
        )
        self._writing.start()

    def on_compare(self, message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Show the selected pictures beside each other; none closes the comparison."""
        before, self.comparison = self.comparison, None
        if before is not None:
            before.close()
        if message.get("samples"):
            from jupyter_imagegen.widgets.compare import compare

            pictures = self._pictures(_several(message, most=_MOST_COMPARED))
            self.comparison = compare(*(picture.image for picture in pictures), session=self._session)

    def on_reuse(self, message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Fill the panel with what the picture was asked with."""
        if self._panel is None:
            raise RequestError("this gallery has no panel to fill", hint="Make it with gallery(panel=p).")
        picture = self._storage.browsing.one(*_named(message))
        options = request_options(picture, {})
        self._panel.choices = {
            **self._panel.choices,
            **{name: value for name, value in options.items() if name in self._panel.choices},
        }
        self._panel.prompt = picture.prompt
        for key in picture_sources(picture, self._storage.pictures).get("image", ()):
            self._panel.add_reference(key)
        self._say("The panel has its prompt and settings.")

    def on_look(self, _message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """The page came into view again: other processes may have made pictures."""
        self._count_newer()

    @property
    def _storage(self) -> Storage:
        return self._session.workshop.storage_to_read

    def _say(self, words: str) -> None:
        # Said again, the same words are no change: a screen reader would stay silent.
        self.said = ""
        self.said = words

    def _send_page(self, message: Mapping[str, Any], ask: object) -> None:
        now = self._session.workshop.local_time()
        browsing = self._storage.browsing
        wanted = narrowed(message.get("narrowed") or {}, now)
        before = _cursor(message.get("before"))
        page = browsing.page(wanted, limit=PAGE, before=before)
        if before is None:
            self.said = ""
            with self._lock:
                self._narrowed = wanted
                self._newest = self._newest_cursor()
                self.newer = 0
            self.makers = [{"value": name, "label": maker_words(name)} for name in browsing.makers()]
            self.notebooks = [{"value": name, "label": name} for name in browsing.notebooks()]
        small = [light_preview(picture) for picture in page.pictures]
        self.send(
            {
                "kind": "page",
                "ask": ask,
                "first": before is None,
                "pictures": [
                    dict(entry_state(picture, preview, now))
                    for picture, preview in zip(page.pictures, small, strict=True)
                ],
                "next": list(page.pictures[-1].cursor) if page.more else None,
                "words": self._count_words(page, wanted) if before is None else "",
                "narrowed": wanted != Narrowed(),
            },
            buffers=[b"" if preview is None else preview.data for preview in small],
        )

    def _send_detail(self, key: str, sample: int) -> None:
        picture = self._storage.browsing.one(key, sample)
        detail = detail_state(picture, self._storage.pictures, self._session.workshop.local_time())
        self.send({"kind": "detail", **detail})

    def _count_words(self, page: Page, wanted: Narrowed) -> str:
        """How many pictures there are: of all, or of those that are asked for as far as that is known."""
        shown = len(page.pictures)
        if not page.more:
            return _pictures_words(shown)
        if wanted != Narrowed():
            return f"more than {_pictures_words(shown)}"
        return _pictures_words(self._storage.browsing.count())

    def _count_newer(self) -> None:
        """Called on the runner's thread too."""
        with contextlib.suppress(ImagegenError), self._lock:
            self.newer = self._storage.browsing.newer(self._narrowed, after=self._newest, limit=_NEWER)

    def _newest_cursor(self) -> tuple[str, str] | None:
        """Where the store ends now, whatever is asked for: what comes later is new."""
        newest = self._storage.browsing.page(Narrowed(), limit=1).pictures
        return newest[0].cursor if newest else None

    def _pictures(self, samples: Sequence[Sequence[Any]]) -> list[StoredPicture]:
        return [self._storage.browsing.one(str(key), int(sample)) for key, sample in samples]

    def _write(self, path: Path, samples: list[tuple[str, int]]) -> None:
        told = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() > told + _PROGRESS_SECONDS:
                told = time.monotonic()
                self._say(f"Written {done:,} of {total:,} pictures…")

        report = self._storage.pictures.export(path, samples=samples, progress=progress)
        self._say(_exported_words(report.pictures, len(report.skipped), str(path)))


def gallery(*, panel: PicturePanel | None = None, session: Session) -> Gallery:
    """Everything in the store, newest first: search, filter, favourites, compare, export, delete.

    Parameters
    ----------
    panel
        A panel that "Reuse settings" fills; without one it gives the text of a cell.

    Returns
    -------
    Gallery
        A widget; show it as a cell's last value. `.images` are the pictures selected in it.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> imagegen.gallery()
    """
    return Gallery(session, panel=panel)


def _named(message: Mapping[str, Any]) -> tuple[str, int]:
    """Which picture a message means."""
    return message["key"], message["sample"]


def _several(message: Mapping[str, Any], *, most: int) -> list[tuple[str, int]]:
    samples = message["samples"]
    if not samples:
        raise RequestError("no picture is selected")
    if len(samples) > most:
        raise RequestError(f"{len(samples)} pictures are selected, and {most} are the most")
    return [(key, sample) for key, sample in samples]


def _cursor(told: list[str] | None) -> tuple[str, str] | None:
    return None if told is None else (told[0], told[1])


def _pictures_words(number: int) -> str:
    return count_of(number, "picture")


def _exported_words(pictures: int, skipped: int, where: str) -> str:
    left_out = f"; {skipped} damaged or missing left out" if skipped else ""
    return f"{_pictures_words(pictures)} with recipes in {where}{left_out}."
