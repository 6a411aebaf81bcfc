"""Random settings: every protocol, source, detector and attack of the catalogue."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from protocols.qkd import (
    BB84,
    BBM92,
    E91,
    MDI,
    BeamSplitting,
    Blinding,
    Combined,
    DecoyBB84,
    Detectors,
    EntanglingProbe,
    Eve,
    FakedStates,
    InterceptResend,
    Line,
    PhotonNumberSplitting,
    QkdProtocol,
    SinglePhotons,
    SixState,
    SpdcPairs,
    TeleportedBB84,
    TimeShift,
    UnambiguousDiscrimination,
    WeakPulses,
)
from protocols.qkd.pulses import PhotonSource
from qnet.states import fano_from_density_matrix, fano_from_weights, werner

__all__ = ["Setting", "draw_protocol", "draw_setting"]

Rng = np.random.Generator

#: Sifted bits of the largest block: a hypergeometric draw takes at most 10^9.
MOST_BITS = 3e8


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One run and how its key is made.

    Args:
        protocol: What is played, with source, line and Eve.
        rule: ``"distil"`` (a part of the sifted bits is tested), ``"block"`` (the finite key of a
            protocol: Z for the key, X for the test), ``"fixed"`` (the same, accept or abort).
        bits: Sifted bits to expect.
        test_fraction: For ``"distil"``.
        efficiency: Bits that error correction announces per Shannon bit.
        notion: Of the length of ``"distil"``: ``"composable"`` or ``"asymptotic"``.
    """

    protocol: QkdProtocol
    rule: str
    bits: float
    test_fraction: float
    efficiency: float
    notion: str = "composable"

    def __str__(self) -> str:
        return (
            f"{self.rule}, about {self.bits:.3g} sifted bits, {self.test_fraction:.3f} tested, "
            f"f {self.efficiency:.2f}, {self.notion}, {self.protocol}"
        )


def draw_setting(rng: Rng) -> Setting:
    """A setting; half of them are honest, with little noise and long blocks."""
    quiet = rng.random() < 0.5
    rule, make = _choose(rng, _PROTOCOLS)
    return Setting(
        protocol=make(rng, quiet),
        rule=rule,
        bits=_log_uniform(rng, 3e5 if quiet else 3e3, MOST_BITS),
        test_fraction=_log_uniform(rng, 0.02, 0.5),
        efficiency=rng.uniform(1.0, 1.2),
        notion="asymptotic" if rng.random() < 0.2 else "composable",
    )


def draw_protocol(rng: Rng) -> QkdProtocol:
    """A protocol, with decoys of the asymptotic model and E91 among them."""
    protocol = draw_setting(rng).protocol
    if isinstance(protocol, DecoyBB84) and rng.random() < 0.7:
        return replace(protocol, model="asymptotic")
    if isinstance(protocol, BBM92) and protocol.source is None and rng.random() < 0.2:
        lines = {"line": protocol.line, "line_alice": protocol.line_alice}
        return E91(eve=protocol.eve, pair=protocol.pair, **lines)
    return protocol


# What is drawn.


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))


def _choose(rng: Rng, choices: list) -> object:
    return choices[int(rng.integers(len(choices)))]


def _bias(rng: Rng) -> float:
    return float(_choose(rng, [0.5, 0.9, rng.uniform(0.1, 0.98)]))


def _pulse_protocol(kind: type) -> Callable[[Rng, bool], QkdProtocol]:
    def make(rng: Rng, quiet: bool) -> QkdProtocol:
        bias = {} if kind is SixState else {"key_basis_probability": _bias(rng)}
        eve = _no_one(rng) if quiet else _eve(rng)
        if any(action.steers_detectors for action in eve.actions()):
            return kind(eve=eve, line=_mismatched(rng), **bias)
        return kind(eve=eve, line=_line(rng, quiet), source=_source(rng, quiet), **bias)

    return make


def _decoy_block(rng: Rng, quiet: bool) -> DecoyBB84:
    signal, weak = rng.uniform(0.3, 0.7), rng.uniform(0.05, 0.2)
    model = str(_choose(rng, ["lim2014", "rusca2018"]))
    source = WeakPulses(intensities=(signal, weak, 1e-3), probabilities=(0.5, 0.3, 0.2))
    if model == "rusca2018":
        source = WeakPulses(intensities=(signal, weak), probabilities=(0.7, 0.3))
    bound = str(_choose(rng, ["hoeffding", "chernoff"])) if model == "lim2014" else "hoeffding"
    eve = _photon_eve(rng) if rng.random() < 0.5 else _no_one(rng) if quiet else _eve(rng)
    if rng.random() < 0.1:
        shares = {"fraction": rng.random(), "pass_probability": rng.uniform(0.1, 1.0)}
        eve = UnambiguousDiscrimination(**shares)
    steers = any(action.steers_detectors for action in eve.actions())
    return DecoyBB84(
        eve=eve,
        line=_mismatched(rng) if steers else _line(rng, quiet),
        source=source,
        model=model,
        bound=bound,
        key_basis_probability=float(_choose(rng, [0.5, 0.9])),
    )


