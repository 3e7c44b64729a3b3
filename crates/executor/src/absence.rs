//! What a listing does not say.
//!
//! A listing may be late: it lacks what is new, and has what was deleted. `ListSecrets` says of itself
//! that it "might not reflect changes from the last five minutes"; all of AWS is eventually consistent
//! to some degree. Source: Secrets Manager API, `ListSecrets`; EC2 API, "Eventual consistency".
//!
//! So absence from a listing is not absence. What contradicts the rest is asked for by its name: a
//! planned resource that is not listed while others of its tenant are there, and a secret that is
//! listed while nothing else is, or though it is not planned. Where nothing contradicts, nothing is
//! asked: a first apply of many tenants makes no call for any of them.
//!
//! That something is listed is not presence, either. Everything but secrets is shown within half a
//! minute, which whoever changes a platform waits for (see [`crate::lease`]).

use std::collections::BTreeSet;

use saas_model::resource::{DbCluster, Kind, ReferenceTarget, ResourceSpec, Secret};
use saas_model::{Address, Node};

use crate::compare::Intent;
use crate::context::Cx;
use crate::error::{Error, Result};
use crate::live::{Found, Identity};
use crate::manage;
use crate::postgres::{PostgresError, is_wrong_password};
use crate::provenance::{has_planned_name, is_made_once};

/// Looks by name for what the listing of a kind should have shown, and for what it may show though it
/// is gone.
pub(crate) async fn ask(cx: &Cx<'_>, kind: Kind, intent: Intent) -> Result<()> {
    let mut doubtful: Vec<&Node> = Vec::new();
    let tenants = cx.live.tenants_beside(kind);
    for node in cx.plan.nodes().iter().filter(|node| node.kind() == kind && cx.scope.looks_at(&node.address)) {
        let beside = tenants.contains(&node.address.tenant().map(str::to_owned));
        let doubt = match cx.live.get(&node.address) {
            // Whoever says that nothing is left has asked for what is listed latest of all.
            None => beside || kind == Kind::Secret && intent == Intent::Nothing,
            // What is proved is proved of secrets as they are now.
            Some(_) => kind == Kind::Secret && (!beside || intent == Intent::Plan { deep: true }),
        };
        if doubt {
            doubtful.push(node);
        }
    }
    look(cx, kind, &doubtful).await
}

/// Asks once more for secrets whose value is another than what was given it is bound to: the listing
/// may show a version from before that was done.
pub(crate) async fn ask_for_versions(cx: &Cx<'_>) -> Result<()> {
    let mut secrets: BTreeSet<&Address> = BTreeSet::new();
    for node in cx.plan.nodes() {
        let Some(found) = cx.live.get(&node.address) else { continue };
        if found.bound.is_none() || found.bound == cx.bound(node).ok() {
            continue;
        }
        node.resource.references(&mut |reference| {
            if reference.target == ReferenceTarget::Kind(Kind::Secret) {
                secrets.insert(reference.address);
            }
        });
    }
    let nodes: Vec<&Node> = secrets.into_iter().filter_map(|address| cx.plan.node(address)).collect();
    look(cx, Kind::Secret, &nodes).await
}

/// Looks for the secrets and log groups of tenants that are there and not planned any more: a secret
/// that is not listed yet would outlive its tenant, one that is listed though it is gone would be said
/// to be lost, and a log group whose name is of another scope than the planned ones is in no listing.
pub(crate) async fn ask_for_leavers(cx: &Cx<'_>) -> Result<()> {
    for listed in cx.live.of_kind(Kind::Secret).iter().filter(|listed| cx.plan.node(&listed.address).is_none()) {
        if !crate::kinds::secret_is_there(cx, &listed.identity.id).await? {
            cx.live.forget(&listed.address);
        }
    }
    let planned: BTreeSet<&str> = cx.plan.nodes().iter().filter_map(|node| node.address.tenant()).collect();
    let live = cx.live.all();
    let with = |kind: Option<Kind>| -> BTreeSet<&str> {
        let of_kind = live.iter().filter(|found| kind.is_none_or(|kind| found.kind == kind));
        of_kind.filter_map(|found| found.address.tenant()).collect()
    };
    let (leaving, with_secret, with_logs) = (with(None), with(Some(Kind::Secret)), with(Some(Kind::LogGroup)));
    for &tenant in leaving.difference(&planned) {
        let mut found = Vec::new();
        if !with_secret.contains(tenant) {
            found.extend(crate::kinds::secret_of_tenant(cx, tenant).await?);
        }
        if !with_logs.contains(tenant) {
            found.extend(crate::kinds::log_group_of_tenant(cx, tenant).await?);
        }
        cx.live.observed(cx.plan, found);
    }
    Ok(())
}

/// What is planned, has no name to ask for, and is not listed while others of its tenant are.
pub(crate) fn without_a_name(cx: &Cx<'_>) -> Vec<Address> {
    let unnamed = |node: &&Node| {
        is_made_once(node.kind())
            || matches!(node.kind(), Kind::SecurityGroupRule | Kind::Listener | Kind::ListenerRule)
    };
    let live = cx.live.all();
    let tenants: BTreeSet<Option<&str>> = live.iter().map(|found| found.address.tenant()).collect();
    let missing = |node: &&Node| {
        cx.live.get(&node.address).is_none() && tenants.contains(&node.address.tenant()) && !cx.live.is_bare()
    };
    cx.plan.nodes().iter().filter(unnamed).filter(missing).map(|node| node.address.clone()).collect()
}

