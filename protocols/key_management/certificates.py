"""Certificates of a key network: an authority, and one for each node, SAE, link and the manager.

The common name of a certificate says who its owner is: the name of an SAE, ``kme-NODE``,
``link-EDGE`` or ``manager``. Keys are of the curve P-256; files are in PEM, as other programs read
them. What is in a folder already is kept and checked: a user's own authority may have made it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from protocols.key_management.private_files import write_whole
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from protocols.key_networks import KeyNetworkScenario

__all__ = [
    "MANAGER",
    "CertificateSubject",
    "client_context",
    "common_name",
    "edge_name",
    "make_certificates",
    "server_context",
    "subjects_of",
]

#: Name of the certificate that may read the state of the nodes.
MANAGER = "manager"

_AUTHORITY = "ca"
_PRIVATE, _PUBLIC = 0o600, 0o644
_CLOCKS = timedelta(minutes=5)
#: What a key may be used for, as the library calls it.
_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

#: Most bytes of a common name: ub-common-name of RFC 5280, and no less where all are ASCII.
_LONGEST = 64

#: Most characters of the name of a node.
_LONGEST_NODE = 59


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSubject:
    """Who gets a certificate, and what for.

    Args:
        file: Name of its files without ``.crt`` and ``.key``.
        name: Its common name.
        hosts: Names and addresses at which it serves; none of who only asks.

    Examples:
        >>> CertificateSubject(file="sae-alice", name="alice").hosts
        ()
    """

    file: str
    name: str
    hosts: tuple[str, ...] = ()


def edge_name(ends: Iterable[str]) -> str:
    """The name of an edge: those of its nodes in the order of the topology.

    Examples:
        >>> edge_name(("A", "B"))
        'A--B'
    """
    return "--".join(ends)


def subjects_of(scenario: KeyNetworkScenario) -> list[CertificateSubject]:
    """All who have a certificate in a network: KMEs, SAEs, links, the manager.

    Raises:
        ParameterError: If the name of a node is none that a file and a certificate can carry.

    Examples:
        >>> from protocols.key_networks import KeyLink, KeyNetworkScenario, SaeTable
        >>> from protocols.networks import TopologyTable
        >>> scenario = KeyNetworkScenario(
        ...     topology=TopologyTable(edges=[["A", "B"]]),
        ...     link=KeyLink(key_rate_hz=1000.0),
        ...     sae=(SaeTable(name="alice", node="A"),),
        ... )
        >>> [subject.file for subject in subjects_of(scenario)]
        ['kme-A', 'kme-B', 'sae-alice', 'link-A--B', 'manager']
    """
    found = []
    for node in scenario.sites.names:
        if not _is_name(node):
            rule = (
                f"have names of 1 to {_LONGEST_NODE} characters without slashes or double dashes, "
                "no dot first, no dash or space first or last"
            )
            raise ParameterError("nodes", rule, node, "files and certificates carry them")
        own = (scenario.kme.host_of(node), scenario.kme.host)
        hosts = tuple(dict.fromkeys(("localhost", "127.0.0.1", *own)))
        found.append(CertificateSubject(file=f"kme-{node}", name=f"kme-{node}", hosts=hosts))
    found += [CertificateSubject(file=f"sae-{sae.name}", name=sae.name) for sae in scenario.sae]
    for span in scenario.sites.spans:
        name = f"link-{edge_name(span.ends)}"
        found.append(CertificateSubject(file=name, name=name, hosts=("localhost",)))
    _check_names(found)
    return [*found, CertificateSubject(file=MANAGER, name=MANAGER)]


def _is_name(node: str) -> bool:
    """Whether files and certificates can carry the name of a node, and no two edges share one."""
    return (
        0 < len(node) <= _LONGEST_NODE
        and node.isprintable()
        and node == node.strip(" -")
        and not node.startswith(".")
        and not any(part in node for part in ("/", "\\", "--"))
    )


def _check_names(subjects: Iterable[CertificateSubject]) -> None:
    """Raise for names that are too long, or that a file system may not tell apart."""
    files: dict[str, str] = {}
    for subject in subjects:
        if len(subject.name.encode()) > _LONGEST:
            rule, hint = f"fit in {_LONGEST} bytes of UTF-8", "give the nodes shorter names"
            raise ParameterError("nodes", rule, subject.name, hint)
        same = files.setdefault(normalize("NFC", subject.file).casefold(), subject.name)
        if same != subject.name:
            hint = "files carry them, and not every file system tells these apart"
            rule = f"differ from {same!r} in more than case and accents' form"
            raise ParameterError("nodes", rule, subject.name, hint)


def make_certificates(
    folder: Path, subjects: Iterable[CertificateSubject], *, days: int = 825
) -> list[str]:
    """Make what is missing in a folder, and check what is there.

    Args:
        folder: Where ``ca.crt``, ``ca.key`` and a ``.crt`` and ``.key`` of each are. Without
            ``ca.key``, as with a user's own authority, nothing may be missing.
        subjects: Who gets one.
        days: How long a new one is valid, in days; the authority ten times that.

    Returns:
        Names of the certificates that were made, without ``.crt``.

    Raises:
        ParameterError: If a file is missing that cannot be made, is no certificate or key, has
            expired, is not of this authority, or is a key that others may read.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> alice = CertificateSubject(file="sae-alice", name="alice")
        >>> make_certificates(folder, [alice])
        ['ca', 'sae-alice']
        >>> make_certificates(folder, [alice])
        []
    """
    _library()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    if not _crt(folder, _AUTHORITY).exists():
        _issue(folder, CertificateSubject(file=_AUTHORITY, name="qnet test authority"), 10 * days)
        made.append(_AUTHORITY)
    authority = _certificate(_crt(folder, _AUTHORITY))
    _check_time(_crt(folder, _AUTHORITY), authority)
    for subject in subjects:
        if not _crt(folder, subject.file).exists():
            _issue(folder, subject, days, authority)
            made.append(subject.file)
        _check(folder, subject, authority)
    return made


def server_context(folder: Path, file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer for a server that only talks to who has a certificate of the authority.

    Args:
        folder: Where ``ca.crt`` is, and the server's own files.
        file: Name of its files without ``.crt`` and ``.key``.

    Raises:
        ParameterError: If a file cannot be used.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> server = CertificateSubject(file="kme-A", name="kme-A", hosts=("localhost",))
        >>> _ = make_certificates(folder, [server])
        >>> server_context(folder, "kme-A").verify_mode.name
        'CERT_REQUIRED'
    """
    return _context(ssl.PROTOCOL_TLS_SERVER, folder, file)


