//! Settings of parameter groups, and when they take effect.

use std::collections::BTreeMap;

use super::catalogue::{self, Parameter, Source};
use super::parameter_group::{self, ParameterGroup};
use super::{faults, instance, names, pages};
use crate::services::prelude::*;

/// The maximum number of parameters per call. Source: Amazon RDS API reference,
/// `ModifyDBClusterParameterGroup`.
const MOST: usize = 20;

/// A value that a caller has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setting {
    value: String,
    method: Method,
}

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    Immediate,
    PendingReboot,
}

impl Method {
    fn read(parameter: &Parameter, input: &Input) -> Result<Self, Refusal> {
        match input.word("ApplyMethod") {
            Some(Self::Immediate) if parameter.is_static => {
                Err(faults::combination("cannot use immediate apply method for static parameter"))
            }
            Some(method) => Ok(method),
            None => Err(faults::value(format!("ApplyMethod must be specified for parameter: {}", parameter.name))),
        }
    }
}

pub(super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBClusterParameterGroupName")?;
    let group = parameter_group::changeable(cloud, &name, "modified")?;
    let mut changed = BTreeMap::new();
    for (parameter, input) in named(group, input)? {
        let method = Method::read(parameter, &input)?;
        let value = input.text("ParameterValue").unwrap_or_default().to_owned();
        let asked = match parameter.name {
            "shared_preload_libraries" => cloud.rds.catalogue.without_offered_libraries(&value),
            _ => value.clone(),
        };
        // A list may consist only of additionally offered libraries.
        if !parameter.accepts(&asked) && (asked == value || !asked.is_empty()) {
            let allowed = parameter.allowed().unwrap_or_default();
            let name = parameter.name;
            let message = format!("Invalid parameter value: {value} for: {name} allowed values are: {allowed}");
            return Err(faults::value(message));
        }
        let setting = Setting { value, method };
        if changed.insert(parameter.name.to_owned(), setting).is_some() {
            return Err(faults::value(format!("The parameter {} is given more than once", parameter.name)));
        }
    }
    changed.retain(|name, setting| group.settings.get(name) != Some(setting));
    let methods: Vec<Method> = changed.values().map(|setting| setting.method).collect();
    if let Some(group) = cloud.rds.parameter_groups.get_mut(&name) {
        group.settings.extend(changed);
    }
    take_effect(cloud, &name, &methods);
    Ok(vec![xml::text("DBClusterParameterGroupName", name)])
}

pub(super) fn reset(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBClusterParameterGroupName")?;
    let group = parameter_group::changeable(cloud, &name, "reset")?;
    let all = input.flag("ResetAllParameters").unwrap_or_default();
    if all && !input.list("Parameters").is_empty() {
        let message = "Parameters can't be specified when ResetAllParameters is set.";
        return Err(faults::combination(message));
    }
    let mut dropped = BTreeMap::new();
    if all {
        for name in group.settings.keys() {
            let is_static = catalogue::parameter(group.major, name).is_some_and(|parameter| parameter.is_static);
            dropped.insert(name.clone(), if is_static { Method::PendingReboot } else { Method::Immediate });
        }
    } else {
        for (parameter, input) in named(group, input)? {
            dropped.insert(parameter.name.to_owned(), Method::read(parameter, &input)?);
        }
    }
    dropped.retain(|name, _| group.settings.contains_key(name));
    let methods: Vec<Method> = dropped.values().copied().collect();
    if let Some(group) = cloud.rds.parameter_groups.get_mut(&name) {
        group.settings.retain(|name, _| !dropped.contains_key(name));
    }
    take_effect(cloud, &name, &methods);
    Ok(vec![xml::text("DBClusterParameterGroupName", name)])
}

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let group = parameter_group::seen(cloud, &names::required(input, "DBClusterParameterGroupName")?)?;
    let source = input.text("Source");
    if source.is_some_and(|source| !["engine-default", "system", "user"].contains(&source)) {
        return Err(faults::value("Invalid value for Source. Valid values are engine-default, system, and user"));
    }
    let filters = pages::Filters::read(input, &["parameter-name"])?;
    let parameters = catalogue::parameters(group.major)
        .filter(|parameter| source.is_none_or(|source| source == source_of(parameter, &group)))
        .filter(|parameter| filters.allow("parameter-name", &[parameter.name]))
        .map(|parameter| (parameter.name.to_owned(), parameter));
    pages::listing(input, ["Parameters", "Parameter"], parameters, |parameter| {
        describe_one(parameter, source_of(parameter, &group), group.settings.get(parameter.name))
    })
}

