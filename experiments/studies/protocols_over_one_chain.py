"""Key-distribution protocols over one repeater chain: BB84, BBM92, six-state and E91.

Question: how much key do BB84, BBM92, six-state and E91 draw from the pairs of one chain?

Answer: over 500 km BBM92 draws most, 44 bit/s with 90 % in Z if there is time for a long block and
26 with even bases; six-state gives 17, E91 5. The 104 pairs a second of eight segments are worth
25.6 bit/s by BBM92, 25.2 by BB84 teleported over them (one Bell measurement more adds 0.07 % to a
QBER of 4.2 %), 16.9 by six-state and 4.8 by E91, whose Bell test (CHSH 2.59) takes most pairs and
asks nothing of the devices and whose key ends after 600 km, the others' after 800 or later. BBM92
with 90 % in Z gives 43.6. Keys need their time: even bases give one from 100 s on (200 bits), a
bias of 90 % only from 1000 s on, but twice as much as even bases in an hour.

How: the target parameters (``qnet presets blueprint``), nested, cut-offs as in the demonstration;
users measure at once, with the gates and the readout of the nodes. Endless: the mean state from the
exact engine goes through the circuits of each protocol, with the sifting of the papers (1/2, 1/2,
1/3, 2/9) or of the bias, key from all sifted bits, error correction at 1.16 times the Shannon
limit. Runs: sampled engine, every pair measured in its own state, QBER and CHSH with 95 %
intervals. Finite keys of BBM92 and BB84: M. Tomamichel et al., Nat. Commun. 3, 634 (2012), at
1e-10, key from Z and test in X. For six-state (three error rates) and E91 (device-independent: A.
Acin et al., Phys. Rev. Lett. 98, 230501 (2007)) no such proof is at hand here: theirs is the lower
end of the 95 % interval of the asymptotic length, in open markers. BB84: C. H. Bennett, G.
Brassard, Theor. Comput. Sci. 560, 7 (2014, of 1984); teleportation: C. H. Bennett et al., Phys.
Rev. Lett. 70, 1895 (1993); BBM92: C. H. Bennett, G. Brassard, N. D. Mermin, Phys. Rev. Lett. 68,
557 (1992); E91: A. K. Ekert, Phys. Rev. Lett. 67, 661 (1991); six-state: D. Bruss, Phys. Rev. Lett.
81, 3018 (1998).

Run: ``qnet study protocols-over-one-chain [--quick] [--out DIR]``, a quarter of a minute on one
core.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, column, grouped, line, positive, where
from experiments.studies.study import Study, StudyPoint
from protocols.key_rates import Security
from protocols.qkd import BBM92, E91, OutcomeCounts, QkdResult, TeleportedBB84
from protocols.qkd.entangled_key import delivered_pairs, finite_key, measure_pairs
from protocols.repeaters.chain import Chain
from protocols.repeaters.platforms import Platform
from qnet.engines.exact import ExactResult, play_exact
from qnet.figures import bound, points as marks, theory
from qnet.figures.style import COLOURS, LINES
from qnet.hardware import Memory
from qnet.metrics.security import SecurityClaim
from qnet.noise import from_gates
from qnet.plans import Cutoff, Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "chain", "protocol"]

HARDWARE = Platform(name="blueprint")
SEGMENTS = 8

#: The chain of which keys over time are shown.
LENGTH_KM = 500.0

#: How long every chain runs in the panels over distance, in s.
RUN_S = 300.0

SECURITY = Security(
    epsilon_secrecy=1e-10, epsilon_correctness=1e-15, error_correction_efficiency=1.16
)

#: Share of Z where bases are chosen with a bias.
BIAS = 0.9

#: Protocols, with what to call them.
PROTOCOLS: Mapping[str, str] = {
    "bbm92-biased": f"BBM92, {100 * BIAS:g} % in Z",
    "bbm92": "BBM92",
    "teleported-bb84": "BB84, teleported",
    "six-state": "six-state on pairs",
    "e91": "E91",
}

#: Those with a security proof of finite keys here; of the others the lower end of 95 % is taken.
COMPOSABLE = ("bbm92-biased", "bbm92", "teleported-bb84")

#: Rounds of which every class gets its expected number.
_ENDLESS = 10**12


def chain(length_km: float) -> Plan:
    """The chain: nested, the inner nodes store, the users measure at once.

    Examples:
        >>> from qnet import Memory
        >>> chain(400.0).ends == (Memory(), Memory())
        True
    """
    link = HARDWARE.link(length_km / SEGMENTS, SEGMENTS)
    first, last = replace(link, left=Memory()), replace(link, right=Memory())
    return Chain(
        links=(first, *(link,) * (SEGMENTS - 2), last),
        swap=HARDWARE.station,
        cutoff=Cutoff(kind="difference", time_s=HARDWARE.cutoff_s(SEGMENTS)),
        classical_latency=True,
    ).plan()


def protocol(name: str, pair: np.ndarray | None = None) -> BBM92 | TeleportedBB84 | E91:
    """One of ``PROTOCOLS`` on pairs of a state; users have the gates and the readout of the nodes.

    Examples:
        >>> protocol("e91").name
        'e91'
    """
    common: dict[str, Any] = {
        "pair": pair,
        "noise": from_gates(HARDWARE.preset.node.gates),
        "error_correction_efficiency": SECURITY.error_correction_efficiency,
    }
    if name == "teleported-bb84":
        return TeleportedBB84(**common)
    if name == "e91":
        return E91(**common)
    if name == "six-state":
        return BBM92(bases="ZXY", **common)
    return BBM92(key_basis_probability=BIAS if name == "bbm92-biased" else None, **common)


def points(quick: bool) -> list[StudyPoint]:
    """Runs of one time over all lengths, and of all times over one length."""
    lengths = (200.0, 500.0) if quick else [100.0 * k for k in range(1, 9)]
    times = (
        (10.0, 30.0) if quick else (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3600.0, 10_000.0)
    )
    runs = [(length, times[-1] if quick else RUN_S) for length in lengths]
    runs += [(LENGTH_KM, time) for time in times]
    return [
        {"protocol": name, "length_km": length, "time_s": time}
        for name in PROTOCOLS
        for length, time in dict.fromkeys(runs)
    ]


def work(point: StudyPoint, seed: int) -> dict[str, Any]:
    """The endless run from the exact engine, and one run of the time, drawn pair by pair."""
    name, time = point["protocol"], point["time_s"]
    exact = _exact(point["length_km"])
    endless = _endless(name, exact)
    per_pair = endless.secret_key_rate_per_pulse
    row: dict[str, Any] = {
        "endless_bits_per_s": per_pair.best * exact.rate_hz.best if per_pair else 0.0,
        "endless_qber": endless.qber.best if endless.qber else None,
        "endless_chsh": endless.chsh.best if endless.chsh else None,
        "pairs": 0,
        "qber": None,
        "chsh": None,
        "key_bits": 0.0,
        "reason": f"no key: no pair came within {time:g} s",
        "endless_security_notion": endless.security.notion,
    }
    rng = np.random.default_rng(seed)
    states = _states_within(time, exact, rng)
    if not len(states):
        return row
    played = protocol(name)
    counts = measure_pairs(played, states, rng).counts()
    found = played.estimate(counts)
    if name in COMPOSABLE and not isinstance(played, E91):
        key = finite_key(played, counts, SECURITY)
        bits, reason, claim = key.value, key.reason, key.security
    else:
        claim = found.security
        bits = math.floor(found.secret_bits.low) if found.secret_bits else 0
        reason = "" if bits else found.reason or "no key: at the lower end of the interval"
    return row | {
        "pairs": len(states),
        "qber": found.qber,
        "chsh": found.chsh,
        "key_bits": float(bits),
        "reason": reason,
        "security": (SecurityClaim.none(reason) if reason else claim).as_dict(),
    }


@lru_cache(maxsize=16)
def _exact(length_km: float) -> ExactResult:
    return play_exact(chain(length_km))


def _endless(name: str, exact: ExactResult) -> QkdResult:
    """Figures of merit when every class of rounds comes as often as it should."""
    played = protocol(name, exact.mean_fano)
    table = played.table()
    counts = np.rint(_ENDLESS * table.probabilities).astype(np.int64)
    return played.estimate(OutcomeCounts(table=table, counts=counts, total=int(counts.sum())))


def _states_within(time_s: float, exact: ExactResult, rng: np.random.Generator) -> np.ndarray:
    """States of the pairs that come one after the other within a time, drawn."""
    expected = time_s * exact.rate_hz.best
    # So many take longer but in one of 1e20 runs.
    count = math.ceil(expected + 10.0 * math.sqrt(expected)) + 20
    times, states = delivered_pairs(exact.plan, count, rng)
    return states[: int(np.searchsorted(np.cumsum(times), time_s, side="right"))]


def answer(rows: Sequence[StudyRow]) -> str:
    """Long run, error rates and finite keys of all protocols over the one length."""
    own = where(rows, length_km=LENGTH_KM)
    longest = max(column(own, "time_s"))
    told = []
    for name, runs in grouped(own, "protocol").items():
        lit = positive(where(rows, protocol=name), "endless_bits_per_s")
        (last,) = where(runs, time_s=longest)
        keyed = column(positive(runs, "key_bits"), "time_s")
        text = f"{PROTOCOLS[name]} {last['endless_bits_per_s']:.3g} bit/s endlessly"
        text += f" (QBER {100 * last['endless_qber']:.2f} %"
        text += f", CHSH {last['endless_chsh']:.3f})" if last["endless_chsh"] else ")"
        text += f", {last['key_bits']:.0f} bits of {last['pairs']} pairs in {longest:g} s"
        text += f", a key from {min(keyed):g} s on" if keyed else ""
        reach = max(column(lit, "length_km"), default=0.0)
        told.append(f"{text}, endlessly up to {reach:g} km")
    return f"Over {LENGTH_KM:g} km: " + "; ".join(told) + "."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rates and error rates over distance, keys over time, CHSH over distance."""
    (rates, keys), (errors, chsh) = figure.subplots(2, 2)
    run_s = max(row["time_s"] for row in rows if row["length_km"] != LENGTH_KM)
    for k, (name, own) in enumerate(grouped(rows, "protocol").items()):
        here = sorted(where(own, time_s=run_s), key=lambda row: row["length_km"])
        places, colour = column(here, "length_km"), {"color": COLOURS[k]}
        endless = [row["endless_bits_per_s"] or math.nan for row in here]
        marked = {**colour, "marker": _MARKERS[k], "ms": 4.0}
        rates.plot(places, endless, ls=LINES[k], label=PROTOCOLS[name], **marked)
        percent = [100.0 * row["endless_qber"] for row in here]
        errors.plot(places, percent, marker="", ls=LINES[k], **colour)
        if name in ("bbm92", "e91"):
            drawn = [row["qber"] * 100.0 for row in here]
            marks(errors, places, drawn, fmt=_MARKERS[k], ms=4.0, **colour)
        _draw_keys(keys, sorted(own, key=lambda row: row["time_s"]), k)
        if name == "e91":
            line(chsh, here, "length_km", "endless_chsh", theory, label="exact")
            look = {"fmt": "v", "color": COLOURS[0], "label": f"runs of {run_s:g} s, 95 %"}
            line(chsh, here, "length_km", "chsh", marks, **look)
            bound(chsh, [min(places), max(places)], [2.0, 2.0], label="local realism, at most")
    rates.set(yscale="log", xlabel="distance (km)", ylabel="asymptotic secret-key rate (bit/s)")
    errors.set(xlabel="distance (km)", ylabel="QBER (%)", ylim=(0.0, None))
    keys.set(xscale="log", yscale="log", xlabel="time (s)")
    keys.set_ylabel(f"key over {LENGTH_KM:g} km (bit)")
    note = "lines: endless keys\nopen: lower end of 95 %,\nno proof for finite keys"
    keys.text(0.98, 0.02, note, transform=keys.transAxes, ha="right", fontsize="small")
    chsh.set(xlabel="distance (km)", ylabel="CHSH value of E91")
    rates.set_title("(a) endless keys")
    keys.set_title("(b) keys within a time")
    errors.set_title(f"(c) lines exact, points runs of {run_s:g} s, 95 %")
    chsh.set_title("(d) Bell test of E91")
    rates.legend(fontsize="small")
    chsh.legend(fontsize="small")


_MARKERS = "osD^v"


def _draw_keys(ax: Axes, rows: Sequence[StudyRow], k: int) -> None:
    """Keys within a time as markers, endless ones as lines."""
    own = where(rows, length_km=LENGTH_KM)
    times = np.array(column(own, "time_s"))
    look: dict[str, Any] = {"color": COLOURS[k], "marker": "", "ls": LINES[k], "lw": 0.8}
    ax.plot(times, times * own[0]["endless_bits_per_s"], **look)
    face = COLOURS[k] if own[0]["protocol"] in COMPOSABLE else "1.0"
    look = {"color": COLOURS[k], "markerfacecolor": face, "marker": _MARKERS[k], "ls": ""}
    line(ax, positive(own, "key_bits"), "time_s", "key_bits", **look)


STUDY = Study.of_script(
    __name__,
    "How much key do BB84, BBM92, six-state and E91 draw from the pairs of one chain?",
    keys=("key_bits",),
    fixed=f"target parameters, {SEGMENTS} segments, nested; error correction at 1.16",
    size_in=(9.0, 7.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
