"""Malformed calls of constructors: the sentence that is said."""

from __future__ import annotations

import math

import pytest

import qnet
from protocols import from_tree, nested, pumped, recurrence, swap_asap
from qnet.errors import ParameterError
from qnet.hardware import Fibre, FrequencyConversion, PairSource
from qnet.metrics import bell_diagonal_from_error_rates, plob
from qnet.states import fano_from_weights, werner

LINK = qnet.Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
MIXED = [[0.5, 0.0], [0.0, 0.5]]

# Constructor calls: (call, field, part of the message).
CALLS = {
    "probability": (
        lambda: qnet.Link(success_probability=1.5, attempt_time_s=1.0, state=werner(1.0)),
        "link.success_probability",
        "lie in [0, 1] (got 1.5)",
    ),
    "nan": (
        lambda: qnet.Link(success_probability=math.nan, attempt_time_s=1.0, state=werner(1.0)),
        "link.success_probability",
        "finite number (got nan)",
    ),
    "time": (
        lambda: qnet.Link(success_probability=0.1, attempt_time_s=-1.0, state=werner(1.0)),
        "link.attempt_time_s",
        "be positive (got -1.0)",
    ),
    "one qubit": (
        lambda: qnet.Link(success_probability=0.1, attempt_time_s=1.0, state=MIXED),
        "link.state",
        "be a two-qubit state",
    ),
    "unphysical": (
        lambda: qnet.Link(
            success_probability=0.1,
            attempt_time_s=1.0,
            state=[[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, -2, 0], [0, 0, 0, 2]],
        ),
        "link.state",
        "be a physical state",
    ),
    "werner": (lambda: werner(-0.5), "werner", "lie in [-1/3, 1] (got -0.5)"),
    "weights": (lambda: fano_from_weights([0.5, 0.5, 0.5, 0.5]), "bell_diagonal", "sum to 1"),
    "memory": (lambda: qnet.Memory(t1_s=1.0, t2_s=3.0), "t2_s", "(got 3.0); lower t2_s"),
    "memory modes": (lambda: qnet.Memory(modes=0), "modes", "be at least 1 (got 0)"),
    "fibre": (lambda: Fibre(loss_db_per_km=-1.0), "loss_db_per_km", "not be negative (got -1.0)"),
    "length": (lambda: Fibre(length_km=-5.0), "length_km", "not be negative (got -5.0)"),
    "emitter": (lambda: qnet.Emitter(visibility=2.0), "visibility", "lie in [0, 1] (got 2.0)"),
    "detector": (
        lambda: qnet.Detector(number_resolving="yes"),
        "number_resolving",
        "be True or False (got 'yes')",
    ),
    "converter": (
        lambda: FrequencyConversion(wavelength_nm=0.0),
        "wavelength_nm",
        "be positive (got 0.0)",
    ),
    "source": (lambda: PairSource(rate_hz=0.0), "rate_hz", "be positive (got 0.0)"),
    "gates": (
        lambda: qnet.Gates(two_qubit_depolarizing=1.2),
        "two_qubit_depolarizing",
        "lie in [0, 1] (got 1.2)",
    ),
    "preset": (lambda: qnet.preset("nv"), "preset", "be one of"),
    "improved": (lambda: qnet.improved(qnet.Memory(), 0.5), "k", "be at least 1 (got 0.5)"),
    "cutoff": (
        lambda: qnet.Cutoff(kind="diff", time_s=1.0),
        "cutoff.kind",
        "did you mean 'difference'?",
    ),
    "station": (
        lambda: qnet.Station(success_probability=-0.1, perfect=True),
        "swap.success_probability",
        "lie in [0, 1] (got -0.1)",
    ),
    "swap": (lambda: qnet.Swap(left=LINK, right="link"), "swap.right", "be a Plan (got 'link')"),
    "asap of one": (lambda: qnet.SwapAsap(segments=(LINK,), stations=()), "segments", "two or"),
    "asap stations": (
        lambda: qnet.SwapAsap(segments=(LINK,) * 3, stations=(qnet.Station(perfect=True),)),
        "stations",
        "be one fewer than the 3 segments (got 1)",
    ),
    "distill": (
        lambda: qnet.Distill(pair=LINK, scheme="bbpsw"),
        "distill.scheme",
        "did you mean 'bbpssw'?",
    ),
    "pump": (lambda: qnet.Pump(pair=LINK, steps=0), "pump.steps", "be at least 1 (got 0)"),
    "multiplex": (lambda: qnet.Multiplex(pair=LINK, copies=0), "multiplex.copies", "at least 1"),
    "no links": (lambda: nested([]), "links", "be one or more (got 0)"),
    "no links for asap": (lambda: swap_asap([]), "links", "be one or more (got 0)"),
    "tree": (lambda: from_tree([LINK] * 3, [0, 1]), "chain.tree", "link 2 is missing"),
    "rounds": (lambda: recurrence(LINK, rounds=-1), "distill.rounds", "be at least 0 (got -1)"),
    "steps": (lambda: pumped(LINK, steps=-1), "pump.steps", "be at least 1 (got -1)"),
    "shots": (lambda: qnet.play(LINK, shots=0, seed=1), "shots", "be at least 1 (got 0)"),
    "seed": (lambda: qnet.play(LINK, shots=1, seed=-1), "seed", "be at least 0 (got -1)"),
    "workers": (
        lambda: qnet.play(LINK, shots=1, seed=1, workers=0),
        "workers",
        "be at least 1 (got 0)",
    ),
    "engine": (
        lambda: qnet.play(LINK, shots=1, seed=1, engine="exakt"),
        "engine",
        "be one of 'circuit', 'exact', 'sampled' (got 'exakt')",
    ),
    "key": (
        lambda: qnet.Key(error_correction_efficiency=0.5),
        "key.error_correction_efficiency",
        "be at least 1 (got 0.5)",
    ),
    "estimate": (
        lambda: qnet.Estimate(2.0, 1.0, 3.0),
        "low, best, high",
        "be in ascending order",
    ),
    "transmission": (lambda: plob(1.5), "transmission", "lie in [0, 1] (got 1.5)"),
    "error rates": (
        lambda: bell_diagonal_from_error_rates([0.1, 0.9, 0.1]),
        "error_rates",
        "belong to a state",
    ),
}


@pytest.mark.parametrize(("call", "field", "part"), CALLS.values(), ids=list(CALLS))
def test_constructor_call_is_refused(call, field, part):
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.field == field
    assert part in str(caught.value)
