//! The HTTP client for AWS: one connection pool, with the proxy of the environment.
//!
//! `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` have the same meaning as for other AWS tools.
//! Source: AWS Command Line Interface User Guide, "Using an HTTP proxy".

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// The variables that name a proxy, in their order of precedence for HTTPS.
const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// A client with TLS.
pub(super) fn client(endpoint: Option<&str>) -> SharedHttpClient {
    pooled(proxy(endpoint).is_some())
}

/// A client without a proxy.
pub(super) fn direct() -> SharedHttpClient {
    pooled(false)
}

fn pooled(proxied: bool) -> SharedHttpClient {
    // A pool outlives a call. Calls with another timeout use another pool.
    let pools: Mutex<HashMap<Option<Duration>, SharedHttpConnector>> = Mutex::default();
    http_client_fn(move |settings, components| {
        let mut pools = pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(settings.connect_timeout());
        pool.or_insert_with(|| connector(settings, components, proxied)).clone()
    })
}

fn connector(settings: &HttpConnectorSettings, components: &RuntimeComponents, proxied: bool) -> SharedHttpConnector {
    let mut builder = Connector::builder().connector_settings(settings.clone());
    builder.set_sleep_impl(components.sleep_impl());
    if proxied {
        builder.set_proxy_config(Some(ProxyConfig::from_env()));
    }
    let rustls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    SharedHttpConnector::new(builder.tls_provider(rustls).build())
}

/// The proxy of the environment, if requests use one: an emulator on this machine is contacted directly.
pub(super) fn proxy(endpoint: Option<&str>) -> Option<String> {
    let local = ["://localhost", "://127.", "://[::1]"];
    if endpoint.is_some_and(|endpoint| local.iter().any(|host| endpoint.contains(host))) {
        return None;
    }
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    PROXIES.iter().find_map(set).map(|proxy| without_password(&proxy))
}

/// The URL of a proxy without its user and password.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_password_is_not_shown() {
        assert_eq!(without_password("http://me:s3cret@proxy.example.com:3128"), "http://proxy.example.com:3128");
        assert_eq!(without_password("proxy.example.com:3128"), "proxy.example.com:3128");
    }

    #[test]
    fn local_emulator_is_reached_without_a_proxy() {
        for endpoint in ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"] {
            assert_eq!(proxy(Some(endpoint)), None);
        }
    }
}
