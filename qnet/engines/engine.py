"""An engine as an object: its name, what it needs, and the function that plays a plan."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qnet.errors import ParameterError
from qnet.lazy import loaded
from qnet.progress import in_notebook, opened

if TYPE_CHECKING:
    from qnet.engines.result import ChainResult, Key
    from qnet.plans.base import Plan
    from qnet.progress import ProgressCallback

__all__ = ["Engine", "fresh_seed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A way to play plans.

    The functions may be given as ``"module:function"``, and are then loaded on first use.

    Args:
        name: What ``engine=`` says; a scenario's table of this name holds its options.
        sentence: What it does, in a few words, for ``--help``.
        function: Plays a plan: called with the plan, ``key`` and ``progress``, then ``shots``,
            ``seed`` and ``workers`` if it draws, and the options that are given.
        draws: Whether its figures come from draws; their moments (``SampledResult``) add up over
            batches. Without, its figures are final, whatever the seed.
        is_slow: Whether a delivered pair takes it tenths of a second.
        options: Names of further arguments of ``function``.
        unit: What ``progress`` counts.
        forecast: Expected computing time in s of a plan and a number of shots; None where unknown.

    Examples:
        >>> from qnet.engines import ENGINES
        >>> ENGINES["exact"].draws, ENGINES["exact"].options
        (False, ('tolerance', 'width', 't_max_s'))
    """

    name: str
    sentence: str
    function: Callable[..., ChainResult] | str
    draws: bool = True
    is_slow: bool = False
    options: tuple[str, ...] = ()
    unit: str = "pairs"
    forecast: Callable[[Plan, int], float] | str | None = None

    def play(
        self,
        plan: Plan,
        *,
        shots: int | None = None,
        seed: int | None = None,
        key: Key | None = None,
        workers: int = 1,
        progress: ProgressCallback | None = None,
        **options: Any,  # noqa: ANN401 - those of the engine
    ) -> ChainResult:
        """Play a plan; arguments as of `qnet.play`.

        Raises:
            ParameterError: If shots are missing, or an option is another engine's.
        """
        for name, value in options.items():
            if name not in self.options:
                rule = f"be an option of engine={self.name!r}"
                raise ParameterError(name, rule, value, "leave it out, or take another engine")
        if self.draws:
            if shots is None:
                hint = "give a whole number, or use engine='exact', which draws nothing"
                raise ParameterError("shots", f"be given for engine={self.name!r}", shots, hint)
            drawn = fresh_seed() if seed is None else seed
            options |= {"shots": shots, "seed": drawn, "workers": workers}
        shown = in_notebook(progress, self.name, self.unit)
        with opened(shown):
            found: ChainResult = self.load()(plan, key=key, progress=shown, **options)
        return found

    def load(self) -> Callable[..., ChainResult]:
        """The function that plays a plan, imported if it was given by name."""
        return loaded(self.function)

    def run_time_s(self, plan: Plan, shots: int) -> float:
        """Expected computing time of one core in s; 0 where it is not known."""
        return 0.0 if self.forecast is None else float(loaded(self.forecast)(plan, shots))

    def options_of(self, description: object) -> dict[str, Any]:
        """The options that a description gives, in an attribute of the engine's name.

        Args:
            description: Such as a scenario, with a table ``[exact]``.
        """
        table = getattr(description, self.name, None)
        return {} if table is None else {name: getattr(table, name) for name in self.options}


def fresh_seed() -> int:
    """A seed that the operating system draws; a result that was drawn from it says it.

    Examples:
        >>> 0 <= fresh_seed() < 2**32
        True
    """
    return secrets.randbits(32)
