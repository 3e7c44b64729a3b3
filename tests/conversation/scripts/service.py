"""ECS: a cluster, task definitions, and a service that runs them behind a balancer."""

from typing import Any

from talk import Talk

from scripts.stage import TRUST, Network, small_tags

CLUSTER = "a-cluster"
SIZE = {"cpu": "1024", "memory": "2048"}
CREATION: dict[str, Any] = {
    "cluster": CLUSTER,
    "serviceName": "web",
    "desiredCount": 2,
    "launchType": "FARGATE",
    "platformVersion": "1.4.0",
    "deploymentConfiguration": {
        "minimumHealthyPercent": 100,
        "maximumPercent": 200,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
    },
    "propagateTags": "SERVICE",
    "enableECSManagedTags": True,
}


def service(talk: Talk) -> None:
    """A service is made, stable, changed, stopped, and gone; then what it was made of."""
    ecs, iam = talk.ecs, talk.iam
    network = Network(talk, "10.5", opened=True)
    group = network.group("tasks")
    role = iam.create_role(RoleName="tasks", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    talk.logs.create_log_group(logGroupName="/ecs/tasks")
    target, balancer = a_way_in(talk, network, group)
    a_cluster(talk)
    first = definitions(talk, role)
    second = ecs.register_task_definition("once more", **definition(role))["taskDefinition"]["taskDefinitionArn"]
    network_of_tasks = {"subnets": network.subnets, "securityGroups": [group], "assignPublicIp": "DISABLED"}
    a_service(talk, first, second, {"awsvpcConfiguration": network_of_tasks}, target)
    for one in [first, second]:
        ecs.deregister_task_definition(taskDefinition=one)
    ecs.describe_task_definition("deregistered", taskDefinition=first)
    ecs.list_task_definitions("none", familyPrefix="web", status="ACTIVE")
    ecs.delete_task_definitions(taskDefinitions=[first, second])
    ecs.delete_cluster(cluster=CLUSTER)
    ecs.describe_clusters("deleted", clusters=[CLUSTER])
    ecs.delete_cluster("unknown", cluster="no-such-cluster")
    talk.elb.delete_load_balancer(LoadBalancerArn=balancer)
    talk.elb.delete_target_group(TargetGroupArn=target)
    talk.logs.delete_log_group(logGroupName="/ecs/tasks")
    iam.delete_role(RoleName="tasks")


def a_way_in(talk: Talk, network: Network, group: str) -> tuple[str, str]:
    elb = talk.elb
    made = elb.create_target_group(Name="tasks", Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip")
    target = made["TargetGroups"][0]["TargetGroupArn"]
    made = elb.create_load_balancer(Name="tasks", Subnets=network.subnets, SecurityGroups=[group])
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
    )
    return target, balancer


def a_cluster(talk: Talk) -> None:
    ecs = talk.ecs
    insights = [{"name": "containerInsights", "value": "enabled"}]
    made = ecs.create_cluster(clusterName=CLUSTER, settings=insights, tags=small_tags())["cluster"]
    ecs.create_cluster("again", clusterName=CLUSTER, settings=insights, tags=small_tags())
    ecs.list_clusters()
    ecs.describe_clusters(clusters=[CLUSTER], include=["TAGS", "SETTINGS"])
    ecs.describe_clusters("unknown", clusters=["no-such-cluster"])
    arn = made["clusterArn"]
    ecs.list_tags_for_resource(resourceArn=arn)
    ecs.tag_resource(resourceArn=arn, tags=small_tags(digest="one"))
    ecs.untag_resource(resourceArn=arn, tagKeys=["digest"])
    ecs.describe_clusters("tagged", clusters=[arn], include=["TAGS"])


def definition(role: str) -> dict[str, Any]:
    options = {"awslogs-group": "/ecs/tasks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "task"}
    container = {
        "name": "web",
        "image": "public.ecr.aws/nginx/nginx:1",
        "essential": True,
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": "writable-0", "containerPath": "/tmp", "readOnly": False}],
        "environment": [{"name": "TENANT", "value": "acme"}],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    return {
        "family": "web",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        **SIZE,
        "executionRoleArn": role,
        "taskRoleArn": role,
        "containerDefinitions": [container],
        "volumes": [{"name": "writable-0"}],
        "tags": small_tags(),
    }


def definitions(talk: Talk, role: str) -> str:
    ecs = talk.ecs
    made = ecs.register_task_definition(**definition(role))["taskDefinition"]["taskDefinitionArn"]
    ecs.describe_task_definition(taskDefinition=made, include=["TAGS"])
    ecs.describe_task_definition("the latest", taskDefinition="web", include=["TAGS"])
    ecs.describe_task_definition("unknown", taskDefinition="nothing:1")
    ecs.list_task_definitions(status="ACTIVE")
    ecs.deregister_task_definition("unknown", taskDefinition="nothing:1")
    ecs.delete_task_definitions("active", taskDefinitions=[made])
    return made


def a_service(talk: Talk, first: str, second: str, network: dict[str, Any], target: str) -> None:
    ecs = talk.ecs
    this = CREATION | {
        "taskDefinition": first,
        "networkConfiguration": network,
        "loadBalancers": [{"targetGroupArn": target, "containerName": "web", "containerPort": 80}],
        "healthCheckGracePeriodSeconds": 60,
        "tags": small_tags(),
    }
    named = {"cluster": CLUSTER, "services": ["web"]}
    ecs.describe_services("unknown", **named)
    ecs.create_service("in no such cluster", **(this | {"cluster": "no-such-cluster"}))
    ecs.create_service("of no such definition", **(this | {"taskDefinition": "nothing:1"}))
    arn = ecs.create_service(**this)["service"]["serviceArn"]
    ecs.until(stable, "describe_services", **named)
    ecs.describe_services(**named, include=["TAGS"])
    ecs.list_services(cluster=CLUSTER)
    ecs.list_services("of no such cluster", cluster="no-such-cluster")
    talk.elb.describe_target_health("of tasks", TargetGroupArn=target)
    ecs.tag_resource(resourceArn=arn, tags=small_tags(digest="one"))
    ecs.list_tags_for_resource("of a service", resourceArn=arn)
    ecs.tag_resource("unknown", resourceArn=arn + "x", tags=small_tags())
    ecs.update_service(cluster=CLUSTER, service="web", taskDefinition=second)
    ecs.update_service("unknown", cluster=CLUSTER, service="nothing", desiredCount=1)
    ecs.until(stable, "describe_services", **named)
    ecs.describe_services("updated", **named)
    ecs.update_service("to none", cluster=CLUSTER, service="web", desiredCount=0)
    ecs.delete_service(cluster=CLUSTER, service=arn)
    ecs.until(gone, "describe_services", **named)
    ecs.describe_services("deleted", **named)
    ecs.update_service("deleted", cluster=CLUSTER, service="web", desiredCount=1)
    ecs.delete_service("unknown", cluster=CLUSTER, service="nothing")
    ecs.list_services("none", cluster=CLUSTER)


def stable(answer: dict[str, Any]) -> bool:
    [one] = answer["services"]
    return one["runningCount"] == one["desiredCount"] and len(one["deployments"]) == 1


def gone(answer: dict[str, Any]) -> bool:
    return all(one["status"] == "INACTIVE" for one in answer["services"])
