#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See which schema migrations a PostgreSQL database has, and which it lacks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_migrations
short_description: See which schema migrations a PostgreSQL database has and lacks
version_added: 0.1.0
description:
  - Reads the table of Flyway, Prisma, Alembic, Django or Rails, compares it with a directory of
    migrations where one is given, and judges both, as the tool itself would.
  - Nothing in the directory is run, and nothing is written. Mend a failed migration with the tool's
    own repair; a row that is deleted by hand may have its migration applied again.
  - A server that does not answer is the critical check C(postgres.reachable). A missing library, a
    table that O(login_user) may not read, several tables that fit, and a directory that cannot be
    read fail the task.
  - PostgreSQL 13 to 17.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.postgres
  - runbook.ops.checks
options:
  tool:
    description:
      - Whose table to read. With V(auto) it is the one that is there.
      - V(rails) is found by itself only beside C(ar_internal_metadata), since other tools too call
        their table C(schema_migrations).
    type: str
    choices: [auto, flyway, prisma, alembic, django, rails]
    default: auto
  schema:
    description: The schema of the table. By default every schema is searched.
    type: str
  table:
    description: The name of the table, where the tool was told another than its own.
    type: str
  directory:
    description:
      - Directory of migrations on the managed host, searched with all below it.
      - "Flyway: C(V<version>__<description>.sql), C(R__...) and C(B...); migrations in Java are not
        seen. Prisma: C(<name>/migration.sql). Alembic: files that assign C(revision). Django: the
        project, with C(<application>/migrations/*.py), where the application is called like its
        directory. Rails: C(<number>_<name>.rb)."
    type: path
  required:
    description:
      - The version that a release needs.
      - "Flyway: the database has to be there or beyond. Prisma, Rails and Django: it has to be
        applied; of the name, C(<application>.<name>) with Django, the part before the first
        underscore is enough. Alembic: it has to be a head of the database or lie before it, which
        only O(directory) can tell."
    type: str
  limit:
    description: How many migrations of each kind are returned.
    type: int
    default: 20
  thresholds:
    description:
      - When a check is not V(ok). Each threshold has C(op) (V(gt), V(ge), V(lt), V(le)), and the
        limits C(warning) and C(critical), either of which may be left out.
    type: dict
    suboptions:
      pending:
        description: Migrations of O(directory) that are not applied.
        type: dict
        default: {op: ge, warning: 1}
      altered:
        description: Files that are not what was applied, by their checksum (Flyway, Prisma).
        type: dict
        default: {op: ge, warning: 1}
      order:
        description: Pending migrations below the highest that is applied (Flyway).
        type: dict
        default: {op: ge, warning: 1}
"""

EXAMPLES = r"""
- name: See whether the database has what the release needs
  runbook.ops.pg_migrations:
    container: liyaqa-postgres
    login_db: liyaqa
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    tool: flyway
    directory: /opt/liyaqa/backend/migrations
    required: "12"
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence, and that of the worst check.
  returned: always
  type: str
  sample: 6 of 6 checks of liyaqa@liyaqa-postgres are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - C(migrations.history) and C(migrations.failed); with O(directory) also C(migrations.pending),
      C(migrations.altered) (Flyway, Prisma) and C(migrations.order) (Flyway); with O(required) also
      C(migrations.version).
    - Where no tool has a table, C(migrations.history) is unknown, or critical with O(tool).
    - Of a server that does not answer, only C(postgres.reachable).
  returned: always
  type: list
  elements: dict
  sample:
    - id: migrations.failed
      subject: liyaqa@liyaqa-postgres
      status: ok
      value: 0
      unit: ""
      warning: null
      critical: null
      summary: No migration has failed.
      remedy: failed_migration
      observed_at: "2026-01-31T04:00:00Z"
tool:
  description: Whose migrations they are.
  returned: when there is a table, or with O(tool)
  type: str
  sample: flyway
table:
  description: The table with its schema, or null where there is none.
  returned: when there is a table, or with O(tool)
  type: str
  sample: public.flyway_schema_history
current:
  description:
    - Where the database is; with Flyway the highest version, with Alembic its heads, otherwise the
      last that was applied. Null when nothing is.
  returned: when there is a table, or with O(tool)
  type: str
  sample: "12"
counts:
  description: How many RV(migrations) there are of each kind, also beyond O(limit).
  returned: when there is a table, or with O(tool)
  type: dict
  sample:
    applied: 12
    failed: 0
    running: 0
    pending: 1
    altered: 0
    missing: 0
    skipped: 0
    late: 0
migrations:
  description:
    - C(applied) (newest first), C(failed) (begun and not ended well), C(running) (under way now,
      with Prisma), C(missing) (applied and not in O(directory)) and C(late) (applied after a higher
      one, with Flyway) are rows of the table. C(at) is UTC; without a zone with Flyway, which
      writes that of its server; and null with Alembic and Rails.
    - C(pending) (not applied), C(altered) (applied, and different since) and C(skipped) (pending
      below the highest that is applied, with Flyway) are files of O(directory).
  returned: when there is a table, or with O(tool)
  type: dict
  sample:
    applied:
      - {version: "12", name: add tenant to audit log, kind: SQL, at: "2026-01-01T00:00:00"}
    failed: []
    running: []
    pending:
      - {version: "13", name: add notes, path: V13__add_notes.sql}
    altered: []
    missing: []
    skipped: []
    late: []
"""

from typing import Any

from ..module_utils.adapters.postgres.migrations import read_migrations
from ..module_utils.adapters.postgres.session import connect
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.errors import UnreachableError
from ..module_utils.core.migrations.checks import judge_absence, judge_migrations
from ..module_utils.core.migrations.history import read_migration_query
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.postgres.activity_checks import judge_unreachable
from ..module_utils.core.postgres.login import read_login
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options, threshold_option
from ..module_utils.options.postgres import POSTGRES_RULES, postgres_options

ARGUMENT_SPEC: dict[str, Any] = {
    **postgres_options(),
    **check_options(),
    "tool": {
        "type": "str",
        "choices": ["auto", "flyway", "prisma", "alembic", "django", "rails"],
        "default": "auto",
    },
    "schema": {"type": "str"},
    "table": {"type": "str"},
    "directory": {"type": "path"},
    "required": {"type": "str"},
    "limit": {"type": "int", "default": 20},
    "thresholds": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            name: threshold_option(op="ge", warning=1) for name in ("pending", "altered", "order")
        },
    },
}


def run(look: Look) -> Outcome:
    """Look at the table and the directory, and judge them."""
    given = look.params
    login = read_login(given)
    query = read_migration_query(given, login.subject, look.now)
    try:
        with connect(login, docker_socket=given["docker_socket"]) as database:
            found = read_migrations(database, query)
    except UnreachableError as error:
        return Outcome(error.message, checks=judge_unreachable(error, login.subject, look.now))
    if found is None:
        checks = judge_absence(query)
        return Outcome(checks[0].summary, checks=checks)
    checks = judge_migrations(found, query)
    facts = found.as_facts(query.limit)
    return Outcome(summarise(checks, login.subject), checks=checks, facts=facts)


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC, **POSTGRES_RULES)


if __name__ == "__main__":
    main()
