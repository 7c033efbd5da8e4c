-- SPDX-License-Identifier: GPL-3.0-or-later
-- Generated rows; the seed makes them the same each time.
SET ROLE liyaqa;
SELECT setseed(0.5);

INSERT INTO flyway_schema_history
SELECT n, n::text, description, 'SQL', format('V%s__%s.sql', n, replace(description, ' ', '_')),
       hashtext(description), 'liyaqa', now() - (13 - n) * interval '30 days', 20 + n * 7, true
FROM unnest(ARRAY[
    'create tenants', 'create users', 'create members', 'create audit log',
    'add member status', 'create notification queue', 'index audit log', 'add user lock',
    'add member notes', 'create slow queries view', 'index member status', 'add tenant to audit log'
]) WITH ORDINALITY AS migration (description, n);

INSERT INTO tenants (name) SELECT 'Gym ' || n FROM generate_series(1, 20) AS n;

INSERT INTO users (tenant_id, email, password_hash, role)
SELECT 1 + n % 20, format('user%s@gym%s.example', n, 1 + n % 20),
       '$2a$10$' || left(md5(n::text) || md5('salt' || n), 53),
       CASE WHEN n % 10 = 0 THEN 'ADMIN' ELSE 'STAFF' END
FROM generate_series(1, 200) AS n;

-- One address in two tenants: what is done to an account has to name its tenant.
INSERT INTO users (tenant_id, email, password_hash, role)
SELECT tenant, 'admin@test.com', '$2a$10$' || left(md5('admin') || md5('salt'), 53), 'ADMIN'
FROM unnest(ARRAY[1, 2]) AS tenant;

INSERT INTO members (tenant_id, full_name, email, phone, status, notes, joined_at)
SELECT 1 + n % 20, 'Member ' || n, format('member%s@mail.example', n),
       format('+966 5%s', lpad((random() * 99999999)::int::text, 8, '0')),
       CASE WHEN random() < 0.8 THEN 'ACTIVE' ELSE 'EXPIRED' END,
       repeat(md5(n::text), 4), now() - random() * interval '3 years'
FROM generate_series(1, 12000) AS n;

INSERT INTO audit_log (tenant_id, user_id, email, action, ip, created_at)
SELECT users.tenant_id, users.id, users.email,
       (ARRAY['LOGIN', 'LOGIN', 'LOGIN', 'MEMBER_UPDATED', 'BOOKING_CREATED', 'LOGIN_FAILED'])
           [1 + floor(random() * 6)::int],
       '10.0.0.0'::inet + (random() * 65000)::int,
       now() - random() * interval '90 days'
FROM generate_series(1, 60000) AS n
JOIN users ON users.id = 1 + n % 200;

INSERT INTO notification_queue (tenant_id, channel, recipient, status, attempts, created_at, sent_at)
SELECT 1 + n % 20, 'EMAIL', format('member%s@mail.example', n),
       CASE WHEN n <= 4 THEN 'PENDING' ELSE 'SENT' END,
       CASE WHEN n <= 4 THEN 0 ELSE 1 END,
       now() - n * interval '1 minute',
       CASE WHEN n <= 4 THEN NULL ELSE now() - n * interval '1 minute' END
FROM generate_series(1, 500) AS n;

RESET ROLE;
VACUUM ANALYZE;
