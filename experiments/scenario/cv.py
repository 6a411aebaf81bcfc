"""Scenario files of continuous variables: ``kind = "cv"``, GG02 with drawn quadratures."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.scenario.decoy import check_epsilon
from experiments.scenario.reader import Reader, missing, number, within
from protocols.key_rates import (
    GG02,
    ChannelEstimate,
    KeyRate,
    draw_quadratures,
    estimate_channel,
    finite_gg02,
)
from protocols.key_rates.gg02 import check_noise, check_share, check_variance
from protocols.key_rates.gg02_emulation import LEAST_SYMBOLS
from qnet.engines import DEFAULT_ENGINE
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.estimate import Estimate
from qnet.hardware import Fibre
from qnet.metrics.figures import Figure, Value, shown_in
from qnet.metrics.report import PER_SECOND, Report
from qnet.metrics.security import SecurityClaim

__all__ = ["CvScenario", "read_cv"]

_KEYS = (
    "kind",
    "seed",
    "symbols",
    "pulses",
    "modulation_variance",
    "transmission",
    "excess_noise",
    "reconciliation_efficiency",
    "detection",
    "trusted_detector",
    "disclosed_share",
    "epsilon",
)
_TABLES = {
    "source": ("clock_hz",),
    "fibre": ("length_km", "loss_db_per_km"),
    "detector": ("efficiency", "electronic_noise"),
}
#: Most symbols that are disclosed: they are drawn one by one.
_MOST_DISCLOSED = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CvScenario:
    """GG02 over a channel, with what a run of it needs.

    Args:
        name: Of the scenario.
        seed: Seed of the run.
        symbols: Coherent states that are sent.
        disclosed: How many of them are disclosed to estimate the channel.
        link: Modulation, channel and detector.
        reconciliation_efficiency: Share of the mutual information that is kept.
        epsilon: Probability of each of four failures of the finite key.
        clock_hz: Symbols per second, if the file says so.
    """

    name: str
    seed: int
    symbols: int
    disclosed: int
    link: GG02
    reconciliation_efficiency: float
    epsilon: float
    clock_hz: float | None

    def with_symbols(self, symbols: int) -> CvScenario:
        """The same with another number of symbols, of which the same share is disclosed.

        Raises:
            ParameterError: If there are fewer than 200, or too few or too many would be disclosed.
        """
        check_symbols("shots", symbols)
        share = self.disclosed / self.symbols
        disclosed = disclosed_of("disclosed_share", symbols, share, _MOST_DISCLOSED)
        return replace(self, symbols=symbols, disclosed=int(disclosed))

    def play(
        self,
        *,
        engine: str = DEFAULT_ENGINE,
        shots: int | None = None,
        seed: int | None = None,
        **_: object,
    ) -> CvResult:
        """Draw the disclosed symbols and estimate the channel; the key is that of the worst one.

        Args:
            engine: The sampled one: there is no other.
            shots: Symbols, unless as described; the same share of them is disclosed.
            seed: Seed, unless as described.

        Raises:
            ParameterError: If another engine is asked for, or so many symbols give no estimate.
        """
        if engine != DEFAULT_ENGINE:
            hint = "leave --engine out: the circuits are compiled, their outcomes sampled"
            raise ParameterError("engine", "be 'sampled' for key distribution", engine, hint)
        if shots is not None:
            return self.with_symbols(shots).play(seed=seed)
        seed, link = self.seed if seed is None else seed, self.link
        sent, received = draw_quadratures(link, self.disclosed, np.random.default_rng(seed))
        rate = finite_gg02(
            link,
            symbols=float(self.symbols),
            disclosed=float(self.disclosed),
            reconciliation_efficiency=self.reconciliation_efficiency,
            epsilon=self.epsilon,
            estimate=estimate_channel(sent, received, link, failure=self.epsilon),
        )
        shown = estimate_channel(sent, received, link)
        return CvResult(symbols=self.symbols, seed=seed, rate=rate, channel=shown)

    def report(self, result: CvResult, **_: object) -> Report:
        """What is shown of a result: the key per second too, where the scenario has a clock."""
        per_symbol, clock = Estimate.exact(result.rate.value), self.clock_hz
        head = {"kind": "cv", "engine": DEFAULT_ENGINE, "seed": result.seed}
        how = f"{result.symbols} symbols, seed {result.seed}; 95 % intervals"
        return Report(
            name=self.name,
            result=result,
            lines=(f"{self.name}: cv", how),
            head={**head, "pulses": result.symbols},
            extra={PER_SECOND: None if clock is None else per_symbol * clock},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CvResult:
    """What a run of GG02 gave: the channel that was estimated, and the finite key.

    Args:
        symbols: Coherent states that were sent.
        seed: Seed of the run.
        rate: The key rate of the worst channel that the disclosed symbols allow.
        channel: The channel, with 95 % intervals.
    """

    symbols: int
    seed: int
    rate: KeyRate
    channel: ChannelEstimate

    @property
    def reason(self) -> str:
        """Why there is no key; empty where there is one."""
        return self.rate.reason

    @property
    def security(self) -> SecurityClaim:
        """What the secret bits claim."""
        return self.rate.security

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know, one sentence each."""
        return self.rate.notes

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures of merit that are shown in a place; all of them when None."""
        per_symbol, figures = Estimate.exact(self.rate.value), self.rate.figures
        found: dict[Figure, Value] = {
            Figure(name="qber", title="QBER"): None,
            Figure(name="yields", title="yield"): None,
            Figure(name="chsh", title="CHSH"): None,
            Figure(name="transmission", title="transmission"): self.channel.transmission,
            Figure(name="excess_noise", title="excess noise"): self.channel.excess_noise,
            Figure(name="mutual_information", title="I(A:B), bit/symbol"): figures[
                "mutual_information"
            ],
            Figure(name="holevo_bound", title="Holevo bound"): figures["holevo_bound"],
            Figure(name="sifted_bits", title="sifted bits"): None,
            Figure(name="secret_bits", title="secret bits"): per_symbol * float(self.symbols),
            Figure(name="secret_key_rate_per_pulse", title="key per symbol"): per_symbol,
        }
        return shown_in(place, found)


def read_cv(text: str | Mapping[str, Any], *, name: str = "scenario") -> CvScenario:
    r"""The scenario of a text in TOML.

    Args:
        text: What a scenario file holds, or its keys and tables.
        name: What to call it.

    Raises:
        ParameterError: If something in it is wrong.

    Examples:
        >>> scenario = read_cv('kind = "cv"\nmodulation_variance = 4.0\ntransmission = 0.5')
        >>> scenario.symbols, scenario.disclosed
        (10000000, 5000000)
    """
    values = tomllib.loads(text) if isinstance(text, str) else text
    others = {key: f"[{table}]" for table, keys in _TABLES.items() for key in keys}
    root = Reader(values, "", (*_KEYS, *_TABLES), others)
    root.exclude("symbols", "pulses")
    symbols = _whole(root, "pulses" if "pulses" in root else "symbols")
    share = root.number("disclosed_share", check_probability, 0.5)
    disclosed = disclosed_of("disclosed_share", symbols, share, _MOST_DISCLOSED)
    return CvScenario(
        name=name,
        seed=root.whole("seed", 0, default=1),
        symbols=symbols,
        disclosed=int(disclosed),
        link=_link(root),
        reconciliation_efficiency=root.number("reconciliation_efficiency", check_probability, 0.95),
        epsilon=root.number("epsilon", check_epsilon, 1e-10),
        clock_hz=root.table("source", _TABLES["source"]).number("clock_hz", check_positive, None),
    )


def check_symbols(field: str, value: object) -> float:
    """How many symbols a block has: enough to disclose some and keep others."""
    symbols = check_at_least(field, value, LEAST_SYMBOLS, "1e7 is usual; fewer give no key")
    if symbols > 1e18:
        hint = "that takes 30 years at 1 Gbit/s; leave it out for an endless block"
        raise ParameterError(field, "be at most 1e18", value, hint)
    return symbols


def disclosed_of(field: str, symbols: float, share: float, most: float = math.inf) -> float:
    """How many symbols are disclosed to estimate the channel.

    Args:
        field: Name of the share, for the error message.
        symbols: Symbols of the block.
        share: How many of them are disclosed.
        most: Most that can be.

    Raises:
        ParameterError: If fewer than 100 are, all, or too many.
    """
    disclosed = symbols * share
    if not 100.0 <= disclosed < symbols or disclosed > most:
        upper = f" and {most:g}" if most < symbols else ""
        rule = f"disclose {'between ' if upper else 'at least '}100{upper} of the "
        rule += f"{symbols:g} symbols, and not all"
        raise ParameterError(field, rule, share, "half of them is usual")
    return disclosed


def _link(root: Reader) -> GG02:
    detector = root.table("detector", _TABLES["detector"])
    fibre = root.table("fibre", _TABLES["fibre"])
    root.exclude("transmission", "fibre")
    if "transmission" not in root and "fibre" not in root:
        raise missing("transmission", 0.3)
    values: dict[str, Any] = {
        "modulation_variance": root.number("modulation_variance", check_variance, example=4.0),
        "excess_noise": root.number("excess_noise", check_noise, 0.0),
        "trusted_detector": root.flag("trusted_detector", True),
        "detection": root.choice("detection", ("homodyne", "heterodyne"), "homodyne"),
        "efficiency": detector.number("efficiency", check_share, 1.0),
        "electronic_noise": detector.number("electronic_noise", check_noise, 0.0),
    }
    if "fibre" in root:
        with within("fibre"):
            loss = fibre.number("loss_db_per_km", default=0.2)
            length = fibre.number("length_km", check_non_negative, example=25.0)
            values["transmission"] = Fibre(length_km=length, loss_db_per_km=loss).transmission
            if values["transmission"] < 1e-9:
                hint = "nothing would arrive; shorten the fibre"
                rule = "leave a transmission of at least 1e-9"
                raise ParameterError("length_km", rule, length, hint)
    else:
        values["transmission"] = root.number("transmission", check_share)
    return GG02(**values)


def _whole(root: Reader, key: str) -> int:
    value = number(key, root.get(key, 10_000_000))
    check_symbols(key, value)
    if value != int(value) or value > 1e15:
        hint = "10000000 and 1e7 are the same"
        raise ParameterError(key, "be a whole number of at most 1e15", value, hint)
    return int(value)
