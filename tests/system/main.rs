//! System tests, from a spec to a live platform and its destruction.
//!
//! Each scenario takes a [`Cloud`](cloud::Cloud) and does not depend on its implementation, so that
//! another AWS can be added at the end of this file.

#![expect(clippy::print_stderr, reason = "a failing test explains why")]

mod application;
mod assumed;
mod calls;
mod cloud;
mod conversation;
mod earlier_format;
mod exposures;
mod late;
mod lease;
mod live;
mod manual_changes;
mod permissions;
mod platform;
mod provisioner;
mod requests;
mod scenarios;
mod secrecy;
mod taken;
mod transient_faults;
mod truth;
mod unlabelled;
mod working_directory;

/// One test per scenario of a module, on one kind of cloud.
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

/// Scenarios that every AWS must pass.
macro_rules! every {
    ($cloud:ident) => {
        on! { $cloud:
            scenarios {
                every_requirement_is_read_back
                live_resources_match_the_plan
                https_serves_certificates_and_redirects
                second_apply_makes_no_mutating_call
                added_tenant_changes_only_its_own_nodes
                removed_tenant_leaves_no_resources
                updatable_fields_change_in_place
                new_port_creates_before_destroying
                last_task_definition_revisions_are_kept
                drift_is_detected_and_repaired
                data_loss_must_be_allowed
                sixty_tenants_can_be_applied
                destroy_deletes_everything
                apply_after_kills_is_complete
            }
            lease {
                second_apply_is_refused_while_the_lease_is_held
                concurrent_first_applies_run_once
                an_approval_is_for_the_observed_state
                expired_lease_is_taken_over
                resources_in_flight_are_looked_up
                next_apply_continues_after_a_kill
                lease_break_frees_the_lease
                every_apply_writes_a_receipt
                interrupted_apply_reports_remaining_steps
            }
        }
    };
}

every! { moto }
every! { sandbox }

/// moto rejects a swap of priorities, which AWS accepts in one call.
/// Source: Elastic Load Balancing API reference, `SetRulePriorities`.
mod rules_on_sandbox {
    on! { sandbox:
        scenarios {
            rule_priorities_can_rotate
        }
    }
}

/// Live-state scenarios on the sandbox only: moto is less strict than AWS about most of them.
mod live_on_sandbox {
    on! { sandbox:
        live {
            stale_listing_does_not_mean_missing
            complete_listing_needs_no_lookups
            destroy_deletes_recent_secrets
            removed_tenant_has_its_recent_secret_deleted
            changed_passwords_are_synchronized
            no_tenant_makes_the_verification_fail_for_good
            new_admin_password_is_set_in_place
            version_downgrade_is_refused
            copies_are_not_touched
            older_copies_are_not_touched
            destroy_reports_blockers_first
            name_scope_cannot_be_changed
            destroy_drops_views_across_tenants
            log_group_deletion_is_data_loss
            approval_stays_valid_while_a_tenant_writes
            apply_verifies_only_changed_tenants
            new_scaling_bounds_are_one_change
        }
        exposures {
            holes_beside_the_plan_are_found
            an_apply_ends_with_what_exposes_the_platform
        }
        manual_changes {
            every_deviation_is_repaired_by_an_apply
        }
        late {
            stale_tag_index_does_not_make_a_bucket_incomplete
            deleted_resource_that_is_still_listed_counts_as_missing
            missing_new_resource_is_looked_up_again
            destroyed_resource_that_is_still_listed_is_not_reported
            read_only_commands_refuse_another_platform
            manual_changes_of_the_cluster_are_reverted
            bucket_with_unreadable_tags_stops_no_command
        }
        taken {
            names_inside_of_the_platform_are_looked_up_first
            untagged_bucket_of_a_planned_name_is_not_adopted
        }
        unlabelled {
            removed_tags_are_written_again
        }
    }
}
