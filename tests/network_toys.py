"""Toys of networks from outside: controller, rule of sharing, format, solver, and engine.

Oracle of the controller: nobody is in anybody's way, so that everyone gets the chain's own figures.
"""

from __future__ import annotations

import numpy as np

from qnet.estimate import Estimate
from qnet.metrics.security import chain_claim
from qnet.network.controllers import Controller
from qnet.network.exact.solver import NetworkSolver, exact_network_result
from qnet.network.kernel import MADE
from qnet.network.result import DEMAND_FIGURES, DemandResult
from qnet.network.sharing.rules import SharingRule
from qnet.network.topologies.formats.base import FileFormat, RawTopology
from qnet.network.topologies.topology import Site


class Boundless(Controller):
    """Every session is served at once, as if there were a chain for everyone."""

    sentence = "as many memories as are asked for: nobody waits"

    def start(self):
        """Nothing happens before the first session."""
        self.rng = self.replica.stream("boundless")

    def arrive(self, session):
        """Its pairs are drawn and handed over when they come."""
        route = self.case.routes(session.demand)[0]
        sampler = self.replica.sampler(route)
        draw = sampler.draw(sampler.plan, session.pairs, self.rng)
        times = self.replica.events.now + np.cumsum(draw.time)
        self.replica.begin(session)
        self.replica.events.at(times[-1], MADE, self.deliver, (session, route, times, draw))

    def deliver(self, what):
        """A session has all its pairs."""
        session, route, times, draw = what
        self.replica.deliver(session.demand, route, times, draw)
        self.replica.end(session)


class FirstOnly(SharingRule):
    """Every pair belongs to the first flow of its edge."""

    def owners(self):
        """Its mask."""
        mask = 1 << self.flows[0] if self.flows else 0
        return lambda _: mask


def _looks_like_arrows(text):
    return text.lstrip().startswith("arrows")


def _read_arrows(text, _):
    raw = RawTopology()
    for number, line in enumerate(text.split("\n")[1:], 2):
        if line.strip():
            one, other, length = line.split()
            for name in (one, other):
                raw.sites.setdefault(name, Site(name=name))
            raw.add_span(one, other, float(length), f"line {number}")
    return raw


ARROWS = FileFormat("arrows", _looks_like_arrows, _read_arrows)


class Nobody(NetworkSolver):
    """Networks of whose demands none ever comes."""

    plays = "demands that come less than once in a thousand years"

    def is_near(self, case):
        """Demands that come so seldom."""
        return all((demand.rate_hz or 1.0) < 1e-11 for demand in case.demands)

    def refusal(self, case):
        """Nothing."""
        return ""

    def solve(self, case):
        """Zeros."""
        figures = {**dict.fromkeys(DEMAND_FIGURES), "served_hz": Estimate.exact(0.0)}
        demands = tuple(
            DemandResult(
                ends=demand.ends,
                routes=tuple(case.routes(number)),
                figures=figures,
                security=chain_claim(0.0, "nobody asked"),
            )
            for number, demand in enumerate(case.demands)
        )
        return exact_network_result(case, demands, ())


def play_nobody(case, *, workers=1, progress=None):
    """An engine that knows this solver alone."""
    return Nobody().solve(case)
