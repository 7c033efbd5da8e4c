# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of how a PostgreSQL server is reached."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that name the server and the user."""

    DOCUMENTATION = r"""
options:
  container:
    description:
      - Name of the container that runs PostgreSQL on the managed host.
      - Its address is asked of the Docker Engine, so the server needs to publish no port.
      - Mutually exclusive with O(login_host) and O(login_unix_socket).
    type: str
  docker_socket:
    description: The Unix socket of the Docker Engine that runs O(container).
    type: path
    default: /var/run/docker.sock
  login_host:
    description: Address of the server, where it runs in no container. Default is C(localhost).
    type: str
  login_unix_socket:
    description: Directory of the server's Unix socket.
    type: path
  login_port:
    description: Port of the server; inside of the container where O(container) is given.
    type: int
    default: 5432
  login_user:
    description: The user to log in as. C(pg_monitor) lets it see every session.
    type: str
    default: postgres
  login_password:
    description: The password of O(login_user).
    type: str
  login_db:
    description: The database to connect to.
    type: str
    default: postgres
  ssl_mode:
    description: How far TLS is asked for and verified, as in C(libpq).
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
    default: prefer
  ca_cert:
    description: File of the certificate authorities that sign the server's certificate.
    type: path
  connect_timeout:
    description: Seconds to wait for the connection, at least 1.
    type: int
    default: 5
  statement_timeout:
    description:
      - Seconds that any statement of ours may take on the server, at least 1.
      - A server that says nothing at all is given up on 2 seconds later.
    type: int
    default: 10
requirements:
  - psycopg2 on the managed host (C(python3-psycopg2))
"""
