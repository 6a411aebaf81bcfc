"""Both ends inside one process, each in its own thread: for study and tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from protocols.postprocessing.authentication import AuthenticatedLink, KeyPool
from protocols.postprocessing.channel import channel_pair
from protocols.postprocessing.randomness import Randomness

__all__ = ["at_once", "run_both"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


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

    def or_close(link: AuthenticatedLink, step: Callable[[AuthenticatedLink], C]) -> C:
        try:
            return step(link)
        except BaseException:
            link.close()
            raise

    return at_once(lambda: or_close(links[0], alice), lambda: or_close(links[1], bob))


def at_once(alice: Callable[[], A], bob: Callable[[], B]) -> tuple[A, B]:
    """Call two functions at the same time, the second in a thread of its own.

    Returns:
        What each returns. An error of either is raised when both have ended, the first of two.

    Examples:
        >>> at_once(lambda: 1, lambda: 2)
        (1, 2)
    """
    mine: list[A] = []
    theirs: list[B] = []
    failures: list[BaseException] = []

    def run(step: Callable[[], C], results: list[C]) -> None:
        try:
            results.append(step())
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, args=(bob, theirs))
    thread.start()
    run(alice, mine)
    thread.join()
    if failures:
        raise failures[0]
    return mine[0], theirs[0]
