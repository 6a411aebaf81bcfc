"""Overview of a network that runs: what of its nodes' states a page shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["NetworkHistory", "overview"]

State = Mapping[str, Any]

#: Seconds between two levels that are kept, how many are, and the time that rates are taken over.
SPACING_S, KEPT, RATE_S = 2.0, 150, 60.0

#: What is told of a link, of an alarm, and of a node's counters.
_LINK = ("state", "sentence", "expected_qber", "qber", "key_bits")
_ALARM = ("at", "errors", "compared", "expected", "missed", "runs_to_notice")
_COUNTERS = ("delivered", "collected", "voided_keys", "voided_blocks", "expired_keys")
_RELAYS = ("jobs", "voided_jobs", "passed_on", "lost_shares")


class NetworkHistory:
    """Levels of edges and bits of users over time, thinned out.

    Examples:
        >>> history = NetworkHistory()
        >>> for time_s in (0.0, 0.5, 2.0):
        ...     history.add("A--B", time_s, 100.0 * time_s)
        >>> history.of("A--B"), history.rate("A--B")
        ([[0.0, 0.0], [2.0, 200.0]], 100.0)
    """

    def __init__(self) -> None:
        self._of: dict[str, deque[tuple[float, float]]] = {}

    def add(self, name: str, time_s: float, value: float) -> None:
        """Note a value; one that comes too soon after the last but one takes the last one's place.

        Args:
            name: Of what.
            time_s: When.
            value: How much.
        """
        kept = self._of.setdefault(name, deque(maxlen=KEPT))
        if len(kept) > 1 and time_s - kept[-2][0] < SPACING_S:
            kept.pop()
        elif len(kept) == 1 and time_s - kept[0][0] < SPACING_S:
            return
        kept.append((time_s, value))

    def of(self, name: str) -> list[list[float]]:
        """Times in s and values."""
        return [list(each) for each in self._of.get(name, ())]

    def rate(self, name: str) -> float:
        """How fast a value has grown in the last minute, per second."""
        kept = list(self._of.get(name, ()))
        if len(kept) < 2:
            return 0.0
        first = next(each for each in kept if each[0] >= kept[-1][0] - RATE_S)
        elapsed = kept[-1][0] - first[0]
        return (kept[-1][1] - first[1]) / elapsed if elapsed else 0.0


def overview(
    states: Mapping[str, State | None],
    ends: Mapping[str, Sequence[str]],
    history: NetworkHistory,
    *,
    name: str,
    time_s: float,
) -> dict[str, Any]:
    """What a page shows of a network, as JSON types.

    Args:
        states: State of each node, as `protocols.key_management.nodes.manage.state_of` gives it;
            None of one that does not answer.
        ends: The two nodes of each edge.
        history: Levels and bits of the times before; those of this time are added.
        name: What the network is called.
        time_s: The time, in s since the epoch.
    """
    answering = [state for state in states.values() if state]
    nodes = [_node(node, state) for node, state in states.items()]
    edges = [_edge(edge, pair, states, history, time_s) for edge, pair in ends.items()]
    users = [
        _user(user, state["node"], history, time_s)
        for state in answering
        for user in state["users"]
    ]
    return {
        "name": name,
        "time_s": time_s,
        "summary": _summary(nodes, edges),
        "alarms": [edge["stopped"] for edge in edges if edge["stopped"]],
        "nodes": nodes,
        "edges": edges,
        "pairs": [_pair(state["node"], pair) for state in answering for pair in state["pairs"]],
        "users": users,
    }


def _node(name: str, state: State | None) -> dict[str, Any]:
    counters = state["counters"] if state else {}
    relays = state["relays"] if state else {}
    return {
        "name": name,
        "is_up": state is not None,
        "is_ready": bool(state and state["ready"]),
        "begun_s": state["begun_s"] if state else None,
        "silent_peers": sorted(
            peer for peer, entry in (state["peers"] if state else {}).items() if not entry["up"]
        ),
        "counters": {each: int(counters.get(each, 0)) for each in _COUNTERS},
        "relays": {each: int(relays.get(each, 0)) for each in _RELAYS},
    }


def _edge(
    name: str,
    ends: Sequence[str],
    states: Mapping[str, State | None],
    history: NetworkHistory,
    time_s: float,
) -> dict[str, Any]:
    """An edge as its first end tells it, or else its second; stopped if either says so."""
    told = [
        edge
        for state in (states.get(end) for end in ends)
        for edge in (state["edges"] if state else ())
        if edge["name"] == name
    ]
    found: dict[str, Any] = {"name": name, "ends": list(ends), "stopped": ""}
    if not told:
        sentence = f"edge {name} is unknown: neither of its ends answers"
        return found | {"state": "unknown", "sentence": sentence, "levels": history.of(name)}
    first, link = told[0], told[0]["link"]
    history.add(name, time_s, first["level_bits"])
    history.add(f"made {name}", time_s, link["key_bits"])
    stopped = next((each["stopped"] for each in told if each["stopped"]), "")
    alarm = next((each["link"]["alarm"] for each in told if each["link"]["alarm"]), None)
    return found | {
        **{each: link[each] for each in _LINK},
        "stopped": stopped,
        "alarm": {each: alarm[each] for each in _ALARM} if alarm else None,
        "level_bits": first["level_bits"],
        "levels": history.of(name),
        "used_bits": sum(each["used_bits"] for each in told),
        "made_bit_per_s": 0.0 if stopped else max(0.0, history.rate(f"made {name}")),
        "epsilon": link["security"]["epsilon"],
        "notion": link["security"]["notion"],
    }


def _pair(node: str, pair: State) -> dict[str, Any]:
    names = ("to", "ready_keys", "wanted_keys", "key_bits", "routes", "reason")
    return {"from": node, **{name: pair[name] for name in names}}


def _user(user: State, node: str, history: NetworkHistory, time_s: float) -> dict[str, Any]:
    history.add(f"sae {user['sae']}", time_s, user["bits"])
    rate = max(0.0, history.rate(f"sae {user['sae']}"))
    return {
        "sae": user["sae"],
        "node": node,
        "keys": user["keys"],
        "bits": user["bits"],
        "bit_per_s": rate,
    }


def _summary(nodes: Iterable[State], edges: Iterable[State]) -> str:
    """The network in a sentence or two.

    Examples:
        >>> _summary([{"name": "A", "is_up": True, "is_ready": True}], [])
        'All nodes are ready.'
    """
    nodes = list(nodes)
    silent = [node["name"] for node in nodes if not node["is_up"]]
    waiting = [node["name"] for node in nodes if node["is_up"] and not node["is_ready"]]
    stopped = [edge["name"] for edge in edges if edge["stopped"]]
    said = [
        _sentence(silent, "node", "does not answer", "do not answer"),
        _sentence(waiting, "node", "is not ready yet", "are not ready yet"),
        _sentence(stopped, "edge", "has stopped", "have stopped"),
    ]
    return " ".join(filter(None, said)) or "All nodes are ready."


def _sentence(names: Sequence[str], kind: str, one: str, several: str) -> str:
    if not names:
        return ""
    if len(names) == 1:
        return f"{kind.capitalize()} {names[0]} {one}."
    listed = ", ".join(names[:8]) + (" and more" if len(names) > 8 else "")
    return f"{kind.capitalize()}s {listed} {several}."
