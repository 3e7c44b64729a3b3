//! Why a resource is incomplete although no field differs.

use saas_executor::state::incomplete::Incomplete;
use saas_model::Address;

/// Why a resource is incomplete although no field differs.
pub(super) fn text(why: &Incomplete) -> String {
    match why {
        Incomplete::Unrecorded => "its fields match, but the record of its completion is missing".to_owned(),
        Incomplete::RecordedForAnother => {
            "its fields match, but the record of its completion is for another plan".to_owned()
        }
        Incomplete::BoundToAnother { to } => {
            let to: Vec<&str> = to.iter().map(Address::as_str).collect();
            format!("it was completed with another id or value of: {}", to.join(", "))
        }
        Incomplete::NotReady { state } => format!("its state is `{state}`"),
        Incomplete::Deleting => "AWS is still deleting the previous one".to_owned(),
        Incomplete::Inactive => "its newest revision is inactive, so no task can be started from it".to_owned(),
        Incomplete::AnotherKind { kind } => format!("a {kind} has its address"),
    }
}
