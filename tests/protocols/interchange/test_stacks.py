"""SquidASM's configurations, against the same hardware described here and against closed forms."""

from __future__ import annotations

import pytest

import qnet
from protocols.interchange import import_configuration
from qnet.errors import ParameterError

PERFECT = {"T1": 0, "T2": 0, "two_qubit_gate_depolar_prob": 0.0}


def stack(name, **device):
    return {"name": name, "qdevice_typ": "generic", "qdevice_cfg": {**PERFECT, **device}}


def link(one, two, typ="depolarise", **cfg):
    return {"stack1": one, "stack2": two, "typ": typ, "cfg": cfg}


DEPOLARISED = {"fidelity": 0.95, "prob_success": 0.2, "t_cycle": "10e6"}


def three(device=None, links=None):
    """Two links over a stack in the middle."""
    cfg = device or {}
    return {
        "stacks": [stack(name, **cfg) for name in ("Alice", "Rob", "Bob")],
        "links": links or [link("Alice", "Rob", **DEPOLARISED), link("Rob", "Bob", **DEPOLARISED)],
        "clinks": [{"stack1": "Alice", "stack2": "Bob", "typ": "instant"}],
    }


def exact(values):
    return import_configuration(values).scenario().play(engine="exact")


def test_the_chain_is_the_one_that_one_would_write():
    """Oracle: the same chain written by hand."""
    oracle = qnet.loads(
        'kind = "chain"\n[chain]\nsegments = 2\nstrategy = "swap-asap"\n[link]\n'
        'scheme = "abstract"\nsuccess_probability = 0.2\nattempt_time_s = 0.01\n'
        "state = { fidelity = 0.95 }\n[memory]\nt1_s = 10.0\nt2_s = 0.5\n"
        "[swap.gates]\nsingle_qubit_time_s = 1e-6\ntwo_qubit_time_s = 1e-4\nreadout_time_s = 1e-5\n"
    )
    found = import_configuration(three({"T1": 1e10, "T2": "5e8"})).scenario()
    assert found.canonical() == oracle.canonical()


def test_a_gate_depolarises_either_qubit_by_itself():
    """Oracle: by hand: X and Z correlations fall by 1 - p, Y by both, of Werner pairs."""
    p, w = 0.03, (4 * 0.95 - 1) / 3
    found = exact(three({"two_qubit_gate_depolar_prob": p})).fidelity.best
    assert found == pytest.approx((1 + w * w * (2 * (1 - p) + (1 - p) ** 2)) / 4)


def test_a_heralded_link_is_one_of_two_clicks():
    """Oracle: half the product of the transmissions, and light there and back; V in X and Y."""
    cfg = {
        "length": 20,
        "p_loss_init": 0.1,
        "p_loss_length": 0.25,
        "detector_efficiency": 0.8,
        "visibility": 0.9,
    }
    values = {
        "stacks": [stack("A"), stack("B")],
        "links": [link("A", "B", "heralded", **cfg)],
    }
    arm = 0.8 * 0.9 * 10 ** (-0.25)
    (made,) = import_configuration(values).scenario().plan().links()
    assert made.success_probability == pytest.approx(arm**2 / 2)
    assert made.attempt_time_s == pytest.approx(1e-4)
    fidelity = exact(values).fidelity.best
    assert fidelity == pytest.approx((1 + 1 + 2 * 0.9) / 4)


def test_a_link_that_is_named_from_right_to_left_is_turned():
    """Oracle: the arms of the same link named the other way."""
    cfg = {"length_A": 1.0, "length_B": 9.0, "p_loss_length": 1.0}
    there = [link("Alice", "Rob", "heralded", **cfg), link("Rob", "Bob", **DEPOLARISED)]
    back = {"length_A": 9.0, "length_B": 1.0, "p_loss_length": 1.0}
    here = [link("Rob", "Alice", "heralded", **back), link("Rob", "Bob", **DEPOLARISED)]
    one, two = (import_configuration(three(links=each)).scenario() for each in (there, here))
    assert one.canonical() == two.canonical()


