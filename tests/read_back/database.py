"""The database that tenants share: point 2. What is in it, AWS does not know."""

from reader import Reader

ENGINE = "aurora-postgresql"


def point_2_database(reader: Reader) -> None:
    """An Aurora PostgreSQL cluster with one writer, its subnet group and its parameter group."""
    _subnet_group(reader)
    _parameter_group(reader)
    _cluster(reader)
    _writer(reader)


def _only(reader: Reader, operation: str, key: str, name_field: str, name: str) -> dict:
    """The resource of a name, which is the only one whose name says that it is the platform's."""
    found = [one for one in reader.all(reader.rds, operation, key) if one[name_field].startswith(reader.platform)]
    reader.equal(f"{key}, names", [one[name_field] for one in found], [name])
    return found[0]


def _family(reader: Reader) -> str:
    return f"aurora-postgresql{reader.application.engine_version.split('.')[0]}"


def _tags(reader: Reader, what: str, arn: str, address: str) -> None:
    reader.tags(what, reader.rds.list_tags_for_resource(ResourceName=arn)["TagList"], address)


def _subnet_group(reader: Reader) -> None:
    name = f"{reader.platform}-db"
    group = _only(reader, "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName", name)
    subnets = sorted(subnet["SubnetIdentifier"] for subnet in group["Subnets"])
    reader.equal("DB subnet group, subnets", subnets, reader.subnet_ids("private"))
    reader.equal("DB subnet group, VPC", group["VpcId"], reader.vpc_id)
    _tags(reader, "DB subnet group", group["DBSubnetGroupArn"], "database/subnet-group")


def _parameter_group(reader: Reader) -> None:
    family = _family(reader)
    name, key = f"{reader.platform}-{family}", "DBClusterParameterGroupName"
    group = _only(reader, "describe_db_cluster_parameter_groups", "DBClusterParameterGroups", key, name)
    reader.equal("DB parameter group, family", group["DBParameterGroupFamily"], family)
    source = {key: name, "Source": "user"}
    parameters = reader.all(reader.rds, "describe_db_cluster_parameters", "Parameters", **source)
    found = {one["ParameterName"]: (one["ParameterValue"], one["ApplyMethod"]) for one in parameters}
    wanted = {
        "rds.force_ssl": ("1", "immediate"),
        # Static: it takes effect at the next boot of the writer.
        "shared_preload_libraries": (reader.application.libraries, "pending-reboot"),
    }
    reader.equal("DB parameter group, parameters", found, wanted)
    _tags(reader, "DB parameter group", group["DBClusterParameterGroupArn"], "database/parameter-group")


def _cluster(reader: Reader) -> None:
    name = f"{reader.platform}-db"
    cluster = _only(reader, "describe_db_clusters", "DBClusters", "DBClusterIdentifier", name)
    wanted = {
        "Status": "available",
        "Engine": ENGINE,
        "EngineVersion": reader.application.engine_version,
        "DatabaseName": reader.application.database,
        "Port": 5432,
        "MasterUsername": reader.application.admin,
        # A password that AWS manages would be rotated every seven days.
        "MasterUserSecret": None,
        "DBSubnetGroup": f"{reader.platform}-db",
        "DBClusterParameterGroup": f"{reader.platform}-{_family(reader)}",
        "StorageEncrypted": True,
        "DeletionProtection": reader.application.deletion_protection,
        "BackupRetentionPeriod": 7,
        "CopyTagsToSnapshot": True,
    }
    reader.fields("DB cluster", cluster, wanted)
    groups = [one["VpcSecurityGroupId"] for one in cluster["VpcSecurityGroups"]]
    reader.equal("DB cluster, security groups", groups, [reader.group_ids()[f"{reader.platform}-db"]])
    # The static parameter is in effect only when the writer is in sync.
    keys = ("DBInstanceIdentifier", "IsClusterWriter", "DBClusterParameterGroupStatus")
    members = [tuple(member[key] for key in keys) for member in cluster["DBClusterMembers"]]
    reader.equal("DB cluster, members", members, [(f"{reader.platform}-db-writer", True, "in-sync")])
    _tags(reader, "DB cluster", cluster["DBClusterArn"], "database/cluster")


def _writer(reader: Reader) -> None:
    name = f"{reader.platform}-db-writer"
    writer = _only(reader, "describe_db_instances", "DBInstances", "DBInstanceIdentifier", name)
    wanted = {
        "DBInstanceStatus": "available",
        "DBClusterIdentifier": f"{reader.platform}-db",
        "DBInstanceClass": reader.application.instance_class,
        "Engine": ENGINE,
        "EngineVersion": reader.application.engine_version,
        "PubliclyAccessible": False,
        "AutoMinorVersionUpgrade": False,
        "StorageEncrypted": True,
        "DeletionProtection": False,
    }
    reader.fields("DB writer", writer, wanted)
    _tags(reader, "DB writer", writer["DBInstanceArn"], "database/writer")
