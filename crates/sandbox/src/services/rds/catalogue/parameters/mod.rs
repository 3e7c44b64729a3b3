//! Cluster parameters: how each one is applied, and which values it accepts.

mod table;

use table::PARAMETERS;

/// The values that a parameter accepts; determines RDS's data type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// 0 or 1.
    Flag,
    /// An integer, or a formula of the instance's size.
    Whole(i64, i64),
    /// A decimal number.
    Decimal(f64, f64),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A comma-separated list of some of these.
    SomeOf(&'static str),
    /// Any string.
    Text,
}

/// The origin of a default value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The engine's default.
    Engine,
    /// RDS sets it for every cluster.
    System,
}

/// A parameter of a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) kind: Kind,
    /// Whether a change takes effect only after a reboot.
    pub(crate) is_static: bool,
    pub(crate) is_modifiable: bool,
    pub(crate) value: Option<&'static str>,
    pub(crate) source: Source,
    /// The major versions that have it, inclusive.
    majors: (u32, u32),
}

/// A parameter whose changes take effect immediately.
const fn dynamic(name: &'static str, kind: Kind, description: &'static str) -> Parameter {
    let (is_static, is_modifiable, value, source) = (false, true, None, Source::Engine);
    Parameter { name, description, kind, is_static, is_modifiable, value, source, majors: (0, u32::MAX) }
}

/// A parameter whose changes take effect when the server starts.
const fn fixed(name: &'static str, kind: Kind, description: &'static str) -> Parameter {
    Parameter { is_static: true, ..dynamic(name, kind, description) }
}

impl Parameter {
    const fn is(self, value: &'static str) -> Self {
        Self { value: Some(value), ..self }
    }

    /// RDS gives it a value for every cluster.
    const fn set_to(self, value: &'static str) -> Self {
        Self { value: Some(value), source: Source::System, ..self }
    }

    const fn since(self, major: u32) -> Self {
        Self { majors: (major, self.majors.1), ..self }
    }

    const fn until(self, major: u32) -> Self {
        Self { majors: (self.majors.0, major), ..self }
    }

    /// Only RDS itself can set it.
    const fn locked(self) -> Self {
        Self { is_modifiable: false, ..self }
    }

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

    pub(crate) const fn apply_type(&self) -> &'static str {
        if self.is_static { "static" } else { "dynamic" }
    }

    /// The accepted values as RDS writes them; `None` if any value is accepted.
    pub(crate) fn allowed(&self) -> Option<String> {
        match self.kind {
            Kind::Flag => Some("0,1".to_owned()),
            Kind::Whole(least, most) => Some(format!("{least}-{most}")),
            Kind::Decimal(least, most) => Some(format!("{least:?}-{most:?}")),
            Kind::OneOf(words) => Some(words.join(",")),
            Kind::SomeOf(words) => Some(words.to_owned()),
            Kind::Text => None,
        }
    }

    /// Whether it accepts this value.
    pub(crate) fn takes(&self, value: &str) -> bool {
        match self.kind {
            Kind::Flag => matches!(value, "0" | "1"),
            Kind::Whole(least, most) => match value.parse::<i64>() {
                Ok(number) => (least..=most).contains(&number),
                Err(_) => is_formula(value),
            },
            Kind::Decimal(least, most) => value.parse::<f64>().is_ok_and(|number| number >= least && number <= most),
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
    PARAMETERS.iter().filter(move |parameter| (parameter.majors.0..=parameter.majors.1).contains(&major))
}

/// The parameter with this name, if the major version has it.
pub(crate) fn parameter(major: u32, name: &str) -> Option<&'static Parameter> {
    parameters(major).find(|parameter| parameter.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_major_version_has_more_parameters_than_fit_on_a_page_and_each_once_and_in_order() {
        for major in 13..=17 {
            let names: Vec<&str> = parameters(major).map(|parameter| parameter.name).collect();
            assert!(names.len() > 100, "{major}: {}", names.len());
            assert!(names.is_sorted_by(|one, other| one < other), "{major}: {names:?}");
        }
    }

    #[test]
    fn every_value_that_is_set_is_one_that_is_taken() {
        for parameter in PARAMETERS.iter().filter(|parameter| parameter.is_modifiable) {
            assert!(parameter.value.is_none_or(|value| parameter.takes(value)), "{}", parameter.name);
        }
    }

    #[test]
    fn a_parameter_takes_what_its_kind_says() {
        let takes = |name, value| parameter(15, name).expect("a parameter that is there").takes(value);
        assert!(takes("rds.force_ssl", "1") && !takes("rds.force_ssl", "on") && !takes("rds.force_ssl", ""));
        assert!(takes("max_connections", "500") && takes("max_connections", "LEAST({DBInstanceClassMemory/1},5000)"));
        assert!(!takes("max_connections", "5") && !takes("max_connections", "many"));
        assert!(takes("log_statement", "ddl") && !takes("log_statement", "DDL"));
        assert!(takes("shared_preload_libraries", "pg_stat_statements,pgaudit"));
        assert!(!takes("shared_preload_libraries", "pg_stat_statements,vector"));
        assert!(takes("random_page_cost", "1.1") && !takes("random_page_cost", "-1"));
        assert!(takes("timezone", "Europe/Berlin"));
        let loads = |major, library| parameter(major, "shared_preload_libraries").expect("each has it").takes(library);
        assert!(!loads(13, "pg_ad_mapping") && loads(14, "pg_ad_mapping") && loads(18, "pg_ad_mapping"));
        assert!(!loads(17, "pg_overexplain") && loads(18, "pg_overexplain"));
    }

    #[test]
    fn a_default_may_differ_between_versions() {
        let value = |major| parameter(major, "rds.force_ssl").and_then(|parameter| parameter.value);
        assert_eq!((value(16), value(17)), (Some("0"), Some("1")));
    }
}
