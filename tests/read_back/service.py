"""What the tenants run: points 7 and 8.

moto does not read back a service's circuit breaker, its percentages, its grace period and whether ECS manages tags, nor
the tags of a scalable target. So these are not looked at.
"""

import re

from reader import Reader, tag_map

IMAGE = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
TARGET = {"MinCapacity": 2, "MaxCapacity": 8}
CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"
POLICY = {
    "PolicyType": "TargetTrackingScaling",
    f"{CONFIGURATION}.TargetValue": 60.0,
    f"{CONFIGURATION}.PredefinedMetricSpecification.PredefinedMetricType": "ECSServiceAverageCPUUtilization",
    f"{CONFIGURATION}.ScaleInCooldown": 300,
    f"{CONFIGURATION}.ScaleOutCooldown": 60,
}


def point_7_task_definitions(reader: Reader) -> None:
    """One ECS cluster, and one task definition for each tenant."""
    _cluster(reader)
    prefix = f"{reader.platform}-"
    definitions = reader.all(reader.ecs, "list_task_definitions", "taskDefinitionArns", status="ACTIVE")
    names = [arn.split("/")[-1] for arn in definitions]
    # The revisions before the newest stay for a while, so that a deployment can be rolled back to them.
    families = sorted({name.split(":")[0] for name in names if name.startswith(prefix)})
    reader.equal("active task definitions", families, [f"{prefix}{tenant}" for tenant in reader.tenants])
    for tenant in reader.tenants:
        _task_definition(reader, tenant)


def _cluster(reader: Reader) -> None:
    arns = reader.all(reader.ecs, "list_clusters", "clusterArns")
    clusters = reader.ecs.describe_clusters(clusters=arns, include=["TAGS"])["clusters"]
    # A deleted one stays listed for a while.
    active = [one for one in clusters if one["status"] != "INACTIVE"]
    active = [one for one in active if one["clusterName"].startswith(reader.platform)]
    found = [(one["clusterName"], one["status"]) for one in active]
    reader.equal("ECS clusters", found, [(reader.platform, "ACTIVE")])
    reader.tags("ECS cluster", active[0]["tags"], "service/cluster")


def _task_definition(reader: Reader, tenant: str) -> None:
    what, name, schema = f"task definition of {tenant}", f"{reader.platform}-{tenant}", tenant.replace("-", "_")
    answer = reader.ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])
    definition = answer["taskDefinition"]
    role = f"arn:aws:iam::{reader.account}:role/saas/{reader.environment}/{name}"
    wanted = {
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "1024",
        "memory": "2048",
        "executionRoleArn": f"{role}-exec",
        "taskRoleArn": f"{role}-task",
    }
    reader.fields(what, definition, wanted)
    reader.tags(what, answer.get("tags", []), f"tenant/{tenant}/task-definition", tenant)
    reader.equal(f"{what}, number of containers", len(definition["containerDefinitions"]), 1)

    container = definition["containerDefinitions"][0]
    reader.expect(IMAGE.fullmatch(container["image"]) is not None, f"{what}: the image is {container['image']!r}")
    wanted = {
        "name": name,
        "essential": True,
        "readonlyRootFilesystem": True,
        "logConfiguration.logDriver": "awslogs",
        "logConfiguration.options.awslogs-group": f"/ecs/tenant/{tenant}",
        "logConfiguration.options.awslogs-region": reader.region,
    }
    reader.fields(f"{what}, container", container, wanted)
    # Fargate refuses awslogs without a prefix; any will do.
    prefix = container["logConfiguration"]["options"].get("awslogs-stream-prefix")
    reader.expect(bool(prefix), f"{what}: awslogs has no stream prefix")
    ports = [(one["containerPort"], one.get("protocol", "tcp")) for one in container["portMappings"]]
    reader.equal(f"{what}, ports", ports, [(80, "tcp")])
    reader.equal(f"{what}, environment", _pairs(container["environment"], "value"), {
        "BUCKET": f"{name}-data",
        "DATABASE_HOST": _endpoint(reader),
        "DATABASE_NAME": "saas",
        "DATABASE_PORT": "5432",
        "DATABASE_SCHEMA": schema,
        "DATABASE_SSLMODE": "verify-full",
        "DATABASE_USER": f"t_{schema}_app",
        "TENANT_ID": tenant,
    })
    secret = reader.secrets_manager.describe_secret(SecretId=f"rds/tenant/{tenant}/password")["ARN"]
    reader.equal(f"{what}, secrets", _pairs(container["secrets"], "valueFrom"), {"DATABASE_PASSWORD": secret})
    mounts = [(one["containerPath"], one.get("readOnly", False)) for one in container["mountPoints"]]
    writable = ["/run", "/tmp", "/var/cache/nginx"]
    reader.equal(f"{what}, mounts", mounts, [(path, False) for path in writable])
    volumes = [one["sourceVolume"] for one in container["mountPoints"]]
    reader.equal(f"{what}, volumes", [volume["name"] for volume in definition["volumes"]], volumes)
    # A volume of a host or of a file system would outlive the task.
    lasting = [volume["name"] for volume in definition["volumes"] if "efsVolumeConfiguration" in volume]
    reader.equal(f"{what}, volumes that outlive the task", lasting, [])


