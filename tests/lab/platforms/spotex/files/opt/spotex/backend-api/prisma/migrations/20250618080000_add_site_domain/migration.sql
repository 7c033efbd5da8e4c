-- SPDX-License-Identifier: GPL-3.0-or-later
-- AlterTable
ALTER TABLE "Site" ADD COLUMN "domain" TEXT;
