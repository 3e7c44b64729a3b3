//! Lists what is live, kind by kind.

use std::collections::BTreeSet;

use futures::future::join_all;
use saas_model::{Address, Kind};

use crate::apply::intent::Intent;
use crate::apply::order::listing_stages;
use crate::apply::scope::Scope;
use crate::context::Context;
use crate::error::{Error, Result, chain};
use crate::login::stopped;
use crate::observation::Observation;
use crate::platform::Platform;
use crate::provider;
use crate::session_error::SessionError;
use crate::state::absence;
use crate::state::duplicates::mark_used;
use crate::state::external_values;
use crate::state::observed::{ObservedResource, ObservedState};
use crate::state::out_of_reach;

/// Lists the live resources within a scope. `in_flight` are the resources that an earlier run may have been
/// creating.
///
/// When everything is to be destroyed, PostgreSQL need not answer: its contents are deleted with the cluster.
///
/// # Errors
/// The kinds that cannot be listed, one error for each.
pub(crate) async fn observe(
    platform: &Platform<'_>,
    intent: Intent,
    scope: &Scope,
    in_flight: BTreeSet<Address>,
) -> Result<Observation, SessionError> {
    let observation = Observation { live: ObservedState::after(in_flight), ..Observation::default() };
    let cx = Context { scope, ..platform.cx(&observation) };
    if intent != Intent::Nothing {
        observation.live.know_external(external_values::describe(&cx).await.map_err(SessionError::observe)?);
    }
    for kinds in listing_stages() {
        let cx = Context { scope, ..platform.cx(&observation) };
        if intent != Intent::Nothing && kinds.iter().any(|kind| is_in_postgres(*kind)) {
            all(stopped(&cx))?;
        }
        let found = join_all(kinds.iter().map(|&kind| list(&cx, kind))).await;
        let mut errors = Vec::new();
        for (&kind, found) in kinds.iter().zip(found) {
            match found {
                Ok(found) => observation.live.observed(platform.plan, found),
                Err(error) if intent == Intent::Nothing && is_in_postgres(kind) => platform.warn(format!(
                    "{kind}: PostgreSQL cannot be reached, so its contents are not listed: {}",
                    chain(&error)
                )),
                Err(error)
                    if is_in_postgres(kind)
                        && (absence::is_without_password(&error) || out_of_reach::is_closed(&cx, &error)) =>
                {
                    absence::assume_as_planned(&cx, kind, &error);
                }
                Err(error) => errors.push(out_of_reach::explained(&cx, error)),
            }
        }
        all(errors)?;
        let asked = join_all(kinds.iter().map(|&kind| absence::describe_doubtful(&cx, kind, intent))).await;
        all(asked.into_iter().filter_map(Result::err).collect())?;
    }
    let cx = Context { scope, ..platform.cx(&observation) };
    absence::describe_changed_versions(&cx).await.map_err(SessionError::observe)?;
    absence::describe_unlisted_of_removed_tenants(&cx).await.map_err(SessionError::observe)?;
    Ok(observation)
}

/// Fails with all of these errors, if there are any.
fn all(errors: Vec<Error>) -> Result<(), SessionError> {
    if errors.is_empty() { Ok(()) } else { Err(SessionError::Observe(errors)) }
}

/// Lists the resources of a kind. Where several carry the tags of one address, it selects the one in use.
async fn list(cx: &Context<'_>, kind: Kind) -> Result<Vec<ObservedResource>> {
    let mut found = provider::list(kind, cx).await?;
    mark_used(cx, kind, &mut found).await?;
    Ok(found)
}

fn is_in_postgres(kind: Kind) -> bool {
    provider::declaration(kind).is_in_postgres()
}
