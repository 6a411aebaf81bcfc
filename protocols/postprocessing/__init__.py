"""From raw bits to a secret key: two parties, one public channel.

Sifting, parameter estimation, error correction (Cascade or LDPC), verification, privacy
amplification, every message authenticated. One file per step; `party` reads like the protocol, and
`key_length` has the proof: keys are composable, with the epsilon of the settings, unless another
rule is asked for by name, and every outcome says in what sense its key is secret.
"""

from protocols.postprocessing.authentication import AuthenticatedLink, KeyPool
from protocols.postprocessing.channel import (
    ClassicalChannel,
    Eavesdropper,
    TcpChannel,
    channel_pair,
    tcp_pair,
)
from protocols.postprocessing.in_process import run_both
from protocols.postprocessing.key_length import Disclosed, asymptotic_bb84, composable_bb84
from protocols.postprocessing.party import Alice, Bob, DistillationSettings, distil
from protocols.postprocessing.pool import Position
from protocols.postprocessing.privacy import toeplitz_hash
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.raw_key import RawKey
from protocols.postprocessing.result import AbortReason, DistillationResult, Transcript

__all__ = [
    "Alice",
    "Bob",
    "DistillationSettings",
    "RawKey",
    "distil",
    "run_both",
    "DistillationResult",
    "AbortReason",
    "Transcript",
    "Disclosed",
    "asymptotic_bb84",
    "composable_bb84",
    "ClassicalChannel",
    "TcpChannel",
    "Eavesdropper",
    "channel_pair",
    "tcp_pair",
    "AuthenticatedLink",
    "KeyPool",
    "Position",
    "Randomness",
    "toeplitz_hash",
]
