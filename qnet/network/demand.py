"""Demands of a network: who asks for pairs, when, how many, and how good they must be."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.schema import Description, Whole, check_fields, key, missing

__all__ = ["ARRIVALS", "Demand"]

#: How sessions of a demand arrive.
ARRIVALS = ("poisson", "regular", "list", "bernoulli", "backlog", "in-turn")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Demand(Description):
    """Users who ask for pairs between them, in sessions: [[demand]].

    Args:
        ends: Names of two nodes, or of more for a GHZ state.
        arrivals: ``poisson``; ``regular``, at 1/rate, 2/rate, ...; ``list``, at the times ``at_s``;
            ``bernoulli``, one at the end of each ``slot_s`` with probability ``rate_hz slot_s``;
            ``backlog``, always another; or ``in-turn``, another when the one before has its pairs.
        rate_hz: Sessions per second.
        at_s: Times of arrival in s from the begin of the measured time.
        slot_s: Duration of a slot in s, of ``bernoulli`` arrivals.
        pairs: Pairs of a session, made one after the other.
        together: Whether a session takes all its pairs at once, when so many are there; where pairs
            are shared.
        memories: Memories of each edge that a session takes, where routes are reserved.
        minimum_fidelity: Least mean fidelity of its pairs.
        priority: Higher goes first.
        patience_s: How long a session waits before it gives up, in s; for ever unless given; not of
            sessions that always ask.
        max_time_s: How long a session may take in all, in s from its arrival; then it ends with the
            pairs that it has; for ever unless given; not of sessions that always ask.
        window_s: How long a pair of a session may wait for the others, in s; then it is given up
            and made anew; for ever unless given.
        round_name: Of sessions that come in turn: those of all demands with this name come
            together, and again when all of them have their pairs.
        application: What uses the pairs of each session, as ``qnet app`` names it; its figures are
            told beside those of the pairs.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> Demand(ends=("A", "B"), arrivals="poisson", rate_hz=0.05).pairs
        1
    """

    ends: tuple[str, ...] = key(example=["A", "B"])
    arrivals: str = key("poisson", choices=ARRIVALS)
    rate_hz: float | None = key(None, check=check_positive, example=0.05)
    at_s: tuple[float, ...] | None = key(None, check=check_non_negative, example=[0.0, 10.0, 25.0])
    slot_s: float | None = key(None, check=check_positive, example=1.0)
    pairs: int = key(1, check=Whole(minimum=1))
    together: bool = False
    memories: int = key(1, check=Whole(minimum=1))
    minimum_fidelity: float = key(0.0, check=check_probability)
    priority: int = key(0, check=Whole(minimum=-(2**31), maximum=2**31))
    patience_s: float | None = key(None, check=check_non_negative, example=60.0)
    max_time_s: float | None = key(None, check=check_positive, example=120.0)
    window_s: float | None = key(None, check=check_positive, example=0.5)
    round_name: str | None = key(None, example="fusion")
    application: str | None = key(None, example="remote-cnot")

    @property
    def is_backlog(self) -> bool:
        """Whether there is always another session."""
        return self.arrivals == "backlog"

    @property
    def always_asks(self) -> bool:
        """Whether its sessions come one after another: a backlog, or each in its turn."""
        return self.arrivals in ("backlog", "in-turn")

    @property
    def session_rate_hz(self) -> float | None:
        """Sessions per second; None of those that come at listed times, or one after another."""
        return None if self.always_asks else self.rate_hz

    @property
    def patience(self) -> float | None:
        """How long a session waits in s; None for ever, as one of those that always ask does."""
        return None if self.always_asks else self.patience_s

    @property
    def longest_s(self) -> float | None:
        """How long a session may take in s; None for ever, as one of those that always ask does."""
        return None if self.always_asks else self.max_time_s

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.ends) < 2:
            raise ParameterError("ends", "name two nodes or more", self.ends, 'ends = ["A", "B"]')
        if len(set(self.ends)) < len(self.ends):
            hint = "a demand joins different nodes"
            raise ParameterError("ends", "be different nodes", self.ends, hint)
        needs = {
            "poisson": ("rate_hz",),
            "regular": ("rate_hz",),
            "list": ("at_s",),
            "bernoulli": ("rate_hz", "slot_s"),
            "backlog": (),
            "in-turn": (),
        }[self.arrivals]
        for name, example in (("rate_hz", 0.05), ("at_s", [0.0]), ("slot_s", 1.0)):
            value = getattr(self, name)
            if value is None and name in needs:
                raise missing(name, example)
            if (
                value is not None
                and name not in needs
                and not (self.is_backlog and name == "rate_hz")
            ):
                rule = f"be left out with arrivals = {self.arrivals!r}"
                raise ParameterError(name, rule, value, "remove it, or take other arrivals")
        if self.round_name is not None and self.arrivals != "in-turn":
            hint = "sessions of a round come when those before are over: arrivals = 'in-turn'"
            raise ParameterError("round_name", "be of sessions in turn", self.round_name, hint)
        if self.arrivals == "bernoulli" and (self.rate_hz or 0.0) * (self.slot_s or 0.0) > 1.0:
            rule = f"be at most 1/slot_s = {1.0 / (self.slot_s or 1.0):g} Hz"
            raise ParameterError("rate_hz", rule, self.rate_hz, "one session a slot at most")
