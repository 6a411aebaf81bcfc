"""Finite-key proofs with decoy intensities, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.key_rates.decoy_proof import DecoyProof
from protocols.key_rates.lim2014 import LIM2014
from protocols.key_rates.rusca2018 import RUSCA2018

__all__ = ["DECOY_PROOFS"]

DECOY_PROOFS: Mapping[str, DecoyProof] = MappingProxyType(
    {proof.name: proof for proof in (LIM2014, RUSCA2018)}
)
