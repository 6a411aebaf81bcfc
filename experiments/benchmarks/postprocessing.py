"""Benchmark of the post-processing: ``python -m experiments.benchmarks postprocessing [--quick]``.

Both ends run in this process; what is counted is the processor time of both together, so that it
stands for one core. Ratios are against something run beside it that holds on any machine: the
exclusive or of two strings of the same length, one bit per byte, and one Fourier transform pair of
the size of the whole Toeplitz product. The best of three runs counts.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Literal

import numpy as np

from experiments.benchmarks.timing import best_of
from protocols.postprocessing import DistillationSettings, RawKey, distil, toeplitz_hash

QBER = 0.03

#: Processor time of the best of three runs.
_seconds = partial(best_of, 3, clock=time.process_time)


def entropy(q: float) -> float:
    """Binary entropy in bits."""
    return -q * math.log2(q) - (1 - q) * math.log2(1 - q)


def sifted_to_secret(size: int, correction: Literal["cascade", "ldpc"]) -> None:
    """Time a whole run in which both ends chose the same bases, and print its line."""
    rng = np.random.default_rng(1)
    bits, bases = rng.integers(0, 2, (2, size))
    alice = RawKey(bits=bits, bases=bases)
    bob = RawKey(bits=bits ^ (rng.random(size) < QBER), bases=bases)
    settings = DistillationSettings(correction=correction)
    outcome = distil(alice, bob, settings=settings)[0]
    seconds = _seconds(lambda: distil(alice, bob, settings=settings))
    one, two = np.asarray(alice.bits), np.asarray(bob.bits)
    beside = _seconds(lambda: [one ^ two for _ in range(100)]) / 100
    step = outcome.transcript["correct"]
    kept = size - round(settings.test_fraction * size)
    print(
        f"sifted to secret, {correction:<7} {size:>9,} bits {size / seconds / 1e6:>7.2f} Mbit/s"
        f" {seconds / beside:>9,.0f} x exclusive or; leakage"
        f" {step.leaked_bits / kept / entropy(QBER):.3f} n h(Q),"
        f" {outcome.transcript.messages} messages,"
        f" {outcome.transcript.authentication_bits} bits of tags,"
        f" {outcome.secret_bits:,} secret bits ({outcome.security})"
    )


def privacy_amplification(size: int) -> None:
    """Time the Toeplitz hash of a key to half its length, and print its line."""
    rng = np.random.default_rng(1)
    length = size // 2
    bits = rng.integers(0, 2, size).astype(np.uint8)
    seed = rng.integers(0, 2, size + length - 1).astype(np.uint8)
    seconds = _seconds(lambda: toeplitz_hash(bits, seed, length))
    whole = 1 << (size + length - 2).bit_length()
    beside = _seconds(lambda: np.fft.irfft(np.fft.rfft(seed, whole), whole))
    print(
        f"privacy amplification    {size:>9,} bits {seconds:>7.3f} s     "
        f" {seconds / beside:>9.2f} x one pair of transforms of length {whole:,}"
    )


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a tenth of the bits."""
    size = 100_000 if quick else 1_000_000
    sifted_to_secret(size, "cascade")
    sifted_to_secret(size, "ldpc")
    privacy_amplification(size)
