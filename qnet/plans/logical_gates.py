"""Gates of a station that measures blocks of a code: physical errors, logical outcomes."""

from __future__ import annotations

from dataclasses import dataclass, fields

from qnet.codes.code import StabilizerCode
from qnet.codes.correlators import check_code
from qnet.errors import ParameterError, check_probability, check_type
from qnet.hardware.gates import Gates

__all__ = ["LogicalGates", "check_flip"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LogicalGates(Gates):
    """Gates of n Bell measurements side by side on two blocks, whose outcomes are decoded.

    The numbers of `Gates` are those of the physical operations. Corrections are done in the Pauli
    frame: they take no gate.

    Args:
        code: The code of both blocks.
        flip: Probability of a further flip of either outcome of a physical Bell measurement.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> LogicalGates(code=code_of("steane"), flip=0.01)
        <LogicalGates: steane, flip=0.01, Gates()>
    """

    code: StabilizerCode
    flip: float = 0.0

    @classmethod
    def of(cls, gates: Gates, *, code: StabilizerCode, flip: float = 0.0) -> LogicalGates:
        """The gates of blocks whose physical operations are these.

        Raises:
            ParameterError: If the gates are not plain ones, or a number breaks its rule.
        """
        check_type("station.gates", gates, Gates)
        if type(gates) is not Gates:
            hint = "give their depolarizing numbers and flips as Gates(...)"
            raise ParameterError("station.gates", "be plain gates", gates, hint)
        check_flip("station.flip", flip)
        check_code("station.code", code)
        numbers = {each.name: getattr(gates, each.name) for each in fields(gates)}
        return cls(**numbers, code=code, flip=flip)

    @property
    def physical(self) -> Gates:
        """The gates of the physical Bell measurements."""
        return Gates(**{each.name: getattr(self, each.name) for each in fields(Gates)})

    def __repr__(self) -> str:
        flip = f", flip={self.flip:g}" if self.flip else ""
        return f"<LogicalGates: {self.code.name}{flip}, {self.physical!r}>"


def check_flip(field: str, flip: float) -> None:
    """Raise unless a flip is a probability of at most one half.

    Raises:
        ParameterError: If it is not.
    """
    check_probability(field, flip)
    if flip > 0.5:
        hint = "an outcome that is flipped more often than not is to be read the other way round"
        raise ParameterError(field, "be at most 1/2", flip, hint)
