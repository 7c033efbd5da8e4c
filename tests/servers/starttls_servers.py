# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers with STARTTLS on the loopback address: slapd, Dovecot, vsftpd, PostgreSQL, SMTP.

MySQL alone is a stand-in: MariaDB is too heavy to install for one packet.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from tests.samples.certificates import Issued
from tests.servers.postgres import running_postgres, wait_until
from tests.servers.tls_servers import HOST, closed_port, context_for, serving

Start = Callable[[Issued, Path], "contextlib.AbstractContextManager[int]"]
"""Serves a certificate, with a directory of its own for its files; gives the port."""

_SLAPD = """
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {directory}/slapd.pid
TLSCertificateFile {directory}/chain.pem
TLSCACertificateFile {directory}/chain.pem
TLSCertificateKeyFile {directory}/key.pem
"""

_DOVECOT = """
base_dir = {directory}/run
state_dir = {directory}/run
log_path = {directory}/log
protocols = {protocol}
listen = {host}
ssl = yes
ssl_cert = <{directory}/chain.pem
ssl_key = <{directory}/key.pem
default_internal_user = {user}
default_login_user = {login_user}
default_internal_group = {group}
service {protocol}-login {{
  inet_listener {protocol} {{
    port = {port}
  }}
  inet_listener {protocol}s {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}}
"""

_VSFTPD = """
listen=YES
listen_address={host}
listen_port={port}
background=NO
anonymous_enable=YES
ssl_enable=YES
rsa_cert_file={directory}/chain.pem
rsa_private_key_file={directory}/key.pem
"""


@contextlib.contextmanager
def slapd(issued: Issued, directory: Path) -> Iterator[int]:
    """The LDAP server of OpenLDAP."""
    port = closed_port()
    _write(issued, directory, _SLAPD.format(directory=directory))
    command = ["slapd", "-d", "0", "-h", f"ldap://{HOST}:{port}", "-f", str(directory / "conf")]
    with _running(command, port):
        yield port


def dovecot(protocol: str) -> Start:
    """The server of Dovecot for ``protocol``: imap or pop3."""

    @contextlib.contextmanager
    def start(issued: Issued, dummy: Path) -> Iterator[int]:
        port = closed_port()
        own = getpass.getuser()
        users = ("dovecot", "dovenull", "dovecot") if os.geteuid() == 0 else (own, own, own)
        user, login_user, group = users
        # The names of its sockets have to be short.
        with tempfile.TemporaryDirectory(prefix="dovecot-") as short:
            _write(
                issued, Path(short),
                _DOVECOT.format(
                    directory=short, protocol=protocol, host=HOST, port=port,
                    user=user, login_user=login_user, group=group,
                ),
            )  # fmt: skip
            with _running(["dovecot", "-F", "-c", f"{short}/conf"], port):
                yield port

    return start


@contextlib.contextmanager
def vsftpd(issued: Issued, directory: Path) -> Iterator[int]:
    """An FTP server."""
    port = closed_port()
    own = "" if os.geteuid() == 0 else "run_as_launching_user=YES\n"
    _write(issued, directory, own + _VSFTPD.format(directory=directory, host=HOST, port=port))
    with _running(["vsftpd", str(directory / "conf")], port):
        yield port


@contextlib.contextmanager
def postgres(issued: Issued, dummy: Path) -> Iterator[int]:
    """PostgreSQL, which reads its key as its own user."""
    with running_postgres() as server:
        _write(issued, server.directory, "")
        owner = (server.directory / "data").stat()
        for name in ("chain.pem", "key.pem"):
            os.chown(server.directory / name, owner.st_uid, owner.st_gid)
        for name, value in {
            "ssl_cert_file": f"{server.directory}/chain.pem",
            "ssl_key_file": f"{server.directory}/key.pem",
            "ssl": "on",
        }.items():
            server.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.execute("SELECT pg_reload_conf()")
        wait_until(lambda: server.rows("SHOW ssl") == [("on",)])
        yield server.port


@contextlib.contextmanager
def smtp(issued: Issued, dummy: Path) -> Iterator[int]:
    """The SMTP server of aiosmtpd."""
    port = closed_port()
    controller = Controller(Sink(), hostname=HOST, port=port, tls_context=context_for(issued))
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextlib.contextmanager
def mysql(issued: Issued, dummy: Path) -> Iterator[int]:
    """A stand-in that speaks the begin of the client/server protocol as its manual has it.

    It sends the greeting HandshakeV10 of a MySQL 8 and insists on an SSLRequest of 32 bytes that
    is numbered 1 and has CLIENT_PROTOCOL_41 and CLIENT_SSL set, as a real server does.
    """
    context = context_for(issued)

    def behave(connection: socket.socket, dummy: threading.Event) -> None:
        connection.sendall(mysql_greeting())
        request = connection.recv(36, socket.MSG_WAITALL)
        flags = int.from_bytes(request[4:8], "little")
        if request[:4] == b"\x20\x00\x00\x01" and flags & 0xA00 == 0xA00:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)

    with serving(behave) as port:
        yield port


def mysql_greeting(capabilities: int = 0xFFFF) -> bytes:
    """HandshakeV10 with the lower ``capabilities``."""
    body = b"\x0a8.0.36\0" + (11).to_bytes(4, "little") + b"12345678\0"
    body += capabilities.to_bytes(2, "little") + b"\x21\x02\x00\xff\xdf\x15" + bytes(10)
    body += b"123456789012\0caching_sha2_password\0"
    return len(body).to_bytes(3, "little") + b"\0" + body


SERVERS: dict[str, Start] = {
    "ftp": vsftpd,
    "imap": dovecot("imap"),
    "ldap": slapd,
    "mysql": mysql,
    "pop3": dovecot("pop3"),
    "postgres": postgres,
    "smtp": smtp,
}
"""By the names of the option ``starttls``."""


def _write(issued: Issued, directory: Path, settings: str) -> None:
    (directory / "chain.pem").write_bytes(issued.chain_pem)
    (directory / "key.pem").write_bytes(issued.key_pem)
    (directory / "key.pem").chmod(0o600)
    (directory / "conf").write_text(settings, encoding="utf-8")


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    """Run a server in the foreground, until the block is over."""
    program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        raise RuntimeError(f"Cannot test against {command[0]}: it is not installed. Install it.")
    process = subprocess.Popen([program, *command[1:]], stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: _accepts(port), seconds=10)
        yield
    finally:
        process.terminate()
        process.wait()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
