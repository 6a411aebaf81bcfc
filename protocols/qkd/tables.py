"""Tables of key-distribution scenarios: sources, receivers, security, eavesdroppers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from protocols.key_rates.checks import check_epsilon, check_shannon
from protocols.key_rates.finite_size import BOUNDS
from protocols.key_rates.intensities import check_uncertainty
from protocols.qkd.eve import EntanglingProbe, Eve, FakedStates, InterceptResend
from protocols.qkd.eve_at_detectors import (
    AfterGate,
    Blinding,
    DeadTime,
    SplitterColour,
    TimeShift,
)
from protocols.qkd.eve_at_photons import (
    BeamSplitting,
    PhotonNumberSplitting,
    TrojanHorse,
    UnambiguousDiscrimination,
)
from protocols.qkd.eve_at_states import BiasedBits, PhaseRemapping
from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.hardware import Detectors, PhotonSource, SinglePhotons, SpdcPairs, WeakPulses
from qnet.schema import NOTHING, Part, Within, check_fields, conflict, key, missing, number

__all__ = [
    "ATTACKS",
    "Attack",
    "Clock",
    "DecoyPulses",
    "Photons",
    "Pulses",
    "RealPhotons",
    "Receiver",
    "SecurityRules",
    "SpdcSource",
    "large",
]

#: Most rounds, and bits of a block.
MOST = 10**15

#: Most gates of a dead time: beyond this, numbers of gates no longer add up.
_MOST_GATES = 1e12

#: Attacks by name; the fields of their classes are keys of [eve].
ATTACKS: Mapping[str, type[Eve]] = MappingProxyType(
    {
        "intercept-resend": InterceptResend,
        "entangling-probe": EntanglingProbe,
        "faked-states": FakedStates,
        "time-shift": TimeShift,
        "blinding": Blinding,
        "after-gate": AfterGate,
        "dead-time": DeadTime,
        "splitter-colour": SplitterColour,
        "beam-splitting": BeamSplitting,
        "photon-number-splitting": PhotonNumberSplitting,
        "unambiguous-discrimination": UnambiguousDiscrimination,
        "trojan-horse": TrojanHorse,
        "phase-remapping": PhaseRemapping,
        "biased-bits": BiasedBits,
    }
)

#: Attacks that need pulses of several photons.
_SPLITTING = ("beam-splitting", "photon-number-splitting", "unambiguous-discrimination")

#: Attacks that hide in the gain of the signal unless told otherwise.
_HIDING: Mapping[str, type[PhotonNumberSplitting | UnambiguousDiscrimination]] = MappingProxyType(
    {
        "photon-number-splitting": PhotonNumberSplitting,
        "unambiguous-discrimination": UnambiguousDiscrimination,
    }
)

#: Examples of what an attack cannot do without.
_NEEDED = {"strength": 0.1, "mean_photons": 1e-6, "bias": 0.01}

#: Attacks that use detectors whose efficiencies differ in time.
_SHIFTING = ("faked-states", "time-shift")

#: Example of intensities.
EXAMPLE = [0.5, 0.1, 2e-4]


def large(field: str, value: object) -> int:
    """A whole number of up to 10^15; 1e9 is one as well as 1000000000.

    Examples:
        >>> large("pulses", 1e9)
        1000000000
    """
    found = number(field, value)
    if found != int(found) or not 1 <= found <= MOST:
        rule = "be a whole number between 1 and 1e15"
        raise ParameterError(field, rule, value, "1000000000 and 1e9 are the same")
    return int(found)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A source of which only the clock matters.

    Args:
        clock_hz: Pulses per second.
    """

    clock_hz: float | None = key(None, check=check_positive, example=1e9)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Pulses(Clock):
    """Weak pulses of several intensities.

    Args:
        weak: Intensities and their probabilities.
    """

    weak: Part[WeakPulses] = key(factory=lambda: Part(WeakPulses), flat=True)

    @property
    def light(self) -> PhotonSource | None:
        """What a pulse holds.

        Raises:
            ParameterError: If the intensities or their probabilities are missing or wrong.
        """
        if "intensities" not in self.weak:
            raise missing("source.intensities", EXAMPLE)
        count = len(self.weak["intensities"])
        if "probabilities" not in self.weak and count > 1:
            raise missing("source.probabilities", [0.6, 0.3, 0.1][:count])
        return self.weak.over()


