#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Dumps the database to /var/backups/equipment-marketplace with its SHA-256 beside it. A dump that
# failed half-way never gets the name of a backup.
set -euo pipefail
umask 077

readonly DIRECTORY=/var/backups/equipment-marketplace
name=equipment_marketplace_$(date -u +%Y%m%d_%H%M%S).sql.gz
part=$DIRECTORY/.$name.part

mkdir -p "$DIRECTORY"
trap 'rm -f "$part"' EXIT

docker exec equipment-marketplace-postgres-1 pg_dump --username equipment \
    --dbname equipment_marketplace | gzip >"$part"
gzip --test "$part"
sum=$(sha256sum <"$part")
printf '%s  %s\n' "${sum%% *}" "$name" >"$DIRECTORY/$name.sha256"
sync "$part" "$DIRECTORY/$name.sha256"
mv "$part" "$DIRECTORY/$name"
echo "Backup created: $DIRECTORY/$name"
