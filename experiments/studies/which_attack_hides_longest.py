"""Time until an attack on a key-distribution system is noticed, by what the system watches.

Question: which attack hides longest in which system?

Answer: bits alone never tell beam splitting, Trojan horses, bright light or laser seeding.
With monitors only beam splitting stays hidden, which the key rate pays for. What is noticed at its
usual strength is noticed within 33 ms. At a hundredth of it, when alarms have to tell rates that
differ by little, flawed modulation hides longest of all, through 1.61 min and some 8e7 bits of key
of decoy BB84 (5.3 min with slower single photons). Without monitors a splitter's colour comes next
(37 s), then shifts in time (8 s); a biased generator hides 8 s from six states, a wrong calibration
of shot noise 587 ms from continuous variables. Such weak ones are found only by who knows the
honest rate to better than one per cent of itself.

How: seventeen attacks on implementations (the layers are those of S. Sajeed et al., Sci. Rep. 11,
5110 (2021), arXiv:1909.07898), of their usual strengths, a tenth and a hundredth of them, on five
systems over 50 km: BB84 and six states with single photons, BB84 with decoys whose users watch
everything or nothing but their bits, and homodyne detection of continuous variables. Each attack is
played on each system that has what is attacked. Users test one statistic: of those that the
attack's description names and those of all bits (error rate, yield of the decoys, ones of Alice)
the one that takes the fewest pulses; it may alarm falsely with 1e-3 and miss with 1e-2. Numbers of
trials are exact binomial ones, from which on every larger number suffices. They are turned into
pulses by the exact table of rounds under attack, and into seconds by the clock. The honest rate is
taken as known; hollow marks say where it would have to be known to better than one per cent of
itself. All sifted bits are compared, as error correction does. That the power is met is sampled:
runs of the attacked device, with the 95 % interval of C. Clopper and E. Pearson, Biometrika 26, 404
(1934). Bright light is that of L. Lydersen et al., Nat. Photonics 4, 686 (2010): it makes fewer
errors, not more. Key is what the users would make meanwhile in endless blocks, believing in their
device.

Run: ``qnet study which-attack-hides-longest [--quick] [--out DIR]``, five minutes on one core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, column, grouped, known, where
from experiments.studies.study import Study, StudyPoint
from protocols.certification import (
    ATTACKS,
    QUADRATURES,
    AttackModel,
    BinomialTest,
    DetectionPower,
    DeviceUnderTest,
    Observable,
    QuadratureLink,
    binomial_test,
    detection_power,
    statistic_of,
)
from protocols.certification.described import Bench, described
from protocols.key_rates import GG02, HomodyneReceiver, gg02
from protocols.qkd import BB84, DecoyBB84, SixState
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.figures.style import look
from qnet.hardware import Detectors, Fibre, Line, WeakPulses
from qnet.metrics.security import SecurityClaim
from qnet.metrics.statistics import proportion_estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "SYSTEMS", "WatchedSystem", "fastest", "noticed", "work"]

ALPHA, BETA = 1e-3, 1e-2

#: Shares of the usual strength of an attack.
SHARES = (1.0, 0.1, 0.01)

#: Statistics of what users announce anyway.
BITS = ("qber", "decoy-yield", "ones")

#: Statistics that need no part beside the bits.
OF_BITS = (*BITS, "mismatched-bases", "double-clicks")

#: Attacked runs of a row, and of the quick size; values of quadratures that all of them may cost.
REPEATS, QUICK_REPEATS = 2000, 200
MOST_VALUES = 2e8

#: Fewer runs than these say little.
FEWEST_REPEATS = 100

#: Up to so many trials, those beyond the wanted number are left out at random.
_MOST_THINNED = 9 * 10**8

#: Pulses from which the key of the honest device is estimated.
_KEY_PULSES = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSystem:
    """A system, and what its users watch.

    Args:
        device: The honest device.
        clock_hz: Pulses per second.
        bits_only: Whether nothing is watched beside the bits.
        measures_quadratures: Whether it is one of continuous variables.
    """

    device: DeviceUnderTest
    clock_hz: float
    bits_only: bool = False
    measures_quadratures: bool = False

    def allows(self, model: AttackModel) -> bool:
        """Whether it has what the attack needs.

        Examples:
            >>> SYSTEMS["BB84, single photons"].allows(ATTACKS["photon-number-splitting"])
            False
        """
        if (model.statistic in QUADRATURES) != self.measures_quadratures:
            return False
        try:
            model.apply(self.device, model.default).protocol.table()
        except ParameterError:
            return False
        return True

    def statistics(self, model: AttackModel) -> list[str]:
        """What its users may test for an attack.

        Examples:
            >>> SYSTEMS["decoy BB84, bits only"].statistics(ATTACKS["blinding"])
            ['qber', 'decoy-yield', 'ones', 'double-clicks']
        """
        if self.measures_quadratures:
            return [model.statistic]
        named = (*BITS, model.statistic, *model.also)
        has_decoys = len(self.device.intensities) > 1
        own = [name for name in named if has_decoys or name != "decoy-yield"]
        if self.bits_only:
            own = [name for name in own if name in OF_BITS]
        return [name for name in dict.fromkeys(own) if name != "none"]

    def key(self, seed: int) -> tuple[Estimate | float, SecurityClaim]:
        """Secret bits per pulse that its users believe in, and what they claim."""
        if self.measures_quadratures:
            rate = gg02(self.device.quadratures.link)
            return rate.value, rate.security
        result = self.device.protocol.run(_KEY_PULSES, seed=seed)
        assert result.secret_key_rate_per_pulse is not None
        return result.secret_key_rate_per_pulse, result.security


def _systems() -> dict[str, WatchedSystem]:
    detectors = Detectors(efficiency=0.2, dark_count_probability=1e-6, efficiency_mismatch=0.5)
    fibre = Fibre(length_km=50.0, loss_db_per_km=0.2)
    line = Line.through(fibre, detectors=detectors, misalignment=0.01)
    light = WeakPulses(intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1))
    decoys = DeviceUnderTest(protocol=DecoyBB84(source=light, line=line))
    link = GG02(
        modulation_variance=5.0,
        transmission=fibre.transmission,
        excess_noise=0.01,
        efficiency=0.6,
        electronic_noise=0.05,
    )
    quadratures = DeviceUnderTest(
        quadratures=QuadratureLink(link=link, receiver=HomodyneReceiver(saturation=6.0))
    )
    single = DeviceUnderTest(protocol=BB84(line=line))
    return {
        "BB84, single photons": WatchedSystem(device=single, clock_hz=1e8),
        "six states, single photons": WatchedSystem(
            device=described(SixState(line=line)), clock_hz=1e8
        ),
        "decoy BB84, all watched": WatchedSystem(device=decoys, clock_hz=1e9),
        "decoy BB84, bits only": WatchedSystem(device=decoys, clock_hz=1e9, bits_only=True),
        "continuous variables": WatchedSystem(
            device=quadratures, clock_hz=1e8, measures_quadratures=True
        ),
    }


#: Systems by name.
SYSTEMS: Mapping[str, WatchedSystem] = _systems()


def points(quick: bool) -> list[StudyPoint]:
    """Every attack on every system that allows it, at each strength."""
    pairs = _pairs()
    if quick:
        few = ("intercept-resend", "beam-splitting", "blinding", "saturation")
        pairs = [(attack, system) for attack, system in pairs if attack in few]
    return [
        {"attack": attack, "system": system, "share": share, "quick": quick}
        for attack, system in pairs
        for share in (SHARES[:2] if quick else SHARES)
    ]


@lru_cache(maxsize=1)
def _pairs() -> list[tuple[str, str]]:
    return [
        (name, system)
        for name, model in ATTACKS.items()
        for system in SYSTEMS
        if SYSTEMS[system].allows(model)
    ]


def fastest(system: WatchedSystem, model: AttackModel, strength: float) -> DetectionPower:
    """The statistic that shows an attack after the fewest pulses; without sizes where none does.

    Examples:
        >>> found = fastest(SYSTEMS["BB84, single photons"], ATTACKS["intercept-resend"], 1.0)
        >>> found.statistic, found.sizes.n_safe
        ('qber', 36)
    """
    found = [
        detection_power(
            model, strength, alpha=ALPHA, beta=BETA, device=system.device, statistic=name
        )
        for name in system.statistics(model)
    ]
    shown = [each for each in found if each.sizes is not None]
    if shown:
        return min(shown, key=_pulses)
    if model.is_silent:
        return detection_power(model, strength, alpha=ALPHA, beta=BETA, device=system.device)
    return found[0]


def _pulses(found: DetectionPower) -> float:
    """Pulses that give the safe number of trials; a value of a quadrature is a pulse."""
    assert found.sizes is not None
    return float(found.sizes.n_safe) if found.pulses is None else found.pulses


def noticed(
    system: WatchedSystem, found: DetectionPower, repeats: int, seed: int
) -> Estimate | None:
    """Share of attacked runs with the safe number of trials that alarm; None where too long.

    Args:
        system: The system.
        found: The attack, its statistic, and the number of trials.
        repeats: How many runs.
        seed: Seed of the runs.
    """
    assert found.sizes is not None
    assert found.honest is not None
    n, rng = found.sizes.n_safe, np.random.default_rng(seed)
    attacked = ATTACKS[found.attack].apply(system.device, found.strength)
    seen = statistic_of(found.statistic)
    if not isinstance(seen, Observable):
        runs = min(repeats, int(MOST_VALUES / n))
        if runs < FEWEST_REPEATS:
            return None
        limit = seen.threshold(n, system.device, ALPHA)
        values = np.array([seen.observe(attacked, n, rng) for _ in range(runs)])
        beyond = values < limit if seen.tail == "fewer" else np.abs(values) > limit
        return proportion_estimate(int(beyond.sum()), runs)
    played = _runs(Bench(attacked), seen, n, rng)
    honest, alarms = found.honest, 0
    tests: dict[int, BinomialTest] = {}
    for events, trials in islice(played, repeats):
        if trials not in tests:
            tests[trials] = binomial_test(trials, honest, ALPHA, seen.tail)
        alarms += tests[trials].alarms(events)
    return proportion_estimate(alarms, repeats)


def _runs(
    bench: Bench, seen: Observable, n: int, rng: np.random.Generator
) -> Iterator[tuple[int, int]]:
    """Events and trials of one run of a device after the other: n trials, or a little more."""
    _, trials_per_pulse = bench.chance(seen)
    pulses = int(n / trials_per_pulse * (1.0 + 6.0 / np.sqrt(n)) + 60.0 / trials_per_pulse)
    while True:
        run = bench.draw({"seen": seen}, pulses, rng)["seen"]
        if n <= run.trials <= _MOST_THINNED:
            yield int(rng.hypergeometric(run.events, run.trials - run.events, n)), n
        elif run.trials > n:
            yield run.events, run.trials


def work(point: StudyPoint, seed: int) -> StudyRow:
    """When an attack is noticed, by what, and how much key was made by then."""
    system, model = SYSTEMS[point["system"]], ATTACKS[point["attack"]]
    strength = model.least + point["share"] * (model.default - model.least)
    found = fastest(system, model, strength)
    row: dict[str, Any] = {
        "strength": strength,
        "statistic": found.statistic if found.sizes is not None else "none",
        "trial": found.trial,
        "honest": found.honest,
        "attacked": found.attacked,
    }
    names = ("n_first", "n_safe", "pulses", "seconds", "must_know", "found", "key_until_noticed")
    if found.sizes is None:
        return {**row, **dict.fromkeys(names), "reason": found.reason}
    pulses = _pulses(found)
    repeats = QUICK_REPEATS if point["quick"] else REPEATS
    key, claim = system.key(seed)
    return {
        **row,
        "n_first": found.sizes.n_first,
        "n_safe": found.sizes.n_safe,
        "pulses": pulses,
        "seconds": pulses / system.clock_hz,
        "must_know": _relative(found),
        "found": noticed(system, found, repeats, seed),
        "key_until_noticed": key * pulses,
        "reason": None,
        "security": claim.as_dict(),
    }


def _relative(found: DetectionPower) -> float | None:
    """By how much of itself the rate moves; None where the honest one is zero."""
    assert found.honest is not None
    assert found.attacked is not None
    return abs(found.attacked / found.honest - 1.0) if found.honest else None


def answer(rows: Sequence[StudyRow]) -> str:
    """What is never noticed, and what latest, of each system."""
    weakest = min(column(rows, "share"))
    latest = []
    for system, some in grouped(known(where(rows, share=weakest), "seconds"), "system").items():
        last = max(some, key=lambda row: float(row["seconds"]))
        when = f"{_span(last['seconds'])}, {float(last['key_until_noticed']):.1e} bits of key"
        latest.append(f"{last['attack']} in {system} ({when})")
    never = grouped([row for row in rows if row["seconds"] is None], "system")
    hidden = [
        f"{', '.join(dict.fromkeys(column(some, 'attack')))} in {system}"
        for system, some in never.items()
    ]
    checked = known(rows, "found")
    met = [row for row in checked if row["found"].high >= 1.0 - BETA]
    return (
        f"Never noticed: {'; '.join(hidden) or 'nothing'}. Last of those that are noticed, at "
        f"{weakest:g} of the usual strength: {', '.join(latest)}. "
        "The sampled share of alarms reaches the stated power within its interval in "
        f"{len(met)} of {len(checked)} rows."
    )


def _span(seconds: float) -> str:
    """A time as people say it.

    Examples:
        >>> _span(2.3e-6), _span(7200.0)
        ('2.3 µs', '2 h')
    """
    units = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
    size, unit = next((each for each in units if seconds >= each[0]), (1e-9, "ns"))
    return f"{seconds / size:.3g} {unit}"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Time until noticed of each attack, one panel per strength; a strip for never."""
    by_share = grouped(rows, "share")
    attacks = list(dict.fromkeys(column(rows, "attack")))[::-1]
    times = column(known(rows, "seconds"), "seconds")
    low, high = min(times) / 4.0, max(times) * 4.0
    never = high * 6.0
    panels = np.atleast_1d(figure.subplots(1, len(by_share), sharey=True))
    for axes, (share, own) in zip(panels, by_share.items(), strict=True):
        _panel(axes, own, attacks, never)
        axes.axvspan(high, never * 6.0, color="0.9", lw=0.0)
        axes.set(xscale="log", xlim=(low, never * 6.0), xlabel="time until noticed (s)")
        title = "usual strength" if share == 1.0 else f"{share:g} of it"
        axes.set(title=title)
        axes.text(never, len(attacks) - 0.45, "never", ha="center", va="bottom", fontsize=7.5)
    panels[0].set_yticks(range(len(attacks)), attacks)
    panels[0].set_ylim(-0.6, len(attacks) + 0.1)
    note = "hollow: the honest rate has to be known to better than 1 % of itself"
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(labels),
        fontsize=7.5,
        frameon=False,
        title=note,
        title_fontsize=7.5,
    )


def _panel(axes: Axes, rows: Sequence[StudyRow], attacks: Sequence[str], never: float) -> None:
    for number, system in enumerate(SYSTEMS):
        own = where(rows, system=system)
        style: dict[str, Any] = {**look(number), "linestyle": "", "markersize": 5.0}
        shift = 0.17 * (2 - number)
        axes.plot([], [], label=system, **style)
        for row in own:
            time = never if row["seconds"] is None else row["seconds"]
            moves = row["must_know"]
            hollow = moves is not None and moves < 0.01
            face: dict[str, Any] = {"markerfacecolor": "white"} if hollow else {}
            axes.plot([time], [attacks.index(row["attack"]) + shift], **{**style, **face})
    for place in range(len(attacks)):
        axes.axhline(place + 0.5, color="0.9", lw=0.6, zorder=0.5)


STUDY = Study.of_script(
    __name__,
    "Which attack hides longest in which system?",
    keys=("key_until_noticed",),
    fixed=f"50 km; false alarms {ALPHA:g}, misses {BETA:g}",
    fits_column=False,
    size_in=(10.4, 6.4),
    about=lambda rows: {"alpha": ALPHA, "beta": BETA},
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
