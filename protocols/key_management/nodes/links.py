"""Links of a node: an end of each of its edges, as the scenario describes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocols.key_management.certificates import edge_name
from protocols.key_management.link.plan import LinkPlan, SpySpell
from protocols.key_management.link.roles import FirstEnd, SecondEnd
from protocols.key_management.nodes.layout import RunFolder, store_rules
from protocols.key_management.store import KeyStore
from protocols.key_networks.build import edge_tables

if TYPE_CHECKING:
    from protocols.key_management.link.end import LinkEnd
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["links_of", "plans_of"]

#: Key in bytes above which an edge makes no more than it takes to watch it.
ENOUGH_BYTES = 1 << 18

#: How often in s an edge that has enough key is looked at for a spy.
WATCH_S = 5.0

AlarmCall = Callable[[str, str, float], None]


def plans_of(scenario: KeyNetworkScenario, node: str = "") -> dict[str, LinkPlan]:
    """The plan of each edge, by its name; of those of one node where it is given.

    Raises:
        ParameterError: If a protocol is none that can be played.
    """
    plans = {}
    for _, ends, length, link, fibre, _ in edge_tables(scenario):
        if node and node not in ends:
            continue
        plans[edge_name(ends)] = LinkPlan(
            ends=ends,
            protocol=_file(link.protocol, scenario.folder),
            length_km=length,
            fibre=fibre or None,
            qber=link.qber,
            key_rate_hz=link.key_rate_hz or None,
            false_alarm=scenario.alarm.false_alarm,
            restart_s=scenario.alarm.restart_s,
            attacks=tuple(
                SpySpell(intercept=spy.intercept, from_s=spy.from_s, to_s=spy.to_s)
                for spy in scenario.attack
                if set(spy.edge) == set(ends)
            ),
        )
    return plans


def links_of(
    scenario: KeyNetworkScenario,
    node: str,
    *,
    folder: RunFolder,
    store: KeyStore,
    level: Callable[[str], int],
    ports: Callable[[str, str], dict[str, int] | None],
    on_alarm: AlarmCall,
) -> dict[str, LinkEnd]:
    """The ends of a node's edges, by the names of the edges; none has begun.

    Args:
        scenario: The network.
        node: Whose ends.
        folder: Of the network.
        store: Key store of the node.
        level: Bytes of key that an edge holds.
        ports: Asks a first end's node for the ports of an edge.
        on_alarm: Called with the edge, a sentence, and the probability to miss the spy.
    """
    rules = store_rules(scenario)
    made: dict[str, LinkEnd] = {}
    for name, plan in plans_of(scenario, node).items():
        capacity = rules[name].capacity_bits
        assert capacity is not None
        enough = min(ENOUGH_BYTES, capacity // 8)
        more: dict[str, Any] = {
            "plan": plan,
            "store": store,
            "certificates": folder.certificates,
            "folder": folder.node(node),
            "on_alarm": on_alarm,
            "wants_key": _Wants(level, name, enough),
        }
        first = plan.ends[0]
        if first == node:
            host = scenario.kme.host_of(node)
            made[name] = FirstEnd(host=host, spy=folder.spy(name), **more)
        else:
            host = scenario.kme.host_of(first)
            made[name] = SecondEnd(host=host, ports=_asking(ports, first, name), **more)
    return made


class _Wants:
    """Whether an edge is to make key: if it holds too little, and now and then for the alarm."""

    def __init__(self, level: Callable[[str], int], edge: str, enough: int) -> None:
        self._level, self._edge, self._enough = level, edge, enough
        self._last = time.monotonic()

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._level(self._edge) < self._enough or now > self._last + WATCH_S:
            self._last = now
            return True
        return False


def _asking(
    ports: Callable[[str, str], dict[str, int] | None], node: str, edge: str
) -> Callable[[], dict[str, int] | None]:
    """Asks a node for the ports of one edge."""
    return lambda: ports(node, edge)


def _file(name: str | None, folder: str) -> str | None:
    """A file that a scenario names: beside it, or of the package."""
    if name is None:
        return None
    beside = Path(folder) / name
    return str(beside) if beside.is_file() else name
