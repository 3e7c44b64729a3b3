"""What the tenants run: points 7 and 8.

moto does not read back a service's circuit breaker, its percentages, its grace period, its capacity provider, whether
commands can be run in it and whether ECS manages tags, nor the tags of a scalable target. So these are not looked at
where an answer does not have them.
"""

from typing import Any

from application import MIGRATOR_PASSWORD, PASSWORD, Container, Service, Task, name_of
from reader import Reader, field, tag_map

CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"


def point_7_task_definitions(reader: Reader) -> None:
    """One ECS cluster, and one task definition for each service and job of each tenant."""
    _cluster(reader)
    prefix = f"{reader.platform}-"
    definitions = reader.all(reader.ecs, "list_task_definitions", "taskDefinitionArns", status="ACTIVE")
    names = [arn.split("/")[-1] for arn in definitions]
    # The revisions before the newest stay for a while, so that a deployment can be rolled back to them.
    families = sorted({name.split(":")[0] for name in names if name.startswith(prefix)})
    tasks = {tenant: reader.application.tasks(tenant, reader.domain) for tenant in reader.tenants}
    wanted = [name_of(reader.platform, tenant, name) for tenant, named in tasks.items() for name in named]
    reader.equal("active task definitions", families, sorted(wanted))
    for tenant, named in tasks.items():
        for name, (place, task) in named.items():
            TaskReader(reader, tenant, name, task).read(f"tenant/{tenant}/{place}/task-definition")


def _cluster(reader: Reader) -> None:
    arns = reader.all(reader.ecs, "list_clusters", "clusterArns")
    clusters = reader.ecs.describe_clusters(clusters=arns, include=["TAGS"])["clusters"]
    # A deleted one stays listed for a while.
    active = [one for one in clusters if one["status"] != "INACTIVE"]
    active = [one for one in active if one["clusterName"].startswith(reader.platform)]
    found = [(one["clusterName"], one["status"]) for one in active]
    reader.equal("ECS clusters", found, [(reader.platform, "ACTIVE")])
    reader.equal("ECS cluster, providers", sorted(active[0]["capacityProviders"]), ["FARGATE", "FARGATE_SPOT"])
    reader.tags("ECS cluster", active[0]["tags"], "service/cluster")


