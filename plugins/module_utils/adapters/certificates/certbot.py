# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certbot: the lineages that it keeps, and the renewal of one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.check import stamp
from ...core.errors import OpsError, cannot
from ...core.plan import Effect
from ...core.renewal.certbot_output import explain_failure
from ...core.renewal.lineages import Lineage, read_renewal
from ..files.regular_files import UnreadableFileError, read_bytes
from ..programs.commands import run_command
from ..writing import writes
from .pem import pem_blocks, pem_certificates
from .x509 import BrokenCertificateError, need_library, read_certificate

if TYPE_CHECKING:
    from ...core.certificates.judgement import Certificate

HOOK_GUARD = "RUNBOOK_OPS_CERT_RENEW"
"""Set for certbot, so that the deploy hook of the role leaves the deployment to the module."""
_PAUSE = 1  # seconds until a certbot that another one keeps out tries again


@dataclass(frozen=True)
class Certbot:
    """Where certbot keeps its lineages, and how many seconds one run of it may take."""

    config_dir: str
    seconds: float

    def read_lineages(self, names: tuple[str, ...]) -> tuple[Lineage, ...]:
        """The lineages of these names, or all where none is given, in the order of their names.

        One that cannot be used says why. A name that is not there gives no lineage.

        Raises ``OpsError`` ``missing_library``, and ``no_lineages`` where certbot keeps none.
        """
        need_library()
        paths = sorted(Path(self.config_dir, "renewal").glob("*.conf"))
        if not paths:
            raise OpsError(
                cannot(
                    f"find the lineages of certbot in {self.config_dir}",
                    "there is no renewal/*.conf that we may read",
                    "Ask for a first certificate with certbot certonly, or correct config_dir",
                ),
                code="no_lineages",
            )
        return tuple(_read_lineage(path) for path in paths if not names or path.stem in names)

    def rehearse(self, lineage: Lineage) -> None:
        """Let certbot rehearse the renewal: the challenges are real, what it gets is not kept.

        The hooks of the host's directories stay out of it. Certbot writes its log.

        Raises ``OpsError`` with the word of ``explain_failure``, and as ``run_command`` does.
        """
        server = lineage.renewal.rehearsal_server if lineage.renewal else None
        stay = ["--server", server] if server else []
        self._run(lineage, "rehearse", "--dry-run", "--no-directory-hooks", *stay)

    @writes
    def renew(self, lineage: Lineage) -> Effect:
        """Renew one lineage, never by force, and read it again.

        Raises as ``rehearse`` does.
        """
        self._run(lineage, "renew")
        (now,) = self.read_lineages((lineage.name,))
        if now.certificate is None:
            return Effect(shortfall=f"{now.name} cannot be read any more: {now.fault}")
        details = {"serial": now.certificate.serial, "not_after": stamp(now.certificate.not_after)}
        if now.certificate == lineage.certificate:
            return Effect(details, "certbot ended well, but did not renew it")
        return Effect(details)

    def _run(self, lineage: Lineage, verb: str, *more: str) -> None:
        """Run certbot, once another that is at work has ended: cron or a timer may be first."""
        argv = [
            "certbot", "renew", "--cert-name", lineage.name, "--config-dir", self.config_dir,
            "--non-interactive", "--no-random-sleep-on-renew", *more,
        ]  # fmt: skip
        authenticator = lineage.renewal.authenticator if lineage.renewal else ""
        until = time.monotonic() + self.seconds
        while True:
            done = run_command(argv, seconds=self.seconds, environment={HOOK_GUARD: "1"})
            if done.status == 0:
                return
            refusal = explain_failure(done.output, authenticator)
            if refusal.word != "already_running" or time.monotonic() > until:
                break
            time.sleep(_PAUSE)
        raise OpsError(
            cannot(f"{verb} the certificate {lineage.name}", refusal.cause, refusal.advice),
            code=refusal.word,
            details={"lineage": lineage.name},
        )


def _read_lineage(path: Path) -> Lineage:
    try:
        renewal = read_renewal(read_bytes(str(path)).decode("utf-8", "replace"))
        if isinstance(renewal, str):
            return Lineage(path.stem, fault=renewal)
        return Lineage(path.stem, renewal, _read_leaf(renewal.fullchain))
    except UnreadableFileError as error:
        return Lineage(path.stem, fault=f"one of its files {error.cause}")
    except BrokenCertificateError:
        return Lineage(path.stem, fault="its certificate is damaged")


def _read_leaf(path: str) -> Certificate:
    """The first certificate of a chain. Raises ``BrokenCertificateError``."""
    leaf, *dummy = pem_certificates(pem_blocks(read_bytes(path))) or [b""]
    return read_certificate(leaf)
