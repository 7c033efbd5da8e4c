# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of the demo service, under the names that Spring Boot or a Node service gives them.

The figures of the heap are those of this process; its limit is a constant.
"""

from __future__ import annotations

import itertools
import resource
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, float("inf"))  # seconds
HEAP_MAX_BYTES = 512 * 1024 * 1024


class Metrics:
    """Counts and durations of requests by method, uri and status; ``style`` is spring or node."""

    def __init__(self, style: str) -> None:
        self._spring = style == "spring"
        self._seconds_name = (
            "http_server_requests_seconds" if self._spring else "http_request_duration_seconds"
        )
        self._total_name = "http_server_requests_total" if self._spring else "http_requests_total"
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}
        self._buckets: dict[str, list[int]] = {}
        self._started = time.time()

    def observe(self, uri: str, status: int, seconds: float) -> None:
        """Add one request."""
        labels = f'method="GET",{"uri" if self._spring else "route"}="{uri}",status="{status}"'
        with self._lock:
            counts = self._buckets.setdefault(labels, [0] * len(BUCKETS))
            first = next(i for i, bound in enumerate(BUCKETS) if seconds <= bound)
            counts[first] += 1
            self._seconds[labels] = self._seconds.get(labels, 0.0) + seconds

    def render(self, pool: tuple[int, int] | None) -> str:
        """All samples in the text format of Prometheus; pool is (size, idle connections)."""
        with self._lock:
            lines = [line for labels in self._buckets for line in self._requests(labels)]
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        lines.append(f"process_start_time_seconds {self._started}")
        if not self._spring:
            return "\n".join([*lines, f"process_resident_memory_bytes {used}"]) + "\n"
        lines += [
            f'jvm_memory_used_bytes{{area="heap"}} {used}',
            f'jvm_memory_max_bytes{{area="heap"}} {HEAP_MAX_BYTES}',
        ]
        if pool:
            size, idle = pool
            lines += [
                f"hikaricp_connections_active {size - idle}",
                f"hikaricp_connections_idle {idle}",
                f"hikaricp_connections_max {size}",
            ]
        return "\n".join(lines) + "\n"

    def _requests(self, labels: str) -> Iterator[str]:
        for bound, count in zip(BUCKETS, itertools.accumulate(self._buckets[labels])):
            name = "+Inf" if bound == float("inf") else str(bound)
            yield f'{self._seconds_name}_bucket{{{labels},le="{name}"}} {count}'
        total = sum(self._buckets[labels])
        yield f"{self._seconds_name}_count{{{labels}}} {total}"
        yield f"{self._seconds_name}_sum{{{labels}}} {self._seconds[labels]:.6f}"
        yield f"{self._total_name}{{{labels}}} {total}"
