"""Numbers of the page of BB84 with Eve against closed forms, and its queries."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

import qnet
from experiments.explore.spy.answers import SPY_ANSWERS, SPY_FILES
from experiments.explore.spy.controls import ATTACKS, SpyControls, spy_choices
from experiments.explore.spy.point import spy_curve, tolerated_qber, work_out_spy
from experiments.explore.spy.rounds import SIGNALS, spy_rounds
from qnet.errors import ParameterError

#: Nothing errs and nothing is lost but by Eve.
QUIET = SpyControls(misalignment=0.0, distance_km=0.0)


def h(rate):
    """Binary entropy in bits."""
    return 0.0 if rate in (0.0, 1.0) else -sum(p * math.log2(p) for p in (rate, 1.0 - rate))


@pytest.mark.parametrize(("share", "error"), [(0.0, 0.03), (0.2, 0.0), (0.7, 0.03), (1.0, 0.0)])
def test_intercept_and_resend_is_a_mixture(share, error):
    """Half of what she measures is in the wrong basis and errs half of the time; a misaligned
    analyser errs on the rest: ``e + f (1 - 2 e)/4``. She knows the half that she measured rightly.
    """
    found = work_out_spy(replace(QUIET, misalignment=error, share=share))
    qber = error + share * (1.0 - 2.0 * error) / 4.0
    for name in ("qber", "qber_z", "qber_x"):
        assert found["exact"][name] == pytest.approx(qber, abs=1e-12)
    assert found["eve"]["guess"] == pytest.approx(0.5 + share / 4.0)
    assert found["eve"]["known"] == pytest.approx(share / 2.0, abs=1e-12)
    assert found["eve"]["certain"] == pytest.approx(share / 2.0, abs=1e-12)
    key = max(0.0, 1.0 - 2.16 * h(qber))
    assert found["exact"]["key"] == pytest.approx(key, abs=1e-9)
    assert found["exact"]["security"]["notion"] == ("asymptotic" if key else "none")


def test_other_bases_of_eve():
    """Between the bases she guesses a bit with cos^2(pi/8); always in Z she errs in X alone."""
    between = work_out_spy(replace(QUIET, attack="breidbart", share=1.0))
    guess = math.cos(math.pi / 8.0) ** 2
    assert between["exact"]["qber"] == pytest.approx(0.25)
    assert between["eve"]["guess"] == pytest.approx(guess)
    assert between["eve"]["known"] == pytest.approx(1.0 - h(guess))
    assert between["eve"]["certain"] == 0.0
    in_z = work_out_spy(replace(QUIET, attack="always-z", share=1.0))["exact"]
    assert (in_z["qber_z"], in_z["qber_x"]) == pytest.approx((0.0, 0.5), abs=1e-12)


def test_probe_errs_a_third_at_most():
    """The Fuchs-Peres-Brandt probe at its full strength: an error rate of 1/3."""
    for share in (0.3, 1.0):
        found = work_out_spy(replace(QUIET, attack="entangling-probe", share=share))
        assert found["exact"]["qber"] == pytest.approx(share / 3.0)


def test_where_the_key_ends():
    """The root of ``1 - 2.16 h(e)``, and the share that causes this error rate."""
    limit = brentq(lambda e: 1.0 - 2.16 * h(e), 0.05, 0.15)
    assert tolerated_qber() == pytest.approx(limit, abs=1e-9)
    found = spy_curve(replace(QUIET, misalignment=0.01))
    assert found["ends"] == pytest.approx(4.0 * (limit - 0.01) / 0.98, abs=1e-3)
    assert [point["qber"] for point in found["points"]] == pytest.approx(
        [0.01 + k / 10 * 0.98 / 4.0 for k in range(11)]
    )


def test_curve_of_an_attack_that_no_error_rate_shows():
    """The least share of blinding leaves no key, and an honest line has one."""
    found = spy_curve(replace(QUIET, attack="blinding"))
    assert found["ends"] == 0.0
    assert found["points"][0]["key"] > 0.9


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_bits_to_compare_without_noise(share):
    """Any error alarms: the least n with ``(1 - f/4)^n`` at most the chance to miss her."""
    for miss in (0.1, 1e-6):
        found = work_out_spy(replace(QUIET, share=share, miss=miss))["notice"]
        least = math.ceil(math.log(miss) / math.log1p(-share / 4.0))
        assert (found["first"], found["safe"], found["threshold"]) == (least, least, 0)


def test_finite_key_follows_the_counts():
    """Length of Tomamichel et al. 2012 from the counts that the page shows, eps 1e-10 and 1e-15."""
    controls = replace(QUIET, misalignment=0.01, share=0.1, pulses=2_000_000)
    found = work_out_spy(controls, seed=3)
    finite, run = found["finite"], found["run"]
    n, k = finite["key_bits"], finite["test_bits"]
    assert n + k == run["sifted_bits"]
    e_x, e_z = finite["test_errors"] / k, run["qber_z"]["best"]
    m = math.sqrt((n + k) / (n * k) * (k + 1) / k * math.log(4e10))
    length = n * (1.0 - h(e_x + m)) - 1.16 * n * h(e_z) - math.log2(2e20 * 1e15)
    assert finite["secret_bits"] == math.floor(length)
    claim = finite["security"]
    assert (claim["notion"], claim["epsilon"]) == ("composable", pytest.approx(1e-10, rel=1e-4))
    few = work_out_spy(replace(controls, pulses=1000))["finite"]
    assert few["secret_bits"] == 0
    assert "are too few, it takes" in few["reason"]


def test_run_scatters_as_it_should():
    """QBER of 8 seeds: binomial about the exact value, their mean within 4.5 standard errors."""
    controls = replace(QUIET, misalignment=0.02, share=0.4, pulses=50_000)
    runs = [work_out_spy(controls, seed=seed)["run"] for seed in range(8)]
    exact = 0.02 + 0.4 * 0.96 / 4.0
    bits = sum(run["sifted_bits"] for run in runs)
    mean = sum(run["qber"]["best"] * run["sifted_bits"] for run in runs) / bits
    assert abs(mean - exact) < 4.5 * math.sqrt(exact * (1.0 - exact) / bits)
    assert all(run["qber"]["low"] < run["qber"]["best"] < run["qber"]["high"] for run in runs)
    assert runs[3] == work_out_spy.__wrapped__(controls, 3)["run"]


def test_splitting_leaves_the_errors_and_the_signals_alone():
    """Hidden in the loss; only decoys tell, and one intensity alone has no key and no statistic."""
    controls = SpyControls(
        source="decoys",
        receiver="real",
        attack="photon-number-splitting",
        share=1.0,
        distance_km=50.0,
    )
    found = work_out_spy(controls)
    assert found["exact"]["qber"] == pytest.approx(found["honest"]["qber"], rel=1e-2)
    assert found["notice"]["statistic"] == "decoy-yield"
    assert found["notice"]["attacked"] < found["notice"]["honest"]
    assert found["eve"]["certain"] > 0.2
    laser = work_out_spy(replace(controls, source="laser"))
    assert "no decoys" in laser["notice"]["reason"]
    assert laser["exact"]["key"] == laser["finite"]["secret_bits"] == 0.0


def test_tapped_share_of_a_beam_splitter():
    """Of detected pulses of mean mu she holds a photon of ``1 - exp(-mu (1 - t))``."""
    found = work_out_spy(
        SpyControls(source="laser", attack="beam-splitting", share=1.0, misalignment=0.0)
    )
    held = 1.0 - math.exp(-0.5 * (1.0 - 10.0**-0.2))
    assert found["eve"]["certain"] == pytest.approx(held, rel=1e-9)
    assert found["exact"]["qber"] == found["honest"]["qber"]
    assert "nothing that Alice and Bob count shows her" in found["notice"]["reason"]


def test_blinding_is_believed_and_claims_nothing():
    found = work_out_spy(SpyControls(attack="blinding", receiver="real", share=0.3))
    assert found["exact"]["qber"] < found["honest"]["qber"]
    assert found["exact"]["key"] == found["finite"]["secret_bits"] == 0
    assert found["exact"]["security"]["notion"] == found["finite"]["security"]["notion"] == "none"
    assert found["exact"]["believed"] > 0.5
    assert found["notice"]["statistic"] == "attenuated-clicks"
    assert any("is wrong" in text for text in found["says"])


@pytest.mark.parametrize("source", ["single", "decoys"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_of_every_source_is_worked_out(source, attack):
    """All as JSON; the copied file describes the same devices, and gives the same error rate."""
    if ATTACKS[attack].splits and source == "single":
        with pytest.raises(ParameterError, match="attack must suit the source"):
            SpyControls(source=source, attack=attack)
        return
    controls = SpyControls(source=source, attack=attack, receiver="real", share=0.9)
    found = json.loads(json.dumps(work_out_spy(controls), allow_nan=False))
    assert 0.0 <= found["eve"]["certain"] <= found["eve"]["guess"] <= 1.0
    assert all(text.endswith(".") for text in found["says"])
    copied = qnet.loads(found["scenario"])
    assert copied.protocol == controls.protocol
    played = copied.play()
    assert (played.seed, played.qber.best) == (1, found["run"]["qber"]["best"])
    strip = json.loads(json.dumps(spy_rounds(controls, 2), allow_nan=False))
    assert len(strip["signals"]) == SIGNALS


def test_strip_obeys_the_rules_of_bb84():
    """Same basis and nobody between: same bit; Eve in that basis: her bit and his are Alice's."""
    rows = [
        row for seed in range(12) for row in spy_rounds(replace(QUIET, share=0.5), seed)["signals"]
    ]
    for row in rows:
        alike = row["basis_alice"] == row["basis_bob"]
        assert row["fate"] == (
            {"Z": "key", "X": "test"}[row["basis_alice"]] if alike else "dropped"
        )
        assert row["wrong"] is (alike and row["bit_alice"] != row["bit_bob"])
        if row["eve"] is None:
            assert not row["wrong"]
        elif row["eve"]["basis"] == row["basis_alice"]:
            assert row["eve"]["bit"] == row["bit_alice"]
            assert not row["wrong"]
        elif row["eve"]["basis"] == row["basis_bob"]:
            assert row["eve"]["bit"] == row["bit_bob"]
    touched = np.mean([row["eve"] is not None for row in rows])
    assert abs(touched - 0.5) < 4.5 * math.sqrt(0.25 / len(rows))
    assert spy_rounds.__wrapped__(QUIET, 5) == spy_rounds.__wrapped__(QUIET, 5)
    assert spy_rounds(QUIET, 5) != spy_rounds(QUIET, 6)


