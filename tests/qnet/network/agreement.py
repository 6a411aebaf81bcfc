"""Agreement of exact and sampled networks: runs of many replicas, and figures side by side."""

from __future__ import annotations

from qnet.metrics.intervals import t_quantile
from qnet.network import RunTimes, play_network

#: Replicas: so many that the tails of Student's t are nearly those of a normal law.
REPLICAS = 40


def run(duration_s):
    """So much measured time in all."""
    each = duration_s / REPLICAS
    return RunTimes(duration_s=each, warm_up_s=each / 10.0, replicas=REPLICAS)


FIGURES = (
    "sessions_hz",
    "served_hz",
    "refused_fraction",
    "waiting_time_s",
    "service_time_s",
    "pair_rate_hz",
    "fidelity",
    "qber_x",
    "qber_z",
)


def disagreements(exact, sampled):
    """Figures that differ by more than five standard errors, and how many were compared."""
    found = [
        (f"demand {k} {name}", one[name], other[name])
        for k, (one, other) in enumerate(zip(exact.demands, sampled.demands, strict=True))
        for name in FIGURES
    ]
    names = ("use", "pair_rate_hz", "stored")
    found += [
        (f"edge {k} {name}", getattr(one, name), getattr(other, name))
        for k, (one, other) in enumerate(zip(exact.edges, sampled.edges, strict=True))
        for name in names
    ]
    wrong, seen = [], 0
    for name, one, other in found:
        if one is not None and other is not None:
            seen += 1
            error = (other.high - other.low) / 2.0 / t_quantile(REPLICAS, 0.05)
            if abs(one.best - other.best) > 5.0 * error + 1e-9:
                wrong.append((name, one, other))
    return wrong, seen


def check_agreement(described):
    """Play a case on both engines; at least seven figures are compared."""
    exact = play_network(described, engine="exact")
    wrong, seen = disagreements(exact, play_network(described))
    assert wrong == []
    assert seen >= 7
