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

/// Whether a key must be given.
macro_rules! presence {
    () => {
        Presence::Optional
    };
    (required) => {
        Presence::Required
    };
    (unless_like) => {
        Presence::UnlessLike
    };
}

/// The value of a key that is absent.
macro_rules! default {
    () => {
        None
    };
    ($default:literal) => {
        Some($default)
    };
}

/// Declares the keys of a table and the table itself.
macro_rules! keys {
    ($($module:ident: $table:literal $($list:ident)? {
        $($key:ident = $name:literal $($presence:ident)?, $meaning:literal, $example:literal $(, default $default:literal)?;)*
    })*) => {
        $(pub(super) mod $module {
            use crate::toml::{Key, Keys, Presence};

            $(pub(in crate::spec) const $key: Key = Key {
                name: $name,
                presence: presence!($($presence)?),
                meaning: $meaning,
                example: $example,
                default: default!($($default)?),
            };)*
            pub(in crate::spec) const TABLE: Keys = Keys { table: $table, is_list: is_list!($($list)?), keys: &[$($key),*] };
        })*

        /// The tables, those of a tenant's own settings left out.
        const OF_PLATFORM: &[Keys] = &[$($module::TABLE),*];
    };
}

keys! {
    root: "" {
        PLATFORM = "platform" required, "what is provisioned, and where", "`name = \"acme\"`";
        NETWORK = "network" required, "the addresses of the network and its zones", "`cidr = \"10.0.0.0/16\"`";
        DATABASE = "database" required, "the Aurora PostgreSQL cluster that tenants share", "`engine_version = \"16.6\"`";
        SERVICE = "service", "the services that each tenant runs", "`port = 80`";
        JOB = "job", "the jobs of each tenant", "`schedule = \"rate(1 day)\"`";
        LOGS = "logs" required, "the retention of logs", "`retention_days = 30`";
        STORAGE = "storage", "the names of buckets", "`bucket_suffix = \"x7\"`";
        NAMES = "names", "the names of the tenants' log groups and secrets", "`scope = \"platform\"`";
        INGRESS = "ingress", "the settings of incoming traffic", "`certificate = \"arn:aws:acm:…\"`";
        TENANT = "tenant", "the tenants", "`id = \"acme-corp\"`";
    }
    platform: "platform" {
        NAME = "name" required, "the first part of every name", "\"acme-saas\"";
        ENVIRONMENT = "environment" required, "the environment; only `development` accepts data loss", "\"production\"";
        ACCOUNT = "account" required, "the only AWS account that the plan can be applied to", "\"123456789012\"";
        REGION = "region" required, "the only Region that the plan can be applied to", "\"us-east-1\"";
        DOMAIN = "domain" required, "the domain of the tenants' host names", "\"example.com\"";
        COST_CENTER = "cost_center" required, "the cost center of shared resources", "\"platform\"";
        DELETION_PROTECTION = "deletion_protection" required,
            "whether AWS refuses to delete the database and the load balancers", "true";
        PROVISIONER = "provisioner" required, "the role that applies plans", "\"arn:aws:iam::123456789012:role/provisioner\"";
        NEXT_PROVISIONER = "next_provisioner",
            "the role that will replace the provisioner: until then, policies give access to both",
            "\"arn:aws:iam::123456789012:role/next-provisioner\"";
        BREAK_GLASS = "break_glass", "a role for emergencies, with access to tenants' data",
            "\"arn:aws:iam::123456789012:role/break-glass\"";
        PERMISSIONS_BOUNDARY = "permissions_boundary", "the permissions boundary of all roles",
            "\"arn:aws:iam::123456789012:policy/boundary\"";
        TAGS = "tags", "the tags of all resources, beside those of saas", "{ team = \"payments\" }";
    }
    network: "network" {
        CIDR = "cidr" required, "all addresses of the network", "\"10.0.0.0/16\"";
        ZONE = "zone", "the zones with their subnets", "name = \"us-east-1a\"";
    }
    zone: "network.zone" list {
        NAME = "name" required, "the Availability Zone", "\"us-east-1a\"";
        PUBLIC = "public" required, "the subnet of the load balancers and the NAT gateway", "\"10.0.1.0/24\"";
        PRIVATE = "private" required, "the subnet of the tasks and the database", "\"10.0.11.0/24\"";
    }
    database: "database" {
        ENGINE_VERSION = "engine_version" required, "the version of Aurora PostgreSQL", "\"16.6\"";
        INSTANCE_CLASS = "instance_class" required, "the size of the writer", "\"db.r6g.large\"";
        NAME = "name" required, "the name of the database", "\"saas\"";
        ADMIN = "admin" required, "the name of the master user", "\"saasadmin\"";
        SHARED_PRELOAD_LIBRARIES = "shared_preload_libraries" required, "the libraries that PostgreSQL preloads",
            "[\"pg_stat_statements\"]";
        CONNECTIONS_PER_TENANT = "connections_per_tenant", "the connection limit of each tenant", "20", default "20";
        EXTENSIONS = "extensions", "the extensions that tenants can use", "[\"pgcrypto\"]";
    }
    service: "service.*" {
        LIKE = "like", "the service whose image, size and settings it has", "\"web\"";
        IMAGE = "image" unless_like, "the container image, by digest", "\"public.ecr.aws/nginx/nginx@sha256:…\"";
        PORT = "port", "the TCP port that the image listens on; a worker has none", "80";
        CPU = "cpu" unless_like, "CPU units; 1024 are one vCPU", "1024";
        MEMORY = "memory" unless_like, "memory in MiB", "2048";
        DESIRED_COUNT = "desired_count", "how many tasks it starts with", "2";
        MIN_COUNT = "min_count", "the least number of tasks", "2";
        MAX_COUNT = "max_count", "the greatest number of tasks", "8";
        CPU_TARGET = "cpu_target", "the CPU target of autoscaling, in percent", "60";
        MEMORY_TARGET = "memory_target", "the memory target of autoscaling, in percent", "70";
        REQUESTS_PER_TASK_TARGET = "requests_per_task_target",
            "the target of autoscaling in requests a minute and task", "600";
        QUEUE = "queue", "the SQS queue whose length decides the number of tasks",
            "{ name = \"jobs-{tenant.id}\", messages_per_task = 100 }";
        HOST = "host", "the label before the tenant's host name", "\"api\"";
        PATHS = "paths", "the paths that it serves", "[\"/api/*\"]";
        COMMAND = "command", "the command of the container", "[\"gunicorn\", \"app\"]";
        ENTRYPOINT = "entrypoint", "the entry point of the container", "[\"/entry\"]";
        USER = "user", "the user of the container's process", "\"1000:1000\"";
        ARCHITECTURE = "architecture", "the architecture of the image", "\"arm64\"", default "\"x86_64\"";
        SPOT = "spot", "whether its tasks run on spare capacity", "true", default "false";
        STOP_TIMEOUT = "stop_timeout", "the seconds that a task has to stop", "60";
        WRITABLE = "writable", "the directories that the container can write to", "[\"/tmp\"]", default "[\"/tmp\"]";
        READONLY_ROOT = "readonly_root", "whether everything else in the file system is read-only", "true", default "true";
        HEALTH_CHECK = "health_check", "the health check of the load balancer", "{ path = \"/up\" }";
        EXEC = "exec", "whether people may run commands in its containers", "false", default "false";
        ENVIRONMENT = "environment", "environment variables", "{ LOG_LEVEL = \"info\" }";
        SECRETS = "secrets", "environment variables whose values are secrets",
            "{ SESSION_KEY = { generate = 64 } }";
        ALLOW = "allow", "what its role may do", "`actions = [\"ses:SendEmail\"]`";
        EGRESS = "egress", "the destinations that it connects to", "`port = 587`";
        SIDECAR = "sidecar", "the other containers of its tasks", "`essential = false`";
    }
    job: "job.*" {
        LIKE = "like", "the service whose image, size and settings it has", "\"web\"";
        IMAGE = "image" unless_like, "the container image, by digest", "\"public.ecr.aws/nginx/nginx@sha256:…\"";
        CPU = "cpu" unless_like, "CPU units; 1024 are one vCPU", "1024";
        MEMORY = "memory" unless_like, "memory in MiB", "2048";
        SCHEDULE = "schedule", "when it runs", "\"cron(0 3 * * ? *)\"";
        TIMEZONE = "timezone", "the time zone of its schedule", "\"Europe/Berlin\"", default "\"UTC\"";
        RETRIES = "retries", "how often a start that fails is tried again", "2", default "0";
        RUN = "run", "at which step of an apply it runs", "\"before-rollout\"";
        TIMEOUT = "timeout", "the time after which it has failed", "\"15m\"", default "\"15m\"";
        COMMAND = "command", "the command of the container", "[\"./report\"]";
        ENTRYPOINT = "entrypoint", "the entry point of the container", "[\"/entry\"]";
        USER = "user", "the user of the container's process", "\"1000:1000\"";
        ARCHITECTURE = "architecture", "the architecture of the image", "\"arm64\"", default "\"x86_64\"";
        SPOT = "spot", "whether its tasks run on spare capacity", "true", default "false";
        STOP_TIMEOUT = "stop_timeout", "the seconds that a task has to stop", "60";
        WRITABLE = "writable", "the directories that the container can write to", "[\"/tmp\"]", default "[\"/tmp\"]";
        READONLY_ROOT = "readonly_root", "whether everything else in the file system is read-only", "true", default "true";
        ENVIRONMENT = "environment", "environment variables", "{ LOG_LEVEL = \"info\" }";
        SECRETS = "secrets", "environment variables whose values are secrets",
            "{ SESSION_KEY = { generate = 64 } }";
        ALLOW = "allow", "what its role may do", "`actions = [\"ses:SendEmail\"]`";
        EGRESS = "egress", "the destinations that it connects to", "`port = 587`";
        SIDECAR = "sidecar", "the other containers of its tasks", "`essential = false`";
    }
    sidecar: "service.*.sidecar.*" {
        LIKE = "like", "the service whose image and settings it has", "\"web\"";
        IMAGE = "image" unless_like, "the container image, by digest", "\"public.ecr.aws/nginx/nginx@sha256:…\"";
        ESSENTIAL = "essential", "whether the task stops when it stops", "false", default "true";
        MEMORY = "memory", "the memory that is reserved for it, in MiB", "128", default "128";
        COMMAND = "command", "the command of the container", "[\"gunicorn\", \"app\"]";
        ENTRYPOINT = "entrypoint", "the entry point of the container", "[\"/entry\"]";
        USER = "user", "the user of the container's process", "\"1000:1000\"";
        STOP_TIMEOUT = "stop_timeout", "the seconds that it has to stop", "60";
        WRITABLE = "writable", "the directories that the container can write to", "[\"/tmp\"]", default "[\"/tmp\"]";
        READONLY_ROOT = "readonly_root", "whether everything else in the file system is read-only", "true", default "true";
        ENVIRONMENT = "environment", "environment variables", "{ LOG_LEVEL = \"info\" }";
        SECRETS = "secrets", "environment variables whose values are secrets",
            "{ SESSION_KEY = { generate = 64 } }";
    }
    secret: "service.*.secrets.*" {
        GENERATE = "generate", "the number of letters and digits to generate", "64";
        PARAMETER = "parameter", "the name of an SSM parameter", "\"/app/sentry-dsn\"";
        SECRET = "secret", "the name of a secret in Secrets Manager", "\"app/{tenant.id}\"";
        KEY = "key", "the key of the value in the secret", "\"license\"";
        DATABASE = "database", "the part of the database's login, for applications that do not read `DATABASE_PASSWORD`",
            "\"password\"";
    }
    variable: "service.*.environment.*" {
        PUBLIC = "public" required, "a value that looks like a secret and is public", "\"pk-live-…\"";
    }
    allow: "service.*.allow" list {
        ACTIONS = "actions" required, "the actions", "[\"ses:SendEmail\"]";
        RESOURCES = "resources" required, "the resources, by ARN",
            "[\"arn:aws:ses:us-east-1:123456789012:identity/example.com\"]";
        CONDITIONS = "conditions", "the conditions", "{ StringEquals = { \"ses:FromAddress\" = \"a@example.com\" } }";
    }
    egress: "service.*.egress" list {
        PORT = "port" required, "the TCP port", "587";
        CIDR = "cidr" required, "the addresses", "\"203.0.113.0/24\"";
    }
    health_check: "service.*.health_check" {
        PATH = "path", "the path of the request", "\"/up\"", default "\"/\"";
        CODES = "codes", "the status codes of a healthy task", "\"200-399\"", default "\"200-399\"";
        INTERVAL = "interval", "the seconds between two checks", "15", default "15";
        TIMEOUT = "timeout", "the seconds until a check fails", "5", default "5";
        HEALTHY = "healthy", "how many successes make a task healthy", "2", default "2";
        UNHEALTHY = "unhealthy", "how many failures make it unhealthy", "3", default "3";
        GRACE = "grace", "the seconds after a start in which failures are ignored", "60", default "60";
    }
    queue: "service.*.queue" {
        NAME = "name", "the name of the SQS queue", "\"jobs-{tenant.id}\"";
        MESSAGES_PER_TASK = "messages_per_task", "the number of waiting messages for each task", "100";
    }
    writable: "service.*.writable" list {
        PATH = "path" required, "the directory", "\"/tmp\"";
        SIZE = "size", "its size in MiB", "64", default "64";
    }
    logs: "logs" {
        RETENTION_DAYS = "retention_days" required, "the retention of logs, in days", "30";
    }
    storage: "storage" {
        BUCKET_SUFFIX = "bucket_suffix", "the suffix of every bucket name", "\"x7\"";
    }
    names: "names" {
        SCOPE = "scope" required, "the scope in which names are unique: `account`, or `platform` to share the account",
            "\"platform\"";
    }
    ingress: "ingress" {
        CERTIFICATE = "certificate", "the certificate of tenants without their own",
            "\"arn:aws:acm:us-east-1:123456789012:certificate/…\"";
    }
    tenant: "tenant" list {
        ID = "id" required, "the tenant's id, the last part of its names", "\"acme-corp\"";
        COST_CENTER = "cost_center" required, "the tenant's cost center", "\"cc-acme\"";
        CERTIFICATE = "certificate", "the tenant's own certificate",
            "\"arn:aws:acm:us-east-1:123456789012:certificate/…\"";
        BUCKET_SUFFIX = "bucket_suffix", "the suffix of this tenant's bucket name", "\"x7\"";
        SERVICE = "service", "the settings in which this tenant's services differ", "`cpu = 2048`";
        JOB = "job", "the settings in which this tenant's jobs differ", "`cpu = 2048`";
    }
}

