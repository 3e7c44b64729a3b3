//! The results of probes, and the number of attempts.

use std::collections::BTreeSet;

use super::isolation::{TENANTS, migrated};
use super::stage::Stage;
use crate::postgres::ring::NEIGHBOURS;
use crate::postgres::{Attempt, Outcome, Probe, probe};

/// The number of attempts with the required outcome, tenant by tenant.
fn held(probes: &[Probe], attempt: Attempt) -> Vec<(&str, u64)> {
    let of = probes.iter().filter(|probe| probe.attempt == attempt);
    of.filter_map(|probe| match (&probe.tenant, &probe.outcome) {
        (Some(tenant), Outcome::Held { times }) => Some((tenant.as_str(), *times)),
        _ => None,
    })
    .collect()
}

#[tokio::test]
async fn probes_pass_and_leave_no_objects() {
    let stage = migrated().await;
    let before = stage.superuser("SELECT count(*), max(oid) FROM pg_class");
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    let bad: Vec<String> = probes.iter().filter(|probe| !probe.is_good()).map(ToString::to_string).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    let each = |times| TENANTS.map(|tenant| (tenant, times)).to_vec();
    for attempt in [
        Attempt::Login,
        Attempt::UseOwnSchema,
        Attempt::UseOwnTables,
        Attempt::CreateInOwnSchema,
        Attempt::CreateInPublic,
        Attempt::CreateSchema,
        Attempt::CreateTemporaryTable,
        Attempt::BecomeOwner,
        Attempt::BecomeAdmin,
        Attempt::Catalog,
    ] {
        assert_eq!(held(&probes, attempt), each(1), "{attempt}");
    }
    for attempt in [Attempt::HaveSchema, Attempt::HaveRole, Attempt::Reach, Attempt::Select, Attempt::Create] {
        assert_eq!(held(&probes, attempt), each(2), "{attempt}");
    }
    assert_eq!(held(&probes, Attempt::Become), each(4));
    let residuals: Vec<String> = probes.iter().filter(|probe| probe.is_residual()).map(ToString::to_string).collect();
    assert_eq!(
        residuals,
        [
            "all tenants: have the planned rights: residual risk: PUBLIC has CONNECT on database template1",
            "all tenants: have the planned rights: residual risk: PUBLIC has CONNECT, TEMPORARY on database postgres",
        ]
    );
    assert_eq!(stage.superuser("SELECT count(*), max(oid) FROM pg_class"), before);
}

#[tokio::test]
async fn probes_find_excessive_privileges() {
    let stage = migrated().await;
    stage.superuser(
        "GRANT USAGE, CREATE ON SCHEMA globex_inc TO t_acme_corp_app; GRANT CREATE ON SCHEMA public TO t_acme_corp_app;
         GRANT t_initech_llc_owner TO t_acme_corp_app; GRANT TEMPORARY, CREATE ON DATABASE saas TO t_acme_corp_app;
         ALTER ROLE t_globex_inc_app PASSWORD 'x'; REVOKE DELETE ON initech_llc.account FROM t_initech_llc_app",
    );
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    let broken: Vec<(&str, Attempt, Option<&str>)> = probes
        .iter()
        .filter(|probe| !probe.is_good() && probe.attempt != Attempt::Catalog)
        .map(|probe| (probe.tenant.as_deref().unwrap_or_default(), probe.attempt, probe.against.as_deref()))
        .collect();
    assert_eq!(
        broken,
        [
            ("acme-corp", Attempt::CreateInPublic, None),
            ("acme-corp", Attempt::CreateSchema, None),
            ("acme-corp", Attempt::CreateTemporaryTable, None),
            ("acme-corp", Attempt::HaveSchema, Some("globex-inc")),
            ("acme-corp", Attempt::HaveRole, Some("initech-llc")),
            // Refused, but only because the table does not exist.
            ("acme-corp", Attempt::Select, Some("globex-inc")),
            ("acme-corp", Attempt::Create, Some("globex-inc")),
            ("acme-corp", Attempt::Become, Some("initech-llc")),
            ("globex-inc", Attempt::Login, None),
            ("initech-llc", Attempt::UseOwnTables, None),
        ]
    );
    let in_catalog = |tenant: &str| {
        probes.iter().any(|probe| {
            !probe.is_good() && probe.attempt == Attempt::Catalog && probe.tenant.as_deref() == Some(tenant)
        })
    };
    assert!(in_catalog("acme-corp") && in_catalog("globex-inc") && in_catalog("initech-llc"));
    assert_eq!(stage.superuser("SELECT count(*) FROM pg_class WHERE relname = 'saas_probe'"), "0");
}

