# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP API of a Prometheus (prometheus.io/docs, "HTTP API", version 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..core.metrics import Query, Survey, read_alerts, read_reply
from .http_client import read_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.http_exchange import Answer, Request

ANSWER_LIMIT = 4 * 1024 * 1024


def read_survey(base: Request, queries: Sequence[Query], *, alerts: bool, seconds: float) -> Survey:
    """Ask every query, and the alerts where wanted, at the same time.

    A trivial query goes first: where even that is not answered, nothing else is asked, so that one
    cause is told once.

    Raises ``OpsError`` ``bad_timeout``.
    """
    failure = read_reply(_ask(base, ["query?query=1"], seconds)[0]).failure
    if failure:
        return Survey(failure=failure)
    counted = [query for query in queries if query.volume_expr]
    targets = [_query(query.expr) for query in queries]
    targets += [_query(query.volume_expr) for query in counted]
    answers = _ask(base, [*targets, "alerts"] if alerts else targets, seconds)
    replies = [read_reply(answer) for answer in answers[: len(targets)]]
    volumes = dict(zip(counted, replies[len(queries) :]))
    return Survey(
        replies=tuple(replies[: len(queries)]),
        volumes=tuple(volumes.get(query) for query in queries),
        alerts=read_alerts(answers[-1]) if alerts else None,
    )


def _ask(base: Request, targets: Sequence[str], seconds: float) -> list[Answer]:
    prefix = base.target.partition("?")[0].rstrip("/")
    requests = [replace(base, target=f"{prefix}/api/v1/{target}") for target in targets]
    return read_answers(requests, seconds=seconds, limit=ANSWER_LIMIT)


def _query(expr: str) -> str:
    return f"query?query={quote(expr, safe='')}"
