"""Stabilizer codes: encoders, syndromes, decoders, and the logical maps that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.codes.catalogue import CODES as CODES, CodeFamily as CodeFamily, code_of as code_of
    from qnet.codes.code import StabilizerCode as StabilizerCode
    from qnet.codes.decoders import LookUpTable as LookUpTable, look_up as look_up
    from qnet.codes.logical import (
        LogicalMap as LogicalMap,
        PauliChannel as PauliChannel,
        logical_map as logical_map,
        pattern_counts as pattern_counts,
    )
    from qnet.codes.polynomials import PatternCounts as PatternCounts
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