/// The tables of a service or job, `$base`, that are not declared above.
macro_rules! tables_of {
    ($base:literal, $own:expr) => {
        [
            Keys { table: $base, ..$own },
            Keys { table: concat!($base, ".health_check"), ..health_check::TABLE },
            Keys { table: concat!($base, ".queue"), ..queue::TABLE },
            Keys { table: concat!($base, ".writable"), ..writable::TABLE },
            Keys { table: concat!($base, ".environment"), ..FREE },
            Keys { table: concat!($base, ".environment.*"), ..variable::TABLE },
            Keys { table: concat!($base, ".secrets"), ..FREE },
            Keys { table: concat!($base, ".secrets.*"), ..secret::TABLE },
            Keys { table: concat!($base, ".allow"), ..allow::TABLE },
            Keys { table: concat!($base, ".egress"), ..egress::TABLE },
            Keys { table: concat!($base, ".sidecar.*"), ..sidecar::TABLE },
            Keys { table: concat!($base, ".sidecar.*.writable"), ..writable::TABLE },
            Keys { table: concat!($base, ".sidecar.*.environment"), ..FREE },
            Keys { table: concat!($base, ".sidecar.*.environment.*"), ..variable::TABLE },
            Keys { table: concat!($base, ".sidecar.*.secrets"), ..FREE },
            Keys { table: concat!($base, ".sidecar.*.secrets.*"), ..secret::TABLE },
        ]
    };
}

/// A table whose keys users choose.
const FREE: Keys = Keys { table: "", is_list: false, keys: &[] };

const PARTS: [&[Keys]; 6] = [
    OF_PLATFORM,
    &[Keys { table: "platform.tags", ..FREE }],
    &tables_of!("service.*", service::TABLE),
    &tables_of!("job.*", job::TABLE),
    &tables_of!("tenant.service.*", service::TABLE),
    &tables_of!("tenant.job.*", job::TABLE),
];

/// Every table of a spec.
pub(super) const TABLES: &[Keys] = &joined::<{ number() }>();

const fn number() -> usize {
    let (mut number, mut part) = (0, 0);
    while part < PARTS.len() {
        (number, part) = (number + PARTS[part].len(), part + 1);
    }
    number
}

const fn joined<const N: usize>() -> [Keys; N] {
    let mut all = [FREE; N];
    let (mut next, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut index = 0;
        while index < PARTS[part].len() {
            all[next] = PARTS[part][index];
            (next, index) = (next + 1, index + 1);
        }
        part += 1;
    }
    all
}
