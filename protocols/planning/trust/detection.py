"""Detection of an eavesdropper on the links of a plan, in figures and in sentences for a board.

Who measures a share of the pulses and sends others on raises the error rate (see
`protocols.key_networks.attacks`), which the ends of a hop watch: compared bits are tested block by
block, each by an exact binomial test, with a stated probability of a false alarm per day. The
lengths of a block are tried, and only blocks that lie wholly within the attack count, so that the
probability to notice it holds whenever it begins. Numbers for people are rounded to the safe side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.key_networks.attacks import DAY_S, attacked_error_rate
from protocols.planning.design.plan import NetworkPlan
from protocols.planning.trust.detection_table import DetectionTable
from qnet.metrics.binomial_tests import BinomialTest
from qnet.metrics.sequential_tests import WatchedLink

__all__ = [
    "DetectionTable",
    "WatchedSpan",
    "chance_in_words",
    "share_in_words",
    "watched_sentences",
    "watched_spans",
]

#: Whole blocks within an attack, whenever it begins: the lengths of a block that are tried.
_WHOLE = (1, 2, 3, 5, 8, 12, 20, 40, 80, 200)

#: Links of which the same holds that are named in one sentence.
_MOST_NAMED = 6

#: Relative precision of the smallest share that is noticed.
_PRECISION = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSpan:
    """How soon an eavesdropper on a hop of a span is noticed.

    Args:
        ends: Names of the ends of the span.
        technology: Name of its technology.
        detection: Who listens, and how the ends watch.
        compared_hz: Compared bits per second of a hop, from the lower end of its key rate.
        block_s: Length of a block in s; 0 where no block is over within the attack.
        unseen: Probability that the eavesdropper is not noticed.
        least_share: Smallest share of pulses that is noticed with the wanted probability, by the
            blocks that are best for it; None where not even all pulses are.
        reason: Why nothing is said of such a time; empty otherwise.
    """

    ends: tuple[str, str]
    technology: str
    detection: DetectionTable
    compared_hz: float
    block_s: float
    unseen: float
    least_share: float | None
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The same for people, rounded to the safe side."""
        return self.sentence_on(f"the link {' - '.join(self.ends)}")

    def sentence_on(self, where: str) -> str:
        """The same for links of another name.

        Args:
            where: The links.
        """
        said, time = self.detection, _time_in_words(self.detection.time_s)
        opening = f"If somebody measures {share_in_words(said.intercept)} on {where}"
        if self.reason:
            return f"On {where} nothing is said of {time}: {self.reason}."
        if self.unseen >= 0.99:
            return f"{opening}, that may stay unseen for {time}."
        noticed, unseen = chance_in_words(1.0 - self.unseen, self.unseen)
        return (
            f"{opening}, it is noticed within {time} with probability at least {noticed}; it stays "
            f"unseen with probability at most {unseen}."
        )

    @property
    def assumptions(self) -> str:
        """What the sentence rests on."""
        said = self.detection
        return (
            f"Error rate {said.qber:g} of an undisturbed hop, {self.compared_hz:.4g} compared bits "
            f"a second, blocks of {self.block_s:.4g} s tested by an exact binomial test, at most "
            f"{said.false_alarm:g} false alarms a day and hop; the eavesdropper measures in random "
            "bases and sends on what was found. Other attacks: qnet power."
        )


def watched_sentences(watched: Sequence[WatchedSpan]) -> list[str]:
    """Sentences for people on all spans, one for those of which the same holds.

    Args:
        watched: How soon an eavesdropper is noticed on each.
    """
    alike: dict[str, list[WatchedSpan]] = {}
    for each in watched:
        alike.setdefault(each.sentence_on(""), []).append(each)
    said = []
    for spans in alike.values():
        if len(spans) == 1:
            said.append(spans[0].sentence)
        elif len(spans) == len(watched):
            said.append(spans[0].sentence_on(f"any one of the {len(spans)} links"))
        else:
            names = ", ".join(" - ".join(each.ends) for each in spans[:_MOST_NAMED])
            more = f" and {len(spans) - _MOST_NAMED} more" if len(spans) > _MOST_NAMED else ""
            said.append(spans[0].sentence_on(f"any one of the links {names}{more}"))
    return said


