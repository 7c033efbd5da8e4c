-- SPDX-License-Identifier: GPL-3.0-or-later
-- The platform connects as the superuser, as its runbook does.
CREATE EXTENSION pg_stat_statements;
