"""Rounds grouped by setting: a few dozen circuits stand for any number of rounds.

All rounds with the same setting (bits, bases, what Eve does, ...) run the same circuit, and rounds
are independent. So the circuit of a setting is worked out once: compiled to the exact probability
of each outcome, or run with many shots on a sampler. A *class* is a setting with one of its
outcomes; a `OutcomeTable` lists all classes with their probabilities. A round is then one draw of a
class, which is equal in law to one circuit per round; the round keeps its place in the sequence,
and its bits and bases are read from the columns of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocols.qkd.alias_sampler import Alias
from protocols.qkd.detections import arrival_count, arrival_numbers
from qnet.errors import ParameterError, UnknownNameError, check_integer

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.primitives import BaseSamplerV2
    from qiskit.providers import BackendV2
    from qiskit_aer.noise import NoiseModel

    from qnet.noise import Noise

__all__ = [
    "Columns",
    "OutcomeCounts",
    "RegisteredRounds",
    "Configuration",
    "OutcomeTable",
    "compile_settings",
    "sample_settings",
]

Bits = NDArray[np.uint8]
Columns = Mapping[str, Bits]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Configuration:
    """What is decided before a round, and the circuit that it leads to.

    Args:
        labels: What is decided: name -> small whole number (``basis_alice`` -> 1).
        probability: How often it is decided so.
        circuit: The circuit; each classical register becomes an outcome of that name.

    Examples:
        >>> from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
        >>> flip = QuantumCircuit(QuantumRegister(1, "photon"), ClassicalRegister(1, "bit_bob"))
        >>> _ = flip.x(0), flip.measure(0, 0)
        >>> table = compile_settings([Configuration(labels={"bit_alice": 1}, circuit=flip)])
        >>> table.probability(bit_alice=1, bit_bob=1)
        1.0
    """

    labels: Mapping[str, int]
    probability: float = 1.0
    circuit: QuantumCircuit


@dataclass(frozen=True, kw_only=True, eq=False)
class OutcomeTable:
    """All classes of rounds with their probabilities.

    Args:
        columns: Name -> value per class, each of shape (classes,).
        probabilities: Shape (classes,); they sum to one.
        undetected: Which classes nobody registers (no detector clicks); none when left out. Their
            rounds are counted, not drawn one by one.

    Raises:
        ParameterError: If shapes differ, or the probabilities do not sum to one.

    Examples:
        >>> bits = np.array([0, 1], np.uint8)
        >>> table = OutcomeTable(columns={"bit": bits}, probabilities=[0.5, 0.5])
        >>> table.draw(4, np.random.default_rng(3))["bit"]
        array([0, 0, 1, 1], dtype=uint8)
    """

    columns: Columns
    probabilities: NDArray[np.float64]
    undetected: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        chances = np.maximum(np.asarray(self.probabilities, dtype=np.float64), 0.0)
        if chances.ndim != 1 or abs(chances.sum() - 1.0) > _ROUNDING:
            hint = "give one probability per class"
            raise ParameterError("probabilities", "sum to one", float(chances.sum()), hint)
        undetected = np.asarray(self.undetected, dtype=bool)
        undetected = undetected if undetected.size else np.zeros(len(chances), dtype=bool)
        for name, column in {**self.columns, "undetected": undetected}.items():
            if np.shape(column) != chances.shape:
                field_name, hint = f"columns[{name!r}]", f"give {len(chances)} values"
                raise ParameterError(field_name, "fit the classes", np.shape(column), hint)
        object.__setattr__(self, "probabilities", chances / chances.sum())
        object.__setattr__(self, "undetected", undetected)

    def where(self, **values: int) -> NDArray[np.bool_]:
        """Which classes have these values, shape (classes,).

        Raises:
            UnknownNameError: If there is no such column.
        """
        chosen = np.ones(len(self.probabilities), dtype=bool)
        for name, value in values.items():
            if name not in self.columns:
                raise UnknownNameError("column", name, self.columns)
            chosen &= self.columns[name] == value
        return chosen

    def probability(self, **values: int) -> float:
        """Probability that a round has these values."""
        return float(self.probabilities[self.where(**values)].sum())

    @cached_property
    def _detected(self) -> tuple[NDArray[np.intp], Alias | None]:
        """The classes that are registered, and how to draw one."""
        detected = np.flatnonzero(~self.undetected)
        chances = self.probabilities[detected]
        return detected, Alias(chances) if chances.sum() > 0.0 else None

    def draw(
        self, rounds: int, rng: np.random.Generator, *, dead_gates: int = 0
    ) -> RegisteredRounds:
        """Draw rounds one by one, in order.

        Args:
            rounds: How many rounds are played.
            rng: Source of randomness.
            dead_gates: Rounds after each registered one in which nothing can be registered.

        Returns:
            The registered rounds, and how many of the others there were of each class.
        """
        total = check_integer("rounds", rounds)
        detected, alias = self._detected
        chance = float(self.probabilities[detected].sum())
        if not self.undetected.any() and dead_gates == 0:
            count, number = total, None
        else:
            number = arrival_numbers(chance, total, rng, dead_gates)
            count = len(number)
        drawn = np.zeros(0, np.uint8) if alias is None else alias.draw(count, rng)
        code = drawn if len(detected) == len(self.probabilities) else detected[drawn]
        return RegisteredRounds(
            table=self,
            total=total,
            classes=code.astype(np.min_scalar_type(len(self.probabilities)), copy=False),
            number=number,
            lost=self._lost(total, count, rng, dead_gates),
        )

    def count(self, rounds: int, rng: np.random.Generator, *, dead_gates: int = 0) -> OutcomeCounts:
        """Draw only how many rounds there are of each class: any number of rounds at once.

        Args:
            rounds: How many rounds are played.
            rng: Source of randomness.
            dead_gates: As in `draw`.

        Examples:
            >>> bits = np.array([0, 1], np.uint8)
            >>> table = OutcomeTable(columns={"bit": bits}, probabilities=[0.5, 0.5])
            >>> int(table.count(10**15, np.random.default_rng(1)).counts.sum())
            1000000000000000
        """
        total = check_integer("rounds", rounds)
        detected, _ = self._detected
        chances = self.probabilities[detected]
        found = arrival_count(float(chances.sum()), total, rng, dead_gates)
        counts = self._lost(total, found, rng, dead_gates)
        if found:
            counts[detected] += rng.multinomial(found, chances / chances.sum())
        return OutcomeCounts(table=self, counts=counts, total=total)

    def _lost(
        self, total: int, found: int, rng: np.random.Generator, dead_gates: int
    ) -> NDArray[np.int64]:
        """Rounds that are not registered, by class: undetected ones, and those in a dead time.

        What a dead round would have been is not asked: it counts as undetected in its setting.
        """
        counts = np.zeros(len(self.probabilities), dtype=np.int64)
        dead = min(total - found, found * dead_gates)
        quiet = total - found - dead
        undetected = np.flatnonzero(self.undetected)
        if quiet:
            chances = self.probabilities[undetected]
            counts[undetected] += rng.multinomial(quiet, chances / chances.sum())
        if dead:
            places, chances = self._undetected_places
            counts[places] += rng.multinomial(dead, chances)
        return counts

    @cached_property
    def _undetected_places(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """An undetected class of each setting, and the probability of the setting."""
        names = [
            name for name in self.columns if not name.startswith(("bit_bob", "click_", "double_"))
        ]
        keys = np.stack([self.columns[name] for name in names], axis=1)
        _, group = np.unique(keys, axis=0, return_inverse=True)
        group = group.reshape(-1)
        undetected = np.flatnonzero(self.undetected)
        settings, first = np.unique(group[undetected], return_index=True)
        shares = np.bincount(group, self.probabilities)[settings]
        return undetected[first], shares / shares.sum()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutcomeCounts:
    """How many rounds there were of each class.

    Args:
        table: The classes.
        counts: Shape (classes,).
        total: All rounds.
    """

    table: OutcomeTable
    counts: NDArray[np.int64]
    total: int

    def of(self, **values: int) -> int:
        """Number of rounds with these values."""
        return int(self.counts[self.table.where(**values)].sum())

    def among(self, chosen: NDArray[np.bool_]) -> int:
        """Number of rounds in the chosen classes, a mask of shape (classes,)."""
        return int(self.counts[chosen].sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegisteredRounds:
    """Registered rounds in their order; ``rounds["basis_bob"]`` is one value per round.

    Args:
        table: The classes.
        total: All rounds that were played.
        classes: Class of each registered round.
        number: Number of each registered round, counted from 0 over all; ``None`` when every round
            is registered.
        lost: How many rounds of each class were not registered, shape (classes,).

    Examples:
        >>> bits = np.array([0, 1], np.uint8)
        >>> table = OutcomeTable(columns={"bit": bits}, probabilities=[0.5, 0.5])
        >>> rounds = table.draw(1000, np.random.default_rng(1))
        >>> len(rounds), rounds.counts().of(bit=1) == int(rounds["bit"].sum())
        (1000, True)
    """

    table: OutcomeTable
    total: int
    classes: NDArray[np.unsignedinteger]
    number: NDArray[np.int64] | None
    lost: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, name: str) -> Bits:
        if name not in self.table.columns:
            raise UnknownNameError("column", name, self.table.columns)
        return np.asarray(self.table.columns[name][self.classes])

    @property
    def columns(self) -> Columns:
        """Every column, one value per registered round."""
        return {name: self[name] for name in self.table.columns}

    def counts(self) -> OutcomeCounts:
        """How many rounds there were of each class, registered or not."""
        found = np.bincount(self.classes, minlength=len(self.table.probabilities))
        return OutcomeCounts(table=self.table, counts=self.lost + found, total=self.total)


def compile_settings(
    settings: Sequence[Configuration],
    noise: Noise | NoiseModel | BackendV2 | None = None,
    *,
    inputs: Sequence[str] = (),
    state: ArrayLike | None = None,
) -> OutcomeTable:
    """The exact probability of every class, each circuit compiled once under the noise.

    Args:
        settings: What can be decided, with its circuit.
        noise: What `qnet.noise.as_noise` accepts; for a backend the circuits are translated to its
            native gates first.
        inputs: Registers of one qubit each that carry an unknown state.
        state: Its Pauli vector, shape (4**len(inputs),); a Fano matrix for two.

    Returns:
        The table, one class per setting and outcome that can occur.

    Raises:
        MissingNoiseError: If the noise does not name an operation of a circuit.
        ParameterError: If the probabilities of the settings do not sum to one.
    """
    from qnet.instrument import compile
    from qnet.noise import as_noise, to_native

    noise = as_noise(noise)
    vector = None if state is None else np.asarray(state, dtype=np.float64).reshape(-1)
    rows: list[dict[str, int]] = []
    chances: list[float] = []
    for setting in settings:
        registers = {register.name: register for register in setting.circuit.qregs}
        qubits = [registers[name][0] for name in inputs]
        circuit = to_native(setting.circuit, noise)
        instrument = compile(circuit, noise, inputs=qubits, outputs=[])
        for outcome in instrument.outcomes():
            chance = float(instrument.probability(outcome, vector))
            if chance > 1e-15:
                values = {name: int(bits, 2) for name, bits in outcome.items()}
                rows.append({**setting.labels, **values})
                chances.append(setting.probability * chance)
    return _table(rows, chances)


def sample_settings(
    settings: Sequence[Configuration], rounds: int, sampler: BaseSamplerV2, rng: np.random.Generator
) -> RegisteredRounds:
    """Play rounds on any sampler: one job per setting, with as many shots as it has rounds.

    Args:
        settings: What can be decided, with its circuit.
        rounds: How many rounds are played.
        sampler: Runs the circuits; the noise is its own. Give a fresh seed per call.
        rng: Decides the settings.

    Returns:
        The rounds; the probabilities of the table are the observed relative frequencies.

    Examples:
        >>> from qiskit.primitives import StatevectorSampler
        >>> from protocols.qkd import BB84
        >>> rng = np.random.default_rng(1)
        >>> played = sample_settings(BB84().settings(), 100, StatevectorSampler(seed=1), rng)
        >>> len(played)
        100
    """
    total = check_integer("rounds", rounds)
    setting = Alias([each.probability for each in settings]).draw(total, rng)
    places = [np.flatnonzero(setting == k) for k in range(len(settings))]
    jobs = [
        (each.circuit, None, len(p)) for each, p in zip(settings, places, strict=True) if len(p)
    ]
    answers = iter(sampler.run(jobs).result()) if jobs else iter(())
    codes = np.zeros(total, dtype=np.int64)
    rows: list[dict[str, int]] = []
    for each, place in zip(settings, places, strict=True):
        outcomes = _shots(next(answers).data) if len(place) else {}
        names = sorted(outcomes)
        values = np.stack([outcomes[name] for name in names], axis=1) if names else np.zeros((0, 0))
        seen, which = np.unique(values, axis=0, return_inverse=True)
        codes[place] = len(rows) + which.reshape(-1)
        for row in seen:
            rows.append({**each.labels, **dict(zip(names, map(int, row), strict=True))})
    frequencies = np.bincount(codes, minlength=len(rows)) / total
    table = _table(rows, frequencies.tolist())
    small = codes.astype(np.min_scalar_type(len(rows)))
    none = np.zeros(len(rows), dtype=np.int64)
    return RegisteredRounds(table=table, total=total, classes=small, number=None, lost=none)


def _shots(data: Any) -> dict[str, NDArray[np.int64]]:  # noqa: ANN401 - Qiskit's types are Any
    """Value of each classical register in every shot; shots are independent, any order will do."""
    return {
        name: data[name].array.astype(np.int64)
        @ (256 ** np.arange(data[name].array.shape[1])[::-1])
        for name in data
    }


def _table(rows: list[dict[str, int]], chances: list[float]) -> OutcomeTable:
    names: Iterator[str] = iter(dict.fromkeys(name for row in rows for name in row))
    columns = {name: np.array([row.get(name, 0) for row in rows], dtype=np.uint8) for name in names}
    return OutcomeTable(columns=columns, probabilities=np.array(chances))