class TaskReader:
    """Compares the newest task definition of a service or job with what is wanted."""

    def __init__(self, reader: Reader, tenant: str, name: str, task: Task) -> None:
        self.reader, self.tenant, self.name, self.task = reader, tenant, name, task
        self.what = f"task definition of {name} of {tenant}"

    def read(self, address: str) -> None:
        """Its size, its roles and its containers."""
        reader, tenant = self.reader, self.tenant
        family = name_of(reader.platform, tenant, self.name)
        answer = reader.ecs.describe_task_definition(taskDefinition=family, include=["TAGS"])
        definition = answer["taskDefinition"]
        own = f"{reader.platform}-{tenant}--{self.name}" if self.task.own_role else f"{reader.platform}-{tenant}"
        wanted = {
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": str(self.task.cpu),
            "memory": str(self.task.memory),
            "runtimePlatform.cpuArchitecture": self.task.architecture,
            "executionRoleArn": reader.role_arn(f"{reader.platform}-{tenant}-exec"),
            "taskRoleArn": reader.role_arn(f"{own}-task"),
            # What it writes to is in memory; a volume of a host or of a file system would outlive the task.
            "volumes": [],
        }
        reader.fields(self.what, definition, wanted)
        reader.tags(self.what, answer.get("tags", []), address, tenant)
        containers = {one["name"]: one for one in definition["containerDefinitions"]}
        reader.equal(f"{self.what}, containers", sorted(containers), sorted(self.task.containers))
        for name, container in self.task.containers.items():
            self._container(name, containers[name], container)

    def _container(self, name: str, found: dict, container: Container) -> None:
        reader, what = self.reader, f"{self.what}, container {name}"
        wanted = {
            "image": container.image,
            "essential": container.essential,
            "memoryReservation": container.reservation,
            "user": container.user,
            "stopTimeout": container.stop_timeout,
            "logConfiguration.logDriver": "awslogs",
            "logConfiguration.options.awslogs-group": reader.log_group(self.tenant),
            "logConfiguration.options.awslogs-region": reader.region,
            # Streams are named after the service or job, the container and the task.
            "logConfiguration.options.awslogs-stream-prefix": self.name,
        }
        reader.fields(what, found, wanted)
        for key, value in [("readonlyRootFilesystem", container.readonly), ("privileged", False)]:
            reader.equal(f"{what}, {key}", found.get(key, False), value)
        for key, value in [("command", container.command), ("entryPoint", []), ("mountPoints", [])]:
            reader.equal(f"{what}, {key}", found.get(key, []), value)
        ports = [(one["containerPort"], one.get("protocol", "tcp")) for one in found.get("portMappings", [])]
        reader.equal(f"{what}, ports", ports, [(container.port, "tcp")] if container.port else [])
        mounts = found.get("linuxParameters", {}).get("tmpfs", [])
        writable = {one["containerPath"]: (one["size"], one.get("mountOptions")) for one in mounts}
        # Every user can write to it, as to the directory for temporary files of any Unix.
        wanted_mounts = {path: (size, ["mode=1777"]) for path, size in container.writable.items()}
        reader.equal(f"{what}, writable directories", writable, wanted_mounts)
        reader.equal(f"{what}, environment", _pairs(found["environment"], "value"), self._environment(container))
        reader.equal(f"{what}, secrets", _pairs(found["secrets"], "valueFrom"), self._secrets(container))

    def _environment(self, container: Container) -> dict[str, str]:
        reader, schema = self.reader, self.tenant.replace("-", "_")
        given = container.environment.items()
        return {name: value.replace("{endpoint}", reader.database_endpoint) for name, value in given} | {
            "BUCKET": f"{reader.platform}-{self.tenant}-data",
            "DATABASE_HOST": reader.database_endpoint,
            "DATABASE_NAME": reader.application.database,
            "DATABASE_PORT": "5432",
            "DATABASE_SCHEMA": schema,
            "DATABASE_SSLMODE": "verify-full",
            "DATABASE_USER": f"t_{schema}_{container.role}",
            "TENANT_ID": self.tenant,
        }

    def _secrets(self, container: Container) -> dict[str, str]:
        reader = self.reader
        password = MIGRATOR_PASSWORD if container.role == "migrator" else PASSWORD
        sources = {"DATABASE_PASSWORD": self._secret(reader.secret_name(password, self.tenant))}
        for name, (source, rest) in container.secrets.items():
            if source == "parameter":
                sources[name] = f"arn:aws:ssm:{reader.region}:{reader.account}:parameter{rest}"
            else:
                named = source if "/" in source else reader.secret_name(source, self.tenant)
                sources[name] = f"{self._secret(named)}:{rest}::"
        return sources

    def _secret(self, name: str) -> str:
        return self.reader.secrets_manager.describe_secret(SecretId=name)["ARN"]


def _pairs(entries: list[dict[str, str]], key: str) -> dict[str, str]:
    return {entry["name"]: entry[key] for entry in entries}


def point_8_services(reader: Reader) -> None:
    """Each service of each tenant, in the private subnets and in its tenant's security group, with its scaling."""
    arns = reader.all(reader.ecs, "list_services", "serviceArns", cluster=reader.platform)
    services = []
    # One call describes ten at most.
    for first in range(0, len(arns), 10):
        chunk = arns[first : first + 10]
        answer = reader.ecs.describe_services(cluster=reader.platform, services=chunk, include=["TAGS"])
        services += [service for service in answer["services"] if service["status"] != "INACTIVE"]
    wanted = {
        name_of(reader.platform, tenant, name): (tenant, name, service)
        for tenant in reader.tenants
        for name, service in reader.application.services(tenant, reader.domain).items()
    }
    reader.equal("services", sorted(service["serviceName"] for service in services), sorted(wanted))
    groups, subnets = reader.group_ids(), reader.subnet_ids("private")
    for service in services:
        _service(reader, service, *wanted[service["serviceName"]], groups, subnets)
    _scaling(reader, {name: service for name, (_, _, service) in wanted.items()})


