"""Scenario of continuous variables whose key two parties distil: kind ``cv`` with ``distil``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from protocols.key_rates.gg02 import holevo_bound, mutual_information
from protocols.key_rates.gg02_scenario import CvResult, CvScenario
from protocols.key_rates.report import SAMPLED, check_engine
from protocols.key_rates.result import KeyRate
from protocols.postprocessing.distilling import SEEDED
from protocols.postprocessing.quadratures.party import Distilled, distil_quadratures
from protocols.postprocessing.quadratures.raw import QuadratureSettings, draw_raw
from protocols.postprocessing.randomness import Randomness
from qnet.errors import ParameterError, check_positive
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure, Value, shown_in
from qnet.schema import key

__all__ = ["DistilledCvResult", "DistilledCvScenario"]

#: Most symbols of a key that is distilled: every one of them is drawn, sent and decoded.
_MOST = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DistilledCvResult(CvResult):
    """Figures of merit of a run whose key was distilled.

    Args:
        distilled: How it ended at Alice's end.
    """

    distilled: Distilled

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures of merit that are shown in a place; all of them when None."""
        found = self.distilled
        rows: dict[Figure, Value] = dict(CvResult.table(self))
        for figure in rows:
            if figure.name == "secret_bits":
                rows[figure] = Estimate.exact(float(found.outcome.secret_bits))
            if figure.name == "sifted_bits":
                rows[figure] = Estimate.exact(float(found.outcome.sifted_bits))
        leaked = found.outcome.transcript.leaked_bits
        rows[Figure(name="efficiency", title="efficiency reached")] = found.efficiency
        rows[Figure(name="frame_error_rate", title="frame error rate")] = found.frame_error_rate
        rows[Figure(name="leaked_bits", title="leaked bits")] = float(leaked)
        return shown_in(place, rows)


@dataclass(frozen=True, kw_only=True)
class DistilledCvScenario(CvScenario):
    r"""GG02 over a channel, its quadratures drawn; on demand two parties make a key of them.

    Args:
        distil: Whether Alice and Bob distil a key, over an authenticated channel: the efficiency of
            the reconciliation is then the one that they reach, and ``epsilon`` that of the key.
        most_excess_noise: A run that distils ends where the estimated excess noise is above this.

    Examples:
        >>> import qnet
        >>> text = 'kind = "cv"\nmodulation_variance = 4.0\ntransmission = 0.5'
        >>> qnet.loads(text).distil
        False
    """

    distil: bool = False
    most_excess_noise: float = key(1.0, check=check_positive)

    def __post_init__(self) -> None:
        CvScenario.__post_init__(self)
        if self.distil:
            _check_count("symbols", self.count)

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the run, in ``qnet.references.REFERENCES``."""
        if self.distil:
            yield from ("Leverrier2008", "Jouguet2011")
        yield from CvScenario.cited(self)

    def play(
        self,
        *,
        engine: str = SAMPLED,
        shots: int | None = None,
        seed: int | None = None,
        **how: object,
    ) -> CvResult:
        """Draw symbols and work out the finite key; with ``distil``, make it.

        Args:
            engine: The sampled one: there is no other.
            shots: Symbols, unless as described; the same share of them is disclosed.
            seed: Seed, unless as described.
            how: What other kinds take.

        Raises:
            ParameterError: If there are too few or too many symbols, or another engine is asked
                for.
        """
        if not self.distil:
            return CvScenario.play(self, engine=engine, shots=shots, seed=seed, **how)
        check_engine(engine)
        symbols = self.count if shots is None else shots
        if shots is not None:
            _check_count("shots", shots)
        self.disclosed(symbols)
        seed = self.seed if seed is None else seed
        settings = QuadratureSettings(
            link=self.link,
            disclosed_share=self.disclosed_share,
            most_excess_noise=self.most_excess_noise,
            epsilon=self.epsilon,
            epsilon_correctness=self.epsilon / 100.0,
        )
        sent, received = draw_raw(self.link, symbols, np.random.default_rng(seed))
        found = distil_quadratures(
            sent, received, settings=settings, randomness=Randomness.reproducible(seed)
        )[0]
        return self._result(found, symbols, seed)

    def _result(self, found: Distilled, symbols: int, seed: int) -> DistilledCvResult:
        if found.channel is None:
            raise RuntimeError(found.outcome.sentence)  # both ends are here, and none is attacked
        outcome, channel = found.outcome, found.channel
        true = self.link
        rate = KeyRate(
            name="secret_key_rate_per_symbol",
            unclipped=outcome.secret_bits / symbols,
            figures={
                "mutual_information": mutual_information(true),
                "holevo_bound": holevo_bound(channel.region.worst),
            },
            reason=outcome.reason.removesuffix(SEEDED),
            security=outcome.security,
        )
        noted = replace(rate, notes=(*rate.notes, _DEMONSTRATION))
        return DistilledCvResult(
            pulses=symbols, seed=seed, channel=channel, rate=noted, distilled=found
        )


_DEMONSTRATION = (
    "the random choices of both ends came from the seed, so that the run repeats itself: a key to "
    "keep takes those of the operating system, by protocols.postprocessing.quadratures"
)


def _check_count(field: str, symbols: int) -> None:
    if symbols > _MOST:
        hint = "every symbol is drawn, sent and decoded; cut a longer run into blocks"
        rule = f"be at most {_MOST} where a key is distilled"
        raise ParameterError(field, rule, symbols, hint)
