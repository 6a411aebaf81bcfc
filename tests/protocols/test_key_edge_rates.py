"""Key rates of edges: given outright, of key-rate files at a length, of repeater chains."""

from __future__ import annotations

import pytest

import qnet
from protocols.key_networks import (
    KeyDemand,
    KeyEdgeTable,
    KeyLink,
    KeyNetworkScenario,
    StoreTable,
)
from protocols.key_networks.remarks import scenario_remarks
from protocols.key_rates.scenario import read_rate
from protocols.networks import TopologyTable
from qnet.errors import ParameterError
from qnet.network import RunTimes
from qnet.schema import parse, read_text
from qnet.schema.shipped import find

CHAIN = """
kind = "chain"
[chain]
segments = 2
length_km = 10.0
[link]
preset = "blueprint"
"""


ASAP = """segments = 3
strategy = "swap-asap"
classical_latency = true"""


def edges(link, length=50.0, folder="", **changes):
    """The edges of a network A - B - C of equal lengths."""
    span = [] if length is None else [length]
    tables = {
        "run": RunTimes(duration_s=1.0),
        "topology": TopologyTable(edges=[["A", "B", *span], ["B", "C", *span]]),
        "demand": (KeyDemand(ends=("A", "C"), rate_hz=1.0),),
        "folder": str(folder),
        "link": link,
    }
    return KeyNetworkScenario(**tables | changes).case.edges


def rate_of(name, length, loss=None, **clock):
    """What ``qnet keyrate`` gives of a file of the package, with another length."""
    values = dict(parse(read_text(find(name))))
    fibre = {**values["fibre"], "length_km": length}
    values["fibre"] = fibre if loss is None else fibre | {"loss_db_per_km": loss}
    values["source"] = values["source"] | clock
    scenario, _ = read_rate(values)
    return scenario.key_rate(), scenario.clock_hz


@pytest.mark.parametrize("length", [20.0, 80.0])
def test_a_finite_block_fills_in_blocks(length):
    """Oracle: the rate of the same file by its own reader, and a block takes pulses over clock."""
    (first, _) = edges(KeyLink(keyrate="keyrate/lim2014"), length)
    rate, clock = rate_of("keyrate/lim2014", length)
    assert first.fill.kind == "blocks"
    assert first.fill.amount_bits == int(rate.figures["secret_bits"])
    pulses = rate.figures["secret_bits"] / rate.value
    assert first.fill.period_s == pytest.approx(pulses / clock, rel=1e-12)
    assert first.qber == rate.figures["qber"]
    assert first.security == rate.security
    assert first.security.notion == "composable"


def test_endless_blocks_fill_as_the_link_says(tmp_path):
    """Oracle: rate per pulse times clock, at the length and loss of each edge."""
    text = find("keyrate/gys").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace("[source]", "[source]\nclock_hz = 2e6"))
    poisson = {"fill": "poisson", "unit_bits": 512}
    link = KeyLink(keyrate="own.toml", qber=0.05, **poisson)
    own = KeyEdgeTable(ends=("B", "C"), length_km=30.0, fibre={"loss_db_per_km": 0.25})
    first, second = edges(link, 60.0, tmp_path, fibre={"loss_db_per_km": 0.19}, edge=(own,))
    for edge, length, loss in ((first, 60.0, 0.19), (second, 30.0, 0.25)):
        rate, _ = rate_of("keyrate/gys", length, loss)
        assert edge.fill.rate_hz == pytest.approx(rate.value * 2e6, rel=1e-12)
        assert (edge.fill.kind, edge.fill.amount_bits, edge.qber) == ("poisson", 512, 0.05)
        assert edge.security.notion == "asymptotic"
    far, _ = edges(KeyLink(keyrate="own.toml"), 250.0, tmp_path)
    assert (far.fill.rate_hz, far.security.notion) == (0.0, "none")


def test_plain_bb84_counts_rounds_of_the_key_basis(tmp_path):
    """Oracle: the fraction per round in the key basis, which both ends take with bias squared."""
    text = 'kind = "bb84"\n[source]\nclock_hz = 1e6\n[detector]\nmisalignment = 0.01\n'
    (tmp_path / "plain.toml").write_text(text)
    (tmp_path / "biased.toml").write_text(text + "[security]\nbasis_bias = 0.9\n")
    found = [edges(KeyLink(keyrate=f"{n}.toml"), 50.0, tmp_path)[0] for n in ("plain", "biased")]
    fraction = qnet.loads(text + "[fibre]\nlength_km = 50.0\n").key_rate().value
    expected = [fraction * 1e6, 0.81 * fraction * 1e6]
    assert [edge.fill.rate_hz for edge in found] == pytest.approx(expected, rel=1e-12)
    assert "nearly all rounds are for the key" in found[0].security.assumes


def test_chain_at_the_length_of_the_edge(tmp_path):
    """Oracle: the exact engine on the chain of that length."""
    (tmp_path / "chain.toml").write_text(CHAIN)
    first, _ = edges(KeyLink(chain="chain.toml"), 40.0, tmp_path)
    played = qnet.loads(CHAIN, changes={"chain.length_km": 40.0}).play(engine="exact")
    assert first.fill.rate_hz == pytest.approx(played.secret_key_rate_hz.low, rel=1e-9)
    assert first.fill.rate_hz > 0.0
    assert first.qber == pytest.approx((played.qber_x.best + played.qber_z.best) / 2, rel=1e-9)
    assert first.security == played.security


