"""Exceptions of IAM, STS, Secrets Manager, CloudWatch Logs and the tagging API."""

from exceptions.exception import differs, invents, lacks, refuses, says_otherwise

API = "AWS IAM API reference, "
SECRETS = "AWS Secrets Manager API reference, "

EXCEPTIONS = [
    *differs(
        "sts.get_caller_identity",
        {"Arn": ("*user/moto", "*assumed-role/saas-provisioner/*")},
        "AWS STS API reference, GetCallerIdentity",
        "each has a caller of its own",
    ),
    *invents(
        "iam.create_*role",
        ["Role.Description", "Role.MaxSessionDuration"],
        "AWS CLI reference, iam create-role and create-service-linked-role, examples",
        "AWS gives them of a role that is there, and not with the answer in which it is made",
    ),
    *refuses(
        {"iam.attach_role_policy": "NoSuchEntity 404", "iam.detach_role_policy": "NoSuchEntity 404"},
        "AWS Managed Policy Reference Guide, ReadOnlyAccess",
        "moto has the policies of AWS only where it is started with them, which takes long",
    ),
    *lacks(
        "iam.list_attached_role_policies",
        ["AttachedPolicies"],
        "AWS Managed Policy Reference Guide, ReadOnlyAccess",
        "moto could not attach the policy",
    ),
    *lacks(
        "iam.get_account_authorization_details",
        ["RoleDetailList.web-task.AttachedManagedPolicies"],
        "AWS Managed Policy Reference Guide, ReadOnlyAccess",
        "moto could not attach the policy",
    ),
    *lacks(
        "iam.get_account_authorization_details",
        ["RoleDetailList.saas-provisioner"],
        f"{API}GetAccountAuthorizationDetails",
        "in the sandbox the role of the caller is in the account",
    ),
    *differs(
        "iam.create_service_linked_role",
        {"Role.*": ("*AWSServiceRoleForecs", "*AWSServiceRoleForECS")},
        "Amazon ECS Developer Guide, Using service-linked roles for Amazon ECS",
        "moto makes the name out of that of the service",
    ),
    *says_otherwise(
        {"iam.create_service_linked_role, again": ("EntityAlreadyExists 409", "InvalidInput 400")},
        f"{API}CreateServiceLinkedRole, errors, which have no EntityAlreadyExists",
        "AWS says that the name has been taken in this account",
    ),
    *says_otherwise(
        {
            f"secrets.{call}": ("ResourceNotFoundException 404", "ResourceNotFoundException 400")
            for call in [
                "describe_secret, unknown",
                "get_secret_value, unknown",
                "get_secret_value, no such stage",
                "get_secret_value, without a value",
                "put_secret_value, unknown",
                "update_secret, unknown",
                "tag_resource, unknown",
                "describe_secret, gone",
                "delete_secret, gone",
            ]
        },
        f"{SECRETS}ResourceNotFoundException, HTTP Status Code: 400",
        "moto has another status",
    ),
    *says_otherwise(
        {"secrets.get_secret_value, a long id": ("ResourceNotFoundException 404", "ValidationException 400")},
        f"{SECRETS}GetSecretValue, SecretId: 2,048 characters at most",
        "moto does not look at the length",
    ),
    *says_otherwise(
        {
            "secrets.create_secret, scheduled for deletion": (
                "ResourceExistsException 400",
                "InvalidRequestException 400",
            )
        },
        "github.com/aws/copilot-cli, issue 655",
        "AWS tells apart what is there and what is going",
    ),
    *differs(
        "secrets.list_secret_version_ids",
        {"ARN": ("*", "arn:*")},
        f"{SECRETS}ListSecretVersionIds, ARN",
        "moto has the name for it",
    ),
    *invents(
        "secrets.list_secret_version_ids",
        ["NextToken"],
        f"{SECRETS}ListSecretVersionIds, NextToken",
        "moto gives an empty text for none",
    ),
    *lacks(
        "secrets.list_secret_version_ids",
        ["Versions.*.KmsKeyIds"],
        f"{SECRETS}SecretVersionsListEntry, KmsKeyIds",
        "moto does not know the field",
    ),
    *lacks(
        "secrets.*",
        ["*LastAccessedDate"],
        f"{SECRETS}DescribeSecret, LastAccessedDate",
        "in moto it is not set by reading a value",
    ),
    *lacks(
        "logs.describe_log_groups",
        ["logGroups.*.deletionProtectionEnabled", "logGroups.*.logGroupClass"],
        "Amazon CloudWatch Logs API reference, LogGroup",
        "moto does not know the fields",
    ),
    *lacks(
        "tagging.get_resources",
        ["PaginationToken"],
        "Resource Groups Tagging API reference, GetResources, example",
        "AWS has an empty token on the last page",
    ),
    *lacks(
        "tagging.get_resources, of a log group's type",
        ["ResourceTagMappingList"],
        "Resource Groups Tagging API reference, GetResources, ResourceTypeFilters: a service with a type",
        "moto knows log groups by their service only",
    ),
    *differs(
        "iam.list_role_policies, all pages",
        {"pages.0.length": ("5", "2")},
        f"{API}ListRolePolicies, MaxItems",
        "moto does not look at the length of pages",
    ),
    *lacks(
        "iam.list_role_policies, all pages",
        ["pages.*"],
        f"{API}ListRolePolicies, MaxItems",
        "moto does not look at the length of pages",
    ),
]
