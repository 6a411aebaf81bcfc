"""Scenarios of continuous variables: GG02 with drawn quadratures, and its analytic key rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from protocols.key_rates.checks import check_epsilon
from protocols.key_rates.gg02 import GG02, check_share, gg02
from protocols.key_rates.gg02_emulation import (
    LEAST_SYMBOLS,
    ChannelEstimate,
    draw_quadratures,
    estimate_channel,
    finite_gg02,
)
from protocols.key_rates.report import SAMPLED, check_engine, run_report
from protocols.key_rates.result import KeyRate
from protocols.key_rates.scenario import FlatScenario
from qnet.coexistence import CHANNELS, Coexistence, FibreNoise
from qnet.errors import ParameterError, check_at_least, check_positive, check_probability
from qnet.estimate import Estimate
from qnet.hardware import Fibre
from qnet.metrics.figures import Figure, Value, shown_in
from qnet.metrics.report import Report
from qnet.metrics.security import SecurityClaim
from qnet.schema import Part, Scenario, Whole, check_fields, key, missing, number, ranged

__all__ = ["CvResult", "CvScenario", "Gg02Rate"]

#: Most symbols that are disclosed: they are drawn one by one.
_MOST_DISCLOSED = 20_000_000

#: Keys of the detector; the others of `GG02` stand at the top of the file.
_DETECTOR = ("efficiency", "electronic_noise")


@ranged(minimum=LEAST_SYMBOLS, maximum=1e18)
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


def link_over(
    given: Mapping[str, Any], fibre: Part[Fibre] | None, coexistence: Coexistence | None
) -> GG02:
    """Modulation, channel and detector, over a fibre where one is described.

    Args:
        given: Keys of `GG02`.
        fibre: The channel, in place of ``transmission``.
        coexistence: Classical channels on that fibre.

    Raises:
        ParameterError: If something is missing, or the channel is described twice.
    """
    values = dict(given)
    if "transmission" not in values and fibre is None and coexistence is None:
        raise missing("transmission", 0.3)
    if "modulation_variance" not in values:
        raise missing("modulation_variance", 4.0)
    if fibre is None and coexistence is None:
        return GG02(**values)
    if fibre is None or "length_km" not in fibre:
        raise missing("fibre.length_km", 25.0)
    if "transmission" in values:
        rule, hint = "not be given together with fibre", "keep one of them"
        raise ParameterError("transmission", rule, values["transmission"], hint)
    whole = fibre.over()
    if whole.transmission < 1e-9:
        rule = "leave a transmission of at least 1e-9"
        hint = "nothing would arrive; shorten the fibre"
        raise ParameterError("fibre.length_km", rule, fibre["length_km"], hint)
    values["transmission"] = whole.transmission
    if coexistence is not None:
        added = coexistence.noise(whole).excess_noise(whole.transmission)
        values["excess_noise"] = values.get("excess_noise", 0.0) + added
    return GG02(**values)


@dataclass(frozen=True, kw_only=True)
class Gg02Rate(FlatScenario):
    """Key rate of GG02 with an endless block, or a finite one.

    Args:
        light: Modulation, channel and detector.
        fibre: The channel, in place of ``transmission``.
        coexistence: Classical channels on that fibre; their light adds to ``excess_noise``.
        reconciliation_efficiency: Share of the mutual information that is kept.
        symbols: Symbols of a finite block.
        disclosed_share: Share of them that is disclosed to estimate the channel.
        epsilon: Probability of each of four failures of the finite key.
    """

    model: ClassVar[str] = "cv-gg02"

    kind: str = key("cv-gg02", hidden=True)
    light: Part[GG02] = key(factory=lambda: Part(GG02), flat=True)
    fibre: Part[Fibre] = key(
        factory=lambda: Part(Fibre),
        flat=True,
        only=("length_km", "loss_db_per_km", "switch_loss_db"),
    )
    coexistence: Coexistence | None = None
    reconciliation_efficiency: float = key(0.95, check=check_probability)
    symbols: float | None = key(None, check=check_symbols, example=1e9)
    disclosed_share: float | None = key(None, check=check_share, example=0.5)
    epsilon: float | None = key(None, check=check_epsilon, example=1e-10)

    def __post_init__(self) -> None:
        FlatScenario.__post_init__(self)
        self.link  # noqa: B018 - checked here
        for name in ("disclosed_share", "epsilon"):
            value = getattr(self, name)
            if self.symbols is None and value is not None:
                hint = "add symbols, the length of the block, or leave it out"
                raise ParameterError(name, "come with symbols", value, hint)
        if self.symbols is not None:
            disclosed_of("disclosed_share", self.symbols, self._share)

    @property
    def link(self) -> GG02:
        """Modulation, channel and detector."""
        return link_over(self.light, self.fibre or None, self.coexistence)

    @property
    def _share(self) -> float:
        return 0.5 if self.disclosed_share is None else self.disclosed_share

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the rate, in ``qnet.references.REFERENCES``."""
        yield from self.link.cited()
        if self.symbols is not None:
            yield "Leverrier2010"
        if self.coexistence is not None:
            yield from ("Qi2010", *self.coexistence.cited())

    def key_rate(self) -> KeyRate:
        """The rate per symbol."""
        share = self.reconciliation_efficiency
        if self.symbols is None:
            return gg02(self.link, reconciliation_efficiency=share)
        return finite_gg02(
            self.link,
            symbols=self.symbols,
            disclosed=disclosed_of("disclosed_share", self.symbols, self._share),
            reconciliation_efficiency=share,
            epsilon=1e-10 if self.epsilon is None else self.epsilon,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CvResult:
    """Figures of merit of a run: the channel as it was estimated, and the key of the worst one.

    Args:
        pulses: Coherent states that were sent.
        seed: Seed of the run.
        channel: The channel, with 95 % intervals.
        rate: The finite key of the worst channel that the disclosed symbols allow, per symbol.
    """

    pulses: int
    seed: int
    channel: ChannelEstimate
    rate: KeyRate

    @property
    def secret_key_rate_per_pulse(self) -> Estimate:
        """Secret bits per symbol."""
        return Estimate.exact(self.rate.value)

    @property
    def reason(self) -> str:
        """One sentence when there is no key, else empty."""
        return self.rate.reason

    @property
    def security(self) -> SecurityClaim:
        """What the key claims to be."""
        return self.rate.security

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the figures."""
        return self.rate.notes

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures of merit that are shown in a place; all of them when None."""
        none = {"qber": "QBER", "yields": "yield", "chsh": "CHSH"}
        per_symbol, figures = self.secret_key_rate_per_pulse, self.rate.figures
        found: dict[str, tuple[str, Value]] = {
            **{name: (title, None) for name, title in none.items()},
            "transmission": ("transmission", self.channel.transmission),
            "excess_noise": ("excess noise", self.channel.excess_noise),
            "mutual_information": ("I(A:B), bit/symbol", figures["mutual_information"]),
            "holevo_bound": ("Holevo bound", figures["holevo_bound"]),
            "sifted_bits": ("sifted bits", None),
            "secret_bits": ("secret bits", per_symbol * float(self.pulses)),
            "secret_key_rate_per_pulse": ("key per symbol", per_symbol),
        }
        rows = {Figure(name=name, title=title): value for name, (title, value) in found.items()}
        return shown_in(place, rows)


def _whole_symbols(field: str, value: object) -> int:
    found = number(field, value, check_symbols)
    if found != int(found) or found > 1e15:
        hint = "10000000 and 1e7 are the same"
        raise ParameterError(field, "be a whole number of at most 1e15", value, hint)
    return int(found)


@dataclass(frozen=True, kw_only=True)
class CvScenario(Scenario):
    r"""GG02 over a channel, its quadratures drawn, with what a run of it needs.

    Args:
        name: What to call it: the name of its file.
        seed: Seed of the run.
        symbols: Coherent states that are sent.
        pulses: The same by another name.
        light: Modulation, channel and detection.
        detector: Loss and noise of the detector.
        fibre: The channel, in place of ``transmission``.
        coexistence: Classical channels on that fibre; their light in the mode of the local
            oscillator adds to ``excess_noise``.
        reconciliation_efficiency: Share of the mutual information that is kept.
        disclosed_share: Share of the symbols that is disclosed to estimate the channel.
        epsilon: Probability of each of four failures of the finite key.
        clock_hz: Symbols per second.

    Examples:
        >>> import qnet
        >>> text = 'kind = "cv"\nmodulation_variance = 4.0\ntransmission = 0.5'
        >>> qnet.loads(text).disclosed(10**7)
        5000000
    """

    kind: ClassVar[str] = "cv"
    worth_of: ClassVar[str] = "secret bits per symbol of an endless block"

    name: str = key("scenario", hidden=True, compare=False)
    seed: int = key(1, check=Whole())
    symbols: int = key(
        10_000_000, read=_whole_symbols, excludes=("pulses",), range={"minimum": LEAST_SYMBOLS}
    )
    pulses: int | None = key(
        None, read=_whole_symbols, range={"minimum": LEAST_SYMBOLS}, example=10000000
    )
    light: Part[GG02] = key(factory=lambda: Part(GG02), flat=True, without=_DETECTOR)
    detector: Part[GG02] = key(factory=lambda: Part(GG02), only=_DETECTOR)
    fibre: Part[Fibre] | None = key(None, only=("length_km", "loss_db_per_km", "switch_loss_db"))
    coexistence: Coexistence | None = None
    reconciliation_efficiency: float = key(0.95, check=check_probability)
    disclosed_share: float = key(0.5, check=check_probability)
    epsilon: float = key(1e-10, check=check_epsilon)
    clock_hz: float | None = key(None, table="source", check=check_positive, example=1e6)

    def __post_init__(self) -> None:
        check_fields(self)
        self.disclosed(self.count)
        self.link  # noqa: B018 - checked here

    @property
    def count(self) -> int:
        """Symbols that are sent."""
        return self.symbols if self.pulses is None else self.pulses

    @property
    def link(self) -> GG02:
        """Modulation, channel and detector."""
        return link_over({**self.light, **self.detector}, self.fibre, self.coexistence)

    @property
    def lit_fibre(self) -> Fibre:
        """The fibre, which classical channels share."""
        if self.fibre is None or "length_km" not in self.fibre:
            raise missing("fibre.length_km", 25.0)
        return self.fibre.over()

    def worth(self) -> float:
        """Secret bits per symbol of an endless block, below zero where there are none."""
        rate = gg02(self.link, reconciliation_efficiency=self.reconciliation_efficiency)
        return rate.unclipped

    def noise(self) -> FibreNoise:
        """Noise light of classical channels at the end of the fibre.

        Raises:
            ParameterError: If there are none, or no fibre.
        """
        if self.coexistence is None:
            raise missing("coexistence.channels", CHANNELS)
        return self.coexistence.noise(self.lit_fibre)

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the run, in ``qnet.references.REFERENCES``."""
        yield from (*self.link.cited(), "Leverrier2010")
        if self.coexistence is not None:
            yield from ("Qi2010", *self.coexistence.cited())

    def disclosed(self, symbols: int) -> int:
        """How many of so many symbols are disclosed to estimate the channel.

        Raises:
            ParameterError: If they are too few or too many.
        """
        share = self.disclosed_share
        return int(disclosed_of("disclosed_share", symbols, share, _MOST_DISCLOSED))

    def play(
        self,
        *,
        engine: str = SAMPLED,
        shots: int | None = None,
        seed: int | None = None,
        **_: object,
    ) -> CvResult:
        """Draw the disclosed symbols, estimate the channel, and work out the finite key.

        Args:
            engine: The sampled one: there is no other.
            shots: Symbols, unless as described; the same share of them is disclosed.
            seed: Seed, unless as described.

        Raises:
            ParameterError: If there are fewer than 200 symbols, too few or too many would be
                disclosed, or another engine is asked for.
        """
        check_engine(engine)
        if shots is not None:
            check_symbols("shots", shots)
        symbols = self.count if shots is None else shots
        seed = self.seed if seed is None else seed
        link, disclosed = self.link, self.disclosed(symbols)
        sent, received = draw_quadratures(link, disclosed, np.random.default_rng(seed))
        shown = estimate_channel(sent, received, link)
        rate = finite_gg02(
            link,
            symbols=float(symbols),
            disclosed=float(disclosed),
            reconciliation_efficiency=self.reconciliation_efficiency,
            epsilon=self.epsilon,
            estimate=estimate_channel(sent, received, link, failure=self.epsilon),
        )
        return CvResult(pulses=symbols, seed=seed, channel=shown, rate=rate)

    def report(self, result: CvResult, **_: object) -> Report:
        """What is shown of a result."""
        return run_report(self, result, "symbols")
