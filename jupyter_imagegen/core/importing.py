"""Importing what is heavy, faster: nothing that is being imported is garbage yet."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Pause the cyclic garbage collector of this process, for an import of some hundred milliseconds.

    A large package makes hundreds of thousands of objects and frees next to none. The collector cannot know:
    it goes through all of them again and again, and through all that the kernel holds. That was a fifth of
    the time of the SDK's import, and more than half of that of its first client. A collector that somebody
    else has turned off stays off.

    Examples
    --------
    >>> with uncollected():
    ...     import openai
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            # What was made goes among the old at once. Else one of the next allocations would begin a
            # collection of it all: 90 ms in a kernel, in the middle of the first picture. What somebody else
            # has frozen must stay so; Python 3.12 begins with some objects frozen and has that collection.
            gc.freeze()
            gc.unfreeze()
        if collecting:
            gc.enable()
