"""Scenario files for ``qnet keyrate``: kind and model, and the numbers that the analysis needs.

Keys of ``kind = "decoy-bb84"`` stand in the tables [source], [fibre], [detector] and [security];
those of the other kinds at the top level, or in a table of one of these names, whichever reads
better.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.scenario.cv import check_symbols, disclosed_of
from experiments.scenario.decoy import check_clock, check_epsilon, check_size, read_decoy
from experiments.scenario.reader import Reader, conflict
from protocols.key_rates import (
    GG02,
    KeyRate,
    Security,
    bb84,
    bbm92_spdc,
    device_independent,
    finite_gg02,
    gg02,
    mdi,
    six_state,
    tomamichel2012,
    twin_field,
)
from protocols.key_rates.entangled import check_six_state
from protocols.key_rates.gg02 import DETECTIONS, check_noise, check_share, check_variance
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.metrics.figures import Figure, Value
from qnet.metrics.report import PER_SECOND, Report
from qnet.schema import override, parse, read_text

__all__ = ["Analysis", "load", "loads"]

#: Rates that a clock turns into bits per second.
_PER_PULSE = ("secret_key_rate_per_pulse", "secret_key_rate_per_symbol")

Work = Callable[[], KeyRate]

_TABLES = ("source", "fibre", "detector", "security")
#: Keys of ``qnet run`` that an analysis has no use for.
_DRAWN = ("seed", "shots", "pulses", "rounds")
_EPSILONS = ("epsilon_secrecy", "epsilon_correctness", "error_correction_efficiency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An analysis that was read from a file, ready to be worked out.

    Args:
        name: What to call it.
        kind: The kind of protocol.
        model: The security analysis; the kind itself where there is only one.
        work: Works it out.
        clock_hz: Pulses or symbols per second, if the file says so.
        notes: Keys that have no effect.
    """

    name: str
    kind: str
    model: str
    work: Work
    clock_hz: float | None = None
    notes: tuple[str, ...] = ()

    def report(self, rate: KeyRate) -> Report:
        """What is shown of a rate: its figures by name, and bits per second where there is a clock.

        Args:
            rate: What the analysis gives.
        """
        figures = rate.as_dict()
        if self.clock_hz is not None and rate.name in _PER_PULSE:
            figures[PER_SECOND.name] = rate.value * self.clock_hz
        table: dict[Figure, Value] = {
            Figure(name=name, title=name): value for name, value in figures.items()
        }
        title = ", ".join(dict.fromkeys((self.kind, self.model)))
        return Report(
            name=self.name,
            result=rate,
            lines=(f"{self.name}: {title}",),
            head={"kind": self.kind, "model": self.model},
            text=table,
            json=table,
            notes=self.notes,
            width=28,
            digits=9,
        )


def load(path: str | Path, *, changes: Mapping[str, Any] | None = None) -> Analysis:
    """The analysis that a file asks for.

    Args:
        path: A TOML file.
        changes: Keys that are set otherwise than in the file, by path.

    Raises:
        ParameterError: If the file cannot be read, or something in it is wrong.

    Examples:
        >>> load("experiments/scenarios/keyrate/lim2014.toml").model
        'lim2014'
    """
    return loads(override(parse(read_text(path)), changes or {}), name=Path(path).stem)


def loads(text: str | Mapping[str, Any], *, name: str = "scenario") -> Analysis:
    r"""The analysis that a text in TOML asks for.

    Args:
        text: What a scenario file holds, or its keys and tables.
        name: What to call it.

    Raises:
        ParameterError: If something in it is wrong.

    Examples:
        >>> analysis = loads('kind = "entangled"\nmodel = "bb84"\nqber = 0.05')
        >>> round(analysis.work().value, 6)
        0.427206
    """
    values = parse(text) if isinstance(text, str) else text
    # Keys are checked by each kind; only the kind is looked at here.
    kind = Reader({key: values[key] for key in values if key == "kind"}, "", ("kind",)).choice(
        "kind", ("decoy-bb84", *_FLAT)
    )
    notes = [f"{key} has no effect: nothing is drawn" for key in _DRAWN if key in values]
    rest = {key: value for key, value in values.items() if key not in ("kind", *_DRAWN)}
    if kind == "decoy-bb84":
        model, clock_hz, work, unused = read_decoy(rest)
        notes += unused
    else:
        model, clock_hz, work = _FLAT[kind](rest)
    return Analysis(
        name=name, kind=kind, model=model, work=work, clock_hz=clock_hz, notes=tuple(notes)
    )


def _refuse_unequal(values: Mapping[str, Any]) -> None:
    """Unequal detectors are no key like any other: formulas that presume equal ones refuse them."""
    tables = {table: values[table] for table in _TABLES if isinstance(values.get(table), Mapping)}
    for place, table in {"": values, **tables}.items():
        if "efficiency_1" in table:
            field = f"{place}.efficiency_1" if place else "efficiency_1"
            hint = "this formula presumes equal detectors; kind decoy-bb84 and qnet run thin clicks"
            raise ParameterError(field, "be left out with this kind", table["efficiency_1"], hint)


