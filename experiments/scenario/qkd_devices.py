"""The tables [source], [pair], [fibre], [free_space], [detector] and [eve] of key distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args

from experiments.scenario.reader import NOTHING, Reader, missing, within
from protocols.qkd import (
    BeamSplitting,
    Blinding,
    Detectors,
    EntanglingProbe,
    Eve,
    FakedStates,
    InterceptResend,
    Line,
    PhotonNumberSplitting,
    SinglePhotons,
    TimeShift,
    WeakPulses,
)
from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_positive,
    check_probability,
    check_real,
)
from qnet.hardware import Fibre, FreeSpace
from qnet.hardware.detector import Afterpulses
from qnet.states import fano_from_weights, werner

__all__ = [
    "MISMATCH_ATTACKS",
    "TABLES",
    "read_eve",
    "read_line",
    "read_pair",
    "read_photons",
    "read_source",
]

_PHOTONS = ("intensities", "probabilities", "mean_photon_number", "brightness", "g2", "clock_hz")
_PAIRS = ("mean_pair_number_half", "clock_hz")
_SOURCES = {
    "bb84": _PHOTONS,
    "six-state": _PHOTONS,
    "decoy-bb84": ("intensities", "probabilities", "clock_hz"),
    "bbm92": _PAIRS,
    "e91": ("clock_hz",),
    "mdi": ("clock_hz",),
}
_FIBRE = ("length_km", "loss_db_per_km")
_FREE_SPACE = (
    "distance_km",
    "wavelength_nm",
    "waist_m",
    "receiver_radius_m",
    "pointing_urad",
    "atmosphere",
)
_DETECTOR = (
    "efficiency",
    "efficiency_1",
    "dark_count_probability",
    "background_yield",
    "afterpulse_probability",
    "afterpulses",
    "dead_time_s",
    "efficiency_mismatch",
    "misalignment",
)

#: Most gates of a dead time: beyond this, numbers of gates no longer add up.
_MOST_GATES = 1e12
_PAIR = ("fidelity", "werner", "bell_diagonal")
_EVE = ("attack", "fraction", "bases", "strength", "pass_single", "pass_multiple")
_ATTACKS = {
    "intercept-resend": ("fraction", "bases"),
    "entangling-probe": ("strength",),
    "faked-states": ("fraction",),
    "time-shift": ("fraction",),
    "blinding": ("fraction",),
    "beam-splitting": (),
    "photon-number-splitting": ("pass_single", "pass_multiple"),
}
_STEERING: dict[str, Callable[..., Eve]] = {
    "faked-states": FakedStates,
    "time-shift": TimeShift,
    "blinding": Blinding,
}

#: Attacks that use detectors whose efficiencies differ in time.
MISMATCH_ATTACKS = ("faked-states", "time-shift")

#: Keys of each table, so that a misplaced one can be sent home.
TABLES = {
    "source": (*_PHOTONS, "mean_pair_number_half"),
    "fibre": _FIBRE,
    "free_space": _FREE_SPACE,
    "detector": _DETECTOR,
    "pair": _PAIR,
    "eve": _EVE,
    "fibre_alice": (),
    "detector_alice": (),
}


def read_source(root: Reader, kind: str) -> float | None:
    """Check the keys of [source]; its clock, in pulses per second."""
    table = root.table("source", _SOURCES[kind])
    return table.number("clock_hz", check_positive, None)


def read_photons(root: Reader, *, needed: bool) -> SinglePhotons | WeakPulses | None:
    """[source] of a protocol that sends photons; None is one photon per pulse."""
    table = Reader(root.mapping("source"), "source", _PHOTONS)
    table.exclude("intensities", "mean_photon_number", "brightness", "g2")
    table.exclude("mean_photon_number", "probabilities", "brightness", "g2")
    with within("source", mean_photon_number="mean_photon_number"):
        if "intensities" in table:
            intensities = table.numbers("intensities", check_non_negative)
            if "probabilities" not in table and len(intensities) > 1:
                raise missing("source.probabilities", [0.6, 0.3, 0.1][: len(intensities)])
            shares: tuple[float, ...] = (1.0,)
            if "probabilities" in table:
                shares = table.numbers("probabilities", check_probability)
            return WeakPulses(intensities=intensities, probabilities=shares)
        if needed:
            raise missing("source.intensities", [0.5, 0.1, 2e-4])
        if "mean_photon_number" in table:
            return WeakPulses(intensities=(table.number("mean_photon_number"),))
        if "probabilities" in table:
            raise missing("source.intensities", [0.5, 0.1, 2e-4])
        if "brightness" in table or "g2" in table:
            numbers = {key: table.number(key) for key in ("brightness", "g2") if key in table}
            return SinglePhotons(**numbers)
    return None


def read_pair(root: Reader) -> Any:  # noqa: ANN401
    """[pair]: the state of the pairs; None is Phi+."""
    if "pair" not in root:
        return None
    table = root.table("pair", _PAIR)
    table.exclude("fidelity", "werner", "bell_diagonal")
    table.exclude("werner", "bell_diagonal")
    with within("pair"):
        if "bell_diagonal" in table:
            return fano_from_weights(table.numbers("bell_diagonal", check_probability))
        if "werner" in table:
            return werner(table.number("werner", check_real))
        fidelity = table.number("fidelity", check_probability, example=0.97)
        return werner((4.0 * fidelity - 1.0) / 3.0)


def read_line(root: Reader, end: str = "", *, clock_hz: float | None) -> Line:
    """[fibre] or [free_space], and [detector]; ``end`` is ``_alice`` for hers."""
    detector = f"detector{end}"
    if end and detector not in root:
        detector = "detector"
    detectors, misalignment = _detectors(root.table(detector, _DETECTOR), clock_hz)
    if end and detector == "detector":
        misalignment = 0.0
    return Line(
        transmission=_transmission(root, end), detectors=detectors, misalignment=misalignment
    )


def _transmission(root: Reader, end: str) -> float:
    root.exclude("fibre", "free_space")
    if not end and "free_space" in root:
        table = root.table("free_space", _FREE_SPACE)
        required = _FREE_SPACE[:4]
        for key, example in zip(required, (500.0, 785.0, 0.1, 0.5), strict=True):
            table.get(key, example=example)
        with within("free_space"):
            numbers = {key: table.number(key) for key in table.values}
            distance = check_non_negative("distance_km", numbers.pop("distance_km"))
            return FreeSpace(length_km=distance, **numbers).transmission
    table = root.table(f"fibre{end}", _FIBRE)
    if table.path in root:
        table.get("length_km", example=50.0)
    with within(table.path):
        loss, length = (
            table.number("loss_db_per_km", default=0.2),
            table.number("length_km", default=0.0),
        )
        return Fibre(length_km=length, loss_db_per_km=loss).transmission


def _detectors(table: Reader, clock_hz: float | None) -> tuple[Detectors, float]:
    table.exclude("background_yield", "dark_count_probability")
    names = ("efficiency", "efficiency_1", "dark_count_probability", "afterpulse_probability")
    values: dict[str, Any] = {
        key: table.number(key, check_probability)
        for key in (*names, "efficiency_mismatch")
        if key in table
    }
    if "background_yield" in table:
        values["background_yield"] = table.number("background_yield", check_probability)
    if "afterpulses" in table:
        values["afterpulses"] = table.choice("afterpulses", get_args(Afterpulses))
    if "dead_time_s" in table:
        dead = table.number("dead_time_s", check_non_negative)
        if clock_hz is None:
            rule = "be given with detector.dead_time_s"
            hint = "add clock_hz = 1e9 under [source]"
            raise ParameterError("source.clock_hz", rule, NOTHING, hint)
        values["dead_gates"] = _gates(table.field("dead_time_s"), dead, clock_hz)
    misalignment = table.number("misalignment", check_probability, 0.0)
    with within(table.path):
        return Detectors(**values), misalignment


def _gates(field: str, dead_time_s: float, clock_hz: float) -> int:
    """Number of the gates after a detection that lie within the dead time.

    The gate at its very end still does: 20 ns at 100 MHz block two gates, 30 ns three, whatever
    the product is rounded to.
    """
    gates = dead_time_s * clock_hz
    if gates > _MOST_GATES:
        hint = "give the seconds in which a detector is blind after a click, such as 1e-6"
        raise ParameterError(field, f"last {_MOST_GATES:g} gates at most", dead_time_s, hint)
    nearest = round(gates)
    return nearest if abs(gates - nearest) <= 1e-9 * max(nearest, 1) else math.floor(gates)


def read_eve(root: Reader, line: Line, source: SinglePhotons | WeakPulses | None) -> Eve:
    """[eve]: who listens; nobody when it is missing."""
    if "eve" not in root:
        return Eve()
    table = root.table("eve", _EVE)
    attack = table.choice("attack", _ATTACKS)
    for key in table.values:
        if key != "attack" and key not in _ATTACKS[attack]:
            hint = f"remove it: {attack} has {', '.join(_ATTACKS[attack]) or 'no parameters'}"
            rule = f"be left out of {attack}"
            raise ParameterError(table.field(key), rule, table.values[key], hint)
    if attack in ("beam-splitting", "photon-number-splitting") and source is None:
        hint = "give [source] with intensities, mean_photon_number or g2"
        raise ParameterError("eve.attack", "have pulses of several photons", attack, hint)
    with within("eve"):
        if attack == "intercept-resend":
            bases = table.get("bases", ["Z", "X"])
            if not isinstance(bases, list):
                raise ParameterError("bases", "be a list", bases, 'write bases = ["Z", "X"]')
            fraction = table.number("fraction", default=1.0)
            return InterceptResend(fraction=fraction, bases=tuple(bases))
        if attack == "entangling-probe":
            return EntanglingProbe(strength=table.number("strength", example=0.1))
        if attack in _STEERING:
            return _STEERING[attack](fraction=table.number("fraction", default=1.0))
        if attack == "beam-splitting":
            return BeamSplitting()
        given = {key: table.number(key) for key in _ATTACKS[attack] if key in table}
        if given or not isinstance(source, WeakPulses):
            return PhotonNumberSplitting(**given)
        efficiency = line.detectors.efficiency
        return PhotonNumberSplitting.hidden(source.intensities[0], line.transmission, efficiency)
