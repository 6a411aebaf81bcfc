"""GHZ states that a switch makes of stored pairs: their exact states and figures, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np

from qnet.engines.sampled import Deliveries, Sampler
from qnet.errors import EngineError, ParameterError, check_type
from qnet.hardware.gates import Gates
from qnet.instrument import compile as compile_instrument
from qnet.instrument.device import DeviceGates
from qnet.noise import from_gates
from qnet.plans import Plan, Station
from qnet.plans.maps import correction_maps
from qnet.states.pauli import Array

__all__ = ["LARGEST_GHZ", "Fusion", "GhzFusion", "fused_states", "ghz_figures"]

#: Most ends of a GHZ state whose exact map is worked out: its vector has 4**n components.
LARGEST_GHZ = 5

#: Columns of a row of figures; those behind the first four are zero.
_COLUMNS = 16

#: Rows that are worked out at once: bounds the memory to some tens of megabytes.
_BLOCK = 256

_I, _X, _Z = 0, 1, 3


class GhzFusion:
    """The fusion of n pairs into a GHZ state of their far ends, as an exact map.

    Compiled from `qnet.circuits.ghz_swap`: for each outcome m of the station's measurement the
    components ``E[m, j_1, ..., j_n]`` of its effect, and for each far end the correction that the
    outcome asks for.

    Args:
        gates: Errors of the station's gates and readout, and of the far ends' corrections.
        n: Number of pairs, from 2 to ``LARGEST_GHZ``.

    Raises:
        EngineError: If n is larger, or the gates are those of a device.

    Examples:
        >>> from qnet.states import werner
        >>> pairs = np.stack([werner(1.0)] * 3)[None]
        >>> ghz_figures(GhzFusion(Gates(), 3).apply(pairs))[0, :4].round(12)
        array([1., 1., 0., 0.])
    """

    def __init__(self, gates: Gates, n: int) -> None:
        if not 2 <= n <= LARGEST_GHZ:
            message = (
                f"the state of a fusion of {n} pairs is not worked out: its exact map is made for "
                f"2 to {LARGEST_GHZ}; take controller.ghz = {LARGEST_GHZ} or fewer"
            )
            raise EngineError(message)
        if isinstance(gates, DeviceGates):
            message = "a fusion into a GHZ state is not compiled for the gates of a device"
            raise EngineError(message)
        self.gates, self.n = gates, n
        self.effects = _effects(gates, n)
        corrections = correction_maps(gates)
        self.corrections = np.stack([corrections[[_I, _Z]]] + [corrections[[_I, _X]]] * (n - 1))

    def apply(self, fanos: Array) -> Array:
        """Pauli vectors (batch, 4, ..., 4) of the n far ends, summed over the outcomes.

        Args:
            fanos: States of the pairs that are fused, (batch, n, 4, 4): rows of a matrix belong to
                the far end, columns to the station.
        """
        fanos = np.asarray(fanos, dtype=float)
        if fanos.ndim != 4 or fanos.shape[1:] != (self.n, 4, 4):
            hint = "give a batch of Fano matrices, one for each pair"
            rule = f"have the shape (batch, {self.n}, 4, 4)"
            raise ParameterError("fanos", rule, fanos.shape, hint)
        blocks = [self._apply(fanos[k : k + _BLOCK]) for k in range(0, len(fanos), _BLOCK)]
        return np.concatenate(blocks) if blocks else np.empty((0, *(4,) * self.n))

    def _apply(self, fanos: Array) -> Array:
        # For each pair: far end out (4), and outcome and station's half (2 x 4) that are summed.
        pairs = np.einsum("kmip,bkpj->kbimj", self.corrections, fanos)
        vectors = np.broadcast_to(self.effects, (len(fanos), self.effects.size))
        for pair in pairs:
            rest = vectors.reshape(len(fanos), 8, -1)
            # The first axis is used up, and that of the far end put last.
            vectors = (rest.transpose(0, 2, 1) @ pair.reshape(-1, 4, 8).transpose(0, 2, 1)).reshape(
                len(fanos), -1
            )
        return vectors.reshape(len(fanos), *(4,) * self.n)


@lru_cache(maxsize=64)
def _effects(gates: Gates, n: int) -> Array:
    """Effects of the station's measurement, flat: for each pair its bit (2) and component (4)."""
    from qnet.circuits import ghz_measurement

    circuit = ghz_measurement(n)
    instrument = compile_instrument(circuit, from_gates(gates), inputs=circuit.qubits, outputs=[])
    outcomes = [instrument.matrix(index)[0] for index in range(2**n)]
    # Outcome: first bit least significant; components: first qubit most significant.
    tensor = np.array(outcomes).reshape((2,) * n + (4,) * n)
    bits = [n - 1 - k for k in range(n)]
    axes = [axis for k in range(n) for axis in (bits[k], n + k)]
    return np.ascontiguousarray(tensor.transpose(axes)).reshape(-1)


