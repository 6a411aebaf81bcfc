"""Controls of the page of a network: which one, whose hardware, who asks, and what is cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from experiments.explore.queries import AllowedRange, QuerySettings
from protocols.networks import NetworkScenario
from protocols.networks.link_tables import NetworkLink
from protocols.repeaters.strategies import STRATEGIES
from qnet.errors import ParameterError, check_one_of
from qnet.hardware import PRESETS
from qnet.network import Network
from qnet.schema import Part, load
from qnet.schema.shipped import shipped

__all__ = ["NETWORKS", "OWN", "NetControls", "net_choices", "shipped_network", "strategies_of"]

#: The network's own links, in place of a preset.
OWN = "own"

#: Networks of the page by name: the file, the users it starts with, and what it is for people.
NETWORKS: Mapping[str, tuple[str, tuple[str, str], str]] = MappingProxyType(
    {
        "national": (
            "networks/national",
            ("Nordhaven", "Grenzland"),
            "a country that does not exist: twelve towns",
        ),
        "city-ring": ("networks/city-ring", ("1", "4"), "a city: a ring of eight sites"),
        "double-star": ("networks/double-star", ("a1", "b1"), "two stars with one fibre between"),
        "line": ("networks/line", ("1", "5"), "a line of five nodes"),
    }
)

#: Between the ends of a fibre, and between fibres, in a query.
_JOINS, _NEXT = "~", ","

#: Longest text of fibres that are cut.
_LONGEST = 2000


@lru_cache(maxsize=len(NETWORKS))
def shipped_network(name: str) -> NetworkScenario:
    """The scenario of a network of the page, as its file has it.

    Raises:
        UnknownNameError: If the page has no such network.

    Examples:
        >>> len(shipped_network("national").sites.sites)
        12
    """
    check_one_of("network", name, NETWORKS)
    found: NetworkScenario = load(shipped()[NETWORKS[name][0]])
    return found


def strategies_of(network: str) -> tuple[str, ...]:
    """Ways to join a route that the controller knows: shared pairs are swapped at once.

    Examples:
        >>> strategies_of("double-star")
        ('swap-asap',)
    """
    is_shared = shipped_network(network).controller.allocation == "share"
    return ("swap-asap",) if is_shared else tuple(STRATEGIES)


@dataclass(frozen=True, kw_only=True)
class NetControls(QuerySettings):
    """One setting of the page of a network.

    Args:
        network: Which one, a name of ``NETWORKS``.
        hardware: Of every link: ``own`` as the network's file describes it, or a preset's.
        strategy: How a route joins its links.
        source: One user.
        target: The other one.
        cuts: Fibres that are cut, such as ``Nordhaven~Seeberg,Bruck~Rheinau``; empty for none.
        load: How many times as often as in the file users ask for pairs.

    Raises:
        ParameterError: If a name is unknown, a number out of its range, both users are one, or the
            network shares its pairs and the strategy waits.

    Examples:
        >>> NetControls(cuts="Seeberg~Nordhaven").cuts
        'Nordhaven~Seeberg'
    """

    spans: ClassVar[Mapping[str, AllowedRange]] = {
        "load": AllowedRange(low=0.1, high=20.0, hint="1 is as the file has it"),
    }
    words: ClassVar[Mapping[str, Sequence[str]]] = {
        "network": tuple(NETWORKS),
        "hardware": (OWN, *PRESETS),
        "strategy": tuple(STRATEGIES),
    }

    network: str = "national"
    hardware: str = OWN
    strategy: str = "swap-asap"
    source: str = "Nordhaven"
    target: str = "Grenzland"
    cuts: str = ""
    load: float = 1.0

    def __post_init__(self) -> None:
        QuerySettings.__post_init__(self)
        names = shipped_network(self.network).sites.names
        for field in ("source", "target"):
            check_one_of(field, getattr(self, field)[:40], names)
        if self.source == self.target:
            hint = "choose two different users"
            raise ParameterError("target", "differ from source", self.target, hint)
        if self.strategy not in strategies_of(self.network):
            rule, hint = "be swap-asap where pairs are shared", "take swap-asap, or another network"
            raise ParameterError("strategy", rule, self.strategy, hint)
        object.__setattr__(self, "cuts", self._canonical_cuts())

    def _canonical_cuts(self) -> str:
        """The fibres that are cut, each once, in the order of the network."""
        if len(self.cuts) > _LONGEST:
            raise ParameterError("cuts", "be short", self.cuts[:40], "each fibre is cut once")
        spans = [span.ends for span in shipped_network(self.network).sites.spans]
        known = {frozenset(ends): k for k, ends in enumerate(spans)}
        cut = set()
        for text in filter(None, self.cuts.split(_NEXT)):
            ends = frozenset(text.split(_JOINS))
            if ends not in known:
                hint = f"name fibres by their ends, such as {_JOINS.join(spans[0])}"
                raise ParameterError("cuts", "name fibres of the network", text[:40], hint)
            cut.add(known[ends])
        return _NEXT.join(_JOINS.join(spans[k]) for k in sorted(cut))

    @property
    def cut_edges(self) -> frozenset[frozenset[str]]:
        """Ends of the fibres that are cut.

        Examples:
            >>> len(NetControls(cuts="Nordhaven~Seeberg,Bruck~Rheinau").cut_edges)
            2
        """
        texts = filter(None, self.cuts.split(_NEXT))
        return frozenset(frozenset(text.split(_JOINS)) for text in texts)

    @property
    def scenario(self) -> NetworkScenario:
        """The network's scenario with the hardware and the strategy of the page, nothing cut.

        Examples:
            >>> NetControls(hardware="blueprint").scenario.link["preset"]
            'blueprint'
        """
        return _scenario(self.network, self.hardware, self.strategy)

    @property
    def whole_network(self) -> Network:
        """Nodes and edges, nothing cut."""
        return self.scenario.network

    @property
    def cut_network(self) -> Network:
        """Nodes and those edges that are left.

        Examples:
            >>> len(NetControls(cuts="Nordhaven~Seeberg").cut_network.edges)
            16
        """
        whole, cut = self.whole_network, self.cut_edges
        left = tuple(edge for edge in whole.edges if frozenset(edge.ends) not in cut)
        return replace(whole, edges=left)

    @property
    def title(self) -> str:
        """One line for people."""
        sites = self.scenario.sites
        what = NETWORKS[self.network][2]
        hardware = "links as its file says" if self.hardware == OWN else f"hardware {self.hardware}"
        return f"{what[0].upper()}{what[1:]}: {len(sites.spans)} fibres, {hardware}"

    @staticmethod
    def users_of(network: str) -> tuple[str, str]:
        """The two users that a network starts with.

        Examples:
            >>> NetControls.users_of("line")
            ('1', '5')
        """
        return NETWORKS[check_one_of("network", network, NETWORKS)][1]


@lru_cache(maxsize=32)
def _scenario(network: str, hardware: str, strategy: str) -> NetworkScenario:
    """A network's scenario with other hardware and another strategy."""
    found = shipped_network(network)
    controller = replace(found.controller, strategy=strategy)
    if hardware == OWN:
        return replace(found, controller=controller)
    link = Part(NetworkLink, {"preset": hardware})
    # Memories and gates are the preset's; what an edge had of its own went with the links.
    return replace(found, controller=controller, link=link, memory=None, swap=None, edge=())


def net_choices() -> dict[str, Any]:
    """What the page must know before its first map, for JSON.

    Examples:
        >>> net_choices()["start"]["network"]
        'national'
    """
    return {
        "networks": {
            name: {"title": title, "users": list(users), "strategies": list(strategies_of(name))}
            for name, (_, users, title) in NETWORKS.items()
        },
        "hardware": {OWN: "as the network's file says"}
        | {name: preset.title for name, preset in PRESETS.items()},
        "strategies": list(STRATEGIES),
        "loads": [0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
        "start": NetControls().as_query(),
    }
