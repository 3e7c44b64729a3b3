//! Why a resource is incomplete although no field differs.

use saas_executor::state::incomplete::Incomplete;
use saas_model::Address;

/// Why a resource is incomplete although no field differs.
pub(super) fn text(why: &Incomplete) -> String {
    match why {
        Incomplete::Unrecorded => "its fields are right, and the record that it is complete is missing".to_owned(),
        Incomplete::RecordedForAnother => {
            "its fields are right, and the record that it is complete is of another plan".to_owned()
        }
        Incomplete::BoundToAnother { to } => {
            let to: Vec<&str> = to.iter().map(Address::as_str).collect();
            format!("it was completed with another value or id of what it refers to: {}", to.join(", "))
        }
        Incomplete::NotReady { state } => format!("AWS says that it is `{state}`"),
        Incomplete::Deleting => "AWS is still deleting the one that is there".to_owned(),
        Incomplete::Inactive => "its newest revision is inactive, so nothing new can be started from it".to_owned(),
        Incomplete::AnotherKind { kind } => format!("a {kind} stands at its address"),
    }
}
