#!/usr/bin/env python3
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a server certificate of the lab's own authority, which the host trusts.

usage: certificates.py [--left DAYS] PATH NAME...
Makes PATH.crt and PATH.key (or PATH itself and privkey.pem beside it, as certbot calls them, where
PATH ends in .pem) for the names, of 90 days, of which all or DAYS (may be negative) are
left. Prints "changed" when it had to: one that ends within DAYS stays, and without --left any that
the host trusts and that has 30 days left, whoever issued it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY = Path("/var/lib/runbook-lab/ca")
TRUSTED = Path("/usr/local/share/ca-certificates/runbook-lab.crt")
TRUSTED_BY_HOST = "/etc/ssl/certs/ca-certificates.crt"
LIFE = timedelta(days=90)
SPARE = timedelta(days=30)
AUTHORITY_LIFE = timedelta(days=3650)
Key = ec.EllipticCurvePrivateKey


def run(*command: str) -> bool:
    """Run a command; whether it succeeded."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def write(path: Path, data: bytes, mode: int) -> None:
    """Write a file completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.touch(mode=mode)
    part.write_bytes(data)
    part.replace(path)


def write_key(path: Path, key: Key) -> None:
    """Write a private key that only root can read."""
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write(path, data, 0o600)


def builder(name: str, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    """What all certificates here begin with."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
    )


def authority() -> tuple[x509.Name, Key]:
    """Name and key of the lab's authority, made when missing and trusted by the host."""
    certificate_file, key_file = AUTHORITY.with_suffix(".crt"), AUTHORITY.with_suffix(".key")
    if not certificate_file.exists():
        make_authority(certificate_file, key_file)
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, Key):
        sys.exit(f"Cannot use {key_file}: it holds no EC key. Remove it and repeat.")
    return certificate.subject, key


def make_authority(certificate_file: Path, key_file: Path) -> None:
    """Make the authority; its certificate is written last, as the sign that all is there."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(timezone.utc)
    base = builder("Lab authority", key.public_key())
    certificate = (
        base.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lab authority")]))
        .not_valid_before(now - LIFE - SPARE)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    data = certificate.public_bytes(serialization.Encoding.PEM)
    write_key(key_file, key)
    write(TRUSTED, data, 0o644)
    subprocess.run(["update-ca-certificates"], check=True, capture_output=True)
    write(certificate_file, data, 0o644)


def pair(path: Path) -> tuple[Path, Path]:
    """The files of the certificate and of its key."""
    if path.suffix == ".pem":
        return path, path.with_name("privkey.pem")
    return path.with_suffix(".crt"), path.with_suffix(".key")


def issue(path: Path, names: list[str], end: datetime) -> None:
    """Make a key and a certificate that is valid for 90 days up to the end."""
    issuer, issuer_key = authority()
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        builder(names[0], key.public_key())
        .issuer_name(issuer)
        .not_valid_before(end - LIFE)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    certificate_file, key_file = pair(path)
    write_key(key_file, key)
    write(certificate_file, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def as_asked(path: Path, names: list[str], left: int | None) -> bool:
    """Whether the certificate there already is what is wanted."""
    file = pair(path)[0]
    certificate = str(file)
    if left is not None:
        seconds = str(max(0, left * 86400 + 60))
        return file.exists() and not run(
            "openssl", "x509", "-noout", "-checkend", seconds, "-in", certificate
        )
    moment = str(int((datetime.now(timezone.utc) + SPARE).timestamp()))
    verify = ["openssl", "verify", "-CAfile", TRUSTED_BY_HOST, "-untrusted", certificate]
    verify += ["-attime", moment, "-verify_hostname"]
    return all(run(*verify, name, certificate) for name in names)


def main() -> None:
    """Read the command line and act."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--left", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    if as_asked(options.path, options.names, options.left):
        return
    left = LIFE if options.left is None else timedelta(days=options.left)
    issue(options.path, options.names, datetime.now(timezone.utc) + left)
    sys.stdout.write("changed\n")


if __name__ == "__main__":
    main()
