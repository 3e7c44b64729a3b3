//! The table of parameters, sorted by name.
//!
//! Source of the parameters, their apply types and defaults: Amazon Aurora User Guide, "Amazon
//! Aurora PostgreSQL parameters", cluster-level. Source of their meanings: PostgreSQL
//! documentation, "Server configuration". The table is not complete, but contains everything that a
//! provisioner is likely to set.

use super::Kind::{Decimal, Flag, OneOf, SomeOf, Text, Whole};
use super::{Parameter, dynamic, fixed};

const MOST: i64 = 2_147_483_647;
const BACKENDS: i64 = 262_143;
const MEMORY: &str = "SUM({DBInstanceClassMemory/12038},-50003)";

const LEVELS: &[&str] =
    &["debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"];
const AUDITED: &str = "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write";
/// The `AllowedValues` of a family are the same for all of its minor versions: published listings
/// of `aurora-postgresql15` contain `pg_ad_mapping`, which servers have since 15.5.
/// Source: `describe-db-cluster-parameters` of default.aurora-postgresql15 in comments of published
/// Terraform code; Aurora User Guide, "Using AD security groups" (since 14.10 and 15.5).
const LIBRARIES: &str = "\
    apg_plan_mgmt,auto_explain,babelfishpg_tds,orafce,pg_ad_mapping,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,\
    pg_similarity,pg_stat_statements,pg_tle,pgactive,pgaudit,pglogical,plprofiler,plrust";
/// The same for families before 14, which lack `pg_ad_mapping`.
const LIBRARIES_TO_13: &str = "\
    apg_plan_mgmt,auto_explain,babelfishpg_tds,orafce,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,\
    pg_stat_statements,pg_tle,pgactive,pgaudit,pglogical,plprofiler,plrust";
/// The same for families since 18: `pg_overexplain` is new in PostgreSQL 18.
/// Source: PostgreSQL 18 documentation, appendix F, "pg_overexplain".
const LIBRARIES_FROM_18: &str = "\
    apg_plan_mgmt,auto_explain,babelfishpg_tds,orafce,pg_ad_mapping,pg_bigm,pg_cron,pg_hint_plan,pg_overexplain,\
    pg_prewarm,pg_similarity,pg_stat_statements,pg_tle,pgactive,pgaudit,pglogical,plprofiler,plrust";
const PROTOCOLS: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
const PRELOADED: &str = "Lists shared libraries to preload into server.";
const TRACKED: &[&str] = &["none", "top", "all"];

