-- SPDX-License-Identifier: GPL-3.0-or-later
-- The application's role is no superuser. pg_monitor lets operations tooling that connects with it
-- see the sessions and statements of all roles, pg_signal_backend lets it end the sessions of other
-- roles that are no superusers.
GRANT pg_monitor, pg_signal_backend TO liyaqa;
CREATE EXTENSION pg_stat_statements;
-- Operations restore databases, which takes a superuser as soon as a dump has this extension.
CREATE ROLE operations SUPERUSER LOGIN PASSWORD 'lab-only-password';