def _service(
    reader: Reader, found: dict, tenant: str, name: str, service: Service, groups: dict[str, str], subnets: list[str]
) -> None:
    what = f"service {name} of {tenant}"
    wanted = {
        "status": "ACTIVE",
        "desiredCount": service.desired,
        "platformVersion": "1.4.0",
        "schedulingStrategy": "REPLICA",
        "propagateTags": "SERVICE",
        "networkConfiguration.awsvpcConfiguration.assignPublicIp": "DISABLED",
    }
    reader.fields(what, found, wanted)
    _where_told(reader, what, found, {"enableExecuteCommand": service.exec})
    if providers := found.get("capacityProviderStrategy"):
        reader.equal(f"{what}, capacity", [one["capacityProvider"] for one in providers], [service.capacity])
    own = [groups[f"{reader.platform}-{tenant}"], groups[f"{reader.platform}-db-client"]]
    network = found["networkConfiguration"]["awsvpcConfiguration"]
    reader.equal(f"{what}, security groups", sorted(network["securityGroups"]), sorted(own))
    reader.equal(f"{what}, subnets", sorted(network["subnets"]), subnets)
    # Without a revision, the newest that is active.
    newest = reader.ecs.describe_task_definition(taskDefinition=found["serviceName"])["taskDefinition"]
    reader.equal(f"{what}, task definition", found["taskDefinition"], newest["taskDefinitionArn"])
    reader.equal(f"{what}, number of target groups", len(found["loadBalancers"]), 1 if service.exposure else 0)
    if service.exposure:
        target = found["loadBalancers"][0]
        reader.fields(f"{what}, target", target, {"containerName": name, "containerPort": service.exposure.port})
        [described] = reader.elb.describe_tags(ResourceArns=[target["targetGroupArn"]])["TagDescriptions"]
        address = tag_map(described).get("saas:address")
        reader.equal(f"{what}, target group", address, f"tenant/{tenant}/service/{name}/target-group")
        _where_told(reader, what, found, {"healthCheckGracePeriodSeconds": service.exposure.grace})
    reader.tags(what, found.get("tags", []), f"tenant/{tenant}/service/{name}", tenant)


def _where_told(reader: Reader, what: str, found: dict, wanted: dict[str, Any]) -> None:
    """Expects fields that an emulator may not have."""
    reader.fields(what, found, {key: value for key, value in wanted.items() if key in found})


def _scaling(reader: Reader, services: dict[str, Service]) -> None:
    prefix = f"service/{reader.platform}/"
    targets = reader.all(reader.scaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs")
    targets = {one["ResourceId"]: one for one in targets if one["ResourceId"].startswith(prefix)}
    reader.equal("scalable targets", sorted(targets), sorted(f"{prefix}{name}" for name in services))
    policies = reader.all(reader.scaling, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs")
    policies = {(one["ResourceId"], one["PolicyName"]): one for one in policies if one["ResourceId"] in targets}
    wanted = [(f"{prefix}{name}", policy) for name, service in services.items() for policy in service.policies]
    reader.equal("scaling policies", sorted(policies), sorted(wanted))
    for name, service in services.items():
        what, target = f"scaling of {name}", targets[f"{prefix}{name}"]
        bounds = {"MinCapacity": service.least, "MaxCapacity": service.most}
        reader.fields(what, target, bounds | {"ScalableDimension": "ecs:service:DesiredCount"})
        for policy, (metric, value) in service.policies.items():
            _policy(reader, f"{what} by {policy}", policies[f"{prefix}{name}", policy], metric, value)


def _policy(reader: Reader, what: str, found: dict, metric: dict[str, Any], value: float) -> None:
    reader.equal(f"{what}, type", found["PolicyType"], "TargetTrackingScaling")
    configuration = found[CONFIGURATION]
    wanted = {"TargetValue": value, "ScaleInCooldown": 300, "ScaleOutCooldown": 60}
    reader.fields(what, configuration, wanted)
    if queue := metric.get("queue"):
        _messages(reader, what, configuration, queue)
        return
    reader.fields(what, configuration, metric)
    if "ALBRequestCountPerTarget" in metric.values():
        # The tails of the two ARNs. Source: Application Auto Scaling API, `PredefinedMetricSpecification`.
        label = field(configuration, "PredefinedMetricSpecification.ResourceLabel") or ""
        balancer = f"app/{reader.platform}-0/"
        reader.expect(label.startswith(balancer) and "/targetgroup/" in label, f"{what}: its label is {label!r}")


def _messages(reader: Reader, what: str, configuration: dict, queue: str) -> None:
    """The messages of a queue, divided by the number of tasks that run."""
    metrics = field(configuration, "CustomizedMetricSpecification.Metrics")
    returned = [one for one in metrics if one.get("ReturnData") is not False]
    reader.equal(f"{what}, number of metrics that it follows", len(returned), 1)
    stats = {one["MetricStat"]["Metric"]["MetricName"]: one["MetricStat"]["Metric"] for one in metrics if "MetricStat" in one}
    messages = stats["ApproximateNumberOfMessagesVisible"]
    dimensions = [(one["Name"], one["Value"]) for one in messages["Dimensions"]]
    reader.equal(f"{what}, queue", (messages["Namespace"], dimensions), ("AWS/SQS", [("QueueName", queue)]))
