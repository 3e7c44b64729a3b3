//! Which requests of a tenant reach which service.
//!
//! A load balancer takes the first rule that matches. So that each request reaches the service that says
//! most about it, an exact host comes before a longer path, and both before a wildcard. Two paths are
//! equal, or disjoint, or one of them contains the other, because only their end can be a wildcard.

use std::collections::BTreeMap;

use super::Tenant;
use crate::identifier::{HostLabel, PathPattern, ServiceName};

/// The requests that reach one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// The service.
    pub service: &'a ServiceName,
    /// Its host; `None` for the tenant's host name and everything beneath it.
    pub host: Option<&'a HostLabel>,
    /// Its paths; empty for all.
    pub paths: &'a [PathPattern],
}

/// Why no order of rules serves two services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conflict<'a> {
    /// Both get all requests of one host.
    SameHost(&'a ServiceName, &'a ServiceName),
    /// Both have the same path of one host.
    SamePath(&'a ServiceName, &'a ServiceName, &'a PathPattern),
    /// Each has a path that contains one of the other's.
    Crossed(&'a ServiceName, &'a ServiceName),
}

impl PathPattern {
    /// Whether it matches every path that `other` matches.
    fn contains(&self, other: &Self) -> bool {
        let start = |pattern: &Self| pattern.as_str().strip_suffix('*').map(str::len);
        match start(self) {
            Some(length) => other.as_str().trim_end_matches('*').starts_with(&self.as_str()[..length]),
            None => self == other,
        }
    }
}

impl Route<'_> {
    /// Whether requests that both match must reach this one.
    fn is_more_specific_than(&self, other: &Self) -> bool {
        let contains = |path: &PathPattern| other.paths.iter().any(|outer| outer != path && outer.contains(path));
        !self.paths.is_empty() && (other.paths.is_empty() || self.paths.iter().any(contains))
    }
}

impl Tenant {
    /// The routes of its services, in the order of their rules.
    ///
    /// # Panics
    /// Never: when the spec is parsed, routes that no order serves are problems.
    #[must_use]
    pub fn routes(&self) -> Vec<Route<'_>> {
        let routes = self.services.iter().filter_map(|(service, spec)| {
            let ingress = spec.ingress.as_ref()?;
            Some(Route { service, host: ingress.host.as_ref(), paths: &ingress.paths })
        });
        ordered(routes.collect()).expect("the routes of a spec have no conflicts")
    }
}

/// The routes that no order of rules serves.
pub(super) fn conflicts<'a>(routes: &[Route<'a>]) -> Vec<Conflict<'a>> {
    let mut found = Vec::new();
    for (index, a) in routes.iter().enumerate() {
        for b in routes[index + 1..].iter().filter(|b| b.host == a.host) {
            let same = a.paths.iter().find(|path| b.paths.contains(path));
            if a.paths.is_empty() && b.paths.is_empty() {
                found.push(Conflict::SameHost(a.service, b.service));
            } else if let Some(path) = same {
                found.push(Conflict::SamePath(a.service, b.service, path));
            } else if a.is_more_specific_than(b) && b.is_more_specific_than(a) {
                found.push(Conflict::Crossed(a.service, b.service));
            }
        }
    }
    if found.is_empty() {
        found.extend(ordered(routes.to_vec()).err());
    }
    found
}

/// Orders routes: exact hosts first, and on each host the more specific paths first.
fn ordered(routes: Vec<Route<'_>>) -> Result<Vec<Route<'_>>, Conflict<'_>> {
    let mut by_host: BTreeMap<(bool, Option<&HostLabel>), Vec<Route<'_>>> = BTreeMap::new();
    for route in routes {
        by_host.entry((route.host.is_none(), route.host)).or_default().push(route);
    }
    let mut ordered = Vec::new();
    for mut waiting in by_host.into_values() {
        while !waiting.is_empty() {
            let is_next = |route: &Route<'_>| waiting.iter().all(|other| !other.is_more_specific_than(route));
            match waiting.iter().position(is_next) {
                Some(next) => ordered.push(waiting.remove(next)),
                // The paths of three services or more form a circle.
                None => return Err(Conflict::Crossed(waiting[0].service, waiting[1].service)),
            }
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        service: ServiceName,
        host: Option<HostLabel>,
        paths: Vec<PathPattern>,
    }

    fn case(service: &str, host: &str, paths: &[&str]) -> Case {
        let path = |path: &&str| path.parse().expect("a valid path");
        Case {
            service: service.parse().expect("a valid name"),
            host: host.parse().ok(),
            paths: paths.iter().map(path).collect(),
        }
    }

    fn routes(cases: &[Case]) -> Vec<Route<'_>> {
        cases
            .iter()
            .map(|case| Route { service: &case.service, host: case.host.as_ref(), paths: &case.paths })
            .collect()
    }

    #[test]
    fn exact_host_comes_before_longer_path_before_wildcard() {
        let cases = [
            case("web", "", &[]),
            case("docs", "", &["/docs", "/docs/*"]),
            case("search", "", &["/docs/search/*"]),
            case("api", "api", &[]),
            case("uploads", "api", &["/uploads/*"]),
        ];
        let ordered = ordered(routes(&cases)).expect("there is an order");
        let order: Vec<&str> = ordered.iter().map(|route| route.service.as_str()).collect();
        assert_eq!(order, ["uploads", "api", "search", "docs", "web"]);
        assert_eq!(conflicts(&routes(&cases)), []);
    }

    #[test]
    fn routes_that_no_order_serves_are_conflicts() {
        let cases = [case("a", "", &[]), case("b", "", &[]), case("c", "x", &[])];
        assert!(matches!(conflicts(&routes(&cases))[..], [Conflict::SameHost(..)]));
        let cases = [case("a", "", &["/x/*", "/y"]), case("b", "", &["/y"])];
        assert!(matches!(conflicts(&routes(&cases))[..], [Conflict::SamePath(..)]));
        let cases = [case("a", "", &["/x/*", "/y/z/*"]), case("b", "", &["/x/y/*", "/y/*"])];
        assert!(matches!(conflicts(&routes(&cases))[..], [Conflict::Crossed(..)]));
        let cases =
            [case("a", "", &["/x/*", "/z/1"]), case("b", "", &["/y/*", "/x/1"]), case("c", "", &["/z/*", "/y/1"])];
        assert!(matches!(conflicts(&routes(&cases))[..], [Conflict::Crossed(..)]), "a circle of three");
    }

    #[test]
    fn wildcard_contains_what_begins_with_its_text() {
        let path = |path: &str| path.parse::<PathPattern>().expect("a valid path");
        for (outer, inner, expected) in [
            ("/api/*", "/api/users", true),
            ("/api/*", "/api/users/*", true),
            ("/api/*", "/api", false),
            ("/api*", "/api", true),
            ("/api", "/api/*", false),
            ("/*", "/", true),
            ("/a", "/a", true),
        ] {
            assert_eq!(path(outer).contains(&path(inner)), expected, "{outer} {inner}");
        }
    }
}
