//! The outputs of an applied plan.

use std::collections::BTreeMap;
use std::fmt::Write;

use saas_model::Address;

use super::style::{self, styled};

/// One line per output.
pub(crate) fn text(outputs: &BTreeMap<Address, String>) -> String {
    let width = outputs.keys().map(|name| name.as_str().len()).max().unwrap_or(0);
    outputs.iter().fold(String::new(), |mut text, (name, value)| {
        let name = styled(style::BOLD, format_args!("{name:width$}"));
        let _ = writeln!(text, "{name} = {value}");
        text
    })
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn values_are_aligned() {
        let output = |name: &str, value: &str| (Address::literal(name), value.to_owned());
        let outputs = BTreeMap::from([output("a/url", "http://a"), output("database/endpoint", "db")]);
        insta::assert_snapshot!(strip_str(&text(&outputs)), @r"
        a/url             = http://a
        database/endpoint = db
        ");
    }
}
