//! `saas outputs`: the outputs of an applied plan.

use std::path::PathBuf;

use clap::Args;
use saas_executor::{Intent, Options, Session};
use saas_model::identifier::TenantId;
use saas_model::{Address, Plan};

use super::{Format, connected};
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, read_plan};
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct OutputsArgs {
    /// The plan; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    /// Only the outputs of this tenant; may be repeated
    #[arg(long = "tenant", value_name = "ID")]
    tenants: Vec<TenantId>,
    /// The output format; `json` is one object, name to value
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: OutputsArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    args.tenants.iter().try_for_each(|id| plan.tenant(id.as_str()).map(drop))?;
    let progress = Progress::new(None)?;
    connected(&plan, &args.connect, async |options| outputs(&plan, &args, options, &progress).await)
}

async fn outputs(plan: &Plan, args: &OutputsArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let session = Session::open(plan, options, progress).await;
    let last = session.recognise().await?;
    let (observation, _) = session.status(Intent::Plan { deep: false }, &last).await?;
    let mut outputs = render::outputs::names(plan)?;
    outputs.extend(session.outputs(&observation)?);
    let is_asked = |name: &Address| name.tenant().is_some_and(|of| args.tenants.iter().any(|id| id.as_str() == of));
    outputs.retain(|name, _| args.tenants.is_empty() || is_asked(name));
    progress.print(&match args.format {
        Format::Text => render::outputs::text(&outputs),
        Format::Json => render::json(&outputs),
    })?;
    Ok(Exit::Done)
}
