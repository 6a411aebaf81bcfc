"""Answers on relayed keys, a small store, and the key that a call uses up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import qnet
from experiments.notebooks.kinds import Exercise, NumberExercise
from protocols.encryption import RekeyedTunnels
from qnet.estimate import Estimate

__all__ = ["EXERCISES"]

_TWO_ROUTES = """
kind = "key-network"
topology.edges = [["A", "B"], ["B", "E"], ["A", "C"], ["C", "D"], ["D", "E"]]
link = { key_rate_hz = 2304.0 }
relay = { routes = 2, shares_needed = 2 }
demand = [{ ends = ["A", "E"], rate_hz = 1.0, key_bits = 256 }]
run = { duration_s = 500.0, replicas = 5 }
"""


@cache
def _link_key_bits() -> float:
    result: Any = qnet.loads(_TWO_ROUTES).play()
    used = sum(edge.used_bits_hz.best for edge in result.edges)
    return float(used / result.demands[0].figures["served_hz"].best)


def _refused(refused: Callable[[int, str], Estimate]) -> float:
    return float(refused(1, "exact"))


def _pad_kbits(left: Sequence[int]) -> float:
    return (left[1] - left[2]) * 8 / 0.02 / 1e3


def _error_rate(spied: Sequence[Any]) -> float:
    return float(spied[0].edges[0].qber)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _link_key_bits,
        "every hop of either route takes as many bits as its share has",
        slips=((512.0, "each hop of a route uses up link key"), (256.0, "that is one hop")),
    ),
    2: NumberExercise(_refused, "r/(1 + r), with r requests for each key that could be made"),
    3: NumberExercise(
        _pad_kbits,
        "20 bytes and a tag, fifty times a second",
        slips=((8.0, "that is the speech alone"),),
    ),
    4: NumberExercise(
        lambda: RekeyedTunnels(rekey_s=60.0).tunnels_for(2304.0),
        "two keys a minute for each call",
        slips=((540.0, "that is the number of directions"),),
    ),
    5: NumberExercise(
        _error_rate,
        "a touched bit is random in half of the cases",
        slips=((0.025, "the link's own errors add to hers"),),
    ),
}
