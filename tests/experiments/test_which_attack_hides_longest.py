"""Time that attacks stay hidden: the exact powers behind it, and what no check can find."""

import pytest

from experiments.studies.rows import where
from experiments.studies.which_attack_hides_longest import STUDY, SYSTEMS
from protocols.certification.attacks import ATTACKS
from protocols.certification.checks import COUNT_CHECKS
from protocols.certification.described import Bench, described
from protocols.certification.hiding import hidden_for
from protocols.certification.suite import Suite
from qnet.errors import ParameterError
from qnet.metrics.binomial_tests import sample_sizes


@pytest.fixture(scope="module")
def rows():
    return STUDY.rows(quick=True)


def test_fewer_attacked_pulses_hide_longer(rows):
    """Oracle: less of an attack is seen later."""
    for row in where(rows, share=1.0):
        (weak,) = where(rows, system=row["system"], attack=row["attack"], share=0.01)
        assert (row["pulses"] is None) == (weak["pulses"] is None)
        if row["pulses"]:
            assert weak["pulses"] > 10.0 * row["pulses"]


def test_decoys_find_what_nothing_else_does(rows):
    """Oracle: photon-number splitting keeps gain and errors; beam splitting keeps everything."""
    (with_decoys,) = where(rows, attack="photon-number-splitting", system="decoy pulses", share=1.0)
    (without,) = where(rows, attack="photon-number-splitting", system="weak pulses", share=1.0)
    assert with_decoys["check"] == "DECOY-1"
    assert without["pulses"] is None
    assert {row["pulses"] for row in where(rows, attack="beam-splitting")} == {None}


def test_the_plain_error_rate_never_finds_blinding(rows):
    """Oracle: blinding makes no errors."""
    blinded = where(rows, attack="blinding", share=1.0)
    assert len(blinded) == 2
    for row in blinded:
        assert row["pulses_of_plain_qber"] is None
        assert row["pulses"] < 1e5


def test_pulses_of_one_check_are_those_of_its_sample_size():
    """Oracle: first and safe sample size of the exact binomial test, worked out elsewhere."""
    device = described(SYSTEMS["single photons"])
    suite = Suite(device=device, false_alarm=1e-3)
    found = hidden_for(suite, "intercept-resend", 0.2, among=("qber-z",))
    attacked = Bench(ATTACKS["intercept-resend"].apply(device, 0.2))
    honest, _ = suite.bench.chance(COUNT_CHECKS["qber-z"])
    chance, share = attacked.chance(COUNT_CHECKS["qber-z"])
    sizes = sample_sizes(honest, chance, alpha=suite.alpha, beta=1e-2)
    assert found.check == "QBER-Z"
    assert sizes.n_first - 1 <= found.pulses * share <= sizes.n_safe + 1


def test_what_cannot_be_played_is_refused():
    """Oracle: without a device nothing is attacked; single photons cannot be split."""
    with pytest.raises(ParameterError, match="attack must come with a device"):
        hidden_for(Suite(device=None), "intercept-resend", 1.0)
    suite = Suite(device=described(SYSTEMS["single photons"]))
    with pytest.raises(ParameterError, match="source"):
        hidden_for(suite, "photon-number-splitting", 1.0)
    with pytest.raises(ParameterError, match="miss must lie in"):
        hidden_for(suite, "intercept-resend", 1.0, miss=2.0)
