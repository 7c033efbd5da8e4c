# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that unit tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest

from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a real PostgreSQL server, one for all tests."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def client(postgres: Postgres) -> Iterator[Callable[..., Any]]:
    """Open connections as ``Postgres.connect`` does, and close them after the test."""
    opened = []

    def connect(*given: Any, **more: Any) -> Any:
        opened.append(postgres.connect(*given, **more))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
