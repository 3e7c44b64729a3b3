"""What keeps a tenant's data: buckets, log groups and secrets. Points 4, 5, 9 and 10."""

import json
import re

from application import GENERATED, MIGRATOR_PASSWORD, PASSWORD
from reader import Reader, policy, texts

# What is not left to the administrators: the data, which is the tenant's, and reads of the configuration.
NOT_CONTROL = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:Get*Configuration",
    "s3:GetBucket*",
    "s3:GetObject*",
    "s3:ListBucket*",
    "s3:ListMultipartUploadParts",
    "s3:ListTagsForResource",
    "s3:PutObject*",
    "s3:RestoreObject",
]
CONFIGURATION = ["s3:Get*Configuration", "s3:GetBucket*", "s3:ListTagsForResource"]
# 32 printable ASCII characters other than what Aurora refuses in a password: `/`, `"`, `@` and the space.
CHARACTERS = re.compile(r'[^/"@ \x00-\x1f\x7f-\U0010ffff]{32}')


def point_4_buckets(reader: Reader) -> None:
    """A bucket for each tenant: closed to the public, owned by the account, encrypted, versioned."""
    buckets = [one["Name"] for one in reader.all(reader.s3, "list_buckets", "Buckets")]
    found = sorted(name for name in buckets if name.startswith(f"{reader.platform}-"))
    data = [f"{reader.platform}-{tenant}-data" for tenant in reader.tenants]
    reader.equal("buckets", found, sorted([*data, f"{reader.platform}-control"]))
    for name, tenant in zip(data, reader.tenants, strict=True):
        private_bucket(reader, name, f"tenant/{tenant}/bucket", tenant)


def control_bucket(reader: Reader) -> None:
    """The bucket of lease and receipts: as private as the others, and the lease in it is nobody's, in one version."""
    name = f"{reader.platform}-control"
    private_bucket(reader, name, "control/bucket", "shared")
    no_service = {"BoolIfExists": {"aws:PrincipalIsAWSService": ["false"]}}
    administrators = {"ArnNotLike": {"aws:PrincipalArn": [reader.provisioner]}} | no_service
    foreign = {"StringNotEquals": {"aws:PrincipalAccount": [reader.account]}} | no_service
    everything, insecure = {"Action": ["s3:*"]}, {"Bool": {"aws:SecureTransport": ["false"]}}
    both = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    wanted: dict[str, tuple[dict, list[str], dict]] = {
        "DenyOthers": ({"NotAction": CONFIGURATION}, both, administrators),
        "DenyForeignAccounts": (everything, both, foreign),
        "DenyInsecureTransport": (everything, both, insecure),
    }
    denials(reader, name, wanted)
    versions = reader.all(reader.s3, "list_object_versions", "Versions", Bucket=name)
    leases = [one for one in versions if one["Key"] == "lease.json"]
    reader.expect(len(leases) <= 1, f"bucket {name}: there are {len(leases)} versions of the lease")
    for one in versions:
        body = reader.s3.get_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        # To be looked through for secrets.
        reader.answers.append((one["Key"], body.decode("latin-1")))
        if one["Key"] == "lease.json":
            lease = json.loads(body)
            reader.expect(lease["released"] is not None, f"bucket {name}: the lease is still held")
            reader.equal(f"bucket {name}, what is in flight", lease["in_flight"], [])


def private_bucket(reader: Reader, name: str, address: str, tenant: str) -> None:
    """Closed to the public, owned by the account, encrypted, versioned and tagged."""
    block = reader.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    flags = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
    reader.equal(f"bucket {name}, public access block", block, dict.fromkeys(flags, True))
    ownership = reader.s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    reader.equal(f"bucket {name}, ownership", ownership, [{"ObjectOwnership": "BucketOwnerEnforced"}])
    encryption = reader.s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    algorithms = [rule["ApplyServerSideEncryptionByDefault"] for rule in encryption]
    reader.equal(f"bucket {name}, encryption", algorithms, [{"SSEAlgorithm": "AES256"}])
    versioning = reader.s3.get_bucket_versioning(Bucket=name).get("Status")
    reader.equal(f"bucket {name}, versioning", versioning, "Enabled")
    tags = reader.s3.get_bucket_tagging(Bucket=name)["TagSet"]
    reader.tags(f"bucket {name}", tags, address, tenant)


