-- SPDX-License-Identifier: GPL-3.0-or-later
-- Generated rows; the seed makes them the same each time.
SELECT setseed(0.5);

INSERT INTO customers (email, password)
SELECT format('customer%s@mail.example', n),
       '$2b$10$' || left(md5(n::text) || md5('salt' || n), 53)
FROM generate_series(1, 2000) AS n;

INSERT INTO products (name, description, price)
SELECT 'Product ' || n, repeat(md5(n::text), 4), 5 + n % 200 FROM generate_series(1, 3000) AS n;

INSERT INTO orders (customer_id, product_id, quantity, created_at)
SELECT 1 + n % 2000, 1 + n % 3000, 1 + n % 4, now() - random() * interval '1 year'
FROM generate_series(1, 20000) AS n;

VACUUM ANALYZE;
