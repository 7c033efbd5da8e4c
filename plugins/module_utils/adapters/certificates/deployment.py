# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the lineages to what clients see: place copies, test, reload, and prove it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.logs.redaction import redact_line
from ...core.plan import Effect
from ...core.renewal.checks import describe_stale, stale_leaves
from ...core.renewal.plan import Site
from ..programs.commands import run_anywhere
from ..writing import writes
from .copies import Placing, read_copy
from .served_leaves import read_leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.renewal.lineages import Lineage
    from ...core.renewal.rule import Install, Rule, Server
    from .certbot import Certbot

_COMMAND_SECONDS = 30.0
_PAUSE = 0.2
_IN_A_ROW = 3
_SHOWN_LINES = 3


@dataclass(frozen=True)
class Deployment:
    """Everything between certbot and the clients, for one wish.

    ``wait`` is how many seconds the server gets until it serves what it should.
    """

    rule: Rule
    certbot: Certbot
    docker_socket: str
    wait: float

    def look(self) -> Site:
        """Lineages, copies and what is served, as it is now.

        Raises as ``Certbot.read_lineages`` does.
        """
        lineages = self.certbot.read_lineages(self.rule.names)
        by_name = {one.name: one for one in lineages}
        return Site(
            lineages=lineages,
            copies=tuple(
                read_copy(one, by_name[one.lineage])
                for one in self.rule.installs
                if one.lineage in by_name
            ),
            leaves=read_leaves(self.rule.endpoints),
        )

    def test(self) -> None:
        """Test the configuration of the server, which changes nothing.

        Raises ``OpsError`` ``config_broken`` with the server's own words, and as ``run_anywhere``.
        """
        if self.rule.server is not None:
            self._run(self.rule.server, self.rule.server.test, "config_broken")

    @writes
    def deploy(self, lineages: Sequence[Lineage], installs: tuple[Install, ...]) -> Effect:
        """Place the copies, test, reload, and wait until every address serves what it should.

        Where the test or the reload fails, the former copies are put back and nothing has been
        reloaded, so the old certificate stays served.

        Raises ``OpsError`` ``copy_failed``, ``config_broken``, ``reload_failed``, and as
        ``run_anywhere`` does.
        """
        placing = Placing(installs)
        placing.place({one.name: one for one in lineages})
        try:
            self.test()
            self._reload()
        except OpsError:
            placing.put_back()
            raise
        placing.settle()
        return self._prove()

    @writes
    def _reload(self) -> None:
        if self.rule.server is not None:
            self._run(self.rule.server, self.rule.server.reload, "reload_failed")

    def _prove(self) -> Effect:
        """Ask until every address has served it some times in a row.

        For a tenth of a second behind a reload, old and new workers of nginx both answer.
        """
        deadline = time.monotonic() + self.wait
        in_a_row = 0
        while True:
            site = self.look()
            stale = stale_leaves(site)
            in_a_row = 0 if stale else in_a_row + 1
            if in_a_row == _IN_A_ROW or (stale and time.monotonic() >= deadline):
                break
            time.sleep(_PAUSE)
        served = {leaf.endpoint.subject: leaf.sha256[:16] for leaf in site.leaves}
        return Effect({"served": served}, describe_stale(stale))

    def _run(self, server: Server, argv: tuple[str, ...], code: str) -> None:
        done = run_anywhere(
            argv, server.container, seconds=_COMMAND_SECONDS, socket_path=self.docker_socket
        )
        if done.status == 0:
            return
        told = [redact_line(line.encode("utf-8")) for line in done.output.splitlines() if line]
        cause = " ".join(told[:_SHOWN_LINES]) or f"{argv[0]} ended with status {done.status}"
        broken = code == "config_broken"
        raise OpsError(
            cannot(
                f"{'use the configuration of' if broken else 'reload'} {server.subject}",
                cause,
                "Nothing was reloaded and the old certificate stays served: mend what it names,"
                " and run again",
            ),
            code=code,
            details={"server": server.subject, "status": done.status},
        )
