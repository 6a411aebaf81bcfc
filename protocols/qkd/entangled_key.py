"""Key distribution on the pairs that a plan delivers, pair by pair.

Every delivered pair has a storage history of its own, and so a state of its own. The circuits of
the protocol are compiled once, with the pair as their input: the probability of each outcome is
linear in the pair's Fano matrix, so a million pairs are one matrix product. Bits, bases and times
of every pair are kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates import KeyRate, Security, tomamichel2012
from protocols.key_rates.finite_size import smallest_block
from protocols.qkd.alias_sampler import Alias
from protocols.qkd.bbm92 import BBM92
from protocols.qkd.outcome_table import OutcomeCounts, OutcomeTable, RegisteredRounds
from protocols.qkd.pairs import EntangledPairs
from protocols.qkd.protocol import SiftedKey
from protocols.qkd.result import QkdResult
from protocols.qkd.secrecy import Evidence, evidence_of, ruled_out
from protocols.qkd.teleported_bb84 import TeleportedBB84
from qnet.engines.forecast import check_feasible
from qnet.engines.sampled import Sampler, batch_size
from qnet.errors import ParameterError, check_integer, check_positive
from qnet.instrument import compile
from qnet.metrics.figures import Figure, Value
from qnet.metrics.security import ASSUMPTIONS, SecurityClaim
from qnet.noise import as_noise, to_native
from qnet.plans.base import Plan
from qnet.states.pauli import werner

__all__ = ["KeyInTime", "delivered_pairs", "finite_key", "key_in_time", "measure_pairs"]

Floats = NDArray[np.float64]

#: Protocols whose rounds take one delivered pair each.
PairProtocol = EntangledPairs | TeleportedBB84

#: Most pairs of one run: their bits are kept.
_MOST_PAIRS = 50_000_000

#: Deliveries of the pilot run that chooses the bias.
_PILOT = 2048


def delivered_pairs(plan: Plan, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw deliveries of a plan.

    Args:
        plan: What to play.
        count: How many pairs.
        rng: Source of randomness.

    Returns:
        The time in s that each took, shape (n,), and its Fano matrix, shape (n, 4, 4).

    Examples:
        >>> from qnet import Link
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> times, states = delivered_pairs(link, 5, np.random.default_rng(1))
        >>> times.shape, states.shape
        ((5,), (5, 4, 4))
    """
    return Sampler(plan).pairs(check_integer("count", count), rng)


def measure_pairs(
    protocol: PairProtocol, states: Floats, rng: np.random.Generator
) -> RegisteredRounds:
    """Measure each pair, or teleport over it: setting by chance, outcome from its own state.

    Args:
        protocol: What is measured; its own ``pair`` plays no part.
        states: Fano matrices, shape (n, 4, 4).
        rng: Source of randomness.

    Returns:
        One round per pair, in their order; the probabilities of the table are the observed relative
        frequencies.

    Raises:
        ParameterError: If the protocol loses photons: delivered pairs are there. If there is no
            pair.

    Examples:
        >>> states = np.broadcast_to(werner(1.0), (1000, 4, 4))
        >>> rounds = measure_pairs(BBM92(), states, np.random.default_rng(1))
        >>> protocol = BBM92()
        >>> protocol.estimate(rounds.counts()).qber.best
        0.0
    """
    if len(states) == 0:
        raise ParameterError("states", "hold at least one pair", 0, "let pairs come first")
    measurement = _Measurement(protocol)
    return measurement.rounds(measurement.classes(states, rng))


