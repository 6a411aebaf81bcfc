"""Streams of random numbers of a replica, each of a thing by its names."""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["named_stream"]


def named_stream(seed: int, replica: int, *names: object) -> np.random.Generator:
    """A stream of random numbers that belongs to a thing of a replica by its names.

    It does not depend on what else there is, such as the number of demands.

    Args:
        seed: Seed of the run.
        replica: Number of the replica.
        names: What the thing is called.

    Examples:
        >>> one, same = (named_stream(1, 0, "fault", "A") for _ in range(2))
        >>> bool(one.random() == same.random() != named_stream(1, 1, "fault", "A").random())
        True
    """
    told = hashlib.sha256(repr(names).encode()).digest()[:16]
    words = np.frombuffer(told, dtype=np.uint32).tolist()
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(replica, *words)))
