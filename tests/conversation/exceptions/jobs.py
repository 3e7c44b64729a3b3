"""Exceptions of EventBridge Scheduler, and of tasks of ECS that belong to no service."""

from exceptions.exception import differs, invents, lacks, lets_pass, says_otherwise, unmodelled

SCHEDULER = "Amazon EventBridge Scheduler API reference, "
ECS = "Amazon ECS API reference, "

# What moto does not know of a task, in whichever call.
OF_TASKS = [
    "availabilityZone",
    "connectivity",
    "containers.*.networkInterfaces",
    "cpu",
    "createdAt",
    "enableExecuteCommand",
    "ephemeralStorage",
    "healthStatus",
    "memory",
    "platformFamily",
    "startedAt",
    "stopCode",
    "stoppedAt",
    "version",
]

EXCEPTIONS = [
    *lets_pass(
        {"scheduler.create_schedule_group, again": "ConflictException 409"},
        f"{SCHEDULER}CreateScheduleGroup, errors",
        "moto replaces the group",
    ),
    *says_otherwise(
        {"scheduler.create_schedule, again": ("ConflictException 400", "ConflictException 409")},
        f"{SCHEDULER}CreateSchedule, errors",
        "AWS has a status for conflicts",
    ),
    *lacks(
        "scheduler.get_schedule",
        ["ActionAfterCompletion", "Target.RetryPolicy.MaximumEventAgeInSeconds"],
        f"{SCHEDULER}GetSchedule, and RetryPolicy",
        "moto gives what was said, and not the defaults of the rest",
    ),
    *lacks("ecs.*_task*", [f"task*.{field}" for field in OF_TASKS], f"{ECS}Task", "moto does not know the fields"),
    *unmodelled(
        "ecs.*_task*",
        ["*.details.macAddress", "*.details.privateDnsName"],
        f"{ECS}Attachment, details",
        "the sandbox knows an interface by its id and its address",
    ),
    *differs(
        "ecs.*_task*",
        {"*.details.privateIPv4Address.value": ("*", "10.9.*")},
        "Amazon ECS Developer Guide, task networking: the address is one of the subnet",
        "moto takes any address",
    ),
    *differs(
        "ecs.*_task*",
        {
            "*.attachments.*.status": ("ATTACHED", "*"),
            "*.containers.*.containerArn": ("*:task-definition/*", "*:container/*"),
            "*.containers.*.taskArn": ("*:task-definition/*", "*:task/*"),
            "*.containers.*.healthStatus": ("HEALTHY", "UNKNOWN"),
            "*.containers.*.lastStatus": ("PENDING", "STOPPED"),
            "*.launchType": ("", "FARGATE"),
            "*.desiredStatus": ("RUNNING", "STOPPED"),
            "*.stoppedReason": ("*", "Essential container in task exited"),
        },
        f"{ECS}Task, Container and Attachment",
        "in moto only the status of a task changes, and stopping it sets a reason",
    ),
    *invents(
        "ecs.run_task",
        ["*.containers.*.exitCode", "*.stoppedReason"],
        f"{ECS}Container, exitCode: of a container that has exited",
        "in moto a container has an exit code from the beginning",
    ),
    *lacks(
        "ecs.describe_tasks, unknown", ["failures"], f"{ECS}DescribeTasks, failures", "moto says nothing of such a task"
    ),
    *says_otherwise(
        {"ecs.stop_task, unknown": ("500 500", "InvalidParameterException 400")},
        f"{ECS}StopTask, errors",
        "moto fails with an error of its own",
    ),
    *invents(
        "ecs.list_tasks, by who started it",
        ["taskArns"],
        f"{ECS}ListTasks, desiredStatus: RUNNING unless it is said",
        "moto lists tasks that have stopped as well",
    ),
    *differs(
        "ecs.run_task",
        {"*.lastStatus": ("RUNNING", "PROVISIONING")},
        "Amazon ECS Developer Guide, Amazon ECS task lifecycle",
        "in moto a task runs at once",
    ),
]
