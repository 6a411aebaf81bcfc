"""Finite-key proofs with decoy intensities, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.key_rates.decoy_proof import DecoyProof
from protocols.key_rates.lim2014 import LIM2014
from protocols.key_rates.rusca2018 import RUSCA2018
from qnet.errors import check_one_of

__all__ = ["DECOY_PROOFS", "decoy_proof"]

DECOY_PROOFS: Mapping[str, DecoyProof] = MappingProxyType(
    {proof.name: proof for proof in (LIM2014, RUSCA2018)}
)


def decoy_proof(model: str) -> DecoyProof:
    """The proof of this name.

    Raises:
        UnknownNameError: If there is none.

    Examples:
        >>> decoy_proof("lim2014").intensities
        3
    """
    return DECOY_PROOFS[check_one_of("model", model, DECOY_PROOFS)]
