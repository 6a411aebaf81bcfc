"""Encoded memories of a chain as a scenario describes them: [encode]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from protocols.repeaters.code_figures import (
    NO_CODE,
    check_code,
    references_of,
    stabilizer_code,
)
from protocols.repeaters.own_link import FLIP, OwnLink
from protocols.repeaters.tables import GateErrors, Swapping
from qnet import schema
from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.hardware import Gates
from qnet.links import Abstract
from qnet.plans import Plan, Station
from qnet.schema import Whole
from qnet.states import werner

if TYPE_CHECKING:
    from protocols.repeaters.segment import Segment
    from qnet.codes.code import StabilizerCode

__all__ = ["EncodeTable"]

#: Keys that describe the physical pairs, where no [link] does.
_OF_PAIRS = ("coupling", "attenuation_km", "attempts", "fidelity")

#: Keys that give the flip of a physical outcome, where it is not given outright.
_OF_FLIP = ("fidelity", "gate_error", "readout_flip")

#: Keys that give a flip outright.
_GIVEN = ("physical_flip", "logical_error")

_TIMES = ("two_qubit_time_s", "single_qubit_time_s", "readout_time_s")
_NO_TIMES = {"two_qubit_time_s": 0.0, "single_qubit_time_s": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EncodeTable(OwnLink):
    """Codes in the memories of a chain: [encode].

    The pairs of a code's qubits that [link] describes, or this table itself, become one pair of
    logical qubits, which is swapped and read out qubit by qubit: each outcome of a swap is decoded.
    The pair from end to end is one of logical qubits, decoded there. Without [link], an attempt
    takes the light's time from node to node and heralds a pair with half the probability that both
    photons arrive.

    Args:
        code: Name of the code, as ``qnet code`` has it, or ``none``.
        coupling: Probability at either end that a photon gets from its memory into the fibre and
            is detected at the end of it, fibre aside; 1 unless given.
        attenuation_km: Length over which the fibre loses all but 1/e of the light; 22 unless given.
        attempts: Attempts side by side for each physical pair; 1 unless given.
        fidelity: Fidelity of a physical pair, which is a Werner state; 1 unless given.
        physical_flip: Probability that one physical outcome of a swap is flipped, by its pair and
            the measurement together, in place of ``fidelity``, ``gate_error`` and ``readout_flip``.
        gate_error: Depolarising strength of the two-qubit gate of a swap.
        readout_flip: Probability of a wrong readout of one physical qubit.
        logical_error: Probability that a decoded outcome of a swap is flipped, in place of all
            that gives it.
        blocks: How gates prepare the blocks that the pairs are joined to: ``perfect``, as if they
            did not err; ``verified``, with a check that throws a wrong block away; or ``bare``. The
            ancillas of a check are not counted. For codes with checks of X alone and of Z alone;
            without a code it has no effect.
        station_time_s: Time that a station takes to encode, once its pairs are there; that of the
            gates unless given.

    Raises:
        ParameterError: If there is no such code, a number is out of range, or two keys say one
            thing.

    Examples:
        >>> table = EncodeTable(code="none", coupling=0.9)
        >>> round(table.herald_probability(62.5), 9)
        0.023640893
    """

    table: ClassVar[str] = "encode"

    code: str = schema.key(example="steane")
    coupling: float | None = schema.key(None, check=check_probability, example=0.9)
    attenuation_km: float | None = schema.key(None, check=check_positive, example=22.0)
    attempts: int | None = schema.key(None, check=Whole(minimum=1, maximum=10_000_000), example=100)
    fidelity: float | None = schema.key(None, check=check_probability, example=0.99)
    physical_flip: float | None = schema.key(None, check=FLIP, excludes=_OF_FLIP, example=0.004)
    gate_error: float | None = schema.key(None, check=check_probability, example=0.001)
    readout_flip: float | None = schema.key(None, check=FLIP, example=0.001)
    logical_error: float | None = schema.key(
        None, check=FLIP, excludes=("physical_flip", *_OF_FLIP), example=1e-4
    )
    blocks: str = schema.key(
        "perfect", choices=("perfect", "verified", "bare"), quiet=True, example="verified"
    )
    station_time_s: float | None = schema.key(None, check=check_non_negative, example=1e-5)

    def __post_init__(self) -> None:
        schema.check_fields(self)
        if self.code != NO_CODE:
            check_code(self.code, memories=True)
            self._check_blocks()

    def _check_blocks(self) -> None:
        """Raise unless the blocks can be prepared as the table says."""
        if self.blocks == "perfect":
            return
        if self.is_given:
            hint = "give gate_error and readout_flip in its place, or leave blocks out"
            rule = "be left out beside faulty blocks"
            raise ParameterError(self._given_by, rule, getattr(self, self._given_by), hint)
        from qnet.codes.faulty_pairs import encoded_pair_correlators

        encoded_pair_correlators(self.code_used, Gates(), verified=self.blocks == "verified")

    @property
    def attempts_made(self) -> int:
        """Attempts side by side."""
        return self.attempts or 1

    @property
    def cited(self) -> tuple[str, ...]:
        """The works on encoded repeaters and on the code; none without one."""
        if self.code == NO_CODE:
            return ()
        return ("Jiang2009", *references_of(self.code))

    def herald_probability(self, length_km: float) -> float:
        r"""Probability of one attempt, :math:`\eta_c^2 e^{-L_0/L_{att}}/2`."""
        coupling = 1.0 if self.coupling is None else self.coupling
        return coupling**2 * self.fibre_transmission(length_km) / 2.0

    def check_beside(self, swap: object, links: Sequence[object]) -> None:
        """Raise when a key says what [swap] or [link] say.

        Args:
            swap: What is said of the Bell measurements; a table, if anything.
            links: What makes the physical pairs: tables, plans; None where this table does.

        Raises:
            ParameterError: If one does.
        """
        own = [name for name in ("gate_error", "readout_flip") if getattr(self, name) is not None]
        if swap is not None and not isinstance(swap, Swapping | Station):
            hint = "write [swap], or readout_flip and gate_error under [encode]"
            raise ParameterError("swap", "be a table beside [encode]", swap, hint)
        if getattr(swap, "has_gates", False) and (own or self.is_given):
            name = own[0] if own else self._given_by
            hint = "remove it, or the gates of [swap]: either says how physical outcomes err"
            field, value = f"encode.{name}", getattr(self, name)
            raise ParameterError(field, "be left out beside [swap]", value, hint)
        if links[0] is None:
            return
        # Plans made in Python may be known to err no more than the flip that is given.
        for name in _OF_PAIRS if isinstance(links[0], Plan) else (*_OF_PAIRS, *_GIVEN):
            value = getattr(self, name)
            if value is not None:
                hint = "remove it, or remove [link]: either says how the physical pairs are made"
                field = f"encode.{name}"
                raise ParameterError(field, "be left out beside [link]", value, hint)

    @property
    def is_given(self) -> bool:
        """Whether flips are given outright, not worked out from pairs and gates."""
        return self.physical_flip is not None or self.logical_error is not None

    @property
    def _given_by(self) -> str:
        return "physical_flip" if self.physical_flip is not None else "logical_error"

    @property
    def of_given_pairs(self) -> Self:
        """The same beside links that are given: it says no more how they are made."""
        nothing: dict[str, Any] = dict.fromkeys(_OF_PAIRS)
        return replace(self, **nothing)

    def swapping(self, station: Station) -> Swapping:
        """The table [swap] that may stand beside this one.

        Args:
            station: The physical Bell measurement.
        """
        own = self.is_given or self.gate_error is not None or self.readout_flip is not None
        gates = None if own else station.gates
        return Swapping(success_probability=station.success_probability, gates=gates)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know of the pairs, one sentence each."""
        if self.code == NO_CODE:
            return ()
        return (
            "the pair from end to end is one of logical qubits, decoded there; every link counts "
            "the errors of one measurement of its block, at the next station or by the user",
        )

    def physical_gates(self, otherwise: Gates) -> Gates:
        """Gates that read a block: those of the table, or others where it gives none.

        Args:
            otherwise: Gates of [swap], of the preset, or perfect ones.
        """
        own = GateErrors(cnot_depolarizing=self.gate_error, readout_flip=self.readout_flip)
        gates = Gates() if self.is_given else own.gates_or(otherwise)
        if self.station_time_s is None:
            return gates
        return replace(gates, **_NO_TIMES, readout_time_s=self.station_time_s)

    def station(self, station: Station) -> Station:
        """A Bell measurement of two blocks: as often as before, in the time of a physical one.

        Its errors count with the links.

        Args:
            station: The physical one.
        """
        times = {name: getattr(station.gates, name) for name in _TIMES}
        return Station(success_probability=station.success_probability, gates=Gates(**times))

    def joined(self, pair: Plan, *, better: Callable[[Plan], Plan] | None, gates: Gates) -> Plan:
        """The logical pair of a link.

        Args:
            pair: The plan of a physical pair.
            better: What improves physical pairs first.
            gates: Physical gates of the station, unless the table gives others.
        """
        # Local imports: they load the codes, which other chains do not need.
        from protocols.repeaters.given_pair import GivenPair
        from qnet.plans.encoded import EncodedPair

        pair = pair if better is None else better(pair)
        gates = self.physical_gates(gates)
        if self.logical_error is not None:
            return GivenPair(
                pair=pair, code=self.code_used, gates=gates, logical_error=self.logical_error
            )
        flip = self.physical_flip or 0.0
        if self.code == NO_CODE and gates == Gates() and not flip:
            return pair
        blocks: Any = "perfect" if self.code == NO_CODE else self.blocks
        if blocks != "perfect":
            # Outcomes are read in a random Pauli frame: either one as often.
            flip_0 = (gates.readout_flip_0 + gates.readout_flip_1) / 2.0
            gates = replace(gates, readout_flip_0=flip_0, readout_flip_1=flip_0)
        return EncodedPair(pair=pair, code=self.code_used, gates=gates, flip=flip, blocks=blocks)

    @property
    def code_used(self) -> StabilizerCode:
        """The code; of one qubit, without checks, where there is none."""
        return stabilizer_code(self.code)

    def words(self, length_km: float) -> str:
        """The code, and the attempts side by side."""
        blocks = "" if self.blocks == "perfect" else f" in {self.blocks} blocks"
        code = "no code" if self.code == NO_CODE else f"code {self.code}{blocks}"
        return f"{code}, attempts side by side: {self.attempts_made}"

    def built(self, segment: Segment) -> Plan:
        """The link of one physical pair."""
        length_km = segment.length_km or 0.0
        fidelity = 1.0 if self.fidelity is None else self.fidelity
        state = werner((4.0 * fidelity - 1.0) / 3.0)
        fibre = segment.fibre.of_length(length_km)
        return Abstract(
            success_probability=self.herald_probability(length_km),
            attempt_time_s=fibre.delay_s,
            state=state,
            memory=segment.memory,
            modes=segment.modes,
            channel=fibre,
            name="heralded",
        ).link()
