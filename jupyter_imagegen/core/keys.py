"""The key of a request: the SHA-256 of everything that changes the picture, and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    from jupyter_imagegen.core.request import GenerateRequest

#: Goes up only when the canonical form changes, because then every stored picture would be bought again.
KEY_VERSION = 1


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} ({type(value).__name__})")


# ensure_ascii makes the text the same on every platform, and a lone surrogate harmless.
_ENCODER = json.JSONEncoder(
    ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
)


def request_key(request: GenerateRequest, *, namespace: str | None = None) -> str:
    """The key under which a request's pictures are kept.

    Parameters
    ----------
    request
        What is asked, with every variable and style filled in.
    namespace
        Set for makers whose pictures must never be taken for a model's, such as `demo`.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    RequestError
        If a parameter's value is of a type that cannot be sent.

    Examples
    --------
    >>> from jupyter_imagegen.core.request import GenerateRequest
    >>> ask = GenerateRequest(
    ...     model="gpt-image-2.5-flare", prompt="a lighthouse", size="1024x1024", quality="low"
    ... )
    >>> len(request_key(ask)), request_key(ask) == request_key(ask, namespace="demo")
    (64, False)
    """
    return sha256(canonical_json(request, namespace).encode("ascii")).hexdigest()


def canonical_json(request: GenerateRequest, namespace: str | None = None) -> str:
    """What the key is the digest of: one line of ASCII, names sorted, unset parameters left out.

    Input pictures stand in it as the digests of their bytes, in order. The end user's id, n, partial
    images, timeout and endpoint do not.

    Raises
    ------
    RequestError
        If a parameter's value is of a type that cannot be sent.
    """
    return _canonical(request.operation, request.parameters(), input_digests(request), namespace)


def input_digests(request: GenerateRequest) -> dict[str, object]:
    """Digests of the pictures that go into a request, by OpenAI's names; empty for words alone."""
    inputs: dict[str, object] = {}
    if isinstance(request, EditRequest):
        inputs["images"] = [image.digest for image in request.images]
        if request.mask is not None:
            inputs["mask"] = request.mask.digest
        if request.markup is not None:
            inputs["markup"] = request.markup.digest
    return inputs


def recorded_key(
    *,
    operation: str,
    parameters: Mapping[str, object],
    inputs: Mapping[str, object],
    namespace: str | None,
) -> str:
    """The key of a request that was written down, from what was written.

    Parameters
    ----------
    operation
        "generate" or "edit".
    parameters
        Every set parameter by OpenAI's name, `model` and `prompt` among them.
    inputs
        Digests of the pictures that went in: `images` in order, `mask`, `markup`; empty for words alone.
    namespace
        As for `request_key`.

    Raises
    ------
    RequestError
        If a parameter's value is of a type that cannot be sent.
    """
    return sha256(_canonical(operation, parameters, inputs, namespace).encode("ascii")).hexdigest()


def _canonical(
    operation: str, parameters: Mapping[str, object], inputs: Mapping[str, object], namespace: str | None
) -> str:
    parts = {"version": KEY_VERSION, "operation": operation, "parameters": parameters, **inputs}
    if namespace is not None:
        parts["namespace"] = namespace
    try:
        return _ENCODER.encode(parts)
    except (TypeError, ValueError) as exc:
        raise RequestError(
            f"a request cannot hold {exc}: parameters are text, whole numbers and tables"
        ) from exc
