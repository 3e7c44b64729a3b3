//! The whole system, from a spec to a live platform and back to nothing.
//!
//! Each scenario takes a [`Cloud`](cloud::Cloud) and knows nothing of what is behind it, so that a
//! second AWS can be put under the same tests by one more line at the end of this file.

#![expect(clippy::print_stderr, reason = "a test that fails tells why")]

mod cloud;
mod platform;
mod scenarios;
mod weather;

/// One test for each scenario, on each kind of cloud.
macro_rules! on {
    ($($cloud:ident)*: $scenarios:tt) => { $( on! { @one $cloud $scenarios } )* };
    (@one $cloud:ident { $($scenario:ident)* }) => {
        mod $cloud {
            $(
                #[tokio::test]
                async fn $scenario() {
                    crate::scenarios::$scenario(&crate::cloud::Cloud::$cloud().await).await;
                }
            )*
        }
    };
}

on! { moto sandbox: {
    every_point_is_read_back
    certificates_are_served_and_ports_redirected
    a_second_apply_makes_no_mutating_call
    a_fourth_tenant_touches_only_its_own_nodes
    a_removed_tenant_leaves_no_trace
    fields_change_in_place
    another_port_replaces_beside_the_old
    drift_is_found_and_repaired
    data_is_not_deleted_unasked
    sixty_tenants_fit
    destroy_leaves_nothing
    killed_and_applied_again_is_complete
} }
