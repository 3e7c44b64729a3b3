//! The whole system, from a spec to a live platform and back to nothing.
//!
//! Each scenario takes a [`Cloud`](cloud::Cloud) and knows nothing of what is behind it, so that a
//! second AWS can be put under the same tests by one more line at the end of this file.

#![expect(clippy::print_stderr, reason = "a test that fails tells why")]

mod cloud;
mod conversation;
mod desk;
mod late;
mod lease;
mod live;
mod platform;
mod requests;
mod scenarios;
mod secrecy;
mod taken;
mod truth;
mod unlabelled;
mod weather;

/// One test for each scenario of some modules, on one kind of cloud.
macro_rules! on {
    ($cloud:ident: $($module:ident { $($scenario:ident)* })*) => {
        mod $cloud {
            $($(
                #[tokio::test]
                async fn $scenario() {
                    crate::$module::$scenario(&crate::cloud::Cloud::$cloud().await).await;
                }
            )*)*
        }
    };
}

/// What an AWS must let a platform do, whoever wrote it.
macro_rules! every {
    ($cloud:ident) => {
        on! { $cloud:
            scenarios {
                every_point_is_read_back
                what_is_there_is_what_the_plan_says
                certificates_are_served_and_ports_redirected
                a_second_apply_makes_no_mutating_call
                a_fourth_tenant_touches_only_its_own_nodes
                a_removed_tenant_leaves_no_trace
                fields_change_in_place
                another_port_replaces_beside_the_old
                the_last_revisions_stay
                drift_is_found_and_repaired
                data_is_not_deleted_unasked
                sixty_tenants_fit
                destroy_leaves_nothing
                killed_and_applied_again_is_complete
            }
            lease {
                one_at_a_time
                two_first_applies_at_once_are_one
                what_was_agreed_to_is_what_is_there
                an_expired_lease_is_taken_over
                what_was_in_flight_is_looked_for
                a_killed_apply_is_followed_by_another
                lease_break_takes_the_lease_away
                every_apply_leaves_a_receipt
                an_interrupted_apply_says_what_is_left
            }
        }
    };
}

every! { moto }
every! { sandbox }

/// moto refuses an exchange of priorities, which AWS takes in one call.
/// Source: Elastic Load Balancing API reference, `SetRulePriorities`.
mod rules_on_sandbox {
    on! { sandbox:
        scenarios {
            priorities_of_rules_change_together
        }
    }
}

/// What is live, on the sandbox alone: moto is laxer than AWS about most of it.
mod live_on_sandbox {
    on! { sandbox:
        live {
            absence_from_a_listing_is_not_absence
            what_nothing_contradicts_is_not_asked_for
            a_destroy_leaves_no_young_secret
            a_young_secret_leaves_with_its_tenant
            every_finding_has_an_apply_that_repairs_it
            passwords_are_brought_together_again
            a_renewed_admin_password_is_set_in_place
            no_version_is_taken_back
            copies_are_left_alone
            older_copies_are_left_alone
            what_is_in_the_way_is_named_first
            the_scope_of_names_never_changes
            a_destroy_drops_what_tenants_have_of_each_other
            logs_are_data
            an_approval_holds_while_a_tenant_writes
            an_apply_verifies_what_it_touched
            other_bounds_are_one_change
        }
        late {
            a_late_index_of_tags_makes_no_bucket_incomplete
            what_is_listed_though_it_is_gone_is_missing
            what_is_not_shown_yet_is_looked_for_again
            what_a_destroy_removed_and_is_still_listed_is_not_left
            what_only_shows_refuses_another_platform_too
            what_is_done_to_the_cluster_by_hand_is_undone
            a_bucket_that_hides_its_tags_stops_nothing
        }
        taken {
            names_inside_of_the_platform_are_looked_up_first
        }
        unlabelled {
            tags_that_were_taken_away_are_written_again
        }
    }
}