@dataclass(frozen=True, kw_only=True)
class Photons(Pulses):
    """A source of photons: weak pulses, or single photons; one photon per pulse unless given.

    Args:
        mean_photon_number: That of weak pulses of one intensity.
        single: Brightness and second-order correlation of a single-photon source.
    """

    mean_photon_number: float | None = key(None, example=0.1, range={"minimum": 0, "maximum": 20})
    single: Part[SinglePhotons] = key(factory=lambda: Part(SinglePhotons), flat=True)

    def __post_init__(self) -> None:
        Pulses.__post_init__(self)
        mean = self.mean_photon_number
        given = {**self.weak, **self.single}
        for name, value, others in (
            ("intensities", given.get("intensities"), ("mean_photon_number", "brightness", "g2")),
            ("mean_photon_number", mean, ("probabilities", "brightness", "g2")),
        ):
            found = given if mean is None else {**given, "mean_photon_number": mean}
            for other in others:
                if value is not None and other in found:
                    raise conflict(name, value, f"source.{other}")
        self.light  # noqa: B018 - checked here

    @property
    def light(self) -> PhotonSource | None:
        """What a pulse holds; None is one photon."""
        if self.mean_photon_number is not None:
            return WeakPulses(intensities=(self.mean_photon_number,))
        if self.weak:
            return super().light
        return self.single.over() if self.single else None


@dataclass(frozen=True, kw_only=True)
class DecoyPulses(Pulses):
    """Weak pulses of several intensities, which are known roughly.

    Args:
        intensity_uncertainty: Largest relative error of each mean photon number; of key rates.
    """

    intensity_uncertainty: float = key(0.0, check=check_uncertainty, quiet=True)


#: Angles by which a modulator may be off.
_OFF = Within(
    low=-math.pi / 2,
    high=math.pi / 2,
    rule="lie within a quarter turn",
    hint="it is an angle in radians on the Bloch sphere, such as 0.126",
)


@dataclass(frozen=True, kw_only=True)
class RealPhotons(Photons):
    """A source of photons with its flaws: what leaks, wrong angles, intensities known roughly.

    Args:
        trojan_mean_photons: Mean photon number of light that leaves the transmitter with the phase
            of its modulator, such as reflected Trojan-horse light.
        modulation_error_rad: Angle on the Bloch sphere by which the state meant to be at pi is off;
            the others are in proportion.
        intensity_uncertainty: Largest relative error of the mean photon number of weak pulses.
    """

    trojan_mean_photons: float = key(0.0, check=check_non_negative, quiet=True)
    modulation_error_rad: float = key(0.0, check=_OFF, quiet=True)
    intensity_uncertainty: float = key(0.0, check=check_uncertainty, quiet=True)

    def __post_init__(self) -> None:
        Photons.__post_init__(self)
        if self.intensity_uncertainty > 0.0 and not isinstance(self.light, WeakPulses):
            rule, hint = "come with weak pulses", "give mean_photon_number, or leave it out"
            raise ParameterError("intensity_uncertainty", rule, self.intensity_uncertainty, hint)


@dataclass(frozen=True, kw_only=True)
class SpdcSource(Clock):
    """A source of photon pairs: one pair per pulse unless given.

    Args:
        pairs: That of spontaneous parametric down-conversion.
    """

    pairs: Part[SpdcPairs] = key(factory=lambda: Part(SpdcPairs), flat=True)

    def __post_init__(self) -> None:
        Clock.__post_init__(self)
        self.light  # noqa: B018 - checked here

    @property
    def light(self) -> SpdcPairs | None:
        """How many pairs a pulse holds; None is one."""
        return self.pairs.over() if self.pairs else None


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """An analyser and the two detectors behind it.

    Args:
        both: The detectors.
        dead_time_s: Time after each detection in which neither detector can click; it takes the
            clock of the source.
        misalignment: Probability that a photon in a state of the measured basis goes to the wrong
            detector.
    """

    both: Part[Detectors] = key(factory=lambda: Part(Detectors), flat=True, without=("dead_gates",))
    dead_time_s: float | None = key(None, check=check_non_negative, example=1e-6)
    misalignment: float = key(0.0, check=check_probability)

    def __post_init__(self) -> None:
        check_fields(self)
        self.both.over()

    def detectors(self, clock_hz: float | None, table: str = "detector") -> Detectors:
        """The detectors, their dead time in gates of the clock."""
        if self.dead_time_s is None:
            return self.both.over()
        if clock_hz is None:
            rule, hint = f"be given with {table}.dead_time_s", "add clock_hz = 1e9 under [source]"
            raise ParameterError("source.clock_hz", rule, NOTHING, hint)
        gates = _gates(f"{table}.dead_time_s", self.dead_time_s, clock_hz)
        return Detectors(**self.both, dead_gates=gates)


def _gates(field: str, dead_time_s: float, clock_hz: float) -> int:
    """Number of the gates after a detection that lie within the dead time.

    The gate at its very end still does: 20 ns at 100 MHz block two gates, 30 ns three, whatever
    the product is rounded to.
    """
    gates = dead_time_s * clock_hz
    if gates > _MOST_GATES:
        hint = "give the seconds in which a detector is blind after a click, such as 1e-6"
        raise ParameterError(field, f"last {_MOST_GATES:g} gates at most", dead_time_s, hint)
    nearest = round(gates)
    return nearest if abs(gates - nearest) <= 1e-9 * max(nearest, 1) else math.floor(gates)


