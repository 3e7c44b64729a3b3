//! Endpoints from flags and the environment, checked before any request is sent.

use std::net::{IpAddr, Ipv6Addr};

use crate::failure::Failure;

/// Why a string is not an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it must begin with `http://` or `https://`, such as `http://127.0.0.1:5000`")]
    Scheme,
    #[error("it has no host: write `http://HOST:PORT`")]
    NoHost,
    #[error("it has no host: write `HOST:PORT`, such as `127.0.0.1:5432`")]
    NoHostBeforePort,
    #[error("its host is invalid: use letters, digits, `.`, `-` and `_`, or an IPv6 address in `[` and `]`")]
    Host,
    #[error("its port must be a number from 1 to 65535")]
    Port,
    #[error("the port is missing: write `HOST:PORT`, such as `127.0.0.1:5432`")]
    NoPort,
    #[error("it must not contain a user name or a password")]
    Password,
    #[error("it must not contain a query or a fragment")]
    Query,
    #[error("it is a URL: write only `HOST:PORT`, such as `127.0.0.1:5432`")]
    Url,
}

/// The prefix of the environment variables that name an endpoint, for all services or for one.
/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
const VARIABLES: &str = "AWS_ENDPOINT_URL";

/// The environment variables that name a proxy.
const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// Checks the endpoints that the environment names.
///
/// # Errors
/// The malformed endpoint.
pub(super) fn check_environment() -> Result<(), Failure> {
    for (variable, value) in environment() {
        let checked = match variable.as_str() {
            _ if value.is_empty() => continue,
            variable if PROXIES.contains(&variable) => proxy(&value),
            variable if variable.starts_with(VARIABLES) => url(&value).map(drop),
            _ => continue,
        };
        if let Err(malformed) = checked {
            // The value may include a password, so only the host is reported.
            let value = value.rsplit_once('@').map_or(&*value, |(_, host)| host).to_owned();
            return Err(Failure::MalformedEndpoint { variable, value, malformed });
        }
    }
    Ok(())
}

/// The variables of the environment. One that is not text names no endpoint, and is no error.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(variable, value)| (variable.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// Parses a URL: a scheme, a host, an optional port and an optional path.
pub(super) fn url(text: &str) -> Result<String, Malformed> {
    let scheme = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let rest = scheme.ok_or(Malformed::Scheme)?;
    if rest.contains(['?', '#']) {
        return Err(Malformed::Query);
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Malformed::Password);
    }
    let (host, port) = parts(authority)?;
    if let Some(port) = port {
        check_port(port)?;
    }
    check_host(host).map(|()| text.to_owned())
}

/// Parses a host and a port.
pub(super) fn host_and_port(text: &str) -> Result<String, Malformed> {
    if text.contains("://") {
        return Err(Malformed::Url);
    }
    let (host, port) = parts(text)?;
    check_port(port.ok_or(Malformed::NoPort)?)?;
    match check_host(host) {
        Err(Malformed::NoHost) => Err(Malformed::NoHostBeforePort),
        checked => checked.map(|()| text.to_owned()),
    }
}

/// Parses a proxy: a URL, optionally without a scheme, optionally with user and password.
fn proxy(text: &str) -> Result<(), Malformed> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = parts(authority)?;
    if let Some(port) = port {
        check_port(port)?;
    }
    check_host(host)
}

/// Splits host and port; an IPv6 address is in brackets.
fn parts(authority: &str) -> Result<(&str, Option<&str>), Malformed> {
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or(Malformed::Host)?;
        let (host, rest) = authority.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(Malformed::Host),
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => Err(Malformed::Host),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

fn check_port(port: &str) -> Result<(), Malformed> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let number = port.parse::<u16>().ok().filter(|number| digits && *number > 0);
    number.map(drop).ok_or(Malformed::Port)
}

fn check_host(host: &str) -> Result<(), Malformed> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().map(drop).map_err(|_| Malformed::Host);
    }
    let part = |part: &str| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !part.is_empty() && part.len() <= 63 && part.bytes().all(letters)
    };
    match host.trim_end_matches('.') {
        "" => Err(Malformed::NoHost),
        host if host.len() <= 253 && host.split('.').all(part) => Ok(()),
        _ => Err(Malformed::Host),
    }
}

