# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of how a Redis server is reached."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that name the server and the user."""

    DOCUMENTATION = r"""
options:
  container:
    description:
      - Name of the container that runs Redis on the managed host.
      - Its address and its memory limit are asked of the Docker Engine, so the server needs to
        publish no port.
      - Mutually exclusive with O(login_host).
    type: str
  docker_socket:
    description: The Unix socket of the Docker Engine that runs O(container).
    type: path
    default: /var/run/docker.sock
  login_host:
    description: Address of the server, where it runs in no container. Default is C(localhost).
    type: str
  login_port:
    description: Port of the server; inside of the container where O(container) is given.
    type: int
    default: 6379
  login_user:
    description: The user of the ACL. By default the user C(default).
    type: str
  login_password:
    description: The password, of O(login_user) or of the server.
    type: str
  database:
    description: The number of the database.
    type: int
    default: 0
  timeout:
    description: Seconds that the server may take to accept, and to answer each question.
    type: float
    default: 5
"""
