"""Applications: frozen descriptions of what parties do with the entanglement that they get."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.applications.delivered import Delivered, ideal_states, separable_states
from protocols.applications.result import AppFigure, ApplicationResult
from protocols.applications.services.chosen import delivered_by
from protocols.applications.services.tables import ChainTable, NetworkTable, chain_of, network_of
from protocols.applications.state_table import StateTable
from protocols.repeaters.chain import Chain
from protocols.repeaters.trace import CIRCUIT_SHOTS
from qnet import schema
from qnet.errors import ParameterError, check_positive
from qnet.hardware import Gates, Memory
from qnet.noise import Noise, from_gates
from qnet.schema import Part, Whole, canonical

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.needs import Need
    from qnet.engines.agree import Agreement
    from qnet.metrics.security import SecurityClaim
    from qnet.progress import ProgressCallback

__all__ = ["Application"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Application(schema.Scenario):
    """What parties do with the entanglement that they get: kind ``application``.

    A subclass is one application: its fields are keys of the file, it says what a round needs,
    gives the circuit of a round, and the figures of what was delivered. It is played three times:
    on what was delivered, on perfect states with perfect gates, and without entanglement.

    Args:
        folder: Where its file stands; the files that it names are looked for there.
        seed: Seed of what is drawn.
        shots: Rounds that are drawn, of the engines that draw.
        engine: What plays the deliveries of a chain or network: ``exact``, ``sampled`` or
            ``circuit``.
        state: The state of what is delivered; perfect unless something is given.
        chain: A chain that delivers it.
        network: A network that delivers it.
        gates: Gates and readout of all parties.
        memory: Memories in which a state waits for the others of its round; those of the chain's or
            network's ends unless given.
        window_s: The longest time that a state may wait for the others of its round, in s; then it
            is given up and made anew.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.
    """

    kind: ClassVar[str] = "application"
    #: As in ``name = "..."`` of a file.
    name: ClassVar[str]
    #: What it is, in words.
    title: ClassVar[str]
    #: Keys of the bibliography, most specific first.
    cites: ClassVar[tuple[str, ...]] = ()
    #: What its progress counts.
    unit: ClassVar[str] = "rounds"
    #: Tables of the same file that a command of its own reads: name -> class.
    beside: ClassVar[Mapping[str, str]] = {"sweep": "experiments.sweep.read:SweepTable"}

    folder: str = schema.key("", hidden=True, compare=False)
    seed: int = schema.key(1, check=Whole())
    shots: int = schema.key(10_000, check=Whole(minimum=1))
    engine: str = schema.key("exact", choices=("exact", "sampled", "circuit"))
    state: StateTable | None = schema.key(None, excludes=("chain", "network"))
    chain: ChainTable | Chain | None = schema.key(None, excludes=("network",), write=ChainTable.of)
    network: NetworkTable | None = None
    gates: Gates = schema.key(factory=Gates)
    memory: Part[Memory] | None = schema.key(None, without=("modes", "efficiency"))
    window_s: float | None = schema.key(None, check=check_positive, example=0.5)

    def __post_init__(self) -> None:
        schema.check_fields(self)
        if isinstance(self.chain, ChainTable) and self.chain.file is None:
            chain_of(self.chain)
        if self.network is not None and self.network.file is None:
            network_of(self.network, self.folder)
        self.check_own()

    def check_own(self) -> None:
        """Raise where its own keys do not go together."""

    # What a subclass says.

    @property
    @abstractmethod
    def needs(self) -> tuple[Need, ...]:
        """The entanglement that one round asks for."""

    @abstractmethod
    def circuit(self) -> QuantumCircuit:
        """The circuit of one round, without noise; the delivered qubits are among its inputs."""

    @abstractmethod
    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Figures of what was delivered, the figure of merit first."""

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """What each figure is for parties without entanglement, by name.

        They play the same circuit, with perfect gates, on the states that are left when all
        coherence between the parties is lost; an application overrides this where something else
        is the right comparison.
        """
        found = self.perfect().figures(separable_states(self.needs))
        return {each.name: each.best for each in found}

    def security(self, figures: tuple[AppFigure, ...]) -> SecurityClaim | None:
        """What its secret bits claim; None where it has none."""
        return None

    def remarks(self) -> Iterator[str]:
        """Sentences on its keys, and on what was assumed."""
        yield from ()

    def more(self, delivered: Delivered) -> Mapping[str, Any]:
        """Further results as JSON types, by name."""
        return {}

    # What comes of it.

    @property
    def noise(self) -> Noise:
        """Noise of the gates, readout and memories of the parties."""
        return self.noise_of(self.gates)

    def noise_of(self, gates: Gates) -> Noise:
        """Noise of some gates, with the parties' memories where delays stand."""
        memory = None if self.memory is None else self.memory.over()
        return from_gates(gates, memories={} if memory is None else {"*": memory})

    def perfect(self) -> Application:
        """The same application with perfect gates, on perfect states."""
        return replace(self, gates=Gates(), state=None, chain=None, network=None, memory=None)

    def holders(self) -> tuple[str, ...]:
        """Names of all parties that hold a delivered qubit, in the order of the needs."""
        return tuple(dict.fromkeys(name for need in self.needs for name in need.parties))

    def check(self) -> None:
        """Raise when what is asked for cannot be delivered, before any long work."""
        delivered_by(self).check()

    def deliver(self, **how: Any) -> Delivered:  # noqa: ANN401 - engine, shots, seed, progress
        """What is delivered to its rounds.

        Args:
            how: ``engine``, ``shots``, ``seed``, ``workers`` and ``progress``, unless as described.

        Raises:
            ParameterError: If what is asked for cannot be delivered.
            EngineError: If the engine cannot play it; the message names one that can.
        """
        return delivered_by(self).deliver(**how)

    def play(
        self,
        *,
        engine: str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        workers: int = 1,
        progress: ProgressCallback | None = None,
        **_: object,
    ) -> ApplicationResult:
        """Play it on what is delivered.

        Args:
            engine: What plays the deliveries, unless as described.
            shots: Rounds that are drawn, unless as described; of ``circuit``, 20 at most.
            seed: Seed, unless as described.
            workers: Number of processes.
            progress: Called with the rounds done and wanted.

        Raises:
            ParameterError: If what is asked for cannot be delivered.
            EngineError: If the engine cannot play it.
        """
        if seed is not None and seed != self.seed:
            again = replace(self, seed=seed)
            return again.play(engine=engine, shots=shots, workers=workers, progress=progress)
        delivered = self.deliver(
            engine=engine or self.engine,
            shots=shots or self._rounds(engine or self.engine),
            seed=self.seed,
            workers=workers,
            progress=progress,
        )
        return self.played_on(delivered)

    def _rounds(self, engine: str) -> int:
        """Rounds that an engine draws unless told otherwise: few joint circuits."""
        return min(self.shots, CIRCUIT_SHOTS) if engine == "circuit" else self.shots

    def played_on(self, delivered: Delivered) -> ApplicationResult:
        """Play it on some deliveries, such as states of the user's own.

        Args:
            delivered: For the needs of this application.

        Raises:
            ParameterError: If they were made for other needs.
        """
        if delivered.needs != self.needs:
            hint = f"{self.name} needs {self.needs}"
            raise ParameterError("delivered", "be for these needs", delivered.needs, hint)
        ideal = {each.name: each.best for each in self.perfect().figures(ideal_states(self.needs))}
        without = self.without_entanglement()
        figures = tuple(
            replace(
                each,
                ideal=ideal.get(each.name) if each.ideal is None else each.ideal,
                without_entanglement=without.get(each.name)
                if each.without_entanglement is None
                else each.without_entanglement,
            )
            for each in self.figures(delivered)
        )
        return ApplicationResult(
            application=self.name,
            title=self.title,
            needs=self.needs,
            figures=figures,
            duration=delivered.duration,
            engine=delivered.engine,
            seed=delivered.seed,
            rounds=0 if delivered.is_exact else delivered.rows,
            source=delivered.source,
            security=self.security(figures),
            notes=(*self.remarks(), *delivered.notes, *_of_distance(delivered)),
            more=self.more(delivered),
            references=self.cites,
        )

    def agree(
        self,
        *,
        shots: int | None = None,
        seed: int | None = None,
        circuit_shots: int | None = None,
        workers: int = 1,
        progress: ProgressCallback | None = None,
        **_: object,
    ) -> Agreement:
        """Play it on every engine that can, and compare figure by figure.

        Args:
            shots: Rounds that are drawn, unless as described.
            seed: Seed of the sampled engine, unless as described; joint circuits take the next.
            circuit_shots: Rounds whose states come from joint circuits.
            workers: Number of processes.
            progress: Called with the rounds done and wanted.

        Raises:
            ParameterError: If what is asked for cannot be delivered.
        """
        from protocols.applications.agreement import agree_on_application

        return agree_on_application(
            self,
            shots=shots or self.shots,
            seed=self.seed if seed is None else seed,
            circuit_shots=circuit_shots or CIRCUIT_SHOTS,
            workers=workers,
            progress=progress,
        )

    def report(self, result: ApplicationResult, **_: object) -> ApplicationResult:
        """What is shown of a result: the result itself."""
        return result

    def cited(self) -> Iterator[str]:
        """Keys of the bibliography that its answer rests on, most specific first."""
        yield from self.cites
        yield from delivered_by(self).cited()
        yield from ("Qiskit", "QiskitAer")

    @property
    def delivering(self) -> tuple[schema.Scenario, ...]:
        """The chain or network that delivers to it."""
        return delivered_by(self).delivering

    @property
    def head(self) -> dict[str, Any]:
        """The keys that tell what the file describes."""
        return {"kind": self.kind, "name": self.name}

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer, as JSON types; what the files hold, not their names."""
        # First: it refuses a chain that has no canonical form with a sentence.
        read = delivered_by(self).canonical()
        gone: dict[str, Any] = dict.fromkeys(read)
        own = replace(self, **gone) if read else self
        found = {name: each for name, each in canonical(own).items() if name != "folder"}
        return {"name": self.name, **found, **read}


def _of_distance(delivered: Delivered) -> Iterator[str]:
    """What the interval of a mean state that is not known to all digits holds for."""
    if delivered.distance > 0.0:
        yield (
            f"the mean state is known to a trace distance of {delivered.distance:.2g}: mean values "
            "have brackets for it, figures that are functions of several means have none"
        )
