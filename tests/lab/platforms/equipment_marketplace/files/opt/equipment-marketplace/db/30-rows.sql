-- SPDX-License-Identifier: GPL-3.0-or-later
-- Generated rows; the seed makes them the same each time.
SET ROLE equipment;
SELECT setseed(0.5);

INSERT INTO users (email, password)
SELECT format('user%s@mail.example', n), '$2b$10$' || left(md5(n::text) || md5('salt' || n), 53)
FROM generate_series(1, 1000) AS n;

INSERT INTO listings (owner_id, title, description, price_per_day, available)
SELECT 1 + n % 1000, 'Excavator ' || n, repeat(md5(n::text), 4), 20 + n % 300, random() < 0.7
FROM generate_series(1, 5000) AS n;

INSERT INTO rentals (listing_id, user_id, starts_on, ends_on)
SELECT 1 + n % 5000, 1 + n % 1000, day, day + 3
FROM generate_series(1, 20000) AS n,
     LATERAL (SELECT current_date - (random() * 300)::int AS day) AS started;

RESET ROLE;
VACUUM ANALYZE;
