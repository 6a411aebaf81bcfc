"""Report of the benchmarks against peers: lines for the terminal, a page for the site."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence

from experiments.benchmarks.peers.comparison import PeerComparison
from experiments.benchmarks.peers.peer import PEERS
from qnet.estimate import Estimate

__all__ = ["machine", "page_of", "text_lines"]

_HEAD = """# Beside other simulators

`python -m experiments.benchmarks.peers` installs other simulators, each into a virtual environment
of its own below a folder of caches (`--cache`), and plays the same work there and here in turn;
`python -m experiments.benchmarks.peers page` writes this page. Nothing of it runs unless asked for.

A ratio is the peer's time over this project's for the same number of pairs or pulses, in seconds of
the processor: the median of the paired runs and an interval that holds it in 95 % of cases.
Starting Python and importing are not in it, and what is compiled once is compiled before. A
difference is the peer's figure less ours; its interval, of 95 %, holds 0 where the two agree, but
for one in twenty. Ours are exact for links and for chains, except where a comment says so, and from
20 million pulses for BB84.

A ratio compares ways of asking, not skill: this project draws from laws of compiled circuits,
where a simulator of events plays every photon and message, and so answers questions that no law is
known for.
"""

_COUNTS = ("no", "one", "two", "three", "four")


def machine() -> str:
    """The machine in general terms.

    Examples:
        >>> machine().split(",")[0].split()[-1] in ("core", "cores")
        True
    """
    cores = os.cpu_count() or 1
    told = _COUNTS[cores] if cores < len(_COUNTS) else str(cores)
    return (
        f"{told} core{'s' * (cores != 1)}, {platform.system()}, Python {platform.python_version()}"
    )


def _versions(found: PeerComparison) -> str:
    return ", ".join(f"{name} {told}" for name, told in found.versions.items())


def _agrees(found: PeerComparison, name: str, gap: Estimate) -> str:
    """Whether the interval of a difference holds 0, to a millionth of the figure."""
    least = 1e-6 * abs(found.ours[name].best)
    return "yes" if gap.low <= least and gap.high >= -least else "no"


def _told(figure: Estimate, form: str = ".4g") -> str:
    """A figure with its interval; without one if that is narrower than the last digit."""
    low, high = format(figure.low, form), format(figure.high, form)
    return format(figure.best, form) if low == high else format(figure, form)


def _gap(difference: Estimate) -> str:
    """A difference with its interval; 0 where it is what is left of rounding."""
    tiny = abs(difference.low) < 1e-9 and abs(difference.high) < 1e-9
    return "0" if tiny else _told(difference, ".2g")


def text_lines(found: PeerComparison) -> Iterator[str]:
    """What came out, line by line."""
    work = found.work
    yield f"== {work.name}: {work.title}"
    if found.ratio is None:
        yield f"   not played: {found.reason}."
        return
    yield f"   {_versions(found)}; {found.count} {work.counted} in {found.seconds:.1f} s"
    yield f"   time, theirs over ours: {_times(found.ratio)}"
    for name, gap in found.differences().items():
        yield f"   {name}: theirs {_told(found.theirs[name])}, ours {_told(found.ours[name])}"
        yield f"      difference {_gap(gap)}; holds 0: {_agrees(found, name, gap)}"
    yield f"   not equal: {work.unequal}"


def page_of(found: Sequence[PeerComparison], *, date: str, where: str) -> str:
    """The page in Markdown.

    Args:
        found: What came out of each work.
        date: When it was measured.
        where: On what machine, in general terms.
    """
    lines = ["| work | peer | time, theirs over ours |", "|---|---|---|"]
    for each in found:
        told = each.reason if each.ratio is None else _times(each.ratio)
        release = PEERS[each.work.peer].requirement.replace("==", " ")
        lines.append(f"| [{each.work.title}](#peer-{each.work.name}) | {release} | {told} |")
    measured = f"Measured on {date} on {where}; the intervals are those of the runs."
    works = [_section(each) for each in found]
    return "\n\n".join([_HEAD.rstrip(), measured, "\n".join(lines), *works, _peers()]) + "\n"


def _section(found: PeerComparison) -> str:
    work = found.work
    title = f"(peer-{work.name})=\n## {work.title[:1].upper()}{work.title[1:]}"
    if found.ratio is None:
        return f"{title}\n\nNot played: {found.reason}."
    lines = ["| figure | theirs | ours | difference | holds 0 |", "|---|---|---|---|---|"]
    for name, gap in found.differences().items():
        theirs, ours = _told(found.theirs[name]), _told(found.ours[name])
        unit = " (s)" if name.startswith("time") else ""
        same = _agrees(found, name, gap)
        lines.append(f"| {name}{unit} | {theirs} | {ours} | {_gap(gap)} | {same} |")
    played = (
        f"`{work.name}`: {_versions(found)}; {found.count} {work.counted} in {found.seconds:.1f} s "
        f"there, {_times(found.ratio)} times as long as here."
    )
    return "\n\n".join([title, played, "\n".join(lines), f"Not equal: {work.unequal}"])


def _peers() -> str:
    """What the peers do better, and which cannot be had."""
    lines = ["## What they do better"]
    lines += [f"`{peer.name}`\n: {peer.better}" for peer in PEERS.values()]
    lines += ["## Which were not played"]
    absent = [peer for peer in PEERS.values() if peer.missing]
    lines += [f"`{peer.name}`\n: {peer.missing[:1].upper()}{peer.missing[1:]}." for peer in absent]
    return "\n\n".join(lines)


def _times(ratio: Estimate) -> str:
    """A ratio in three digits, in whole numbers where it is large."""
    return f"{ratio:.3g}" if ratio.best < 100.0 else f"{ratio:.0f}"
