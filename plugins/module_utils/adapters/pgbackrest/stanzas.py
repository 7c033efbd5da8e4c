# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pgBackRest: what it tells, and what it is made to do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, cannot
from ...core.pgbackrest.stanzas import Stanza, read_stanza
from ...core.plan import Effect
from ..programs.called import Call, Ran, call
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class PgBackRest:
    """The program with its stanza, its user and its time in seconds."""

    stanza: str
    config: str | None
    program: str
    user: str | None
    seconds: float

    def run(self, *arguments: str) -> Ran:
        """Run a command of it.

        Raises ``OpsError`` ``missing_program``, ``bad_option``, ``timed_out``, ``program_failed``.
        """
        given = [f"--config={self.config}"] if self.config else []
        command = [self.program, *given, f"--stanza={self.stanza}", *arguments]
        ran = call(Call(command, {}, self.seconds, self.user))
        if not ran.expired and not ran.code:
            return ran
        cause, code = _last_words(ran), "program_failed"
        if ran.expired:
            cause, code = f"it did not end within {self.seconds:g} s", "timed_out"
        raise OpsError(
            cannot(
                f"run pgbackrest {arguments[-1]} for the stanza {self.stanza}",
                cause,
                "Look into its log, by default in /var/log/pgbackrest, and mend that first",
            ),
            code=code,
            details={"stanza": self.stanza, "command": arguments[-1]},
        )

    def read(self) -> Stanza:
        """The stanza as it is now.

        Raises what ``run`` raises, and ``OpsError`` ``bad_answer``.
        """
        return read_stanza(self.stanza, self.run("--output=json", "info").output)


def read_program(params: Mapping[str, Any]) -> PgBackRest:
    """The program that the options name."""
    return PgBackRest(
        stanza=params["stanza"],
        config=params["config"],
        program=params["program"],
        user=params["user"],
        seconds=params["timeout"],
    )


@writes
def create_stanza(program: PgBackRest) -> Effect:
    """Make the stanza, and prove that pgBackRest knows it.

    Raises what ``PgBackRest.run`` raises.
    """
    program.run("stanza-create")
    stanza = program.read()
    return Effect({"stanza": stanza.name}, "" if stanza.exists else "info does not know the stanza")


@writes
def check_archive(program: PgBackRest) -> Effect:
    """Have the server end a file of its log, and prove that the archive has a new one.

    Raises what ``PgBackRest.run`` raises.
    """
    before = program.read().archived
    program.run("check")
    after = program.read().archived
    came = after is not None and after != before
    return Effect({"archived": after}, "" if came else "no new file came into the archive")


@writes
def make_backup(program: PgBackRest, kind: str, *, expires: bool) -> Effect:
    """Make a backup and prove that there is a new one without complaints.

    pgBackRest makes a full one where there is none yet that ``kind`` could be based on.

    Raises what ``PgBackRest.run`` raises.
    """
    known, begun = {one.name for one in program.read().backups}, time.monotonic()
    program.run(f"--type={kind}", *([] if expires else ["--no-expire-auto"]), "backup")
    seconds = round(time.monotonic() - begun, 1)
    made = [one for one in program.read().backups if one.name not in known]
    if not made:
        return Effect({"seconds": seconds}, "info knows no new backup")
    return Effect({**made[0].as_dict(), "seconds": seconds, "expired_old_ones": expires})


def _last_words(ran: Ran) -> str:
    lines = f"{ran.output}\n{ran.complaint}".split("\n")
    told = [line.strip() for line in lines if "ERROR" in line] or [
        line.strip() for line in lines if line.strip()
    ]
    return "; ".join(told[-2:])[:400] or f"it ended with {ran.code}"
