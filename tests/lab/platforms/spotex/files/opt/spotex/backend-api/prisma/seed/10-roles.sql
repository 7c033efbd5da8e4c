-- SPDX-License-Identifier: GPL-3.0-or-later
-- The application's role is no superuser; it may see the sessions of others, and end them.
GRANT pg_monitor, pg_signal_backend TO spotex_prod;
CREATE EXTENSION pg_stat_statements;
CREATE ROLE operations SUPERUSER LOGIN PASSWORD 'lab-only-password';