def test_a_colour_centre_has_the_carbon_for_a_memory():
    """Oracle: the numbers of Avis et al., arXiv:2207.10579, Appendix A.5, as SquidASM has them."""
    cfg = {
        "electron_init_depolar_prob": 0.01,
        "electron_single_qubit_depolar_prob": 0.01,
        "prob_error_0": 0.07,
        "prob_error_1": 0.005,
        "ec_gate_depolar_prob": 0.06,
        "carbon_T1": "3.6e13",
        "carbon_T2": 1e9,
        "electron_T1": 3.6e12,
    }
    nodes = [{"name": n, "qdevice_typ": "nv", "qdevice_cfg": cfg} for n in ("A", "R", "B")]
    links = [
        {"node1": one, "node2": two, "typ": "perfect", "cfg": None} for one, two in ("AR", "RB")
    ]
    chain = import_configuration({"processing_nodes": nodes, "links": links}).scenario()
    (station,) = chain.stations
    assert (station.gates.readout_flip_0, station.gates.readout_flip_1) == pytest.approx(
        (0.03 * 0.995 + 0.97 * 0.07, 0.03 * 0.93 + 0.97 * 0.005)
    )
    (made, _) = chain.plan().links()
    assert (made.left.t1_s, made.left.t2_s) == pytest.approx((36_000.0, 1.0))


def test_stacks_around_one_are_a_network():
    """Oracle: its edges and the pairs of its three ends; it plays."""
    values = {
        "stacks": [stack(name) for name in ("Hub", "A", "B", "C", "Alone")],
        "links": [link("Hub", name, **DEPOLARISED) for name in "ABC"],
    }
    found = import_configuration(values)
    network = found.scenario().with_({"run.duration_s": 5.0, "run.replicas": 4})
    assert [each.ends for each in network.demand] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert any("Alone" in remark for remark in found.remarks)
    assert network.play(seed=1) is not None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"stacks": [], "metro_hubs": [], "links": []}, "links must be given"),
        (
            {**three(), "repeater_chains": []},
            "repeater_chains must be a key .*write their links out",
        ),
        (three(links=[link("Alice", "Eve", **DEPOLARISED)]), "links must join two of the stacks"),
        (three(links=[link("Alice", "Rob", "nv")]), r"links\[0\]\.typ must be one of perfect, dep"),
        (
            three(links=[link("Alice", "Rob", fidelity=0.9, prob_success=0.1)]),
            r"links\[0\]\.cfg\.t_cycle must be given",
        ),
        (
            three(links=[link("Alice", "Rob", **DEPOLARISED, fidelty=1)]),
            r"links\[0\]\.cfg\.fidelty must be a key that is taken .*did you mean fidelity",
        ),
        (
            three(links=[link("Alice", "Rob", "heralded", length=1, emission_fidelity=0.9)]),
            "emission_fidelity must be 1",
        ),
        (three({"T1": 1e6, "T2": 1e9}), r"T2 must be at most twice T1"),
        (three({"colour": "red"}), r"stacks\[0\]\.qdevice_cfg\.colour must be a key that is taken"),
        ({"stacks": [{"name": "A", "qdevice_typ": "ion"}]}, r"qdevice_typ must be one of"),
        ({"stacks": [stack("A"), stack("A")], "links": []}, r"stacks\[1\]\.name must be new"),
        ({"stacks": 3}, "stacks must be a list"),
    ],
)
def test_what_is_not_taken_is_refused_in_words(values, message):
    with pytest.raises(ParameterError, match=message):
        import_configuration(values)


def test_devices_that_differ_are_refused():
    """Oracle: a scenario has one memory."""
    values = three()
    values["stacks"][0] = stack("Alice", T2=1e9)
    with pytest.raises(ParameterError, match="stacks must have equal memories"):
        import_configuration(values)
    values["stacks"][0] = stack("Alice", two_qubit_gate_depolar_prob=0.1)
    assert import_configuration(values).scenario().segments == 2  # ends do not swap
