"""What AWS refuses and moto lets pass. It comes last and on things of its own, for in moto it leaves its traces."""

import json
from typing import Any

from talk import Talk

from scripts.database import CLUSTER, PARAMETER_GROUP, SUBNET_GROUP, parameter
from scripts.ingress import NOT_FOUND, REDIRECT, hosts
from scripts.limits import TOO_MANY
from scripts.permissions import tcp
from scripts.scaling import SCALED, policy
from scripts.service import CREATION, definition
from scripts.stage import EVERYWHERE, TRUST, Network, document, tags


def laxness(talk: Talk) -> None:
    """Each service in its turn."""
    network = Network(talk, "10.8", zones="abc", opened=True)
    of_networks(talk, network)
    of_groups(talk, network)
    of_balancers(talk, network)
    of_databases(talk, network)
    of_roles(talk)
    of_tasks(talk, network)
    of_buckets(talk)
    of_secrets(talk)
    of_logs(talk)


def of_networks(talk: Talk, network: Network) -> None:
    ec2 = talk.ec2
    ec2.create_tags("a reserved key", Resources=[network.vpc], Tags=[{"Key": "aws:own", "Value": "x"}])
    ec2.create_tags("a long key", Resources=[network.vpc], Tags=[{"Key": "x" * 129, "Value": "x"}])
    ec2.create_subnet("too small", VpcId=network.vpc, CidrBlock="10.8.10.0/29")
    ec2.create_subnet("not a block", VpcId=network.vpc, CidrBlock="10.8.11.0")
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    nowhere = {"RouteTableId": table, "DestinationCidrBlock": EVERYWHERE, "NatGatewayId": "nat-00000000000000000"}
    ec2.create_route("no such NAT", **nowhere)
    ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[2])
    ec2.associate_route_table("with the same again", RouteTableId=table, SubnetId=network.subnets[2])
    ec2.create_route(
        "that is no block", RouteTableId=table, DestinationCidrBlock="192.0.2.0", GatewayId=network.gateway
    )
    ec2.associate_route_table("of no such table", RouteTableId="rtb-00000000000000000", SubnetId=network.subnets[1])
    endpoint = {"VpcId": network.vpc, "VpcEndpointType": "Gateway", "RouteTableIds": [table]}
    ec2.create_vpc_endpoint("to no such service", **endpoint, ServiceName="com.amazonaws.us-east-1.nothing")
    ec2.create_vpc_endpoint(**endpoint, ServiceName="com.amazonaws.us-east-1.s3")
    ec2.create_vpc_endpoint("a second time", **endpoint, ServiceName="com.amazonaws.us-east-1.s3")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=network.subnet("10.8.9.0/24"), AllocationId=address)["NatGateway"]
    ec2.until(
        lambda answer: answer["NatGateways"][0]["State"] == "available",
        "describe_nat_gateways",
        NatGatewayIds=[nat["NatGatewayId"]],
    )
    ec2.detach_internet_gateway("with an address in use", InternetGatewayId=network.gateway, VpcId=network.vpc)
    ec2.attach_internet_gateway("if it is gone", InternetGatewayId=network.gateway, VpcId=network.vpc)
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway("to a network that has one", InternetGatewayId=other, VpcId=network.vpc)
    ec2.release_address("taken", AllocationId=address)
    ec2.delete_subnet("with a NAT gateway in it", SubnetId=nat["SubnetId"])


def of_groups(talk: Talk, network: Network) -> None:
    ec2 = talk.ec2
    ec2.create_security_group("no such network", GroupName="x", Description="x", VpcId="vpc-00000000000000000")
    for remark, name, description in [
        ("a long name", "x" * 300, "x"),
        ("a name like an id", "sg-1234", "x"),
        ("an odd description", "odd", "\u00e4"),
    ]:
        ec2.create_security_group(remark, GroupName=name, Description=description, VpcId=network.vpc)
    front, back = network.group("named"), network.group("naming")
    to_front = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": front}]}
    described = to_front | {"UserIdGroupPairs": [{"GroupId": front, "Description": "to the front"}]}
    ec2.authorize_security_group_ingress(GroupId=back, IpPermissions=[to_front])
    ec2.authorize_security_group_egress("described", GroupId=back, IpPermissions=[described])
    ec2.revoke_security_group_egress("without its description", GroupId=back, IpPermissions=[to_front])
    ec2.delete_security_group("that another's rule names", GroupId=front)
    for remark, form in [("upside down", tcp(20, 10)), ("beyond all ports", tcp(70000, 70000))]:
        ec2.authorize_security_group_ingress(remark, GroupId=back, IpPermissions=[form])
    ec2.authorize_security_group_ingress("nothing", GroupId=back, IpPermissions=[])
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName="inside", Description="x", VpcId=vpc)
    ec2.delete_vpc("with a group", VpcId=vpc)


