"""The form in which a fixture's requirements are written out, for the points that compare AWS with them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

# The keys of what a container is given, and the secrets among them that are the tenant's own.
PASSWORD, MIGRATOR_PASSWORD, GENERATED = "password", "migrator password", "generated"


@dataclass(frozen=True)
class Container:
    """What one container of a task must be."""

    image: str
    reservation: int
    # The directories that it can write to, in MiB; the rest of its file system is read-only.
    writable: dict[str, int]
    port: int | None = None
    command: list[str] = field(default_factory=list)
    user: str | None = None
    essential: bool = True
    readonly: bool = True
    stop_timeout: int | None = None
    # Beside the variables that every container has.
    environment: dict[str, str] = field(default_factory=dict)
    # Beside the password: a name, and the text behind the ARN's of its source.
    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)
    # The database role that it logs in as.
    role: str = "app"


@dataclass(frozen=True)
class Task:
    """What the task definition of a service or a job must be."""

    cpu: int
    memory: int
    # The name of the service or job is the first.
    containers: dict[str, Container]
    architecture: str = "X86_64"
    # Whether it has a task role of its own.
    own_role: bool = False


@dataclass(frozen=True)
class Exposure:
    """How requests reach a service."""

    port: int
    hosts: list[str]
    health: dict[str, Any]
    paths: list[str] = field(default_factory=list)
    grace: int = 60


@dataclass(frozen=True)
class Service:
    """What a service of one tenant must be. A worker has no exposure."""

    task: Task
    exposure: Exposure | None
    desired: int
    least: int
    most: int
    # The metric and the target of each scaling policy, by its name.
    policies: dict[str, tuple[dict[str, Any], float]]
    capacity: str = "FARGATE"
    exec: bool = False


@dataclass(frozen=True)
class Schedule:
    """What a scheduled job of one tenant must be."""

    task: Task
    expression: str
    timezone: str = "UTC"
    retries: int = 0
    capacity: str = "FARGATE"


@dataclass(frozen=True)
class Application:
    """What a fixture's platform must be."""

    zones: str
    # The addresses of a zone's public and private subnet, by the zone's letter.
    subnets: dict[str, tuple[str, str]]
    engine_version: str
    instance_class: str
    database: str
    admin: str
    libraries: str
    # The platform's part in the names of tenants' secrets and log groups.
    scope: str
    services: Callable[[str, str], dict[str, Service]]
    has_certificate: bool = False
    deletion_protection: bool = False
    boundary: str | None = None
    platform_tags: dict[str, str] = field(default_factory=dict)
    schedules: Callable[[str, str], dict[str, Schedule]] = lambda tenant, domain: {}
    migrations: Callable[[str, str], dict[str, Task]] = lambda tenant, domain: {}
    # The length of each generated value.
    generated: dict[str, int] = field(default_factory=dict)
    # Ports and addresses that tasks reach, beside HTTPS and the database.
    egress: list[tuple[int, str]] = field(default_factory=list)
    # The statements of a service's own role, beside its bucket: actions, resources, conditions.
    allow: Callable[[str, str], list[tuple[list[str], list[str], dict]]] = lambda service, tenant: []
    # What an execution role reads and pulls, beside the tenant's own secrets.
    reads: Callable[[str], list[tuple[list[str], list[str]]]] = lambda tenant: []

    def tasks(self, tenant: str, domain: str) -> dict[str, tuple[str, Task]]:
        """The task of each service and job, with the address that it is beneath."""
        services = {name: (f"service/{name}", one.task) for name, one in self.services(tenant, domain).items()}
        schedules = {name: (f"job/{name}", one.task) for name, one in self.schedules(tenant, domain).items()}
        migrations = {name: (f"job/{name}", one) for name, one in self.migrations(tenant, domain).items()}
        return services | schedules | migrations


def without_commands(application: Application) -> Application:
    """The same, where commands can be run in no service: for an emulator that does not tell whether they can."""

    def services(tenant: str, domain: str) -> dict[str, Service]:
        return {name: replace(one, exec=False) for name, one in application.services(tenant, domain).items()}

    return replace(application, services=services)


def name_of(platform: str, tenant: str, service: str) -> str:
    """The name of a service or job in AWS; that of `web` is the tenant's own."""
    own = f"{platform}-{tenant}"
    return own if service == "web" else f"{own}--{service}"


def exposed(services: dict[str, Service]) -> dict[str, Exposure]:
    """The services that have a port."""
    return {name: one.exposure for name, one in services.items() if one.exposure}


def predefined(metric: str) -> dict[str, Any]:
    """A metric that Application Auto Scaling knows."""
    return {"PredefinedMetricSpecification.PredefinedMetricType": metric}
