-- SPDX-License-Identifier: GPL-3.0-or-later
-- Applies the migrations as `prisma migrate deploy` does, and notes them with their checksums.
CREATE TABLE "_prisma_migrations" (
    id                  varchar(36) PRIMARY KEY,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
);

SET ROLE spotex_prod;
\i /migrations/20250110090000_init/migration.sql
\i /migrations/20250302101500_add_leads/migration.sql
\i /migrations/20250618080000_add_site_domain/migration.sql
\i /migrations/20250915120000_index_lead_status/migration.sql
RESET ROLE;

INSERT INTO "_prisma_migrations"
    (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
SELECT gen_random_uuid(),
       encode(sha256(pg_read_binary_file(format('/migrations/%s/migration.sql', name))), 'hex'),
       name, moment, moment + interval '80 ms', 1
FROM pg_ls_dir('/migrations') AS name,
     LATERAL (SELECT to_timestamp(left(name, 14), 'YYYYMMDDHH24MISS') AS moment) AS applied
WHERE name ~ '^\d{14}_'
ORDER BY name;
ALTER TABLE "_prisma_migrations" OWNER TO spotex_prod;
