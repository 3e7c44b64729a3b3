//! The consistency of reads. Each service declares that of its own reads.

/// Which state a read shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// The current state.
    Strong,
    /// A past state of its own service.
    Eventual,
    /// A past state of all services.
    EventualEverywhere,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Service;

    fn of(service: Service, operation: &str) -> Option<Consistency> {
        (service.descriptor().consistency)(operation)
    }

    #[test]
    fn every_read_declares_its_consistency() {
        let is_read = |operation: &str| {
            ["Describe", "List", "Get", "Head", "BatchGet"].iter().any(|verb| operation.starts_with(verb))
        };
        for service in Service::ALL {
            for operation in service.operations() {
                assert_eq!(of(service, operation).is_some(), is_read(operation), "{service:?} {operation}");
            }
        }
    }

    #[test]
    fn reads_of_a_named_secret_are_not_stale() {
        assert_eq!(of(Service::Secrets, "ListSecrets"), Some(Consistency::Eventual));
        assert_eq!(of(Service::Secrets, "DescribeSecret"), Some(Consistency::Strong));
    }
}
