"""EventBridge Scheduler and tasks without a service: groups, schedules that run tasks, and tasks run by a call."""

from typing import Any

from talk import ACCOUNT, REGION, Talk

from scripts.stage import Network, document, small_tags, tags

CLUSTER = "jobs"
TASKS = document(Action="sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"})
SCHEDULER = document(Action="sts:AssumeRole", Principal={"Service": "scheduler.amazonaws.com"})


def jobs(talk: Talk) -> None:
    """A job is scheduled, changed, and gone with its group; the same task is run, looked for, and stopped."""
    network = Network(talk, "10.9")
    # moto asks for the host name of a task's network interface.
    talk.ec2.modify_vpc_attribute("host names", VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    configuration = {"subnets": network.subnets, "securityGroups": [network.group("jobs")]}
    role = talk.iam.create_role(RoleName="jobs", AssumeRolePolicyDocument=TASKS)["Role"]["Arn"]
    starter = talk.iam.create_role(RoleName="starter", AssumeRolePolicyDocument=SCHEDULER)["Role"]["Arn"]
    talk.ecs.create_cluster(clusterName=CLUSTER, capacityProviders=["FARGATE", "FARGATE_SPOT"])
    definition = a_definition(talk, role)
    groups(talk)
    schedules(talk, starter, definition, configuration)
    tasks(talk, definition, configuration)
    talk.ecs.deregister_task_definition(taskDefinition=definition)
    for name in ("jobs", "starter"):
        talk.iam.delete_role(RoleName=name)


def a_definition(talk: Talk, role: str) -> str:
    container = {
        "name": "report",
        "image": "public.ecr.aws/nginx/nginx:1",
        "essential": True,
        "memoryReservation": 512,
        "command": ["./report"],
    }
    made = talk.ecs.register_task_definition(
        family="report",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=role,
        containerDefinitions=[container],
    )
    return made["taskDefinition"]["taskDefinitionArn"]


def groups(talk: Talk) -> None:
    scheduler = talk.scheduler
    scheduler.get_schedule_group("unknown", Name="acme")
    arn = scheduler.create_schedule_group(Name="acme", Tags=tags())["ScheduleGroupArn"]
    scheduler.create_schedule_group("again", Name="acme", Tags=tags())
    scheduler.get_schedule_group(Name="acme")
    scheduler.list_schedule_groups(NamePrefix="ac")
    scheduler.list_schedule_groups("of another prefix", NamePrefix="globex")
    scheduler.list_tags_for_resource(ResourceArn=arn)
    scheduler.tag_resource(ResourceArn=arn, Tags=tags(digest="one"))
    scheduler.list_tags_for_resource("tagged", ResourceArn=arn)
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["digest"])
    scheduler.list_tags_for_resource("untagged", ResourceArn=arn)


def schedules(talk: Talk, role: str, definition: str, network: dict[str, Any]) -> None:
    scheduler = talk.scheduler
    this = schedule(role, definition, network)
    named = {"GroupName": "acme", "Name": "nightly"}
    scheduler.get_schedule("unknown", **named)
    scheduler.create_schedule(**this)
    scheduler.create_schedule("again", **this)
    scheduler.get_schedule(**named)
    scheduler.list_schedules(GroupName="acme")
    scheduler.update_schedule(**(this | {"ScheduleExpression": "rate(1 day)", "State": "DISABLED"}))
    scheduler.get_schedule("updated", **named)
    scheduler.update_schedule("unknown", **(this | {"Name": "weekly"}))
    scheduler.delete_schedule(**named)
    scheduler.delete_schedule("again", **named)
    scheduler.create_schedule("once more", **this)
    scheduler.delete_schedule_group(Name="acme")
    scheduler.until(lambda _: False, "get_schedule_group", Name="acme")
    scheduler.get_schedule_group("gone", Name="acme")
    scheduler.get_schedule("gone with its group", **named)


def schedule(role: str, definition: str, network: dict[str, Any]) -> dict[str, Any]:
    parameters = {
        "TaskDefinitionArn": definition,
        "TaskCount": 1,
        "CapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "PlatformVersion": "1.4.0",
        "NetworkConfiguration": {
            "awsvpcConfiguration": {
                "Subnets": network["subnets"],
                "SecurityGroups": network["securityGroups"],
                "AssignPublicIp": "DISABLED",
            }
        },
    }
    return {
        "GroupName": "acme",
        "Name": "nightly",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Target": {
            "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{CLUSTER}",
            "RoleArn": role,
            "RetryPolicy": {"MaximumRetryAttempts": 0},
            "EcsParameters": parameters,
        },
    }


def tasks(talk: Talk, definition: str, network: dict[str, Any]) -> None:
    ecs = talk.ecs
    this = {
        "cluster": CLUSTER,
        "taskDefinition": definition,
        "count": 1,
        "startedBy": "harbor/acme/migration",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        "platformVersion": "1.4.0",
        "networkConfiguration": {"awsvpcConfiguration": network | {"assignPublicIp": "DISABLED"}},
        "tags": small_tags(),
    }
    ecs.run_task("in no such cluster", **(this | {"cluster": "no-such-cluster"}))
    ecs.run_task("of no such definition", **(this | {"taskDefinition": "nothing:1"}))
    arn = ecs.run_task(**this)["tasks"][0]["taskArn"]
    ecs.describe_tasks("unknown", cluster=CLUSTER, tasks=[arn[:-6] + "000000"])
    named = {"cluster": CLUSTER, "tasks": [arn]}
    ecs.until(lambda answer: answer["tasks"][0]["lastStatus"] == "STOPPED", "describe_tasks", **named)
    ecs.describe_tasks("ended", **named, include=["TAGS"])
    ecs.stop_task("ended", cluster=CLUSTER, task=arn, reason="tried")
    ecs.stop_task("unknown", cluster=CLUSTER, task=arn[:-6] + "000000")
    ecs.list_tasks("stopped", cluster=CLUSTER, family="report", desiredStatus="STOPPED")
    ecs.list_tasks("running", cluster=CLUSTER, family="report", desiredStatus="RUNNING")
    ecs.list_tasks("by who started it", cluster=CLUSTER, startedBy="harbor/acme/migration")
    ecs.list_tasks("started by another", cluster=CLUSTER, startedBy="harbor/globex/migration")
