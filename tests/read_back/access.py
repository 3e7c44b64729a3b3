"""Who may do what: the roles of each tenant, with no more than they need."""

from reader import Reader, policy

# Actions, resources and conditions of a statement.
Statement = tuple[list[str], list[str], dict]

# Source: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec".
CHANNELS = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]


def roles(reader: Reader) -> None:
    """One service of AWS can assume each and nobody else, and each is allowed exactly what its tenant needs."""
    path = f"/saas/{reader.environment}/"
    listed = reader.all(reader.iam, "list_roles", "Roles", PathPrefix="/saas/")
    found = sorted(f"{role['Path']}{role['RoleName']}" for role in listed)
    wanted = {name: one for tenant in reader.tenants for name, one in _roles(reader, tenant).items()}
    reader.equal("roles", found, sorted(f"{path}{name}" for name in wanted))
    for name, (tenant, address, trust, statements) in wanted.items():
        _role(reader, name, tenant, address, trust, statements)


def _roles(reader: Reader, tenant: str) -> dict[str, tuple[str, str, list[dict], list[Statement]]]:
    """The roles of a tenant: whose each is, its address, who assumes it and what it may do."""
    own, at = f"{reader.platform}-{tenant}", f"tenant/{tenant}"
    services = reader.application.services(tenant, reader.domain)
    schedules = reader.application.schedules(tenant, reader.domain)
    of_tasks = _trust(reader, "ecs-tasks", f"arn:aws:ecs:{reader.region}:{reader.account}:*")
    tasks = {name: task for name, (_, task) in reader.application.tasks(tenant, reader.domain).items()}
    roles = {f"{own}-exec": (tenant, f"{at}/execution-role", of_tasks, _start_of_tasks(reader, tenant))}
    if any(not task.own_role for task in tasks.values()):
        commands = any(service.exec and not service.task.own_role for service in services.values())
        allowed = _bucket(own) + (_channels() if commands else [])
        roles[f"{own}-task"] = (tenant, f"{at}/task-role", of_tasks, allowed)
    for name, service in services.items():
        if service.task.own_role:
            allowed = _bucket(own) + reader.application.allow(name, tenant) + (_channels() if service.exec else [])
            roles[f"{own}--{name}-task"] = (tenant, f"{at}/service/{name}/task-role", of_tasks, allowed)
    if schedules:
        group = f"arn:aws:scheduler:{reader.region}:{reader.account}:schedule-group/{own}"
        trust = _trust(reader, "scheduler", group)
        roles[f"{own}-scheduler"] = (tenant, f"{at}/scheduler-role", trust, _start_of_jobs(reader, tenant))
    return roles


def _bucket(name: str) -> list[Statement]:
    """Its tenant's own bucket."""
    objects = ["AbortMultipartUpload", "DeleteObject", "GetObject", "ListMultipartUploadParts", "PutObject"]
    return [
        ([f"s3:{action}" for action in objects], [f"arn:aws:s3:::{name}-data/*"], {}),
        (["s3:ListBucket"], [f"arn:aws:s3:::{name}-data"], {}),
    ]


def _channels() -> list[Statement]:
    """What ECS Exec needs, which knows no resources."""
    return [([f"ssmmessages:{action}" for action in CHANNELS], ["*"], {})]


def _start_of_tasks(reader: Reader, tenant: str) -> list[Statement]:
    """Its logs, its secrets and its images."""
    place = f"{reader.region}:{reader.account}"
    group = f"arn:aws:logs:{place}:log-group:{reader.log_group(tenant)}"
    # AWS adds a hyphen and six characters to a secret's name, which a longer name cannot match.
    secret = f"arn:aws:secretsmanager:{place}:secret:rds/{reader.application.scope}tenant/{tenant}/password-??????"
    return [
        (["logs:CreateLogStream", "logs:PutLogEvents"], [group, f"{group}:log-stream:*"], {}),
        (["secretsmanager:GetSecretValue"], [secret], {}),
        *((actions, resources, {}) for actions, resources in reader.application.reads(tenant)),
    ]


def _start_of_jobs(reader: Reader, tenant: str) -> list[Statement]:
    """Its own jobs in the platform's cluster, with its own roles, which only tasks can be given."""
    own, ecs = f"{reader.platform}-{tenant}", f"arn:aws:ecs:{reader.region}:{reader.account}"
    schedules = reader.application.schedules(tenant, reader.domain)
    cluster = {"ArnLike": {"ecs:cluster": [f"{ecs}:cluster/{reader.platform}"]}}
    to_tasks = {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}
    passed = [reader.role_arn(f"{own}-{kind}") for kind in ("exec", "task")]
    return [
        (["ecs:RunTask"], [f"{ecs}:task-definition/{own}--{name}:*" for name in schedules], cluster),
        (["iam:PassRole"], passed, to_tasks),
    ]


def _trust(reader: Reader, service: str, source: str) -> list[dict]:
    return [{
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["sts:AssumeRole"],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": [reader.account]},
            "ArnLike": {"aws:SourceArn": [source]},
        },
    }]


def _role(
    reader: Reader, name: str, tenant: str, address: str, trust: list[dict], wanted: list[Statement]
) -> None:
    what = f"role {name}"
    role = reader.iam.get_role(RoleName=name)["Role"]
    reader.equal(f"{what}, trust", _without_sid(policy(role["AssumeRolePolicyDocument"])), trust)
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    reader.equal(f"{what}, permissions boundary", boundary, reader.application.boundary)
    attached = reader.all(reader.iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    reader.equal(f"{what}, attached policies", attached, [])
    names = reader.all(reader.iam, "list_role_policies", "PolicyNames", RoleName=name)
    documents = [reader.iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in names]
    statements = [statement for document in documents for statement in policy(document)]
    allowed = [(one.get("Action", []), one.get("Resource", []), one.get("Condition", {})) for one in statements]
    reader.equal(f"{what}, permissions", sorted(allowed, key=str), sorted(wanted, key=str))
    for statement in statements:
        # Nothing else may be in it, such as NotAction or NotResource.
        elements = sorted(statement.keys() - {"Sid", "Condition"})
        reader.equal(f"{what}, elements", elements, ["Action", "Effect", "Resource"])
        reader.equal(f"{what}, effect", statement.get("Effect"), "Allow")
    reader.tags(what, role.get("Tags", []), address, tenant)


def _without_sid(statements: list[dict]) -> list[dict]:
    return [{key: value for key, value in statement.items() if key != "Sid"} for statement in statements]
