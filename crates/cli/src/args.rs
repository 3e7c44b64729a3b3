//! The command line: every command with its flags. Their names are stable.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::global::GlobalArgs;
use crate::version::version;

/// Provisions multi-tenant SaaS infrastructure on AWS from a short tenant spec.
#[derive(Debug, Parser)]
#[command(name = "saas", version = version(), arg_required_else_help = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  an apply or a verification failed, a merge has conflicts, or a resource outside of the plan
     exposes the platform
  2  the input is wrong: usage, spec, lock, plan or certificate, or a written plan that is not
     proven to isolate tenants
  3  there are changes (status, plan --check, diff --exit-code)
  4  refused: wrong account, Region or caller; another platform; a plan to apply that is not proven
     to isolate tenants; a missing or different approval; data loss or deletion protection without
     the flag; a blocked change; a change that no live platform can make; an older plan; a lease or
     sandbox that another run uses; names in use by others; a sandbox open to other machines; a
     spec that init would overwrite";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first spec from flags, or from a few questions at a terminal
    Init(commands::init::InitArgs),
    /// Compute the plan from the spec and the lock
    Plan(commands::plan::PlanArgs),
    /// Show a plan or a receipt
    Show(commands::show::ShowArgs),
    /// Show the differences between two plans
    Diff(commands::diff::DiffArgs),
    /// Prove from a plan that no tenant can access another's data; exit 2 if that cannot be proven
    Prove(commands::prove::ProveArgs),
    /// Apply a plan to a sandbox and show every call, without credentials
    #[cfg(feature = "sandbox")]
    Rehearse(commands::rehearse::RehearseArgs),
    /// Show what a change means on one page: for people, access, cost and time, and how to approve it
    Review(commands::review::ReviewArgs),
    /// Show the changes that apply would make; exit 3 if there are any
    Status(commands::status::StatusArgs),
    /// Make AWS and PostgreSQL equal to a plan, and verify the result
    Apply(commands::apply::ApplyArgs),
    /// Verify that live resources equal a plan field by field, and that tenants are isolated
    Verify(commands::verify::VerifyArgs),
    /// Show the outputs of an applied plan
    Outputs(commands::outputs::OutputsArgs),
    /// Delete all resources of a platform
    Destroy(commands::destroy::DestroyArgs),
    /// List the receipts of a platform: what was applied, when and by whom
    History(commands::history::HistoryArgs),
    /// Print the least IAM policies with which a plan can be applied, or only read
    Permissions(commands::permissions::PermissionsArgs),
    /// Show the lease of a platform, or break the lease of a run that was killed
    Lease(commands::lease::LeaseArgs),
    /// Serve a sandbox and its PostgreSQL on loopback for other AWS clients
    #[cfg(feature = "sandbox")]
    Sandbox(commands::sandbox::SandboxArgs),
    /// Print the JSON Schema of the spec, for editors
    Schema(commands::schema::SchemaArgs),
    /// Print the completion script of a shell
    Completions(commands::completions::CompletionsArgs),
    /// Write the manual pages, one per command
    Man(commands::man::ManArgs),
    /// Merge the specs or locks of two branches, as a merge driver of Git; exit 1 if there are conflicts
    MergeDriver(commands::merge_driver::MergeDriverArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    #[cfg(feature = "sandbox")]
    use clap::error::ErrorKind;

    use super::*;

    /// Each row is an exit code and its meaning; the help omits the Markdown markup.
    #[test]
    fn help_lists_the_exit_codes_of_the_readme() {
        let readme = include_str!("../../../README.md");
        let (_, table) = readme.split_once("| exit code | meaning |\n|---|---|\n").expect("the table is in the README");
        let rows = table.lines().map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
        let written: Vec<String> = rows.map(|(code, meaning)| format!("{code} {}", meaning.replace('`', ""))).collect();
        assert_eq!(written.len(), 5);
        let words: Vec<&str> = EXIT_CODES.split_whitespace().collect();
        assert_eq!(words.join(" "), format!("Exit codes: {}", written.join(" ")));
    }

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn documented_command_lines_parse() {
        let connect = "--endpoint-url http://127.0.0.1:1 --database-hostaddr 127.0.0.1:2 --database-tls disable \
                       --database-ca ca.pem --skip-preflight caller --skip-preflight engine-version";
        let digest = "ab".repeat(32);
        for line in [
            "plan".to_owned(),
            "init --name shop --account 123456789012 --region us-east-1 --domain a.example --tenant acme --tenant globex"
                .to_owned(),
            "schema".to_owned(),
            "plan --spec a.toml --out b.msgpack --check".to_owned(),
            "show p --format json".to_owned(),
            "show p tenant/acme/bucket --color always".to_owned(),
            "status --quiet".to_owned(),
            "--verbose verify".to_owned(),
            "review --from main:plan.msgpack".to_owned(),
            "plan --format json".to_owned(),
            "diff a b --format markdown --exit-code".to_owned(),
            "prove p --format markdown --certificate c".to_owned(),
            "rehearse p --from q --format json --sandbox-postgres embedded".to_owned(),
            "review p --from q --format markdown --prices f --sandbox-postgres embedded".to_owned(),
            "review p --no-rehearsal --format json".to_owned(),
            "review p --format html --receipt r".to_owned(),
            format!("status p --deep --format markdown {connect}"),
            format!(
                "apply p --yes --approve {digest} --allow-data-loss tenant/a --allow-data-loss b --events - --receipt r {connect}"
            ),
            format!("verify p --format json {connect}"),
            "verify p --sandbox".to_owned(),
            "apply p --yes --sandbox=DIR --sandbox-postgres embedded --skip-preflight caller".to_owned(),
            format!("outputs p --format text {connect}"),
            format!("destroy p --yes --approve {digest} --allow-data-loss tenant/a=b --receipt r {connect}"),
            "destroy p --yes --disable-deletion-protection --wait".to_owned(),
            "apply p --yes --rollback --wait=1h30m".to_owned(),
            "apply --wait p --skip-preflight names --skip-preflight zones --skip-preflight database-route".to_owned(),
            format!("history p --limit 5 --format json {connect}"),
            format!("lease show p --format json {connect}"),
            format!("lease break p --yes {connect}"),
            "sandbox --listen 127.0.0.1:0 --dir d --pace realistic --region eu-west-1 --format json".to_owned(),
            "sandbox --plan p --listen 0.0.0.0:4566 --allow-remote --sandbox-postgres system".to_owned(),
            "completions fish".to_owned(),
            "man share/man/man1".to_owned(),
            "merge-driver spec o a b --path saas.toml --marker-size 7".to_owned(),
            "merge-driver lock o a b".to_owned(),
        ] {
            let words = std::iter::once("saas").chain(line.split_whitespace());
            if let Err(error) = Arguments::try_parse_from(words) {
                panic!("{line}: {error}");
            }
        }
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn malformed_values_are_rejected() {
        for line in [
            "apply p --approve abcd",
            "apply p --allow-data-loss Tenant/A",
            "apply p --skip-preflight all",
            "verify p --database-tls prefer",
            "verify p --endpoint-url 127.0.0.1:1",
            "verify p --database-hostaddr 127.0.0.1",
            "apply p --wait=90",
            "verify p --sandbox --sandbox-postgres other",
            "show p --format markdown",
            "sandbox --listen 4566",
            "sandbox --pace slow",
            "sandbox --region nowhere!",
        ] {
            let words = std::iter::once("saas").chain(line.split_whitespace());
            let error = Arguments::try_parse_from(words).expect_err(line);
            assert!(matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue), "{line}: {error}");
        }
    }
}
