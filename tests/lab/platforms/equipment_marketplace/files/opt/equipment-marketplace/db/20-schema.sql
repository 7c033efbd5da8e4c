-- SPDX-License-Identifier: GPL-3.0-or-later
SET ROLE equipment;

CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text NOT NULL UNIQUE,
    password   text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE listings (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id      bigint NOT NULL REFERENCES users,
    title         text NOT NULL,
    description   text NOT NULL,
    price_per_day numeric(10, 2) NOT NULL,
    available     boolean NOT NULL DEFAULT true
);
CREATE INDEX listings_owner_id_idx ON listings (owner_id);

CREATE TABLE rentals (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    listing_id bigint NOT NULL REFERENCES listings,
    user_id    bigint NOT NULL REFERENCES users,
    starts_on  date NOT NULL,
    ends_on    date NOT NULL
);
CREATE INDEX rentals_listing_id_idx ON rentals (listing_id);
CREATE INDEX rentals_user_id_idx ON rentals (user_id);