class _Flat(Reader):
    """Keys at the top level or in a table; each may stand in one place only."""

    def __init__(self, values: Mapping[str, Any], keys: Collection[str]) -> None:
        _refuse_unequal(values)
        top = Reader(values, "", (*keys, *_TABLES))
        merged = {key: value for key, value in values.items() if key not in _TABLES}
        self.places = dict.fromkeys(merged, "")
        for table in _TABLES:
            for key, value in top.table(table, keys).values.items():
                if key in merged:
                    there = f"{table}.{key}"
                    raise conflict(there, value, self.field(key))
                merged[key], self.places[key] = value, table
        super().__init__(merged, "", keys)

    def field(self, key: str) -> str:
        place = self.places.get(key, "")
        return f"{place}.{key}" if place else key

    def pair(self, key: str, check: Callable[[str, object], float]) -> tuple[float, float]:
        """A list of two numbers, one per party."""
        numbers = self.numbers(key, check)
        if len(numbers) != 2:
            hint = f"write {key} = [Alice, Bob]"
            raise ParameterError(self.field(key), "be two numbers", list(numbers), hint)
        return numbers[0], numbers[1]

    def efficiency(self, default: float) -> float:
        """``error_correction_efficiency``."""
        number = self.number("error_correction_efficiency", check_shannon, default)
        return float(number)

    def one_or_two(self, key: str) -> float | tuple[float, float]:
        """One probability for both parties, or one each; zero when missing."""
        if isinstance(self.get(key, 0.0), list):
            return self.pair(key, check_probability)
        return float(self.number(key, check_probability, 0.0))


def check_shannon(field: str, value: object) -> float:
    """An efficiency of error correction."""
    return check_at_least(field, value, 1.0, "1 is the Shannon limit, 1.05 to 1.2 is usual")


def _error_rate(field: str, value: object) -> float:
    return check_probability(field, value, "give an error rate between 0 and 1")


_FRACTIONS = {"bb84": bb84, "six-state": six_state}


def _entangled(values: Mapping[str, Any]) -> tuple[str, None, Work]:
    keys = ("model", "qber", "chsh", "key_bits", "test_bits", *_EPSILONS)
    table = _Flat(values, keys)
    model = table.choice("model", (*_FRACTIONS, "device-independent", "tomamichel2012"))
    rate = check_six_state if model == "six-state" else _error_rate
    qber = table.number("qber", rate, example=0.02)
    own: tuple[str, ...] = ("model", "qber", "error_correction_efficiency")
    if model == "device-independent":
        own = (*own, "chsh")
    elif model == "tomamichel2012":
        own = (*own, "key_bits", "test_bits", *_EPSILONS)
    for key, value in table.values.items():
        if key not in own:
            hint = "the keys are " + ", ".join(own)
            raise ParameterError(table.field(key), f"be left out with {model}", value, hint)
    if model == "tomamichel2012":
        key_bits = table.number("key_bits", check_size, example=1000000)
        test_bits = table.number("test_bits", check_size, example=100000)
        security = _security(table)
        return (
            model,
            None,
            lambda: tomamichel2012(
                key_bits=key_bits, test_bits=test_bits, qber=qber, security=security
            ),
        )
    efficiency = table.efficiency(1.0)
    if model == "device-independent":
        chsh = table.number("chsh", check_chsh, None)
        return (
            model,
            None,
            lambda: device_independent(qber, chsh, error_correction_efficiency=efficiency),
        )
    fraction = _FRACTIONS[model]
    return model, None, lambda: fraction(qber, error_correction_efficiency=efficiency)


def check_chsh(field: str, value: object) -> float:
    """A CHSH value that a quantum state can have."""
    chsh = check_non_negative(field, value)
    if chsh > 8.0**0.5 * (1.0 + 1e-12):
        hint = "no quantum state gives more; a measured value above it is a fluctuation"
        raise ParameterError(field, "be at most 2 sqrt(2) = 2.8284271", value, hint)
    return chsh


def _security(table: Reader) -> Security:
    return Security(
        epsilon_secrecy=table.number("epsilon_secrecy", check_epsilon, 1e-10),
        epsilon_correctness=table.number("epsilon_correctness", check_epsilon, 1e-15),
        error_correction_efficiency=table.number(
            "error_correction_efficiency", check_shannon, 1.16
        ),
    )


def _up_to(most: float, hint: str) -> Callable[[str, object], float]:
    """A check: above zero, and not absurdly large."""

    def check(field: str, value: object) -> float:
        if check_positive(field, value) > most:
            raise ParameterError(field, f"be at most {most:g}", value, hint)
        return check_positive(field, value)

    return check