class _Measurement:
    """The settings of a protocol, each compiled to the probability of its outcomes."""

    def __init__(self, protocol: PairProtocol) -> None:
        # Teleportation refuses losses itself, and has no line to Alice.
        lines = [protocol.line]
        if isinstance(protocol, EntangledPairs):
            lines.append(protocol.line_alice)
        if not all(line.is_lossless for line in lines):
            hint = "describe losses in the plan that delivers the pairs"
            raise ParameterError("line", "be lossless", protocol.line.transmission, hint)
        settings = replace(protocol, pair=werner(1.0)).settings()
        self.choice = Alias([each.probability for each in settings])
        noise = as_noise(protocol.noise)
        self.weights: list[Floats] = []
        rows: list[dict[str, int]] = []
        for setting in settings:
            registers = {register.name: register for register in setting.circuit.qregs}
            qubits = [registers[name][0] for name in ("alice", "bob")]
            circuit = to_native(setting.circuit, noise)
            instrument = compile(circuit, noise, inputs=qubits, outputs=[])
            outcomes = list(instrument.outcomes())
            self.weights.append(np.array([instrument.matrix(each)[0] for each in outcomes]))
            for each in outcomes:
                rows.append({**setting.labels, **{name: int(b, 2) for name, b in each.items()}})
        names = dict.fromkeys(name for row in rows for name in row)
        self.columns = {
            name: np.array([row.get(name, 0) for row in rows], np.uint8) for name in names
        }
        self.size = len(rows)

    def classes(self, states: Floats, rng: np.random.Generator) -> NDArray[np.uint16]:
        """Class of each pair: a setting drawn for it, and an outcome drawn from its state."""
        chosen = self.choice.draw(len(states), rng)
        codes = np.zeros(len(states), dtype=np.uint16)
        first = 0
        for index, weights in enumerate(self.weights):
            place = np.flatnonzero(chosen == index)
            chances = np.maximum(states[place].reshape(-1, 16) @ weights.T, 0.0)
            cumulative = np.cumsum(chances, axis=1)
            # The last entry is one up to rounding: compare with its own value.
            u = rng.random(len(place)) * cumulative[:, -1]
            codes[place] = first + (u[:, None] >= cumulative[:, :-1]).sum(axis=1)
            first += len(weights)
        return codes

    def rounds(self, codes: NDArray[np.uint16]) -> RegisteredRounds:
        """The rounds, with the observed frequencies as probabilities."""
        frequencies = np.bincount(codes, minlength=self.size) / len(codes)
        none = np.zeros(self.size, dtype=np.int64)
        table = OutcomeTable(columns=self.columns, probabilities=frequencies)
        return RegisteredRounds(
            table=table, total=len(codes), classes=codes, number=None, lost=none
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyInTime:
    """What a chain gave in some time.

    Args:
        duration_s: The time.
        delivered_s: When each pair came, ascending.
        rounds: What was measured on each; ``None`` if no pair came.
        result: Figures of merit of the rounds, asymptotic; ``None`` if no pair came.
        key: Length of the finite key: ``secret_bits``, and why there is none.
    """

    duration_s: float
    delivered_s: Floats
    rounds: RegisteredRounds | None
    result: QkdResult | None
    key: KeyRate

    @property
    def security(self) -> SecurityClaim:
        """What the finite key claims."""
        return self.key.security

    @property
    def reason(self) -> str:
        """Why there is no finite key; empty where there is one."""
        return self.key.reason

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the bits and of the key."""
        return (*(() if self.result is None else self.result.notes), *self.key.notes)

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """Figures of merit of the rounds, then those of the finite key."""
        rounds = {} if self.result is None else self.result.table(place)
        return {**rounds, **self.key.table(place)}


def key_in_time(
    plan: Plan,
    duration_s: float,
    *,
    seed: int,
    key_basis_probability: float | None = None,
    security: Security | None = None,
) -> KeyInTime:
    """Secret bits that a chain gives within a time, BBM92 with a finite key.

    Pairs come one after the other, and each is measured at once. The length is that of
    `finite_key`: it follows what was observed.

    Args:
        plan: The chain.
        duration_s: The time, such as 3600.
        seed: Seed of the run.
        key_basis_probability: How often each party chooses Z; ``None`` takes what is best for the
            pairs that a short pilot run leads to expect.
        security: Epsilons and the cost of error correction.

    Returns:
        Times, bits and key.

    Raises:
        ParameterError: If a number is out of its range, or more pairs than fit into memory come.
        InfeasiblePlanError: If no pair would come in a reasonable time.

    Examples:
        >>> from qnet import Link
        >>> link = Link(success_probability=0.1, attempt_time_s=1e-3, state=werner(0.98))
        >>> key_in_time(link, 3600.0, seed=1).key.value > 100_000
        True
    """
    duration = check_positive("duration_s", duration_s)
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    rules = security or Security()
    check_feasible(plan, 1)
    if key_basis_probability is None:
        key_basis_probability = _best_bias(plan, duration, rng, rules)
    protocol = BBM92(key_basis_probability=key_basis_probability)
    measurement = _Measurement(protocol)
    times, codes = _until(plan, duration, measurement, rng)
    if not len(times):
        reason = f"no key: no pair came within {duration:g} s"
        nothing = KeyRate(name="secret_bits", unclipped=0.0, reason=reason)
        return KeyInTime(
            duration_s=duration, delivered_s=times, rounds=None, result=None, key=nothing
        )
    rounds = measurement.rounds(codes)
    return KeyInTime(
        duration_s=duration,
        delivered_s=times,
        rounds=rounds,
        result=protocol.estimate(rounds.counts(), seed=seed),
        key=finite_key(protocol, rounds.counts(), rules),
    )


def _until(
    plan: Plan, duration: float, measurement: _Measurement, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.uint16]]:
    """Deliveries one after the other until the time is up: when each came, and its class."""
    sampler, size = Sampler(plan), batch_size(plan)
    now, ends, classes = 0.0, [np.zeros(0)], [np.zeros(0, dtype=np.uint16)]
    while now <= duration:
        times, states = sampler.pairs(size, rng)
        ends.append(now + np.cumsum(times))
        classes.append(measurement.classes(states, rng))
        now = float(ends[-1][-1])
        if size * (len(ends) - 1) > _MOST_PAIRS:
            hint = "ask for a shorter time"
            rule = f"bring at most {_MOST_PAIRS} pairs"
            raise ParameterError("duration_s", rule, duration, hint)
    end, code = np.concatenate(ends), np.concatenate(classes)
    inside = int(np.searchsorted(end, duration, side="right"))
    return end[:inside], code[:inside]


def finite_key(
    protocol: BBM92 | TeleportedBB84, counts: OutcomeCounts, security: Security | None = None
) -> KeyRate:
    """Length of the finite key of rounds that were played: Z for the key, X for the test.

    ``n [1 - h(e_X + m)] - f n h(e_Z) - ...`` with the terms of Tomamichel et al. 2012 and the
    observed rates: a key of variable length, see `protocols.key_rates.claims`. In a basis that errs
    more often than not one party flips its bits. Clicks of the better of unequal detectors are
    dropped until both are as good as the worse one (see `protocols.qkd.secrecy`): the length is
    that of as many bits as are expected to be left, the wrong ones rounded up, the others down.

    Args:
        protocol: What was played.
        counts: Its rounds, ``rounds.counts()``.
        security: Epsilons and the cost of error correction.

    Returns:
        ``secret_bits``, with the reason where there is none: that of errors, of too few bits, or of
        the devices.

    Examples:
        >>> protocol = BBM92(pair=werner(0.98))
        >>> counts = protocol.table().count(100_000, np.random.default_rng(1))
        >>> key = finite_key(protocol, counts)
        >>> print(key.value > 10_000, key.security, sep=", ")
        True, composable, epsilon 1e-10
    """
    rules, evidence = security or Security(), evidence_of(protocol, counts)
    if reason := ruled_out(evidence) or _several_photons(evidence):
        return KeyRate(name="secret_bits", unclipped=0.0, reason=reason)
    bits, wrong = _bits_left(evidence, protocol.sift(counts.table.columns))
    if min(bits) == 0:
        reason = "no key: a basis has no sifted bit; wait longer"
        return KeyRate(name="secret_bits", unclipped=0.0, reason=reason)
    e_z, e_x = (w / n for w, n in zip(wrong, bits, strict=True))

    def length(scale: float) -> KeyRate:
        return _length(scale * bits[0], scale * bits[1], e_z, e_x, rules)

    rate = length(1.0)
    if evidence.is_thinned:
        rate = replace(rate, security=_thinned_claim(rate.security))
    if rate.unclipped > 0.0:
        return replace(rate, unclipped=float(math.floor(rate.unclipped)))
    needed = smallest_block(lambda n: length(n / bits[0]).unclipped, float(bits[0]))
    reason = f"no key: error rates of {100 * e_z:.3g} % in Z and {100 * e_x:.3g} % in X leave none"
    if needed is not None:
        reason = f"no key: {bits[0]} key bits and {bits[1]} test bits are too few, it takes "
        reason += f"{needed / bits[0]:.2g} times as many"
    return replace(rate, reason=reason)


def _several_photons(evidence: Evidence) -> str:
    """Why unequal detectors that several photons reach leave no finite key; empty if none do."""
    if evidence.is_thinned and evidence.tagged > 0.0:
        reason = "no key: no finite key is known for detectors of unequal efficiency that several "
        return reason + "photons reach now and then"
    return ""


def _bits_left(evidence: Evidence, sifted: SiftedKey) -> tuple[list[int], list[int]]:
    """Sifted bits in Z and X that thinning leaves, all and wrong ones, before anybody flips any."""
    bits, wrong = [], []
    for basis in (0, 1):
        here = sifted.kept & (sifted.basis == basis)
        errors = math.ceil(evidence.left(here & sifted.wrong))
        bits.append(errors + math.floor(evidence.left(here & ~sifted.wrong)))
        wrong.append(errors)
    return bits, wrong


def _thinned_claim(claim: SecurityClaim) -> SecurityClaim:
    """A claim on equal detectors, as one on unequal ones whose ratio is known."""
    known = tuple(ASSUMPTIONS[name] for name in ("known-detectors", "one-photon-arrives"))
    equal = ASSUMPTIONS["equal-detectors"]
    assumes = tuple(each for each in claim.assumes if each != equal)
    return replace(claim, assumes=assumes + known) if claim.assumes else claim


def _length(n: float, k: float, e_z: float, e_x: float, rules: Security) -> KeyRate:
    """Tomamichel et al. 2012, with errors corrected at the rate of the key basis."""
    rate = tomamichel2012(
        key_bits=n, test_bits=k, qber=e_x, key_qber=e_z, security=rules, form="variable"
    )
    figures = {**rate.figures, "qber_z": e_z, "qber_x": e_x, "key_bits": n, "test_bits": k}
    return replace(rate, figures=figures)


def _best_bias(plan: Plan, duration: float, rng: np.random.Generator, rules: Security) -> float:
    """The share of Z that gives the longest key of as many pairs as are expected."""
    times, states = delivered_pairs(plan, _PILOT, rng)
    pairs = duration / float(times.mean())
    mean = states[:, (1, 3), (1, 3)].mean(axis=0)
    e_x, e_z = (float(rate) for rate in np.clip((1.0 - mean) / 2.0, 0.0, 1.0))

    def length(bias: float) -> float:
        n, k = pairs * bias**2, pairs * (1.0 - bias) ** 2
        if min(n, k) < 1.0:
            return -math.inf
        return _length(n, k, e_z, e_x, rules).unclipped

    return float(max(np.linspace(0.5, 0.99, 50), key=length))
