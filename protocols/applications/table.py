"""Table of the applications, by name: one file each, loaded when it is asked for."""

from __future__ import annotations

__all__ = ["APPLICATIONS", "FAMILIES", "family_of", "register_application"]

#: Folder of this package -> what ``qnet app`` says above its applications.
FAMILIES = {
    "sensing": "Sensing and clocks",
    "processors": "Processors",
    "blind": "Blind and verified computing",
    "parties": "Several parties",
    "games": "Untrusted devices, states and partners",
}

#: Name -> class as ``module:Class``, in the order of ``qnet app``.
APPLICATIONS: dict[str, str | type] = {
    "ghz-phase": "protocols.applications.sensing.ghz_phase:GhzPhase",
    "phase-sum": "protocols.applications.sensing.phase_sum:PhaseSum",
    "frequency": "protocols.applications.sensing.frequency:Frequency",
    "clock-network": "protocols.applications.sensing.clock_network:ClockNetwork",
    "telescope": "protocols.applications.sensing.telescope:Telescope",
    "teleportation": "protocols.applications.processors.teleportation:Teleportation",
    "remote-cnot": "protocols.applications.processors.remote_cnot:RemoteCnot",
    "remote-controlled-u": (
        "protocols.applications.processors.remote_controlled_u:RemoteControlledU"
    ),
    "remote-toffoli": "protocols.applications.processors.remote_toffoli:RemoteToffoli",
    "ghz-fusion": "protocols.applications.processors.fusion:FusedGhz",
    "w-fusion": "protocols.applications.processors.fusion:FusedW",
    "divided-circuit": "protocols.applications.processors.divided_circuit:DividedCircuit",
    "distributed-grover": "protocols.applications.processors.distributed_grover:DistributedGrover",
    "distributed-qft": "protocols.applications.processors.distributed_qft:DistributedQft",
    "blind-computing": "protocols.applications.blind.blind_computing:BlindComputing",
    "verified-blind-computing": (
        "protocols.applications.blind.verified_blind_computing:VerifiedBlindComputing"
    ),
    "secret-sharing": "protocols.applications.parties.secret_sharing:SecretSharing",
    "conference-key": "protocols.applications.parties.conference_key:ConferenceKey",
    "anonymous-transmission": (
        "protocols.applications.parties.anonymous_transmission:AnonymousTransmission"
    ),
    "leader-election": "protocols.applications.parties.leader_election:LeaderElection",
    "byzantine-agreement": "protocols.applications.parties.byzantine_agreement:ByzantineAgreement",
    "superdense-coding": "protocols.applications.parties.superdense_coding:SuperdenseCoding",
    "device-independent-key": (
        "protocols.applications.games.device_independent_key:DeviceIndependentKey"
    ),
    "state-verification": "protocols.applications.games.state_verification:StateVerification",
    "entanglement-witness": "protocols.applications.games.entanglement_witness:EntanglementWitness",
    "quantum-money": "protocols.applications.games.quantum_money:QuantumMoney",
    "position-verification": (
        "protocols.applications.games.position_verification:PositionVerification"
    ),
    "oblivious-transfer": "protocols.applications.games.oblivious_transfer:ObliviousTransfer",
}


def register_application(name: str, cls: str | type) -> None:
    """Add an application, or put another one in its place.

    Args:
        name: What ``name = "..."`` says in a file of kind ``application``.
        cls: A subclass of ``Application``, or where to find it: ``module:Class``.

    Examples:
        >>> register_application("remote-cnot", APPLICATIONS["remote-cnot"])
    """
    APPLICATIONS[name] = cls


def family_of(cls: type) -> str:
    """Family of an application in words, by the folder of its file.

    Args:
        cls: A subclass of ``Application``.

    Examples:
        >>> from protocols.applications.sensing.ghz_phase import GhzPhase
        >>> family_of(GhzPhase)
        'Sensing and clocks'
    """
    folder = cls.__module__.removeprefix("protocols.applications.").partition(".")[0]
    return FAMILIES.get(folder, "Of your own")