def of_balancers(talk: Talk, network: Network) -> None:
    elb, group, other = talk.elb, network.group("lax"), network.group("other")
    this: dict[str, Any] = {"Name": "lax", "Subnets": network.subnets[:2], "SecurityGroups": [group]}
    balancer = elb.create_load_balancer(**this)["LoadBalancers"][0]["LoadBalancerArn"]
    talk.ec2.delete_security_group("of a balancer", GroupId=group)
    elb.create_load_balancer("a name that is taken", **(this | {"SecurityGroups": [other]}))
    elb.create_load_balancer(
        "in one subnet", **(this | {"Name": "small", "Subnets": network.subnets[:1], "SecurityGroups": [other]})
    )
    listening: dict[str, Any] = {
        "LoadBalancerArn": balancer,
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": [NOT_FOUND],
    }
    listener = elb.create_listener(**listening)["Listeners"][0]["ListenerArn"]
    elb.create_listener("the same again", **listening)
    elb.create_listener("on a port that is taken", **(listening | {"DefaultActions": [REDIRECT]}))
    elb.create_listener("of HTTPS without a certificate", **(listening | {"Protocol": "HTTPS", "Port": 443}))
    rule: dict[str, Any] = {"ListenerArn": listener, "Conditions": [hosts("lax.example.com")], "Actions": [NOT_FOUND]}
    elb.create_rule("too low a priority", **rule, Priority=50001)
    elb.create_rule("of priority 0", **rule, Priority=0)
    elb.create_rule("by nothing", **(rule | {"Conditions": []}), Priority=1)
    elb.create_rule("to nothing", **(rule | {"Actions": []}), Priority=2)
    elb.describe_tags("of nothing", ResourceArns=[balancer + "0"])
    timeout = [{"Key": "idle_timeout.timeout_seconds", "Value": "long"}]
    elb.create_listener("on port 0", **(listening | {"Port": 0}))
    nowhere = {"Name": "nowhere", "SecurityGroups": ["sg-00000000000000000"]}
    elb.create_load_balancer("of no such group", **(this | nowhere))
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes("protected", LoadBalancerArn=balancer, Attributes=protection)
    elb.modify_load_balancer_attributes("of no number", LoadBalancerArn=balancer, Attributes=timeout)
    elb.delete_load_balancer("protected", LoadBalancerArn=balancer)


def of_databases(talk: Talk, network: Network) -> None:
    rds, group = talk.rds, network.group("database")
    named = SUBNET_GROUP | {"DBSubnetGroupName": "lax"}
    rds.create_db_subnet_group(**named, SubnetIds=network.subnets)
    rds.create_db_subnet_group("a name that is taken", **named, SubnetIds=network.subnets)
    rds.create_db_subnet_group("in one zone", **(named | {"DBSubnetGroupName": "x"}), SubnetIds=network.subnets[:1])
    lax = {"DBClusterParameterGroupName": "lax"}
    rds.create_db_cluster_parameter_group(**(PARAMETER_GROUP | lax))
    rds.modify_db_cluster_parameter_group("no such parameter", **lax, Parameters=[parameter("no_such_thing", "1")])
    at_once = [parameter("shared_preload_libraries", "pgaudit") | {"ApplyMethod": "immediate"}]
    rds.modify_db_cluster_parameter_group("a static one at once", **lax, Parameters=at_once)
    this = CLUSTER | lax | {"DBClusterIdentifier": "lax", "DBSubnetGroupName": "lax", "VpcSecurityGroupIds": [group]}
    rds.create_db_cluster("no such subnet group", **(this | {"DBClusterIdentifier": "x", "DBSubnetGroupName": "z"}))
    rds.create_db_cluster("no such version", **(this | {"DBClusterIdentifier": "y", "EngineVersion": "15.1"}))
    rds.create_db_cluster("a reserved user", **(this | {"DBClusterIdentifier": "z", "MasterUsername": "rdsadmin"}))
    for name in ["1abc", "a--b", "a-", "a b"]:
        rds.create_db_cluster(f"a name like {name}", **(this | {"DBClusterIdentifier": name}))
    rds.create_db_cluster("a long password", **(this | {"DBClusterIdentifier": "long", "MasterUserPassword": "x" * 42}))
    rds.create_db_cluster("a slash in it", **(this | {"DBClusterIdentifier": "slash", "MasterUserPassword": "x/" * 8}))
    rds.create_db_cluster(**this)
    rds.create_db_cluster("a name that is taken", **this)
    rds.delete_db_cluster("neither with a snapshot nor without", DBClusterIdentifier="lax")
    rds.modify_db_subnet_group(DBSubnetGroupName="lax", DBSubnetGroupDescription="Changed", SubnetIds=network.subnets)
    rds.describe_db_subnet_groups("changed", DBSubnetGroupName="lax")
    rds.delete_db_subnet_group("in use", DBSubnetGroupName="lax")
    rds.delete_db_cluster_parameter_group("in use", **lax)


