"""Kinds of exercises: a number, a circuit, a curve to predict, a rule or strategy to play."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from qnet.errors import QnetError
from qnet.estimate import Estimate
from qnet.instrument import compile as compile_circuit, state

__all__ = [
    "CircuitExercise",
    "CurveExercise",
    "Exercise",
    "NumberExercise",
    "PlayedExercise",
    "Verdict",
    "single",
]


def single(value: object) -> float:
    """Best value of a figure that is one estimate.

    Raises:
        TypeError: If it is none, or several.

    Examples:
        >>> single(Estimate.exact(0.5))
        0.5
    """
    if not isinstance(value, Estimate):
        message = f"one estimate is wanted, not {type(value).__name__}"
        raise TypeError(message)
    return value.best


@dataclass(frozen=True)
class Verdict:
    """What is said to an answer.

    Attributes:
        right: Whether it is right.
        sentence: The same in words; of a wrong answer with what may help.
    """

    right: bool
    sentence: str


def _not_yet(words: str, hint: str) -> Verdict:
    end = "" if words.endswith(".") else "."
    return Verdict(False, f"Not yet: {words}{end}{' Hint: ' if hint else ''}{hint}")


@dataclass(frozen=True)
class NumberExercise:
    """An exercise whose answer is a number.

    Attributes:
        expected: Gives the right value, or an estimate: the answer has to lie in the interval of
            what was sampled, or within the tolerance of what was computed.
        hint: What may help; told with a wrong answer.
        tolerance: Largest relative difference from the right value.
        slips: Answers that mistakes lead to, and what to say to each.

    Examples:
        >>> half = NumberExercise(lambda: 0.5, "two halves make one", slips=((2.0, "the inverse"),))
        >>> half.judge(0.5).sentence
        'Right: 0.5'
        >>> half.judge(0.3).sentence
        'Not yet: 0.3 is too small. Hint: two halves make one'
        >>> half.judge(2).sentence
        'Not yet: the inverse. Hint: two halves make one'
    """

    expected: Callable[..., float | Estimate]
    hint: str
    tolerance: float = 1e-3
    slips: tuple[tuple[float, str], ...] = ()

    def judge(self, answer: object, *given: object) -> Verdict:
        """Compare a number with the right one, which may follow from what the notebook found."""
        try:
            value = float(answer)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return _not_yet(f"one number is asked for, not {type(answer).__name__}", self.hint)
        expected = self.expected(*given)
        if isinstance(expected, Estimate) and expected.n > 0:
            right = expected.low <= value <= expected.high
        else:
            right = math.isclose(value, float(expected), rel_tol=self.tolerance)
        if right:
            return Verdict(True, f"Right: {value:.6g}")
        for slip, words in self.slips:
            if math.isclose(value, slip, rel_tol=1e-2):
                return _not_yet(words, self.hint)
        side = "large" if value > float(expected) else "small"
        words = f"{value:.6g} is too {side}" if math.isfinite(value) else "a finite one is wanted"
        return _not_yet(words, self.hint)


@dataclass(frozen=True)
class CircuitExercise:
    """An exercise whose answer is a circuit.

    Attributes:
        expected: Gives a circuit that does what is asked for.
        hint: What may help; told with a wrong answer.
        prepares: Whether the circuit starts in state 0, and only the state that it leaves counts.
        keeps: Whether the qubits are used afterwards; if not, only the bits count.

    Examples:
        >>> def plus():
        ...     circuit = QuantumCircuit(1)
        ...     circuit.h(0)
        ...     return circuit
        >>> exercise = CircuitExercise(plus, "a gate makes it", prepares=True)
        >>> exercise.judge(plus()).right
        True
        >>> exercise.judge(QuantumCircuit(1)).sentence
        'Not yet: the circuit leaves another state. Hint: a gate makes it'
    """

    expected: Callable[[], QuantumCircuit]
    hint: str
    prepares: bool = False
    keeps: bool = True

    def judge(self, answer: object) -> Verdict:
        """Compare the exact maps of two circuits, outcome by outcome."""
        if not isinstance(answer, QuantumCircuit):
            kind = type(answer).__name__
            return _not_yet(f"a QuantumCircuit is asked for, not {kind}", self.hint)
        wanted = self.expected()
        sizes = (answer.num_qubits, answer.num_clbits), (wanted.num_qubits, wanted.num_clbits)
        if sizes[0] != sizes[1]:
            words = "the circuit has {} qubits and {} bits".format(*sizes[0])
            return _not_yet(f"{words}, but needs {sizes[1][0]} and {sizes[1][1]}", self.hint)
        try:
            alike = self._alike(answer, wanted)
        except QnetError as error:
            return _not_yet(f"the circuit cannot be compiled: {error}", self.hint)
        if alike:
            return Verdict(True, "Right: the circuit does what is asked for")
        what = "leaves another state" if self.prepares else "does something else"
        return _not_yet(f"the circuit {what}", self.hint)

    def _alike(self, one: QuantumCircuit, other: QuantumCircuit) -> bool:
        if self.prepares:
            return bool(np.allclose(state(one), state(other), atol=1e-9))
        first, second = (
            compile_circuit(each, inputs=each.qubits, outputs=each.qubits if self.keeps else ())
            for each in (one, other)
        )
        outcomes = range(2**other.num_clbits)
        return len(first.clbits) == len(second.clbits) and all(
            np.allclose(first.matrix(bits), second.matrix(bits), atol=1e-9) for bits in outcomes
        )


@dataclass(frozen=True)
class CurveExercise:
    """An exercise whose answer is a curve, predicted before it is drawn.

    Attributes:
        places: Where the curve is asked for.
        expected: Gives its values there.
        labels: Those of both axes.
        hint: What may help; told with a wrong answer.
        tolerance: Largest difference from the right values, relative to the largest of them.

    Examples:
        >>> line = CurveExercise((1, 2, 4), lambda: [1, 2, 4], ("n", "twice"), "it is a line")
        >>> line.judge([1, 2, 4]).sentence
        'Right: within 10 % at all 3 places'
        >>> line.judge([1, 2, 2]).sentence
        'Not yet: at n = 4 the value 2 is too small. Hint: it is a line'
    """

    places: tuple[float, ...]
    expected: Callable[..., Sequence[float]]
    labels: tuple[str, str]
    hint: str
    tolerance: float = 0.1

    def judge(self, answer: object, *given: object) -> Verdict:
        """Compare a prediction with the curve, and say where it is farthest from it."""
        values = self._values(answer)
        if values is None:
            return _not_yet(f"a list of {len(self.places)} numbers is asked for", self.hint)
        right = np.asarray(self.expected(*given), dtype=float)
        away = values - right
        worst = int(np.argmax(np.abs(away)))
        if abs(away[worst]) <= self.tolerance * float(np.max(np.abs(right))):
            share = f"{100 * self.tolerance:g} %"
            return Verdict(True, f"Right: within {share} at all {len(values)} places")
        side = "large" if away[worst] > 0 else "small"
        place = f"{self.labels[0]} = {self.places[worst]:g}"
        return _not_yet(f"at {place} the value {values[worst]:g} is too {side}", self.hint)

    def draw(self, answer: object, *given: object) -> None:
        """Draw a prediction and the curve; nothing without a number for each place."""
        from matplotlib import pyplot as plt

        from qnet.figures import style

        values = self._values(answer)
        if values is None:
            return
        with style():
            ax = plt.subplots(figsize=(6, 3.5))[1]
            ax.plot(self.places, self.expected(*given), "o-", label="what happens")
            ax.plot(self.places, values, "s--", color="0.4", label="your prediction")
            ax.set(xlabel=self.labels[0], ylabel=self.labels[1])
            ax.legend()

    def _values(self, answer: object) -> np.ndarray | None:
        try:
            values = np.asarray(answer, dtype=float)
        except (TypeError, ValueError, OverflowError):
            return None
        right = values.shape == (len(self.places),) and bool(np.isfinite(values).all())
        return values if right else None


@dataclass(frozen=True)
class PlayedExercise:
    """An exercise whose answer is played: a rule, a protocol, a strategy, a design.

    Attributes:
        play: Plays an answer, with what the notebook gives, and says how that went.
        hint: What may help; told with a wrong answer.

    Examples:
        >>> exercise = PlayedExercise(lambda f: Verdict(f(2) == 4, f"f(2) is {f(2)}"), "square")
        >>> exercise.judge(lambda x: x * x).sentence
        'Right: f(2) is 4'
        >>> exercise.judge(lambda x: x + 1).sentence
        'Not yet: f(2) is 3. Hint: square'
        >>> exercise.judge(lambda: 4).sentence.partition("(")[0]
        'Not yet: it stopped with TypeError '
        >>> exercise.judge(4).sentence
        'Not yet: a function is asked for. Hint: square'
    """

    play: Callable[..., Verdict]
    hint: str

    def judge(self, answer: object, *given: object) -> Verdict:
        """Play an answer; whatever it raises is told, not raised."""
        try:
            verdict = self.play(answer, *given)
        except Exception as error:
            if not callable(answer) and str(error).endswith("is not callable"):
                return _not_yet("a function is asked for", self.hint)
            return _not_yet(f"it stopped with {type(error).__name__} ({error})", self.hint)
        if not verdict.right:
            return _not_yet(verdict.sentence, self.hint)
        return Verdict(True, f"Right: {verdict.sentence}")


Exercise = NumberExercise | CircuitExercise | CurveExercise | PlayedExercise
