"""Tables of a chain's scenario beside its links: [swap], [cutoff], [distill] and [exact]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from qnet import schema
from qnet.errors import check_non_negative, check_positive, check_probability
from qnet.hardware.gates import Gates
from qnet.plans import CUTOFF_KINDS, DISTILLATION_SCHEMES, Cutoff, Station
from qnet.schema import Description, Whole, Within

__all__ = ["CutoffTimes", "Distillation", "Exact", "GateErrors", "Swapping"]

_SHARE: dict[str, Any] = {"low": 0.0, "high": 1.0, "is_open": True, "rule": "lie in (0, 1)"}
_BEYOND = Within(
    **_SHARE, hint="give the probability that may lie beyond the time grid, such as 1e-9"
)
_WIDTH = Within(**_SHARE, hint="give how wide a figure may be, such as 1e-3")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GateErrors(Description):
    """Gates of a table: two error probabilities, or all that gates have.

    Args:
        cnot_depolarizing: Depolarising strength of a CNOT.
        readout_flip: Probability of a wrong readout.
        gates: Gates with all their errors and durations.
    """

    cnot_depolarizing: float | None = schema.key(None, check=check_probability, example=0.01)
    readout_flip: float | None = schema.key(None, check=check_probability, example=0.005)
    gates: Gates | None = schema.key(None, excludes=("cnot_depolarizing", "readout_flip"))

    @property
    def has_gates(self) -> bool:
        """Whether the table says anything of gates."""
        return any(
            each is not None for each in (self.cnot_depolarizing, self.readout_flip, self.gates)
        )

    def gates_or(self, otherwise: Gates | None) -> Gates:
        """The gates that the table gives; ``otherwise``, or perfect ones, when it gives none."""
        if self.gates is not None:
            return self.gates
        if otherwise is not None and not self.has_gates:
            return otherwise
        flip = self.readout_flip or 0.0
        return Gates(
            two_qubit_depolarizing=self.cnot_depolarizing or 0.0,
            readout_flip_0=flip,
            readout_flip_1=flip,
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Swapping(GateErrors):
    """Bell measurement between any two segments: [swap].

    Args:
        success_probability: Probability that the Bell measurement gives an answer at all.
        cnot_depolarizing: Depolarising strength of a CNOT; without gate keys, the gates of the
            links' preset, or perfect ones.
        readout_flip: Probability of a wrong readout.
        gates: Gates with all their errors and durations.

    Raises:
        ParameterError: If a number is out of range, or both forms of gates are given.

    Examples:
        >>> Swapping(success_probability=0.5, cnot_depolarizing=0.01).station(None)
        Station(success_probability=0.5, gates=Gates(two_qubit_depolarizing=0.01))
    """

    success_probability: float = schema.key(1.0, check=check_probability)

    @classmethod
    def of(cls, station: Station) -> Self:
        """The table that says the same as a station."""
        return cls(success_probability=station.success_probability, gates=station.gates)

    def station(self, preset_gates: Gates | None) -> Station:
        """The station, with the gates of the preset where the table has none."""
        gates = self.gates_or(preset_gates)
        return Station(success_probability=self.success_probability, gates=gates)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CutoffTimes(Description):
    """When to give up a pair that waits: [cutoff].

    Args:
        kind: What is limited: the difference of two arrivals, the age of a pair, or the total time
            of a round.
        time_s: The limit, one for all nesting levels, or one per level, innermost first.

    Raises:
        ParameterError: If there is no such kind, or a time is out of range.

    Examples:
        >>> CutoffTimes(kind="difference", time_s=(0.1, 0.2)).rules
        (Cutoff(kind='difference', time_s=0.1), Cutoff(kind='difference', time_s=0.2))
    """

    kind: str = schema.key(choices=CUTOFF_KINDS)
    time_s: float | tuple[float, ...] = schema.key(example=10.0, range={"minimum": 0})

    def __post_init__(self) -> None:
        schema.check_fields(self)
        check = check_positive if self.kind == "total" else check_non_negative
        if isinstance(self.time_s, tuple | list):
            times = tuple(check(f"time_s[{k}]", time) for k, time in enumerate(self.time_s))
            object.__setattr__(self, "time_s", times)
        else:
            object.__setattr__(self, "time_s", check("time_s", self.time_s))

    @classmethod
    def of(cls, rules: Any) -> Any:  # noqa: ANN401
        """The table that says the same as cut-offs of one kind; others stay as they are."""
        if type(rules) is Cutoff:
            return cls(kind=rules.kind, time_s=rules.time_s)
        if not isinstance(rules, tuple) or not all(type(each) is Cutoff for each in rules):
            return rules
        kinds = {each.kind for each in rules}
        if len(kinds) != 1:
            return rules
        return cls(kind=kinds.pop(), time_s=tuple(each.time_s for each in rules))

    @property
    def rules(self) -> Cutoff | tuple[Cutoff, ...]:
        """The cut-off of all levels, or of each."""
        if isinstance(self.time_s, tuple):
            return tuple(Cutoff(kind=self.kind, time_s=time) for time in self.time_s)
        return Cutoff(kind=self.kind, time_s=self.time_s)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Distillation(GateErrors):
    """Which pairs are distilled, and how: [distill].

    Args:
        scheme: Circuit of one round.
        rounds: Number of rounds.
        level: Nesting level of the pairs; 0 is the elementary links.
        cnot_depolarizing: Depolarising strength of a CNOT; without gate keys, the gates of the
            links' preset, or perfect ones.
        readout_flip: Probability of a wrong readout.
        gates: Gates with all their errors and durations.

    Raises:
        ParameterError: If there is no such scheme, or a number is out of range.

    Examples:
        >>> Distillation(scheme="bbpssw", rounds=2).gates_or(Gates(two_qubit_depolarizing=0.01))
        Gates(two_qubit_depolarizing=0.01)
    """

    scheme: str = schema.key("dejmps", choices=lambda: tuple(DISTILLATION_SCHEMES))
    rounds: int = schema.key(1, check=Whole(maximum=32))
    level: int = schema.key(0, check=Whole())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Exact(Description):
    """How far the exact engine follows the deliveries, and how narrow its brackets are: [exact].

    Args:
        tolerance: Largest probability of a delivery that is not followed.
        t_max_s: End of the time grid, in place of the tolerance.
        width: Largest width of a figure: relative for time, rate and key rate, absolute for
            fidelity and error rates. What is computed outright has none.
    """

    tolerance: float = schema.key(1e-9, check=_BEYOND)
    t_max_s: float | None = schema.key(None, check=check_positive, example=10.0)
    width: float = schema.key(1e-3, check=_WIDTH)
