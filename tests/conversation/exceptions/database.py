"""Exceptions of RDS."""

from exceptions.exception import differs, invents, lacks, refuses, says_otherwise

API = "Amazon RDS API reference, "

EXCEPTIONS = [
    *lacks(
        "rds.*_db_subnet_group*", ["*.SupportedNetworkTypes"], f"{API}DBSubnetGroup", "moto does not know the field"
    ),
    *says_otherwise(
        {
            "rds.create_db_subnet_group, of no such subnet": (
                "InvalidSubnetID.NotFound 400",
                "InvalidParameterValue 400",
            )
        },
        "github.com/hashicorp/terraform-provider-aws, pull request 49846",
        "moto hands on what EC2 says; RDS says `Some input subnets in :[...] are invalid.`",
    ),
    *says_otherwise(
        {"rds.create_db_subnet_group, a reserved name": ("InvalidSubnetID.NotFound 400", "InvalidParameterValue 400")},
        f"{API}CreateDBSubnetGroup, DBSubnetGroupName: it must not be `default`",
        "moto does not look at the name",
    ),
    *says_otherwise(
        {
            "rds.modify_db_subnet_group, unknown": ("unreadable", "DBSubnetGroupNotFoundFault 404"),
            "rds.modify_db_cluster, unknown": ("unreadable", "DBClusterNotFoundFault 404"),
        },
        f"{API}ModifyDBSubnetGroup and ModifyDBCluster, errors",
        "moto fails with an HTTP 500",
    ),
    *lacks(
        "rds.describe_db_cluster_parameters",
        [
            f"Parameters.*.{field}"
            for field in [
                "AllowedValues",
                "ApplyType",
                "DataType",
                "Description",
                "IsModifiable",
                "Source",
                "SupportedEngineModes",
            ]
        ],
        f"{API}Parameter",
        "moto keeps what was set, and has no catalogue of parameters",
    ),
    *refuses(
        {"rds.describe_db_engine_versions": "unreadable"},
        f"{API}DescribeDBEngineVersions",
        "moto does not have the operation",
    ),
    *lacks(
        "rds.*_db_cluster*",
        ["*.DatabaseInsightsMode", "*.EngineLifecycleSupport"],
        f"{API}DBCluster",
        "moto does not know the fields",
    ),
    *invents(
        "rds.*_db_cluster*",
        [
            "*.BacktrackWindow",
            "*.EarliestRestorableTime",
            "*.GlobalWriteForwardingRequested",
            "*.LatestRestorableTime",
            "*.PubliclyAccessible",
        ],
        f"{API}DBCluster: of Aurora MySQL, of Multi-AZ clusters, of global ones, and of clusters that have a backup",
        "moto does not tell the engines apart",
    ),
    *invents(
        "rds.*_db_cluster*",
        ["*.StorageType"],
        f"{API}CreateDBCluster, StorageType: it `isn't returned when you set it to aurora`",
        "moto has the storage of other engines for it",
    ),
    *lacks(
        "rds.modify_db_*",
        ["*.PendingModifiedValues"],
        f"{API}ModifyDBInstance: the change is made asynchronously",
        "in moto a change is there with the answer",
    ),
    *differs(
        "rds.modify_db_*",
        {"DBCluster.BackupRetentionPeriod": ("8", "7"), "DBInstance.DBInstanceClass": ("*xlarge", "db.r6g.large")},
        f"{API}ModifyDBInstance: the change is made asynchronously",
        "in moto a change is there with the answer",
    ),
    *differs(
        "rds.*",
        {
            "*.KmsKeyId": ("default_kms_key_id", "arn:aws:kms:*"),
            "*.PreferredBackupWindow": ("01:37-02:07", "*-*"),
            "*.PreferredMaintenanceWindow": ("wed:*", "*-*"),
        },
        f"{API}CreateDBCluster: a key's ARN, and windows at random for each region",
        "any window does, and moto has no key",
    ),
    *differs(
        "rds.*_db_instance*",
        {
            "*.CACertificateIdentifier": ("rds-ca-default", "rds-ca-rsa2048-g1"),
            "*.DbInstancePort": ("5432", "0"),
            "*.LicenseModel": ("general-public-license", "postgresql-license"),
            "*.OptionGroupMemberships.*.OptionGroupName": (
                "default:aurora-postgresql-15-10",
                "default:aurora-postgresql-15",
            ),
        },
        f"{API}DBInstance; AWS CLI reference, rds describe-db-instances, examples",
        "moto has the values of other engines",
    ),
    *differs(
        "rds.*_db_instance*",
        {"*.Endpoint.Address": ("*.aaaaaaaaaa.*", "*")},
        "Amazon Aurora User Guide, Amazon Aurora endpoint connections",
        "AWS has one identifier in the hosts of clusters and instances, and moto has none in those of instances",
    ),
    *lacks(
        "rds.*_db_instance*",
        ["*.DBSubnetGroup", "*.Endpoint.HostedZoneId", "*.NetworkType", "*.PerformanceInsightsEnabled"],
        f"{API}DBInstance and Endpoint",
        "moto does not have the fields of an instance in a cluster",
    ),
    *invents(
        "rds.*_db_instance*",
        ["*.LatestRestorableTime"],
        f"{API}DBInstance, LatestRestorableTime; DBCluster has it for Aurora",
        "moto does not tell the engines apart",
    ),
    *invents(
        "rds.create_db_instance",
        ["DBInstance.Endpoint", "DBInstance.InstanceCreateTime"],
        f"{API}DBInstance: they are not there while the instance is being created",
        "in moto an instance is there with the answer",
    ),
    *differs(
        "rds.*_db_instance",
        {"DBInstance.DBInstanceStatus": ("available", "*ing")},
        f"{API}CreateDBInstance and RebootDBInstance, examples",
        "in moto an instance is there with the answer",
    ),
    *differs(
        "rds.delete_db_cluster",
        {"DBCluster.Status": ("available", "deleting")},
        f"{API}DeleteDBCluster; AWS CLI reference, rds delete-db-cluster, example",
        "moto gives what was there before",
    ),
    *lacks(
        "rds.*_db_cluster_snapshot*",
        [
            f"*.{field}"
            for field in [
                "AvailabilityZones",
                "BackupRetentionPeriod",
                "DbClusterResourceId",
                "EngineMode",
                "IAMDatabaseAuthenticationEnabled",
                "LicenseModel",
                "PreferredBackupWindow",
                "VpcId",
            ]
        ],
        f"{API}DBClusterSnapshot",
        "moto does not know the fields",
    ),
    *differs(
        "rds.*_db_cluster*",
        {
            "*.Endpoint": ("*.cluster-*", "*.cluster-*"),
            "*.ReaderEndpoint": ("*.cluster-ro-*", "*.cluster-ro-*"),
            "*.HostedZoneId": ("*", "Z*"),
        },
        "Amazon Aurora User Guide, Amazon Aurora endpoint connections",
        "an account has one identifier and one zone in a region; in moto every cluster has others",
    ),
    *differs(
        "rds.*_db_cluster*",
        {"*.DBClusterParameterGroup": ("default.aurora8.0", "default.aurora-postgresql15")},
        f"{API}CreateDBCluster, DBClusterParameterGroupName: the default is that of the engine and its version",
        "moto has one default for all engines",
    ),
    *differs(
        "rds.*_db_instance*",
        {"*.DbiResourceId": ("db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U", "db-*")},
        f"{API}DBInstance, DbiResourceId: unique in a region, and never changed",
        "in moto all instances have the same",
    ),
]
