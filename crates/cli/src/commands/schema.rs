//! `saas schema`: the JSON Schema of the spec.

use clap::Args;
use saas_model::Spec;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::print::Results;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct SchemaArgs {}

pub(crate) fn run(SchemaArgs {}: SchemaArgs) -> Result<Exit, Failure> {
    Results::Stdout.print(&render::json(&Spec::json_schema()))?;
    Ok(Exit::Done)
}
