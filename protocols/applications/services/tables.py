"""Sources of an application's states as a scenario describes them: [chain] and [network]."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from protocols.repeaters.chain import Chain
from qnet import schema
from qnet.errors import ParameterError
from qnet.schema import Description, Part, load, missing, read, values_of
from qnet.schema.shipped import find_beside

__all__ = ["ChainTable", "NetworkTable", "chain_of"]

#: What a file of a chain says beside what the chain is.
_NOT_OF_CHAIN = ("seed", "shots", "key", "optimize")


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
    """A network that delivers to the parties: [network].

    Args:
        file: File of kind ``network``.
        nodes: Nodes of the parties, in their order.
    """

    file: str = schema.key(example="network.toml")
    nodes: tuple[str, ...] = ()


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
    with _said_of(table.file):
        found: Chain = load(find_beside(table.file, folder), kinds=["chain"])
    with _said_below("chain"):
        return found.with_(table.own) if table.own else found


@contextmanager
def _said_below(table: str) -> Iterator[None]:
    """Say an error of a chain by the path of its key in the application."""
    try:
        yield
    except ParameterError as error:
        if error.field and not error.field.startswith(f"{table}."):
            error.field = f"{table}.{error.field}"
        raise


@contextmanager
def _said_of(file: str) -> Iterator[None]:
    """Say an error of a chain's file with the key that names it."""
    try:
        yield
    except ParameterError as error:
        is_file = error.field == "scenario file"
        error.field = "chain.file" if is_file else f"chain.file: {error.field} of {file}"
        raise