def client_context(folder: Path, file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer for a client that shows its certificate; arguments as `server_context`.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = make_certificates(folder, [CertificateSubject(file="sae-alice", name="alice")])
        >>> client_context(folder, "sae-alice").check_hostname
        True
    """
    return _context(ssl.PROTOCOL_TLS_CLIENT, folder, file)


def common_name(peer: Mapping[str, Any] | None) -> str:
    """The common name in what `ssl.SSLSocket.getpeercert` gives; empty where there is none.

    Examples:
        >>> common_name({"subject": ((("commonName", "alice"),),)})
        'alice'
    """
    names = [
        value
        for part in (peer or {}).get("subject", ())
        for key, value in part
        if key == "commonName"
    ]
    return str(names[0]) if len(names) == 1 else ""


def _context(protocol: Any, folder: Path, file: str) -> ssl.SSLContext:  # noqa: ANN401
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    for path in (_crt(folder, _AUTHORITY), _crt(folder, file), _key(folder, file)):
        if not path.is_file():
            raise _bad(path, "be there", "qnet kme certificates makes it")
    try:
        context.load_verify_locations(cafile=_crt(folder, _AUTHORITY))
        # Without a password: a key that needs one is refused, and nobody is asked on a terminal.
        context.load_cert_chain(_crt(folder, file), _key(folder, file), password="")
    except (ssl.SSLError, OSError, ValueError):
        hint = "give a certificate and its key in PEM, the key without a password"
        raise _bad(_crt(folder, file), "be a certificate with its key beside it", hint) from None
    return context


def _library() -> None:
    """Raise where the library that makes certificates is not installed."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        hint = 'pip install "qnet-emulator[keys]"'
        raise ParameterError("cryptography", "be installed", "no such package", hint) from None


def _crt(folder: Path, file: str) -> Path:
    return folder / f"{file}.crt"


def _key(folder: Path, file: str) -> Path:
    return folder / f"{file}.key"


def _bad(path: Path, rule: str, hint: str, value: str | None = None) -> ParameterError:
    return ParameterError(path.name, rule, str(path) if value is None else value, hint)


def _issue(
    folder: Path,
    subject: CertificateSubject,
    days: int,
    authority: x509.Certificate | None = None,
) -> None:
    """Write the key and then the certificate; a key that is there already is used."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509.oid import NameOID

    path = _key(folder, subject.file)
    if authority is not None and not _key(folder, _AUTHORITY).exists():
        hint = "without ca.key none can be made: have your authority make it"
        raise _bad(_crt(folder, subject.file), "be there", hint)
    if path.exists():
        key: Any = _private(path)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        write_whole(path, key.private_bytes(*form), _PRIVATE)
    signer: Any = key if authority is None else _private(_key(folder, _AUTHORITY))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject.name)])
    now = datetime.now(UTC)
    last = now + timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if authority is None else authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS)
        .not_valid_after(last if authority is None else min(last, authority.not_valid_after_utc))
    )
    for extension, critical in _extensions(subject, key, signer, authority is None):
        builder = builder.add_extension(extension, critical)
    made = builder.sign(signer, hashes.SHA256())
    write_whole(_crt(folder, subject.file), made.public_bytes(Encoding.PEM), _PUBLIC)


def _extensions(
    subject: CertificateSubject,
    key: Any,  # noqa: ANN401 - a private key of any kind
    signer: Any,  # noqa: ANN401
    is_authority: bool,
) -> list[tuple[x509.ExtensionType, bool]]:
    """What a certificate is good for (RFC 5280, section 4.2), each with whether it is critical."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    public = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    uses = dict.fromkeys(_USES, False)
    uses |= dict.fromkeys(("key_cert_sign", "crl_sign") if is_authority else _USES[:1], True)
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), True),
        (x509.KeyUsage(**uses), True),
        (public, False),
        (above, False),
    ]
    if is_authority:
        return found
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if subject.hosts:
        purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
        names = x509.SubjectAlternativeName(list(map(_general_name, subject.hosts)))
        found.append((names, False))
    return [*found, (x509.ExtendedKeyUsage(purposes), False)]


