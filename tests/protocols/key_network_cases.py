"""Key networks for tests: one small scenario, and what is changed in it."""

from __future__ import annotations

import tomllib
from itertools import pairwise

from qnet.schema import override, read_kind

BASE = """
kind = "key-network"
seed = 7
[run]
duration_s = 2000.0
warm_up_s = 100.0
[topology]
edges = [["A", "B"]]
[link]
key_rate_hz = 2560.0
qber = 0.02
[[demand]]
ends = ["A", "B"]
rate_hz = 10.0
key_bits = 256
"""

#: Two routes of two hops each, A - B - D and A - C - D, and one of three, A - E - F - D.
DIAMOND = [["A", "B"], ["B", "D"], ["A", "C"], ["C", "D"], ["A", "E"], ["E", "F"], ["F", "D"]]


def key_network(changes=None, folder=""):
    """The small scenario with changes by path."""
    return read_kind(override(tomllib.loads(BASE), changes or {}), folder=str(folder))


def line(hops, **changes):
    """Changes that make it a line of so many hops from A, keys asked from end to end."""
    names = [chr(ord("A") + k) for k in range(hops + 1)]
    edges = [list(pair) for pair in pairwise(names)]
    return {"topology.edges": edges, "demand[0].ends": [names[0], names[-1]], **changes}


def standard_error(estimate, units=20):
    """Standard error of an estimate of this many units, from its 95 % interval."""
    from scipy.stats import t

    return (estimate.high - estimate.low) / 2.0 / t.ppf(0.975, units - 1)


def agrees(estimate, value, errors=5.0):
    """Whether an estimate is within so many standard errors of a value."""
    return abs(estimate.best - value) <= errors * standard_error(estimate) + 1e-12