def of_roles(talk: Talk) -> None:
    iam = talk.iam
    iam.create_role(RoleName="lax", AssumeRolePolicyDocument=TRUST)
    iam.create_role("a name that is taken but for its case", RoleName="LAX", AssumeRolePolicyDocument=TRUST)
    iam.create_role("a trust that is no JSON", RoleName="x", AssumeRolePolicyDocument="{")
    iam.create_role("a name with a blank", RoleName="a b", AssumeRolePolicyDocument=TRUST)
    iam.create_role("a long name", RoleName="x" * 65, AssumeRolePolicyDocument=TRUST)
    iam.create_role(
        "a tag of AWS's", RoleName="aws", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "aws:x", "Value": "x"}]
    )
    iam.create_role("a path without end", RoleName="path", Path="/x", AssumeRolePolicyDocument=TRUST)
    iam.create_role("too long a session", RoleName="long", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=50000)
    of_everybody = document(Action="*", Principal="*", Resource="*")
    resources = [f"arn:aws:s3:::{number:01000}" for number in range(11)]
    large = document(Action="s3:GetObject", Resource=resources)
    iam.put_role_policy("too large", RoleName="lax", PolicyName="large", PolicyDocument=large)
    iam.put_role_policy("with a principal", RoleName="lax", PolicyName="x", PolicyDocument=of_everybody)


