"""Catalogue of the codes: families by name, and a code by its full name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from qnet.codes.code import StabilizerCode
from qnet.codes.five_one_three import FIVE_ONE_THREE
from qnet.codes.four_two_two import FOUR_TWO_TWO
from qnet.codes.repetition import repetition_code
from qnet.codes.shor_and_parity import SHOR, parity_code
from qnet.codes.steane import STEANE
from qnet.codes.surface import surface_code
from qnet.codes.tree import tree_code
from qnet.errors import ParameterError, UnknownNameError

__all__ = ["CODES", "CodeFamily", "code_of"]


@dataclass(frozen=True)
class CodeFamily:
    """A family of codes: how a name of it is written, and what builds it.

    Args:
        pattern: The name, with a letter for each whole number: ``qpc-N-M``.
        title: What it is, in a few words.
        build: Gives the code of these numbers.
        example: A name of the family.
    """

    pattern: str
    title: str
    build: Callable[..., StabilizerCode]
    example: str

    @property
    def count(self) -> int | None:
        """How many whole numbers a name has; None for one or more."""
        return None if self.pattern.endswith("...") else self.pattern.count("-")


#: First part of the name -> family. A new code is one file and one line here.
CODES: Mapping[str, CodeFamily] = MappingProxyType(
    {
        "repetition": CodeFamily(
            "repetition-N", "N qubits against flips", repetition_code, "repetition-5"
        ),
        "422": CodeFamily("422", FOUR_TWO_TWO.title, lambda: FOUR_TWO_TWO, "422"),
        "513": CodeFamily("513", FIVE_ONE_THREE.title, lambda: FIVE_ONE_THREE, "513"),
        "steane": CodeFamily("steane", STEANE.title, lambda: STEANE, "steane"),
        "shor": CodeFamily("shor", SHOR.title, lambda: SHOR, "shor"),
        "qpc": CodeFamily("qpc-N-M", "parity code, N blocks of M qubits", parity_code, "qpc-10-4"),
        "surface": CodeFamily(
            "surface-D", "rotated surface code of distance D", surface_code, "surface-3"
        ),
        "tree": CodeFamily("tree-B0-B1-...", "tree cluster state", tree_code, "tree-4-14-4"),
    }
)


def code_of(name: str) -> StabilizerCode:
    """A code by its name: its family, and its whole numbers after hyphens.

    Args:
        name: Such as ``steane``, ``qpc-10-4`` (10 blocks of 4 qubits) or ``surface-3``.

    Raises:
        UnknownNameError: If no family has this name.
        ParameterError: If the numbers are not as the family wants them.

    Examples:
        >>> code_of("513").parameters
        (5, 1, 3)
        >>> code_of("surface-3").n
        9
    """
    if not isinstance(name, str):
        raise UnknownNameError("code", name, _patterns())
    family, *numbers = name.split("-")
    if family not in CODES:
        raise UnknownNameError("code", name, _patterns())
    wanted = CODES[family]
    fits = len(numbers) == wanted.count if wanted.count is not None else len(numbers) >= 1
    if not fits or not all(_is_number(number) for number in numbers):
        hint = f"such as {wanted.example!r}"
        raise ParameterError("code", f"be written {wanted.pattern}", name, hint)
    return _built(family, tuple(map(int, numbers)))


def _is_number(text: str) -> bool:
    """Whether a text is a whole number of at most four digits, without leading zeros."""
    return text.isascii() and text.isdigit() and len(text) <= 4 and str(int(text)) == text


def _patterns() -> list[str]:
    return [family.pattern for family in CODES.values()]


@cache
def _built(family: str, numbers: tuple[int, ...]) -> StabilizerCode:
    return CODES[family].build(*numbers)
