# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the servers of an upstream, test the configuration, reload it; or put the old file back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.logs.redaction import redact_line
from ...core.plan import Effect
from ...core.scaling.upstream import Wish, render_upstream
from ..files.replacing import read_or_none, replace_text
from ..programs.commands import run_anywhere
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODE = 0o644
_SECONDS = 30.0
_SHOWN_LINES = 3


@writes
def switch_upstream(wish: Wish, former: str | None, *, docker_socket: str) -> Effect:
    """Have nginx ask the servers of ``wish``; where it does not want to, the file is as it was.

    Raises ``OpsError`` ``config_broken``, ``reload_failed``, and as ``run_anywhere`` and
    ``replace_text`` do.
    """
    replace_text(wish.path, render_upstream(wish), mode=_MODE)
    try:
        _run(wish, wish.test, "config_broken", docker_socket)
        _run(wish, wish.reload, "reload_failed", docker_socket)
    except OpsError:
        replace_text(wish.path, former, mode=_MODE)
        raise
    same = read_or_none(wish.path) == render_upstream(wish)
    return Effect({"servers": list(wish.servers)}, "" if same else "the file holds something else")


def _run(wish: Wish, argv: Sequence[str], code: str, docker_socket: str) -> None:
    done = run_anywhere(argv, wish.container, seconds=_SECONDS, socket_path=docker_socket)
    if done.status == 0:
        return
    told = [redact_line(line.encode("utf-8")) for line in done.output.splitlines() if line]
    cause = " ".join(told[:_SHOWN_LINES]) or f"{argv[0]} ended with status {done.status}"
    verb = "use the configuration of" if code == "config_broken" else "reload"
    advice = f"{wish.path} is as it was: mend what is named, and run again"
    raise OpsError(cannot(f"{verb} {wish.subject}", cause, advice), code=code)
