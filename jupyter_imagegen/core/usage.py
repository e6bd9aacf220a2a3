"""The tokens that the API says a call used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one call, as `usage` in OpenAI's images answer; the sum over all its pictures.

    Attributes
    ----------
    text_input, image_input, text_output, image_output : int
        Tokens by kind.
    text_input_cached, image_input_cached : int
        The part of the input that was billed at the cached rate, where the API reports it.
    """

    text_input: int = 0
    image_input: int = 0
    text_output: int = 0
    image_output: int = 0
    text_input_cached: int = 0
    image_input_cached: int = 0

    @property
    def total(self) -> int:
        """All tokens."""
        return self.text_input + self.image_input + self.text_output + self.image_output
