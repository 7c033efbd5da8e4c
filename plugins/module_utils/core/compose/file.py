# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that a Compose file declares.

Source: the Compose specification (services, ``deploy.replicas``, ``scale``, ``profiles``,
``env_file``, ``include``). Of variables only those of a number of containers are filled in; what
depends on another is taken as not declared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..scaling.declared import read_stated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Service:
    """What should run: ``image`` is ``None`` where it is built or not known.

    A ``one_shot`` service does its work and ends with 0, such as a migration. Of ``env_files`` each
    is a path and whether it has to exist.
    """

    name: str
    image: str | None = None
    replicas: int = 1
    one_shot: bool = False
    env_files: tuple[tuple[str, bool], ...] = ()


def read_services(document: Any, environment: str = "") -> tuple[Service, ...]:
    """The services of a parsed Compose file, without those of a profile or scaled to 0.

    ``environment`` is the text of the project's ``.env``. Raises ``OpsError``
    ``bad_compose_file`` with what is wrong with it.
    """
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict) or not services:
        raise bad_file("it declares no services", "Give it a mapping services")
    found = [_service(str(name), given, environment) for name, given in services.items()]
    return tuple(service for service in found if service is not None and service.replicas)


def read_names(document: Any) -> frozenset[str] | None:
    """The names of all services of a valid Compose file, whether they should run or not.

    ``None`` where it includes others, whose names it does not tell.
    """
    return None if document.get("include") else frozenset(map(str, document["services"]))


def bad_file(cause: object, advice: str) -> OpsError:
    """The error of a Compose file that is not valid."""
    return OpsError(cannot("use the Compose file", cause, advice), code="bad_compose_file")


def merge_services(
    declared: Iterable[Service], given: Iterable[Mapping[str, Any]]
) -> tuple[Service, ...]:
    """The ``declared`` services, with what the option ``services`` says of each; it wins."""
    services = {service.name: service for service in declared}
    for item in given:
        known = services.get(item["name"], Service(item["name"]))
        services[item["name"]] = replace(
            known,
            image=item["image"] or known.image,
            replicas=known.replicas if item["replicas"] is None else item["replicas"],
            one_shot=item["one_shot"],
        )
    return tuple(services.values())


def same_image(declared: str, running: str) -> bool:
    """Whether two names mean the same image: ``nginx`` is ``docker.io/library/nginx:latest``."""
    return _whole_name(declared) == _whole_name(running)


def _service(name: str, given: Any, environment: str) -> Service | None:
    if not isinstance(given, dict):
        raise bad_file(f"the service {name} is no mapping", "Give it an image or a build")
    if not {"image", "build", "extends", "provider"} & set(given):
        raise bad_file(f"the service {name} has no image and no build", "Give it one of them")
    if given.get("profiles"):
        return None
    image = given.get("image")
    return Service(
        name=name,
        image=image if isinstance(image, str) and "$" not in image else None,
        replicas=_replicas(given, environment),
        env_files=tuple(_env_files(given.get("env_file"))),
    )


def _replicas(given: Mapping[str, Any], environment: str) -> int:
    deploy = given.get("deploy")
    wanted = deploy.get("replicas") if isinstance(deploy, dict) else None
    wanted = given.get("scale") if wanted is None else wanted
    number = read_stated(wanted, environment)
    return 1 if number is None else number


def _env_files(given: Any) -> list[tuple[str, bool]]:
    found = []
    for item in given if isinstance(given, list) else [given]:
        path = item.get("path") if isinstance(item, dict) else item
        required = bool(item.get("required", True)) if isinstance(item, dict) else True
        if isinstance(path, str) and "$" not in path:
            found.append((path, required))
    return found


def _whole_name(name: str) -> str:
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        name = name[len(prefix) :] if name.startswith(prefix) else name
    last = name.rpartition("/")[2]
    return name if ":" in last or "@" in last else f"{name}:latest"
