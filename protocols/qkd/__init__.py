"""Quantum key distribution, from the circuit to the sifted key and its figures of merit.

One protocol per file, each a circuit per setting; see `protocols.qkd.outcome_table` for how a few
dozen circuits stand for any number of rounds. `protocols.qkd.entangled_key` plays them on the pairs
that a plan delivers, each in its own state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.qkd.b92 import B92 as B92
    from protocols.qkd.bb84 import BB84 as BB84, bb84_circuit as bb84_circuit
    from protocols.qkd.bbm92 import BBM92 as BBM92
    from protocols.qkd.catalogue import QKD_PROTOCOLS as QKD_PROTOCOLS
    from protocols.qkd.decoy import DecoyBB84 as DecoyBB84
    from protocols.qkd.device_rounds import (
        play_on_device as play_on_device,
        run_on_device as run_on_device,
    )
    from protocols.qkd.e91 import E91 as E91
    from protocols.qkd.eve import (
        Combined as Combined,
        EntanglingProbe as EntanglingProbe,
        Eve as Eve,
        FakedStates as FakedStates,
        InterceptResend as InterceptResend,
    )
    from protocols.qkd.eve_at_detectors import (
        AfterGate as AfterGate,
        Blinding as Blinding,
        DeadTime as DeadTime,
        SplitterColour as SplitterColour,
        TimeShift as TimeShift,
    )
    from protocols.qkd.eve_at_photons import (
        BeamSplitting as BeamSplitting,
        PhotonNumberSplitting as PhotonNumberSplitting,
        TrojanHorse as TrojanHorse,
        UnambiguousDiscrimination as UnambiguousDiscrimination,
    )
    from protocols.qkd.eve_at_states import (
        BiasedBits as BiasedBits,
        PhaseRemapping as PhaseRemapping,
    )
    from protocols.qkd.mdi import MDI as MDI
    from protocols.qkd.outcome_table import (
        Configuration as Configuration,
        OutcomeCounts as OutcomeCounts,
        OutcomeTable as OutcomeTable,
        RegisteredRounds as RegisteredRounds,
        compile_settings as compile_settings,
        sample_settings as sample_settings,
    )
    from protocols.qkd.protocol import (
        Choice as Choice,
        PrepareAndMeasure as PrepareAndMeasure,
        QkdProtocol as QkdProtocol,
        SiftedKey as SiftedKey,
        detected as detected,
    )
    from protocols.qkd.raw_keys import raw_keys as raw_keys
    from protocols.qkd.result import QkdResult as QkdResult
    from protocols.qkd.sarg04 import SARG04 as SARG04
    from protocols.qkd.secrecy import apparatus_of as apparatus_of
    from protocols.qkd.six_state import SixState as SixState
    from protocols.qkd.teleported_bb84 import TeleportedBB84 as TeleportedBB84
    from qnet.hardware import (
        Detectors as Detectors,
        Line as Line,
        SinglePhotons as SinglePhotons,
        SpdcPairs as SpdcPairs,
        WeakPulses as WeakPulses,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
