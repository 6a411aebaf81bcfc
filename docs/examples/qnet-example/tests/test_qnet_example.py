"""What the package adds, found by its entry point as a user finds it; each test has an oracle."""

import math

import pytest
from qnet_example.application import StatePreparation

import qnet
from experiments.cli.main import main
from protocols.applications.state_table import StateTable
from qnet.plugins import load_plugins

CHAIN = """kind = "chain"
[chain]
segments = SEGMENTS
length_km = 40
strategy = "STRATEGY"
[link]
scheme = "abstract"
success_probability = 0.2
attempt_time_s = 1.0
state = { werner = 0.95 }
[memory]
depolarizing_time_s = 50.0
"""


@pytest.fixture(autouse=True, scope="module")
def _loaded():
    """As the program does it at its start."""
    assert load_plugins() == ()


def played(strategy, segments):
    """Figures of the exact engine."""
    text = CHAIN.replace("STRATEGY", strategy).replace("SEGMENTS", str(segments))
    result = qnet.loads(text).play(engine="exact")
    return result.delivery_time_s.best, result.fidelity.best


def test_the_strategy_of_four_segments_is_the_nested_one():
    """Oracle: the nested plan, which is the same tree."""
    assert played("centre-last", 4) == pytest.approx(played("nested", 4))


def test_the_strategy_of_six_segments_takes_both_halves_at_once():
    """Oracle: the tree written out."""
    text = CHAIN.replace("SEGMENTS", "6").replace(
        'strategy = "STRATEGY"', "tree = [[[0, 1], 2], [3, [4, 5]]]"
    )
    result = qnet.loads(text).play(engine="exact")
    oracle = result.delivery_time_s.best, result.fidelity.best
    assert played("centre-last", 6) == pytest.approx(oracle)


def test_the_scheme_has_one_lossy_arm():
    """Oracle: eta_left eta_right / 2, and two delays of the whole fibre."""
    chain = qnet.loads(
        'kind = "chain"\n[chain]\nsegments = 1\nlength_km = 20\n[link]\npreset = "example-lab"\n'
    )
    (link,) = chain.plan().links()
    arm = 0.4 * 0.9
    assert link.success_probability == pytest.approx(arm * arm * 10**-0.5 / 2.0)
    assert link.attempt_time_s == pytest.approx(5e-6 + 2 * 20 / 2e5)


@pytest.mark.parametrize("angle", [30.0, 90.0, 150.0])
def test_the_protocol_tells_as_often_as_two_states_can_be_told(angle):
    """Oracle: sin(theta/2)**2 / 2, to 5 standard errors; without an error."""
    result = qnet.loads(
        f'kind = "tilted-b92"\npulses = 200000\n[states]\nangle_deg = {angle}'
    ).play(seed=1)
    share = math.sin(math.radians(angle) / 2) ** 2 / 2
    error = math.sqrt(share * (1 - share) / 200_000)
    assert abs(result.sifted_bits.best / 200_000 - share) < 5 * error
    assert result.qber.best == 0.0


@pytest.mark.parametrize("werner", [1.0, 0.9, 0.0])
def test_the_application_has_the_fidelity_of_a_werner_pair(werner):
    """Oracle: (1 + w)/2."""
    result = StatePreparation(state=StateTable(fidelity=(1 + 3 * werner) / 4)).play()
    assert result["fidelity"].value.best == pytest.approx((1 + werner) / 2)


def test_the_program_knows_the_command(capsys):
    """Oracle: a quarter at a right angle."""
    assert main(["conclusive", "90"]) == 0
    assert capsys.readouterr().out == "0.25 of the rounds\n"