/// The default parameters of a family.
///
/// The filters are "not currently supported". Source: Amazon RDS API reference,
/// `DescribeEngineDefaultClusterParameters`.
pub(super) fn describe_defaults(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let family = input.required("DBParameterGroupFamily")?;
    let major = parameter_group::major(cloud, family)?;
    ensure!(input.list("Filters").is_empty(), faults::value("This API does not support filters"));
    let parameters = catalogue::parameters(major).map(|parameter| (parameter.name.to_owned(), parameter));
    let page = pages::listing(input, ["Parameters", "Parameter"], parameters, |parameter| {
        describe_one(parameter, source_of_default(parameter), None)
    })?;
    let family = xml::text("DBParameterGroupFamily", family);
    Ok(vec![xml::element("EngineDefaults", page.into_iter().chain([family]))])
}

/// The parameters that a call names, with their inputs. They must exist, be modifiable and not be
/// too many.
fn named(group: &ParameterGroup, input: &Input) -> Result<Vec<(&'static Parameter, Input)>, Refusal> {
    let inputs = input.list("Parameters");
    ensure!(!inputs.is_empty(), faults::blank("Parameters"));
    if inputs.len() > MOST {
        return Err(faults::value(format!("A maximum of {MOST} parameters can be changed in a single request.")));
    }
    let known = inputs.into_iter().map(|input| {
        let name = input.text("ParameterName").ok_or_else(|| faults::blank("ParameterName"))?;
        let parameter = catalogue::parameter(group.major, name)
            .ok_or_else(|| faults::value(format!("Could not find parameter with name: {name}")))?;
        ensure!(!parameter.is_locked, faults::value(format!("The parameter {name} cannot be modified.")));
        Ok((parameter, input))
    });
    known.collect()
}

/// Notifies the running instances of the clusters that use a changed group.
fn take_effect(cloud: &mut Cloud, group: &str, methods: &[Method]) {
    if methods.is_empty() {
        return;
    }
    let waits = methods.contains(&Method::PendingReboot);
    let clusters = cloud.rds.clusters.values().filter(|cluster| cluster.parameter_group == group);
    let clusters: Vec<String> = clusters.map(|cluster| cluster.name.clone()).collect();
    for cluster in clusters {
        instance::parameters_changed(cloud, &cluster, waits, methods.contains(&Method::Immediate));
    }
}

fn source_of(parameter: &Parameter, group: &ParameterGroup) -> &'static str {
    if group.settings.contains_key(parameter.name) { "user" } else { source_of_default(parameter) }
}

const fn source_of_default(parameter: &Parameter) -> &'static str {
    match parameter.source {
        Source::System => "system",
        Source::Engine => "engine-default",
    }
}

fn describe_one(parameter: &Parameter, source: &str, setting: Option<&Setting>) -> Vec<Element> {
    let value = setting.map(|setting| setting.value.as_str()).or(parameter.value);
    let method = setting.map_or(Method::PendingReboot, |setting| setting.method);
    vec![
        xml::text("ParameterName", parameter.name),
        xml::optional("ParameterValue", value),
        xml::text("Description", parameter.description),
        xml::text("Source", source),
        xml::text("ApplyType", if parameter.is_static { "static" } else { "dynamic" }),
        xml::text("DataType", parameter.data_type()),
        xml::optional("AllowedValues", parameter.allowed()),
        xml::text("IsModifiable", !parameter.is_locked),
        xml::text("ApplyMethod", words::of(&method)),
        xml::texts("SupportedEngineModes", "member", ["provisioned"]),
    ]
}