def point_5_bucket_policies(reader: Reader) -> None:
    """Five denials and no permission: what a tenant may do is in its task role."""
    for tenant in reader.tenants:
        name = f"{reader.platform}-{tenant}-data"
        bucket, objects = f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"
        no_service = {"BoolIfExists": {"aws:PrincipalIsAWSService": ["false"]}}
        other_tenants = {"StringNotEquals": {"aws:PrincipalTag/tenant_id": [tenant]}} | no_service
        administrators = {"ArnNotLike": {"aws:PrincipalArn": [reader.provisioner]}} | no_service
        foreign = {"StringNotEquals": {"aws:PrincipalAccount": [reader.account]}} | no_service
        everything, insecure = {"Action": ["s3:*"]}, {"Bool": {"aws:SecureTransport": ["false"]}}
        # The name of a statement: its actions, its resources, its conditions.
        wanted: dict[str, tuple[dict, list[str], dict]] = {
            "DenyOtherTenants": (everything, [objects], other_tenants),
            "DenyControlPlane": ({"NotAction": NOT_CONTROL}, [bucket, objects], administrators),
            "DenyForeignAccounts": (everything, [bucket, objects], foreign),
            "DenyInsecureTransport": (everything, [bucket, objects], insecure),
            "DenyOtherTenantsLists": ({"Action": ["s3:ListBucket*"]}, [bucket], other_tenants),
        }
        denials(reader, name, wanted)


def denials(reader: Reader, name: str, wanted: dict[str, tuple[dict, list[str], dict]]) -> None:
    """The statements of a bucket's policy: each denies these actions on these resources to everybody, on conditions."""
    statements = policy(reader.s3.get_bucket_policy(Bucket=name)["Policy"])
    reader.equal(f"policy of {name}, statements", [one.get("Sid") for one in statements], list(wanted))
    for statement in statements:
        what = f"policy of {name}, {statement.get('Sid')}"
        actions, resources, conditions = wanted.get(statement.get("Sid", ""), ({}, [], {}))
        # Nothing else may be in it, such as NotPrincipal or NotResource.
        keys = [*actions, "Condition", "Effect", "Principal", "Resource", "Sid"]
        reader.equal(f"{what}, elements", sorted(statement), sorted(keys))
        reader.equal(f"{what}, effect", statement.get("Effect"), "Deny")
        anyone = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        reader.expect(anyone, f"{what}: it is not about everybody")
        for element, names in actions.items():
            reader.equal(f"{what}, {element}", statement.get(element), names)
        reader.equal(f"{what}, resources", statement.get("Resource"), resources)
        reader.equal(f"{what}, conditions", statement.get("Condition"), conditions)