#[tokio::test]
async fn changed_tenant_is_probed_against_its_neighbours_and_they_against_it() {
    let stage = migrated().await;
    let changed = BTreeSet::from(["globex-inc".to_owned()]);
    let probes = probe(&stage.bench.cx(), Some(&changed)).await.expect("the administrator can look");
    assert!(probes.iter().all(Probe::is_good), "{probes:#?}");
    let [acme, globex, initech] = TENANTS;
    assert_eq!(held(&probes, Attempt::Login), [(acme, 1), (globex, 1), (initech, 1)]);
    for attempt in [Attempt::HaveSchema, Attempt::HaveRole, Attempt::Reach, Attempt::Select, Attempt::Create] {
        assert_eq!(held(&probes, attempt), [(acme, 1), (globex, 2), (initech, 1)], "{attempt}");
    }
    for attempt in [Attempt::UseOwnSchema, Attempt::CreateSchema, Attempt::BecomeAdmin, Attempt::Catalog] {
        assert_eq!(held(&probes, attempt), [(globex, 1)], "{attempt}");
    }
    stage.superuser("GRANT USAGE ON SCHEMA globex_inc TO t_acme_corp_app; GRANT t_initech_llc_app TO t_globex_inc_app");
    let probes = probe(&stage.bench.cx(), Some(&changed)).await.expect("the administrator can look");
    let broken = |tenant: &str, attempt, against: &str| {
        probes.iter().any(|probe| {
            !probe.is_good()
                && (probe.tenant.as_deref(), probe.attempt, probe.against.as_deref())
                    == (Some(tenant), attempt, Some(against))
        })
    };
    assert!(broken(acme, Attempt::Select, globex) && broken(globex, Attempt::Become, initech), "{probes:#?}");
}

#[tokio::test]
async fn probes_without_plpgsql_run_as_single_statements() {
    let stage = migrated().await;
    stage.superuser(
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; GRANT CREATE ON SCHEMA globex_inc TO t_acme_corp_app",
    );
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    assert_eq!(held(&probes, Attempt::Become), TENANTS.map(|tenant| (tenant, 4)));
    let let_in: Vec<(&str, Option<&str>)> = probes
        .iter()
        .filter(|probe| !probe.is_good() && probe.attempt == Attempt::Create)
        .map(|probe| (probe.tenant.as_deref().unwrap_or_default(), probe.against.as_deref()))
        .collect();
    assert_eq!(let_in, [("acme-corp", Some("globex-inc"))]);
}

#[tokio::test]
async fn used_up_connection_limit_is_reported_and_not_a_failed_probe() {
    let stage = Stage::with(&["acme-corp", "globex-inc"]).await;
    let stage = stage.replanned(&["acme-corp", "globex-inc"], &|tenant| tenant.connection_limit = 1).await;
    stage.make(&super::stage::address("acme-corp")).await;
    let _busy = stage.tenant("acme-corp").await;
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    let reported =
        probes.iter().find(|probe| probe.attempt == Attempt::Login && probe.is_residual()).expect("it is told");
    assert!(reported.to_string().contains("all of its 1 connections are in use"), "{reported}");
    assert_eq!(held(&probes, Attempt::HaveSchema), [("acme-corp", 1), ("globex-inc", 1)]);
    assert!(probes.iter().filter(|probe| probe.tenant.as_deref() == Some("acme-corp")).all(Probe::is_good));
}

#[tokio::test]
async fn catalog_covers_all_pairs_and_attempts_are_against_neighbours() {
    const COUNT: u64 = 52;
    let neighbours = u64::try_from(NEIGHBOURS).expect("it is small");
    let ids: Vec<String> = (10..10 + COUNT).map(|number| format!("tenant-{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let stage = Stage::empty(&ids).await;
    stage.make("database/access").await;
    let cx = stage.bench.cx();
    for id in &ids {
        let node = stage.bench.node(&super::stage::address(id));
        crate::provider::create(&cx, node).await.expect("it can be made");
    }
    let probes = probe(&cx, None).await.expect("the administrator can look");
    assert!(probes.iter().all(Probe::is_good), "{probes:#?}");
    let times = [
        (Attempt::Login, 1),
        (Attempt::HaveSchema, COUNT - 1),
        (Attempt::HaveRole, COUNT - 1),
        (Attempt::Reach, COUNT - 1),
        (Attempt::Select, neighbours),
        (Attempt::Create, neighbours),
        (Attempt::Become, 2 * neighbours),
    ];
    for (attempt, times) in times {
        let expected: Vec<(&str, u64)> = ids.iter().map(|id| (*id, times)).collect();
        assert_eq!(held(&probes, attempt), expected, "{attempt}");
    }

    // A new tenant: it and those that attempt against it log in, and no other.
    let changed = BTreeSet::from(["tenant-30".to_owned()]);
    let probes = probe(&cx, Some(&changed)).await.expect("the administrator can look");
    assert!(probes.iter().all(Probe::is_good), "{probes:#?}");
    let logged_in: Vec<&str> = held(&probes, Attempt::Login).into_iter().map(|(tenant, _)| tenant).collect();
    assert_eq!(logged_in, ids[20 - NEIGHBOURS..=20]);
    let selects: u64 = held(&probes, Attempt::Select).into_iter().map(|(_, times)| times).sum();
    assert_eq!(selects, 2 * neighbours);
    let in_catalog: u64 = held(&probes, Attempt::HaveSchema).into_iter().map(|(_, times)| times).sum();
    assert_eq!(in_catalog, 2 * (COUNT - 1), "it against all others, and all others against it");

    // Where the catalog shows a way between tenants that are no neighbours, it is really attempted.
    stage.superuser("GRANT CREATE, USAGE ON SCHEMA tenant_30 TO t_tenant_50_app");
    let probes = probe(&cx, Some(&changed)).await.expect("the administrator can look");
    let open: Vec<(&str, Attempt, &str)> = probes
        .iter()
        .filter(|probe| !probe.is_good())
        .filter_map(|probe| Some((probe.tenant.as_deref()?, probe.attempt, probe.against.as_deref()?)))
        .collect();
    let way = [Attempt::HaveSchema, Attempt::Select, Attempt::Create].map(|it| ("tenant-50", it, "tenant-30"));
    assert_eq!(open, way);
}
