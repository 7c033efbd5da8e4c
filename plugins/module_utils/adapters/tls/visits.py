# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What TLS endpoints serve: many at once, each within its own deadline.

Each address of a host is visited, all at the same time.
"""

from __future__ import annotations

import functools
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ...core.certificates.judgement import Observation
from ...core.certificates.visits import Visit, merge_visits
from ...core.errors import OpsError, cannot
from ..certificates.x509 import need_library
from ..deadline import LONGEST, Deadline, ask_all, check_timeout
from ..network.connecting import apart, find_targets
from .faults import describe_fault, unresolved
from .settings import Settings
from .visit import Visitor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.certificates.judgement import Endpoint
    from ..network.connecting import Resolve, Target

_AT_ONCE = range(1, 257)
_PATIENCE = 0.25


def read_served(
    endpoints: Sequence[Endpoint],
    ca_file: str | None,
    *,
    seconds: float,
    at_once: int,
    resolve: Resolve = socket.getaddrinfo,
) -> tuple[Observation, ...]:
    """What each endpoint serves, in the order of ``endpoints``, ``at_once`` of them at a time.

    An endpoint gives one observation, or one for each thing that its addresses serve.
    ``seconds`` hold for all that one endpoint is asked: its addresses, connections, handshakes.
    ``ca_file`` holds the trust anchors as PEM; ``None`` stands for those of the host.

    Raises ``OpsError`` ``missing_library``, ``bad_ca_file``, ``bad_timeout``, ``bad_max_workers``.
    """
    check_timeout(seconds)
    _check_at_once(at_once)
    if not endpoints:
        return ()
    need_library()
    settings = Settings(ca_file)

    def look(endpoint: Endpoint) -> tuple[Observation, ...]:
        return _observe(endpoint, settings, Deadline(seconds), resolve)

    questions = [functools.partial(look, endpoint) for endpoint in endpoints]
    # Each visit keeps its own deadline, but for the resolver; the patience tells the two apart.
    limit = min(seconds + _PATIENCE, LONGEST)
    answers = ask_all(questions, seconds=limit, at_once=at_once)
    pairs = zip(endpoints, answers)
    return tuple(
        one for endpoint, seen in pairs for one in seen or (_unanswered(endpoint, seconds),)
    )


def _unanswered(endpoint: Endpoint, seconds: float) -> Observation:
    return Observation(endpoint.subject, endpoint, fault=unresolved(seconds))


def _check_at_once(at_once: int) -> None:
    if at_once not in _AT_ONCE:
        raise OpsError(
            cannot(
                f"ask {at_once} endpoints at the same time",
                f"the number is not between {_AT_ONCE[0]} and {_AT_ONCE[-1]}",
                "Give max_workers as such a number, or leave it out",
            ),
            code="bad_max_workers",
        )


def _observe(
    endpoint: Endpoint, settings: Settings, deadline: Deadline, resolve: Resolve
) -> tuple[Observation, ...]:
    try:
        targets = find_targets(endpoint.host, endpoint.port, resolve)
    except OSError as error:
        fault = describe_fault(error, seconds=deadline.seconds)
        return (Observation(endpoint.subject, endpoint, fault=fault),)
    each = apart(targets) if endpoint.all_addresses else []
    if len(each) <= 1:
        return (Visitor(endpoint, targets, settings, deadline).observe(),)

    def visit(target: Target) -> Visit:
        seen = Visitor(endpoint, [target], settings, deadline).observe()
        return Visit(str(target[1][0]), seen)

    with ThreadPoolExecutor(max_workers=len(each)) as pool:
        return merge_visits(endpoint, list(pool.map(visit, each)))
