"""States of the nodes of a key network, as they were recorded, and servers that tell them."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from contextlib import AsyncExitStack

from protocols.key_management.certificates import (
    CertificateSubject,
    make_certificates,
    server_context,
)

ENDS = {"A--B": ("A", "B"), "B--C": ("B", "C"), "A--C": ("A", "C")}

ALARM = (
    "alarm on edge A--B: 1096 of 4001 compared bits differ, 2.00% were expected; somebody measures "
    "its pulses or it is out of order; a run misses such errors with probability 0"
)

SECRET = "c2VjcmV0IGtleSBtYXRlcmlhbA=="


def edge_state(name, level, made, *, ends=None, qber=(0.0144, 0.0183, 0.0229)):
    """One end's state of an edge that makes key."""
    low, best, high = qber
    return {
        "name": name,
        "ends": list(ends or ENDS[name]),
        "level_bits": level,
        "stopped": "",
        "used_bits": 35008,
        "link": {
            "edge": name,
            "state": "running",
            "sentence": f"edge {name} makes key",
            "expected_qber": 0.02,
            "qber": {"low": low, "best": best, "high": high, "n": 3990},
            "runs": 8,
            "blocks": 8,
            "key_bits": made,
            "bits_per_s": 2142.7,
            "aborted": {},
            "secrets_left": 64,
            "alarm": None,
            "security": {"notion": "composable", "epsilon": 1e-10, "assumes": [], "reason": None},
            "token": SECRET,
        },
    }


def node_state(node, users=(), pairs=()):
    """The state of a node all of whose edges make key."""
    others = [other for other in "ABC" if other != node]
    return {
        "node": node,
        "ready": True,
        "begun_s": 1_795_701_746.0,
        "time_s": 1_795_701_806.0,
        "edges": [
            edge_state(name, 90_912 if name == "A--B" else 72_456, 123_312)
            for name, ends in ENDS.items()
            if node in ends
        ],
        "pairs": [
            {
                "to": other,
                "ready_keys": 48,
                "wanted_keys": 64,
                "key_bits": 256,
                "routes": [[node, other]],
                "reason": "",
            }
            for other in pairs
        ],
        "peers": {other: {"up": True, "settled": True} for other in others},
        "users": [{"sae": sae, "keys": keys, "bits": 256 * keys} for sae, keys in users],
        "stopped": {},
        "counters": {"delivered": 12, "collected": 7, "added_bytes": 28_699, "secret": SECRET},
        "relays": {"jobs": 7, "voided_jobs": 3, "lost_shares": 0, "voided_bytes": 0},
    }


def calm():
    """Three nodes; Alice at A and Bob at C use keys."""
    return {
        "A": node_state("A", [("alice", 12)], "C"),
        "B": node_state("B"),
        "C": node_state("C", [("bob", 7)], "A"),
    }


def spied():
    """The same with a spy on A--B, who was noticed by A; B has yet to hear of it."""
    states = copy.deepcopy(calm())
    edge = next(each for each in states["A"]["edges"] if each["name"] == "A--B")
    edge |= alarmed(edge, ALARM, errors=1096, compared=4001, at_s=1_795_701_803.36)
    edge["link"]["qber"] = {"low": 0.2602, "best": 0.2739, "high": 0.288, "n": 4001}
    states["A"]["stopped"] = {"A--B": ALARM}
    return states


def alarmed(edge, sentence, *, errors, compared, at_s):
    """What changes of an edge's state when a spy is noticed on it."""
    alarm = {
        "edge": edge["name"],
        "run": "a287ffac2940e06727a494dead0e9114",
        "errors": errors,
        "compared": compared,
        "expected": 0.02,
        "missed": 0.0,
        "runs_to_notice": 1,
        "at": at_s,
        "sentence": sentence,
    }
    link = edge["link"] | {"state": "alarm", "sentence": sentence, "alarm": alarm}
    return {"stopped": sentence, "level_bits": 0, "link": link}


class ToldStates:
    """Servers of three nodes that tell states, in a thread; a context manager.

    Args:
        folder: Becomes the folder of the network.

    Attributes:
        states: What is told; None of a node that answers 500.
        asked: Names of the certificates that asked.
    """

    def __init__(self, folder):
        self.folder, self.states, self.asked = folder, calm(), []

    def __enter__(self):
        nodes = [
            CertificateSubject(file=f"kme-{n}", name=f"kme-{n}", hosts=("127.0.0.1",))
            for n in "ABC"
        ]
        manager = CertificateSubject(file="manager", name="manager")
        make_certificates(self.folder / "certs", [*nodes, manager])
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._up.wait(60)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self):
        from protocols.key_management.server.application import application_of
        from protocols.key_management.server.listening import KmeServer

        async with AsyncExitStack() as stack:
            urls = {}
            for node in "ABC":
                context = server_context(self.folder / "certs", f"kme-{node}")
                server = KmeServer(application_of([self._face(node)]), context)
                await stack.enter_async_context(server)
                urls[node] = f"https://127.0.0.1:{server.port}"
            noted = {"kmes": urls, "edges": ENDS}
            (self.folder / "up.json").write_text(json.dumps(noted))
            self._up.set()
            await self._stop.wait()

    def _face(self, node):
        from aiohttp import web

        from protocols.key_management.server.face import Face, identified, json_answer

        async def state(request):
            self.asked.append(identified(request).name)
            told = self.states[node]
            return json_answer({}, 500) if told is None else json_answer(told)

        route = web.get("/manage/v1/state", state)
        return Face(prefix="/manage/v1", roles={"manager"}, routes=[route])
