"""Progress of an exact solution: how many distinct nodes of a plan are solved."""

from __future__ import annotations

from qnet.plans import Plan
from qnet.progress import ProgressCallback, note

__all__ = ["SolvedNodes"]


class SolvedNodes:
    """Tells a callback how many distinct nodes of a plan are solved, equal ones counted once.

    Args:
        plan: What is played.
        progress: Called with the number of nodes solved and wanted.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> nodes = SolvedNodes(link, print)
        >>> nodes.begin("grid of 100 steps")
        0 1
        >>> nodes.tell(1)
        1 1
    """

    def __init__(self, plan: Plan, progress: ProgressCallback | None) -> None:
        self.progress = progress
        self.wanted = 0 if progress is None else len(set(plan.nodes()))

    def begin(self, text: str) -> None:
        """Count from 0, on a grid or a lattice that a text describes."""
        note(self.progress, text)
        self.tell(0)

    def tell(self, solved: int) -> None:
        """Take how many are solved; a step that solves parts of its own making counts no more."""
        if self.progress is not None:
            self.progress(min(solved, self.wanted), self.wanted)

    def finish(self) -> None:
        """All that had to be solved is solved."""
        note(self.progress, "")
        self.tell(self.wanted)
