"""Application Auto Scaling: a target and its policies."""

from typing import Any

from talk import Talk

from scripts.stage import TRUST, Network

SCALED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/scaled/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
ALL = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


def scaling(talk: Talk) -> None:
    """A target is registered for a service, given a policy, and taken away."""
    scaling = talk.scaling
    a_service(talk)
    scaling.describe_scalable_targets("unknown", **ALL, ResourceIds=[SCALED["ResourceId"]])
    scaling.register_scalable_target(
        "of nothing", **(SCALED | {"ResourceId": "service/scaled/none"}), MinCapacity=2, MaxCapacity=8
    )
    scaling.register_scalable_target(**SCALED, MinCapacity=2, MaxCapacity=8, Tags={"tenant_id": "acme"})
    scaling.register_scalable_target("changed", **SCALED, MinCapacity=1, MaxCapacity=6)
    scaling.describe_scalable_targets(**ALL, ResourceIds=[SCALED["ResourceId"]])
    scaling.put_scaling_policy(**SCALED, **policy())
    scaling.put_scaling_policy("changed", **SCALED, **policy(70.0))
    scaling.describe_scaling_policies(ServiceNamespace="ecs")
    scaling.describe_scaling_policies("of a resource", ServiceNamespace="ecs", ResourceId=SCALED["ResourceId"])
    scaling.delete_scaling_policy(**SCALED, PolicyName="cpu")
    scaling.delete_scaling_policy("again", **SCALED, PolicyName="cpu")
    scaling.describe_scaling_policies("none", ServiceNamespace="ecs")
    scaling.deregister_scalable_target(**SCALED)
    scaling.deregister_scalable_target("again", **SCALED)
    scaling.describe_scalable_targets("gone", **ALL, ResourceIds=[SCALED["ResourceId"]])
    talk.ecs.delete_service(cluster="scaled", service="web", force=True)


def a_service(talk: Talk) -> None:
    network = Network(talk, "10.6")
    role = talk.iam.create_role(RoleName="scaled", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    talk.ecs.create_cluster(clusterName="scaled")
    talk.ecs.register_task_definition(
        family="scaled",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=role,
        containerDefinitions=[{"name": "web", "image": "public.ecr.aws/nginx/nginx:1", "essential": True}],
    )
    tasks = {"subnets": network.subnets, "securityGroups": [network.group("scaled")], "assignPublicIp": "DISABLED"}
    talk.ecs.create_service(
        cluster="scaled",
        serviceName="web",
        taskDefinition="scaled",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": tasks},
    )


def policy(target: float = 60.0, metric: str = "ECSServiceAverageCPUUtilization") -> dict[str, Any]:
    return {
        "PolicyName": "cpu",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
            "DisableScaleIn": False,
        },
    }
