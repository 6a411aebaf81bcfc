"""The comparison of trusted nodes, several routes and repeaters against closed forms."""

from __future__ import annotations

from math import comb

import pytest

import qnet
from experiments.studies.trusted_nodes_or_repeaters import (
    ARMS,
    CORRUPT,
    DOWN,
    SPAN_KM,
    STUDY,
    work,
)

CHAIN = """kind = "chain"
[chain]
segments = 2
classical_latency = true
[link]
preset = "blueprint"
[key]
error_correction_efficiency = 1.16
"""


def at_least(k, n, p):
    """Probability of k or more of n independent events."""
    return sum(comb(n, j) * p**j * (1.0 - p) ** (n - j) for j in range(k, n + 1))


@pytest.mark.parametrize("way", list(ARMS))
def test_a_row(way):
    """Oracle: binomial sums of equal routes, h + 1 bits per route of h relays, one fibre's rate."""
    arm, spans = ARMS[way], 4
    row = work({"way": way, "spans": spans, "quick": True}, 1)
    relays = 0 if arm.repeats else spans - 1
    corrupt = 1.0 - (1.0 - CORRUPT) ** relays
    up = (1.0 - DOWN) ** spans
    assert row["known"] == pytest.approx(at_least(arm.needed, arm.routes, corrupt), rel=1e-9)
    assert row["arrives"] == pytest.approx(at_least(arm.needed, arm.routes, up), rel=1e-9)
    assert row["one_node_learns"] == (1.0 if relays and arm.needed == 1 else 0.0)
    cost = arm.routes * (1 if arm.repeats else spans)
    assert row["link_bits_per_bit"] == pytest.approx(cost, rel=1e-9)
    if not arm.pulses:
        changes = {
            "chain.segments": spans if arm.repeats else 1,
            "chain.length_km": SPAN_KM * (spans if arm.repeats else 1),
        }
        chain = qnet.loads(CHAIN, changes=changes)
        expected = chain.play(engine="exact").secret_key_rate_hz.low
        assert row["key_rate_hz"].best == pytest.approx(expected, rel=1e-6)
    assert row["refused"].low <= 1.0 - row["arrives"] + 1e-9


def test_the_answer_names_the_trade():
    """Oracle: the rows that it is made of."""
    rows = [{**work({"way": w, "spans": n, "quick": True}, 1), "way": w, "spans": n}
            for w in ARMS for n in (2, 4)]  # fmt: skip
    said = STUDY.answer(rows)
    assert "Over 100 km" in said
    assert "0.020" in said
    assert "4 bits" not in said.split("XOR")[0]
