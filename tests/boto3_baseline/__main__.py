"""Makes the same platform with boto3, call after call, as somebody would write it by hand.

It is what `saas` is measured against: how many calls the platform takes, and how long they take on the same emulator.
It looks at nothing before it begins, repeats nothing, and makes nothing in PostgreSQL; a second run fails.

    python tests/boto3_baseline --endpoint URL --tenants 3

prints the number of calls and the seconds that they took, as `142 calls, 0.61 s`.
"""

import argparse
import json
import os
import time
from typing import Any

import boto3
from botocore.config import Config

REGION, ACCOUNT, PLATFORM = "us-east-1", "123456789012", "by-hand"
ZONES = ["a", "b", "c"]
IMAGE = "public.ecr.aws/nginx/nginx@sha256:" + "0" * 64
EVERYWHERE = "0.0.0.0/0"


class Script:
    """The clients, a counter of their calls, and the ids of what tenants share."""

    def __init__(self, endpoint: str) -> None:
        # An emulator takes any credentials, but boto3 does not call without.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
        self.calls = 0
        session = boto3.Session(region_name=REGION)
        session.events.register("before-send", self._count)

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}))

        self.ec2, self.rds, self.elb, self.ecs = client("ec2"), client("rds"), client("elbv2"), client("ecs")
        self.iam, self.s3, self.logs = client("iam"), client("s3"), client("logs")
        self.secrets, self.scaling = client("secretsmanager"), client("application-autoscaling")

    def _count(self, **_: Any) -> None:
        self.calls += 1

    def network(self) -> None:
        """VPC, subnets, gateways, routes, endpoint."""
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=spec("vpc"))["Vpc"]["VpcId"]
        for attribute in ["EnableDnsSupport", "EnableDnsHostnames"]:
            ec2.modify_vpc_attribute(VpcId=self.vpc, **{attribute: {"Value": True}})
        self.public = [self._subnet(zone, number + 1) for number, zone in enumerate(ZONES)]
        self.private = [self._subnet(zone, number + 11) for number, zone in enumerate(ZONES)]
        for subnet in self.public:
            ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
        gateway = ec2.create_internet_gateway(TagSpecifications=spec("internet-gateway"))
        gateway = gateway["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        public_table = self._route_table(self.public, GatewayId=gateway)
        nats = []
        for subnet in self.public:
            address = ec2.allocate_address(Domain="vpc", TagSpecifications=spec("elastic-ip"))["AllocationId"]
            nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=spec("natgateway"))
            nats.append(nat["NatGateway"]["NatGatewayId"])
        ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=nats)
        tables = [self._route_table([subnet], NatGatewayId=nat) for subnet, nat in zip(self.private, nats)]
        ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            ServiceName=f"com.amazonaws.{REGION}.s3",
            RouteTableIds=[public_table, *tables],
            TagSpecifications=spec("vpc-endpoint"),
        )

    def _subnet(self, zone: str, number: int) -> str:
        answer = self.ec2.create_subnet(
            VpcId=self.vpc,
            CidrBlock=f"10.0.{number}.0/24",
            AvailabilityZone=REGION + zone,
            TagSpecifications=spec("subnet"),
        )
        return answer["Subnet"]["SubnetId"]

    def _route_table(self, subnets: list[str], **target: str) -> str:
        table = self.ec2.create_route_table(VpcId=self.vpc, TagSpecifications=spec("route-table"))
        table = table["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, **target)
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return table

    def group(self, name: str) -> str:
        """A security group without the rule that lets everything out."""
        answer = self.ec2.create_security_group(
            GroupName=f"{PLATFORM}-{name}", Description=name, VpcId=self.vpc, TagSpecifications=spec("security-group")
        )
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}]}
        self.ec2.revoke_security_group_egress(GroupId=answer["GroupId"], IpPermissions=[everything])
        return answer["GroupId"]

    def rule(self, group: str, direction: str, port: int, **peer: Any) -> None:
        """One rule of a security group."""
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
        allow = getattr(self.ec2, f"authorize_security_group_{direction}")
        allow(GroupId=group, IpPermissions=[permission], TagSpecifications=spec("security-group-rule"))

    def shared(self) -> None:
        """Database, load balancer, cluster."""
        self.balancer_group, self.database_group = self.group("alb"), self.group("db")
        self.client_group = self.group("db-client")
        self.rule(self.database_group, "ingress", 5432, UserIdGroupPairs=[{"GroupId": self.client_group}])
        self.rule(self.balancer_group, "ingress", 80, IpRanges=[{"CidrIp": EVERYWHERE}])
        self._database()
        balancer = self.elb.create_load_balancer(
            Name=PLATFORM, Subnets=self.public, SecurityGroups=[self.balancer_group], Tags=tags()
        )
        balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        drop = {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}
        self.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[drop])
        self.elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[balancer])
        nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        listener = self.elb.create_listener(
            LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[nothing], Tags=tags()
        )
        self.listener = listener["Listeners"][0]["ListenerArn"]
        self.ecs.create_cluster(
            clusterName=PLATFORM, capacityProviders=["FARGATE", "FARGATE_SPOT"], tags=small_tags()
        )

    def _database(self) -> None:
        rds, name = self.rds, f"{PLATFORM}-db"
        self.secrets.create_secret(Name=f"rds/{PLATFORM}/admin", SecretString="x" * 32, Tags=tags())
        rds.create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=self.private, Tags=tags()
        )
        rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=name, DBParameterGroupFamily="aurora-postgresql15", Description=name, Tags=tags()
        )
        parameters = {"shared_preload_libraries": "pg_stat_statements,pgaudit", "rds.force_ssl": "1"}
        parameters = [
            {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for key, value in parameters.items()
        ]
        rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName=name, Parameters=parameters)
        rds.create_db_cluster(
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            EngineVersion="15.4",
            MasterUsername="saasadmin",
            MasterUserPassword="x" * 32,
            DBSubnetGroupName=name,
            DBClusterParameterGroupName=name,
            VpcSecurityGroupIds=[self.database_group],
            StorageEncrypted=True,
            Tags=tags(),
        )
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-writer",
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier=name,
            Tags=tags(),
        )
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=f"{name}-writer")
        self.endpoint = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Endpoint"]

    def tenant(self, tenant: str, priority: int) -> None:
        """Everything of one tenant, in AWS."""
        name = f"{PLATFORM}-{tenant}"
        self.logs.create_log_group(logGroupName=f"/ecs/tenant/{tenant}", tags={"tenant_id": tenant})
        self.logs.put_retention_policy(logGroupName=f"/ecs/tenant/{tenant}", retentionInDays=30)
        secret = self.secrets.create_secret(Name=f"rds/tenant/{tenant}", SecretString="x" * 32, Tags=tags(tenant))
        self._bucket(tenant, f"{name}-data")
        task_role = self._role(tenant, f"{name}-task", "s3:GetObject", f"arn:aws:s3:::{name}-data/*")
        start_role = self._role(tenant, f"{name}-exec", "secretsmanager:GetSecretValue", secret["ARN"])
        group = self.group(tenant)
        peer = {"UserIdGroupPairs": [{"GroupId": self.balancer_group}]}
        self.rule(group, "ingress", 80, **peer)
        self.rule(self.balancer_group, "egress", 80, UserIdGroupPairs=[{"GroupId": group}])
        self.rule(group, "egress", 443, IpRanges=[{"CidrIp": EVERYWHERE}])
        self.rule(group, "egress", 5432, UserIdGroupPairs=[{"GroupId": self.database_group}])
        target = self._target(tenant, priority)
        definition = self.ecs.register_task_definition(
            family=name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            executionRoleArn=start_role,
            taskRoleArn=task_role,
            runtimePlatform={"cpuArchitecture": "X86_64"},
            containerDefinitions=[container(tenant, self.endpoint, secret["ARN"])],
            tags=small_tags(tenant),
        )
        self._service(tenant, name, group, target, definition["taskDefinition"]["taskDefinitionArn"])

    def _bucket(self, tenant: str, bucket: str) -> None:
        s3 = self.s3
        s3.create_bucket(Bucket=bucket)
        blocks = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        s3.put_public_access_block(
            Bucket=bucket, PublicAccessBlockConfiguration={block: True for block in blocks}
        )
        s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
        encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        s3.put_bucket_policy(
            Bucket=bucket, Policy=policy("Deny", "s3:*", f"arn:aws:s3:::{bucket}/*", Principal="*", Condition=insecure)
        )
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags(tenant)})

    def _role(self, tenant: str, name: str, action: str, resource: str) -> str:
        trust = policy("Allow", "sts:AssumeRole", None, Principal={"Service": "ecs-tasks.amazonaws.com"})
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags(tenant))
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy("Allow", action, resource))
        return role["Role"]["Arn"]

    def _target(self, tenant: str, priority: int) -> str:
        group = self.elb.create_target_group(
            Name=f"{PLATFORM}-{tenant}", Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip", Tags=tags(tenant)
        )
        group = group["TargetGroups"][0]["TargetGroupArn"]
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
        self.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[delay])
        hosts = {"Values": [f"{tenant}.example.com", f"*.{tenant}.example.com"]}
        self.elb.create_rule(
            ListenerArn=self.listener,
            Priority=priority,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": hosts}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
            Tags=tags(tenant),
        )
        return group

    def _service(self, tenant: str, name: str, group: str, target: str, definition: str) -> None:
        network = {"subnets": self.private, "securityGroups": [group, self.client_group], "assignPublicIp": "DISABLED"}
        self.ecs.create_service(
            cluster=PLATFORM,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=2,
            capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
            platformVersion="1.4.0",
            networkConfiguration={"awsvpcConfiguration": network},
            loadBalancers=[{"targetGroupArn": target, "containerName": "web", "containerPort": 80}],
            tags=small_tags(tenant),
        )
        scaled = {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/{PLATFORM}/{name}",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        self.scaling.register_scalable_target(MinCapacity=2, MaxCapacity=8, **scaled)
        usage = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
        self.scaling.put_scaling_policy(
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 60.0, "PredefinedMetricSpecification": usage},
            **scaled,
        )

    def wait(self, tenants: list[str]) -> None:
        """Until the services are stable, each looked at as often as moto wants to be."""
        names = [f"{PLATFORM}-{tenant}" for tenant in tenants]
        waiter = self.ecs.get_waiter("services_stable")
        for first in range(0, len(names), 10):
            chunk = names[first : first + 10]
            waiter.wait(cluster=PLATFORM, services=chunk, WaiterConfig={"Delay": 0.05, "MaxAttempts": 100})


