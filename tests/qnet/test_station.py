"""A station must be told its gates, or that it is perfect (U3)."""

from dataclasses import replace

import pytest

from experiments.scenario import loads
from protocols import nested, sequential, swap_asap
from qnet import Abstract, Gates, ParameterError, Station, Swap, SwapAsap, preset

NOISY = Gates(two_qubit_depolarizing=0.1)
LINK = Abstract(success_probability=0.5, fidelity=0.9).link()

CHAIN = """
kind = "chain"
[chain]
segments = {segments}
{more}
[link]
scheme = "abstract"
success_probability = 0.5
attempt_time_s = 1.0
state = {{ werner = 0.9 }}
"""


@pytest.mark.parametrize("options", [{}, {"success_probability": 0.5}, {"perfect": False}])
def test_u3_a_station_without_gates_is_refused(options: dict[str, float]) -> None:
    """Oracle: the rule itself; the hint names both ways out."""
    with pytest.raises(ParameterError) as caught:
        Station(**options)

    assert caught.value.field == "station.gates"
    assert "Station(gates=...)" in caught.value.hint
    assert "Station(perfect=True)" in caught.value.hint


@pytest.mark.parametrize("gates", [NOISY, Gates(readout_time_s=1e-6), "noisy"])
def test_u3_perfect_and_noisy_at_once_is_refused(gates: Gates) -> None:
    """Oracle: the rule itself; a duration is no perfection either, for memories decay in it."""
    with pytest.raises(ParameterError, match=r"^station\.gates must be"):
        Station(gates=gates, perfect=True)


def test_u3_perfect_is_a_flag() -> None:
    """Oracle: the rule itself."""
    with pytest.raises(ParameterError, match=r"^station\.perfect must be a bool"):
        Station(perfect="yes")


@pytest.mark.parametrize(
    "station",
    [
        Station(perfect=True),
        Station(success_probability=0.5, perfect=True),
        Station(gates=NOISY, success_probability=0.25),
        Station(gates=Gates(), perfect=True),
        replace(Station(perfect=True), gates=NOISY),
    ],
)
def test_u3_repr_round_trips(station: Station) -> None:
    """Oracle: a repr is the call that makes an equal object."""
    assert eval(repr(station)) == station


def test_u3_a_perfect_station_is_one_with_gates_free_of_errors() -> None:
    """Oracle: two ways to say the same thing are equal, and hash alike."""
    assert {Station(perfect=True), Station(gates=Gates())} == {Station(perfect=True)}


def test_u3_plans_without_stations_keep_a_perfect_one() -> None:
    """Oracle: the plans written out with perfect stations."""
    perfect = Station(perfect=True)

    assert Swap(left=LINK, right=LINK) == Swap(left=LINK, right=LINK, station=perfect)
    assert nested([LINK] * 3) == nested([LINK] * 3, stations=perfect)
    assert sequential([LINK] * 3) == sequential([LINK] * 3, stations=[perfect] * 2)
    assert swap_asap([LINK] * 3) == SwapAsap(segments=(LINK,) * 3, stations=(perfect,) * 2)


def test_u3_a_missing_swap_table_is_remarked() -> None:
    """Oracle: the words of the rule; one segment has no swap to remark on."""
    scenario = loads(CHAIN.format(segments=2, more=""))

    assert scenario.station == Station(perfect=True)
    assert "[swap] is missing: swaps are taken as perfect" in scenario.notes
    assert not loads(CHAIN.format(segments=1, more="")).notes


def test_u3_a_swap_table_needs_no_remark() -> None:
    """Oracle: the rule; what the file says of its swaps is said."""
    for table in ("[swap]\nsuccess_probability = 0.5", "[swap]\ncnot_depolarizing = 0.0"):
        assert not loads(CHAIN.format(segments=2, more=table)).notes


def test_u3_links_of_different_presets_are_remarked() -> None:
    """Oracle: the rule; presets that differ bring no gates that all share."""
    link = '[[links]]\npreset = "{name}"\n'
    text = 'kind = "chain"\n[chain]\nsegments = 2\nlength_km = 50\n'
    mixed = loads(text + link.format(name="trapped-ion") + link.format(name="nv-2019"))
    same = loads(text + 2 * link.format(name="nv-2019"))

    assert "[swap] is missing: swaps are taken as perfect" in mixed.notes
    assert same.station.gates == preset("nv-2019").node.gates
    assert not any("perfect" in note for note in same.notes)
