//! AWS Systems Manager Parameter Store, as far as tasks need parameters.
//!
//! No call creates a parameter: the program that runs the sandbox adds those that a plan assumes to exist
//! ([`State::add`]).

use crate::services::prelude::*;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "AWS Systems Manager",
    signing_name: "ssm",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../models/ssm.json"),
    errors: Errors::VALIDATING,
    // Stale reads of parameters are not modelled, because nothing changes them.
    consistency: |operation| operation.starts_with("Get").then_some(Consistency::Strong),
    latency: Latency::USUAL,
    collections: |cloud| vec![&mut cloud.ssm.parameters],
    // No caller created them.
    inventory: |_, _| {},
    tagged: |_| Vec::new(),
};

no_events!();

const OPERATIONS: &[(&str, JsonOperation)] = &[("GetParameter", get_parameter), ("GetParameters", get_parameters)];

/// The parameters, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    parameters: Eventual<Parameter>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parameter {
    created: Time,
}

impl State {
    /// Adds a parameter that exists from elsewhere.
    pub(crate) fn add(&mut self, name: &str, now: Time) {
        self.parameters.insert_new(name.to_owned(), Parameter { created: now });
    }
}

/// The parts of the ARN of a parameter: an ARN leaves out the first slash of a name.
/// Source: AWS Systems Manager User Guide, "Working with parameter names".
fn arn(cloud: &Cloud, name: &str) -> String {
    cloud.account.arn("ssm", &format!("parameter/{}", name.strip_prefix('/').unwrap_or(name)))
}

/// The parameter with a name or an ARN.
fn find<'a>(cloud: &'a Cloud, reference: &str) -> Option<(&'a String, &'a Parameter)> {
    let of_arn = |name: &&String| reference.starts_with("arn:") && arn(cloud, name) == reference;
    let name = cloud.ssm.parameters.keys().find(of_arn).map_or(reference, String::as_str);
    cloud.ssm.parameters.get_key_value(name)
}

/// Whether a task can get the parameter with a name or an ARN.
pub(crate) fn has_parameter(cloud: &Cloud, reference: &str) -> bool {
    find(cloud, reference).is_some()
}

/// Without `WithDecryption`, the value is encrypted; here it is a text that says nothing in both cases.
fn describe(cloud: &Cloud, (name, parameter): (&String, &Parameter)) -> Value {
    json!({
        "Name": name,
        "ARN": arn(cloud, name),
        "Type": "SecureString",
        "Value": "sandbox",
        "Version": 1,
        "LastModifiedDate": parameter.created.epoch_seconds(),
        "DataType": "text",
    })
}

fn get_parameter(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("Name")?;
    input.flag("WithDecryption");
    let found =
        find(cloud, name).ok_or_else(|| Refusal::new("ParameterNotFound", format!("Parameter {name} not found.")))?;
    Ok(json!({"Parameter": describe(cloud, found)}))
}

/// Lists the parameters by name, and the names of those that do not exist. Source: AWS Systems Manager API
/// reference, `GetParameters`; the text about duplicates is from getmoto/moto:moto/ssm/models.py.
fn get_parameters(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let mut names = input.texts("Names");
    input.flag("WithDecryption");
    names.sort_unstable();
    let message = "The request contains duplicate parameter names.";
    let has_duplicates = names.windows(2).any(|pair| pair[0] == pair[1]);
    ensure!(!has_duplicates, Refusal::new("ValidationException", message));
    let (mut parameters, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        match find(cloud, &name) {
            Some(found) => parameters.push(describe(cloud, found)),
            None => invalid.push(name),
        }
    }
    Ok(json!({"Parameters": parameters, "InvalidParameters": invalid}))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::clock::Time;
    use crate::services::Service;
    use crate::testing::Bench;

    fn prepared() -> Bench {
        let bench = Bench::new();
        bench.cloud(|cloud| ["/app/dsn", "plain"].map(|name| cloud.ssm.add(name, Time::BEGINNING)));
        bench
    }

    fn get(bench: &Bench, names: Value) -> Result<Value, String> {
        bench.json(Service::Ssm, "GetParameters", &json!({"Names": names, "WithDecryption": false}))
    }

    #[tokio::test(start_paused = true)]
    async fn parameters_are_got_by_name_or_arn() {
        let bench = prepared();
        let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/app/dsn";
        let one = |name: &str| bench.json(Service::Ssm, "GetParameter", &json!({"Name": name, "WithDecryption": true}));
        for name in ["/app/dsn", arn] {
            let found = one(name).expect("it was added")["Parameter"].clone();
            assert_eq!([&found["Name"], &found["ARN"], &found["Type"]], ["/app/dsn", arn, "SecureString"]);
        }
        assert_eq!(one("app/dsn"), Err("ParameterNotFound".to_owned()));
        let answer = get(&bench, json!(["plain", "none", "/app/dsn"])).expect("a list");
        let names: Vec<&Value> =
            answer["Parameters"].as_array().into_iter().flatten().map(|one| &one["Name"]).collect();
        assert_eq!(
            (names, &answer["InvalidParameters"]),
            (vec![&json!("/app/dsn"), &json!("plain")], &json!(["none"]))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn ten_different_parameters_are_got_at_once() {
        let bench = prepared();
        let many: Vec<String> = (0..11).map(|number| format!("p{number}")).collect();
        assert_eq!(
            get(&bench, json!(many[..10])).expect("ten")["InvalidParameters"].as_array().map(Vec::len),
            Some(10)
        );
        for names in [json!(many), json!([]), json!(["plain", "plain"])] {
            assert_eq!(get(&bench, names), Err("ValidationException".to_owned()));
        }
    }
}