def point_9_log_groups(reader: Reader) -> None:
    """A log group for each tenant, kept for 30 days."""
    prefix = reader.log_group("")
    groups = reader.all(reader.logs, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    names = sorted(group["logGroupName"] for group in groups)
    reader.equal("log groups", names, [reader.log_group(tenant) for tenant in reader.tenants])
    for group in groups:
        name, tenant = group["logGroupName"], group["logGroupName"].removeprefix(prefix)
        reader.equal(f"log group {name}, retention", group.get("retentionInDays"), 30)
        # The ARN of the listing ends in `:*`, by which tags are not found.
        tags = reader.logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
        reader.tags(f"log group {name}", tags, f"tenant/{tenant}/log-group", tenant)


def point_10_secrets(reader: Reader) -> None:
    """Passwords for the master user and each tenant, and the values that are generated for its containers.

    They are never rotated, and each is other than the rest.
    """
    wanted = {f"rds/{reader.platform}/admin/password": ("database/admin-password", "shared")}
    for tenant in reader.tenants:
        wanted[reader.secret_name(PASSWORD, tenant)] = (f"tenant/{tenant}/password", tenant)
        if reader.application.migrations(tenant, reader.domain):
            wanted[reader.secret_name(MIGRATOR_PASSWORD, tenant)] = (f"tenant/{tenant}/migrator-password", tenant)
        if reader.application.generated:
            wanted[reader.secret_name(GENERATED, tenant)] = (f"tenant/{tenant}/generated-secret", tenant)
    # What is scheduled for deletion still takes its name.
    listed = reader.all(reader.secrets_manager, "list_secrets", "SecretList", IncludePlannedDeletion=True)
    names = sorted(one["Name"] for one in listed if one["Name"].startswith(("rds/", "ecs/")))
    reader.equal("secrets", names, sorted(wanted))
    for name, (address, tenant) in wanted.items():
        secret = reader.secrets_manager.describe_secret(SecretId=name)
        reader.expect(not secret.get("RotationEnabled"), f"secret {name}: it is rotated")
        _secret_policy(reader, name, tenant)
        unset = ["RotationRules", "RotationLambdaARN", "DeletedDate", "OwningService"]
        reader.fields(f"secret {name}", secret, dict.fromkeys(unset))
        reader.tags(f"secret {name}", secret["Tags"], address, tenant)
        value = reader.secrets_manager.get_secret_value(SecretId=name).get("SecretString", "")
        if name.startswith("ecs/"):
            _generated(reader, name, value)
            continue
        reader.secrets[name] = value
        # The value itself is in no message.
        reader.expect(
            CHARACTERS.fullmatch(value) is not None,
            f"secret {name}: it is not 32 printable ASCII characters without `/`, `\"`, `@` and space, "
            f"but {len(value)} characters",
        )
    values = list(reader.secrets.values())
    reader.equal("secrets, number of distinct values", len(set(values)), len(values))
    reader.expect(len(values) >= len(wanted), f"secrets: {len(values)} values of {len(wanted)} secrets were read")


def _secret_policy(reader: Reader, name: str, tenant: str) -> None:
    """Two denials: of reads, except to the role that starts the tenant's tasks, and of changes."""
    administrators = [reader.provisioner, f"arn:aws:iam::{reader.account}:root"]
    readers = administrators + ([] if tenant == "shared" else [reader.role_arn(f"{reader.platform}-{tenant}-exec")])
    configuration = ["DescribeSecret", "GetResourcePolicy", "GetSecretValue", "ListSecretVersionIds"]

    def denial(sid: str, actions: dict[str, list[str]], exempt: list[str]) -> dict[str, object]:
        condition = {"ArnNotLike": {"aws:PrincipalArn": sorted(exempt)}}
        return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Resource": ["*"], "Condition": condition, **actions}

    wanted = [
        denial("DenyReads", {"Action": ["secretsmanager:GetSecretValue"]}, readers),
        denial("DenyChanges", {"NotAction": [f"secretsmanager:{one}" for one in configuration]}, administrators),
    ]
    document = reader.secrets_manager.get_resource_policy(SecretId=name).get("ResourcePolicy", '{"Statement": []}')
    reader.equal(f"secret {name}, policy", policy(document), wanted)


def _generated(reader: Reader, name: str, text: str) -> None:
    """Letters and digits, as many of each as is required, in one JSON object."""
    values = json.loads(text)
    lengths = {key: len(value) for key, value in values.items()}
    reader.equal(f"secret {name}, the lengths of its values", lengths, reader.application.generated)
    for key, value in values.items():
        reader.secrets[f"{name}, {key}"] = value
        # The value itself is in no message.
        reader.expect(value.isascii() and value.isalnum(), f"secret {name}, {key}: it has other than letters and digits")


def no_secret_anywhere(reader: Reader) -> None:
    """The value of no secret is in a tag, a policy, a task definition, a description or any other answer of AWS."""
    reader.expect(len(reader.answers) > 0, "no answer of AWS was kept to look through")
    for name, value in reader.secrets.items():
        leaks = sorted({call for call, answer in reader.answers if any(value in text for text in texts(answer))})
        reader.expect(bool(value) and not leaks, f"secret {name}: its value is in what {', '.join(leaks)} answers")
