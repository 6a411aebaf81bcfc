"""Routes between two users of a network of the page, best first, with their figures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from experiments.explore.network.controls import NetControls
from experiments.explore.network.map import in_digits, player_of, route_row
from experiments.explore.plain_data import claimed
from protocols.repeaters.strategies import STRATEGIES
from qnet.metrics.security import chain_claim
from qnet.network import ControllerSettings, Demand
from qnet.network.routing.routes import choose_routes

__all__ = ["net_routes"]

#: Results that are kept, and candidates that are played.
_KEPT, _ROUTES = 256, 5


@lru_cache(maxsize=_KEPT)
def net_routes(controls: NetControls) -> dict[str, Any]:
    """Routes between the two users over the fibres that are left, most key first.

    Candidates are found by costs that add up along a route, and each is played as a chain of its
    own: exactly where that is quick, else by draws with the seed of the network's file.

    Returns:
        ``routes`` (best first), ``reason`` where there is none, ``seed``, ``security`` of the best
        one's key, ``strategies``: the best route joined in each way; ``before``: the best route
        with nothing cut, where something is; ``says``: sentences for people; ``work_s``.

    Examples:
        >>> found = net_routes(NetControls(network="line", source="1", target="5"))
        >>> [row["route"] for row in found["routes"]]
        [['1', '2', '3', '4', '5']]
    """
    begun = time.perf_counter()
    rows, reason = _found(controls)
    best = rows[0] if rows else None
    key = None if best is None else best["secret_key_rate_hz"]
    why = reason or (best["reason"] if best is not None else "")
    claim = chain_claim(0.0 if key is None else key["best"], why)
    found: dict[str, Any] = {
        "routes": rows,
        "reason": reason,
        "seed": controls.scenario.seed,
        "security": claimed(claim),
        "strategies": [] if best is None else _by_strategy(controls, tuple(best["route"])),
        "before": None,
    }
    if controls.cuts:
        uncut, _ = _found(replace(controls, cuts=""))
        found["before"] = uncut[0] if uncut else None
    found["says"] = list(_sentences(controls, found))
    return {**found, "work_s": time.perf_counter() - begun}


@lru_cache(maxsize=_KEPT)
def _found(controls: NetControls) -> tuple[list[dict[str, Any]], str]:
    """The candidates with their figures, most key first, and why there are none."""
    scenario = controls.scenario
    choice = choose_routes(
        controls.cut_network,
        [Demand(ends=(controls.source, controls.target), arrivals="backlog")],
        ControllerSettings(
            routing="evaluated", metric="key-rate", routes=_ROUTES, strategy=controls.strategy
        ),
        scenario.key,
        scenario.seed,
        play_all=True,
    )[0]
    rows = [route_row(figures) for figures in choice.considered]
    return sorted(rows, key=_rank), choice.reason


def _rank(row: dict[str, Any]) -> tuple[float, float, int]:
    """Most key first, then most pairs, then fewest hops."""
    key, rate = row["secret_key_rate_hz"], row["rate_hz"]
    rated = 0.0 if rate is None or rate["best"] is None else rate["best"]
    return (0.0 if key is None else -key["best"]), -rated, row["hops"]


def _by_strategy(controls: NetControls, route: tuple[str, ...]) -> list[dict[str, Any]]:
    """A route joined in each way that the network's controller knows."""
    is_shared = controls.scenario.controller.allocation == "share"
    found = []
    for strategy in (controls.strategy,) if is_shared else STRATEGIES:
        player = player_of(controls.network, controls.hardware, strategy)
        found.append({"strategy": strategy, **route_row(player.figures(route))})
    return found


def _sentences(controls: NetControls, found: dict[str, Any]) -> Iterator[str]:
    rows, ends = found["routes"], f"{controls.source} and {controls.target}"
    if not rows:
        cut = f" with {len(controls.cut_edges)} cut" if controls.cuts else ""
        yield f"{found['reason'][0].upper()}{found['reason'][1:]}{cut}."
        return
    best = rows[0]
    way = " - ".join(best["route"])
    if best["rate_hz"] is None:
        yield f"The routes between {ends} give no pairs: {best['reason']}."
        return
    which = "The only route" if len(rows) == 1 else f"The best of {len(rows)} routes"
    pairs, fidelity = in_digits(best["rate_hz"]["best"]), best["fidelity"]["best"]
    yield f"{which} is {way}: {pairs} pairs a second of fidelity {fidelity:.3f}."
    yield _of_key(best, found)
    if alike := sum(_is_level(each, best) for each in rows[1:]):
        yield f"Within the intervals, {_counted(alike)} as good."
    before = found["before"]
    if before is not None and before["route"] != best["route"] and before["rate_hz"] is not None:
        gave = (before[name]["best"] for name in ("rate_hz", "secret_key_rate_hz"))
        gave_pairs, gave_bits = map(in_digits, gave)
        yield (
            f"With nothing cut, {' - '.join(before['route'])} gave {gave_pairs} pairs and "
            f"{gave_bits} secret bits a second."
        )


def _is_level(route: dict[str, Any], best: dict[str, Any]) -> bool:
    """Whether its key, or its rate where none has a key, may be as high as that of the best."""
    name = "secret_key_rate_hz" if best["secret_key_rate_hz"]["best"] > 0.0 else "rate_hz"
    return route[name] is not None and bool(route[name]["high"] >= best[name]["low"])


def _counted(others: int) -> str:
    return "one other route is" if others == 1 else f"{others} other routes are"


def _of_key(best: dict[str, Any], found: dict[str, Any]) -> str:
    key = best["secret_key_rate_hz"]["best"]
    if key > 0.0:
        notion = found["security"]["notion"]
        return (
            f"Alone on it, with one memory at each end of a link, the two get {in_digits(key)} "
            f"secret bits a second ({notion})."
        )
    return "Its pairs are too noisy for a key: fewer links, better links or memories would help."