def test_strip_counts_what_is_lost():
    """Over 50 km one photon of ten arrives: 32 detections take 320 signals, +- 5 deviations."""
    found = spy_rounds(replace(QUIET, distance_km=50.0), 1)
    assert abs(found["sent"] - 320) < 5.0 * math.sqrt(32 * 0.9) / 0.1


def query(**changes):
    return {name: [text] for name, text in (SpyControls().as_query() | changes).items()}


def test_queries_are_read_back():
    for controls in (SpyControls(), replace(QUIET, share=1 / 3, source="decoys", pulses=10**12)):
        texts = {name: [text] for name, text in controls.as_query().items()}
        assert SpyControls.from_query(texts) == controls


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("share", "nan", "be a finite number"),
        ("share", "-0.1", "lie in [0, 1]"),
        ("share", "1e300", "lie in [0, 1]"),
        ("distance_km", "-5", "lie in [0, 250]"),
        ("misalignment", "", "be a finite number"),
        ("pulses", "1e3.5", "be a finite number"),
        ("pulses", "1000.5", "be whole"),
        ("pulses", "9" * 300, "be a finite number"),
        ("miss", "0", "lie in [1e-09, 0.5]"),
        ("source", "candle", "be one of"),
        ("attack", "intercept", "be one of"),
        ("attack", "beam-splitting", "suit the source"),
        ("seed", "-1", "be a whole number"),
        ("seed", "nan", "be a whole number"),
    ],
)
def test_bad_queries_are_refused(field, text, rule):
    """Field and rule in one line, before anything is worked out."""
    with pytest.raises(ParameterError) as caught:
        SPY_ANSWERS["/spy/point"](None, query(**{field: text}))
    assert str(caught.value).startswith(f"{field} must {rule}")
    assert len(str(caught.value)) < 400


def test_unknown_and_missing_fields_are_refused():
    with pytest.raises(ParameterError, match="did you mean 'share'"):
        SPY_ANSWERS["/spy/point"](None, query(shore="0.3"))
    rest = {name: texts for name, texts in query().items() if name != "share"}
    with pytest.raises(ParameterError, match=r"share must be given once \(got 0\)"):
        SPY_ANSWERS["/spy/curve"](None, rest)
    with pytest.raises(ParameterError, match=r"seed must be given once \(got 2\)"):
        SPY_ANSWERS["/spy/rounds"](None, query() | {"seed": ["1", "2"]})


def test_every_position_of_the_sliders_is_a_setting():
    offered = json.loads(json.dumps(spy_choices(), allow_nan=False))
    for name, scale in offered["scales"].items():
        for value in scale:
            replace(SpyControls(), **{name: value})
    for miss in offered["misses"]:
        replace(SpyControls(), miss=miss)
    assert SpyControls.from_query(query()).as_query() == offered["start"]
    assert set(SPY_FILES) == {"/spy", "/spy.css", "/spy.js"}