async fn look(cx: &Cx<'_>, kind: Kind, nodes: &[&Node]) -> Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    let found = manage::ask(kind, cx, nodes).await?;
    if kind == Secret::KIND {
        let there: BTreeSet<&Address> = found.iter().map(|found: &Found| &found.address).collect();
        // One of another name was not asked for.
        let asked_for = |node: &&&Node| cx.live.get(&node.address).is_none_or(|found| has_planned_name(&found, node));
        for node in nodes.iter().filter(|node| !there.contains(&node.address)).filter(asked_for) {
            cx.live.forget(&node.address);
        }
    }
    cx.live.observed(cx.plan, found);
    Ok(())
}

/// Whether the administrator cannot log in to PostgreSQL: its password is not taken, or its secret is
/// gone.
pub(crate) fn is_without_password(error: &Error) -> bool {
    is_wrong_password(error) || matches!(error, Error::NotLive(_))
}

/// Whether PostgreSQL is out of reach, and its port is another than planned: nothing lets anybody in
/// there.
pub(crate) fn is_at_another_port(cx: &Cx<'_>, error: &Error) -> bool {
    let moved = |found: &Found| {
        let planned = cx.plan.node(&found.address).and_then(|node| DbCluster::of(&node.resource));
        let live = found.seen.as_ref().and_then(DbCluster::of);
        planned.zip(live).is_some_and(|(planned, live)| planned.port != live.port)
    };
    matches!(error, Error::Postgres(PostgresError::Unreachable { .. }))
        && cx.live.of_kind(Kind::DbCluster).iter().any(moved)
}

/// Where the administrator cannot log in, the cluster is given the password again, and what is in the
/// database is taken for what is planned: once the administrator can log in, the next apply looks.
pub(crate) fn take_as_planned(cx: &Cx<'_>, kind: Kind, error: &Error) {
    let clusters = cx.live.of_kind(Kind::DbCluster).into_iter();
    for cluster in clusters.filter(|cluster| is_wrong_password(error) && cluster.beyond.is_empty()) {
        if let Some(planned) = cx.plan.node(&cluster.address).and_then(|node| DbCluster::of(&node.resource)) {
            let secret = planned.admin_password.address().as_str();
            cx.live.insert(cluster.differs("admin_password", "another than in the secret", secret));
        }
    }
    for node in cx.plan.nodes().iter().filter(|node| node.kind() == kind) {
        cx.live.insert(Found {
            digest: Some(node.digest),
            bound: cx.bound(node).ok(),
            seen: Some(node.resource.clone()),
            ..Found::bare(kind, node.address.clone(), Identity::of_id(node.address.as_str()))
        });
    }
}

#[cfg(test)]
mod tests {
    use saas_model::resource::LogGroup;
    use saas_model::{Address, Kind, Resource};
    use wiremock::matchers::header;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::live::Identity;
    use crate::testing::Bench;

    const PASSWORD: &str = "tenant/acme-corp/password";

    async fn bench(server: &MockServer) -> Bench {
        let secret = Secret {
            name: "rds/tenant/acme-corp/password".parse().expect("valid"),
            description: "password".into(),
            rotation: false,
        };
        let group = LogGroup { name: "/ecs/tenant/acme-corp".parse().expect("valid"), retention_days: 30 };
        let nodes: Vec<(&str, Resource)> =
            vec![(PASSWORD, secret.into()), ("tenant/acme-corp/log-group", group.into())];
        let bench = Bench::new(&server.uri(), nodes).await;
        let gone = r#"{"__type":"ResourceNotFoundException","message":"Secrets Manager can't find the secret."}"#;
        Mock::given(header("x-amz-target", "secretsmanager.DescribeSecret"))
            .respond_with(ResponseTemplate::new(400).set_body_string(gone))
            .mount(server)
            .await;
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/acme-corp/password-AbCdEf";
        bench.assume(PASSWORD, Identity::of_arn(arn));
        bench
    }

    async fn asked(bench: &Bench, server: &MockServer, intent: Intent) -> (usize, bool) {
        ask(&bench.cx(), Kind::Secret, intent).await.expect("Secrets Manager answers");
        let requests = server.received_requests().await.expect("requests are recorded").len();
        (requests, bench.live.get(&Address::literal(PASSWORD)).is_some())
    }

    #[tokio::test]
    async fn a_secret_that_is_listed_beside_nothing_else_may_be_gone() {
        let server = MockServer::start().await;
        let bench = bench(&server).await;
        assert_eq!(asked(&bench, &server, Intent::Nothing).await, (1, false));
    }

    #[tokio::test]
    async fn a_listed_secret_is_trusted_beside_others_and_proved_only_by_asking() {
        let server = MockServer::start().await;
        let bench = bench(&server).await;
        bench.assume("tenant/acme-corp/log-group", Identity::of_id("/ecs/tenant/acme-corp"));
        assert_eq!(asked(&bench, &server, Intent::Plan { deep: false }).await, (0, true));
        assert_eq!(asked(&bench, &server, Intent::Plan { deep: true }).await, (1, false));
    }
}
