//! Redirects: a URL built from parts of the requested URL.
//!
//! Source: Elastic Load Balancing API reference, `RedirectActionConfig`.

use super::action::action_refused;
use crate::services::prelude::*;

/// The target of a redirect. Omitted parts keep those of the requested URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Redirect {
    protocol: String,
    port: String,
    host: String,
    path: String,
    query: String,
    status: String,
}

impl Redirect {
    /// A redirect of a listener with this protocol and port.
    pub(super) fn new(input: &Input, protocol: &str, port: u16) -> Result<Self, Refusal> {
        let part = |key: &str, default: &str| input.text(key).unwrap_or(default).to_owned();
        let redirect = Self {
            protocol: part("Protocol", "#{protocol}"),
            port: part("Port", "#{port}"),
            host: part("Host", "#{host}"),
            path: part("Path", "/#{path}"),
            query: part("Query", "#{query}"),
            status: part("StatusCode", ""),
        };
        redirect.check_parts()?;
        redirect.check_target(protocol, port)?;
        Ok(redirect)
    }

    fn check_parts(&self) -> Result<(), Refusal> {
        if self.port != "#{port}" && !self.port.parse().is_ok_and(|port: u16| port > 0) {
            return Err(action_refused("The Port parameter must be a number from 1 to 65535, or '#{port}'"));
        }
        let once = |word: &str| self.path.matches(word).count() <= 1;
        if !self.path.starts_with('/') || !["#{path}", "#{host}", "#{port}"].into_iter().all(once) {
            return Err(action_refused(
                "The Path parameter must be a valid path, should start with a '/', and may contain up to one of each \
                 of these placeholders: '#{path}', '#{host}', '#{port}'.",
            ));
        }
        ensure!(!self.query.starts_with('?'), action_refused("The Query parameter must not start with a '?'"));
        Ok(())
    }

    /// Refuses a redirect to the same URL, and one from HTTPS to HTTP.
    fn check_target(&self, protocol: &str, port: u16) -> Result<(), Refusal> {
        ensure!(protocol != "HTTPS" || self.protocol != "HTTP", action_refused("You cannot redirect HTTPS to HTTP"));
        let same_protocol = ["#{protocol}", protocol].contains(&self.protocol.as_str());
        let same_port = self.port == "#{port}" || self.port.parse() == Ok(port);
        if same_protocol && same_port && self.host == "#{host}" && self.path == "/#{path}" {
            return Err(action_refused("The redirect configuration is not valid because it creates a loop."));
        }
        Ok(())
    }

    pub(super) fn describe(&self) -> Vec<Element> {
        vec![
            xml::text("Protocol", &self.protocol),
            xml::text("Port", &self.port),
            xml::text("Host", &self.host),
            xml::text("Path", &self.path),
            xml::text("Query", &self.query),
            xml::text("StatusCode", &self.status),
        ]
    }
}