def _endpoint(reader: Reader) -> str:
    [cluster] = reader.rds.describe_db_clusters(DBClusterIdentifier=f"{reader.platform}-db")["DBClusters"]
    return cluster["Endpoint"]


def _pairs(entries: list[dict[str, str]], key: str) -> dict[str, str]:
    return {entry["name"]: entry[key] for entry in entries}


def point_8_services(reader: Reader) -> None:
    """One service for each tenant, in the private subnets and in its own security group, that scales from 2 to 8."""
    arns = reader.all(reader.ecs, "list_services", "serviceArns", cluster=reader.platform)
    services = []
    # One call describes ten at most.
    for first in range(0, len(arns), 10):
        chunk = arns[first : first + 10]
        answer = reader.ecs.describe_services(cluster=reader.platform, services=chunk, include=["TAGS"])
        services += [service for service in answer["services"] if service["status"] != "INACTIVE"]
    names = sorted(service["serviceName"] for service in services)
    reader.equal("services", names, [f"{reader.platform}-{tenant}" for tenant in reader.tenants])
    groups, subnets = reader.group_ids(), reader.subnet_ids("private")
    for service in services:
        _service(reader, service, groups, subnets)
    _scaling(reader)


def _service(reader: Reader, service: dict, groups: dict[str, str], subnets: list[str]) -> None:
    name = service["serviceName"]
    tenant = name.removeprefix(f"{reader.platform}-")
    what = f"service of {tenant}"
    wanted = {
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "schedulingStrategy": "REPLICA",
        "propagateTags": "SERVICE",
        "networkConfiguration.awsvpcConfiguration.assignPublicIp": "DISABLED",
    }
    reader.fields(what, service, wanted)
    found = sorted(service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"])
    reader.equal(f"{what}, security groups", found, sorted([groups[name], groups[f"{reader.platform}-db-client"]]))
    found = sorted(service["networkConfiguration"]["awsvpcConfiguration"]["subnets"])
    reader.equal(f"{what}, subnets", found, subnets)
    # Without a revision, the newest that is active.
    newest = reader.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]["taskDefinitionArn"]
    reader.equal(f"{what}, task definition", service["taskDefinition"], newest)
    reader.equal(f"{what}, number of target groups", len(service["loadBalancers"]), 1)
    target = service["loadBalancers"][0]
    reader.fields(f"{what}, target", target, {"containerName": name, "containerPort": 80})
    [described] = reader.elb.describe_tags(ResourceArns=[target["targetGroupArn"]])["TagDescriptions"]
    address = tag_map(described).get("saas:address")
    reader.equal(f"{what}, target group", address, f"tenant/{tenant}/target-group")
    reader.tags(what, service.get("tags", []), f"tenant/{tenant}/service", tenant)


def _scaling(reader: Reader) -> None:
    prefix = f"service/{reader.platform}/"
    wanted = [f"{prefix}{reader.platform}-{tenant}" for tenant in reader.tenants]
    for kind, operation, key in [
        ("scalable targets", "describe_scalable_targets", "ScalableTargets"),
        ("scaling policies", "describe_scaling_policies", "ScalingPolicies"),
    ]:
        listed = reader.all(reader.scaling, operation, key, ServiceNamespace="ecs")
        ours = [one for one in listed if one["ResourceId"].startswith(prefix)]
        reader.equal(kind, sorted(one["ResourceId"] for one in ours), wanted)
        for one in ours:
            what = f"{kind}, {one['ResourceId']}"
            reader.equal(f"{what}, dimension", one["ScalableDimension"], "ecs:service:DesiredCount")
            reader.fields(what, one, TARGET if key == "ScalableTargets" else POLICY)
