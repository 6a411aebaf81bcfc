"""A key network of five nodes, a minute after it was started, as the page of ``qnet kme`` hears it.

One edge has a spy on it, who was noticed after 35 s; keys go round that edge since. The states are
those of ``tests/experiments/kme_states.py``, for five nodes and over time.
"""

from __future__ import annotations

from experiments.kme_page.overview import NetworkHistory, overview
from tests.experiments.kme_states import alarmed, edge_state, node_state

BEGUN_S, SPIED_S, SHOWN_S = 1_795_701_746, 35, 60

#: Edges, and how fast each makes key in bit/s.
EDGES = {
    "Jena--Erfurt": 19_700.0,
    "Erfurt--Kassel": 18_900.0,
    "Kassel--Bonn": 18_800.0,
    "Erfurt--Ulm": 19_000.0,
    "Ulm--Bonn": 18_600.0,
}
SPIED = "Ulm--Bonn"
WAYS = {"Jena": ["Jena", "Erfurt", "Kassel", "Bonn"], "Bonn": ["Bonn", "Kassel", "Erfurt", "Jena"]}
USERS = {"Jena": ("alice", 40), "Bonn": ("bob", 0)}
ALARM = (
    f"alarm on edge {SPIED}: 749 of 8045 compared bits differ, 2.00% were expected; somebody "
    "measures its pulses or it is out of order; a run misses such errors with probability below "
    "1e-15"
)


def shown():
    """What the page asks for, after a minute in which it asked every second."""
    history = NetworkHistory()
    ends = {name: tuple(name.split("--")) for name in EDGES}
    nodes = dict.fromkeys(node for pair in ends.values() for node in pair)
    for second in range(1, SHOWN_S + 1):
        states = {node: node_at(node, ends, second) for node in nodes}
        time_s = float(BEGUN_S + second)
        found = overview(states, ends, history, name="run", time_s=time_s)
    return found


def node_at(node, ends, second):
    """One node's state some seconds after its start."""
    is_spied = second >= SPIED_S and node in ends[SPIED]
    return node_state(node) | {
        "begun_s": float(BEGUN_S),
        "time_s": float(BEGUN_S + second),
        "edges": [edge_at(name, pair, second) for name, pair in ends.items() if node in pair],
        "pairs": [pair_state(node)] if node in WAYS else [],
        "peers": {},
        "users": [user_state(node, second)] if node in USERS else [],
        "stopped": {SPIED: ALARM} if is_spied else {},
        "counters": {"delivered": 40 if node == "Jena" else 0, "collected": 0},
        "relays": {
            "jobs": {"Jena": 9, "Bonn": 3}.get(node, 0),
            "passed_on": {"Erfurt": 12, "Kassel": 12}.get(node, 0),
        },
    }


def edge_at(name, pair, second):
    """One end's state of an edge: its store fills until a spy is noticed."""
    stopped = name == SPIED and second >= SPIED_S
    made = int(EDGES[name] * (min(second, SPIED_S) if name == SPIED else second))
    # A quarter of the key renews the links' secrets and is used up by relays.
    state = edge_state(name, int(0.75 * made), made, ends=pair, qber=(0.0175, 0.0205, 0.0239))
    if stopped:
        state |= alarmed(state, ALARM, errors=749, compared=8045, at_s=float(BEGUN_S + SPIED_S))
        state["link"]["qber"] = {"low": 0.0868, "best": 0.0931, "high": 0.0997, "n": 8045}
    return state


def pair_state(node):
    """Keys that wait for a pair of users, and the way that they took."""
    return {
        "to": WAYS[node][-1],
        "ready_keys": 64,
        "wanted_keys": 64,
        "key_bits": 256,
        "routes": [WAYS[node]],
        "reason": "",
    }


def user_state(node, second):
    """What an application has taken."""
    name, keys = USERS[node]
    taken = keys * second // SHOWN_S
    return {"sae": name, "keys": taken, "bits": 256 * taken}
