"""Chains that deliver the pairs of an application: exactly, drawn, or as joint circuits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from protocols.applications.delivered import Delivered, StateGroup
from protocols.applications.services.drawn import draw_rounds
from protocols.applications.services.made_states import MADE_OF_PAIRS, made_of_pairs
from protocols.applications.services.mean_pairs import mean_pairs
from protocols.applications.services.round_pairs import RoundPairs
from protocols.applications.services.service import EntanglementService
from protocols.applications.services.tables import chain_of
from qnet.engines.exact import ExactResult
from qnet.errors import EngineError, ParameterError
from qnet.progress import phase

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain
    from qnet.hardware import Memory
    from qnet.plans import Plan
    from qnet.progress import ProgressCallback
    from qnet.schema import Scenario
    from qnet.states.pauli import Array

__all__ = ["ChainService"]

#: Most numbers of the states that are kept: half a gigabyte, and copies on the way.
_MOST_NUMBERS = 1 << 26


@dataclass(frozen=True, kw_only=True)
class ChainService(EntanglementService):
    """Equal chains between the parties of an application.

    Any two parties that share pairs have a chain of their own between them, the first party at its
    left end; all start together. A chain delivers its pairs one after the other; those that are
    there wait in the memories at its ends, or in those of [memory], until the round is complete.
    Then GHZ and W states are made of pairs with the gates of [gates].
    """

    @property
    def chain(self) -> Chain:
        """The chain; that of the file, if it has one."""
        table = self.application.chain
        assert table is not None  # that is why this service was chosen
        return chain_of(table, self.application.folder)

    @property
    def pairs(self) -> RoundPairs:
        """The pairs of a round."""
        return RoundPairs.of(self.application.needs)

    def check(self) -> None:
        """Raise where no chain can deliver what is needed, or it cannot be built."""
        for need in self.application.needs:
            if need.state not in MADE_OF_PAIRS:
                rule = "deliver pairs, and the GHZ and W states that are made of them"
                hint = "ask for pairs and prepare the state where they meet, or give [state]"
                raise ParameterError("chain", rule, need.state, hint)
        self._ends(self.chain.plan())

    def deliver(
        self,
        *,
        engine: str = "exact",
        shots: int = 1,
        seed: int = 1,
        workers: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Delivered:
        """The states of a round, as the engine plays them.

        ``exact`` gives their joint mean state, worked out from the law of delivery times and
        states; ``sampled`` draws rounds; ``circuit`` draws the same rounds, and takes the state of
        every pair from the joint circuit of its whole history.
        """
        self.check()
        chain = self.chain
        if not self.application.needs:
            return Delivered(needs=(), groups=(), source=_words(chain))
        if engine == "exact":
            return self._exact(chain, progress)
        largest = max(4**need.size for need in self.application.needs)
        if shots * largest * len(self.pairs.states) > _MOST_NUMBERS:
            most = _MOST_NUMBERS // (largest * len(self.pairs.states))
            hint = "every row is kept; half the interval takes four times the rounds"
            raise ParameterError("shots", f"be at most {most} for these states", shots, hint)
        plan = chain.plan()
        drawn = draw_rounds(
            plan,
            self.pairs,
            shots,
            seed=seed,
            engine=engine,
            ends=self._ends(plan),
            window_s=self.application.window_s,
            workers=workers,
            progress=progress,
        )
        groups = self._made(drawn.states)
        found = self._delivered(chain, groups, engine=engine, seed=seed)
        return found.lasting(drawn.durations)

    def _exact(self, chain: Chain, progress: ProgressCallback | None) -> Delivered:
        pairs, window_s = self.pairs, self.application.window_s
        if pairs.count > 1 and window_s is not None:
            message = "the exact engine knows no window_s of pairs; take engine='sampled'"
            raise EngineError(message)
        if not (pairs.is_sequence or pairs.is_parallel):
            message = (
                "the exact engine plays rounds in which one chain delivers all pairs, or every "
                "chain one; take engine='sampled'"
            )
            raise EngineError(message)
        phase(progress, "solving the chain", "nodes")
        try:
            result = chain.play(engine="exact", progress=progress)
        except EngineError as error:
            said = str(error).replace("(exact.width, --width)", "(chain.exact.width)")
            raise EngineError(said) from error
        assert isinstance(result, ExactResult)
        mean = mean_pairs(
            result, self._ends(result.plan), pairs.count, in_parallel=not pairs.is_sequence
        )
        made = [
            made_of_pairs(state, mean.products(len(state.pairs)), self.application.noise)
            for state in pairs.states
        ]
        everything = tuple(range(sum(need.qubits for need in self.application.needs)))
        group = StateGroup(qubits=everything, vectors=mean.of(made)[None])
        found = self._delivered(chain, (group,), engine="exact")
        notes = (*found.notes, *filter(None, [result.bracket]))
        return replace(found, duration=mean.duration, distance=mean.distance, notes=notes)

    def _made(self, states: Sequence[Array]) -> Iterator[StateGroup]:
        """The states that are made of drawn pairs, one group each."""
        first = 0
        for state in self.pairs.states:
            vectors = made_of_pairs(state, [states[k] for k in state.pairs], self.application.noise)
            yield StateGroup(qubits=tuple(range(first, first + state.size)), vectors=vectors)
            first += state.size

    def _delivered(self, chain: Chain, groups: Iterable[StateGroup], **how: Any) -> Delivered:  # noqa: ANN401
        notes = tuple(self._notes(chain))
        needs = self.application.needs
        return Delivered(
            needs=needs, groups=tuple(groups), source=_words(chain), notes=notes, **how
        )

    def _notes(self, chain: Chain) -> Iterator[str]:
        """What was assumed of several pairs."""
        pairs = self.pairs
        if len(pairs.chains) > 1:
            between = "; ".join(f"{left} and {right}" for left, right in pairs.ends)
            yield f"parties that share pairs ({between}) have a chain like this; all start together"
        if pairs.count > 1 and all(memory.is_perfect for memory in self._ends(chain.plan())):
            yield "pairs wait for the others of their round in perfect memories: give [memory]"

    def _ends(self, plan: Plan) -> tuple[Memory, Memory]:
        """Memories in which pairs wait: those of the application, or at the ends of the chain."""
        own = self.application.memory
        ends = plan.ends if own is None else (own.over(), own.over())
        if self.pairs.count > 1 and any(memory.rates is None for memory in ends):
            rule = "be given where several pairs wait in memories without decay rates"
            raise ParameterError("memory", rule, "nothing", "give [memory] of the application")
        return ends

    def canonical(self) -> dict[str, Any]:
        """What the chain is, whatever its file is called."""
        found = self.chain.canonical()
        return {"chain": {name: found[name] for name in found if name != "key"}}

    @property
    def delivering(self) -> tuple[Scenario, ...]:
        """The chain."""
        return (self.chain,)

    def cited(self) -> Iterator[str]:
        """Keys of the works on the states that are made of pairs."""
        for state in dict.fromkeys(need.state for need in self.application.needs):
            yield from {"ghz": ("BrowneRudolph2005",), "w": ("Bennett1993",)}.get(state, ())


def _words(chain: Chain) -> str:
    """A chain in a few words."""
    length = "" if chain.length_km is None else f" of {chain.length_km:g} km"
    count = f"{chain.segments} segment" + "s" * (chain.segments > 1)
    return f"chain{length}, {count}"
