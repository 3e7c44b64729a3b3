"""Who may do what: two roles for each tenant, with no more than they need."""

from reader import Reader, policy


def roles(reader: Reader) -> None:
    """ECS tasks of this account can assume them and nobody else, and each is allowed exactly what its tenant needs."""
    path = f"/saas/{reader.environment}/"
    listed = reader.all(reader.iam, "list_roles", "Roles", PathPrefix="/saas/")
    found = sorted(f"{role['Path']}{role['RoleName']}" for role in listed)
    wanted = [f"{path}{reader.platform}-{one}-{kind}" for one in reader.tenants for kind in ("exec", "task")]
    reader.equal("roles", found, wanted)
    for tenant in reader.tenants:
        name = f"{reader.platform}-{tenant}"
        _role(reader, f"{name}-task", tenant, "task-role", _application(name))
        _role(reader, f"{name}-exec", tenant, "execution-role", _start_of_tasks(reader, tenant))


def _application(name: str) -> list[tuple[list[str], list[str]]]:
    """Its own bucket."""
    objects = ["AbortMultipartUpload", "DeleteObject", "GetObject", "ListMultipartUploadParts", "PutObject"]
    return [
        ([f"s3:{action}" for action in objects], [f"arn:aws:s3:::{name}-data/*"]),
        (["s3:ListBucket"], [f"arn:aws:s3:::{name}-data"]),
    ]


def _start_of_tasks(reader: Reader, tenant: str) -> list[tuple[list[str], list[str]]]:
    """Its logs and its password. The image is public, so none of ECR."""
    place = f"{reader.region}:{reader.account}"
    group = f"arn:aws:logs:{place}:log-group:/ecs/tenant/{tenant}"
    # AWS adds a hyphen and six characters to a secret's name, which a longer name cannot match.
    secret = f"arn:aws:secretsmanager:{place}:secret:rds/tenant/{tenant}/password-??????"
    return [
        (["logs:CreateLogStream", "logs:PutLogEvents"], [group, f"{group}:log-stream:*"]),
        (["secretsmanager:GetSecretValue"], [secret]),
    ]


def _role(reader: Reader, name: str, tenant: str, kind: str, wanted: list[tuple[list[str], list[str]]]) -> None:
    what = f"role {name}"
    role = reader.iam.get_role(RoleName=name)["Role"]
    reader.equal(f"{what}, trust", _without_sid(policy(role["AssumeRolePolicyDocument"])), [{
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": ["sts:AssumeRole"],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": [reader.account]},
            "ArnLike": {"aws:SourceArn": [f"arn:aws:ecs:{reader.region}:{reader.account}:*"]},
        },
    }])
    attached = reader.all(reader.iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    reader.equal(f"{what}, attached policies", attached, [])
    names = reader.all(reader.iam, "list_role_policies", "PolicyNames", RoleName=name)
    documents = [reader.iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in names]
    statements = [statement for document in documents for statement in policy(document)]
    allowed = [(one.get("Action", []), one.get("Resource", [])) for one in statements]
    reader.equal(f"{what}, permissions", sorted(allowed), sorted(wanted))
    for statement in statements:
        # Nothing else may be in it, such as NotAction or NotResource.
        reader.equal(f"{what}, elements", sorted(statement.keys() - {"Sid"}), ["Action", "Effect", "Resource"])
        reader.equal(f"{what}, effect", statement.get("Effect"), "Allow")
        # One action of AWS knows no resources.
        exact = "*" not in statement.get("Resource", []) or statement.get("Action") == ["ecr:GetAuthorizationToken"]
        reader.expect(exact, f"{what}: {statement.get('Action')} is allowed on everything")
    reader.tags(what, role.get("Tags", []), f"tenant/{tenant}/{kind}", tenant)


def _without_sid(statements: list[dict]) -> list[dict]:
    return [{key: value for key, value in statement.items() if key != "Sid"} for statement in statements]
