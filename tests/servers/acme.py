# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ACME server (pebble), a real certbot and a real nginx, as processes on loopback.

The one stand-in is that for a limit: pebble never answers 429, so the server of ``limited`` says in
its place what Let's Encrypt says (RFC 8555, 6.6).
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.samples.certificates import Issued, issue
from tests.servers.tls_servers import HOST

NAMES = ("liyaqa.example", "api.liyaqa.example")
LINEAGE = NAMES[0]
_START_SECONDS = 20
_LIMITED = {
    "type": "urn:ietf:params:acme:error:rateLimited",
    "detail": "too many certificates already issued, retry after 2026-02-01",
    "status": 429,
}


def free_port() -> int:
    """A port that nobody uses yet."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Wait until somebody listens on the port."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on port {port}")
        time.sleep(0.05)


@contextlib.contextmanager
def running(*argv: str, port: int, **environment: str) -> Iterator[None]:
    """Run a server for the block, from the moment that it listens on the port."""
    env = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin", **environment}
    with subprocess.Popen(
        argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(port)
            yield
        finally:
            process.terminate()


@dataclass
class Acme:
    """Where everything is: ``home`` holds certbot's directories, the webroot and nginx."""

    home: Path
    acme_port: int
    http_port: int
    https_port: int
    dns_api: int

    @property
    def directory(self) -> str:
        """The directory of the ACME server."""
        return f"https://localhost:{self.acme_port}/dir"

    @property
    def config_dir(self) -> Path:
        """The configuration directory of certbot."""
        return self.home / "letsencrypt"

    @property
    def webroot(self) -> Path:
        """What nginx serves on its HTTP port."""
        return self.home / "webroot"

    @property
    def nginx(self) -> list[str]:
        """The command that nginx of the tests is told with."""
        path = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
        return [path, "-p", str(self.home), "-e", "error.log", "-c", "nginx.conf"]

    def issue(self, *names: str, by_dns: bool = False) -> None:
        """Ask for the first certificate of a lineage."""
        how = ["--webroot", "--webroot-path", str(self.webroot)]
        if by_dns:
            hooks = [("--manual-auth-hook", "auth"), ("--manual-cleanup-hook", "cleanup")]
            how = ["--manual", "--preferred-challenges", "dns"]
            how += [word for option, hook in hooks for word in (option, str(self.home / hook))]
        subprocess.run(
            [
                "certbot", "certonly", "--non-interactive", "--agree-tos", *how,
                "--register-unsafely-without-email", "--server", self.directory,
                "--config-dir", str(self.config_dir), "--cert-name", names[0],
                *(word for name in names for word in ("--domain", name)),
            ],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip

    def make_due(self, name: str = LINEAGE, *names: str, end: float = 10) -> Issued:
        """Put a certificate that ends soon where the lineage keeps its own."""
        # Certbot asks for the common name too.
        soon = issue(*(names or (name,)), begin=end - 90, end=end, title=name)
        live = self.config_dir / "live" / name
        for file, content in (
            ("cert.pem", soon.pem), ("fullchain.pem", soon.pem), ("privkey.pem", soon.key_pem)
        ):  # fmt: skip
            (live / file).resolve().write_bytes(content)
        return soon

    def configure(self, name: str, old: str, new: str) -> None:
        """Change the renewal configuration of a lineage."""
        path = self.config_dir / "renewal" / f"{name}.conf"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    def answer(self, api: str, **body: object) -> None:
        """Tell the DNS of the tests what to answer."""
        url = f"http://{HOST}:{self.dns_api}/{api}"
        with urllib.request.urlopen(url, json.dumps(body).encode("ascii"), timeout=5) as response:
            response.read()

    def serve(self, issued: Issued) -> None:
        """Have nginx serve a certificate, and wait until it does."""
        (self.home / "served.crt").write_bytes(issued.pem)
        (self.home / "served.key").write_bytes(issued.key_pem)
        subprocess.run([*self.nginx, "-s", "reload"], check=True, capture_output=True, timeout=10)
        deadline = time.monotonic() + _START_SECONDS
        seen = [""]
        while seen[-3:] != [issued.pem.decode("ascii")] * 3:
            seen.append(ssl.get_server_certificate((HOST, self.https_port)))
            time.sleep(0.1)
            if time.monotonic() > deadline:
                raise TimeoutError("nginx does not serve the certificate")


def keep_lineage(home: Path, issued: Issued, *, name: str = LINEAGE, server: str = "") -> Path:
    """The configuration directory of certbot with a lineage of ``issued``, as certbot lays it."""
    config_dir = home / "letsencrypt"
    archive, live = (config_dir / part / name for part in ("archive", "live"))
    for directory in (archive, live, config_dir / "renewal"):
        directory.mkdir(parents=True, exist_ok=True)
    lines = ["version = 2.1.0", f"archive_dir = {archive}"]
    for kind, content in (
        ("cert", issued.pem), ("privkey", issued.key_pem),
        ("chain", issued.pem), ("fullchain", issued.chain_pem),
    ):  # fmt: skip
        (archive / f"{kind}1.pem").write_bytes(content)
        (live / f"{kind}.pem").symlink_to(f"../../archive/{name}/{kind}1.pem")
        lines.append(f"{kind} = {live / kind}.pem")
    lines += ["[renewalparams]", "authenticator = webroot", "account = 1f", f"server = {server}"]
    (config_dir / "renewal" / f"{name}.conf").write_text("\n".join(lines), "utf-8")
    settle_in(home)
    return config_dir


def settle_in(home: Path) -> None:
    """Settings for certbot under ``XDG_CONFIG_HOME``: its log and lock stay in ``home``."""
    user = home / "letsencrypt-user/letsencrypt"
    user.mkdir(parents=True, exist_ok=True)
    settings = f"work-dir = {home}/work\nlogs-dir = {home}/logs\n"
    (user / "cli.ini").write_text(settings, "utf-8")


@contextlib.contextmanager
def running_acme(home: Path) -> Iterator[Acme]:
    """Run everything in ``home``; nginx serves ``served.crt`` and ``served.key``."""
    acme = Acme(home, *(free_port() for dummy in range(4)))
    dns, management = free_port(), free_port()
    tls = issue("localhost", title="acme")
    for path, content in (
        ("acme.crt", tls.pem), ("acme.key", tls.key_pem),
        ("served.crt", tls.pem), ("served.key", tls.key_pem),
    ):  # fmt: skip
        (home / path).write_bytes(content)
    for directory in (acme.webroot, acme.config_dir):
        directory.mkdir(parents=True)
    settle_in(home)
    _write_settings(acme, management)
    tested = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    with (
        running(
            "pebble-challtestsrv", "-defaultIPv4", HOST, "-defaultIPv6", "", "-http01", "",
            "-https01", "", "-tlsalpn01", "", "-dns01", f"{HOST}:{dns}",
            "-management", f"{HOST}:{acme.dns_api}", port=acme.dns_api,
        ),
        running(
            "pebble", "-config", str(home / "pebble.json"), "-dnsserver", f"{HOST}:{dns}",
            port=acme.acme_port, **tested,
        ),
        running(*acme.nginx, "-g", "daemon off;", port=acme.https_port),
    ):  # fmt: skip
        yield acme


@contextlib.contextmanager
def limited(acme: Acme) -> Iterator[int]:
    """The port of a server that knows the account, and lets no order through; see above."""
    port = free_port()
    body = json.dumps(_LIMITED).replace('"', '\\"')
    config = acme.home / "limited.conf"
    config.write_text(
        f"""
        pid limited.pid; error_log limited.log; events {{}}
        http {{
            access_log off;
            server {{
                listen {HOST}:{port} ssl;
                ssl_certificate acme.crt; ssl_certificate_key acme.key;
                location = /order-plz {{
                    default_type application/problem+json;
                    add_header Retry-After 3600 always;
                    return 429 "{body}";
                }}
                location / {{
                    proxy_pass https://{HOST}:{acme.acme_port};
                    proxy_set_header Host $http_host;
                }}
            }}
        }}""",
        "utf-8",
    )
    argv = [*acme.nginx[:-1], "limited.conf", "-g", "daemon off;"]
    accounts = acme.config_dir / "accounts"
    shutil.copytree(accounts / f"localhost:{acme.acme_port}", accounts / f"localhost:{port}")
    with running(*argv, port=port):
        yield port


def _write_settings(acme: Acme, management: int) -> None:
    home = acme.home
    pebble = {
        "listenAddress": f"{HOST}:{acme.acme_port}",
        "managementListenAddress": f"{HOST}:{management}",
        "certificate": str(home / "acme.crt"),
        "privateKey": str(home / "acme.key"),
        "httpPort": acme.http_port,
        "tlsPort": free_port(),
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "certificateValidityPeriod": 90 * 86400,
    }
    (home / "pebble.json").write_text(json.dumps({"pebble": pebble}), "utf-8")
    (home / "nginx.conf").write_text(
        f"""
        user {getpass.getuser()};
        pid nginx.pid; error_log error.log; events {{}}
        http {{
            access_log off; client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
            uwsgi_temp_path tmp; scgi_temp_path tmp;
            server {{ listen {HOST}:{acme.http_port}; root {acme.webroot}; }}
            server {{
                listen {HOST}:{acme.https_port} ssl;
                ssl_certificate served.crt; ssl_certificate_key served.key;
                include extra*.conf;
            }}
        }}""",
        "utf-8",
    )
    api = f"http://{HOST}:{acme.dns_api}"
    record = '"host": "_acme-challenge.\'"$CERTBOT_DOMAIN"\'."'
    for hook, call, words in (
        ("auth", "set-txt", f'{record}, "value": "\'"$CERTBOT_VALIDATION"\'"'),
        ("cleanup", "clear-txt", record),
    ):
        path = home / hook
        path.write_text(f"#!/bin/sh\nexec curl -fsS -d '{{{words}}}' {api}/{call}\n", "utf-8")
        path.chmod(0o755)
