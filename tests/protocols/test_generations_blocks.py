"""Blocks of a code that are prepared by faulty gates, as a chain describes them."""

import pytest

from protocols.repeaters import Chain
from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.tables import Swapping
from qnet import EncodedPair, Station
from qnet.codes import code_of, encoded_pair_by_teleportation, faulty_logical_map
from qnet.codes.logical import PauliChannel
from qnet.hardware import Gates

ERRORS = {"gate_error": 2e-3, "readout_flip": 1e-3}
GATES = Gates(two_qubit_depolarizing=2e-3, readout_flip_0=1e-3, readout_flip_1=1e-3)


def chain_of(blocks, code="steane", **changes):
    """One link of pairs of fidelity 0.99."""
    table = EncodeTable(code=code, fidelity=0.99, blocks=blocks, **ERRORS, **changes)
    return Chain(segments=1, length_km=10.0, encode=table)


@pytest.mark.parametrize("blocks", ["verified", "bare"])
def test_a_link_errs_as_its_circuit_does(blocks):
    """Oracle: the sum over all faults of the circuit, worked out for pairs with numbers."""
    third = 0.01 / 3.0
    circuit = encoded_pair_by_teleportation(
        code_of("steane"),
        GATES,
        PauliChannel(third, third, third),
        verified=blocks == "verified",
        read_by_gates=True,
    )
    wanted = faulty_logical_map(circuit)
    result = chain_of(blocks).play(engine="exact")
    assert float(result.qber_z) == pytest.approx(wanted.logical_x + wanted.logical_y, abs=1e-9)
    assert float(result.qber_x) == pytest.approx(wanted.logical_z + wanted.logical_y, abs=1e-9)


def test_verified_blocks_err_less_and_take_longer():
    """Oracle: order: a check throws away rounds with a fault; perfect blocks have none."""
    found = {each: chain_of(each).play(engine="exact") for each in ("perfect", "verified", "bare")}
    errors = [float(result.qber_z) for result in found.values()]
    assert errors == sorted(errors)
    assert len(set(errors)) == 3
    times = {name: result.delivery_time_s.best for name, result in found.items()}
    assert times["verified"] > times["bare"] == times["perfect"]


def test_the_key_of_a_file_is_that_of_the_plan_and_without_a_code_nothing():
    """Oracle: the plan made by hand; the digest of a chain that has no such key."""
    plan = chain_of("bare").plan()
    assert isinstance(plan, EncodedPair)
    assert (plan.blocks, plan.gates) == ("bare", GATES)
    assert chain_of("bare", code="none").plan() == chain_of("perfect", code="none").plan()
    assert 'blocks = "bare"' in chain_of("bare").to_toml()
    assert "blocks" not in str(chain_of("perfect").canonical())


def test_gates_of_swap_prepare_blocks_too():
    """Oracle: the same gates, said in two places."""
    table = EncodeTable(code="steane", fidelity=0.99, blocks="verified")
    chain = Chain(segments=2, length_km=10.0, encode=table, swap=Swapping(gates=GATES))
    own = chain_of("verified").with_(segments=2)
    assert chain.plan() == own.plan()


def test_a_readout_that_errs_one_way_is_read_in_a_random_frame():
    """Oracle: the same link with the mean of both flips."""
    table = EncodeTable(code="steane", fidelity=0.99, blocks="bare")
    uneven, even = (
        Chain(segments=1, length_km=10.0, encode=table, swap=Station(gates=gates)).plan()
        for gates in (
            Gates(readout_flip_0=0.0, readout_flip_1=0.01),
            Gates(readout_flip_0=0.005, readout_flip_1=0.005),
        )
    )
    assert uneven == even