@lru_cache(maxsize=16)
def _stabilizers(n: int) -> Array:
    """Signs (4**n,) of the stabilizers of the GHZ state among all products of Pauli matrices."""
    signs = np.zeros((4,) * n)
    for number in range(2 ** (n - 1)):
        # Z on an even number of qubits, alone and times X on all: XZ = -iY.
        z = [number >> k & 1 for k in range(n - 1)]
        z.append(sum(z) % 2)
        signs[tuple(_Z * bit for bit in z)] = 1.0
        signs[tuple(2 if bit else _X for bit in z)] = (-1.0) ** (sum(z) // 2)
    return signs.reshape(-1)


def ghz_figures(vectors: Array) -> Array:
    """Rows (batch, 16) of the figures of states of n qubits from their Pauli vectors.

    Args:
        vectors: Components ``Tr(rho P_1 (x) ... (x) P_n)``, (batch, 4, ..., 4).

    Returns:
        1, the fidelity, the probability that the parity of X on all ends is wrong, the mean
        probability that Z of two neighbours differs; the rest is zero.
    """
    n = vectors.ndim - 1
    flat = np.asarray(vectors).reshape(len(vectors), -1)
    rows = np.zeros((len(vectors), _COLUMNS))
    rows[:, 0] = flat[:, 0]
    rows[:, 1] = flat @ _stabilizers(n) / 2.0**n
    rows[:, 2] = (rows[:, 0] - flat[:, _place([_X] * n)]) / 2.0
    neighbours = [_place([_Z * (j in (k, k + 1)) for j in range(n)]) for k in range(n - 1)]
    rows[:, 3] = (rows[:, 0] - flat[:, neighbours].mean(axis=1)) / 2.0
    return rows


def _place(letters: Sequence[int]) -> int:
    """Place of a product of Pauli matrices in a flat vector."""
    return reduce(lambda place, letter: 4 * place + letter, letters, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion(Plan):
    """What a switch does with one stored pair of each of n users: it fuses them into a GHZ state.

    Its deliveries (`qnet.engines.sampled.Deliveries`) hold ``ready_k``, when pair k was made, and
    ``swap_0``, when the station measures, in s; the far ends keep their qubits until the time of
    delivery.

    Args:
        pairs: The links from each user to the switch, the left memory at the user.
        station: The switch.
    """

    pairs: tuple[Plan, ...]
    station: Station

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", tuple(self.pairs))
        if len(self.pairs) < 2:
            hint = "a GHZ state has three ends or more"
            raise ParameterError("pairs", "be two or more", len(self.pairs), hint)
        check_type("station", self.station, Station)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The pairs."""
        return self.pairs

    @property
    def stations(self) -> tuple[Station, ...]:
        """The switch."""
        return (self.station,)

    @property
    def is_bell_diagonal(self) -> bool:
        """No: a GHZ state is none of two qubits."""
        return False

    @property
    def title(self) -> str:
        """What the step is, in words."""
        return "fusion into a GHZ state"

    def compiled(self) -> GhzFusion:
        """Its exact map."""
        return GhzFusion(self.station.gates, len(self.pairs))


def fused_states(draw: Deliveries) -> Array:
    """Pauli vectors (batch, 4, ..., 4) of GHZ states from the histories of their pairs.

    Args:
        draw: Deliveries of a `Fusion`.
    """
    plan = draw.plan
    if not isinstance(plan, Fusion):
        raise ParameterError("draw.plan", "be a Fusion", plan, "give deliveries of GHZ states")
    sampler = Sampler(plan)
    algebra = sampler.algebra
    (measured,) = draw.swap_times()
    fanos = []
    for part, birth in zip(draw.parts, draw.births(), strict=True):
        stored = algebra.idle(
            sampler.states.of(part), part.plan.ends, draw.time - birth, measured - birth
        )
        fanos.append(algebra.to_array(stored, len(draw)))
    return plan.compiled().apply(np.stack(fanos, axis=1))
