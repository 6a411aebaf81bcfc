"""Sampled key networks against tables PN-E of the reference and closed forms of queues.

Oracle, unless a test names another: the reference values PN-E1 to E10, and the formulas written
down here. Brackets are five standard errors, estimated from twenty independent replicas.
"""

from __future__ import annotations

import pytest

from tests.protocols.key_network_cases import agrees, key_network, line


def only(changes, name="refused_fraction"):
    """A figure of the only demand."""
    return key_network(changes).play().demands[0].figures[name]


def test_poisson_keys_and_requests():
    """PN-E1: M/M/1/K with K = 10, r = 0.9."""
    changes = {"link.key_rate_hz": 2304.0, "link.fill": "poisson", "store.capacity_bits": 2560}
    assert agrees(only(changes), 0.145732358)


@pytest.mark.parametrize("size", [1, 3])
def test_units_larger_than_a_request(size):
    """Oracle: the chain of a store of four requests, filled by units of one or three, solved."""
    import numpy as np

    rate, made, room = 10.0, 2.0, 4
    flow = np.zeros((room + 1, room + 1))
    for level in range(room + 1):
        flow[level, min(level + size, room)] += made
        flow[level, max(level - 1, 0)] += rate
    balance = (flow - np.diag(flow.sum(axis=1))).T
    balance[-1] = 1.0
    law = np.linalg.solve(balance, np.eye(room + 1)[-1])
    changes = {
        "link.key_rate_hz": made * size * 256.0,
        "link.fill": "poisson",
        "link.unit_bits": size * 256,
        "store.capacity_bits": room * 256,
    }
    assert agrees(only(changes), float(law[0]))


def test_blocks_each_second():
    """PN-E2: ten keys each second, requests 9.5/s, room for twenty."""
    changes = {
        "link.fill": "blocks",
        "link.block_bits": 2560,
        "store.capacity_bits": 5120,
        "demand[0].rate_hz": 9.5,
        "run.duration_s": 8000.0,
    }
    assert agrees(only(changes), 0.0172859484)


def test_one_key_at_a_time():
    """PN-E2b: a key each 1/9 s, requests 10/s, room for ten."""
    changes = {
        "link.key_rate_hz": 2304.0,
        "link.fill": "blocks",
        "link.block_bits": 256,
        "store.capacity_bits": 2560,
    }
    assert agrees(only(changes), 0.112224604)


def test_a_store_of_one_key_whose_requests_wait():
    """PN-E3: the wait is that of M/D/1 with D = S/R, load 0.8."""
    changes = {
        "link.key_rate_hz": 640.0,
        "store.capacity_bits": 256,
        "demand[0].rate_hz": 2.0,
        "demand[0].on_shortage": "wait",
        "run.duration_s": 2000.0,
    }
    found = key_network(changes).play()
    assert agrees(found.demands[0].figures["response_delay_s"], 0.8)
    assert found.demands[0].figures["refused_fraction"].best == 0.0
    # Of M/D/1, a request finds nobody with the chance of 1 - rho.
    assert agrees(found.demands[0].figures["availability"], 0.2)


@pytest.mark.parametrize(("room", "value"), [(1, 0.473684211), (5, 0.0643618972)])
def test_a_dam(room, value):
    """PN-E4: filled with a unit a second, requests 0.9/s that are refused when short."""
    changes = {
        "link.key_rate_hz": 100.0,
        "store.capacity_bits": 100 * room,
        "demand[0].rate_hz": 0.9,
        "demand[0].key_bits": 100,
        "run.duration_s": 10_000.0,
    }
    assert agrees(only(changes), value)


@pytest.mark.parametrize("fill", ["continuous", "poisson", "blocks"])
def test_what_is_not_made_cannot_be_served(fill):
    """PN-E5: at load 1.25 the bits served are at most those made, and a large store serves all."""
    changes = {
        "link.key_rate_hz": 2048.0,
        "link.fill": fill,
        "link.block_bits": 512,
        "store.capacity_bits": 256_000,
    }
    found = key_network(changes).play()
    demand, edge = found.demands[0], found.edges[0]
    assert agrees(demand.figures["refused_fraction"], 0.2)
    assert demand.figures["key_bits_hz"].best == pytest.approx(edge.used_bits_hz.best)
    assert edge.used_bits_hz.best <= edge.key_rate_hz.best + 256_000 / 2000.0


