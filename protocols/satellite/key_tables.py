"""Source, receiver and security of a satellite scenario: [source], [detector], [security]."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.key_rates import Security
from protocols.key_rates.checks import check_size, pair_of
from protocols.key_rates.decoy import ENDLESS_MODELS
from protocols.key_rates.proofs import DECOY_PROOFS
from protocols.qkd.tables import DecoyPulses, Receiver, SecurityRules
from protocols.satellite.downlink import ERROR_SHARES
from protocols.satellite.key_blocks import Policy, block_policy
from protocols.satellite.pair_rule import PAIR_MODELS
from qnet.errors import ParameterError, check_non_negative
from qnet.schema import Within, check_fields, key, missing

__all__ = ["PULSE_MODELS", "PassRules", "SatelliteReceiver", "SatelliteSource"]

#: Security analyses of pulses.
PULSE_MODELS = (*DECOY_PROOFS, "asymptotic", *ENDLESS_MODELS)

#: Pulses and pairs per second that no source has.
_FASTEST_HZ = 1e13

_PAIRS = Within(
    low=0.0,
    high=_FASTEST_HZ,
    is_open=True,
    rule=f"lie above 0 and below {_FASTEST_HZ:g} Hz",
    hint="give pairs per second: 1e6 to 1e9 is usual",
)
_NOT_FOLLOWED = (
    ("dead_time_s", None),
    ("efficiency_mismatch", 1.0),
    ("afterpulses", "same-setting"),
    ("bright_threshold_1", 1.0),
    ("counts_double_clicks", False),
)


@dataclass(frozen=True, kw_only=True)
class SatelliteSource(DecoyPulses):
    """What the satellite sends: weak pulses of several intensities, or pairs.

    Args:
        optimise: Whether intensities, probabilities and the bias of the bases are chosen for the
            whole mission; those of the file are then where the search starts.
        pair_rate_hz: Pairs per second of a source of entangled photons.
    """

    optimise: bool = False
    pair_rate_hz: float | None = key(None, check=_PAIRS, example=5.9e6)

    def __post_init__(self) -> None:
        DecoyPulses.__post_init__(self)
        if self.clock_hz is not None and self.clock_hz > _FASTEST_HZ:
            hint = "give it in Hz: 1e8 to 1e9 is usual"
            raise ParameterError("clock_hz", f"be at most {_FASTEST_HZ:g}", self.clock_hz, hint)
        if self.intensity_uncertainty > 0.0:
            hint = "finite blocks presume known intensities; kind decoy-bb84 has vacuum-weak"
            rule = "be left out of a satellite"
            raise ParameterError("intensity_uncertainty", rule, self.intensity_uncertainty, hint)


@dataclass(frozen=True, kw_only=True)
class SatelliteReceiver(Receiver):
    """The analyser and the detectors of every station.

    Args:
        noise_hz: Counts per second of all detectors of a station without pairs and sky: of pairs,
            in place of their dark counts per gate; one number, or one per station.
    """

    noise_hz: float | tuple[float, float] | None = key(
        None, read=pair_of(check_non_negative, or_one=True), example=800.0, range={"minimum": 0}
    )

    def __post_init__(self) -> None:
        Receiver.__post_init__(self)
        zero, one = self.both.over().efficiencies
        if zero != one:
            hint = "drop clicks of the better one, and give the efficiency of the other for both"
            raise ParameterError("efficiency_1", f"be {zero:g} here", one, hint)
        values = {**self.both, "dead_time_s": self.dead_time_s}
        for name, usual in _NOT_FOLLOWED:
            given = values.get(name, usual)
            if given not in (usual, 0.0):
                hint = "mean counts of a satellite's pass do not follow it; qnet run of "
                hint += 'kind = "decoy-bb84" does'
                raise ParameterError(name, "be left out of a satellite", given, hint)


@dataclass(frozen=True, kw_only=True)
class PassRules(SecurityRules):
    """How secret the key must be, how it is worked out, and which passes make a block.

    Args:
        model: The security analysis; unless given that of finite blocks which suits the number of
            intensities, or pairs.
        block: Which passes make a key together: each pass, all, so many, or as many as it takes to
            reach ``block_size`` sifted bits (``size``).
        negative_limits: Whether lower limits of counts may fall below zero, as published; unless
            given only with SatQuMA's geometry.
        errors: Whether each intensity has its own errors, or those of a slot are shared among
            them, as SatQuMA does; unless given only with its geometry.
    """

    model: str | None = key(None, choices=(*PULSE_MODELS, "tomamichel2012"))  # type: ignore[assignment]
    block: Policy = key("pass", read=block_policy, example="pass", range={"minimum": 1})
    negative_limits: bool | None = None
    errors: str | None = key(None, choices=ERROR_SHARES)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.block == "size":
            if self.block_size is None:
                raise missing("block_size", 1e7)
            check_size("block_size", self.block_size)

    @property
    def security(self) -> Security:
        """Epsilons and the cost of error correction."""
        names = ("epsilon_secrecy", "epsilon_correctness", "error_correction_efficiency")
        given = {name: getattr(self, name) for name in names}
        return Security(**{name: value for name, value in given.items() if value is not None})

    def model_of_pulses(self, intensities: int) -> str:
        """The analysis of pulses of so many intensities.

        Raises:
            ParameterError: If it is one of pairs.
        """
        if self.model in PAIR_MODELS and self.model not in PULSE_MODELS:
            hint = f"choose one of {', '.join(PULSE_MODELS)}"
            raise ParameterError("security.model", "be one of pulses", self.model, hint)
        usual = "rusca2018" if intensities == 2 else "lim2014"
        return usual if self.model is None else self.model

    def model_of_pairs(self) -> str:
        """The analysis of pairs.

        Raises:
            ParameterError: If it is one of pulses.
        """
        if self.model is not None and self.model not in PAIR_MODELS:
            hint = f"choose one of {', '.join(PAIR_MODELS)}"
            raise ParameterError("security.model", "be one of pairs", self.model, hint)
        return self.model or "tomamichel2012"
