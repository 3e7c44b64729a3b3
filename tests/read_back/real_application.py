"""What `fixtures/real-application` requires: a website, an API, webhooks, a worker, a report and a migration."""

from typing import Any

from application import GENERATED, Application, Container, Exposure, Schedule, Service, Task, predefined

ACCOUNT, REGION = "345678901234", "us-west-2"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/harbor"
APP = f"{REGISTRY}/app@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
API = f"{REGISTRY}/api@sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"
XRAY = "public.ecr.aws/xray/aws-xray-daemon@sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"


def queue_of(tenant: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:harbor-work-{tenant}"


def environment(tenant: str, domain: str, role: str = "app") -> dict[str, str]:
    """The variables of the website, the worker and the jobs, which log in to the database with a role. `{endpoint}`
    is the database's."""
    beta = {"FEATURE_BETA": "on"} if tenant == "acme" else {}
    return beta | {
        "LOG_LEVEL": "info",
        "PUBLIC_URL": f"https://{tenant}.{domain}",
        "CACHE_PREFIX": f"{tenant}:",
        "ANALYTICS_TOKEN": f"site-{tenant}",
        "REPLICA_URL": f"postgresql://t_{tenant}_{role}@{{endpoint}}:5432/harbor",
        "LOG_FORMAT": f'{{"tenant": "{tenant}", "level": "{{level}}"}}',
    }


def secrets(tenant: str) -> dict[str, tuple[str, str]]:
    """Their secrets: whose each is, and what follows in its source."""
    return {
        "SESSION_KEY": (GENERATED, "SESSION_KEY"),
        "SENTRY_DSN": ("parameter", "/harbor/sentry-dsn"),
        "LICENSE": (f"harbor/license/{tenant}", "license"),
    }


def of_app(tenant: str, domain: str, command: list[str], **different: Any) -> Container:
    """A container with the image and the settings of the website."""
    same = {
        "image": APP,
        "reservation": 2048,
        "writable": {"/run": 64, "/tmp": 256},
        "user": "1000:1000",
        "stop_timeout": 60,
        "environment": environment(tenant, domain, different.get("role", "app")),
        "secrets": secrets(tenant),
    }
    return Container(command=command, **(same | different))


def of_api(tenant: str, domain: str, command: list[str]) -> Container:
    return Container(
        image=API,
        reservation=1024,
        writable={},
        port=9000,
        command=command,
        readonly=False,
        environment={"PUBLIC_URL": f"https://{tenant}.{domain}/api"},
    )


def of_size(tenant: str, containers: dict[str, Container], own_role: bool = False) -> Task:
    """A task as large as the website's, which is larger for one tenant."""
    cpu = 1024 if tenant == "acme" else 512
    return Task(cpu=cpu, memory=2048, containers=containers, architecture="ARM64", own_role=own_role)


def health(path: str, codes: str = "200-399", interval: int = 15, timeout: int = 5) -> dict[str, Any]:
    return {"path": path, "codes": codes, "interval": interval, "timeout": timeout, "healthy": 2, "unhealthy": 3}


def services(tenant: str, domain: str) -> dict[str, Service]:
    web = of_app(tenant, domain, ["gunicorn", "harbor.wsgi"], reservation=1792, port=8000)
    xray = Container(image=XRAY, reservation=256, writable={"/tmp": 64}, essential=False)
    worker = of_app(tenant, domain, ["celery", "-A", "harbor", "worker"])
    hosts = [f"*.{tenant}.{domain}", f"{tenant}.{domain}"]
    return {
        "web": Service(
            task=of_size(tenant, {"web": web, "xray": xray}, own_role=True),
            exposure=Exposure(8000, hosts, health("/up", codes="200"), grace=90),
            desired=2,
            least=2,
            most=12 if tenant == "acme" else 6,
            policies={
                "cpu": (predefined("ECSServiceAverageCPUUtilization"), 60.0),
                "requests": (predefined("ALBRequestCountPerTarget"), 1200.0),
            },
        ),
        "api": Service(
            task=Task(cpu=256, memory=1024, containers={"api": of_api(tenant, domain, [])}),
            exposure=Exposure(
                9000, hosts, health("/api/health", interval=30, timeout=10), paths=["/api", "/api/*"]
            ),
            desired=1,
            least=1,
            most=4,
            policies={"memory": (predefined("ECSServiceAverageMemoryUtilization"), 70.0)},
            exec=True,
        ),
        "hooks": Service(
            task=Task(cpu=256, memory=1024, containers={"hooks": of_api(tenant, domain, ["./hooks"])}),
            exposure=Exposure(9000, [f"hooks.{tenant}.{domain}"], health("/health", interval=30, timeout=10)),
            desired=1,
            least=1,
            most=1,
            policies={},
        ),
        "worker": Service(
            task=of_size(tenant, {"worker": worker}, own_role=True),
            exposure=None,
            desired=1,
            least=1,
            most=10,
            policies={"queue": ({"queue": f"harbor-work-{tenant}"}, 500.0 if tenant == "initech" else 100.0)},
            capacity="FARGATE_SPOT",
        ),
    }


def schedules(tenant: str, domain: str) -> dict[str, Schedule]:
    nightly = of_app(tenant, domain, ["./manage.py", "report"])
    return {
        "nightly": Schedule(
            task=of_size(tenant, {"nightly": nightly}),
            expression="cron(30 1 * * ? *)" if tenant == "acme" else "cron(0 3 * * ? *)",
            timezone="America/Los_Angeles",
            retries=2,
            capacity="FARGATE_SPOT",
        )
    }


def migrations(tenant: str, domain: str) -> dict[str, Task]:
    migrate = of_app(tenant, domain, ["./manage.py", "migrate"], role="migrator")
    return {"migrate": of_size(tenant, {"migrate": migrate})}


def allow(service: str, tenant: str) -> list[tuple[list[str], list[str], dict]]:
    mail = {"StringEquals": {"ses:FromAddress": ["no-reply@harbor.example.net"]}}
    identity = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/harbor.example.net"
    messages = ["ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage"]
    return {
        "web": [
            (["ses:SendEmail", "ses:SendRawEmail"], [identity], mail),
            (["sqs:SendMessage"], [queue_of(tenant)], {}),
            (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"], {}),
        ],
        "worker": [([f"sqs:{action}" for action in messages], [queue_of(tenant)], {})],
    }[service]


def reads(tenant: str) -> list[tuple[list[str], list[str]]]:
    repositories = [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/harbor/{name}" for name in ("api", "app")]
    pulls = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    own = [f"ecs/harbor/tenant/{tenant}/generated", f"rds/harbor/tenant/{tenant}/migrator/password"]
    names = sorted([*own, f"harbor/license/{tenant}"])
    values = [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-??????" for name in names]
    return [
        (["secretsmanager:GetSecretValue"], values),
        (["ssm:GetParameters"], [f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/harbor/sentry-dsn"]),
        (["ecr:GetAuthorizationToken"], ["*"]),
        (pulls, repositories),
    ]


APPLICATION = Application(
    zones="ab",
    subnets={"a": ("10.80.0.0/24", "10.80.32.0/20"), "b": ("10.80.1.0/24", "10.80.48.0/20")},
    engine_version="16.8",
    instance_class="db.r7g.large",
    database="harbor",
    admin="harboradmin",
    libraries="pg_stat_statements",
    scope="harbor/",
    services=services,
    has_certificate=True,
    deletion_protection=True,
    boundary=f"arn:aws:iam::{ACCOUNT}:policy/harbor-boundary",
    platform_tags={"team": "payments", "data-class": "confidential"},
    schedules=schedules,
    migrations=migrations,
    generated={"SESSION_KEY": 64},
    egress=[(587, "203.0.113.0/24")],
    allow=allow,
    reads=reads,
)
