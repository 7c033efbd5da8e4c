-- SPDX-License-Identifier: GPL-3.0-or-later
-- Generated rows; the seed makes them the same each time.
SET ROLE spotex_prod;
SELECT setseed(0.5);

INSERT INTO "Agency" (id, name)
SELECT 'agency-' || n, 'Agency ' || n FROM generate_series(1, 40) AS n;

INSERT INTO "User" (id, "agencyId", email, "passwordHash", role)
SELECT 'user-' || n, 'agency-' || 1 + n % 40, format('user%s@agency.example', n),
       '$2b$10$' || left(md5(n::text) || md5('salt' || n), 53),
       CASE WHEN n % 20 = 0 THEN 'ADMIN' ELSE 'AGENT' END
FROM generate_series(1, 400) AS n;

INSERT INTO "Site" (id, "agencyId", title, domain, "deployedAt")
SELECT 'site-' || n, 'agency-' || 1 + n % 40, 'Site ' || n, format('site%s.example', n),
       now() - random() * interval '200 days'
FROM generate_series(1, 600) AS n;

INSERT INTO "Lead" (id, "agencyId", email, status, note, "createdAt")
SELECT 'lead-' || n, 'agency-' || 1 + n % 40, format('lead%s@mail.example', n),
       (ARRAY['NEW', 'CONTACTED', 'WON', 'LOST'])[1 + n % 4], repeat(md5(n::text), 4),
       now() - random() * interval '1 year'
FROM generate_series(1, 20000) AS n;

RESET ROLE;
VACUUM ANALYZE;
