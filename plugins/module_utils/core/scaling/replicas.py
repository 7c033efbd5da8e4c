# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of one service, and which of them a load balancer asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from ..compose.containers import read_container
from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ..http.exchange import Answer

_NUMBER_LABEL = "com.docker.compose.container-number"
_TRIED = re.compile(r",\s*|\s+:\s+")
"""nginx tells each server that it tried in ``$upstream_addr``; the last one is who answered."""
_SHORT_ID = 12
_FIRST_FAULT = 500
_LEAST_ASKED, _ASKED_EACH = 12, 4


@dataclass(frozen=True)
class Replica:
    """One container: by its ``name``, ``identity``, ``hostname`` or an address it can be known."""

    name: str
    identity: str
    hostname: str
    addresses: tuple[str, ...]
    number: int
    state: str
    health: str

    @property
    def serves(self) -> bool:
        """Whether it runs, and is healthy where that is looked after."""
        return self.state == "running" and self.health in ("", "healthy")

    def is_named(self, value: str) -> bool:
        """Whether ``value``, of a header of an answer, means this one."""
        host = value.rpartition(":")[0].strip("[]")
        long_enough = len(value) >= _SHORT_ID
        known = {self.name, self.hostname, *self.addresses} - {""}
        return value in known or host in known or (long_enough and self.identity.startswith(value))

    def as_dict(self) -> dict[str, Any]:
        """The container as JSON-ready values."""
        first = self.addresses[0] if self.addresses else None
        return {
            "name": self.name,
            "address": first,
            "addresses": list(self.addresses),
            "state": self.state,
            "health": self.health or None,
        }


def read_replicas(inspected: Iterable[Mapping[str, Any]], service: str) -> tuple[Replica, ...]:
    """The containers of ``service`` among those of its project, by their numbers.

    The highest numbers are the first that Compose takes away again.
    """
    found = [_replica(one) for one in inspected if _is_of(one, service)]
    return tuple(sorted(found, key=lambda one: (one.number, one.name)))


def among(replicas: Sequence[Replica], names: Sequence[str]) -> tuple[Replica, ...]:
    """Those of ``replicas`` that are called one of ``names``; without names, all of them.

    Raises ``OpsError`` ``no_such_container`` where a name is of none.
    """
    unknown = sorted(set(names) - {one.name for one in replicas})
    if unknown:
        message = cannot(
            f"ask for {unknown[0]}", "the service has no such container", "Correct asked"
        )
        raise OpsError(message, code="no_such_container")
    return tuple(one for one in replicas if not names or one.name in names)


def judge_replicas(
    replicas: Sequence[Replica], wanted: int | None, service: str, now: datetime
) -> Check:
    """``scale.replicas``: critical unless as many serve as are ``wanted``, by default all."""
    serving = [one for one in replicas if one.serves]
    others = "".join(
        f"; {one.name} is {one.health if one.state == 'running' else one.state}"
        for one in replicas
        if not one.serves
    )
    number = max(1, len(replicas)) if wanted is None else wanted
    right = len(serving) == number and not others
    told = f"{len(serving)} of {number} containers of {service} run and are healthy{others}."
    status = Status.OK if right else Status.CRITICAL
    return Check(
        "scale.replicas",
        service,
        status,
        told,
        now,
        len(serving),
        "containers",
        remedy="service_down",
    )


def how_often(replicas: Sequence[Replica]) -> int:
    """How many requests show who is asked: some for each, so that none is missed by chance."""
    return max(_LEAST_ASKED, _ASKED_EACH * len(replicas))


def is_settled(replicas: Sequence[Replica], answers: Sequence[Answer], header: str) -> bool:
    """Whether ``answers`` came from each of ``replicas``, and from nobody else."""
    return not _faults(replicas, answers, header)


def judge_asked(
    replicas: Sequence[Replica], answers: Sequence[Answer], header: str, **told: Any
) -> Check:
    """``scale.asked``: critical unless the balancer asks each of ``replicas``, and nobody else.

    ``told`` are ``service`` and ``now``.
    """
    faults = _faults(replicas, answers, header)
    number = len({one.name for one in replicas if _asked(one, answers, header)})
    well = (
        f"The load balancer asks all {len(replicas)} containers of {told['service']}, and no other."
    )
    ill = f"The load balancer of {told['service']} is wrong: {'; '.join(faults)}."
    return Check(
        id="scale.asked",
        subject=told["service"],
        status=Status.CRITICAL if faults else Status.OK,
        summary=ill if faults else well,
        observed_at=told["now"],
        value=number,
        unit="containers",
    )


def _faults(replicas: Sequence[Replica], answers: Sequence[Answer], header: str) -> list[str]:
    """What is wrong with who answered, as parts of a sentence."""
    failed = [one.failure or f"it answers {one.status}" for one in answers if _failed(one)]
    tried = {value for one in answers for value in _values(one, header)} - {""}
    silent = [one for one in replicas if not _asked(one, answers, header)]
    unknown = {value for value in tried if not any(one.is_named(value) for one in replicas)}
    faults = [f"{len(failed)} of {len(answers)} requests fail ({failed[0]})"] if failed else []
    if len(failed) < len(answers) and not tried:
        return [*faults, f"no answer has the header {header}, which tells whose it is"]
    faults += [f"{one.name} is not asked" for one in silent]
    return faults + [f"{value} is asked and should not be" for value in sorted(unknown)]


def _asked(replica: Replica, answers: Sequence[Answer], header: str) -> bool:
    """Whether the container gave one of the answers."""
    return any(replica.is_named(_values(one, header)[-1]) for one in answers if not _failed(one))


def _failed(answer: Answer) -> bool:
    return bool(answer.failure) or answer.status >= _FIRST_FAULT


def _values(answer: Answer, header: str) -> list[str]:
    """Whom the balancer tried for the answer; the last one gave it."""
    return [part.strip() for part in _TRIED.split(answer.headers.get(header.lower(), ""))]


def _is_of(inspected: Mapping[str, Any], service: str) -> bool:
    container = read_container(inspected)
    return container is not None and container.service == service


def _replica(inspected: Mapping[str, Any]) -> Replica:
    config, state = inspected.get("Config") or {}, inspected.get("State") or {}
    networks = (inspected.get("NetworkSettings") or {}).get("Networks") or {}
    number = str((config.get("Labels") or {}).get(_NUMBER_LABEL) or "")
    health = str((state.get("Health") or {}).get("Status") or "")
    addresses = [network.get("IPAddress") for dummy, network in sorted(networks.items())]
    return Replica(
        name=str(inspected.get("Name") or "").lstrip("/"),
        identity=str(inspected.get("Id") or ""),
        hostname=str(config.get("Hostname") or ""),
        addresses=tuple(str(address) for address in addresses if address),
        number=int(number) if number.isdecimal() else 0,
        state=str(state.get("Status") or "unknown"),
        health="" if health == "none" else health,
    )
