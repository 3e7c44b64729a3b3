//! Members that no operation reads: inert ones, which have no effect in the sandbox, each with its
//! reason, and unmodelled ones, which are refused.
//!
//! Both are lists beside the models, one member a line: the service, the operation or `*` for all
//! operations, the path of the member, and the reason. `cargo xtask models --unmodelled` writes the
//! second list from what operations read in the tests of this crate.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::services::Service;

/// A service by its signing name, an operation, and the path of a member.
type List = BTreeSet<(&'static str, &'static str, &'static str)>;

static INERT: LazyLock<List> = LazyLock::new(|| read(include_str!("../../models/inert.txt")));
static UNMODELLED: LazyLock<List> = LazyLock::new(|| read(include_str!("../../models/unmodelled.txt")));

fn read(text: &'static str) -> List {
    let line = |line: &'static str| {
        let mut words = line.splitn(4, ' ');
        Some((words.next()?, words.next()?, words.next()?))
    };
    text.lines().filter_map(line).collect()
}

/// Whether a member has no effect in the sandbox.
pub(super) fn is_inert(service: Service, operation: &str, place: &str) -> bool {
    has(&INERT, service, operation, place) || has(&INERT, service, "*", place)
}

/// Whether the sandbox does not model a member.
pub(super) fn is_unmodelled(service: Service, operation: &str, place: &str) -> bool {
    has(&UNMODELLED, service, operation, place)
}

fn has(list: &List, service: Service, operation: &str, place: &str) -> bool {
    let mut of_it = list.range((service.signing_name(), operation, place)..);
    of_it.next().is_some_and(|found| *found == (service.signing_name(), operation, place))
}
