"""The questions that each operation asks IAM: one for each action and resource.

An operation that is not here asks for the action of its own name on everything.
"""

from collections.abc import Callable, Iterator

from account import Account, pairs, specified

Question = dict
Asks = Callable[[Account, str, dict, dict], Iterator[Question]]


def question(action: str, resource: str = "*", **context: str) -> Question:
    return {"action": action, "resource": resource, "context": context}


def question_default(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    yield question(call)


def request_tags(tags: dict[str, str]) -> dict[str, str]:
    return {f"aws:RequestTag/{key}": value for key, value in tags.items()}


def resource_tags(account: Account, arn: str) -> dict[str, str]:
    return {f"aws:ResourceTag/{key}": value for key, value in account.tags.get(arn, {}).items()}


def owned(account: Account, call: str, arn: str) -> Question:
    """On a resource that exists, with its tags."""
    return {"action": call, "resource": arn, "context": resource_tags(account, arn)}


# EC2. Of an operation: members with the ids of what exists, and the type of what it creates.
EC2 = {
    "AllocateAddress": ([], "elastic-ip"),
    "AssociateRouteTable": (["RouteTableId", "SubnetId"], None),
    "AttachInternetGateway": (["InternetGatewayId", "VpcId"], None),
    "AuthorizeSecurityGroupEgress": (["GroupId"], "security-group-rule"),
    "AuthorizeSecurityGroupIngress": (["GroupId"], "security-group-rule"),
    "CreateInternetGateway": ([], "internet-gateway"),
    "CreateNatGateway": (["SubnetId", "AllocationId"], "natgateway"),
    "CreateRoute": (["RouteTableId"], None),
    "CreateRouteTable": (["VpcId"], "route-table"),
    "CreateSecurityGroup": (["VpcId"], "security-group"),
    "CreateSubnet": (["VpcId"], "subnet"),
    "CreateTags": (["Resources"], None),
    "CreateVpc": ([], "vpc"),
    "CreateVpcEndpoint": (["VpcId", "RouteTableIds"], "vpc-endpoint"),
    "DeleteInternetGateway": (["InternetGatewayId"], None),
    "DeleteNatGateway": (["NatGatewayId"], None),
    "DeleteRoute": (["RouteTableId"], None),
    "DeleteRouteTable": (["RouteTableId"], None),
    "DeleteSecurityGroup": (["GroupId"], None),
    "DeleteSubnet": (["SubnetId"], None),
    "DeleteVpc": (["VpcId"], None),
    "DeleteVpcEndpoints": (["VpcEndpointIds"], None),
    "DescribeVpcAttribute": (["VpcId"], None),
    "DetachInternetGateway": (["InternetGatewayId", "VpcId"], None),
    "DisassociateRouteTable": ([], None),
    "ModifySubnetAttribute": (["SubnetId"], None),
    "ModifyVpcAttribute": (["VpcId"], None),
    "ModifyVpcEndpoint": (["VpcEndpointId", "AddRouteTableIds", "RemoveRouteTableIds"], None),
    "ReleaseAddress": (["AllocationId"], None),
    "ReplaceRoute": (["RouteTableId"], None),
    "ReplaceRouteTableAssociation": (["RouteTableId"], None),
    "RevokeSecurityGroupEgress": (["GroupId"], None),
    "RevokeSecurityGroupIngress": (["GroupId"], None),
    "UpdateSecurityGroupRuleDescriptionsEgress": (["GroupId"], None),
    "UpdateSecurityGroupRuleDescriptionsIngress": (["GroupId"], None),
}


def ec2(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    members, created = EC2[operation]
    for member in members:
        value = given.get(member) or []
        for id in [value] if isinstance(value, str) else value:
            yield owned(account, call, account.ec2(id))
    for id in account.associations.get(given.get("AssociationId", ""), ()):
        if id and id != given.get("RouteTableId"):
            yield owned(account, call, account.ec2(id))
    if created:
        arn, tags = account.arn("ec2", f"{created}/*"), request_tags(specified(given))
        yield question(call, arn, **tags)
        if tags:
            yield question("ec2:CreateTags", arn, **{"ec2:CreateAction": operation}, **tags)


# ECS, as names and as ARNs.
def ecs_arn(account: Account, kind: str, name: str) -> str:
    return name if name.startswith("arn:") else account.arn("ecs", f"{kind}/{name}")


def ecs_within(account: Account, kind: str, given: dict, name: str) -> str:
    """A service or a task, which belongs to a cluster."""
    if name.startswith("arn:"):
        return name
    return account.arn("ecs", f"{kind}/{given['cluster'].rpartition('/')[2]}/{name}")


def in_cluster(account: Account, given: dict) -> dict[str, str]:
    return {"ecs:cluster": ecs_arn(account, "cluster", given["cluster"])}


def passed(account: Account, service: str, *roles: str | None) -> Iterator[Question]:
    for role in roles:
        if role:
            yield question("iam:PassRole", role, **{"iam:PassedToService": service})


def linked(account: Account, service: str, name: str) -> Question:
    """The service creates its role with the permissions of the first caller."""
    arn = f"arn:{account.partition}:iam::{account.number}:role/aws-service-role/{service}/{name}"
    return question("iam:CreateServiceLinkedRole", arn, **{"iam:AWSServiceName": service})


def ecs(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    tags = request_tags(pairs(given.get("tags")))
    created = None
    match operation:
        case "CreateCluster":
            created = ecs_arn(account, "cluster", given["clusterName"])
            yield question(call, created, **tags)
            yield linked(account, "ecs.amazonaws.com", "AWSServiceRoleForECS")
        case "CreateService":
            created = ecs_within(account, "service", given, given["serviceName"])
            yield question(call, created, **in_cluster(account, given), **tags)
        case "RegisterTaskDefinition":
            created = account.arn("ecs", f"task-definition/{given['family']}:1")
            yield question(call, created, **tags)
            yield from passed(account, "ecs-tasks.amazonaws.com", given.get("taskRoleArn"), given.get("executionRoleArn"))
        case "RunTask":
            definition = ecs_arn(account, "task-definition", given["taskDefinition"])
            yield question(call, definition, **in_cluster(account, given), **tags)
            created = ecs_within(account, "task", given, "*")
        case "UpdateService" | "DeleteService":
            yield question(call, ecs_within(account, "service", given, given["service"]), **in_cluster(account, given))
        case "DescribeServices":
            for name in given["services"]:
                yield question(call, ecs_within(account, "service", given, name), **in_cluster(account, given))
        case "DescribeTasks":
            for name in given["tasks"]:
                yield question(call, ecs_within(account, "task", given, name), **in_cluster(account, given))
        case "StopTask":
            yield question(call, ecs_within(account, "task", given, given["task"]), **in_cluster(account, given))
        case "DescribeClusters":
            for name in given["clusters"]:
                yield question(call, ecs_arn(account, "cluster", name))
        case "PutClusterCapacityProviders" | "DeleteCluster":
            yield question(call, ecs_arn(account, "cluster", given["cluster"]))
        case "DeleteTaskDefinitions":
            for name in given["taskDefinitions"]:
                yield question(call, ecs_arn(account, "task-definition", name))
        case "TagResource":
            yield question(call, given["resourceArn"], **tags)
        case "ListServices":
            yield question(call, **in_cluster(account, given))
        case "ListTasks":
            cluster = given["cluster"].rpartition("/")[2]
            yield question(call, account.arn("ecs", f"container-instance/{cluster}/*"), **in_cluster(account, given))
        case _:
            yield question(call)
    if created and tags:
        yield question("ecs:TagResource", created, **{"ecs:CreateAction": operation}, **tags)


def balancing(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    tags, created = request_tags(pairs(given.get("Tags"))), None
    elb = "elasticloadbalancing"
    match operation:
        case "CreateLoadBalancer":
            created = account.arn(elb, f"loadbalancer/app/{given['Name']}/*")
            yield question(call, created, **tags)
            yield linked(account, "elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing")
        case "CreateTargetGroup":
            created = account.arn(elb, f"targetgroup/{given['Name']}/*")
            yield question(call, created, **tags)
        case "CreateListener":
            created = given["LoadBalancerArn"].replace(":loadbalancer/", ":listener/") + "/*"
            yield question(call, given["LoadBalancerArn"])
        case "CreateRule":
            created = given["ListenerArn"].replace(":listener/", ":listener-rule/") + "/*"
            yield question(call, given["ListenerArn"])
        case "AddTags":
            for arn in given["ResourceArns"]:
                yield question(call, arn, **resource_tags(account, arn), **tags)
        case "SetRulePriorities":
            for of in given["RulePriorities"]:
                yield question(call, of["RuleArn"])
        case _ if operation.startswith("Describe"):
            yield question(call)
        case _:
            [arn] = [given[name] for name in BALANCED if name in given][:1]
            yield owned(account, call, arn)
    if created and tags:
        yield question(f"{elb}:AddTags", created, **{f"{elb}:CreateAction": operation}, **tags)


# The member that names what a call changes, the most specific first.
BALANCED = ["RuleArn", "ListenerArn", "TargetGroupArn", "LoadBalancerArn"]

# RDS. The members of names, with the types in ARNs.
RDS = {
    "DBClusterIdentifier": "cluster",
    "DBInstanceIdentifier": "db",
    "DBClusterParameterGroupName": "cluster-pg",
    "DBSubnetGroupName": "subgrp",
}

# What an operation uses beside what it is about, or does not compare.
RDS_MEMBERS = {
    "CreateDBCluster": ["DBClusterIdentifier", "DBClusterParameterGroupName", "DBSubnetGroupName"],
    "CreateDBInstance": ["DBInstanceIdentifier", "DBClusterIdentifier"],
    "ModifyDBCluster": ["DBClusterIdentifier", "DBClusterParameterGroupName"],
}


def rds(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    if operation.startswith("Describe"):
        yield question(call, account.arn("rds", RDS_LISTED[operation]) if operation in RDS_LISTED else "*")
        return
    if "ResourceName" in given:
        yield question(call, given["ResourceName"], **request_tags(pairs(given.get("Tags"))))
        return
    tags = request_tags(pairs(given.get("Tags")))
    members = RDS_MEMBERS.get(operation, [name for name in RDS if name in given])
    arns = [account.arn("rds", f"{RDS[name]}:{given[name]}") for name in members if given.get(name)]
    for arn in arns:
        yield question(call, arn, **tags)
    if operation == "CreateDBCluster":
        major = given["EngineVersion"].partition(".")[0]
        yield question(call, account.arn("rds", f"og:default:aurora-postgresql-{major}"), **tags)
        yield linked(account, "rds.amazonaws.com", "AWSServiceRoleForRDS")
    if operation == "DeleteDBCluster" and given.get("FinalDBSnapshotIdentifier"):
        yield question(call, account.arn("rds", f"cluster-snapshot:{given['FinalDBSnapshotIdentifier']}"))
    if operation.startswith("Create") and tags:
        yield question("rds:AddTagsToResource", arns[0], **tags)


# What a description without a name compares with.
RDS_LISTED = {
    "DescribeBlueGreenDeployments": "deployment:*",
    "DescribeDBClusterParameterGroups": "cluster-pg:*",
    "DescribeDBClusterParameters": "cluster-pg:*",
    "DescribeDBClusters": "cluster:*",
    "DescribeDBInstances": "db:*",
    "DescribeDBSubnetGroups": "subgrp:*",
}

# S3: the actions that are not named like their operations.
S3 = {
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    # The deprecated operation of the same request.
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}


def s3(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    action = f"s3:{S3.get(operation, operation)}"
    bucket = f"arn:{account.partition}:s3:::{given.get('Bucket')}"
    if operation == "ListBuckets":
        yield question(action)
    elif operation == "DeleteObjects":
        for of in given["Delete"]["Objects"]:
            action = "s3:DeleteObjectVersion" if of.get("VersionId") else "s3:DeleteObject"
            yield question(action, f"{bucket}/{of['Key']}")
    elif "Key" in given:
        version = "Version" if given.get("VersionId") else ""
        yield question(f"{action}{version}", f"{bucket}/{given['Key']}")
    else:
        yield question(action, bucket)


def iam(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    if "RoleName" not in given:
        yield question(call)
        return
    role = answer.get("Role", {}).get("Arn") or account.role(given["RoleName"])
    name = "iam:PermissionsBoundary"
    tags = request_tags(pairs(given.get("Tags")))
    if operation == "CreateRole":
        role = f"arn:{account.partition}:iam::{account.number}:role{given['Path']}{given['RoleName']}"
    boundary = given.get("PermissionsBoundary") or account.boundaries.get(role)
    bounded = {name: boundary} if boundary and operation not in ("GetRolePolicy", "TagRole") else {}
    bounded = {} if operation.startswith("List") else bounded
    yield question(call, role, **bounded, **tags)
    if operation == "CreateRole" and tags:
        yield question("iam:TagRole", role, **tags)


def logs(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    tags = request_tags(pairs(given.get("tags")))
    if "resourceArn" in given:
        yield question(call, given["resourceArn"].removesuffix(":*"), **tags)
    elif "logStreamName" in given:
        stream = f"log-group:{given['logGroupName']}:log-stream:{given['logStreamName']}"
        yield question(call, account.arn("logs", stream))
    elif "logGroupName" in given:
        group = account.arn("logs", f"log-group:{given['logGroupName']}")
        yield question(call, group, **tags)
        if tags:
            yield question("logs:TagResource", group, **tags)
    else:
        yield question(call)


def scaling(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    if operation.startswith("Describe"):
        yield question(call)
        return
    service = "application-autoscaling"
    target = account.arn(service, "scalable-target/0123456789abcdef")
    tags = request_tags(pairs(given.get("Tags")))
    if operation == "TagResource":
        yield question(call, given["ResourceARN"], **tags)
        return
    yield question(call, target, **{f"{service}:service-namespace": given["ServiceNamespace"]}, **tags)
    name = given["ResourceId"]
    alarm = account.arn("cloudwatch", f"alarm:TargetTracking-{name}-AlarmHigh-01234567")
    match operation:
        case "RegisterScalableTarget":
            cluster = {"ecs:cluster": account.arn("ecs", f"cluster/{name.split('/')[1]}")}
            for action in ("ecs:DescribeServices", "ecs:UpdateService"):
                yield question(action, account.arn("ecs", name), **cluster)
            scaler = "ecs.application-autoscaling.amazonaws.com"
            yield linked(account, scaler, "AWSServiceRoleForApplicationAutoScaling_ECSService")
            if tags:
                yield question(f"{service}:TagResource", target, **tags)
        case "PutScalingPolicy":
            yield question("cloudwatch:PutMetricAlarm", alarm)
            yield question("cloudwatch:DescribeAlarms", account.arn("cloudwatch", "alarm:*"))
        case "DeleteScalingPolicy" | "DeregisterScalableTarget":
            yield question("cloudwatch:DeleteAlarms", alarm)


def scheduler(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    tags = request_tags(pairs(given.get("Tags")))
    match operation:
        case "CreateSchedule" | "UpdateSchedule" | "GetSchedule" | "DeleteSchedule":
            yield question(call, account.arn("scheduler", f"schedule/{given['GroupName']}/{given['Name']}"))
            yield from passed(account, "scheduler.amazonaws.com", given.get("Target", {}).get("RoleArn"))
        case "CreateScheduleGroup" | "GetScheduleGroup" | "DeleteScheduleGroup":
            group = account.arn("scheduler", f"schedule-group/{given['Name']}")
            yield question(call, group, **tags)
            if tags:
                yield question("scheduler:TagResource", group, **tags)
        case "TagResource" | "ListTagsForResource":
            yield question(call, given["ResourceArn"], **tags)
        case _:
            yield question(call)


def secretsmanager(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    operation = call.partition(":")[2]
    tags = request_tags(pairs(given.get("Tags")))
    match operation:
        case "CreateSecret":
            secret = answer.get("ARN") or account.secret(given["Name"])
            yield question(call, secret, **tags)
            if tags:
                yield question("secretsmanager:TagResource", secret, **tags)
        case "BatchGetSecretValue":
            yield question(call)
            for of in answer.get("SecretValues", []):
                yield question("secretsmanager:GetSecretValue", of["ARN"])
        case "ListSecrets":
            yield question(call)
        case _:
            yield question(call, account.secret(given["SecretId"]), **tags)


def acm(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    yield question(call, given["CertificateArn"])


def ssm(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    for name in given["Names"]:
        yield question(call, account.arn("ssm", f"parameter/{name.lstrip('/')}"))


SERVICES: dict[str, Asks] = {
    "acm": acm,
    "application-autoscaling": scaling,
    "ecs": ecs,
    "elasticloadbalancing": balancing,
    "iam": iam,
    "logs": logs,
    "rds": rds,
    "s3": s3,
    "scheduler": scheduler,
    "secretsmanager": secretsmanager,
    "ssm": ssm,
}


def questions(account: Account, call: str, given: dict, answer: dict) -> Iterator[Question]:
    service, _, operation = call.partition(":")
    if service == "ec2":
        return (ec2 if operation in EC2 else question_default)(account, call, given, answer)
    return SERVICES.get(service, question_default)(account, call, given, answer)