def test_a_one_time_pad_that_runs_dry():
    """PN-E6: dry after 3333.33 s of a day, then four fifths are served."""
    changes = {
        "run": {"duration_s": 86_400.0, "replicas": 20},
        "link.key_rate_hz": 1200.0,
        "store": {"capacity_bits": 1_000_000, "initial_bits": 1_000_000},
        "demand": [{"ends": ["A", "B"], "device": "one-time-pad", "data_rate_bit_per_s": 1500.0}],
    }
    found = key_network(changes).play()
    figures, edge = found.demands[0].figures, found.edges[0]
    dry = 1.0 - 1e6 / 300.0 / 86_400.0
    assert edge.dry_fraction.best == pytest.approx(dry, rel=1e-9)
    assert figures["refused_fraction"].best == pytest.approx(0.2 * dry, rel=1e-9)
    assert figures["availability"].best == pytest.approx(1.0 - dry, rel=1e-9)
    assert figures["key_bits_hz"].best == pytest.approx(1500.0 * (1.0 - 0.2 * dry), rel=1e-9)


@pytest.mark.parametrize(("relays", "bits"), [(0, 256), (1, 512), (4, 1280)])
@pytest.mark.parametrize("scheme", ["hop-by-hop", "announced-xor"])
def test_a_relayed_key_costs_its_length_on_every_hop(relays, bits, scheme):
    """PN-E10: bits of link key that one key of 256 bits consumes."""
    changes = {"link.key_rate_hz": 1e5, "relay.scheme": scheme, "run.duration_s": 100.0}
    found = key_network(line(relays + 1, **changes)).play()
    served = found.demands[0].figures["served_hz"].best
    used = sum(edge.used_bits_hz.best for edge in found.edges)
    assert used / served == pytest.approx(bits, rel=1e-9)


def test_a_store_without_limit_fills_below_load_one_and_nobody_waits():
    """Section 5 of the reference: an unlimited store below load 1 fills, and nobody waits."""
    changes = {
        "run.warm_up_s": 4000.0,
        "demand[0].rate_hz": 7.0,
        "demand[0].on_shortage": "wait",
        "run.duration_s": 200.0,
        "run.replicas": 4,
    }
    assert only(changes, "response_delay_s").best == 0.0


def test_refusals_of_full_stores_in_a_row_are_those_of_the_tightest():
    """Oracle: behind a dam of one unit, stores that are never short add no refusal (PN-E4)."""
    changes = line(3) | {
        "edge": [
            {
                "ends": ["B", "C"],
                "link": {"key_rate_hz": 100.0},
                "store": {"capacity_bits": 100},
            }
        ],
        "link.key_rate_hz": 1e6,
        "demand[0].rate_hz": 0.9,
        "demand[0].key_bits": 100,
    }
    assert agrees(only(changes), 0.473684211)


def test_regular_requests_at_the_rate_of_the_fill_are_all_served():
    """Oracle: each finds just the bits that were made since the one before."""
    changes = {"demand[0].arrivals": "regular", "store.capacity_bits": 256, "run.warm_up_s": 0.0}
    figures = key_network(changes).play().demands[0].figures
    assert figures["served_hz"].best == pytest.approx(10.0)
    assert figures["refused_fraction"].best == 0.0


def test_an_aes_device_asks_for_a_key_for_each_direction():
    """PN-F5: 2 kbit/s of key are enough for 234 tunnels rekeyed each minute, not for 235."""
    tunnels = {"ends": ["A", "B"], "device": "aes-256-gcm", "rekey_s": 60.0}
    base = {"link.key_rate_hz": 2000.0, "store.capacity_bits": 512, "run.replicas": 2}
    refused = [
        only({**base, "demand": [{**tunnels, "tunnels": number}]}).best for number in (234, 240)
    ]
    assert refused[0] == 0.0
    assert refused[1] == pytest.approx(1.0 - 2000.0 * 60.0 / (512.0 * 240), abs=1e-3)


def test_requests_that_wait_for_units_and_have_patience_or_not():
    """Oracle: units 5/s, requests 4/s, room for one: stored minus waiting walks up and down.

    Without patience it is geometric below one, P(n wait) = (1 - rho) rho^(n + 1), and Little's law
    gives the wait; with a patience of nothing it is M/M/1/1; in between are fewer refusals.
    """
    base = {
        "run.duration_s": 500.0,
        "link.key_rate_hz": 5.0 * 256,
        "link.fill": "poisson",
        "store.capacity_bits": 256,
        "demand[0].rate_hz": 4.0,
        "demand[0].on_shortage": "wait",
    }
    none = only({**base, "demand[0].patience_s": 0.0})
    some = key_network({**base, "demand[0].patience_s": 0.2}).play().demands[0]
    ever = key_network(base).play().demands[0]
    r, rho = 5.0 / 4.0, 4.0 / 5.0
    assert agrees(none, (1.0 - r) / (1.0 - r**2))
    assert 0.0 < some.figures["refused_fraction"].best < none.best
    assert some.figures["loss_ratio"].best == some.figures["refused_fraction"].best
    assert some.figures["response_delay_s"].best < 0.2
    assert ever.figures["refused_fraction"].best == 0.0
    waiting = sum(n * (1.0 - rho) * rho ** (n + 1) for n in range(400))
    assert agrees(ever.figures["response_delay_s"], waiting / 4.0)