def container(tenant: str, endpoint: str, secret: str) -> dict[str, Any]:
    """What a tenant runs."""
    options = {"awslogs-group": f"/ecs/tenant/{tenant}", "awslogs-region": REGION, "awslogs-stream-prefix": "web"}
    return {
        "name": "web",
        "image": IMAGE,
        "essential": True,
        "memoryReservation": 2048,
        "portMappings": [{"containerPort": 80}],
        "readonlyRootFilesystem": True,
        "linuxParameters": {"tmpfs": [{"containerPath": "/tmp", "size": 64, "mountOptions": ["mode=1777"]}]},
        "environment": [{"name": "DATABASE_HOST", "value": endpoint}],
        "secrets": [{"name": "DATABASE_PASSWORD", "valueFrom": secret}],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }


def policy(effect: str, action: str, resource: str | None, **more: Any) -> str:
    """A document with one statement."""
    statement = {"Effect": effect, "Action": action, **more}
    if resource:
        statement["Resource"] = resource
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tags(tenant: str = "shared") -> list[dict[str, str]]:
    """The tags of a resource."""
    values = {"tenant_id": tenant, "cost_center": "cc", "environment": "development", "managed_by": "hand"}
    return [{"Key": key, "Value": value} for key, value in values.items()]


def small_tags(tenant: str = "shared") -> list[dict[str, str]]:
    """The same, as ECS writes them."""
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in tags(tenant)]


def spec(kind: str) -> list[dict[str, Any]]:
    """The same, as EC2 takes them at creation."""
    return [{"ResourceType": kind, "Tags": tags()}]


def main() -> None:
    """Makes the platform and prints what it cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--tenants", type=int, default=3)
    arguments = parser.parse_args()
    script = Script(arguments.endpoint)
    tenants = [f"tenant-{number:05}" for number in range(arguments.tenants)]
    start = time.monotonic()
    script.network()
    script.shared()
    for number, tenant in enumerate(tenants):
        script.tenant(tenant, number + 1)
    script.wait(tenants)
    print(f"{script.calls} calls, {time.monotonic() - start:.2f} s")


if __name__ == "__main__":
    main()
