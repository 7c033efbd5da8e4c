# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP API of a Prometheus (prometheus.io/docs, "HTTP API", version 1)."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...core.metrics.answers import (
    Query,
    Survey,
    read_alerts,
    read_evaluation,
    read_reply,
    read_targets,
)
from ..network.http import read_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.http.exchange import Answer, Request

ANSWER_LIMIT = 4 * 1024 * 1024


def read_survey(
    base: Request,
    queries: Sequence[Query],
    *,
    alerts: bool,
    targets: bool,
    clock: bool,
    seconds: float,
) -> Survey:
    """Ask every query, and ``alerts`` and ``targets`` where wanted, at the same time.

    A trivial query goes first: where even that is not answered, nothing else is asked, so that one
    cause is told once. It also tells what time it is for Prometheus.

    Raises ``OpsError`` ``bad_timeout``.
    """
    began = time.time()
    (first,) = _ask(base, ["query?query=1"], seconds)
    ended = time.time()
    failure = read_reply(first).failure
    if failure:
        return Survey(failure=failure)
    counted = [query for query in queries if query.volume_expr]
    exprs = [query.expr for query in queries] + [query.volume_expr for query in counted]
    more = ["alerts"] * alerts + ["targets?state=active"] * targets
    answers = _ask(base, [*map(_query, exprs), *more], seconds)
    replies = [read_reply(answer) for answer in answers[: len(exprs)]]
    volumes = dict(zip(counted, replies[len(queries) :]))
    return Survey(
        replies=tuple(replies[: len(queries)]),
        volumes=tuple(volumes.get(query) for query in queries),
        alerts=read_alerts(answers[len(exprs)]) if alerts else None,
        targets=read_targets(answers[-1]) if targets else None,
        clock=clock,
        evaluated=read_evaluation(first),
        began=began,
        ended=ended,
    )


def _ask(base: Request, targets: Sequence[str], seconds: float) -> list[Answer]:
    prefix = base.target.partition("?")[0].rstrip("/")
    requests = [replace(base, target=f"{prefix}/api/v1/{target}") for target in targets]
    return read_answers(requests, seconds=seconds, limit=ANSWER_LIMIT)


def _query(expr: str) -> str:
    return f"query?query={quote(expr, safe='')}"