def test_an_edge_has_another_source_than_all_edges(tmp_path):
    """What an edge says of its rate stands in place of what [link] says, whatever it is."""
    own = KeyEdgeTable(ends=("B", "C"), link={"keyrate": "keyrate/lim2014"})
    first, second = edges(KeyLink(key_rate_hz=7.0), edge=(own,))
    assert first.fill.rate_hz == 7.0
    assert second.fill.kind == "blocks"
    assert first.security.notion == "none"


@pytest.mark.parametrize(
    ("files", "link", "length", "words"),
    [
        ({}, {}, 50.0, ("link.key_rate_hz must be given", "play the edge A - B")),
        ({}, {"protocol": "bb84.toml"}, 50.0, ("or keyrate, chain, satellite", "A - B")),
        ({}, {"keyrate": "keyrate/lim2014"}, None, ("link.keyrate", "A - B, has no length")),
        ({}, {"chain": "best-500-km"}, None, ("link.chain", "A - B, has no length")),
        ({}, {"keyrate": "nowhere.toml"}, 50.0, ("link.keyrate, a file must exist",)),
        ({}, {"keyrate": "keyrate/gys"}, 50.0, ("source.clock_hz of keyrate/gys", "edge A - B")),
        ({}, {"keyrate": "keyrate/cv-gg02"}, 50.0, ("kind 'cv-gg02' has no fibre.length_km", "A")),
        ({}, {"keyrate": "best-500-km"}, 50.0, ("kind of best-500-km, at the edge A - B",)),
        ({}, {"chain": "keyrate/gys"}, 50.0, ("kind of keyrate/gys, at the edge A - B",)),
        ({"a.toml": "kind ="}, {"keyrate": "a.toml"}, 5.0, ("valid TOML", "A - B")),
        (
            {"a.toml": 'kind = "bb84"\n[source]\nclock_hz = 1.0\n[free_space]\nlength_km = 1.0'},
            {"keyrate": "a.toml"},
            5.0,
            ("free_space", "of a.toml, at the edge A - B"),
        ),
        (
            {"a.toml": CHAIN.replace("length_km = 10.0", "segment_lengths_km = [5, 5]")},
            {"chain": "a.toml"},
            5.0,
            ("chain.segment_lengths_km of a.toml, at the edge A - B, must be left out",),
        ),
        (
            {"a.toml": CHAIN.replace("segments = 2", ASAP) + "[swap]\nsuccess_probability = 0.5"},
            {"chain": "a.toml"},
            5.0,
            ("be a chain that the exact engine plays, at the edge A - B", "key_rate_hz"),
        ),
    ],
)
def test_what_cannot_be_worked_out_names_the_edge(tmp_path, files, link, length, words):
    """Each kind of file without a rate at the edge's length has an error of its own."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ParameterError) as error:
        edges(KeyLink(**link), length, tmp_path, store=StoreTable())
    for word in words:
        assert word in str(error.value), str(error.value)


def test_edges_without_key_are_remarked_on(tmp_path):
    """By hand: too far, a block longer than the run, a small store, a rate of 0, an idle fibre."""
    text = find("keyrate/gys").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace("[source]", "[source]\nclock_hz = 2e6"))

    def said(link, length, **changes):
        tables = {
            "run": RunTimes(duration_s=1.0),
            "topology": TopologyTable(edges=[["A", "B", length], ["B", "C", length]]),
            "folder": str(tmp_path),
            "link": link,
        }
        return " ".join(scenario_remarks(KeyNetworkScenario(**tables | changes)))

    assert "A - B, B - C: no key is made: " in said(KeyLink(keyrate="own.toml"), 250.0)
    late = said(KeyLink(keyrate="keyrate/lim2014"), 50.0)
    assert "A - B, B - C: no key comes in the time that is played: a block of 293741488" in late
    small = said(
        KeyLink(key_rate_hz=5e3, fill="blocks", block_bits=3000),
        5.0,
        store=StoreTable(capacity_bits=2560),
    )
    assert (
        small == "A - B, B - C: 3000 bits come at once, and the store holds 2560: the rest is lost"
    )
    none = said(KeyLink(key_rate_hz=0.0), 5.0, fibre={"loss_db_per_km": 0.3})
    assert "no key is made: key_rate_hz is 0" in none
    assert "[fibre] plays no part" in none
    assert said(KeyLink(key_rate_hz=1.0), 5.0) == ""


def test_pairs_side_by_side_and_blocks_at_their_mean_rate():
    """Oracle: three devices make three times the key, in as large blocks; its mean stays."""
    one, _ = edges(KeyLink(keyrate="keyrate/lim2014"))
    many, _ = edges(KeyLink(keyrate="keyrate/lim2014", pairs=3))
    assert many.fill.rate_hz == pytest.approx(3.0 * one.fill.rate_hz, rel=1e-12)
    assert (many.fill.kind, many.fill.amount_bits) == ("blocks", one.fill.amount_bits)
    even, _ = edges(KeyLink(keyrate="keyrate/lim2014", pairs=3, fill="even"))
    assert (even.fill.kind, even.fill.amount_bits) == ("continuous", 0)
    assert even.fill.rate_hz == many.fill.rate_hz
    assert even.security == one.security
    assert edges(KeyLink(key_rate_hz=10.0, pairs=4))[0].fill.rate_hz == 40.0
    with pytest.raises(ParameterError, match="pairs must be 1 beside a schedule"):
        KeyLink(schedule=[[1.0, 5.0]], pairs=2)
