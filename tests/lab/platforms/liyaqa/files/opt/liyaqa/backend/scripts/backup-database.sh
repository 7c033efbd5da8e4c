#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Dumps the database to /var/backups/liyaqa/liyaqa_YYYYMMDD_HHMMSS.sql.gz with its SHA-256 beside
# it, and uploads the dump to S3. A dump that failed half-way never gets the name of a backup.
set -euo pipefail
umask 077

readonly DIRECTORY=/var/backups/liyaqa
readonly HERE=/opt/liyaqa
name=liyaqa_$(date -u +%Y%m%d_%H%M%S).sql.gz
part=$DIRECTORY/.$name.part

mkdir -p "$DIRECTORY"
trap 'rm -f "$part"' EXIT

echo "Starting backup of liyaqa database..."
docker exec liyaqa-postgres pg_dump --username liyaqa --dbname liyaqa | gzip >"$part"
gzip --test "$part"
sum=$(sha256sum <"$part")
printf '%s  %s\n' "${sum%% *}" "$name" >"$DIRECTORY/$name.sha256"
sync "$part" "$DIRECTORY/$name.sha256"
mv "$part" "$DIRECTORY/$name"
echo "Backup created: $DIRECTORY/$name"
echo "Backup size: $(du --human-readable "$DIRECTORY/$name" | cut -f 1)"

echo -n "Uploading to S3... "
set -a
# shellcheck source=/dev/null
. "$HERE/.env"
set +a
"$HERE/backend/scripts/upload-backup.py" "$DIRECTORY/$name"
echo "Done"
echo "✓ Backup completed successfully"