def of_tasks(talk: Talk, network: Network) -> None:
    ecs, scaling = talk.ecs, talk.scaling
    role = talk.iam.create_role(RoleName="of-tasks", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    this = definition(role) | {"family": "lax"}
    ecs.create_cluster("a name with a dot", clusterName="a.b")
    ecs.create_cluster(clusterName="lax")
    ecs.register_task_definition(**this)
    ecs.register_task_definition("no such size", **(this | {"cpu": "1000"}))
    ecs.register_task_definition("without containers", **(this | {"containerDefinitions": []}))
    [container] = this["containerDefinitions"]
    ecs.register_task_definition("two of a name", **(this | {"containerDefinitions": [container, container]}))
    ecs.register_task_definition(
        "none essential", **(this | {"containerDefinitions": [container | {"essential": False}]})
    )
    ecs.register_task_definition("no such volume", **(this | {"volumes": []}))
    ecs.register_task_definition("a family with a blank", **(this | {"family": "a b"}))
    ecs.register_task_definition("another network", **(this | {"networkMode": "bridge"}))
    tasks = {"subnets": network.subnets, "securityGroups": [network.group("tasks")], "assignPublicIp": "DISABLED"}
    lax = CREATION | {"cluster": "lax", "serviceName": "lax", "taskDefinition": "lax:1"}
    there = {"networkConfiguration": {"awsvpcConfiguration": tasks}}
    ecs.create_service("without a network", **(lax | {"serviceName": "lost"}))
    ecs.create_service(**lax, **there)
    ecs.create_service("a name that is taken", **(lax | {"desiredCount": 3}), **there)
    ecs.describe_services("eleven", cluster="lax", services=[f"service-{number}" for number in range(11)])
    ecs.delete_service("with tasks", cluster="lax", service="lax")
    ecs.delete_cluster("with a service", cluster="lax")
    scaled = SCALED | {"ResourceId": "service/lax/lax"}
    scaling.register_scalable_target("upside down", **scaled, MinCapacity=8, MaxCapacity=2)
    scaling.put_scaling_policy("before its target", **(SCALED | {"ResourceId": "service/lax/none"}), **policy())
    scaling.register_scalable_target(**scaled, MinCapacity=2, MaxCapacity=8)
    scaling.put_scaling_policy("no such metric", **scaled, **policy(metric="DynamoDBReadCapacityUtilization"))


def of_buckets(talk: Talk) -> None:
    s3, bucket = talk.s3, "a-lax-bucket"
    s3.create_bucket("a name with capitals", Bucket="NotAName")
    s3.create_bucket("a name with an underscore", Bucket="under_score")
    s3.create_bucket("a name like an address", Bucket="192.168.0.1")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_tagging("too many", Bucket=bucket, Tagging={"TagSet": TOO_MANY})
    s3.list_objects_v2("a token of nobody's", Bucket=bucket, ContinuationToken="nonsense")
    s3.list_object_versions("a marker of nobody's", Bucket=bucket, KeyMarker="x", VersionIdMarker="nonsense")
    s3.put_object("unless it has a tag", Bucket=bucket, Key="tagged", Body=b"x", IfNoneMatch='"0"')
    s3.put_object("of another digest", Bucket=bucket, Key="digest", Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
    s3.put_bucket_versioning("neither on nor off", Bucket=bucket, VersioningConfiguration={"Status": "Odd"})
    s3.put_object("a long key", Bucket=bucket, Key="x" * 1025, Body=b"x")
    others = {"Bucket": bucket, "ExpectedBucketOwner": "210987654321"}
    s3.head_bucket("of another account", **others)
    s3.put_bucket_versioning("of another account", **others, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object("of another account", **others, Key="key", Body=b"x")
    s3.get_object("of another account", **others, Key="key")
    s3.put_bucket_policy("that is no JSON", Bucket=bucket, Policy="{")
    elsewhere = json.loads(document(Action="s3:GetObject", Principal="*", Resource="arn:aws:s3:::elsewhere/*"))
    s3.put_bucket_policy("of another bucket", Bucket=bucket, Policy=json.dumps(elsewhere))
    public = document(Action="s3:GetObject", Principal="*", Resource=f"arn:aws:s3:::{bucket}/*")
    s3.put_bucket_policy("for everybody", Bucket=bucket, Policy=public)


def of_secrets(talk: Talk) -> None:
    secrets = talk.secrets
    tokens = [f"00000000-0000-4000-8000-0000000001{number:02}" for number in range(3)]
    secrets.create_secret("a name with a blank", Name="a b", ClientRequestToken=tokens[0], SecretString="x")
    secrets.create_secret("too many tags", Name="many", SecretString="x", Tags=TOO_MANY)
    secrets.create_secret("a long name", Name="x" * 513, SecretString="x")
    secrets.list_secrets("too many at once", MaxResults=101)
    secrets.create_secret(Name="lax", ClientRequestToken=tokens[0], SecretString="x")
    both = {"SecretString": "x", "SecretBinary": b"x"}
    secrets.put_secret_value("of both kinds", SecretId="lax", ClientRequestToken=tokens[2], **both)
    secrets.delete_secret(SecretId="lax", RecoveryWindowInDays=7)
    secrets.put_secret_value("scheduled for deletion", SecretId="lax", ClientRequestToken=tokens[1], SecretString="x")
    secrets.tag_resource("scheduled for deletion", SecretId="lax", Tags=tags())


def of_logs(talk: Talk) -> None:
    logs = talk.logs
    logs.create_log_group("a name with a blank", logGroupName="a b")
    logs.create_log_group(logGroupName="/lax")
    logs.put_retention_policy("not a number of AWS's", logGroupName="/lax", retentionInDays=31)
    logs.describe_log_groups("by prefix and pattern", logGroupNamePattern="x", logGroupNamePrefix="x")
    logs.describe_log_groups("none at once", limit=0)
    logs.describe_log_groups("a token of nobody's", nextToken="nonsense")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/nothing"
    logs.list_tags_for_resource("unknown", resourceArn=arn)
    logs.tag_resource("unknown", resourceArn=arn, tags={"tenant_id": "acme"})