def watched_spans(
    plan: NetworkPlan, detection: DetectionTable | None = None
) -> tuple[WatchedSpan, ...]:
    """How soon an eavesdropper is noticed on a hop of each span that is built.

    Args:
        plan: The plan.
        detection: Who listens, and how the ends watch; as assumed unless given.
    """
    said = detection or DetectionTable()
    known: dict[float, tuple[int, float, float | None]] = {}
    found = []
    for each in plan.built:
        option = plan.case.options[each.option]
        compared = option.rate_hz.low * said.test_share
        if compared not in known:
            watches = _watches(said, compared)
            known[compared] = (*_best(said, watches, said.intercept), _least(said, watches))
        block, unseen, least = known[compared] if option.source is None else (0, 1.0, None)
        one, two = (plan.case.sites[end].name for end in option.ends)
        found.append(
            WatchedSpan(
                ends=(one, two),
                technology=option.technology,
                detection=said,
                compared_hz=compared,
                block_s=block / compared if block else 0.0,
                unseen=unseen,
                least_share=least,
                reason="" if option.source is None else "its bits come in passes",
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """Blocks of one length: compared bits of each, whole ones within the attack, their test."""

    block: int
    whole: int
    test: BinomialTest

    def unseen(self, attacked: float) -> float:
        """Probability that no whole block within the attack alarms."""
        power = self.test.power(attacked)
        return math.exp(self.whole * math.log1p(-power)) if power < 1.0 else 0.0


def _watches(said: DetectionTable, compared_hz: float) -> list[_Watch]:
    """The lengths of a block that are tried."""
    found = []
    for whole in _WHOLE:
        # An attack that begins within a block has the rest of it, and then whole ones.
        block = math.floor(said.time_s * compared_hz / (whole + 1))
        if not 1 <= block <= compared_hz * DAY_S:
            continue
        link = WatchedLink(
            compared_rate_hz=compared_hz,
            block=block,
            honest=said.qber,
            false_alarm=said.false_alarm,
            horizon_s=DAY_S,
        )
        found.append(_Watch(block=block, whole=whole, test=link.test))
    return found


def _best(said: DetectionTable, watches: Sequence[_Watch], intercept: float) -> tuple[int, float]:
    """The block in bits that misses an attack least, and the probability that it does."""
    attacked = attacked_error_rate(said.qber, intercept)
    tried = [(each.unseen(attacked), -each.block) for each in watches]
    unseen, block = min(tried, default=(1.0, 0))
    return (-block, unseen) if unseen < 1.0 else (0, 1.0)


def _least(said: DetectionTable, watches: Sequence[_Watch]) -> float | None:
    """Smallest share of pulses that is noticed with the wanted probability."""
    if _best(said, watches, 1.0)[1] > 1.0 - said.notice:
        return None
    low, high = 0.0, 1.0
    while high - low > _PRECISION * high:
        middle = 0.5 * (low + high)
        if _best(said, watches, middle)[1] > 1.0 - said.notice:
            low = middle
        else:
            high = middle
    return high


def chance_in_words(noticed: float, unseen: float) -> tuple[str, str]:
    """A probability to be noticed, rounded down, and one to stay unseen, rounded up.

    Args:
        noticed: The probability to be noticed.
        unseen: One less that, without loss of digits.

    Examples:
        >>> chance_in_words(0.99968, 3.2e-4), chance_in_words(0.4599, 0.5401)
        (('0.9996', '0.0004'), ('0.45', '0.55'))
        >>> chance_in_words(1.0, 1e-40)
        ('0.999999', '0.000001')
    """
    if unseen <= 1e-6:
        return "0.999999", "0.000001"
    digits = max(2, -math.floor(math.log10(unseen)))
    up = min(math.ceil(unseen * 10**digits - 1e-9), 10**digits)
    return f"{(10**digits - up) / 10**digits:.{digits}f}", f"{up / 10**digits:.{digits}f}"


def share_in_words(share: float) -> str:
    """A share of pulses for people.

    Examples:
        >>> share_in_words(0.01), share_in_words(1.0), share_in_words(0.03)
        ('one pulse in a hundred', 'every pulse', '3 % of the pulses')
    """
    if share >= 1.0:
        return "every pulse"
    words = {2: "two", 3: "three", 10: "ten", 100: "a hundred", 1000: "a thousand"}
    if share > 0.0 and math.isclose(1.0 / share, round(1.0 / share), rel_tol=1e-9):
        number = round(1.0 / share)
        return f"one pulse in {words.get(number, number)}"
    return f"{100.0 * share:g} % of the pulses"


def _time_in_words(time_s: float) -> str:
    for unit, name in ((86_400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second")):
        if time_s >= unit:
            number = time_s / unit
            article = "an" if name == "hour" else "a"
            return f"{article} {name}" if number == 1.0 else f"{number:g} {name}s"
    return f"{time_s:g} seconds"
