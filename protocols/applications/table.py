"""Table of the applications, by name: one file each, loaded when it is asked for."""

from __future__ import annotations

__all__ = ["APPLICATIONS", "register_application"]

#: Name -> class as ``module:Class``, in the order of ``qnet app``.
APPLICATIONS: dict[str, str | type] = {
    "remote-cnot": "protocols.applications.processors.remote_cnot:RemoteCnot",
    "blind-computing": "protocols.applications.blind.blind_computing:BlindComputing",
    "verified-blind-computing": (
        "protocols.applications.blind.verified_blind_computing:VerifiedBlindComputing"
    ),
    "secret-sharing": "protocols.applications.parties.secret_sharing:SecretSharing",
    "conference-key": "protocols.applications.parties.conference_key:ConferenceKey",
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
