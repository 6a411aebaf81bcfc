"""Sentences of the BB84 page: what a class reads beside its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.explore.spy.controls import ATTACKS, SpyControls

__all__ = ["percent", "sentences"]


def percent(share: float) -> str:
    """A share in percent, with three digits where it is small.

    Examples:
        >>> percent(0.25), percent(0.0123456), percent(1e-7)
        ('25 %', '1.23 %', '1e-05 %')
    """
    return f"{100 * share:.3g} %"


def sentences(controls: SpyControls, found: Mapping[str, Any]) -> list[str]:
    """What the figures say, a sentence each.

    Args:
        controls: The setting.
        found: Its figures, as ``work_out_spy`` gathers them.

    Examples:
        >>> exact = {"qber": 0.25, "key": 0.0, "believed": 0.0, "security": {"notion": "none"}}
        >>> honest = {**exact, "qber": 0.0, "key": 1.0}
        >>> eve = {"guess": 0.75, "known": 0.5, "certain": 0.5}
        >>> finite = {"secret_bits": 0, "key_bits": 4, "test_bits": 4}
        >>> given = {"exact": exact, "honest": honest, "eve": eve, "finite": finite}
        >>> given |= {"notice": {"reason": "x"}, "tolerated_qber": 0.0972}
        >>> sentences(SpyControls(share=1.0), given)[0]
        'Eve: 100 % of the signals are measured and sent anew.'
    """
    return [*_of_eve(controls, found), *_of_key(found), *_of_notice(controls, found)]


def _of_eve(controls: SpyControls, found: Mapping[str, Any]) -> Iterator[str]:
    exact, honest, eve = found["exact"], found["honest"], found["eve"]
    if controls.share == 0.0:
        yield f"Nobody listens: {percent(exact['qber'])} of the sifted bits differ all the same."
        return
    yield f"Eve: {percent(controls.share)} {ATTACKS[controls.attack].share_of}."
    moved = exact["qber"] - honest["qber"]
    if moved > 1e-4:
        change = f"the error rate rises from {percent(honest['qber'])} to {percent(exact['qber'])}"
    elif moved < -1e-4:
        change = f"the error rate falls from {percent(honest['qber'])} to {percent(exact['qber'])}"
    else:
        change = f"the error rate stays at {percent(exact['qber'])}"
    knows = f"she guesses {percent(eve['guess'])} of the sifted bits right"
    if eve["certain"] > 1e-6:
        knows += f", and knows {percent(eve['certain'])} of them for certain"
    yield f"{change[0].upper()}{change[1:]}; {knows}."


def _of_key(found: Mapping[str, Any]) -> Iterator[str]:
    exact, finite, limit = found["exact"], found["finite"], found["tolerated_qber"]
    if exact["security"]["notion"] == "none" and exact["believed"] > 0.0:
        yield (
            f"Who trusts the devices works out {exact['believed']:.3g} secret bit for each sifted "
            f"one, and is wrong: {exact['reason'].removeprefix('no key: ')}."
        )
    elif exact["key"] > 0.0:
        yield f"Of each sifted bit, {exact['key']:.3g} bit is secret if the run never ends."
    elif limit is not None and exact["qber"] > limit:
        yield (
            f"There is no key: errors above {percent(limit)} cost more bits than there are, and "
            "all errors count as Eve's."
        )
    else:
        yield "There is no key, however long the run is."
    if finite["secret_bits"] > 0:
        bits = _count(finite["key_bits"]), _count(finite["secret_bits"])
        yield f"This run's {bits[0]} key bits become {bits[1]} secret ones."
    elif exact["key"] > 0.0:
        yield f"Of this run: {finite['reason']}."


def _of_notice(controls: SpyControls, found: Mapping[str, Any]) -> Iterator[str]:
    notice = found["notice"]
    if controls.share == 0.0:
        return
    if "safe" not in notice:
        yield f"How would one notice her? {notice['reason'][0].upper()}{notice['reason'][1:]}."
        return
    yield (
        f"To notice her with a chance of {percent(1.0 - controls.miss)} takes "
        f"{_count(notice['safe'])} {notice['trial']}, of {_count(notice['pulses'])} signals; "
        f"false alarms come in {percent(controls.false_alarm)} of the runs at most."
    )


def _count(number: float) -> str:
    """A number of things, with thin spaces; of very many, three digits.

    Examples:
        >>> _count(12345.0), _count(1.23456e12)
        ('12\u2009345', '1.23e+12')
    """
    return f"{number:.3g}" if number >= 1e9 else f"{round(number):,}".replace(",", "\u2009")
