"""What is easily overlooked: forms that AWS brings into another, fields that few use, and letters' case."""

from typing import Any

from talk import Talk

from scripts.database import CLUSTER, INSTANCE, available
from scripts.service import definition
from scripts.stage import TRUST, Network, by, tags


def details(talk: Talk) -> None:
    """Each service in its turn."""
    of_networks(talk)
    of_tasks(talk)
    of_buckets(talk)
    of_roles(talk)
    of_databases(talk)


def of_networks(talk: Talk) -> None:
    ec2 = talk.ec2
    vpc = ec2.create_vpc("with an address in its block", CidrBlock="10.15.0.5/16")["Vpc"]["VpcId"]
    this = {"VpcId": vpc, "AvailabilityZone": "us-east-1a"}
    subnet = ec2.create_subnet("with an address in its block", **this, CidrBlock="10.15.1.7/28")["Subnet"]["SubnetId"]
    ec2.create_tags("of two", Resources=[vpc, subnet], Tags=tags(one="1", two="2"))
    ec2.describe_tags("by key", Filters=[by("resource-id", vpc, subnet), by("key", "one")])
    ec2.describe_tags("by type and value", Filters=[by("resource-type", "subnet"), by("value", "2")])
    ec2.delete_tags("of another value", Resources=[subnet], Tags=[{"Key": "one", "Value": "9"}])
    ec2.delete_tags("of its value", Resources=[subnet], Tags=[{"Key": "two", "Value": "2"}])
    ec2.describe_tags("what is left", Filters=[by("resource-id", subnet)])
    ec2.delete_tags("all", Resources=[subnet])
    ec2.describe_tags("nothing left", Filters=[by("resource-id", subnet)])
    ec2.describe_vpc_attribute("of addresses", VpcId=vpc, Attribute="enableNetworkAddressUsageMetrics")
    ec2.describe_vpc_attribute("that is none", VpcId=vpc, Attribute="colour")
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def of_tasks(talk: Talk) -> None:
    role = talk.iam.create_role(RoleName="detailed", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    token = "00000000-0000-4000-8000-000000000300"
    secret = talk.secrets.create_secret(Name="detailed", SecretString="x", ClientRequestToken=token)["ARN"]
    plain = definition(role) | {"family": "detailed"}
    [container] = plain["containerDefinitions"]
    check = {"command": ["CMD-SHELL", "true"], "interval": 10, "timeout": 5, "retries": 3, "startPeriod": 1}
    more: dict[str, Any] = {
        "secrets": [{"name": "B", "valueFrom": secret}, {"name": "A", "valueFrom": secret}],
        "environment": [{"name": "Z", "value": "1"}, {"name": "A1", "value": ""}],
        "healthCheck": check,
        "entryPoint": ["run"],
        "command": ["a", "b"],
        "workingDirectory": "/x",
        "user": "1000",
        "startTimeout": 30,
        "stopTimeout": 30,
        "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}],
        "dockerLabels": {"a": "b"},
        "cpu": 256,
        "memory": 512,
        "memoryReservation": 256,
        "linuxParameters": {"initProcessEnabled": True},
    }
    wanted = [{"containerName": "web", "condition": "START"}]
    beside = {"name": "beside", "image": "x/y:z", "essential": False, "dependsOn": wanted}
    whole = plain | {"containerDefinitions": [container | more, beside], "ephemeralStorage": {"sizeInGiB": 30}}
    talk.ecs.register_task_definition("with everything", **whole)
    talk.ecs.describe_task_definition("with everything", taskDefinition="detailed", include=["TAGS"])


def of_buckets(talk: Talk) -> None:
    s3, bucket = talk.s3, {"Bucket": "a-bucket-of-details"}
    s3.create_bucket(**bucket)
    headers = {
        "CacheControl": "no-cache",
        "ContentDisposition": "x",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
    }
    s3.put_object("with headers", **bucket, Key="k", Body=b"x", Metadata={"A-B": "c d"}, **headers)
    s3.get_object("with headers", **bucket, Key="k")
    s3.head_object("with headers", **bucket, Key="k")
    s3.put_object("with a checksum", **bucket, Key="c", Body=b"x", ChecksumAlgorithm="SHA256")
    s3.get_object("with a checksum", **bucket, Key="c", ChecksumMode="ENABLED")
    s3.put_object("encrypted", **bucket, Key="c", Body=b"x", ServerSideEncryption="AES256")
    s3.delete_object("unless it changed, and it did", **bucket, Key="c", IfMatch='"0"')
    s3.delete_objects(
        "one of which is not there", **bucket, Delete={"Objects": [{"Key": "c"}, {"Key": "k"}, {"Key": "z"}]}
    )
    s3.delete_objects("none", **bucket, Delete={"Objects": []})
    s3.delete_bucket_tagging(**bucket)
    s3.delete_public_access_block(**bucket)
    s3.get_public_access_block("deleted", **bucket)
    s3.delete_bucket_ownership_controls(**bucket)
    s3.get_bucket_ownership_controls("deleted", **bucket)
    s3.delete_bucket(**bucket)


def of_roles(talk: Talk) -> None:
    iam = talk.iam
    iam.create_role(RoleName="Details", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "one", "Value": "1"}])
    iam.get_role("in another case", RoleName="details")
    iam.update_role("without a text", RoleName="Details", Description="")
    iam.get_role("without a text", RoleName="Details")
    statement = '"Statement": {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}'
    policy = {"RoleName": "Details", "PolicyName": "own"}
    iam.put_role_policy("of one statement", **policy, PolicyDocument=f'{{"Version": "2012-10-17",   {statement}}}')
    iam.get_role_policy("of one statement", **policy)
    iam.delete_role_policy(**policy)
    iam.delete_role(RoleName="Details")


def of_databases(talk: Talk) -> None:
    rds, network = talk.rds, Network(talk, "10.16")
    group = network.group("details")
    this = {"DBSubnetGroupName": "Details", "DBSubnetGroupDescription": "x"}
    rds.create_db_subnet_group("with a capital", **this, SubnetIds=network.subnets)
    rds.describe_db_subnet_groups("without it", DBSubnetGroupName="details")
    names = {"DBClusterIdentifier": "Details", "DBSubnetGroupName": "details", "VpcSecurityGroupIds": [group]}
    without_group = {key: value for key, value in CLUSTER.items() if key != "DBClusterParameterGroupName"}
    rds.create_db_cluster("with a capital", **(without_group | names))
    instance = INSTANCE | {"DBClusterIdentifier": "details", "DBInstanceIdentifier": "Details-W"}
    rds.create_db_instance("with a capital", **instance)
    rds.until(lambda answer: available(answer, "DBInstances"), "describe_db_instances")
    rds.describe_db_instances("by ARN", DBInstanceIdentifier="arn:aws:rds:us-east-1:123456789012:db:details-w")
    rds.describe_db_clusters("by ARN", DBClusterIdentifier="arn:aws:rds:us-east-1:123456789012:cluster:details")
    rds.describe_db_instances("in capitals", DBInstanceIdentifier="DETAILS-W")
    rds.delete_db_instance(DBInstanceIdentifier="details-w")
    rds.until(lambda answer: not answer["DBInstances"], "describe_db_instances")
    rds.delete_db_cluster(DBClusterIdentifier="details", SkipFinalSnapshot=True)
    rds.until(lambda answer: not answer["DBClusters"], "describe_db_clusters")
    rds.delete_db_subnet_group(DBSubnetGroupName="details")
    talk.ec2.delete_security_group(GroupId=group)
    network.close()
