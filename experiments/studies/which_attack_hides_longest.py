"""Time that attacks stay hidden in systems of key distribution, from a suite of checks.

Question: which attack hides longest in which system, and how much key is made until it is found?

Answer: flawed states hide longest: 5 * 10^8 pulses on weak ones, where splitting by photon number
is never found; beam splitting never is, and is in the proof. On one pulse in a hundred most attacks
take a thousand to ten thousand times as many. The plain error rate never finds blinding, after-gate
light, laser seeding, a Trojan horse or bits that lean; the other checks do, most of them within a
second of a clock of 1 GHz.

How: one line of 10 dB with detectors of 20 % efficiency, four sources and protocols, and every
attack on photons that they allow, as a whole and on a hundredth of the pulses. All checks of
``qnet certify`` share one false alarm in a thousand runs; an attack counts as found from that
number of pulses on at which one of them alarms with 99 %, by exact binomial powers (C. J. Clopper,
E. S. Pearson, Biometrika 26, 404 (1934), doi:10.1093/biomet/26.4.404). The attacks are those of
`protocols.certification.attacks`, seven sub-layers those of S. Sajeed et al., Sci. Rep. 11, 5110
(2021), doi:10.1038/s41598-021-84139-3.

Run: ``qnet study which-attack-hides-longest [--quick] [--out DIR]``, half a minute on one core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from experiments.studies.rows import StudyRow, grouped, known, where
from experiments.studies.study import Study, StudyPoint
from protocols.certification.attacks import ATTACKS
from protocols.certification.cv_checks import CV_CHECKS
from protocols.certification.described import described
from protocols.certification.hiding import HiddenFor, hidden_for
from protocols.certification.suite import Suite
from protocols.qkd import BB84, DecoyBB84, QkdProtocol, SixState
from qnet.errors import ParameterError
from qnet.figures.style import COLOURS
from qnet.hardware import Detectors, Line, WeakPulses
from qnet.metrics.security import SecurityClaim

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["STUDY", "SYSTEMS"]

_DETECTORS = Detectors(efficiency=0.2, dark_count_probability=1e-6, efficiency_mismatch=0.5)
_LINE = Line(transmission=0.1, misalignment=0.01, detectors=_DETECTORS)

#: Systems by name.
SYSTEMS: Mapping[str, QkdProtocol] = MappingProxyType(
    {
        "decoy pulses": DecoyBB84(
            source=WeakPulses(intensities=(0.5, 0.1, 1e-3), probabilities=(0.8, 0.15, 0.05)),
            line=_LINE,
        ),
        "weak pulses": BB84(source=WeakPulses(intensities=(0.005,)), line=_LINE),
        "single photons": BB84(line=_LINE),
        "six states": SixState(line=_LINE),
    }
)

#: Shares of the pulses that are attacked.
SHARES = (1.0, 0.01)

_FALSE_ALARM, _MISS = 1e-3, 1e-2

#: Checks of the plain error rate.
_PLAIN = ("qber-z", "qber-x", "qber-y")

#: Why an attack is no attack on a system, and what is found then.
_UNFIT, _NEVER = "it does not go with this system", HiddenFor(pulses=None, check="")

#: Pulses of the run from which the rate of key is taken.
_PULSES = 10**10


def points(quick: bool) -> list[StudyPoint]:
    """Every attack on photons, on every system, as a whole and on a hundredth."""
    names = [name for name, model in ATTACKS.items() if model.statistic not in CV_CHECKS]
    if quick:
        names = ["intercept-resend", "photon-number-splitting", "blinding", "beam-splitting"]
    systems = list(SYSTEMS)[:2] if quick else list(SYSTEMS)
    return [
        {"system": system, "attack": name, "share": share}
        for system in systems
        for name in names
        for share in SHARES
    ]


@cache
def _suite(system: str) -> Suite:
    return Suite(device=described(SYSTEMS[system]), false_alarm=_FALSE_ALARM)


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Pulses until a check finds it, and until the plain error rate does; key made by then."""
    suite, model = _suite(point["system"]), ATTACKS[point["attack"]]
    strength = model.least + point["share"] * (model.default - model.least)
    whole, plain, reason = _NEVER, _NEVER, ""
    try:
        whole = hidden_for(suite, model.name, strength, miss=_MISS)
        plain = hidden_for(suite, model.name, strength, miss=_MISS, among=_PLAIN)
    except ParameterError as error:
        reason = f"{_UNFIT}: {error.hint}"
    if not reason and whole.pulses is None:
        reason = model.reason or "no check finds it"
    result = SYSTEMS[point["system"]].run(_PULSES, seed=seed)
    rate, claim = result.secret_key_rate_per_pulse, result.security
    bits = None if whole.pulses is None or rate is None else rate.best * whole.pulses
    if not bits:
        claim = SecurityClaim.none(reason or result.reason)
    return {
        "strength": strength,
        "pulses": whole.pulses,
        "check": whole.check,
        "pulses_of_plain_qber": plain.pulses,
        "bits_until_found": bits,
        "reason": reason,
        "security": claim.as_dict(),
    }


def answer(rows: Sequence[StudyRow]) -> str:
    """Which attack is found last, where, and which are never found."""
    seen = known(rows, "pulses")
    last = max(where(seen, share=1.0), key=lambda row: row["pulses"])
    longest = max(seen, key=lambda row: row["pulses"])
    never = {
        (row["attack"], row["system"])
        for row in rows
        if row["pulses"] is None and not row["reason"].startswith(_UNFIT)
    }
    blind = {row["attack"] for row in where(seen, share=1.0) if row["pulses_of_plain_qber"] is None}
    text = (
        f"Of whole attacks {last['attack']} on {last['system']} hides longest, "
        f"{last['pulses']:.2g} pulses; of attacks on one pulse in a hundred {longest['attack']} on "
        f"{longest['system']}, {longest['pulses']:.2g} pulses"
    )
    if never:
        told = ", ".join(f"{attack} on {system}" for attack, system in sorted(never))
        text += f"; never found: {told}"
    if blind:
        text += f"; the plain error rate never finds {', '.join(sorted(blind))}"
    return f"{text}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Pulses until each attack is found, a panel for each system."""
    parts = grouped(rows, "system")
    names = list(dict.fromkeys(row["attack"] for row in rows))[::-1]
    panels = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    for axes, (system, here) in zip(panels, parts.items(), strict=True):
        for share, marker, colour in zip(SHARES, "os", (COLOURS[0], COLOURS[2]), strict=True):
            shown = known(where(here, share=share), "pulses")
            axes.plot(
                [row["pulses"] for row in shown],
                [names.index(row["attack"]) for row in shown],
                marker=marker,
                linestyle="",
                color=colour,
                label="all pulses" if share == 1.0 else "one in a hundred",
            )
        silent = [
            names.index(row["attack"])
            for row in where(here, share=1.0)
            if row["pulses"] is None and not row["reason"].startswith(_UNFIT)
        ]
        axes.plot([1e15] * len(silent), silent, marker="x", linestyle="", color="0.4")
        axes.set(xscale="log", xlim=(0.3, 4e15), title=system, xlabel="pulses until found")
        axes.set_yticks(range(len(names)), names)
        axes.plot([], [], marker="x", linestyle="", color="0.4", label="never")
    panels[-1].legend(loc="upper right", fontsize="small")


STUDY = Study.of_script(
    __name__,
    "Which attack hides longest in which system, and how much key is made until it is found?",
    keys=("bits_until_found",),
    size_in=(11.0, 4.4),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
