"""What is asked of an image model: frozen requests, in OpenAI's own parameter names.

Source of the parameters: openai-python 3.54.0 (2026-11-17), `types/image_generate_params.py` and
`types/image_edit_params.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Operation = Literal["generate", "edit"]
_NO_PARAMETERS = frozenset(("images", "mask", "markup", "extra"))


@dataclass(frozen=True, kw_only=True)
class InputImage:
    """A picture that goes into an edit: its bytes, read once, so that what is hashed is what is sent.

    Attributes
    ----------
    data : bytes
        The file's bytes: PNG, JPEG or WebP.
    digest : str
        SHA-256, 64 hexadecimal digits: of `data`, or of the user's file where `data` is that without its
        metadata.
    mime : str
        `image/png`, `image/jpeg` or `image/webp`.
    width, height : int
        Pixels.
    name : str
        What the user called it (a path, a variable, `last`); for captions only.
    note : str
        What was changed on the way in (orientation applied, converted), empty for nothing.
    reduced : bool
        Whether `data` is only a small copy out of a cassette; digest, width and height are the picture's own.
        It is never sent.
    """

    data: bytes = field(repr=False, compare=False)
    digest: str
    mime: str
    width: int
    height: int
    name: str = field(default="", compare=False)
    note: str = field(default="", compare=False)
    reduced: bool = field(default=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class GenerateRequest:
    """A picture from words.

    `None` means "not set": it is not sent and not part of the key. `size` is always set, and `quality` where
    the model has any (empty where not), because `auto` would leave price and key unknowable. `extra` has the
    parameters that a model declares besides OpenAI's, such as `seed`.

    Examples
    --------
    >>> GenerateRequest(model="gpt-image-2.5-flare", prompt="a lighthouse", size="1024x1024", quality="low")
    GenerateRequest(model='gpt-image-2.5-flare', prompt='a lighthouse', ...)
    """

    operation: ClassVar[Operation] = "generate"

    model: str
    prompt: str
    size: str
    quality: str = ""
    background: str | None = None
    complexity: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    moderation: str | None = None
    frame_count: int | None = None
    frame_duration_ms: int | None = None
    svg: Mapping[str, object] | None = None
    extra: Mapping[str, object] | None = None

    def parameters(self) -> dict[str, object]:
        """Every set parameter by its name, pictures left out; those of `extra` among OpenAI's own."""
        named = ((f.name, getattr(self, f.name)) for f in fields(self))
        plain = {
            name: value
            for name, value in named
            if value is not None and name not in _NO_PARAMETERS and (value or name != "quality")
        }
        return {**plain, **(self.extra or {})}


@dataclass(frozen=True, kw_only=True)
class EditRequest(GenerateRequest):
    """A picture from pictures and words.

    Attributes
    ----------
    images : tuple of InputImage
        1 to 16, in order; the mask applies to the first.
    mask : InputImage or None
        A PNG of the first picture's size; alpha 0 means "change here".
    markup : InputImage or None
        A transparent PNG of the first picture's size with drawn instructions; not together with a mask.
    """

    operation: ClassVar[Operation] = "edit"

    images: tuple[InputImage, ...]
    mask: InputImage | None = None
    markup: InputImage | None = None
    input_fidelity: str | None = None


@dataclass(frozen=True, kw_only=True)
class CallOptions:
    """How a request is sent: nothing in here changes the picture, so nothing in here is in the key.

    Attributes
    ----------
    n : int
        How many pictures, 1 to 10.
    partial_images : int
        How many unfinished pictures to show on the way, 0 to 3; each costs 100 output tokens.
    safety_identifier : str or None
        A stable id of the end user, passed on to OpenAI.
    timeout : float
        Seconds for the whole call, retries included.
    first_sample : int
        Which sample the first picture is; for painters that draw the same picture for the same words.
    """

    n: int = 1
    partial_images: int = 0
    safety_identifier: str | None = None
    timeout: float = 300.0
    first_sample: int = 0
