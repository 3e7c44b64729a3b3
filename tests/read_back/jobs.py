"""What the tenants run at times and before a rollout: schedules and migrations."""

from application import Schedule
from reader import Reader


def jobs(reader: Reader) -> None:
    """One group of schedules for each tenant that has any, with its schedules; each migration ran once, with success."""
    groups = reader.all(reader.scheduler, "list_schedule_groups", "ScheduleGroups", NamePrefix=f"{reader.platform}-")
    schedules = {tenant: reader.application.schedules(tenant, reader.domain) for tenant in reader.tenants}
    wanted = {f"{reader.platform}-{tenant}": tenant for tenant in reader.tenants if schedules[tenant]}
    reader.equal("schedule groups", sorted(group["Name"] for group in groups), sorted(wanted))
    for group in groups:
        name, tenant = group["Name"], wanted[group["Name"]]
        tags = reader.scheduler.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]
        reader.equal(f"schedule group {name}, state", group["State"], "ACTIVE")
        reader.tags(f"schedule group {name}", tags, f"tenant/{tenant}/schedule-group", tenant)
        listed = reader.all(reader.scheduler, "list_schedules", "Schedules", GroupName=name)
        # Not every emulator lists those of one group only.
        names = sorted(one["Name"] for one in listed if one["GroupName"] == name)
        reader.equal(f"schedules of {tenant}", names, sorted(f"{name}--{job}" for job in schedules[tenant]))
        for job, schedule in schedules[tenant].items():
            _schedule(reader, tenant, job, schedule)
    for tenant in reader.tenants:
        for job in reader.application.migrations(tenant, reader.domain):
            _migration(reader, tenant, job)


def _schedule(reader: Reader, tenant: str, job: str, schedule: Schedule) -> None:
    what, group = f"schedule {job} of {tenant}", f"{reader.platform}-{tenant}"
    found = reader.scheduler.get_schedule(GroupName=group, Name=f"{group}--{job}")
    definition = reader.ecs.describe_task_definition(taskDefinition=f"{group}--{job}")["taskDefinition"]
    ecs = "Target.EcsParameters"
    network = f"{ecs}.NetworkConfiguration.awsvpcConfiguration"
    wanted = {
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": schedule.timezone,
        "FlexibleTimeWindow.Mode": "OFF",
        "State": "ENABLED",
        "StartDate": None,
        "EndDate": None,
        "Target.Arn": f"arn:aws:ecs:{reader.region}:{reader.account}:cluster/{reader.platform}",
        "Target.RoleArn": reader.role_arn(f"{group}-scheduler"),
        # Without it, AWS tries 185 times within a day.
        "Target.RetryPolicy.MaximumRetryAttempts": schedule.retries,
        # What the container is given is in the task definition alone.
        "Target.Input": None,
        f"{ecs}.TaskDefinitionArn": definition["taskDefinitionArn"],
        f"{ecs}.TaskCount": 1,
        f"{ecs}.PlatformVersion": "1.4.0",
        f"{ecs}.LaunchType": None,
        f"{network}.AssignPublicIp": "DISABLED",
    }
    reader.fields(what, found, wanted)
    parameters = found["Target"]["EcsParameters"]
    capacity = [(one["capacityProvider"], one["weight"]) for one in parameters["CapacityProviderStrategy"]]
    reader.equal(f"{what}, capacity", capacity, [(schedule.capacity, 1)])
    configuration = parameters["NetworkConfiguration"]["awsvpcConfiguration"]
    groups = reader.group_ids()
    own = sorted([groups[group], groups[f"{reader.platform}-db-client"]])
    reader.equal(f"{what}, security groups", sorted(configuration["SecurityGroups"]), own)
    reader.equal(f"{what}, subnets", sorted(configuration["Subnets"]), reader.subnet_ids("private"))


def _migration(reader: Reader, tenant: str, job: str) -> None:
    what, family = f"migration {job} of {tenant}", f"{reader.platform}-{tenant}--{job}"
    # ECS keeps a stopped task for about an hour. An emulator may still want it to run.
    of_family = {"cluster": reader.platform, "family": family}
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in reader.all(reader.ecs, "list_tasks", "taskArns", desiredStatus=status, **of_family)
    ]
    tasks = reader.ecs.describe_tasks(cluster=reader.platform, tasks=arns)["tasks"] if arns else []
    reader.equal(f"{what}, tasks", [task["lastStatus"] for task in tasks], ["STOPPED"])
    for task in tasks:
        found = [(one["name"], one.get("exitCode")) for one in task["containers"]]
        reader.equal(f"{what}, exit codes", found, [(job, 0)])
        newest = reader.ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        reader.equal(f"{what}, task definition", task["taskDefinitionArn"], newest["taskDefinitionArn"])
