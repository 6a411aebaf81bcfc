"""Sources of an application's states as a scenario describes them: [chain] and [network]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from protocols.networks.scenario import NetworkScenario
from protocols.repeaters.chain import Chain
from qnet import schema
from qnet.errors import ParameterError
from qnet.schema import Description, Part, Whole, load, missing, read, values_of
from qnet.schema.shipped import find_beside

__all__ = ["ChainTable", "NetworkTable", "chain_of", "network_of"]

#: What a file of a chain says beside what the chain is.
_NOT_OF_CHAIN = ("seed", "shots", "key", "optimize")

#: What a file of a network says beside what the network is; its nodes that differ need a file.
_NOT_OF_NETWORK = ("seed", "engine", "nodes", "key", "exact")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChainTable(Description):
    """A chain that delivers pairs: a file of its own, or its tables below this one.

    Beside a file, keys and tables that are given take the place of the file's.

    Args:
        file: File of kind ``chain``, or the name of one of the package.
        own: What the chain is, as in a file of kind ``chain``: the keys of its [chain] table here,
            its other tables below.

    Examples:
        >>> table = ChainTable(file="two-segments", own=Part(Chain, {"segments": 4}))
        >>> chain_of(table).segments
        4
    """

    file: str | None = schema.key(None, example="two-segments.toml")
    own: Part[Chain] = schema.key(factory=lambda: Part(Chain), flat=True, without=_NOT_OF_CHAIN)

    @classmethod
    def of(cls, chain: ChainTable | Chain) -> ChainTable:
        """The table that says what a chain is; a table stays as it is.

        Examples:
            >>> from qnet.schema import load
            >>> ChainTable.of(load("two-segments")).own["segments"]
            2
        """
        if not isinstance(chain, Chain):
            return chain
        values = values_of(chain, strict=False)
        said = {**values.pop("chain", {}), **values}
        return read(cls, {name: said[name] for name in said if name not in _NOT_OF_CHAIN}, "chain")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NetworkTable(Description):
    """A network that delivers to the parties: a file of its own, or its tables below this one.

    Beside a file, keys and tables that are given take the place of the file's.

    Args:
        file: File of kind ``network``, or the name of one of the package.
        nodes: Nodes of the parties, in their order. Unless given: the ends of the network's first
            demand, whose place the application then takes; or the first users of a switch.
        keep_demands: Whether the demands that the network has compete with the application.
        priority: Priority of the application; higher goes first.
        together: Where pairs are shared, whether the pairs of a round between two parties are taken
            at once, when all are there; else one by one, as they come.
        own: What the network is, as in a file of kind ``network``.

    Examples:
        >>> table = NetworkTable(file="line", nodes=("1", "3"))
        >>> network_of(table).run.replicas
        20
    """

    file: str | None = schema.key(None, example="network.toml")
    nodes: tuple[str, ...] | None = schema.key(None, example=["A", "B"])
    keep_demands: bool = True
    priority: int = schema.key(0, check=Whole(minimum=-(2**31), maximum=2**31))
    together: bool = True
    own: Part[NetworkScenario] = schema.key(
        factory=lambda: Part(NetworkScenario), flat=True, without=_NOT_OF_NETWORK
    )


def network_of(table: NetworkTable, folder: str = "") -> NetworkScenario:
    """The network that a table describes.

    Args:
        table: The table.
        folder: Where the scenario stands; its files are looked for there.

    Raises:
        ParameterError: If something is wrong in it, or in its file; the message names both.
    """
    if table.file is None:
        if not table.own:
            raise missing("network.file", "line.toml")
        with _said_below("network"):
            return NetworkScenario(folder=folder, **dict(table.own))
    with _said_of(table.file, "network"):
        found: NetworkScenario = load(find_beside(table.file, folder), kinds=["network"])
    with _said_below("network"):
        return table.own.over(found) if table.own else found


def chain_of(table: ChainTable | Chain, folder: str = "") -> Chain:
    """The chain that a table describes.

    Args:
        table: The table; or the chain itself.
        folder: Where the scenario stands; its file is looked for there.

    Raises:
        ParameterError: If something is wrong in it, or in its file; the message names both.
    """
    if isinstance(table, Chain):
        return table
    if table.file is None:
        if not table.own:
            raise missing("chain.file", "two-segments.toml")
        with _said_below("chain"):
            return table.own.over()
    with _said_of(table.file, "chain"):
        found: Chain = load(find_beside(table.file, folder), kinds=["chain"])
    with _said_below("chain"):
        return found.with_(table.own) if table.own else found


@contextmanager
def _said_below(table: str) -> Iterator[None]:
    """Say an error by the path of its key in the application."""
    try:
        yield
    except ParameterError as error:
        if error.field and not error.field.startswith(f"{table}."):
            error.field = f"{table}.{error.field}"
        error.hint = re.sub(rf"under \[(?!{table}\b)", f"under [{table}.", error.hint)
        raise


@contextmanager
def _said_of(file: str, table: str) -> Iterator[None]:
    """Say an error of a file with the key that names it."""
    try:
        yield
    except ParameterError as error:
        is_file = error.field == "scenario file"
        error.field = f"{table}.file" if is_file else f"{table}.file: {error.field} of {file}"
        raise
