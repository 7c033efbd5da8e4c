-- SPDX-License-Identifier: GPL-3.0-or-later
-- Generated rows; the seed makes them the same each time.
SET ROLE spilltea;
SELECT setseed(0.5);

INSERT INTO "User" (id, email, password, "createdAt")
SELECT 'user-' || n, format('user%s@mail.example', n),
       '$2b$10$' || left(md5(n::text) || md5('salt' || n), 53),
       now() - random() * interval '1 year'
FROM generate_series(1, 2000) AS n;

INSERT INTO "Post" (id, title, body, "authorId", "viewCount", "createdAt")
SELECT 'post-' || n, 'Tea ' || n, repeat(md5(n::text), 4), 'user-' || 1 + n % 2000,
       (random() * 1000)::int, now() - random() * interval '1 year'
FROM generate_series(1, 15000) AS n;

INSERT INTO "UserBlock" ("blockerId", "blockedId")
SELECT 'user-' || n, 'user-' || n + 1 FROM generate_series(1, 100) AS n;

RESET ROLE;
VACUUM ANALYZE;
