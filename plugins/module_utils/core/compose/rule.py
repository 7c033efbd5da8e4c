# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of a Compose project, and what the engine said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..ranges import check_range
from ..thresholds import Threshold, read_threshold
from .file import merge_services

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..environment.names import Environment
    from .containers import Container
    from .file import Service
    from .usage import Usage

LIMITS: dict[str, dict[str, Any]] = {
    "cpu": {"op": "ge", "warning": 80},
    "memory": {"op": "ge", "warning": 80, "critical": 95},
    "restarts": {"op": "ge", "warning": 1, "critical": 5},
}
"""The limits where none are given: percent, percent, restarts."""


@dataclass(frozen=True)
class Reading:
    """What the engine said.

    ``images`` holds what each name means now, ``None`` for nothing; a name that could not be asked
    for is absent. ``usage`` is by name of the container, for those with figures.
    """

    containers: tuple[Container, ...] = ()
    images: Mapping[str, str | None] = field(default_factory=dict)
    usage: Mapping[str, Usage] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """What the Compose file ``path`` declares, or why it cannot be told.

    ``names`` are those of all services, also of those that need not run; ``None`` where not all are
    known. ``faults`` are sentences on environment files that should be there, ``env_files`` the
    names in the others, by service.
    """

    path: str
    services: tuple[Service, ...] = ()
    names: frozenset[str] | None = None
    failure: OpsError | None = None
    faults: tuple[str, ...] = ()
    env_files: Mapping[str, Environment] = field(default_factory=dict)


@dataclass(frozen=True)
class ComposeRule:
    """What is wanted: ``environment`` holds names by service; ``pause`` is ``None`` for no stats.

    ``known`` are the names of all services of the project; ``None`` where not all are known.
    """

    project: str
    services: tuple[Service, ...]
    known: frozenset[str] | None
    limits: Mapping[str, Threshold]
    restart_window: float
    pause: float | None
    environment: Mapping[str, Sequence[str]]
    declared: Declared | None = None

    @property
    def env_files(self) -> Mapping[str, Environment]:
        """The names that the environment files hold, by service."""
        return self.declared.env_files if self.declared else {}


def read_compose_rule(options: Mapping[str, Any], declared: Declared | None) -> ComposeRule:
    """The rule that the options of ``compose_health`` describe.

    Raises ``OpsError`` ``bad_threshold`` and ``bad_option``.
    """
    check_range(options, "pause", least=0.01, most=60)
    check_range(options, "restart_window")
    for item in options["services"]:
        if item["replicas"] is not None:
            check_range(item, "replicas", least=1)
    given, names = options["thresholds"], declared.names if declared else None
    services = merge_services(declared.services if declared else (), options["services"])
    return ComposeRule(
        project=options["project"],
        services=services,
        known=None if names is None else names | {service.name for service in services},
        limits={name: read_threshold(name, given[name]) for name in LIMITS},
        restart_window=options["restart_window"],
        pause=options["pause"] if options["stats"] else None,
        environment=_read_names(options["environment"]),
        declared=declared,
    )


def _read_names(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The option ``environment``: a list of names for each service."""
    for service, names in given.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise OpsError(
                cannot(
                    f"use environment of {service}", "it is no list of names", "Give names only"
                ),
                code="bad_option",
            )
    return {str(service): tuple(names) for service, names in given.items()}