_PAIRS = _up_to(100.0, "sources for key distribution have below 0.2")
_PULSE = _up_to(20.0, "weak pulses have below 1")
_FIELD = _up_to(1.0, "key pulses have 0.01 to 0.1 photons")


def _bbm92(values: Mapping[str, Any]) -> tuple[str, float | None, Work]:
    keys = (
        "mean_pair_number_half",
        "transmission",
        "background_yield",
        "misalignment",
        "error_correction_efficiency",
        "sifting",
        "clock_hz",
    )
    table = _Flat(values, keys)
    numbers: dict[str, Any] = {
        "mean_pair_number_half": table.number("mean_pair_number_half", _PAIRS, example=0.1),
        "transmission": table.pair("transmission", check_share),
        "background_yield": table.one_or_two("background_yield"),
        "misalignment": table.number("misalignment", check_probability, 0.0),
        "error_correction_efficiency": table.efficiency(1.22),
        "sifting": table.number("sifting", check_probability, 0.5),
    }
    clock_hz = table.number("clock_hz", check_clock, None)
    return "bbm92-spdc", clock_hz, lambda: bbm92_spdc(**numbers)


def _gg02(values: Mapping[str, Any]) -> tuple[str, float | None, Work]:
    finite = ("symbols", "disclosed_share", "epsilon")
    keys = (
        "modulation_variance",
        "transmission",
        "excess_noise",
        "efficiency",
        "electronic_noise",
        "reconciliation_efficiency",
        "detection",
        "trusted_detector",
        *finite,
        "clock_hz",
    )
    table = _Flat(values, keys)
    link = GG02(
        modulation_variance=table.number("modulation_variance", check_variance, example=4.0),
        transmission=table.number("transmission", check_share, example=0.5),
        excess_noise=table.number("excess_noise", check_noise, 0.0),
        efficiency=table.number("efficiency", check_share, 1.0),
        electronic_noise=table.number("electronic_noise", check_noise, 0.0),
        detection=table.choice("detection", DETECTIONS, "homodyne"),
        trusted_detector=table.flag("trusted_detector", True),
    )
    share = table.number("reconciliation_efficiency", check_probability, 0.95)
    clock_hz = table.number("clock_hz", check_clock, None)
    if "symbols" not in table:
        for key in finite:
            if key in table:
                hint = "add symbols, the length of the block, or leave it out"
                value = table.values[key]
                raise ParameterError(table.field(key), "come with symbols", value, hint)
        return "cv-gg02", clock_hz, lambda: gg02(link, reconciliation_efficiency=share)
    symbols = table.number("symbols", check_symbols)
    share_shown = table.number("disclosed_share", check_share, 0.5)
    disclosed = disclosed_of(table.field("disclosed_share"), symbols, share_shown)
    epsilon = table.number("epsilon", check_epsilon, 1e-10)
    return (
        "cv-gg02",
        clock_hz,
        lambda: finite_gg02(
            link,
            symbols=symbols,
            disclosed=disclosed,
            reconciliation_efficiency=share,
            epsilon=epsilon,
        ),
    )


_NOISE = ("dark_count_probability", "misalignment", "error_correction_efficiency", "clock_hz")


def _mdi(values: Mapping[str, Any]) -> tuple[str, float | None, Work]:
    table = _Flat(values, ("intensities", "transmission", "sifting", *_NOISE))
    numbers: dict[str, Any] = {
        "intensities": table.pair("intensities", _PULSE),
        "transmission": table.pair("transmission", check_share),
        "sifting": table.number("sifting", check_probability, 1.0),
        **_noise(table),
    }
    return "mdi", table.number("clock_hz", check_clock, None), lambda: mdi(**numbers)


def _twin_field(values: Mapping[str, Any]) -> tuple[str, float | None, Work]:
    table = _Flat(values, ("intensity", "arm_transmission", *_NOISE))
    numbers = {
        "intensity": table.number("intensity", _FIELD, example=0.03),
        "arm_transmission": table.number("arm_transmission", check_share, example=0.01),
        **_noise(table),
    }
    clock_hz = table.number("clock_hz", check_clock, None)
    return "twin-field", clock_hz, lambda: twin_field(**numbers)


def _noise(table: _Flat) -> dict[str, float]:
    return {
        "dark_count_probability": table.number("dark_count_probability", check_probability, 0.0),
        "misalignment": table.number("misalignment", check_probability, 0.0),
        "error_correction_efficiency": table.efficiency(1.16),
    }


_FLAT: dict[str, Callable[[Mapping[str, Any]], tuple[str, float | None, Work]]] = {
    "entangled": _entangled,
    "bbm92-spdc": _bbm92,
    "cv-gg02": _gg02,
    "cv": _gg02,
    "mdi": _mdi,
    "twin-field": _twin_field,
}
