"""Controls of the page of BB84 with an eavesdropper, and the scenario that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

from experiments.explore.queries import AllowedRange, QuerySettings
from protocols.qkd.scenario import PhotonScenario
from qnet.errors import ParameterError
from qnet.schema import read_kind

__all__ = ["ATTACKS", "EFFICIENCY", "RECEIVERS", "SOURCES", "SpyControls", "spy_choices"]

#: Bits that error correction discloses over the Shannon limit.
EFFICIENCY = 1.16

#: Failure probabilities of a finite key: of its secrecy, and that both keys differ unnoticed.
_EPSILON_SECRECY, _EPSILON_CORRECTNESS = 1e-10, 1e-15

#: Sources by name, and what each is for people.
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "single": "one photon in each signal",
        "laser": "weak laser pulses, one intensity",
        "decoys": "weak laser pulses with two decoy intensities",
    }
)

#: Receivers by name: keys of [detector], and what each is for people.
RECEIVERS: Mapping[str, tuple[Mapping[str, float], str]] = MappingProxyType(
    {
        "perfect": ({}, "perfect detectors"),
        "real": (
            {"efficiency": 0.2, "dark_count_probability": 1e-6},
            "detectors of 20 % efficiency, a dark count in a million gates",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attack:
    """An attack of the page: its name for people, its table [eve], and what shows it."""

    title: str
    share_of: str
    table: Callable[[float], dict[str, Any]]
    statistic: str = "qber"
    splits: bool = False


def _fraction(attack: str, **more: Any) -> Callable[[float], dict[str, Any]]:  # noqa: ANN401
    return lambda share: {"attack": attack, "fraction": share, **more}


#: Attacks by name. A share of 1 is all that she can do.
ATTACKS: Mapping[str, _Attack] = MappingProxyType(
    {
        "intercept-resend": _Attack(
            title="intercept and resend, in Z or X",
            share_of="of the signals are measured and sent anew",
            table=_fraction("intercept-resend", bases=["Z", "X"]),
        ),
        "breidbart": _Attack(
            title="intercept and resend, between Z and X",
            share_of="of the signals are measured and sent anew",
            table=_fraction("intercept-resend", bases=[45.0]),
        ),
        "always-z": _Attack(
            title="intercept and resend, always in Z",
            share_of="of the signals are measured and sent anew",
            table=_fraction("intercept-resend", bases=["Z"]),
        ),
        "entangling-probe": _Attack(
            title="a probe qubit that is entangled with each signal",
            share_of="of the strength at which the probe knows every bit",
            table=lambda share: {"attack": "entangling-probe", "strength": share / 3.0},
        ),
        "beam-splitting": _Attack(
            title="beam splitter in place of the lossy fibre",
            share_of="of the pulses are tapped",
            table=_fraction("beam-splitting"),
            statistic="none",
            splits=True,
        ),
        "photon-number-splitting": _Attack(
            title="photon-number splitting, hidden in the loss",
            share_of="of the pulses are counted and split",
            table=_fraction("photon-number-splitting"),
            statistic="decoy-yield",
            splits=True,
        ),
        "unambiguous-discrimination": _Attack(
            title="unambiguous discrimination of three photons or more",
            share_of="of the pulses are measured",
            table=_fraction("unambiguous-discrimination"),
            statistic="decoy-yield",
            splits=True,
        ),
        "blinding": _Attack(
            title="bright light that blinds the detectors",
            share_of="of the signals are replaced by bright pulses",
            table=_fraction("blinding"),
            statistic="attenuated-clicks",
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class SpyControls(QuerySettings):
    """One setting of the page of BB84 with an eavesdropper.

    Args:
        source: What a signal holds, a name of ``SOURCES``.
        receiver: Bob's detectors, a name of ``RECEIVERS``.
        attack: What Eve does, a name of ``ATTACKS``.
        share: How much of it, from 0 (nobody listens) to 1.
        distance_km: Length of the fibre in km, at 0.2 dB/km.
        misalignment: Share of the photons that Bob's analyser sends to the wrong detector.
        mean_photons: Mean photon number of a pulse, of weak laser pulses; of the signal, with
            decoys.
        pulses: Signals that are sent.
        false_alarm: How often an alarm may be false.
        miss: How often Eve may be missed.

    Raises:
        ParameterError: If a number is out of its span, a name is unknown, or the attack needs
            pulses of several photons and there are none.

    Examples:
        >>> SpyControls(share=0.5).protocol.eve.error_rate("Z")
        0.125
    """

    spans: ClassVar[Mapping[str, AllowedRange]] = {
        "share": AllowedRange(low=0.0, high=1.0, hint="0.3 is 30 %"),
        "distance_km": AllowedRange(low=0.0, high=250.0, hint="give the length of the fibre in km"),
        "misalignment": AllowedRange(low=0.0, high=0.5, hint="0.01 is 1 % of the photons"),
        "mean_photons": AllowedRange(low=0.15, high=1.0, hint="0.5 is usual"),
        "pulses": AllowedRange(low=100, high=10**13, hint="give a number of signals", whole=True),
        "false_alarm": AllowedRange(low=1e-9, high=0.1, hint="1e-3 is usual"),
        "miss": AllowedRange(low=1e-9, high=0.5, hint="1e-2 is usual"),
    }
    words: ClassVar[Mapping[str, Sequence[str]]] = {
        "source": tuple(SOURCES),
        "receiver": tuple(RECEIVERS),
        "attack": tuple(ATTACKS),
    }

    source: str = "single"
    receiver: str = "perfect"
    attack: str = "intercept-resend"
    share: float = 0.3
    distance_km: float = 10.0
    misalignment: float = 0.01
    mean_photons: float = 0.5
    pulses: int = 1_000_000
    false_alarm: float = 1e-3
    miss: float = 1e-2

    def __post_init__(self) -> None:
        QuerySettings.__post_init__(self)
        if ATTACKS[self.attack].splits and self.source == "single":
            hint = "take weak laser pulses: one photon cannot be split, or counted"
            raise ParameterError("attack", "suit the source", self.attack, hint)

    @property
    def title(self) -> str:
        """One line for people."""
        source, (_, receiver) = SOURCES[self.source], RECEIVERS[self.receiver]
        return f"BB84 with {source}, {self.distance_km:g} km of fibre, {receiver}"

    @property
    def scenario(self) -> PhotonScenario:
        """The scenario of this setting, with Eve where she does anything.

        Examples:
            >>> SpyControls(share=0.0).scenario.eve is None
            True
        """
        found: PhotonScenario = read_kind(self._values(), "spy")
        return found

    def _values(self) -> dict[str, Any]:
        """The scenario's file, as ``tomllib`` gives it."""
        rules: dict[str, Any] = {"error_correction_efficiency": EFFICIENCY}
        source: dict[str, Any] = {}
        if self.source == "decoys":
            rules |= {"model": "lim2014", "epsilon_secrecy": _EPSILON_SECRECY}
            rules["epsilon_correctness"] = _EPSILON_CORRECTNESS
            source["intensities"] = [self.mean_photons, 0.1, 2e-4]
            source["probabilities"] = [0.6, 0.3, 0.1]
        elif self.source == "laser":
            source["mean_photon_number"] = self.mean_photons
        values: dict[str, Any] = {
            "kind": "decoy-bb84" if self.source == "decoys" else "bb84",
            "pulses": self.pulses,
            "source": source,
            "fibre": {"length_km": self.distance_km, "loss_db_per_km": 0.2},
            "detector": {**RECEIVERS[self.receiver][0], "misalignment": self.misalignment},
            "security": rules,
        }
        if self.share > 0.0:
            values["eve"] = ATTACKS[self.attack].table(self.share)
        return values

    @property
    def protocol(self) -> Any:  # noqa: ANN401 - BB84, whose module is loaded with Qiskit
        """The protocol with its devices and Eve."""
        return self.scenario.protocol

    def of_one_signal(self) -> SpyControls:
        """The setting as far as a single signal depends on it: not on how many are sent.

        Examples:
            >>> SpyControls(pulses=1000).of_one_signal() == SpyControls(miss=0.1).of_one_signal()
            True
        """
        start = SpyControls
        return replace(self, pulses=start.pulses, false_alarm=start.false_alarm, miss=start.miss)

    def text(self, seed: int = 1) -> str:
        """The scenario file of this setting, for ``qnet run``.

        Args:
            seed: Seed of its run.

        Examples:
            >>> import qnet
            >>> qnet.loads(SpyControls().text()).eve.fraction
            0.3
        """
        scenario = replace(self.scenario, seed=seed)
        return f"# {self.title}\n# Written by qnet explore.\n{scenario.to_toml()}"


def spy_choices() -> dict[str, Any]:
    """What the page must know before its first point, for JSON.

    Examples:
        >>> spy_choices()["attacks"]["beam-splitting"]["splits"]
        True
    """
    shares = [k / 100 for k in range(101)]
    return {
        "sources": dict(SOURCES),
        "receivers": {name: words for name, (_, words) in RECEIVERS.items()},
        "attacks": {
            name: {"title": each.title, "share_of": each.share_of, "splits": each.splits}
            for name, each in ATTACKS.items()
        },
        "scales": {
            "share": shares,
            "distance_km": [*range(0, 20, 1), *range(20, 251, 5)],
            "misalignment": [k / 1000 for k in (*range(0, 20, 1), *range(20, 125, 5))],
            "mean_photons": [k / 100 for k in range(15, 101, 5)],
            "pulses": [*(m * 10**k for k in range(3, 12) for m in (1, 2, 5)), 10**12],
        },
        "misses": [0.1, 1e-2, 1e-3, 1e-6],
        "start": SpyControls().as_query(),
    }
