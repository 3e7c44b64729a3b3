//! Each mutant of `mutants.txt` is refuted by the claim that it names; each equivalent mutant is
//! proven.

mod common;

use common::{
    changed, copied, drafts, prefixes, prefixes_of_an_application, prefixes_with_features, refuted, resealed,
};
use saas_model::Plan;
use saas_model::plan::OwnerTags;
use serde_json::Value;

/// The catalogues of mutants, each with the plan that it changes.
const OF_PREFIXES: &str = include_str!("mutants.txt");
const OF_FEATURES: &str = include_str!("mutants-features.txt");
const OF_AN_APPLICATION: &str = include_str!("mutants-application.txt");

struct Mutant<'a> {
    line: &'a str,
    address: &'a str,
    operation: &'a str,
    pointer: &'a str,
    value: Value,
    expected: &'a str,
}

fn mutants(catalogue: &str) -> Vec<Mutant<'_>> {
    let lines = catalogue.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split(" | ").collect();
            let [address, operation, pointer, value, expected] = columns[..] else {
                panic!("not five columns: {line}")
            };
            let value = if value.is_empty() { Value::Null } else { serde_json::from_str(value).expect(line) };
            Mutant { line, address, operation, pointer, value, expected }
        })
        .collect()
}

/// The parent of the value at a pointer, and the last part of the pointer.
fn parent<'v, 'p>(fields: &'v mut Value, pointer: &'p str) -> (&'v mut Value, &'p str) {
    let (parent, last) = pointer.rsplit_once('/').expect("pointers begin with a slash");
    (fields.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")), last)
}

fn set(fields: &mut Value, pointer: &str, value: Value) {
    match parent(fields, pointer) {
        (Value::Object(object), key) => drop(object.insert(key.to_owned(), value)),
        (list, index) => list[index.parse::<usize>().expect("lists have numbers")] = value,
    }
}

fn add(fields: &mut Value, pointer: &str, value: Value) {
    match fields.pointer_mut(pointer) {
        Some(Value::Array(list)) => list.push(value),
        _ => set(fields, pointer, value),
    }
}

fn remove(fields: &mut Value, pointer: &str) {
    match parent(fields, pointer) {
        (Value::Object(object), key) => drop(object.remove(key).expect("it is there")),
        (Value::Array(list), index) => drop(list.remove(index.parse().expect("lists have numbers"))),
        (other, _) => panic!("{other} holds nothing"),
    }
}

fn exchange(fields: &mut Value, pointer: &str, old: &Value, new: Option<Value>) {
    let list = fields.pointer_mut(pointer).and_then(Value::as_array_mut).expect("a list");
    let at = list.iter().position(|element| element == old).expect("it is there");
    match new {
        Some(new) => list[at] = new,
        None => drop(list.remove(at)),
    }
}

fn apply(plan: &Plan, mutant: &Mutant<'_>) -> Result<Plan, String> {
    let Mutant { address, operation, pointer, value, .. } = mutant;
    let (value, pointer) = (value.clone(), *pointer);
    match *operation {
        "set" => changed(plan, address, |fields| set(fields, pointer, value)),
        "add" => changed(plan, address, |fields| add(fields, pointer, value)),
        "remove" => changed(plan, address, |fields| remove(fields, pointer)),
        "drop" => changed(plan, address, |fields| exchange(fields, pointer, &value, None)),
        "replace" => changed(plan, address, |fields| exchange(fields, pointer, &value[0], Some(value[1].clone()))),
        "same-priority" => {
            let other = plan.nodes().iter().find(|node| node.address.as_str() == value).expect("it is there");
            let priority = saas_model::fields::fields(&other.resource)["priority"].clone();
            changed(plan, address, |fields| set(fields, pointer, priority))
        }
        "tag" => {
            let mut drafts = drafts(plan);
            let draft = drafts.iter_mut().find(|draft| draft.address.as_str() == *address).ok_or("no such node")?;
            draft.tags = OwnerTags { tenant_id: value.as_str().ok_or("no text")?.into(), ..draft.tags.clone() };
            resealed(plan, drafts)
        }
        "copy" => copied(plan, address, pointer, |fields| {
            for (pointer, value) in value.as_object().expect("pointers with values") {
                set(fields, pointer, value.clone());
            }
        }),
        other => panic!("no operation `{other}`"),
    }
}

#[test]
fn every_mutant_is_caught_by_its_claim() {
    assert!(caught(&prefixes(), OF_PREFIXES) >= 250);
}

#[test]
fn every_mutant_of_a_plan_with_many_features_is_caught_by_its_claim() {
    assert!(caught(&prefixes_with_features(), OF_FEATURES) >= 20);
}

#[test]
fn every_mutant_of_an_application_is_caught_by_its_claim() {
    assert!(caught(&prefixes_of_an_application(), OF_AN_APPLICATION) >= 150);
}

/// Checks all mutants of a catalogue and returns the number that are refuted.
fn caught(plan: &Plan, catalogue: &str) -> usize {
    assert!(refuted(plan).is_empty(), "{:?}", refuted(plan));
    let mut wrong = Vec::new();
    let (mut caught, mut equivalent) = (0, 0);
    for mutant in mutants(catalogue) {
        let mutated = match apply(plan, &mutant) {
            Ok(mutated) if mutated.id() == plan.id() => {
                wrong.push(format!("changes nothing: {}", mutant.line));
                continue;
            }
            Ok(mutated) => mutated,
            Err(error) => {
                wrong.push(format!("is no plan ({error}): {}", mutant.line));
                continue;
            }
        };
        let refuted = refuted(&mutated);
        if mutant.expected.starts_with('=') {
            equivalent += 1;
            if !refuted.is_empty() {
                wrong.push(format!("refuted by {refuted:?}: {}", mutant.line));
            }
        } else {
            caught += 1;
            if !refuted.iter().any(|id| id == mutant.expected) {
                wrong.push(format!("not caught, but {refuted:?}: {}", mutant.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), caught + equivalent, wrong.join("\n"));
    caught
}
