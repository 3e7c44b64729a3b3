"""What `fixtures/saas-platform` requires: one website a tenant."""

from application import Application, Container, Exposure, Service, Task, predefined

IMAGE = "public.ecr.aws/nginx/nginx@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31"


def services(tenant: str, domain: str) -> dict[str, Service]:
    web = Container(
        image=IMAGE, reservation=2048, writable={"/run": 64, "/tmp": 64, "/var/cache/nginx": 64}, port=80
    )
    health = {"path": "/", "codes": "200-399", "interval": 15, "timeout": 5, "healthy": 2, "unhealthy": 3}
    hosts = [f"*.{tenant}.{domain}", f"{tenant}.{domain}"]
    return {
        "web": Service(
            task=Task(cpu=1024, memory=2048, containers={"web": web}),
            exposure=Exposure(port=80, hosts=hosts, health=health),
            desired=2,
            least=2,
            most=8,
            policies={"cpu": (predefined("ECSServiceAverageCPUUtilization"), 60.0)},
        )
    }


APPLICATION = Application(
    zones="abc",
    subnets={letter: (f"10.0.{1 + i}.0/24", f"10.0.{11 + i}.0/24") for i, letter in enumerate("abc")},
    engine_version="15.4",
    instance_class="db.r6g.large",
    database="saas",
    admin="saasadmin",
    libraries="pg_stat_statements,pgaudit",
    scope="",
    services=services,
)
