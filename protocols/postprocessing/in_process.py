"""Both ends of one step inside this process, each in its own thread: for study and tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from protocols.postprocessing.authentication import AuthenticatedLink, KeyPool
from protocols.postprocessing.channel import channel_pair
from protocols.postprocessing.randomness import Randomness

__all__ = ["run_both"]

A = TypeVar("A")
B = TypeVar("B")


def run_both(
    alice: Callable[[AuthenticatedLink], A], bob: Callable[[AuthenticatedLink], B]
) -> tuple[A, B]:
    """Give each end its link, and return what both return.

    Args:
        alice: Alice's side of the step.
        bob: Bob's side.

    Returns:
        Alice's result and Bob's.

    Raises:
        ProtocolAborted: If an end stops; the channel is then closed, so that the other does, too.
            Any other error of an end is raised, too.

    Examples:
        >>> run_both(lambda link: link.send("hello"), lambda link: link.receive("hello"))
        (None, {})
    """
    secret = Randomness().bits(200_000)
    near, far = channel_pair()
    links = (
        AuthenticatedLink(near, KeyPool(secret), "alice"),
        AuthenticatedLink(far, KeyPool(secret), "bob"),
    )
    results: list[B] = []
    failures: list[BaseException] = []

    def bobs_side() -> None:
        try:
            results.append(bob(links[1]))
        except BaseException as failure:
            failures.append(failure)
            links[1].close()

    thread = threading.Thread(target=bobs_side)
    thread.start()
    try:
        mine = alice(links[0])
    except BaseException as failure:
        failures.append(failure)
        links[0].close()
    thread.join()
    if failures:
        raise failures[0]
    return mine, results[0]
