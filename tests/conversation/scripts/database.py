"""RDS: groups of subnets and of parameters, a cluster, and its instance."""

from typing import Any

from talk import Talk

from scripts.stage import Network, by, tags

NAME = "a-database"
SUBNET_GROUP = {"DBSubnetGroupName": NAME, "DBSubnetGroupDescription": "Private"}
PARAMETER_GROUP = {
    "DBClusterParameterGroupName": NAME,
    "DBParameterGroupFamily": "aurora-postgresql15",
    "Description": "Parameters",
}
CLUSTER: dict[str, Any] = {
    "DBClusterIdentifier": NAME,
    "Engine": "aurora-postgresql",
    "EngineVersion": "15.10",
    "DatabaseName": "saas",
    "MasterUsername": "saasadmin",
    "MasterUserPassword": "x" * 32,
    "Port": 5432,
    "DBSubnetGroupName": NAME,
    "DBClusterParameterGroupName": NAME,
    "StorageEncrypted": True,
    "DeletionProtection": False,
    "BackupRetentionPeriod": 7,
    "CopyTagsToSnapshot": True,
}
INSTANCE: dict[str, Any] = {
    "DBInstanceIdentifier": f"{NAME}-writer",
    "DBClusterIdentifier": NAME,
    "Engine": "aurora-postgresql",
    "DBInstanceClass": "db.r6g.large",
    "AutoMinorVersionUpgrade": False,
    "PubliclyAccessible": False,
}
PARAMETERS = {"shared_preload_libraries": "pg_stat_statements,pgaudit", "rds.force_ssl": "1"}


def database(talk: Talk) -> None:
    """A cluster with a writer is made of its parts, changed, and taken away."""
    rds = talk.rds
    network = Network(talk, "10.3")
    group = network.group("database")
    subnet_group(talk, network)
    parameter_group(talk)
    rds.describe_db_engine_versions(Engine="aurora-postgresql", EngineVersion="15.10")
    cluster(talk, group)
    instance(talk)
    changes(talk, group)
    ending(talk)
    rds.delete_db_subnet_group(DBSubnetGroupName=NAME)
    rds.delete_db_subnet_group("again", DBSubnetGroupName=NAME)
    rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName=NAME)
    rds.delete_db_cluster_parameter_group("again", DBClusterParameterGroupName=NAME)
    talk.ec2.delete_security_group(GroupId=group)
    network.close()


def subnet_group(talk: Talk, network: Network) -> None:
    rds = talk.rds
    rds.describe_db_subnet_groups("unknown", DBSubnetGroupName=NAME)
    made = rds.create_db_subnet_group(**SUBNET_GROUP, SubnetIds=network.subnets, Tags=tags())
    rds.create_db_subnet_group(
        "of no such subnet", **(SUBNET_GROUP | {"DBSubnetGroupName": "y"}), SubnetIds=["subnet-00000000000000000"]
    )
    rds.describe_db_subnet_groups(DBSubnetGroupName=NAME)
    rds.modify_db_subnet_group("unknown", DBSubnetGroupName="z", SubnetIds=network.subnets)
    tagging(talk, made["DBSubnetGroup"]["DBSubnetGroupArn"])


def parameter_group(talk: Talk) -> None:
    rds = talk.rds
    this: dict[str, Any] = {"DBClusterParameterGroupName": NAME}
    rds.describe_db_cluster_parameter_groups("unknown", **this)
    made = rds.create_db_cluster_parameter_group(**PARAMETER_GROUP, Tags=tags())
    rds.create_db_cluster_parameter_group("a name that is taken", **PARAMETER_GROUP)
    rds.describe_db_cluster_parameter_groups(**this)
    rds.describe_db_cluster_parameters("untouched", **this, Source="user")
    rds.modify_db_cluster_parameter_group(**this, Parameters=[parameter(*one) for one in PARAMETERS.items()])
    rds.modify_db_cluster_parameter_group(
        "unknown", DBClusterParameterGroupName="z", Parameters=[parameter("rds.force_ssl", "1")]
    )
    rds.describe_db_cluster_parameters(**this, Source="user")
    rds.describe_db_cluster_parameters("unknown", DBClusterParameterGroupName="z")
    tagging(talk, made["DBClusterParameterGroup"]["DBClusterParameterGroupArn"])


def parameter(name: str, value: str) -> dict[str, str]:
    return {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}


def cluster(talk: Talk, group: str) -> None:
    rds = talk.rds
    this = CLUSTER | {"VpcSecurityGroupIds": [group]}
    rds.describe_db_clusters("unknown", DBClusterIdentifier=NAME)
    rds.create_db_cluster("a short password", **(this | {"MasterUserPassword": "short"}))
    made = rds.create_db_cluster(**this, Tags=tags())
    rds.until(lambda answer: available(answer, "DBClusters"), "describe_db_clusters", DBClusterIdentifier=NAME)
    rds.describe_db_clusters(DBClusterIdentifier=NAME)
    rds.describe_db_clusters("by filter", Filters=[by("db-cluster-id", NAME)])
    tagging(talk, made["DBCluster"]["DBClusterArn"])


