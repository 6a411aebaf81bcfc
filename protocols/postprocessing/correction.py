"""Methods of error correction, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from protocols.postprocessing import cascade, ldpc
from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.randomness import Randomness

__all__ = ["CORRECTIONS", "Correction"]


class Correction(Protocol):
    """What a method of error correction offers: a module with both sides of it.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text, text_from_bits
        >>> from protocols.postprocessing.in_process import run_both
        >>> alice, bob = bits_from_text("10110010" * 9), bits_from_text("10110011" + "10110010" * 8)
        >>> for method in CORRECTIONS.values():
        ...     keys = run_both(
        ...         lambda link: method.correct_as_alice(link, alice, 0.02, Randomness()),
        ...         lambda link: method.correct_as_bob(link, bob, 0.02),
        ...     )
        ...     print([text_from_bits(key) == "10110010" * 9 for key in keys])
        [True, True]
        [True, True]
    """

    def correct_as_alice(
        self, link: AuthenticatedLink, bits: Bits, qber: float, randomness: Randomness
    ) -> Bits:
        """Alice's side.

        Args:
            link: To Bob; its transcript counts what leaks.
            bits: Her key, which stays as it is.
            qber: Expected error rate.
            randomness: For her random choices.

        Returns:
            Her key.

        Raises:
            ProtocolAborted: If Bob gives up, or asks for what there is not.
        """

    def correct_as_bob(self, link: AuthenticatedLink, bits: Bits, qber: float) -> Bits:
        """Bob's side: find and flip his errors.

        Args:
            link: To Alice; its transcript counts what leaks.
            bits: His key.
            qber: Expected error rate, the same number as Alice's.

        Returns:
            The corrected key; that it equals Alice's is for the verification to show.

        Raises:
            ProtocolAborted: If errors cannot be found.
        """


CORRECTIONS: Mapping[str, Correction] = MappingProxyType({"cascade": cascade, "ldpc": ldpc})
