//! Why the database may be unreachable, as far as the observed state explains it. A client learns only that
//! there is no answer.

use itertools::Itertools as _;
use saas_model::resource::{DbCluster, Direction, ResourceSpec, SecurityGroupRule};
use saas_model::{Kind, Node};

use crate::context::Context;
use crate::error::Error;
use crate::postgres::PostgresError;
use crate::state::incomplete::Incomplete;

/// Whether PostgreSQL is unreachable and a difference from the plan keeps its clients out. Then an apply
/// that corrects the difference need not read the database first.
pub(crate) fn is_closed(cx: &Context<'_>, error: &Error) -> bool {
    matches!(error, Error::Postgres(PostgresError::Unreachable { .. })) && !not_as_planned(cx).is_empty()
}

/// Adds the known reasons to an error of an unreachable database.
pub(crate) fn explained(cx: &Context<'_>, error: Error) -> Error {
    match error {
        Error::Postgres(PostgresError::Unreachable { at, reason }) => {
            let known = [not_as_planned(cx), passing(cx)].concat();
            let reason = [vec![reason], known].concat().join("; ");
            PostgresError::Unreachable { at, reason }.into()
        }
        other => other,
    }
}

/// The differences from the plan that keep clients out of the database, in words.
pub(crate) fn not_as_planned(cx: &Context<'_>) -> Vec<String> {
    let clusters = cx.plan.nodes().iter().filter_map(|node| Some((node, DbCluster::of(&node.resource)?)));
    clusters.flat_map(|(node, planned)| [of_cluster(cx, node, planned), of_rules(cx, planned)].concat()).collect()
}

fn of_cluster(cx: &Context<'_>, node: &Node, planned: &DbCluster) -> Vec<String> {
    let found = cx.live.get(&node.address);
    let Some(live) = found.as_ref().and_then(|found| found.fields.as_ref()).and_then(DbCluster::of) else {
        return Vec::new();
    };
    let address = &node.address;
    let port = (live.port != planned.port)
        .then(|| format!("the port of `{address}` is {}, but the plan's is {}", live.port, planned.port));
    let groups = (live.security_groups != planned.security_groups).then(|| {
        let list = |cluster: &DbCluster| {
            cluster.security_groups.iter().map(|group| format!("`{}`", group.address())).join(", ")
        };
        format!("the security groups of `{address}` are {}, but the plan's are {}", list(live), list(planned))
    });
    port.into_iter().chain(groups).collect()
}

/// The ingress rules of the database that are missing or differ from the plan.
fn of_rules(cx: &Context<'_>, cluster: &DbCluster) -> Vec<String> {
    let lets_in = |rule: &SecurityGroupRule| {
        rule.direction == Direction::Ingress && cluster.security_groups.contains(&rule.group)
    };
    let rules = cx.plan.nodes().iter().filter_map(|node| Some((node, SecurityGroupRule::of(&node.resource)?)));
    let explanation = rules.filter(|(_, rule)| lets_in(rule)).filter_map(|(node, rule)| {
        let found = cx.live.get(&node.address);
        match found.as_ref().map(|found| found.fields.as_ref().and_then(SecurityGroupRule::of)) {
            None => Some(format!("the rule `{}`, which admits its clients, does not exist", node.address)),
            Some(Some(live)) if (live.port, &live.peer) != (rule.port, &rule.peer) => {
                Some(format!("the rule `{}`, which admits its clients, differs from the plan", node.address))
            }
            Some(_) => None,
        }
    });
    explanation.collect()
}

/// The transient states of the instances, in words.
fn passing(cx: &Context<'_>) -> Vec<String> {
    let instances = cx.live.of_kind(Kind::DbInstance).into_iter();
    let explanation = instances.filter_map(|found| match found.incomplete {
        Some(Incomplete::NotReady { state }) => Some(format!("the status of `{}` is `{state}`", found.identity.id)),
        Some(Incomplete::Deleting) => Some(format!("RDS is deleting `{}`", found.identity.id)),
        _ => None,
    });
    explanation.collect()
}

#[cfg(test)]
mod tests {
    use saas_model::resource::{Peer, SecurityGroup, Vpc};
    use saas_model::{Address, Ref, Resource};

    use super::*;
    use crate::state::observed::{Identity, ObservedResource};
    use crate::testing::database::{self, CLUSTER, WRITER};
    use crate::testing::{Bench, cluster_in};

    const GROUP: &str = "database/security-group";
    const RULE: &str = "database/from-clients";

    async fn bench() -> Bench {
        let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
        let group = SecurityGroup {
            vpc: Ref::to(Address::literal("network/vpc")),
            name: "saas-platform-db".parse().expect("valid"),
            description: "d".into(),
        };
        let rule = SecurityGroupRule {
            group: Ref::to(Address::literal(GROUP)),
            direction: Direction::Ingress,
            port: 5432,
            peer: Peer::Cidr("10.0.0.0/16".parse().expect("valid")),
            description: "d".into(),
        };
        let nodes: Vec<(&str, Resource)> =
            vec![("network/vpc", vpc.into()), (GROUP, group.into()), (RULE, rule.into())];
        let cluster = cluster_in(GROUP);
        let others = database::nodes().into_iter().filter(|(address, _)| *address != CLUSTER);
        Bench::new("http://127.0.0.1:9", others.chain([(CLUSTER, cluster.into())]).chain(nodes).collect()).await
    }

    /// A live resource at an address, as planned.
    fn live(bench: &Bench, address: &str) -> ObservedResource {
        let node = bench.node(address);
        let found =
            ObservedResource::at(node.kind(), node.address.clone(), Identity::of_id(address), bench.plan.tags(node));
        found.with_fields(node.resource.clone())
    }

    fn explanation(bench: &Bench) -> String {
        let error = PostgresError::Unreachable { at: "db:5432".into(), reason: "no answer in 10 s".into() };
        explained(&bench.cx(), error.into()).to_string()
    }

    #[tokio::test]
    async fn unreachable_database_error_is_explained_by_the_state_in_aws() {
        let bench = bench().await;
        for address in [CLUSTER, GROUP, RULE, WRITER] {
            bench.live.insert(live(&bench, address));
        }
        assert_eq!(explanation(&bench), "cannot reach PostgreSQL at db:5432: no answer in 10 s");
        let error = || Error::from(PostgresError::Unreachable { at: String::new(), reason: String::new() });
        assert!(!is_closed(&bench.cx(), &error()));

        let rebooting = Incomplete::NotReady { state: "rebooting".into() };
        bench.live.insert(live(&bench, WRITER).because(rebooting));
        assert!(
            explanation(&bench).contains("the status of `database/writer` is `rebooting`"),
            "{}",
            explanation(&bench)
        );
        assert!(!is_closed(&bench.cx(), &error()), "no apply changes that");

        let Some(planned) = DbCluster::of(&bench.node(CLUSTER).resource).cloned() else { panic!("it is a cluster") };
        bench.live.insert(live(&bench, CLUSTER).with_fields(DbCluster { port: 5433, ..planned }));
        bench.live.forget(&Address::literal(RULE));
        let text = explanation(&bench);
        assert!(text.contains("the port of `database/cluster` is 5433, but the plan's is 5432"), "{text}");
        assert!(text.contains("the rule `database/from-clients`, which admits its clients, does not exist"), "{text}");
        assert!(is_closed(&bench.cx(), &error()));
    }
}