/// Whether connections to a host stay on this machine.
fn is_loopback(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let named = host.trim_end_matches('.').to_ascii_lowercase();
    host.parse::<IpAddr>()
        .map_or(named == "localhost" || named.ends_with(".localhost"), |address| address.is_loopback())
}

/// Whether requests to a URL are sent unencrypted over a network.
pub(super) fn is_unencrypted(url: &str) -> bool {
    let authority = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    authority.and_then(|authority| parts(authority).ok()).is_some_and(|(host, _)| !is_loopback(host))
}

/// Whether a host and port are of this machine.
pub(super) fn is_local(host_and_port: &str) -> bool {
    parts(host_and_port).is_ok_and(|(host, _)| is_loopback(host))
}

/// The endpoint in the environment to which requests would be sent unencrypted over a network.
pub(super) fn unencrypted_in_environment() -> Option<(String, String)> {
    environment().find(|(variable, value)| variable.starts_with(VARIABLES) && is_unencrypted(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_endpoints_are_accepted() {
        for good in [
            "http://127.0.0.1:5000",
            "https://sts.us-east-1.amazonaws.com",
            "http://[::1]:4566/",
            "http://my_host/path",
        ] {
            assert_eq!(url(good).as_deref(), Ok(good));
        }
        for good in ["127.0.0.1:5432", "localhost:1", "[::1]:65535", "db.internal.example.com:5432"] {
            assert_eq!(host_and_port(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn proxy_needs_a_valid_host_and_port() {
        for good in ["http://me:s3cret@127.0.0.1:3128", "proxy.example.com:3128", "http://proxy/", "socks5://h:1080"] {
            assert_eq!(proxy(good), Ok(()), "{good}");
        }
        for (bad, why) in
            [("127.0.0.1:9x", Malformed::Port), ("foo:bar:baz", Malformed::Host), ("http://:80", Malformed::NoHost)]
        {
            assert_eq!(proxy(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn only_connections_to_this_machine_are_local() {
        for local in ["http://127.0.0.1:5000", "http://127.1.2.3", "http://localhost:5000/x", "http://[::1]:1"] {
            assert!(!is_unencrypted(local), "{local}");
        }
        for remote in ["http://10.0.0.1:5000", "http://moto:5000", "http://localhost.example.com", "http://[::2]"] {
            assert!(is_unencrypted(remote), "{remote}");
        }
        assert!(!is_unencrypted("https://sts.us-east-1.amazonaws.com"));
        assert!(is_local("127.0.0.1:5432") && is_local("[::1]:5432") && !is_local("db.example.com:5432"));
    }

    #[test]
    fn malformed_endpoint_names_the_invalid_part() {
        for (bad, why) in [
            ("127.0.0.1:5000", Malformed::Scheme),
            ("htp://127.0.0.1:5000", Malformed::Scheme),
            ("http//127.0.0.1:5000", Malformed::Scheme),
            ("", Malformed::Scheme),
            ("http://", Malformed::NoHost),
            ("http://:5000", Malformed::NoHost),
            ("http://a b", Malformed::Host),
            ("http://host:port", Malformed::Port),
            ("http://host:", Malformed::Port),
            ("http://host:0", Malformed::Port),
            ("http://host:65536", Malformed::Port),
            ("http://host:+80", Malformed::Port),
            ("http://a:b:c", Malformed::Host),
            ("http://[::1", Malformed::Host),
            ("http://[nonsense]:1", Malformed::Host),
            ("http://me:secret@host", Malformed::Password),
            ("http://host?a=b", Malformed::Query),
        ] {
            assert_eq!(url(bad), Err(why), "{bad}");
        }
        for (bad, why) in [
            ("127.0.0.1", Malformed::NoPort),
            ("localhost", Malformed::NoPort),
            ("localhost:", Malformed::Port),
            ("localhost:5432a", Malformed::Port),
            ("localhost:99999", Malformed::Port),
            (":5432", Malformed::NoHostBeforePort),
            ("::1", Malformed::Host),
            ("::1:5432", Malformed::Host),
            ("http://localhost:5432", Malformed::Url),
            ("a b:5432", Malformed::Host),
            ("localhost/x:5432", Malformed::Host),
        ] {
            assert_eq!(host_and_port(bad), Err(why), "{bad}");
        }
    }
}
