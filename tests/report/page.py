# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page, rendered with the template of the role but without a run of Ansible."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from ansible_collections.runbook.ops.plugins.module_utils.core.report.page import describe_page
from ansible_collections.runbook.ops.plugins.module_utils.core.report.rows import describe_rows

TEMPLATES = Path(__file__).parents[2] / "roles" / "report" / "templates"


def render_page(report: Mapping[str, Any], history: Mapping[str, Any] | None = None) -> str:
    """The HTML text. The options are those that Ansible gives to Jinja."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # the filter escapes every text, and the tests look whether it does
    )
    template = environment.get_template("report.html.j2")
    return template.render(report_page=describe_rows(describe_page(report, history)))
