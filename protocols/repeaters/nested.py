"""Nested swapping: pairs of equal level are joined, level by level.

H.-J. Briegel, W. Duer, J. I. Cirac, P. Zoller, Phys. Rev. Lett. 81, 5932 (1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal, Unpack

from protocols.repeaters.strategy import DEEPEST, Cutoffs, Improve, Joining, Stations, Strategy
from qnet.errors import ParameterError
from qnet.plans import Cutoff, Plan, Station, Swap

__all__ = ["NESTED", "by_tree", "from_tree", "frozen_tree", "nested"]

Tree = int | Sequence["Tree"]


def nested(links: Sequence[Plan], **joining: Unpack[Joining]) -> Plan:
    """Join the links by a balanced tree of swaps: halves first, the left one larger if they differ.

    Args:
        links: The segments, left to right.
        joining: Stations, cut-offs and the like, as in `from_tree`.

    Raises:
        ParameterError: If there is no link, or the stations or cut-offs do not match in number.

    Examples:
        >>> from qnet import Link, Station
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> plan = nested([link] * 4, stations=Station(success_probability=0.5, perfect=True))
        >>> plan.left.left == plan.right.right == link
        True
    """
    _check_links(links)
    return from_tree(links, _halves(0, len(links)), **joining)


def from_tree(
    links: Sequence[Plan],
    tree: Tree,
    *,
    stations: Stations | None = None,
    cutoffs: Cutoffs = None,
    classical_latency: bool = False,
    improve: Improve | None = None,
    order: Literal["parallel", "sequential"] = "parallel",
) -> Plan:
    """Join the links by any binary tree of swaps.

    Args:
        links: The segments, left to right.
        tree: Numbers of the links in nested pairs, such as ``[[0, 1], 2]``; all, each once, left to
            right.
        stations: The Bell measurements between the links, left to right, or one for all; perfect
            ones unless given.
        cutoffs: One rule for all levels, or one per nesting level, innermost first. The level of a
            swap is one more than the larger level of its parts; a link has level 0.
        classical_latency: Whether swap results travel at the fibre's speed.
        improve: What to do to the pairs of a nesting level before they are used, by level, such as
            ``{0: lambda pair: recurrence(pair, rounds=2)}``.
        order: ``parallel`` or ``sequential`` generation of the two parts of every swap.

    Raises:
        ParameterError: If the tree misses, repeats or disorders links, or numbers do not match.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> from_tree([link] * 3, [[0, 1], 2]).right == link
        True
    """
    _check_links(links)
    _check_leaves(tree, len(links))
    depth = _depth(tree)
    rules = _per_level(cutoffs, depth)
    bsms = _per_station(stations, len(links) - 1)
    better = dict(improve or {})
    for level in better:
        if not 0 <= level <= depth:
            hint = "level 0 is the links, the highest the whole chain"
            raise ParameterError("distill.level", f"lie in 0 to {depth}", level, hint)

    def build(node: Tree) -> tuple[Plan, int, int]:
        """The plan of a node, its level, and the number of its last link."""
        if isinstance(node, int):
            return _improved(links[node], 0, better), 0, node
        left, left_level, last = build(node[0])
        right, right_level, end = build(node[1])
        level = 1 + max(left_level, right_level)
        swap = Swap(
            left=left,
            right=right,
            station=bsms[last],
            order=order,
            cutoff=rules[level - 1],
            classical_latency=classical_latency,
        )
        return _improved(swap, level, better), level, end

    return build(tree)[0]


NESTED = Strategy(
    name="nested",
    join=nested,
    depth=lambda segments: math.ceil(math.log2(segments)),
    references=("BriegelDuer1998",),
)


def by_tree(tree: Tree) -> Strategy:
    """The strategy that joins the links by a given tree; see :func:`from_tree`.

    Examples:
        >>> by_tree([[0, 1], 2]).levels(3)
        2
    """
    return Strategy(
        name="tree",
        join=partial(from_tree, tree=tree),
        depth=lambda _: _depth(tree),
        references=("BriegelDuer1998",),
    )


def _improved(pair: Plan, level: int, improve: dict[int, Callable[[Plan], Plan]]) -> Plan:
    return improve[level](pair) if level in improve else pair


def _halves(first: int, last: int) -> Tree:
    """Balanced tree over the links first .. last - 1."""
    if last - first == 1:
        return first
    middle = (first + last + 1) // 2
    return [_halves(first, middle), _halves(middle, last)]


def _leaves(tree: Any) -> Iterator[int]:  # noqa: ANN401 - what a user wrote
    if isinstance(tree, bool) or not isinstance(tree, int | Sequence) or isinstance(tree, str):
        hint = "give link numbers in nested pairs, such as [[0, 1], 2]"
        raise ParameterError("chain.tree", "hold whole numbers and pairs", tree, hint)
    if isinstance(tree, int):
        yield tree
        return
    if len(tree) != 2:
        hint = "every swap joins two parts, such as [[0, 1], 2]"
        raise ParameterError("chain.tree", "consist of pairs", list(tree), hint)
    for branch in tree:
        yield from _leaves(branch)


def _check_leaves(tree: Tree, count: int) -> None:
    leaves = list(_leaves(tree))
    wanted = list(range(count))
    if leaves == wanted:
        return
    missing = sorted(set(wanted) - set(leaves))
    unknown = sorted(set(leaves) - set(wanted))
    twice = sorted({leaf for leaf in leaves if leaves.count(leaf) > 1})
    if unknown:
        hint = f"there is no link {unknown[0]}: the links are 0 to {count - 1}"
    elif missing:
        hint = f"link {missing[0]} is missing"
    elif twice:
        hint = f"link {twice[0]} appears more than once"
    else:
        hint = "only neighbours can be swapped: write the numbers in ascending order"
    raise ParameterError("chain.tree", f"hold the links 0 to {count - 1} in order", tree, hint)


def _depth(tree: Tree) -> int:
    return 0 if isinstance(tree, int) else 1 + max(_depth(branch) for branch in tree)


def _per_level(cutoffs: Cutoffs, depth: int) -> list[Cutoff | None]:
    if cutoffs is None or isinstance(cutoffs, Cutoff):
        return [cutoffs] * depth
    if len(cutoffs) != depth:
        rule = f"have one entry per nesting level, {depth} in all"
        hint = "innermost level first, or give one number for all levels"
        raise ParameterError("cutoff.time_s", rule, len(cutoffs), hint)
    return list(cutoffs)


def _per_station(stations: Stations | None, count: int) -> list[Station]:
    if stations is None or isinstance(stations, Station):
        return [stations or Station(perfect=True)] * count
    if len(stations) != count:
        rule = f"be one per inner node, {count} in all"
        raise ParameterError("stations", rule, len(stations), "or give one station for all")
    return list(stations)


def _check_links(links: Sequence[Plan]) -> None:
    if not links:
        raise ParameterError("links", "be one or more", 0, "give the segments, left to right")


def frozen_tree(tree: Any, depth: int = 0) -> Any:  # noqa: ANN401
    """Lists to tuples; what is neither list nor number is left for the check of the tree."""
    if depth > DEEPEST:
        rule = f"be at most {DEEPEST} levels deep"
        raise ParameterError("chain.tree", rule, "a deeper one", "balance the tree")
    if hasattr(tree, "tolist"):
        tree = tree.tolist()
    if isinstance(tree, list | tuple):
        return tuple(frozen_tree(branch, depth + 1) for branch in tree)
    return tree
