//! The keys of a spec, each with its meaning and an example.

use crate::toml::Keys;

/// Whether a table is declared as an array of tables.
macro_rules! is_list {
    () => {
        false
    };
    (list) => {
        true
    };
}

/// Declares the keys of a table and the table itself.
macro_rules! keys {
    ($($module:ident: $table:literal $($list:ident)? { $($key:ident = $name:literal, $meaning:literal, $example:literal;)* })*) => {
        $(pub(super) mod $module {
            use crate::toml::{Key, Keys};

            $(pub(in crate::spec) const $key: Key = Key { name: $name, meaning: $meaning, example: $example };)*
            pub(in crate::spec) const TABLE: Keys = Keys { table: $table, is_list: is_list!($($list)?), keys: &[$($key),*] };
        })*

        /// Every table of a spec.
        pub(super) const TABLES: &[Keys] = &[$($module::TABLE,)* TENANT_SERVICE];
    };
}

keys! {
    root: "" {
        PLATFORM = "platform", "what is provisioned, and where", "`name = \"acme\"`";
        NETWORK = "network", "the addresses of the network and its zones", "`cidr = \"10.0.0.0/16\"`";
        DATABASE = "database", "the Aurora PostgreSQL cluster that tenants share", "`engine_version = \"16.6\"`";
        SERVICE = "service", "what each tenant runs", "`port = 80`";
        LOGS = "logs", "the retention of logs", "`retention_days = 30`";
        STORAGE = "storage", "the names of buckets", "`bucket_suffix = \"x7\"`";
        NAMES = "names", "the names of the tenants' log groups and secrets", "`scope = \"platform\"`";
        INGRESS = "ingress", "the settings of incoming traffic", "`certificate = \"arn:aws:acm:…\"`";
        TENANT = "tenant", "the tenants", "`id = \"acme-corp\"`";
    }
    platform: "platform" {
        NAME = "name", "the first part of every name", "\"acme-saas\"";
        ENVIRONMENT = "environment", "the environment; only `development` accepts data loss", "\"production\"";
        ACCOUNT = "account", "the only AWS account that the plan can be applied to", "\"123456789012\"";
        REGION = "region", "the only Region that the plan can be applied to", "\"us-east-1\"";
        DOMAIN = "domain", "the domain of the tenants' host names", "\"example.com\"";
        COST_CENTER = "cost_center", "the cost center of shared resources", "\"platform\"";
        DELETION_PROTECTION = "deletion_protection",
            "whether AWS refuses to delete the database and the load balancers", "true";
        PROVISIONER = "provisioner", "the role that applies plans", "\"arn:aws:iam::123456789012:role/provisioner\"";
        NEXT_PROVISIONER = "next_provisioner",
            "the role that will replace the provisioner: until then, policies give access to both",
            "\"arn:aws:iam::123456789012:role/next-provisioner\"";
        BREAK_GLASS = "break_glass", "a role for emergencies, with access to tenants' data",
            "\"arn:aws:iam::123456789012:role/break-glass\"";
    }
    network: "network" {
        CIDR = "cidr", "all addresses of the network", "\"10.0.0.0/16\"";
        ZONE = "zone", "the zones with their subnets", "name = \"us-east-1a\"";
    }
    zone: "network.zone" list {
        NAME = "name", "the Availability Zone", "\"us-east-1a\"";
        PUBLIC = "public", "the subnet of the load balancers and the NAT gateway", "\"10.0.1.0/24\"";
        PRIVATE = "private", "the subnet of the tasks and the database", "\"10.0.11.0/24\"";
    }
    database: "database" {
        ENGINE_VERSION = "engine_version", "the version of Aurora PostgreSQL", "\"16.6\"";
        INSTANCE_CLASS = "instance_class", "the size of the writer", "\"db.r6g.large\"";
        NAME = "name", "the name of the database", "\"saas\"";
        ADMIN = "admin", "the name of the master user", "\"saasadmin\"";
        SHARED_PRELOAD_LIBRARIES = "shared_preload_libraries", "the libraries that PostgreSQL preloads",
            "[\"pg_stat_statements\"]";
        CONNECTIONS_PER_TENANT = "connections_per_tenant", "the connection limit of each tenant", "20";
    }
    service: "service" {
        IMAGE = "image", "the container image, by digest", "\"public.ecr.aws/nginx/nginx@sha256:…\"";
        PORT = "port", "the TCP port that the image listens on", "80";
        CPU = "cpu", "CPU units; 1024 are one vCPU", "1024";
        MEMORY = "memory", "memory in MiB", "2048";
        DESIRED_COUNT = "desired_count", "how many tasks a service starts with", "2";
        MIN_COUNT = "min_count", "the least number of tasks", "2";
        MAX_COUNT = "max_count", "the greatest number of tasks", "8";
        CPU_TARGET = "cpu_target", "the CPU target of autoscaling, in percent", "60";
        HEALTH_CHECK_PATH = "health_check_path", "the path of health checks", "\"/\"";
        WRITABLE = "writable", "the directories that the container can write to", "[\"/tmp\"]";
    }
    logs: "logs" {
        RETENTION_DAYS = "retention_days", "the retention of logs, in days", "30";
    }
    storage: "storage" {
        BUCKET_SUFFIX = "bucket_suffix", "the suffix of every bucket name", "\"x7\"";
    }
    names: "names" {
        SCOPE = "scope", "the scope in which names are unique: `account`, or `platform` to share the account",
            "\"platform\"";
    }
    ingress: "ingress" {
        CERTIFICATE = "certificate", "the certificate of tenants without their own",
            "\"arn:aws:acm:us-east-1:123456789012:certificate/…\"";
    }
    tenant: "tenant" list {
        ID = "id", "the tenant's id, the last part of its names", "\"acme-corp\"";
        COST_CENTER = "cost_center", "the tenant's cost center", "\"cc-acme\"";
        CERTIFICATE = "certificate", "the tenant's own certificate",
            "\"arn:aws:acm:us-east-1:123456789012:certificate/…\"";
        BUCKET_SUFFIX = "bucket_suffix", "the suffix of this tenant's bucket name", "\"x7\"";
        SERVICE = "service", "the settings in which this tenant's service differs", "`cpu = 2048`";
    }
}

/// A tenant's own settings: the keys of [`service`], all optional.
pub(super) const TENANT_SERVICE: Keys = Keys { table: "tenant.service", is_list: false, keys: service::TABLE.keys };
