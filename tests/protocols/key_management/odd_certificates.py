"""Certificates that a KME must not take, each with its key: made for a test in a folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from protocols.key_management.certificates import CertificateSubject, make_certificates

DAY = timedelta(days=1)


def signed(certs, folder, names, *, start=-DAY, end=DAY, purposes=()):
    """A certificate of the authority in ``certs``: common names, days from now, purposes."""
    authority = x509.load_pem_x509_certificate((certs / "ca.crt").read_bytes())
    signer = serialization.load_pem_private_key((certs / "ca.key").read_bytes(), None)
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(attributes))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
    )
    if not names:
        other = x509.SubjectAlternativeName([x509.DNSName("alice")])
        builder = builder.add_extension(other, critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    made = builder.sign(signer, hashes.SHA256())
    (folder / "odd.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "odd.key").write_bytes(key.private_bytes(*form, serialization.NoEncryption()))
    return folder / "odd.crt", folder / "odd.key"


def expired(certs, folder):
    return signed(certs, folder, ["alice"], start=-2 * DAY, end=-DAY)


def not_yet_valid(certs, folder):
    return signed(certs, folder, ["alice"], start=DAY, end=2 * DAY)


def of_a_server_alone(certs, folder):
    return signed(certs, folder, ["alice"], purposes=[ExtendedKeyUsageOID.SERVER_AUTH])


def without_a_name(certs, folder):
    return signed(certs, folder, [])


def with_two_names(certs, folder):
    return signed(certs, folder, ["alice", "bob"])


def with_a_blank_name(certs, folder):
    return signed(certs, folder, [" "])


def of_another_authority(certs, folder):
    make_certificates(folder / "other", [CertificateSubject(file="sae-alice", name="alice")])
    return folder / "other" / "sae-alice.crt", folder / "other" / "sae-alice.key"


def signed_by_its_holder(certs, folder):
    make_certificates(folder / "own", [])
    return folder / "own" / "ca.crt", folder / "own" / "ca.key"


def none_at_all(certs, folder):
    return None


ODD_CERTIFICATES = (
    expired,
    not_yet_valid,
    of_a_server_alone,
    without_a_name,
    with_two_names,
    with_a_blank_name,
    of_another_authority,
    signed_by_its_holder,
    none_at_all,
)


def of_another_case(certs, folder):
    return signed(certs, folder, ["Alice"])


def with_a_zero_byte(certs, folder):
    return signed(certs, folder, ["alice\0"])


def with_a_space(certs, folder):
    return signed(certs, folder, ["alice "])


def of_no_sae(certs, folder):
    return signed(certs, folder, ["mallory"])


def of_a_link(certs, folder):
    return signed(certs, folder, ["link-A--B"])


def of_a_kme(certs, folder):
    return signed(certs, folder, ["kme-alice"])


#: Certificates of the authority with a name, but of nobody who may ask.
OF_NOBODY = (
    of_another_case,
    with_a_zero_byte,
    with_a_space,
    of_no_sae,
    of_a_link,
    of_a_kme,
)
