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

SET ROLE spilltea;
\i /migrations/20250601100000_init/migration.sql
\i /migrations/20250715083000_add_user_blocking/migration.sql
\i /migrations/20251003140000_index_post_created/migration.sql
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
ALTER TABLE "_prisma_migrations" OWNER TO spilltea;
