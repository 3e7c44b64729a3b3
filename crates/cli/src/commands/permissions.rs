//! `saas permissions`: the least IAM policies with which a plan can be applied, or only read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use saas_executor::{PossibleCall, possible_calls};
use saas_permissions::{Access, Boundary, DeclaredCall, GitHub, Purpose, permissions};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::read_plan;
use crate::print::{Results, note};

#[derive(Clone, Debug, Args)]
pub(crate) struct PermissionsArgs {
    /// The plan file
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t = PermissionsFormat::Json)]
    format: PermissionsFormat,
    /// Only what reading needs: `status`, `verify`, `outputs` and `history`
    #[arg(long)]
    read_only: bool,
    /// Also the role, assumed by workflows of this repository on GitHub; fewer with `:ENVIRONMENT` or
    /// `:refs/heads/BRANCH`
    #[arg(long, value_name = "OWNER/REPO[:WHERE]")]
    github: Option<GitHub>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PermissionsFormat {
    /// All documents in one object
    Json,
    /// Resources of the AWS provider
    Terraform,
    /// A template
    Cloudformation,
}

pub(crate) fn run(args: PermissionsArgs) -> Result<Exit, Failure> {
    let PermissionsArgs { plan, format, read_only, github } = args;
    let plan = read_plan(&plan)?;
    let calls: Vec<DeclaredCall> = possible_calls().map(declared).collect();
    let access = if read_only { Access::ReadOnly } else { Access::Apply };
    let permissions = permissions(&plan, &calls, access, github.as_ref());
    if let Some(Boundary { arn, is_planned: false, .. }) = &permissions.boundary {
        note(&format!(
            "warning: the plan gives its roles no permissions boundary, so the provisioner can create a role that may \
             do everything\n  create the boundary of this output, and set `permissions_boundary = \"{arn}\"` in \
             [platform]\n"
        ));
    }
    if github.is_some_and(|github| github.is_every_run()) && !read_only {
        note(
            "warning: every workflow of the repository can assume the role, on any branch\n  add `:ENVIRONMENT` or \
             `:refs/heads/BRANCH` to --github\n",
        );
    }
    Results::Stdout.print(&match format {
        PermissionsFormat::Json => saas_permissions::render::json(&permissions),
        PermissionsFormat::Terraform => saas_permissions::render::terraform(&permissions),
        PermissionsFormat::Cloudformation => saas_permissions::render::cloudformation(&permissions),
    })?;
    Ok(Exit::Done)
}

fn declared(possible: PossibleCall) -> DeclaredCall {
    let PossibleCall { kind, call, applies } = possible;
    DeclaredCall { kind, call, purpose: if applies { Purpose::Write } else { Purpose::Read } }
}
