"""Security claims of relayed keys: what the edges of their routes claim, taken together."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.routes import Routes
from qnet.metrics.security import SecurityClaim

__all__ = ["joint_claim", "relayed_claim"]

#: Notions from the strongest to the weakest; together claims have the weakest.
_STRENGTH = ("composable", "device-independent-asymptotic", "asymptotic", "fair-sampling", "none")


def joint_claim(claims: Sequence[SecurityClaim], *assumes: str) -> SecurityClaim:
    """What claims together claim: the weakest notion, all assumptions, the sum of the epsilons.

    Failure probabilities add up where keys are put together by one-time pads (R. Renner,
    arXiv:quant-ph/0512258).

    Args:
        claims: One or more.
        assumes: What must hold besides, a sentence each.

    Examples:
        >>> claim = SecurityClaim(notion="composable", epsilon=1e-10)
        >>> print(joint_claim([claim, claim], "the relay B is honest").sentence)
        composable, epsilon 2e-10, if the relay B is honest
    """
    weakest = max(claims, key=lambda claim: _STRENGTH.index(claim.notion))
    said = tuple(dict.fromkeys((*(s for claim in claims for s in claim.assumes), *assumes)))
    epsilon = None
    if weakest.notion == "composable":
        epsilon = min(sum(claim.epsilon or 0.0 for claim in claims), 1.0)
    return SecurityClaim(
        notion=weakest.notion, epsilon=epsilon, assumes=said, reason=weakest.reason
    )


def relayed_claim(case: KeyNetworkCase, routes: Routes, reason: str = "") -> SecurityClaim:
    """What the keys of a demand claim that are relayed over these routes.

    Args:
        case: The network.
        routes: Names of the nodes of each route.
        reason: Why there is none, where there is no route.
    """
    if not routes:
        return SecurityClaim.none(reason or "no route joins the ends: there is no key")
    edges = dict.fromkeys(k for route in routes for k in case.edges_of(route))
    claims = [case.edges[k].security for k in edges]
    relays = list(dict.fromkeys(node for route in routes for node in route[1:-1]))
    needed = min(case.relay.needed, len(routes))
    with_relays = sum(len(route) > 2 for route in routes)
    if with_relays < needed:
        return joint_claim(claims)
    if needed == 1:
        return joint_claim(claims, f"the relays are honest: {', '.join(relays)}")
    few = f"fewer than {needed} of the {len(routes)} routes have a corrupt relay"
    return joint_claim(claims, few)
