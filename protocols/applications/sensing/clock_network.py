"""Clock network: atomic clocks in different places that share one GHZ state of all their atoms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.result import AppFigure, gain_over, if_finite
from protocols.applications.sensing.cascade import group_sizes, slip_probability
from protocols.applications.sensing.clock_group import ClockGroup
from protocols.applications.sensing.ghz_blocks import GhzBlocks
from protocols.applications.sensing.ghz_sensors import GhzSensors, plus_vector
from protocols.applications.sensing.interrogation import Decoherence
from protocols.applications.sensing.oscillator import blurred_information
from protocols.applications.sensing.phase_readout import best_phases
from qnet import schema
from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.estimate import Estimate
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["MOST_WANDERING", "ClockNetwork"]

#: Most atoms whose counts are followed under a common wander.
MOST_WANDERING = 100_000


@dataclass(frozen=True, kw_only=True, repr=False)
class ClockNetwork(GhzSensors):
    r"""K clocks of n atoms each, that share a GHZ state and watch for Ramsey's time T.

    The network delivers a GHZ state of K qubits; each clock spreads its qubit over its atoms, so
    that all n K atoms hold one GHZ state (P. Komar et al., Nature Physics 10, 582 (2014)). Its
    noise stays that of K qubits. The fractional uncertainty after the time :math:`\tau` is
    :math:`1/(\omega_0 T \sqrt{F \tau/(T + d)})` of the Fisher information F of a round; it is
    compared with one GHZ state in each clock, and with atoms that share nothing.

    Args:
        clocks: Number of clocks K.
        atoms: Number of atoms n of each clock.
        transition_hz: Frequency of the clocks' transition, :math:`\omega_0/2\pi`.
        ramsey_time_s: Time T for which the atoms watch the oscillator in a round.
        total_time_s: Averaging time :math:`\tau`.
        dead_time_s: Time of a round beside watching; the wait for entanglement is added to the
            rounds that use it.
        atom_dephasing_rate_hz: Rate of the white dephasing of each atom, in 1/s.
        oscillator_linewidth_hz: Linewidth of the local oscillator, white in frequency: in the time
            T its phase wanders with the variance :math:`2\pi \Delta\nu T` for all atoms alike.
        cascade_levels: Number of sizes of groups, 1, 2, 4 and so on atoms in each clock, that read
            the phase digit by digit; 0 is one size alone.
        cascade_copies: Number of groups of each size.

    Examples:
        >>> result = ClockNetwork(clocks=10, atoms=100).play()
        >>> [f"{each.best:.4g}" for each in result.figures[:3]]
        ['3.71e-19', '1.173e-18', '1.173e-17']
    """

    name: ClassVar[str] = "clock-network"
    title: ClassVar[str] = "clocks that share one GHZ state of all their atoms"
    cites: ClassVar[tuple[str, ...]] = ("Komar2014", "Huelga1997", "BraunsteinCaves1994")

    party: ClassVar[str] = "clock"

    clocks: int = schema.key(10, check=Whole(minimum=2, maximum=10_000))
    atoms: int = schema.key(100, check=Whole(minimum=1, maximum=100_000))
    transition_hz: float = schema.key(4.29e14, check=check_positive)
    ramsey_time_s: float = schema.key(1.0, check=check_positive)
    total_time_s: float = schema.key(1.0, check=check_positive)
    dead_time_s: float = schema.key(0.0, check=check_non_negative)
    atom_dephasing_rate_hz: float = schema.key(0.0, check=check_non_negative)
    oscillator_linewidth_hz: float = schema.key(0.0, check=check_non_negative)
    cascade_levels: int = schema.key(0, check=Whole(maximum=16))
    cascade_copies: int = schema.key(1, check=Whole(minimum=1, maximum=1000))

    def check_own(self) -> None:
        """Raise where a round does not fit, or atoms would be joined by noisy gates."""
        GhzSensors.check_own(self)
        if (round_s := self.ramsey_time_s + self.dead_time_s) > self.total_time_s:
            rule = f"be at least as long as a round, {round_s:g} s"
            hint = "average longer, or watch for a shorter time"
            raise ParameterError("total_time_s", rule, self.total_time_s, hint)
        whole = self.clocks * self.atoms
        if self.oscillator_linewidth_hz > 0.0 and whole > MOST_WANDERING:
            rule = f"leave at most {MOST_WANDERING} atoms in all clocks with a linewidth"
            raise ParameterError("atoms", rule, self.atoms, "lower atoms or clocks")
        if self.gates.two_qubit_depolarizing > 0.0 and (self.atoms > 1 or self.cascade_levels > 1):
            hint = "noise of the spread over atoms is not played; give it in [state]"
            value = self.gates.two_qubit_depolarizing
            raise ParameterError("gates.two_qubit_depolarizing", "be 0 here", value, hint)

    @property
    def sensors(self) -> int:
        """Number of clocks: one delivered qubit each."""
        return self.clocks

    @property
    def spread_rad(self) -> float:
        """Standard deviation of the oscillator's phase in a round."""
        return math.sqrt(2.0 * math.pi * self.oscillator_linewidth_hz * self.ramsey_time_s)

    @property
    def _dephasing(self) -> Array:
        """Pauli transfer matrix (4, 4) of an atom that watches."""
        return Decoherence(dephasing_rate_hz=self.atom_dephasing_rate_hz).channel(
            self.ramsey_time_s
        )

    def circuit(self) -> QuantumCircuit:
        """A round with two atoms in each clock at most: spread, watch, read."""
        from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

        each = min(self.atoms, 2)
        clock = QuantumRegister(self.clocks, "clock")
        number = self.clocks * each
        registers = [QuantumRegister(self.clocks, "atom")] if each == 2 else []
        circuit = QuantumCircuit(clock, *registers, ClassicalRegister(number, "x"))
        if registers:
            circuit.cx(clock, registers[0])
        circuit.delay(self.ramsey_time_s, unit="s")
        circuit.rz(1.0, circuit.qubits)
        circuit.h(circuit.qubits)
        circuit.measure(circuit.qubits, circuit.clbits)
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fractional uncertainties of one GHZ state, of one in each clock, and of atoms alone."""
        wait = 0.0 if delivered.duration is None else delivered.duration.best
        group = self._group(delivered, self.atoms)
        shared = group.parity_information().map(lambda f: self._uncertainty(f, wait))
        least = group.quantum_fisher_information().map(lambda f: self._uncertainty(f, wait))
        per_clock, product = self._uncertainty(self._per_clock()), self._uncertainty(self._alone())
        return (
            AppFigure(
                name="fractional_uncertainty",
                value=if_finite(shared),
                title="fractional uncertainty, one shared GHZ state",
                meaning="by the parity of all atoms at its best phase",
            ),
            AppFigure(
                name="per_clock_fractional_uncertainty",
                value=if_finite(Estimate.exact(per_clock)),
                title="fractional uncertainty, a GHZ state per clock",
                meaning="needs no network",
            ),
            AppFigure(
                name="product_fractional_uncertainty",
                value=if_finite(Estimate.exact(product)),
                title="fractional uncertainty, unentangled atoms",
            ),
            AppFigure(
                name="network_gain",
                value=if_finite(
                    shared.map(lambda value: gain_over(min(per_clock, product), value))
                ),
                title="uncertainty ratio, best local to shared state",
                meaning="above 1 where the network pays",
                without_entanglement=1.0,
            ),
            AppFigure(
                name="quantum_fractional_uncertainty",
                value=if_finite(least),
                title="fractional uncertainty, shared state's limit",
                meaning="least by any readout, with a perfect oscillator",
            ),
            *self._cascade(delivered, wait),
        )

    def _cascade(self, delivered: Delivered, wait_s: float) -> Iterator[AppFigure]:
        """Figures of a cascade, if there is one."""
        if not self.cascade_levels:
            return
        sizes = group_sizes(self.cascade_levels, self.cascade_copies)
        groups = {size: self._group(delivered, size) for size in dict.fromkeys(sizes)}
        known = {size: best_phases(group.curve())[1] for size, group in groups.items()}
        slip = slip_probability(
            [group.curve() for group in groups.values()], self.cascade_copies, self.spread_rad
        )
        whole = self._uncertainty(sum(known[size] for size in sizes), wait_s)
        yield AppFigure(
            name="cascade_qubits",
            value=Estimate.exact(float(sum(sizes))),
            title="atoms of the cascade in each clock",
        )
        yield AppFigure(
            name="cascade_fractional_uncertainty",
            value=if_finite(Estimate.exact(whole)),
            title="fractional uncertainty, cascade",
            meaning="while no group is read on a wrong fringe",
        )
        yield AppFigure(
            name="cascade_slip_probability",
            value=Estimate.exact(slip),
            title="probability of a wrong fringe, cascade",
        )

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """Atoms that share nothing, with the same dephasing, oscillator and readout."""
        found = if_finite(Estimate.exact(self._uncertainty(self._alone())))
        product = None if found is None else found.best
        names = ("fractional_uncertainty", "per_clock_fractional_uncertainty")
        return dict.fromkeys((*names, "product_fractional_uncertainty"), product)

    def _group(self, delivered: Delivered, atoms: int) -> ClockGroup:
        return ClockGroup(
            clocks=self,
            delivered=delivered,
            atoms=atoms,
            dephasing=self._dephasing,
            spread_rad=self.spread_rad,
        )

    def _per_clock(self) -> float:
        """Information of one GHZ state in each clock: as many parities as clocks."""
        blocks = GhzBlocks(qubits=self.atoms, channel=self._dephasing)
        return blurred_information(blocks.parity(self.readout), self.clocks, self.spread_rad)

    def _alone(self) -> float:
        """Information of all atoms, each read by itself."""
        curve = self.readout.one(self._dephasing @ plus_vector())
        return blurred_information(curve, self.clocks * self.atoms, self.spread_rad)

    def _uncertainty(self, information: float, wait_s: float = 0.0) -> float:
        round_s = self.ramsey_time_s + self.dead_time_s + wait_s
        phase = 2.0 * math.pi * self.transition_hz * self.ramsey_time_s
        known = information * self.total_time_s / round_s
        return float("inf") if known <= 0.0 else 1.0 / (phase * math.sqrt(known))

    def remarks(self) -> Iterator[str]:
        """What was assumed."""
        yield f"uncertainties are those after {self.total_time_s:g} s of averaging (total_time_s)"
        yield "a GHZ state in each clock needs no network: the ratio tells what the network adds"
        yield from GhzSensors.remarks(self)
        if self.oscillator_linewidth_hz > 0.0:
            yield "the oscillator wanders for all clocks alike, with one phase in a round"