def _general_name(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _check(folder: Path, subject: CertificateSubject, authority: x509.Certificate) -> None:
    """Raise for a certificate that cannot be used for its subject."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509.oid import NameOID

    path = _crt(folder, subject.file)
    found = _certificate(path)
    _check_time(path, found)
    try:
        found.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        hint = "another authority made it: remove it, or put the ca.crt of that authority beside it"
        raise _bad(path, "be signed by the authority of ca.crt", hint) from None
    names = [each.value for each in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [subject.name]:
        hint = "the common name says who its owner is"
        raise _bad(path, f"have the common name {subject.name!r}", hint, ", ".join(map(str, names)))
    secret: Any = _private(_key(folder, subject.file))
    if secret.public_key() != found.public_key():
        raise _bad(_key(folder, subject.file), f"be the key of {path.name}", "it is another one's")


def _check_time(path: Path, found: x509.Certificate) -> None:
    now = datetime.now(UTC)
    if now > found.not_valid_after_utc:
        rule = "not have expired"
        day = f"{found.not_valid_after_utc:%Y-%m-%d}"
        raise _bad(path, rule, f"remove {path.name} and its key to have them made anew", day)
    if now < found.not_valid_before_utc:
        day = f"{found.not_valid_before_utc:%Y-%m-%d}"
        raise _bad(path, "be valid already", "is the clock of this machine right?", day)


def _certificate(path: Path) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        raise _bad(path, "be a certificate in PEM", "-----BEGIN CERTIFICATE-----") from None


def _private(path: Path) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if path.stat().st_mode & 0o077:
            raise _bad(path, "be readable by its owner alone", f"chmod 600 {path.name}")
        return load_pem_private_key(path.read_bytes(), password=None)
    except ParameterError:
        raise
    except FileNotFoundError:
        raise _bad(path, f"stand beside {path.stem}.crt", "each certificate has a key") from None
    except (OSError, ValueError, TypeError):
        hint = "give it in PEM and without a password"
        raise _bad(path, "be a private key", hint) from None
