-- SPDX-License-Identifier: GPL-3.0-or-later
-- CreateIndex
CREATE INDEX "Lead_agencyId_status_idx" ON "Lead"("agencyId", "status");
