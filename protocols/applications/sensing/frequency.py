"""Frequency by Ramsey's method: sensors that share a GHZ state, and dephase while they watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.delivered import mapped
from protocols.applications.result import AppFigure, gain_over, if_finite
from protocols.applications.sensing.fisher import vector_fisher_information
from protocols.applications.sensing.ghz_sensors import GhzSensors, each_row
from protocols.applications.sensing.interrogation import SPECTRA, Decoherence, best_time
from protocols.applications.sensing.phase_readout import Harmonics, best_phases
from qnet import schema
from qnet.errors import ParameterError, check_non_negative
from qnet.estimate import Estimate
from qnet.schema import Whole, Within

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["Frequency"]

_TOTAL = Within(low=1e-12, high=1e12, rule="lie in [1e-12, 1e12]", hint="in s")


@dataclass(frozen=True, kw_only=True, repr=False)
class Frequency(GhzSensors):
    r"""Frequency that N sensors see for a time t in each round, with dephasing.

    The uncertainty after a total time T is :math:`1/\sqrt{F_Q(t)\, t^2\, T/(t + d)}`, with the time
    t that makes it least and the dead time d of a round. With white dephasing of each sensor, a GHZ
    state does no better than product states (S. F. Huelga et al., Phys. Rev. Lett. 79, 3865
    (1997)); with noise that is slower than a round it does (A. W. Chin, S. F. Huelga and M. B.
    Plenio, Phys. Rev. Lett. 109, 233601 (2012)).

    Args:
        parties: Number of sensors N.
        dephasing_rate_hz: Rate of the dephasing of each sensor, in 1/s.
        relaxation_rate_hz: Rate in 1/s at which each falls from 1 to 0.
        spectrum: ``white`` noise, or ``static`` detunings that stay the same within a round, with
            the rate as their standard deviation in rad/s.
        total_time_s: All the time that there is, T.
        dead_time_s: Time of a round beside watching, in s; the wait for entanglement is added to
            the rounds that use it.

    Examples:
        >>> result = Frequency(parties=5, dephasing_rate_hz=1.0, total_time_s=100.0).play()
        >>> print(round(result.merit.best, 6), round(result["interrogation_time"].best, 4))
        0.104274 0.1
    """

    name: ClassVar[str] = "frequency"
    title: ClassVar[str] = "frequency that sensors share, with dephasing while they watch"
    cites: ClassVar[tuple[str, ...]] = ("Huelga1997", "Chin2012", "BraunsteinCaves1994")

    parties: int = schema.key(5, check=Whole(minimum=2, maximum=10_000))
    dephasing_rate_hz: float = schema.key(1.0, check=check_non_negative)
    relaxation_rate_hz: float = schema.key(0.0, check=check_non_negative)
    spectrum: str = schema.key("white", choices=SPECTRA)
    total_time_s: float = schema.key(100.0, check=_TOTAL)
    dead_time_s: float = schema.key(0.0, check=check_non_negative)

    def check_own(self) -> None:
        """Raise where nothing can be watched."""
        GhzSensors.check_own(self)
        if self.dead_time_s >= self.total_time_s:
            hint = "lower it, or give more time"
            rule = f"be below total_time_s, {self.total_time_s}"
            raise ParameterError("dead_time_s", rule, self.dead_time_s, hint)

    @property
    def sensors(self) -> int:
        """Number of sensors."""
        return self.parties

    @property
    def decoherence(self) -> Decoherence:
        """What happens to each sensor while it watches."""
        return Decoherence(
            dephasing_rate_hz=self.dephasing_rate_hz,
            relaxation_rate_hz=self.relaxation_rate_hz,
            spectrum=self.spectrum,
        )

    def circuit(self) -> QuantumCircuit:
        """Ramsey's readout of the GHZ state after a second of watching 1 rad/s."""
        from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

        n = self.sensors
        circuit = QuantumCircuit(QuantumRegister(n, "sensor"), ClassicalRegister(n, "x"))
        circuit.delay(1.0, unit="s")
        circuit.rz(1.0, range(n))
        circuit.h(range(n))
        circuit.measure(range(n), range(n))
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Uncertainty of the frequency at the best time to watch, and that time."""
        wait = 0.0 if delivered.duration is None else delivered.duration.best
        dead_time_s = self.dead_time_s + wait
        if self.is_large:
            found = self._of_blocks(dead_time_s)
        else:
            found = self._of_states(delivered, dead_time_s)
        least, parity, time_s = found
        alone = self._alone()[0]
        return (
            AppFigure(
                name="frequency_uncertainty",
                value=if_finite(least),
                title="frequency uncertainty, best readout",
                unit="rad/s",
                meaning="least that any readout of this state reaches, at the best time to watch",
            ),
            AppFigure(
                name="parity_frequency_uncertainty",
                value=if_finite(parity),
                title="frequency uncertainty, parity",
                unit="rad/s",
                meaning="watched as long in each round",
            ),
            AppFigure(
                name="interrogation_time",
                value=Estimate.exact(time_s),
                title="best time to watch in a round",
                unit="s",
            ),
            AppFigure(
                name="gain",
                value=if_finite(least.map(lambda value: gain_over(alone, value))),
                title="uncertainty ratio, product to shared states",
                meaning="above 1 where entanglement pays",
            ),
        )

    def remarks(self) -> Iterator[str]:
        """How long is measured, and what was assumed."""
        yield f"uncertainties are those after {self.total_time_s:g} s (total_time_s)"
        yield from GhzSensors.remarks(self)

    def _of_blocks(self, dead_time_s: float) -> tuple[Estimate, Estimate, float]:
        decoherence = self.decoherence

        def information(time_s: float) -> float:
            return self.blocks(decoherence.channel(time_s)).quantum_fisher_information()

        time_s, _ = self._best(information, dead_time_s)
        blocks = self.blocks(decoherence.channel(time_s))
        found = information(time_s), best_phases(blocks.parity(self.readout))[1]
        least, parity = (
            Estimate.exact(self._uncertainty(each, time_s, dead_time_s)) for each in found
        )
        return least, parity, time_s

    def _of_states(
        self, delivered: Delivered, dead_time_s: float
    ) -> tuple[Estimate, Estimate, float]:
        n, decoherence = self.sensors, self.decoherence
        ones, mean = [1.0] * self.sensors, delivered.over_rounds(delivered.joint())

        def information(time_s: float) -> float:
            vector = mapped(mean, [decoherence.channel(time_s)] * n)
            return float(vector_fisher_information(vector, ones))

        time_s, _ = self._best(information, dead_time_s)
        watched = delivered.after([decoherence.channel(time_s)] * n)
        frequencies, columns = self.readout.parity(watched, ones)

        def by_parity(means: Array) -> float:
            return best_phases(Harmonics(frequencies=frequencies, columns=means))[1]

        def uncertainty(of: Callable[[Array], float]) -> Callable[[Array], Array]:
            return each_row(lambda row: self._uncertainty(of(row), time_s, dead_time_s))

        least = watched.estimate(
            uncertainty(lambda row: float(vector_fisher_information(row, ones))),
            watched.joint(),
            low=0.0,
        )
        return least, watched.estimate(uncertainty(by_parity), columns, low=0.0), time_s

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """As many probes of their own, at the time that is best for them."""
        least, time_s = self._alone()
        vector = self.decoherence.channel(time_s) @ self.product_vector()
        read = self.sensors * best_phases(self.readout.one(vector))[1]
        parity = Estimate.exact(self._uncertainty(read, time_s, self.dead_time_s))
        return {
            "frequency_uncertainty": _best(Estimate.exact(least)),
            "parity_frequency_uncertainty": _best(parity),
            "interrogation_time": time_s,
            "gain": 1.0,
        }

    def _alone(self) -> tuple[float, float]:
        """Least uncertainty of product probes, and their best time to watch."""
        decoherence, probe = self.decoherence, self.product_vector()

        def information(time_s: float) -> float:
            vector = decoherence.channel(time_s) @ probe
            return self.sensors * float(vector_fisher_information(vector, [1.0]))

        time_s, _ = self._best(information, self.dead_time_s)
        return self._uncertainty(information(time_s), time_s, self.dead_time_s), time_s

    def _best(
        self, information: Callable[[float], float], dead_time_s: float
    ) -> tuple[float, float]:
        return best_time(
            information,
            longest_s=self.total_time_s,
            rate_hz=self.decoherence.rate_hz,
            dead_time_s=dead_time_s,
        )

    def _uncertainty(self, information: float, time_s: float, dead_time_s: float) -> float:
        rounds = self.total_time_s / (time_s + dead_time_s) if time_s > 0.0 else 0.0
        known = information * time_s**2 * rounds
        return float("inf") if known <= 0.0 else float(known**-0.5)


def _best(value: Estimate) -> float | None:
    known = if_finite(value)
    return None if known is None else known.best
