//! Cluster parameters: how each one is applied, and which values it accepts.

use serde::Deserialize;

use super::OFFERINGS;

/// The values that a parameter accepts; determines RDS's data type.
#[derive(Debug, Deserialize)]
pub(crate) enum Kind {
    /// 0 or 1.
    Flag,
    /// An integer, or a formula of the instance's size.
    Whole(i64, i64),
    /// A decimal number.
    Decimal(f64, f64),
    /// One of these.
    OneOf(#[serde(borrow)] Vec<&'static str>),
    /// A comma-separated list of some of these.
    SomeOf(&'static str),
    /// Any string.
    Text,
}

/// The origin of a default value.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) enum Source {
    /// The engine's default.
    #[default]
    Engine,
    /// RDS sets it for every cluster.
    System,
}

/// A parameter of a family.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) kind: Kind,
    /// Whether a change takes effect only after a reboot.
    #[serde(default, rename = "static")]
    pub(crate) is_static: bool,
    /// Whether only RDS itself can set it.
    #[serde(default, rename = "locked")]
    pub(crate) is_locked: bool,
    pub(crate) value: Option<&'static str>,
    #[serde(default)]
    pub(crate) source: Source,
    /// The first and the last major version that has it.
    since: Option<u32>,
    until: Option<u32>,
}

impl Parameter {
    /// RDS's name of the data type.
    pub(crate) const fn data_type(&self) -> &'static str {
        match self.kind {
            Kind::Flag => "boolean",
            Kind::Whole(..) => "integer",
            Kind::Decimal(..) => "float",
            Kind::OneOf(_) | Kind::Text => "string",
            Kind::SomeOf(_) => "list",
        }
    }

    /// The accepted values as RDS writes them; `None` if any value is accepted.
    pub(crate) fn allowed(&self) -> Option<String> {
        match &self.kind {
            Kind::Flag => Some("0,1".to_owned()),
            Kind::Whole(least, most) => Some(format!("{least}-{most}")),
            Kind::Decimal(least, most) => Some(format!("{least:?}-{most:?}")),
            Kind::OneOf(words) => Some(words.join(",")),
            Kind::SomeOf(words) => Some((*words).to_owned()),
            Kind::Text => None,
        }
    }

    /// Whether it accepts this value.
    pub(crate) fn accepts(&self, value: &str) -> bool {
        match &self.kind {
            Kind::Flag => matches!(value, "0" | "1"),
            Kind::Whole(least, most) => match value.parse::<i64>() {
                Ok(number) => (*least..=*most).contains(&number),
                Err(_) => is_formula(value),
            },
            Kind::Decimal(least, most) => value.parse::<f64>().is_ok_and(|number| (*least..=*most).contains(&number)),
            Kind::OneOf(words) => words.contains(&value),
            Kind::SomeOf(words) => {
                let known: Vec<&str> = words.split(',').collect();
                value.split(',').all(|word| known.contains(&word.trim()))
            }
            Kind::Text => true,
        }
    }
}

/// Whether a value is a formula of the instance's size, such as
/// `LEAST({DBInstanceClassMemory/9531392},5000)`. Source: Amazon Aurora User Guide, "Specifying DB
/// parameters".
fn is_formula(value: &str) -> bool {
    let known = ["AllocatedStorage", "DBInstanceClassMemory", "DBInstanceVCPU", "EndPointPort", "TrueIfReplica"];
    let inside = value.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    inside.is_some_and(|(inside, _)| known.iter().any(|variable| inside.contains(variable)))
}

/// The parameters of a major version, sorted by name.
pub(crate) fn parameters(major: u32) -> impl Iterator<Item = &'static Parameter> {
    OFFERINGS.parameters.iter().filter(move |parameter| {
        parameter.since.is_none_or(|since| since <= major) && parameter.until.is_none_or(|until| major <= until)
    })
}

/// The parameter with this name, if the major version has it.
pub(crate) fn parameter(major: u32, name: &str) -> Option<&'static Parameter> {
    parameters(major).find(|parameter| parameter.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_a_major_version_are_unique_sorted_and_more_than_one_page() {
        for major in 13..=17 {
            let names: Vec<&str> = parameters(major).map(|parameter| parameter.name).collect();
            assert!(names.len() > 100, "{major}: {}", names.len());
            assert!(names.is_sorted_by(|one, other| one < other), "{major}: {names:?}");
        }
    }

    #[test]
    fn default_values_are_accepted() {
        for parameter in OFFERINGS.parameters.iter().filter(|parameter| !parameter.is_locked) {
            assert!(parameter.value.is_none_or(|value| parameter.accepts(value)), "{}", parameter.name);
        }
    }

    #[test]
    fn a_parameter_accepts_values_of_its_kind() {
        let accepts = |name, value| parameter(15, name).expect("a parameter that is there").accepts(value);
        assert!(accepts("rds.force_ssl", "1") && !accepts("rds.force_ssl", "on") && !accepts("rds.force_ssl", ""));
        assert!(
            accepts("max_connections", "500") && accepts("max_connections", "LEAST({DBInstanceClassMemory/1},5000)")
        );
        assert!(!accepts("max_connections", "5") && !accepts("max_connections", "many"));
        assert!(accepts("log_statement", "ddl") && !accepts("log_statement", "DDL"));
        assert!(accepts("shared_preload_libraries", "pg_stat_statements,pgaudit"));
        assert!(!accepts("shared_preload_libraries", "pg_stat_statements,vector"));
        assert!(accepts("random_page_cost", "1.1") && !accepts("random_page_cost", "-1"));
        assert!(accepts("timezone", "Europe/Berlin"));
        let loads =
            |major, library| parameter(major, "shared_preload_libraries").expect("each has it").accepts(library);
        assert!(!loads(13, "pg_ad_mapping") && loads(14, "pg_ad_mapping") && loads(18, "pg_ad_mapping"));
        assert!(!loads(17, "pg_overexplain") && loads(18, "pg_overexplain"));
    }

    #[test]
    fn a_default_may_differ_between_versions() {
        let value = |major| parameter(major, "rds.force_ssl").and_then(|parameter| parameter.value);
        assert_eq!((value(16), value(17)), (Some("0"), Some("1")));
    }
}
