# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests see more than one major version of PostgreSQL, each the one that it says."""

from __future__ import annotations

from tests.servers.postgres import Postgres, installed_majors


def test_two_majors_at_least() -> None:
    assert len(installed_majors()) >= 2


def test_each_major_runs(any_postgres: Postgres) -> None:
    ((running,),) = any_postgres.rows("SELECT current_setting('server_version_num')::int / 10000")
    assert installed_majors()[running].name == any_postgres.programs.name == "bin"
    assert any_postgres.rows("SELECT current_database()") == [("shop",)]
