"""Assessment of a code at given losses and errors: recovery, logical map, patterns by weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qnet.codes.code_capacity import logical_map, pattern_counts
from qnet.codes.enumeration import look_up_with_loss
from qnet.codes.erasure import erasure_counts
from qnet.codes.gkp import GKP_REFERENCES, GkpQubit
from qnet.codes.logical import LogicalMap, PauliChannel
from qnet.codes.majority import majority_with_loss
from qnet.codes.matching import MatchedErrors, matching_map
from qnet.codes.tree import tree_measurement
from qnet.errors import EngineError, ParameterError, check_probability

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode
    from qnet.codes.polynomials import LossCounts, PatternCounts

__all__ = ["CodeAssessment", "assess", "assess_gkp"]


@dataclass(frozen=True, kw_only=True)
class CodeAssessment:
    """What a code does at given losses and errors.

    Args:
        code: Its name.
        title: Its name in words.
        parameters: n, k and d; None for an oscillator.
        recovery: Probability to recover from the losses.
        logical: The map of what is recovered, and its decoder.
        loss_decoder: Name of the decoder of losses, None without losses.
        losses: Loss patterns by weight, None without losses.
        errors: Error patterns by weight, None without errors or where they are not counted.
        sampled: The sample behind ``logical``, where it is not exact.
        measured: Of a tree, probabilities that logical X and logical Z can be measured; else None.
        references: Keys of the bibliography.
        notes: Sentences on what was done.
    """

    code: str
    title: str
    parameters: tuple[int, int, int] | None
    recovery: float
    logical: LogicalMap
    loss_decoder: str | None = None
    losses: LossCounts | None = None
    errors: PatternCounts | None = None
    sampled: MatchedErrors | None = None
    measured: tuple[float, float] | None = None
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def decoder(self) -> str:
        """Names of the decoders at work; "none" where there is neither loss nor error."""
        used = (self.loss_decoder, self.logical.decoder)
        return "; ".join(dict.fromkeys(name for name in used if name)) or "none"

    def as_dict(self) -> dict[str, Any]:
        """The assessment as JSON types.

        ``patterns`` are those that are recovered where there are losses alone, and those that fail
        where there are errors alone; with both, a table of the two.
        """
        logical = self.logical
        patterns = {
            "loss": None if self.losses is None else list(self.losses.patterns),
            "flip": None if self.errors is None else list(self.errors.failing),
        }
        both = {name: counts for name, counts in patterns.items() if counts is not None}
        found: dict[str, Any] = {
            "code": self.code,
            "title": self.title,
            "parameters": None if self.parameters is None else list(self.parameters),
            "recovery": self.recovery,
            "accept": logical.accept,
            "logical_x": logical.logical_x,
            "logical_y": logical.logical_y,
            "logical_z": logical.logical_z,
            "decoder": self.decoder,
            "patterns": both if len(both) > 1 else next(iter(both.values()), []),
            "polynomial": self._polynomials(),
            "break_even_loss": None if self.losses is None else self.losses.break_even,
            "references": list(self.references),
            "notes": list(self.notes),
        }
        if self.measured is not None:
            found |= dict(zip(("measured_x", "measured_z"), self.measured, strict=True))
        if self.sampled is not None:
            found["sampled"] = self.sampled.as_dict()
        return found

    def _polynomials(self) -> dict[str, list[int]]:
        """Whole coefficients of rising powers, of the loss and of the error of one kind."""
        found = {}
        if self.losses is not None:
            found["recovery"] = list(self.losses.polynomial)
        if self.errors is not None:
            found["failure"] = list(self.errors.polynomial)
        return found


def assess(
    code: StabilizerCode,
    *,
    loss: float | None = None,
    flip: float | None = None,
    depolarising: float | None = None,
    decoder: str | None = None,
    shots: int = 100_000,
    seed: int = 1,
) -> CodeAssessment:
    """Recovery and logical map of a code, exact but for large surface codes.

    Args:
        code: The code.
        loss: Probability to lose a qubit, and to know it.
        flip: Probability of X on each qubit.
        depolarising: Probability of X, Y or Z on each qubit, a third each; not beside ``flip``.
        decoder: Of losses, one of ``ERASURE_DECODERS``; None for the code's own.
        shots: Patterns to draw where errors are sampled.
        seed: Of the random numbers.

    Raises:
        ParameterError: If a number is out of range, or both kinds of errors are given.
        EngineError: If the code is too large for what is asked.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> found = assess(code_of("steane"), loss=0.1).as_dict()
        >>> round(found["recovery"], 7), found["patterns"], round(found["break_even_loss"], 9)
        (0.9931896, [1, 7, 21, 28, 7, 0, 0, 0], 0.5)
    """
    letters, probability = _error(flip, depolarising)
    channel = PauliChannel(x=probability) if letters == "X" else None
    channel = channel or PauliChannel.depolarising(probability)
    lost = None if loss is None else check_probability("loss", loss)
    if decoder is not None and lost is None and letters:
        raise ParameterError("decoder", "be asked of losses", decoder, "give --loss too")
    notes = _x_and_z(code) if letters else ()
    head: dict[str, Any] = {"title": code.title, "parameters": code.parameters}
    head |= {"code": code.name, "references": code.references}
    if code.family == "tree" and lost is not None:
        head["measured"] = tree_measurement(code.sizes, lost)
    if letters and lost:
        return _with_both(code, channel, letters, lost, decoder, {**head, "notes": notes})
    counts = _losses(code, decoder, lost, bool(letters))
    recovery = 1.0 if counts is None or lost is None else counts.recovery(lost)
    head |= {"losses": counts, "loss_decoder": None if counts is None else counts.decoder}
    if not letters:
        clean = LogicalMap(1.0, 0.0, 0.0, 0.0, code=code.name)
        return CodeAssessment(**head, recovery=recovery, logical=clean)
    if code.family == "surface" and code.sizes[0] > _LARGEST_EXACT_SURFACE:
        sample = matching_map(code, channel, shots=shots, seed=seed)
        notes = (*notes, "the logical errors are sampled, with their intervals under sampled")
        head |= {"sampled": sample, "logical": sample.map}
    else:
        head |= {"logical": logical_map(code, channel), "errors": _counted(code, letters)}
    return CodeAssessment(**head, recovery=recovery, notes=notes)


def _losses(
    code: StabilizerCode, decoder: str | None, loss: float | None, has_errors: bool
) -> LossCounts | None:
    """Loss patterns by weight where losses are asked of; where nothing is, if they can be."""
    if loss is not None or decoder is not None:
        return erasure_counts(code, decoder)
    if has_errors:
        return None
    try:
        return erasure_counts(code)
    except EngineError:
        return None


#: Largest surface code whose errors are not sampled.
_LARGEST_EXACT_SURFACE = 5


def _error(flip: float | None, depolarising: float | None) -> tuple[str, float]:
    """Letters that occur, none without errors, and their probability."""
    if flip is not None and depolarising is not None:
        hint = "give one of them"
        raise ParameterError("flip", "stand without depolarising", (flip, depolarising), hint)
    if flip is not None:
        return "X", check_probability("flip", flip)
    if depolarising is not None:
        return "XYZ", check_probability("depolarising", depolarising)
    return "", 0.0


def _with_both(
    code: StabilizerCode,
    channel: PauliChannel,
    letters: str,
    loss: float,
    decoder: str | None,
    head: dict[str, Any],
) -> CodeAssessment:
    """Losses and errors at once: the decoder of errors takes what is left, and knows all losses."""
    if code.family in ("qpc", "repetition"):
        counts = erasure_counts(code, decoder)
        recovery, left = majority_with_loss(code, channel, loss)
    else:
        recovery, left = look_up_with_loss(code, channel, loss)
        counts = erasure_counts(code, decoder or "ranks")
    if counts.decoder.startswith("Varnava"):
        hint = "leave it out: errors and losses at once are decoded with all losses known first"
        raise ParameterError("decoder", "know all losses first", decoder, hint)
    head |= {"losses": counts, "loss_decoder": counts.decoder, "errors": _counted(code, letters)}
    return CodeAssessment(**head, recovery=recovery, logical=left)


def _counted(code: StabilizerCode, letters: str) -> PatternCounts | None:
    """Failing patterns by weight; None where they are too many to count."""
    most = _MOST_COUNTED.get(code.family, code.n)
    if code.n > most and (letters != "X" or code.family != "surface"):
        return None
    return pattern_counts(code, letters)


#: Largest codes of a family whose error patterns are counted (of surface codes: of three letters).
_MOST_COUNTED = {"surface": 13, "qpc": 150, "repetition": 150}


def _x_and_z(code: StabilizerCode) -> tuple[str, ...]:
    if code.name != "shor":
        return ()
    return ("logical X and Z are named as in QPC(3, 3); Shor's own paper has them the other way",)


def assess_gkp(
    *, loss: float | None = None, squeezing_db: float | None = None, **others: float | None
) -> CodeAssessment:
    """A GKP qubit: the flips that loss, amplified before, and finite squeezing leave.

    Args:
        loss: Loss of the channel; nothing is lost altogether, all of it becomes shifts.
        squeezing_db: Of state and ancilla; None for ideal ones.
        others: Errors that an oscillator does not have.

    Raises:
        ParameterError: If a number is out of range, or flips of a qubit are given.

    Examples:
        >>> found = assess_gkp(loss=0.1, squeezing_db=12.0)
        >>> round(found.logical.logical_x + found.logical.logical_y, 10)
        0.0282038189
    """
    for name, value in others.items():
        if value is not None:
            hint = "give the loss, and the squeezing"
            raise ParameterError(name, "be asked of codes of qubits", value, hint)
    lost = 0.0 if loss is None else check_probability("loss", loss)
    if lost == 1.0:
        raise ParameterError("loss", "be below 1", loss, "no amplifier makes good what is all lost")
    qubit = GkpQubit() if squeezing_db is None else GkpQubit(squeezing_db)
    channel = qubit.channel(1.0 - lost)
    name = "shifts to the nearest multiple of sqrt(pi)"
    return CodeAssessment(
        code="gkp",
        title="GKP qubit in an oscillator",
        parameters=None,
        recovery=1.0,
        logical=LogicalMap(1.0, channel.x, channel.y, channel.z, name, "gkp"),
        references=GKP_REFERENCES,
        notes=(f"each quadrature shifts with the variance {qubit.variance(1.0 - lost):.9g}",),
    )