def instance(talk: Talk) -> None:
    rds = talk.rds
    rds.describe_db_instances("unknown", DBInstanceIdentifier=f"{NAME}-writer")
    rds.create_db_instance("of no such cluster", **(INSTANCE | {"DBClusterIdentifier": "none"}))
    made = rds.create_db_instance(**INSTANCE, Tags=tags())
    rds.create_db_instance("a name that is taken", **INSTANCE)
    rds.until(
        lambda answer: available(answer, "DBInstances"), "describe_db_instances", DBInstanceIdentifier=f"{NAME}-writer"
    )
    rds.describe_db_instances(DBInstanceIdentifier=f"{NAME}-writer")
    rds.describe_db_instances("of the cluster", Filters=[by("db-cluster-id", NAME)])
    rds.describe_db_clusters("with a writer", DBClusterIdentifier=NAME)
    tagging(talk, made["DBInstance"]["DBInstanceArn"])


def changes(talk: Talk, group: str) -> None:
    rds, writer = talk.rds, f"{NAME}-writer"
    rds.modify_db_cluster(
        DBClusterIdentifier=NAME,
        ApplyImmediately=True,
        DBClusterParameterGroupName=NAME,
        VpcSecurityGroupIds=[group],
        DeletionProtection=True,
        BackupRetentionPeriod=8,
        CopyTagsToSnapshot=False,
    )
    rds.modify_db_cluster("unknown", DBClusterIdentifier="x", ApplyImmediately=True, BackupRetentionPeriod=8)
    rds.until(lambda answer: available(answer, "DBClusters"), "describe_db_clusters", DBClusterIdentifier=NAME)
    rds.describe_db_clusters("changed", DBClusterIdentifier=NAME)
    rds.modify_db_instance(
        DBInstanceIdentifier=writer,
        ApplyImmediately=True,
        DBInstanceClass="db.r6g.xlarge",
        AutoMinorVersionUpgrade=True,
    )
    rds.modify_db_instance("unknown", DBInstanceIdentifier="x", ApplyImmediately=True, AutoMinorVersionUpgrade=True)
    rds.until(lambda answer: available(answer, "DBInstances"), "describe_db_instances", DBInstanceIdentifier=writer)
    rds.describe_db_instances("changed", DBInstanceIdentifier=writer)
    rds.reboot_db_instance(DBInstanceIdentifier=writer)
    rds.reboot_db_instance("unknown", DBInstanceIdentifier="x")
    rds.until(lambda answer: available(answer, "DBInstances"), "describe_db_instances", DBInstanceIdentifier=writer)


def ending(talk: Talk) -> None:
    rds, writer = talk.rds, f"{NAME}-writer"
    rds.delete_db_cluster("protected", DBClusterIdentifier=NAME, SkipFinalSnapshot=True)
    rds.modify_db_cluster("to be deleted", DBClusterIdentifier=NAME, ApplyImmediately=True, DeletionProtection=False)
    rds.delete_db_cluster("with a writer", DBClusterIdentifier=NAME, SkipFinalSnapshot=True)
    rds.delete_db_instance(DBInstanceIdentifier=writer)
    rds.until(lambda answer: not answer["DBInstances"], "describe_db_instances", Filters=[by("db-cluster-id", NAME)])
    rds.delete_db_instance("again", DBInstanceIdentifier=writer)
    rds.delete_db_cluster(DBClusterIdentifier=NAME, SkipFinalSnapshot=False, FinalDBSnapshotIdentifier=f"{NAME}-final")
    rds.until(lambda answer: not answer["DBClusters"], "describe_db_clusters")
    rds.delete_db_cluster("again", DBClusterIdentifier=NAME, SkipFinalSnapshot=True)
    rds.describe_db_clusters("gone", DBClusterIdentifier=NAME)
    rds.describe_db_cluster_snapshots("the final one", DBClusterSnapshotIdentifier=f"{NAME}-final")
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=f"{NAME}-final")


def tagging(talk: Talk, arn: str) -> None:
    rds = talk.rds
    rds.list_tags_for_resource(ResourceName=arn)
    rds.add_tags_to_resource(ResourceName=arn, Tags=tags(digest="one", tenant_id="globex"))
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["tenant_id"])
    rds.list_tags_for_resource("changed", ResourceName=arn)


def available(answer: dict[str, Any], key: str) -> bool:
    return all(one.get("Status", one.get("DBInstanceStatus")) == "available" for one in answer[key])
