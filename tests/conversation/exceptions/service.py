"""Exceptions of ECS and of Application Auto Scaling."""

from exceptions.exception import Except, differs, invents, lacks, lets_pass, says_otherwise

API = "Amazon ECS API reference, "
SCALING = "Application Auto Scaling API reference, "

# What moto does not know of a service, in whichever call.
OF_SERVICES = [
    "availabilityZoneRebalancing",
    "createdAt",
    "createdBy",
    "deploymentConfiguration",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "events",
    "healthCheckGracePeriodSeconds",
    "platformFamily",
    "platformVersion",
    "roleArn",
    "deployments.*.platformVersion",
]

EXCEPTIONS = [
    *invents(
        "ecs.describe_clusters",
        ["*.settings"],
        f"{API}DescribeClusters, include: without SETTINGS they are not included",
        "moto includes them always",
    ),
    *invents(
        "ecs.delete_cluster",
        ["cluster.tags"],
        "AWS CLI reference, ecs delete-cluster, example",
        "the answer includes no tags",
    ),
    *differs(
        "ecs.*_cluster*",
        {"*.runningTasksCount": ("-1", "0")},
        f"{API}Cluster, runningTasksCount",
        "moto counts a task off that it has not counted",
    ),
    *lacks(
        "ecs.register_task_definition", ["tags"], f"{API}RegisterTaskDefinition, tags", "moto does not give them back"
    ),
    *lacks(
        "ecs.*_task_definition*",
        [f"*.{field}" for field in ["deleteRequestedAt", "deregisteredAt", "registeredAt", "registeredBy"]],
        f"{API}TaskDefinition",
        "moto does not know the fields",
    ),
    *differs(
        "ecs.list_task_definitions, all pages",
        {"pages.0.length": ("2", "1")},
        f"{API}ListTaskDefinitions, maxResults",
        "moto does not look at the length of pages",
    ),
    *lacks(
        "ecs.list_task_definitions, all pages",
        ["pages.1"],
        f"{API}ListTaskDefinitions, maxResults",
        "moto does not look at the length of pages",
    ),
    *differs(
        "ecs.describe_services, unknown",
        {"failures.0.arn": ("*:service/web", "*:service/a-cluster/web")},
        "Amazon ECS Developer Guide, Amazon Resource Names (ARNs) and IDs",
        "ARNs of services have the cluster in them",
    ),
    *says_otherwise(
        {"ecs.tag_resource, unknown": ("ServiceNotFoundException 400", "ResourceNotFoundException 400")},
        f"{API}TagResource, errors",
        "a call that takes any resource has a code for any resource",
    ),
    *lacks(
        "ecs.*_service*",
        [f"service*.{field}" for field in OF_SERVICES],
        f"{API}Service",
        "moto does not know the fields",
    ),
    *differs(
        "ecs.*_service*",
        {"*.deployments.*.platformFamily": ("FARGATE", "Linux")},
        f"{API}Deployment, platformFamily",
        "moto has the launch type for it",
    ),
    *differs(
        "ecs.create_service",
        {
            "*.rolloutState": ("COMPLETED", "IN_PROGRESS"),
            "*.rolloutStateReason": ("* completed.", "* in progress."),
            "*runningCount": ("2", "0"),
        },
        f"{API}CreateService, examples",
        "the answer is given before a task runs",
    ),
    *lacks(
        "ecs.update_service",
        ["service.deployments.1"],
        f"{API}UpdateService: a new task definition starts a deployment",
        "in moto there is one deployment for ever",
    ),
    Except(
        "ecs.update_service",
        "service.deployments.0.status",
        "PRIMARY",
        "ACTIVE",
        f"{API}Deployment, status: the old one is ACTIVE while the new one is PRIMARY",
        "in moto there is one deployment for ever",
    ),
    *differs(
        "ecs.*_service*",
        {
            "*.deployments.0.id": ("ecs-svc/*", "ecs-svc/*"),
            "*.deployments.0.rolloutStateReason": ("* completed.", "* completed."),
            "*.deployments.0.taskDefinition": ("*/web:1", "*/web:2"),
        },
        f"{API}UpdateService: a new task definition starts a deployment",
        "in moto there is one deployment for ever",
    ),
    *differs(
        "ecs.update_service, to none",
        {"service.runningCount": ("0", "2"), "service.deployments.0.desiredCount": ("2", "0")},
        f"{API}UpdateService, desiredCount",
        "the deployment is to run none as well, and the tasks have not stopped yet when the answer is given",
    ),
    *differs(
        "ecs.delete_service",
        {
            "*.deployments.0.desiredCount": ("2", "0"),
            "*.deployments.0.runningCount": ("2", "0"),
            "*.desiredCount": ("2", "0"),
            "service.status": ("INACTIVE", "DRAINING"),
        },
        f"{API}DeleteService: the service drains until its tasks have stopped",
        "in moto a service is gone with the answer, and its deployment is not told",
    ),
    *invents("ecs.delete_service", ["service.tags"], f"{API}DeleteService, examples", "the answer includes no tags"),
    *invents(
        "ecs.describe_services, deleted",
        ["*.deployments"],
        f"{API}DeleteService",
        "in moto the deployment outlives its service",
    ),
    *lets_pass(
        {"ecs.update_service, deleted": "ServiceNotActiveException 400"},
        f"{API}UpdateService, errors",
        "moto updates what is INACTIVE",
    ),
    *invents(
        "ecs.list_services, none",
        ["serviceArns"],
        f"{API}DeleteService: one that is INACTIVE is only found by DescribeServices",
        "moto lists it for ever",
    ),
    *lacks(
        "scaling.describe_scalable_targets",
        ["*.RoleARN", "*.SuspendedState"],
        f"{SCALING}ScalableTarget",
        "moto gives what was said at the registration",
    ),
    *differs(
        "scaling.*_scaling_polic*",
        {"*PolicyARN": ("*", "*")},
        f"{SCALING}PutScalingPolicy: putting it again updates it",
        "moto makes another policy of the name",
    ),
    *says_otherwise(
        {
            "scaling.delete_scaling_policy, again": ("ValidationException 400", "ObjectNotFoundException 400"),
            "scaling.deregister_scalable_target, again": ("ValidationException 400", "ObjectNotFoundException 400"),
        },
        f"{SCALING}DeleteScalingPolicy and DeregisterScalableTarget, errors",
        "AWS has a code for what is not there",
    ),
]