pub(super) const PARAMETERS: &[Parameter] = &[
    fixed("apg_plan_mgmt.max_databases", Whole(10, MOST), "Most databases with managed plans.").is("10"),
    fixed("apg_plan_mgmt.max_plans", Whole(10, MOST), "Most plans that are kept.").is("10000"),
    dynamic("apg_plan_mgmt.plan_retention_period", Whole(32, MOST), "Days for which unused plans are kept.").is("32"),
    dynamic("application_name", Text, "The application name reported in statistics and logs."),
    dynamic("array_nulls", Flag, "Enables input of NULL elements in arrays."),
    dynamic("authentication_timeout", Whole(1, 600), "(s) Time allowed to complete client authentication."),
    dynamic("auto_explain.log_analyze", Flag, "Logs EXPLAIN ANALYZE output of slow statements."),
    dynamic("auto_explain.log_min_duration", Whole(-1, MOST), "(ms) Execution time above which plans are logged."),
    dynamic("autovacuum", Flag, "Starts the autovacuum subprocess.").is("1"),
    dynamic("autovacuum_analyze_scale_factor", Decimal(0.0, 100.0), "Tuple changes before analyze, as a fraction.")
        .is("0.05"),
    dynamic("autovacuum_analyze_threshold", Whole(0, MOST), "Tuple changes before analyze."),
    fixed("autovacuum_freeze_max_age", Whole(100_000, 2_000_000_000), "Age at which to vacuum a table."),
    fixed("autovacuum_max_workers", Whole(1, BACKENDS), "Most simultaneous autovacuum workers.")
        .is("GREATEST({DBInstanceClassMemory/64371566592},3)"),
    dynamic("autovacuum_naptime", Whole(1, 2_147_483), "(s) Time to sleep between autovacuum runs.").is("5"),
    dynamic("autovacuum_vacuum_cost_delay", Whole(-1, 100), "(ms) Vacuum cost delay of autovacuum.").is("5"),
    dynamic("autovacuum_vacuum_cost_limit", Whole(-1, 10_000), "Vacuum cost before napping, of autovacuum.")
        .is("GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)"),
    dynamic("autovacuum_vacuum_scale_factor", Decimal(0.0, 100.0), "Tuple changes before vacuum, as a fraction.")
        .is("0.1"),
    dynamic("autovacuum_vacuum_threshold", Whole(0, MOST), "Tuple changes before vacuum."),
    dynamic("bytea_output", OneOf(&["hex", "escape"]), "The output format of bytea."),
    dynamic("check_function_bodies", Flag, "Checks function bodies during CREATE FUNCTION."),
    dynamic("client_connection_check_interval", Whole(0, MOST), "(ms) Time between checks for disconnection.")
        .since(14),
    dynamic("client_encoding", Text, "The client's character set encoding."),
    dynamic("client_min_messages", OneOf(LEVELS), "The message levels that are sent to the client."),
    dynamic("compute_query_id", OneOf(&["on", "off", "auto"]), "Computes query identifiers.").is("auto").since(14),
    fixed("config_file", Text, "The server's main configuration file.")
        .set_to("/rdsdbdata/config/postgresql.conf")
        .locked(),
    dynamic("constraint_exclusion", OneOf(&["partition", "on", "off"]), "Uses constraints to optimize queries."),
    dynamic("cpu_tuple_cost", Decimal(0.0, 1e308), "The cost of processing a tuple."),
    fixed("cron.database_name", Text, "Database to store pg_cron metadata tables.").is("postgres"),
    fixed("cron.max_running_jobs", Whole(0, 100), "Most jobs that run concurrently."),
    fixed("data_directory", Text, "The server's data directory.").set_to("/rdsdbdata/db").locked(),
    dynamic("datestyle", Text, "The display format for date and time values."),
    dynamic("deadlock_timeout", Whole(1, MOST), "(ms) Time to wait on a lock before checking for deadlock."),
    dynamic("debug_pretty_print", Flag, "Indents parse and plan tree displays."),
    dynamic("default_statistics_target", Whole(1, 10_000), "The default statistics target."),
    dynamic("default_tablespace", Text, "The default tablespace."),
    dynamic(
        "default_transaction_isolation",
        OneOf(&["serializable", "repeatable read", "read committed", "read uncommitted"]),
        "The isolation level of each new transaction.",
    ),
    dynamic("default_transaction_read_only", Flag, "The read-only status of new transactions."),
    dynamic("effective_cache_size", Whole(1, MOST), "(8kB) The assumed size of the disk cache.").is(MEMORY),
    dynamic("extra_float_digits", Whole(-15, 3), "Digits displayed for floating-point values."),
    fixed("hba_file", Text, "The server's hba configuration file.").set_to("/rdsdbdata/config/pg_hba.conf").locked(),
    dynamic("hot_standby_feedback", Flag, "Feedback from a hot standby to the primary.").locked(),
    fixed("huge_pages", OneOf(&["on", "off", "try"]), "Reduces overhead of large memory.").is("on"),
    dynamic("idle_in_transaction_session_timeout", Whole(0, MOST), "(ms) Most idling in an open transaction.")
        .is("86400000"),
    dynamic("idle_session_timeout", Whole(0, MOST), "(ms) Most idling outside of a transaction.").since(14),
    dynamic("jit", Flag, "Allows just-in-time compilation."),
    dynamic("lc_messages", Text, "The language in which messages are displayed."),
    dynamic("lc_monetary", Text, "The locale for monetary amounts."),
    dynamic("lc_numeric", Text, "The locale for numbers."),
    dynamic("lc_time", Text, "The locale for date and time values."),
    fixed("listen_addresses", Text, "The host names or addresses to listen to.").set_to("*").locked(),
    dynamic("lo_compat_privileges", Flag, "Compatible privilege checks of large objects."),
    dynamic("lock_timeout", Whole(0, MOST), "(ms) Most waiting for a lock."),
    dynamic("log_autovacuum_min_duration", Whole(-1, MOST), "(ms) Autovacuum above this is logged.").is("10000"),
    dynamic("log_connections", Flag, "Logs each successful connection."),
    fixed(
        "log_destination",
        OneOf(&["stderr", "csvlog", "stderr,csvlog", "csvlog,stderr"]),
        "The destination for server log output.",
    )
    .is("stderr"),
    dynamic("log_disconnections", Flag, "Logs the end of a session, with its duration."),
    dynamic("log_duration", Flag, "Logs the duration of each completed statement."),
    dynamic("log_error_verbosity", OneOf(&["terse", "default", "verbose"]), "The verbosity of logged messages."),
    dynamic("log_executor_stats", Flag, "Writes executor statistics to the log."),
    dynamic("log_hostname", Flag, "Logs the host name in the connection logs."),
    dynamic("log_lock_waits", Flag, "Logs long lock waits."),
    dynamic("log_min_duration_statement", Whole(-1, MOST), "(ms) Statements above this are logged."),
    dynamic("log_min_error_statement", OneOf(LEVELS), "Statements with errors of this level are logged."),
    dynamic("log_min_messages", OneOf(LEVELS), "The message levels that are logged."),
    dynamic("log_rotation_age", Whole(1, 1_440), "(min) Log files are rotated after this.").is("60"),
    dynamic("log_rotation_size", Whole(50_000, 1_000_000), "(kB) Log files are rotated after this.").is("100000"),
    dynamic("log_statement", OneOf(&["none", "ddl", "mod", "all"]), "The type of statements logged."),
    dynamic("log_statement_stats", Flag, "Writes cumulative performance statistics to the log."),
    dynamic("log_temp_files", Whole(-1, MOST), "(kB) Temporary files above this are logged."),
    dynamic("logical_decoding_work_mem", Whole(64, MOST), "(kB) Memory for logical decoding."),
    dynamic("maintenance_work_mem", Whole(1_024, MOST), "(kB) Memory for maintenance operations.")
        .is("GREATEST({DBInstanceClassMemory/63963136*1024},65536)"),
    fixed("max_connections", Whole(6, 8_388_607), "Most concurrent connections.")
        .is("LEAST({DBInstanceClassMemory/9531392},5000)"),
    fixed("max_files_per_process", Whole(64, MOST), "Most simultaneously open files of a process."),
    fixed("max_locks_per_transaction", Whole(10, MOST), "Most locks of a transaction.").is("64"),
    fixed("max_logical_replication_workers", Whole(0, BACKENDS), "Most logical replication workers."),
    dynamic("max_parallel_maintenance_workers", Whole(0, 1_024), "Most parallel processes of an operation."),
    dynamic("max_parallel_workers", Whole(0, 1_024), "Most parallel workers at a time.")
        .is("GREATEST({DBInstanceVCPU/2},8)"),
    dynamic("max_parallel_workers_per_gather", Whole(0, 1_024), "Most parallel processes of an executor node."),
    fixed("max_pred_locks_per_transaction", Whole(10, MOST), "Most predicate locks of a transaction."),
    fixed("max_prepared_transactions", Whole(0, BACKENDS), "Most simultaneously prepared transactions.").is("0"),
    fixed("max_replication_slots", Whole(5, 8_388_607), "Most replication slots.").is("20"),
    dynamic("max_slot_wal_keep_size", Whole(-1, MOST), "(MB) Most WAL kept for replication slots."),
    dynamic("max_stack_depth", Whole(100, MOST), "(kB) The most depth of the stack.").is("6144"),
    dynamic("max_standby_streaming_delay", Whole(1_000, 30_000), "(ms) Most delay before cancelling queries.")
        .is("14000"),
    dynamic("max_sync_workers_per_subscription", Whole(0, BACKENDS), "Most synchronization workers."),
    fixed("max_wal_senders", Whole(5, 8_388_607), "Most simultaneously running WAL senders.").is("10"),
    fixed("max_worker_processes", Whole(0, BACKENDS), "Most concurrent worker processes.")
        .is("GREATEST({DBInstanceVCPU*2},8)"),
    dynamic("min_parallel_table_scan_size", Whole(0, 715_827_882), "(8kB) Table data before a parallel scan."),
    dynamic("orafce.nls_date_format", Text, "Emulates the date output of Oracle."),
    dynamic("parallel_leader_participation", Flag, "Controls whether the leader also executes plans."),
    dynamic("password_encryption", OneOf(&["md5", "scram-sha-256"]), "How passwords are encrypted.")
        .set_to("md5")
        .until(13),
    dynamic("password_encryption", OneOf(&["md5", "scram-sha-256"]), "How passwords are encrypted.")
        .set_to("scram-sha-256")
        .since(14),
    dynamic("pg_hint_plan.enable_hint", Flag, "Forces the planner to use plans in hint comments."),
    fixed("pg_stat_statements.max", Whole(100, MOST), "Most statements tracked."),
    dynamic("pg_stat_statements.save", Flag, "Saves statistics across server shutdowns."),
    dynamic("pg_stat_statements.track", OneOf(TRACKED), "Which statements are tracked."),
    dynamic("pg_stat_statements.track_utility", Flag, "Whether utility commands are tracked."),
    dynamic("pgaudit.log", SomeOf(AUDITED), "Which classes of statements session audit logging logs."),
    dynamic("pgaudit.log_catalog", Flag, "Logs sessions in which all relations are in pg_catalog."),
    dynamic("pgaudit.log_level", OneOf(LEVELS), "The log level of log entries."),
    dynamic("pgaudit.log_parameter", Flag, "Includes the parameters of statements."),
    dynamic("pgaudit.log_relation", Flag, "A log entry for each relation in a statement."),
    dynamic("pgaudit.log_statement_once", Flag, "Statement text with the first entry only."),
    dynamic("pgaudit.role", OneOf(&["rds_pgaudit"]), "The master role of object audit logging."),
    fixed("port", Whole(1, 65_535), "The TCP port that the server listens on.").set_to("{EndPointPort}").locked(),
    dynamic("quote_all_identifiers", Flag, "Adds quotes to all identifiers in SQL fragments."),
    dynamic("random_page_cost", Decimal(0.0, 1e308), "The cost of a page that is not fetched in sequence."),
    dynamic("rds.adaptive_autovacuum", Flag, "Adaptive autovacuum.").set_to("1"),
    fixed("rds.babelfish_status", OneOf(&["on", "off", "datatypesonly"]), "Babelfish for Aurora PostgreSQL.").is("off"),
    fixed("rds.custom_dns_resolution", Flag, "Resolves names through the customer's VPC.").is("0"),
    fixed("rds.enable_plan_management", Flag, "Enables the apg_plan_mgmt extension.").is("0"),
    dynamic("rds.extensions", Text, "The extensions that RDS provides.").locked(),
    dynamic("rds.force_admin_logging_level", OneOf(LEVELS), "Logs the actions of RDS's admin user."),
    dynamic("rds.force_autovacuum_logging_level", OneOf(LEVELS), "Logs autovacuum at this level.").is("warning"),
    dynamic("rds.force_ssl", Flag, "Force SSL connections.").set_to("0").until(16),
    dynamic("rds.force_ssl", Flag, "Force SSL connections.").set_to("1").since(17),
    fixed("rds.global_db_rpo", Whole(20, MOST), "(s) Most lag of a global database before commits wait."),
    dynamic("rds.log_retention_period", Whole(1_440, 10_080), "(min) Logs older than this are deleted.").is("4320"),
    fixed("rds.logical_replication", Flag, "Enables logical decoding.").is("0"),
    fixed("rds.pg_stat_ramdisk_size", Whole(0, MOST), "(MB) The size of the statistics ramdisk.").is("0").until(14),
    fixed("rds.rds_superuser_reserved_connections", Whole(0, 8_388_607), "Connections kept for rds_superuser.").is("2"),
    fixed("rds.restrict_password_commands", Flag, "Restricts who may change passwords.").is("0"),
    dynamic("search_path", Text, "The schema search order for names without a schema."),
    dynamic("seq_page_cost", Decimal(0.0, 1e308), "The cost of a page that is fetched in sequence."),
    dynamic("session_replication_role", OneOf(&["origin", "replica", "local"]), "What triggers and rules do."),
    fixed("shared_buffers", Whole(16, 1_073_741_823), "(8kB) The server's shared memory buffers.").is(MEMORY),
    fixed("shared_preload_libraries", SomeOf(LIBRARIES_TO_13), PRELOADED).is("pg_stat_statements").until(13),
    fixed("shared_preload_libraries", SomeOf(LIBRARIES), PRELOADED).is("pg_stat_statements").since(14).until(17),
    fixed("shared_preload_libraries", SomeOf(LIBRARIES_FROM_18), PRELOADED).is("pg_stat_statements").since(18),
    dynamic("ssl", Flag, "Enables SSL connections.").set_to("1"),
    dynamic("ssl_ciphers", Text, "The list of allowed TLS ciphers."),
    dynamic("ssl_max_protocol_version", OneOf(PROTOCOLS), "The highest SSL/TLS protocol version."),
    dynamic("ssl_min_protocol_version", OneOf(PROTOCOLS), "The lowest SSL/TLS protocol version.").is("TLSv1.2"),
    dynamic("standard_conforming_strings", Flag, "Treats backslashes literally in strings."),
    dynamic("statement_timeout", Whole(0, MOST), "(ms) Most duration of a statement."),
    fixed("superuser_reserved_connections", Whole(0, 8_388_607), "Connections kept for superusers.")
        .set_to("3")
        .locked(),
    dynamic("synchronous_commit", OneOf(&["local", "on", "off"]), "The current transaction's synchronization level.")
        .is("on"),
    dynamic("tcp_keepalives_count", Whole(0, MOST), "Most TCP keepalive retransmits."),
    dynamic("tcp_keepalives_idle", Whole(0, MOST), "(s) Time between issuing TCP keepalives."),
    dynamic("tcp_keepalives_interval", Whole(0, MOST), "(s) Time between TCP keepalive retransmits."),
    dynamic("temp_buffers", Whole(100, 1_073_741_823), "(8kB) Most temporary buffers of a session."),
    dynamic("timezone", Text, "The time zone for displaying and interpreting time stamps.").is("UTC"),
    dynamic("track_activities", Flag, "Collects information about executing commands."),
    fixed("track_activity_query_size", Whole(100, 1_048_576), "(B) Memory for the text of an active command.")
        .is("4096"),
    dynamic("track_counts", Flag, "Collects statistics on database activity."),
    dynamic("track_functions", OneOf(&["none", "pl", "all"]), "Collects statistics on function calls."),
    dynamic("track_io_timing", Flag, "Collects timing statistics on database input and output.").is("1"),
    dynamic("vacuum_cost_limit", Whole(1, 10_000), "Vacuum cost before napping."),
    dynamic("vacuum_failsafe_age", Whole(0, 2_100_000_000), "Age at which vacuum hurries.").is("1200000000").since(14),
    dynamic("vacuum_freeze_min_age", Whole(0, 1_000_000_000), "Least age at which rows are frozen."),
    dynamic("wal_receiver_timeout", Whole(0, 3_600_000), "(ms) Most time to wait for the primary.").is("30000"),
    dynamic("wal_sender_timeout", Whole(0, 3_600_000), "(ms) Most time to wait for replication."),
    dynamic("work_mem", Whole(64, MOST), "(kB) Memory for query workspaces."),
    dynamic("xmlbinary", OneOf(&["base64", "hex"]), "How binary values are encoded in XML."),
    dynamic("xmloption", OneOf(&["content", "document"]), "How XML data is parsed and serialized."),
];
