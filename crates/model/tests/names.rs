//! For every valid platform and tenant, AWS and PostgreSQL accept the derived names.

use proptest::prelude::*;
use saas_model::identifier::{PlatformName, ServiceName, TenantId};
use saas_model::names::{NameScope, Names, is_bucket_suffix};

/// Words that services reserve as prefix or suffix, among others.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9]{0,9}",
        "[a-z0-9]{1,9}",
        prop::sample::select(vec![
            "internal", "sg", "xn", "sthree", "amzn", "s3", "demo", "s3alias", "ol", "aws", "pg", "rds"
        ])
        .prop_map(str::to_owned),
    ]
}

fn identifier() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..4).prop_map(|words| words.join("-"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn derived_names_are_valid(platform in identifier(), tenant in identifier(), suffix in identifier(), shard in 0..100_000_u32, service in "[a-z][a-z0-9]{0,11}(-[a-z0-9]{1,11})?") {
        let (Ok(platform), Ok(id)) = (PlatformName::new(platform), TenantId::new(tenant)) else {
            return Err(TestCaseError::reject("not valid themselves"));
        };
        let service = ServiceName::new(service).expect("a valid name");
        let names = Names::new(platform);
        let tenant = names.tenant(&id);
        let domain = format!("{}.org", "a".repeat(63)).parse().expect("a valid domain");
        let suffix = Some(suffix.as_str()).filter(|suffix| is_bucket_suffix(suffix));
        // Each constructor validates; an invalid name panics.
        let derived = [
            names.ecs_cluster().to_string(),
            names.db_cluster().to_string(),
            names.db_writer().to_string(),
            names.db_subnet_group().to_string(),
            names.db_parameter_group(&"15.4".parse().expect("a valid version")).to_string(),
            names.admin_secret().to_string(),
            names.control_bucket(None).to_string(),
            names.control_bucket(suffix).to_string(),
            names.load_balancer(shard).to_string(),
            names.load_balancer_group(shard).to_string(),
            names.database_group().to_string(),
            names.database_client_group().to_string(),
            tenant.bucket(None).to_string(),
            tenant.bucket(suffix).to_string(),
            tenant.schema().to_string(),
            tenant.owner_role().to_string(),
            tenant.app_role().to_string(),
            tenant.secret().to_string(),
            tenant.log_group().to_string(),
            tenant.security_group().to_string(),
            tenant.task_role().to_string(),
            tenant.execution_role().to_string(),
            tenant.service(&service).service().to_string(),
            tenant.service(&service).container().to_string(),
            tenant.service(&service).target_group(80, "10.0.0.0/16").to_string(),
            tenant.migrator_role().to_string(),
            tenant.migrator_secret().to_string(),
            tenant.generated_secret().to_string(),
            tenant.schedule_group().to_string(),
            tenant.scheduler_role().to_string(),
            tenant.service(&service).task_role().to_string(),
            tenant.service(&service).schedule().to_string(),
            tenant.host(&domain).to_string(),
            tenant.hosts_beneath(&domain).to_string(),
        ];
        prop_assert!(derived.iter().all(|name| !name.is_empty()));
        prop_assert_ne!(names.control_bucket(suffix), tenant.bucket(suffix));
    }
}

/// Whether a name matches a pattern with `*` in the middle or at the end.
fn matches(pattern: &str, name: &str) -> bool {
    let (before, after) = pattern.split_once('*').expect("it is a pattern");
    name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patterns_match_the_names_of_every_tenant(platform in identifier(), tenant in identifier(), suffix in identifier(), shard in 0..1_000_u32, service in "[a-z][a-z0-9]{0,11}(-[a-z0-9]{1,11})?") {
        let (Ok(platform), Ok(id)) = (PlatformName::new(platform), TenantId::new(tenant)) else {
            return Err(TestCaseError::reject("not valid themselves"));
        };
        let service = ServiceName::new(service).expect("a valid name");
        let suffix = Some(suffix.as_str()).filter(|suffix| is_bucket_suffix(suffix));
        for scope in [NameScope::Account, NameScope::Platform] {
            let names = Names::new(platform.clone()).in_scope(scope);
            let tenant = names.tenant(&id);
            let of_service = tenant.service(&service);
            let prefixed = [
                names.control_bucket(suffix).to_string(),
                names.load_balancer(shard).to_string(),
                tenant.bucket(suffix).to_string(),
                tenant.task_role().to_string(),
                tenant.execution_role().to_string(),
                tenant.scheduler_role().to_string(),
                tenant.schedule_group().to_string(),
                of_service.service().to_string(),
                of_service.task_role().to_string(),
                of_service.schedule().to_string(),
            ];
            for name in prefixed {
                prop_assert!(matches(&names.prefixed(), &name), "{}", name);
            }
            let scheduler = format!("{}-scheduler", names.prefixed());
            prop_assert!(matches(&scheduler, tenant.scheduler_role().as_str()));
            let group = names.db_parameter_group(&"15.4".parse().expect("a valid version"));
            prop_assert!(matches(&names.db_parameter_group_pattern(), group.as_str()));
            prop_assert!(matches(&names.log_group_pattern(), tenant.log_group().as_str()));
            for secret in [tenant.secret(), tenant.migrator_secret(), tenant.generated_secret()] {
                prop_assert!(names.secret_patterns().iter().any(|pattern| matches(pattern, secret.as_str())), "{}", secret);
            }
        }
    }
}

#[test]
fn reserved_prefixes_are_rejected() {
    for name in ["internal-tools", "sg-platform", "sthree-x", "amzn-s3"] {
        let error = PlatformName::new(name).expect_err("a service reserves the prefix");
        assert!(error.to_string().contains("which AWS reserves"), "{error}");
    }
}
