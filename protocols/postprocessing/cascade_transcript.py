"""Messages of Cascade: parities told and compared, and the errors that they bring to light."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CascadeMessage", "ParityQuestion"]


@dataclass(frozen=True, slots=True)
class ParityQuestion:
    """One parity that Alice tells, and Bob's parity of the same bits.

    Attributes:
        bits: Indices of the bits in the key, in ascending order.
        alice: Parity of Alice's bits, 0 or 1: the bit of information that leaks.
        bob: Parity of Bob's at that time.

    Examples:
        >>> question = ParityQuestion(bits=(4, 5, 6, 7, 12), alice=1, bob=0)
        >>> print(question, question.differs)
        bits 4-7 12: Alice 1, Bob 0, differ True
    """

    bits: tuple[int, ...]
    alice: int
    bob: int

    @property
    def differs(self) -> bool:
        """Whether Bob holds an odd number of errors among these bits."""
        return self.alice != self.bob

    def __str__(self) -> str:
        runs: list[list[int]] = []
        for bit in self.bits:
            if runs and bit == runs[-1][-1] + 1:
                runs[-1].append(bit)
            else:
                runs.append([bit])
        names = " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
        end = ", differ" if self.differs else ""
        return f"bits {names}: Alice {self.alice}, Bob {self.bob}{end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeMessage:
    """One message of Alice, Bob's answer, and what both know after it.

    Attributes:
        pass_number: Whose blocks the parities belong to, counted from 1.
        during: Which pass is under way: a later one where an error that it found sends the search
            back.
        halving: Whether these are halves of blocks that differ; else whole blocks of a new pass.
        questions: The parities.
        corrected: Indices of the bits that Bob flips after it.

    Examples:
        >>> question = ParityQuestion(bits=(2,), alice=1, bob=0)
        >>> print(CascadeMessage(
        ...     pass_number=1, during=2, halving=True, questions=(question,), corrected=(2,)
        ... ))
        pass 2, back in pass 1: halves, 1 parity
          bits 2: Alice 1, Bob 0, differ
          Bob flips 2
    """

    pass_number: int
    during: int
    halving: bool
    questions: tuple[ParityQuestion, ...]
    corrected: tuple[int, ...] = ()

    def __str__(self) -> str:
        back = f", back in pass {self.pass_number}" if self.pass_number < self.during else ""
        what, number = "halves" if self.halving else "blocks", len(self.questions)
        parities = f"{number} parit{'y' if number == 1 else 'ies'}"
        lines = [f"pass {self.during}{back}: {what}, {parities}"]
        lines += [f"  {question}" for question in self.questions]
        if self.corrected:
            lines.append(f"  Bob flips {' '.join(map(str, self.corrected))}")
        return "\n".join(lines)
