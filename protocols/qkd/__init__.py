"""Quantum key distribution, from the circuit to the sifted key and its figures of merit.

One protocol per file, each a circuit per setting; see `protocols.qkd.outcome_table` for how a few
dozen circuits stand for any number of rounds. `protocols.qkd.entangled_key` plays them on the pairs
that a plan delivers, each in its own state.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.qkd.b92 import B92
from protocols.qkd.bb84 import BB84
from protocols.qkd.bbm92 import BBM92
from protocols.qkd.decoy import DecoyBB84
from protocols.qkd.e91 import E91
from protocols.qkd.eve import (
    BeamSplitting,
    Combined,
    EntanglingProbe,
    Eve,
    FakedStates,
    InterceptResend,
    PhotonNumberSplitting,
)
from protocols.qkd.eve_at_detectors import Blinding, TimeShift
from protocols.qkd.mdi import MDI
from protocols.qkd.outcome_table import (
    Configuration,
    OutcomeCounts,
    OutcomeTable,
    RegisteredRounds,
    compile_settings,
    sample_settings,
)
from protocols.qkd.protocol import QkdProtocol, SiftedKey
from protocols.qkd.raw_keys import raw_keys
from protocols.qkd.result import QkdResult
from protocols.qkd.sarg04 import SARG04
from protocols.qkd.secrecy import apparatus_of
from protocols.qkd.six_state import SixState
from protocols.qkd.teleported_bb84 import TeleportedBB84
from qnet.hardware import Detectors, Line, SinglePhotons, SpdcPairs, WeakPulses

__all__ = [
    # protocols
    "B92",
    "BB84",
    "BBM92",
    "DecoyBB84",
    "E91",
    "MDI",
    "SARG04",
    "SixState",
    "TeleportedBB84",
    "QKD_PROTOCOLS",
    "QkdProtocol",
    # devices
    "Detectors",
    "Line",
    "SinglePhotons",
    "SpdcPairs",
    "WeakPulses",
    # eavesdroppers
    "BeamSplitting",
    "Blinding",
    "EntanglingProbe",
    "Eve",
    "FakedStates",
    "InterceptResend",
    "PhotonNumberSplitting",
    "TimeShift",
    "Combined",
    # rounds
    "OutcomeCounts",
    "QkdResult",
    "RegisteredRounds",
    "Configuration",
    "SiftedKey",
    "OutcomeTable",
    "apparatus_of",
    "compile_settings",
    "raw_keys",
    "sample_settings",
]

#: Every protocol with one qubit or pair per round, by name; the tests run over it.
QKD_PROTOCOLS: Mapping[str, type[QkdProtocol]] = MappingProxyType(
    {each.name: each for each in (BB84, SixState, B92, SARG04, E91, BBM92, MDI, TeleportedBB84)}
)