def _decoys_to_distil(rng: Rng, quiet: bool) -> DecoyBB84:
    protocol = _decoy_block(rng, quiet)
    three = len(protocol.source.intensities) == 3
    return protocol if three else replace(protocol, eve=Eve(), model="asymptotic")


def _pairs(rng: Rng, quiet: bool) -> BBM92:
    return BBM92(
        eve=_no_one(rng) if quiet else _qubit_eve(rng),
        pair=_pair(rng, quiet),
        bases=str(_choose(rng, ["ZX", "ZXY"])),
        key_basis_probability=_bias(rng),
        line=_plain_line(rng, quiet),
        line_alice=_plain_line(rng, quiet),
    )


def _pair_block_protocol(rng: Rng, quiet: bool) -> QkdProtocol:
    eve = _no_one(rng) if quiet else _qubit_eve(rng)
    given = {"eve": eve, "pair": _pair(rng, quiet), "key_basis_probability": _bias(rng)}
    if rng.random() < 0.3:
        return TeleportedBB84(**given)
    return BBM92(line=_plain_line(rng, quiet), line_alice=_plain_line(rng, quiet), **given)


def _spdc(rng: Rng, quiet: bool) -> BBM92:
    return BBM92(
        source=SpdcPairs(mean_pair_number_half=_log_uniform(rng, 1e-3, 0.02 if quiet else 0.2)),
        key_basis_probability=_bias(rng),
        line=_plain_line(rng, quiet),
        line_alice=_plain_line(rng, quiet),
    )


def _relay(rng: Rng, quiet: bool) -> MDI:
    detectors = Detectors(
        efficiency=rng.uniform(0.1, 1.0),
        dark_count_probability=_log_uniform(rng, 1e-9, 1e-5 if quiet else 1e-3),
    )
    line = Line(
        transmission=_log_uniform(rng, 0.01, 1.0),
        misalignment=_misalignment(rng, quiet),
        detectors=detectors,
    )
    return MDI(
        eve=_no_one(rng) if quiet else _qubit_eve(rng),
        line=line,
        line_alice=replace(line, transmission=_log_uniform(rng, 0.01, 1.0)),
        key_basis_probability=_bias(rng),
    )


def _teleported(rng: Rng, quiet: bool) -> TeleportedBB84:
    return TeleportedBB84(
        eve=_no_one(rng) if quiet else _qubit_eve(rng),
        pair=_pair(rng, quiet),
        line=Line(misalignment=_misalignment(rng, quiet)),
        key_basis_probability=_bias(rng),
    )


#: A protocol is in the list as often as its variants are many.
_PROTOCOLS: list[tuple[str, Callable[[Rng, bool], QkdProtocol]]] = [
    *[("distil", _pulse_protocol(BB84))] * 5,
    *[("distil", _pulse_protocol(SixState))] * 2,
    *[("distil", _pairs)] * 4,
    ("distil", _decoys_to_distil),
    ("distil", _spdc),
    ("distil", _relay),
    ("distil", _teleported),
    *[("block", _decoy_block)] * 3,
    *[("fixed", _decoy_block)] * 2,
    *[("block", _pair_block_protocol)] * 2,
]


def _misalignment(rng: Rng, quiet: bool) -> float:
    return float(_choose(rng, [0.0, _log_uniform(rng, 1e-4, 0.01 if quiet else 0.1)]))


def _pair(rng: Rng, quiet: bool) -> np.ndarray | None:
    """Phi+, Werner, any Bell-diagonal, or one whose halves have relaxed (T1) to 0."""
    kind = int(rng.integers(4))
    noise = _log_uniform(rng, 1e-4, 0.03 if quiet else 0.2)
    if kind == 0:
        return None
    if kind == 1:
        return werner(1.0 - noise)
    if kind == 2:
        return fano_from_weights([1.0 - noise, *(rng.dirichlet(np.ones(3)) * noise)])
    phi = np.zeros(4)
    phi[[0, 3]] = math.sqrt(0.5)
    shares = rng.uniform(0.0, 2.0 * noise, 2)
    kraus = [[np.diag([1.0, math.sqrt(1.0 - g)]), math.sqrt(g) * np.eye(2, k=1)] for g in shares]
    vectors = [np.kron(a, b) @ phi for a in kraus[0] for b in kraus[1]]
    return fano_from_density_matrix(sum(np.outer(v, v) for v in vectors))


