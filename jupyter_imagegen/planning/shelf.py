"""Is a picture there already? The one place where a plan asks that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.workshop import Workshop


def there_already(workshop: Workshop, key: str, n: int) -> list[Image]:
    """Pictures of a request that need not be bought, at most `n`, in the order they were drawn.

    Parameters
    ----------
    workshop
        Whose store is asked.
    key
        The request's SHA-256.
    n
        How many are wanted.
    """
    return workshop.storage.pictures.find(key, n)
