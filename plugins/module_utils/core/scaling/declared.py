# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many containers a Compose service has, as Compose reads it: one declared state.

Sources: the Compose specification (``deploy.replicas``, ``scale``, ``container_name``, ``ports``,
interpolation) and the format of ``.env``, of whose lines the last one counts. A number given by
``--scale`` is undone by the next ``up``; one in the environment file is read by each of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..plan import Plan
from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READ = re.compile(
    r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>\d+))?\}|(?P<plain>[A-Za-z_]\w*))", re.ASCII
)
_RANGE = re.compile(r"(\d+)-(\d+)")
_MOST = 100


@dataclass(frozen=True)
class Wish:
    """How many containers ``service`` is to have, and the ``variable`` that says so.

    ``override`` is the reason for which it is done although an incident is open.
    """

    service: str
    replicas: int
    variable: str
    override: str = ""


@dataclass(frozen=True)
class Declared:
    """What is declared: ``replicas`` is ``None`` where no number is."""

    replicas: int | None


def read_wish(options: Mapping[str, Any]) -> Wish:
    """The wish that the options of ``compose_replicas`` describe.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "replicas", least=1, most=_MOST)
    service = options["service"]
    variable = options["variable"] or f"{re.sub(r'[^A-Z0-9]', '_', service.upper())}_REPLICAS"
    if not _NAME.fullmatch(variable):
        raise OpsError(
            cannot(f"use variable {variable}", "it is no name of a variable", "Correct variable"),
            code="bad_option",
            details={"option": "variable"},
        )
    return Wish(service, options["replicas"], variable, options["override"] or "")


def read_replicas(document: Any, environment: str, wish: Wish) -> Declared:
    """What the Compose file ``document`` and its ``environment`` declare now.

    Raises ``OpsError`` ``no_such_service``, ``not_declared`` where the file reads the number from
    nowhere, and ``not_scalable`` where a second container could not start.
    """
    services = document.get("services") if isinstance(document, dict) else None
    given = services.get(wish.service) if isinstance(services, dict) else None
    if not isinstance(given, dict):
        known = (
            ", ".join(sorted(map(str, services))) if isinstance(services, dict) else "no service"
        )
        raise _refused(wish, f"the Compose file has {known}", "Correct service", "no_such_service")
    if wish.replicas > 1:
        _refuse_fixed(given, wish)
    default = _default(given, wish)
    text = _value(environment, wish.variable)
    number = default if text is None else text
    return Declared(int(number) if number.isdecimal() else None)


def read_stated(stated: Any, environment: str) -> int | None:
    """The number of containers that a Compose file states, with its ``environment`` filled in.

    ``None`` where none can be told.
    """
    match = _READ.fullmatch(str(stated).strip())
    number = str(stated)
    if match is not None:
        value = _value(environment, match["braced"] or match["plain"])
        number = value or match["default"] or ""
    return int(number) if number.isdecimal() else None


def plan_replicas(declared: Declared, wish: Wish, env_file: str) -> Plan:
    """The change from what is declared to what is wished for."""
    reason = {"override": wish.override} if wish.override else {}
    return Plan(
        action="compose_replicas",
        subject=wish.service,
        before={"replicas": declared.replicas},
        after={"replicas": wish.replicas},
        details={
            "from": declared.replicas,
            "to": wish.replicas,
            "variable": wish.variable,
            "file": env_file,
            **reason,
        },
    )


def set_variable(text: str, name: str, value: int) -> str:
    """``text`` of an environment file with ``name`` set; every other line stays as it is."""
    lines = text.splitlines(keepends=True)
    at = [number for number, line in enumerate(lines) if _line(name).match(line)]
    if at:
        ending = "\n" if lines[at[-1]].endswith("\n") else ""
        lines[at[-1]] = f"{name}={value}{ending}"
        return "".join(lines)
    gap = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{gap}{name}={value}\n"


def summarise_replicas(plan: Plan, *, rehearsed: bool) -> str:
    """``Declared 3 containers of api, which were 1.``."""
    number, former = plan.after["replicas"], plan.before["replicas"]
    if not plan.changes:
        return f"{plan.subject} is declared with {_containers(number)} already."
    done = "Would declare" if rehearsed else "Declared"
    were = "no number" if former is None else str(former)
    return f"{done} {_containers(number)} of {plan.subject}, where {were} stood."


def _containers(number: int) -> str:
    return "1 container" if number == 1 else f"{number} containers"


def _refuse_fixed(given: Mapping[str, Any], wish: Wish) -> None:
    """What only one container can have: a name, or a port of the host."""
    if given.get("container_name"):
        cause = f"its container_name {given['container_name']} can be given once only"
        raise _refused(wish, cause, "Take container_name out of the Compose file", "not_scalable")
    if given.get("network_mode") == "host":
        cause = "its containers would share the ports of the host"
        raise _refused(wish, cause, "Take network_mode out of the Compose file", "not_scalable")
    narrow = [port for port in given.get("ports") or () if _room(port) < wish.replicas]
    if narrow:
        cause = f"a port of the host ({_published(narrow[0])}) can be given once only"
        advice = "Publish the load balancer alone, or a range of ports"
        raise _refused(wish, cause, advice, "not_scalable")


def _published(port: Any) -> str:
    """The part of a port that belongs to the host; empty where the engine chooses."""
    if isinstance(port, dict):
        return str(port.get("published") or "")
    return str(port).partition("/")[0].rpartition(":")[0].rpartition(":")[2]


def _room(port: Any) -> int:
    """For how many containers the port suffices."""
    published = _published(port)
    match = _RANGE.fullmatch(published)
    if match:
        return int(match[2]) - int(match[1]) + 1
    return 1 if published else _MOST


def _default(given: Mapping[str, Any], wish: Wish) -> str:
    """The number that holds where the variable is not set."""
    deploy = given.get("deploy")
    stated = deploy.get("replicas") if isinstance(deploy, dict) else None
    stated = given.get("scale") if stated is None else stated
    match = _READ.fullmatch(str(stated).strip())
    if match is None or wish.variable not in (match["braced"], match["plain"]):
        reads = "does not say" if stated is None else f"says {stated}"
        raise _refused(
            wish,
            f"the Compose file {reads} how many containers it has, so the next up would undo it",
            f"Give it deploy: {{replicas: ${{{wish.variable}:-1}}}} there",
            "not_declared",
        )
    return match["default"] or ""


def _value(environment: str, name: str) -> str | None:
    """What the last line of ``name`` says; ``None`` where there is none."""
    found = [match[1] for line in environment.splitlines() if (match := _line(name).match(line))]
    return found[-1].partition(" #")[0].strip().strip("\"'") if found else None


def _line(name: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:export\s+)?{re.escape(name)}\s*=(.*)", re.ASCII)


def _refused(wish: Wish, cause: str, advice: str, code: str) -> OpsError:
    details = {"service": wish.service, "variable": wish.variable}
    return OpsError(cannot(f"scale {wish.service}", cause, advice), code=code, details=details)