def _line(rng: Rng, quiet: bool) -> Line:
    """To Bob's detectors, of which a quarter are unequal, a few have afterpulses or a dead time."""
    efficiency = float(_choose(rng, [1.0, rng.uniform(0.05, 1.0)]))
    unequal = rng.random() < (0.1 if quiet else 0.25)
    detectors = Detectors(
        efficiency=efficiency,
        efficiency_1=efficiency * rng.uniform(0.0, 1.0) if unequal else None,
        dark_count_probability=float(
            _choose(rng, [0.0, _log_uniform(rng, 1e-8, 1e-6 if quiet else 1e-3)])
        ),
        afterpulse_probability=float(_choose(rng, [0.0, 0.0, 0.0, rng.uniform(0.0, 0.04)])),
        afterpulses=str(_choose(rng, ["same-setting", "any-round"])),
        dead_gates=int(_choose(rng, [0, 0, 0, int(rng.integers(1, 50))])),
        efficiency_mismatch=float(_choose(rng, [1.0, 1.0, rng.uniform(0.0, 1.0)])),
    )
    return Line(
        transmission=float(_choose(rng, [1.0, _log_uniform(rng, 1e-3, 1.0)])),
        misalignment=_misalignment(rng, quiet),
        detectors=detectors,
    )


def _mismatched(rng: Rng) -> Line:
    """A line whose detectors can be faked, of little noise of its own."""
    line = _line(rng, quiet=True)
    mismatch = _log_uniform(rng, 1e-3, 1.0)
    return replace(line, detectors=replace(line.detectors, efficiency_mismatch=mismatch))


def _plain_line(rng: Rng, quiet: bool) -> Line:
    """A line of a protocol on pairs, whose detectors know no afterpulses."""
    full = _line(rng, quiet)
    rest = {"afterpulse_probability": 0.0, "dead_gates": 0, "efficiency_mismatch": 1.0}
    return replace(full, detectors=replace(full.detectors, **rest))


def _source(rng: Rng, quiet: bool) -> PhotonSource | None:
    kind = int(rng.integers(4))
    if kind == 0:
        return None
    if kind < 3 or quiet:
        g2 = _log_uniform(rng, 1e-5, 0.01 if quiet else 0.2)
        return SinglePhotons(brightness=rng.uniform(0.05, 1.0), g2=g2)
    return WeakPulses(intensities=(_log_uniform(rng, 1e-3, 1.0),), probabilities=(1.0,))


def _no_one(rng: Rng) -> Eve:
    return Eve()


def _measuring_eve(rng: Rng) -> Eve:
    bases = _choose(rng, [("Z",), ("X",), ("Z", "X"), ("Z", "X", "Y"), (45.0,)])
    angle = (float(rng.uniform(0.0, 180.0)),)
    return InterceptResend(
        fraction=_log_uniform(rng, 1e-3, 1.0), bases=angle if rng.random() < 0.2 else bases
    )


def _qubit_eve(rng: Rng) -> Eve:
    kind = int(rng.integers(4))
    probe = EntanglingProbe(strength=_log_uniform(rng, 1e-4, 0.3))
    if kind == 0:
        return Eve()
    if kind == 1:
        return _measuring_eve(rng)
    if kind == 2:
        return probe
    return Combined(attacks=(_measuring_eve(rng), probe))


def _photon_eve(rng: Rng) -> Eve:
    kind = int(rng.integers(4))
    if kind == 0:
        return BeamSplitting()
    if kind == 1:
        passes = float(_choose(rng, [0.0, _log_uniform(rng, 1e-3, 1.0)]))
        return PhotonNumberSplitting(pass_single=passes, pass_multiple=rng.uniform(0.1, 1.0))
    if kind == 2:
        hidden = (rng.uniform(0.05, 0.6), _log_uniform(rng, 1e-3, 1.0), rng.uniform(0.1, 1.0))
        return PhotonNumberSplitting.hidden(*hidden)
    return Combined(attacks=(BeamSplitting(), _measuring_eve(rng)))


def _eve(rng: Rng) -> Eve:
    """Anyone of the catalogue: nobody, on the qubit, on the photon number, fakers, together."""
    kind = int(rng.integers(6))
    if kind < 3:
        return _qubit_eve(rng)
    if kind < 5:
        return _photon_eve(rng)
    share = float(_choose(rng, [1.0, rng.uniform(0.0, 1.0)]))
    steering = _choose(rng, [FakedStates, TimeShift, Blinding])(fraction=share)
    return steering if rng.random() < 0.7 else Combined(attacks=(_measuring_eve(rng), steering))
