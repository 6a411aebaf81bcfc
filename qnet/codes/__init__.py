"""Stabilizer codes: encoders, syndromes, decoders, and the logical maps that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.codes.catalogue import CODES as CODES, CodeFamily as CodeFamily, code_of as code_of
    from qnet.codes.circuits import (
        encoder as encoder,
        logical_measurement as logical_measurement,
        syndrome as syndrome,
    )
    from qnet.codes.code import StabilizerCode as StabilizerCode
    from qnet.codes.code_capacity import (
        logical_map as logical_map,
        pattern_counts as pattern_counts,
        recovered_map as recovered_map,
    )
    from qnet.codes.compiled import compiled_map as compiled_map
    from qnet.codes.correlators import (
        LogicalCorrelators as LogicalCorrelators,
        logical_correlators as logical_correlators,
    )
    from qnet.codes.decoders import LookUpTable as LookUpTable, look_up as look_up
    from qnet.codes.erasure import (
        erasure_counts as erasure_counts,
        is_correctable as is_correctable,
    )
    from qnet.codes.fault_orders import (
        FaultOrders as FaultOrders,
        fault_orders as fault_orders,
        faulty_logical_map as faulty_logical_map,
        parity_distribution as parity_distribution,
    )
    from qnet.codes.fault_tolerance import (
        block_bell_measurement as block_bell_measurement,
        encoded_pair_by_syndromes as encoded_pair_by_syndromes,
        encoded_pair_by_teleportation as encoded_pair_by_teleportation,
        prepared_block as prepared_block,
        verification as verification,
    )
    from qnet.codes.faulty import Decoding as Decoding, FaultyCircuit as FaultyCircuit
    from qnet.codes.faulty_pairs import (
        encoded_pair_correlators as encoded_pair_correlators,
        faulty_correlators as faulty_correlators,
    )
    from qnet.codes.frames import FrameSample as FrameSample, sample_frames as sample_frames
    from qnet.codes.gkp import GkpQubit as GkpQubit, flip_probability as flip_probability
    from qnet.codes.letter_polynomials import letter_polynomials as letter_polynomials
    from qnet.codes.linear_optics import bell_measurement as bell_measurement
    from qnet.codes.logical import LogicalMap as LogicalMap, PauliChannel as PauliChannel
    from qnet.codes.matching import matching_map as matching_map
    from qnet.codes.polynomials import LossCounts as LossCounts, PatternCounts as PatternCounts
    from qnet.codes.tree import (
        best_tree as best_tree,
        tree_measurement as tree_measurement,
        tree_recovery as tree_recovery,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
