"""Chains that deliver pairs to an application: exactly, drawn, or as joint circuits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from protocols.applications.delivered import Delivered, StateGroup
from protocols.applications.services.drawn import draw_pairs
from protocols.applications.services.service import EntanglementService
from protocols.applications.services.tables import chain_of
from qnet.engines.exact import ExactResult
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain
    from qnet.progress import ProgressCallback

__all__ = ["ChainService"]


@dataclass(frozen=True, kw_only=True)
class ChainService(EntanglementService):
    """A chain between two parties that delivers their pairs."""

    @property
    def chain(self) -> Chain:
        """The chain; that of the file, if it has one."""
        table = self.application.chain
        assert table is not None  # that is why this service was chosen
        return chain_of(table, self.application.folder)

    def check(self) -> None:
        """Raise where the chain cannot be built, or deliver what is needed."""
        _ = self.chain
        needs = self.application.needs
        if len(needs) != 1 or needs[0].state != "pair" or needs[0].number != 1:
            hint = "give [state], or leave out [chain]"
            raise ParameterError("chain", "deliver one pair a round", needs, hint)

    def deliver(
        self,
        *,
        engine: str = "exact",
        shots: int = 1,
        seed: int = 1,
        workers: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Delivered:
        """The pair of a round, as the engine plays it."""
        chain = self.chain
        if engine == "exact":
            return self._exact(chain, progress)
        how: dict[str, Any] = {"workers": workers, "progress": progress}
        drawn = draw_pairs(chain.plan(), shots, seed=seed, engine=engine, **how)
        found = Delivered(
            needs=self.application.needs,
            groups=(StateGroup(qubits=(0, 1), vectors=drawn.states),),
            engine=engine,
            seed=seed,
            source=_words(chain),
        )
        return found.lasting(drawn.times)

    def _exact(self, chain: Chain, progress: ProgressCallback | None) -> Delivered:
        result = chain.play(engine="exact", progress=progress)
        assert isinstance(result, ExactResult)
        return Delivered(
            needs=self.application.needs,
            groups=(StateGroup(qubits=(0, 1), vectors=result.mean_fano.reshape(1, 16)),),
            duration=result.delivery_time_s,
            engine="exact",
            source=_words(chain),
        )

    def canonical(self) -> dict[str, Any]:
        """What the chain is, whatever its file is called."""
        return {"chain": self.chain.canonical()}


def _words(chain: Chain) -> str:
    """A chain in a few words."""
    length = "" if chain.length_km is None else f" of {chain.length_km:g} km"
    count = f"{chain.segments} segment" + "s" * (chain.segments > 1)
    return f"chain{length}, {count}"
