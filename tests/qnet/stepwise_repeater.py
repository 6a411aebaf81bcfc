"""Independent oracle: repeaters played one attempt at a time, one shot at a time, in plain Python.

Nothing is skipped, nothing is vectorised, and no closed form is used. Every attempt takes one unit
of time; a stored pair loses the factor ``exp(-1/T)`` of its Werner parameter per unit.
"""

from __future__ import annotations

import math

import numpy as np


def nested(rng, leaves, q, cutoff, coherence):
    """Time, Werner parameter and age of one delivery of a balanced tree over ``leaves``."""
    if len(leaves) == 1:
        attempts = 1
        while rng.random() >= leaves[0]:
            attempts += 1
        return attempts, 1.0, 0
    kind, limit = cutoff or (None, 0)
    half = (len(leaves) + 1) // 2
    lost = 0
    while True:
        sides = [nested(rng, part, q, cutoff, coherence) for part in (leaves[:half], leaves[half:])]
        clock, present = 0, [False, False]
        dropped = False
        while not all(present):
            clock += 1
            present = [clock >= side[0] for side in sides]
            waited = [clock - side[0] for side in sides]
            ages = [side[2] + wait for side, wait in zip(sides, waited, strict=True)]
            if kind == "difference":
                over = not all(present) and any(
                    p and w >= limit for p, w in zip(present, waited, strict=True)
                )
            elif kind == "age":
                over = any(
                    p and (a > limit or (a == limit and not all(present)))
                    for p, a in zip(present, ages, strict=True)
                )
            else:
                over = kind == "total" and clock >= limit and not all(present)
            if over:
                dropped = True
                break
        if not dropped:
            werner = 1.0
            for side in sides:
                werner *= side[1] * math.exp(-(clock - side[0]) / coherence)
            if rng.random() < q:
                age = max(side[2] + clock - side[0] for side in sides)
                return lost + clock, werner, age
        lost += clock


def swap_asap(rng, ps, q, cutoff, coherence):
    """Time and Werner parameter of one delivery, stations swapping as soon as they can."""
    n = len(ps)
    kind, limit = cutoff or (None, 0)
    birth = [None] * n
    joined = [False] * (n - 1)
    exponent = 0.0
    stored: dict[int, float] = {}  # exponent of each link's pair, or of the stretch it leads
    clock = origin = 0

    def stretch(link):
        first = last = link
        while first > 0 and joined[first - 1]:
            first -= 1
        while last < n - 1 and joined[last]:
            last += 1
        return range(first, last + 1)

    def drop(links):
        for k in links:
            birth[k] = None
            stored.pop(k, None)
            if k > 0:
                joined[k - 1] = False
            if k < n - 1:
                joined[k] = False

    while True:
        clock += 1
        # Storage: every stretch that exists loses one unit, counted once.
        for k in list(stored):
            stored[k] += 1.0
        for k in range(n):
            if birth[k] is None and rng.random() < ps[k]:
                birth[k] = clock
                stored[k] = 0.0
        for j in range(n - 1):
            if not joined[j] and birth[j] is not None and birth[j + 1] is not None:
                left, right = stretch(j), stretch(j + 1)
                if rng.random() < q:
                    joined[j] = True
                    stored[left[0]] = stored[left[0]] + stored.pop(right[0])
                else:
                    drop([*left, *right])
                    if len(left) + len(right) == n:
                        origin = clock
        if all(joined):
            exponent = stored[0]
            return clock, math.exp(-exponent / coherence)
        if kind == "difference":
            for j in range(n - 1):
                if joined[j] or (birth[j] is None) == (birth[j + 1] is None):
                    continue
                there = j if birth[j] is not None else j + 1
                if clock - birth[there] >= limit:
                    drop([*stretch(j), *stretch(j + 1)])
        elif kind == "age":
            for k in range(n):
                if birth[k] is not None and clock - birth[k] >= limit:
                    drop(stretch(k))
        elif kind == "total" and clock - origin >= limit:
            drop(range(n))
            origin = clock


def moments(play, count, seed, *args):
    """Means and standard errors of time and Werner parameter over ``count`` shots."""
    rng = np.random.default_rng(seed)
    samples = np.array([play(rng, *args)[:2] for _ in range(count)])
    return samples.mean(axis=0), samples.std(axis=0) / math.sqrt(count)
