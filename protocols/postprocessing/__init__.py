"""Post-processing of a raw key into a secret one: two parties, one public channel.

Sifting, parameter estimation, error correction (Cascade or LDPC), verification, privacy
amplification, every message authenticated. One file per step; `party` reads like the protocol, and
`key_length` has the proof: keys are composable, with the epsilon of the settings, unless another
rule is asked for by name, and every outcome says in what sense its key is secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.postprocessing.authentication import (
        AuthenticatedLink as AuthenticatedLink,
        KeyPool as KeyPool,
    )
    from protocols.postprocessing.channel import (
        ClassicalChannel as ClassicalChannel,
        Eavesdropper as Eavesdropper,
        TcpChannel as TcpChannel,
        channel_pair as channel_pair,
        tcp_pair as tcp_pair,
    )
    from protocols.postprocessing.in_process import run_both as run_both
    from protocols.postprocessing.key_length import (
        Disclosed as Disclosed,
        asymptotic_bb84 as asymptotic_bb84,
        composable_bb84 as composable_bb84,
    )
    from protocols.postprocessing.party import (
        Alice as Alice,
        Bob as Bob,
        DistillationSettings as DistillationSettings,
        distil as distil,
    )
    from protocols.postprocessing.pool import Position as Position
    from protocols.postprocessing.privacy import toeplitz_hash as toeplitz_hash
    from protocols.postprocessing.randomness import Randomness as Randomness
    from protocols.postprocessing.raw_key import RawKey as RawKey
    from protocols.postprocessing.result import (
        AbortReason as AbortReason,
        DistillationResult as DistillationResult,
        Transcript as Transcript,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
