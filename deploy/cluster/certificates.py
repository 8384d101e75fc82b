"""Makes an authority that nobody else has, and a certificate for the servers of a cluster, for tests and for trying things out.

    pip install cryptography
    python certificates.py FOLDER HOST...

writes FOLDER/ca.pem, FOLDER/server.pem and FOLDER/server-key.pem. The authority's key is not kept: to add a server, begin
anew. In production, take certificates of your own authority.
"""

import ipaddress
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGIN = datetime.now(timezone.utc) - timedelta(hours=1)
END = BEGIN + timedelta(days=365)


def main(folder: Path, hosts: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name, server_name = named("Stheno test authority"), named("Stheno test server")
    ca = (
        certificate(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    # Servers are clients of each other.
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    server = (
        certificate(server_name, ca_name, server_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(x509.SubjectAlternativeName([alternative(host) for host in hosts]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    # The authority last: whoever finds it finds the rest.
    write(folder / "server-key.pem", private(server_key))
    write(folder / "server.pem", server.public_bytes(serialization.Encoding.PEM))
    write(folder / "ca.pem", ca.public_bytes(serialization.Encoding.PEM))


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: x509.Name, issuer: x509.Name, key) -> x509.CertificateBuilder:
    # The issuer's key is new each time, so the serial number need not be remembered.
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(BEGIN).not_valid_after(END)


def usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def private(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


main(Path(sys.argv[1]), sys.argv[2:])
