# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of an nginx ``upstream`` block, in a file that holds nothing else.

Source: nginx, ``ngx_http_upstream_module``. Names are resolved when the configuration is loaded, so
the one name of a service stands for all of its containers after a reload; a zone in shared memory
lets the workers take turns together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SERVER = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")
_LISTED = re.compile(r"(?:^|(?<=[{;]))\s*server\s+([^;\s]+)", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
_UPSTREAM = re.compile(r"^\s*upstream\s+(\S+)\s*\{", re.MULTILINE)


@dataclass(frozen=True)
class Wish:
    """Which ``servers`` the ``upstream`` of the file ``path`` is to have.

    ``anew`` says that the names are to be resolved anew, even if the file stays as it is.
    """

    path: str
    upstream: str
    servers: tuple[str, ...]
    anew: bool
    container: str | None
    test: tuple[str, ...]
    reload: tuple[str, ...]

    @property
    def subject(self) -> str:
        """Where nginx runs, for people."""
        return f"nginx in {self.container}" if self.container else "nginx"


def read_upstream_wish(options: Mapping[str, Any]) -> Wish:
    """The wish that the options of ``nginx_upstream`` describe.

    Raises ``OpsError`` ``bad_option``: what goes into the configuration must be names and ports.
    """
    if not _NAME.fullmatch(options["upstream"]):
        raise _bad("upstream", options["upstream"], "it is no name")
    wrong = [server for server in options["servers"] if not _SERVER.fullmatch(server)]
    if wrong or not options["servers"]:
        cause = "it is no name or address with a port" if wrong else "it is empty"
        raise _bad("servers", wrong[0] if wrong else "", cause)
    return Wish(
        path=options["path"],
        upstream=options["upstream"],
        servers=tuple(options["servers"]),
        anew=options["resolve_anew"],
        container=options["container"],
        test=tuple(options["test"]),
        reload=tuple(options["reload"]),
    )


def render_upstream(wish: Wish) -> str:
    """The text of the file."""
    servers = "".join(f"    server {server};\n" for server in wish.servers)
    head = "# Written by runbook.ops.nginx_upstream; changes here are lost.\n"
    return f"{head}upstream {wish.upstream} {{\n    zone {wish.upstream} 64k;\n{servers}}}\n"


def plan_upstream(text: str | None, wish: Wish) -> Plan:
    """The change from the file's ``text``, ``None`` where there is none, to the wish.

    Raises ``OpsError`` ``not_ours`` where the file holds more than this one upstream.
    """
    if text is not None:
        _refuse_foreign(text, wish)
    now = {
        "servers": _LISTED.findall(_COMMENT.sub("", text or "")),
        "names": "as of the last reload",
    }
    names = "resolved anew" if wish.anew else now["names"]
    after = {"servers": list(wish.servers), "names": names}
    if text is not None and text != render_upstream(wish) and now == after:
        now = {**now, "text": "of another origin"}
    details = {"upstream": wish.upstream, "servers": list(wish.servers), "file": wish.path}
    return Plan("nginx_upstream", wish.subject, before=now, after=after, details=details)


def summarise_upstream(plan: Plan, *, rehearsed: bool) -> str:
    """``nginx in nginx-lb asks api:3000.``."""
    servers: Sequence[str] = plan.after["servers"]
    would = " would ask " if rehearsed and plan.changes else " asks "
    return f"{plan.subject}{would}{', '.join(servers)}."


def _refuse_foreign(text: str, wish: Wish) -> None:
    bare = _COMMENT.sub("", text)
    blocks, depth = _UPSTREAM.findall(bare), bare.count("{")
    if blocks == [wish.upstream] and depth == 1:
        return
    cause = f"it holds more than, or other than, the upstream {wish.upstream}"
    advice = "Give that upstream a file of its own, included by the configuration"
    raise OpsError(cannot(f"write {wish.path}", cause, advice), code="not_ours")


def _bad(option: str, value: str, cause: str) -> OpsError:
    message = cannot(f"use {option} {value}".strip(), cause, f"Correct {option}")
    return OpsError(message, code="bad_option", details={"option": option})
