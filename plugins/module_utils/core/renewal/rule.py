# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person wants of a renewal: which lineages, where copies go, who serves them where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..certificates.judgement import Endpoint, read_endpoints
from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAFE_MODES = (0o400, 0o440, 0o600, 0o640)


@dataclass(frozen=True)
class Install:
    """A copy of a lineage for a server that does not read the lineage itself.

    ``owner`` and ``group`` are names or ``None`` (whoever runs us); ``mode`` is the key's.
    """

    lineage: str
    certificate: str
    key: str
    owner: str | None = None
    group: str | None = None
    mode: int = 0o600


@dataclass(frozen=True)
class Server:
    """What serves the certificates: how to test its configuration, how to have it read again.

    Both are argument lists, run in ``container`` or, without one, on the host.
    """

    container: str | None
    test: tuple[str, ...]
    reload: tuple[str, ...]

    @property
    def subject(self) -> str:
        """What reports call it."""
        return self.container or " ".join(self.reload)


@dataclass(frozen=True)
class Rule:
    """The whole wish; ``names`` of lineages are all of them where none is given."""

    names: tuple[str, ...]
    renew_before: float
    installs: tuple[Install, ...]
    server: Server | None
    endpoints: tuple[Endpoint, ...]

    @property
    def deploys(self) -> bool:
        """Whether there is anything to do beyond the renewal itself."""
        return bool(self.installs or self.server)

    @property
    def subject(self) -> str:
        """What the deployment is called: its server, or the copies alone."""
        return self.server.subject if self.server else "copies"


def read_rule(given: Mapping[str, Any]) -> Rule:
    """The wish that the options describe.

    Raises ``OpsError`` ``bad_renew_before``, ``bad_mode``, ``bad_reload``, ``bad_endpoint``.
    """
    if given["renew_before"] <= 0:
        raise OpsError(
            cannot(
                f"renew {given['renew_before']:g} days before the end",
                "the number is not above 0",
                "Give renew_before in days, such as 30",
            ),
            code="bad_renew_before",
        )
    return Rule(
        names=tuple(dict.fromkeys(given["lineages"])),
        renew_before=given["renew_before"],
        installs=tuple(_install(one) for one in given["install"]),
        server=_server(given["reload"]),
        endpoints=read_endpoints(given["endpoints"]),
    )


def _install(given: Mapping[str, Any]) -> Install:
    return Install(
        lineage=given["lineage"],
        certificate=given["certificate"],
        key=given["key"],
        owner=given.get("owner"),
        group=given.get("group"),
        mode=_mode(given["mode"]),
    )


def _mode(text: str) -> int:
    """The mode of a private key, which nobody but its owner and one group may read."""
    if text in {f"{mode:04o}" for mode in _SAFE_MODES}:
        return int(text, 8)
    raise OpsError(
        cannot(
            f"keep a private key with the mode {text!r}",
            "it is not one of " + ", ".join(f"{mode:04o}" for mode in _SAFE_MODES),
            "Give mode as such a string; let the server read the key through its group",
        ),
        code="bad_mode",
    )


def _server(given: Mapping[str, Any] | None) -> Server | None:
    if given is None:
        return None
    if not given["test"] or not given["command"]:
        raise OpsError(
            cannot(
                "reload the server",
                "reload has an empty test or command",
                "Give both as lists of words, such as [nginx, -t] and [nginx, -s, reload]",
            ),
            code="bad_reload",
        )
    return Server(given.get("container"), tuple(given["test"]), tuple(given["command"]))