@dataclass(frozen=True, kw_only=True)
class SecurityRules:
    """How secret the key must be, and how it is worked out.

    Args:
        model: The security analysis.
        bound: Bound on the counts of a finite block, of lim2014.
        basis_bias: Probability of the key basis, at each end.
        block_size: Sifted bits in the key basis; without ``pulses``, as many are sent as fill the
            block on average.
        sifting: Share of the detections that are kept; in a run the bases that are drawn decide.
        epsilon_secrecy: Probability of all failures of secrecy together, of finite blocks.
        epsilon_correctness: Probability that the two keys differ, undetected, of finite blocks.
        error_correction_efficiency: Bits disclosed per Shannon bit.
    """

    model: str = key("asymptotic", choices=("asymptotic",))
    bound: str | None = key(None, choices=BOUNDS)
    basis_bias: float | None = key(None, check=check_probability, example=0.9)
    block_size: float | None = key(None, example=1e7, range={"minimum": 1, "maximum": 1e18})
    sifting: float | None = key(None, check=check_probability, example=0.5)
    epsilon_secrecy: float | None = key(None, check=check_epsilon, example=1e-10)
    epsilon_correctness: float | None = key(None, check=check_epsilon, example=1e-15)
    error_correction_efficiency: float | None = key(None, check=check_shannon, example=1.16)

    def __post_init__(self) -> None:
        check_fields(self)


def _bases(field: str, value: object) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list", value, 'write bases = ["Z", "X"]')
    return tuple(value)


@dataclass(frozen=True, kw_only=True)
class Attack:
    """What an eavesdropper does.

    Args:
        attack: What the eavesdropper does, by name.
        fraction: Share of the photons that are attacked.
        bases: Bases of which each is measured in equally often: "X", "Y", "Z", or an angle in
            degrees from Z to X on the Bloch sphere.
        strength: Error rate that an entangling probe causes.
        pass_single: Probability that a single photon passes.
        pass_multiple: Probability that a pulse of two photons or more passes.
        pass_probability: Probability that a state that was told without error is sent on.
        power: Of a bright trigger pulse, in units of the threshold of detector 0.
        couplings: Shares of two colours that Bob's splitter sends to Z.
        mean_photons: Mean photon number per pulse that leaves Alice's device with her setting.
        step: Angle between the remapped states on the Bloch sphere, in rad.
        bias: Alice's bits are 1 with probability one half and this.
    """

    attack: str = key(choices=ATTACKS)
    fraction: float | None = key(None, example=0.5, range={"minimum": 0, "maximum": 1})
    bases: tuple[str | float, ...] | None = key(None, read=_bases, example=["Z", "X"])
    strength: float | None = key(None, example=0.1, range={"minimum": 0, "maximum": 1})
    pass_single: float | None = key(None, example=0.0, range={"minimum": 0, "maximum": 1})
    pass_multiple: float | None = key(None, example=1.0, range={"minimum": 0, "maximum": 1})
    pass_probability: float | None = key(None, example=0.5, range={"minimum": 0, "maximum": 1})
    power: float | None = key(None, example=1.5, range={"exclusiveMinimum": 0})
    couplings: tuple[float, ...] | None = key(None, read=_bases, example=[0.99, 0.01])
    mean_photons: float | None = key(None, example=1e-6, range={"minimum": 0})
    step: float | None = key(None, example=0.785, range={"exclusiveMinimum": 0, "maximum": 1.571})
    bias: float | None = key(None, example=0.01, range={"minimum": -0.5, "maximum": 0.5})

    def __post_init__(self) -> None:
        own = [item.name for item in fields(ATTACKS[self.attack])]
        for name, value in self._given.items():
            if name not in own:
                hint = f"remove it: {self.attack} has {', '.join(own) or 'no parameters'}"
                raise ParameterError(name, f"be left out of {self.attack}", value, hint)
        for item in fields(ATTACKS[self.attack]):
            if item.default is MISSING and getattr(self, item.name) is None:
                raise missing(item.name, _NEEDED[item.name])
        self.eve(None, 1.0, 1.0)

    @property
    def _given(self) -> dict[str, Any]:
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {k: v for k, v in values.items() if k != "attack" and v is not None}

    @property
    def shifts_arrival(self) -> bool:
        """Whether it shifts the time of arrival of photons."""
        return self.attack in _SHIFTING

    def check_source(self, light: PhotonSource | None) -> None:
        """Raise where it needs pulses of several photons and there are none."""
        if self.attack in _SPLITTING and light is None:
            hint = "give [source] with intensities, mean_photon_number or g2"
            rule = "have pulses of several photons"
            raise ParameterError("eve.attack", rule, self.attack, hint)

    def eve(self, light: PhotonSource | None, transmission: float, efficiency: float) -> Eve:
        """The eavesdropper; photon-number splitting hides in the loss unless told otherwise.

        Args:
            light: What a pulse holds.
            transmission: Of the line.
            efficiency: Of the detectors.
        """
        hidden = _HIDING.get(self.attack)
        if hidden and set(self._given) <= {"fraction"} and isinstance(light, WeakPulses):
            eve = hidden.hidden(light.intensities[0], transmission, efficiency)
            return replace(eve, **self._given)
        return ATTACKS[self.attack](**self._given)
