//! The README is true: it lists every operation under its service and nothing else, every code that a
//! call is refused with is in it, and every test that it names is there and knows its code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use saas_sandbox::Service;
use serde_json::Value;

/// The part that tells how much is known.
const TRUTH: &str = "How true is it?";

/// How strongly a fact may be known, the strongest first.
const STRENGTHS: [&str; 4] = ["recorded", "documented", "code of others", "experience"];

/// A row of a table, with the headings that it stands under.
#[derive(Debug)]
struct Row {
    part: String,
    service: String,
    cells: Vec<String>,
}

impl Row {
    /// The test that it names: the path of its file, and its name.
    fn test(&self) -> (&str, &str) {
        let cell = self.cells.last().map_or("", String::as_str);
        let parts =
            cell.strip_prefix('[').and_then(|cell| cell.strip_suffix(')')).and_then(|cell| cell.split_once("]("));
        parts.map(|(name, path)| (path, name)).unwrap_or_else(|| panic!("a row that names no test: {self:?}"))
    }
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of all tables, without their heads.
fn rows() -> Vec<Row> {
    let text = read("README.md");
    let (mut part, mut service) = (String::new(), String::new());
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut part);
            service.clear();
        } else if let Some(heading) = line.strip_prefix("### ") {
            heading.clone_into(&mut service);
        } else if line.starts_with("|--") {
            rows.pop().expect("a table has a head");
        } else if let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
            let cells = cells.split('|').map(|cell| cell.trim().to_owned()).collect();
            rows.push(Row { part: part.clone(), service: service.clone(), cells });
        }
    }
    rows
}

/// What stands in backticks in a cell.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether a file has a test of this name: a function with the attribute of a test directly above.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_it = |line: &str| line.strip_prefix("async ").unwrap_or(line).starts_with(&format!("fn {name}("));
    lines.windows(2).any(|pair| (pair[0] == "#[test]" || pair[0].starts_with("#[tokio::test")) && is_it(pair[1]))
}

fn truth(file: &str) -> Value {
    serde_json::from_str(&read(&format!("truth/{file}.json"))).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The facts of all services, by the name of each service.
fn facts() -> BTreeMap<&'static str, Vec<Value>> {
    let of = |service: Service| {
        // Facts name a service as boto3 does.
        let file = match service.signing_name() {
            "elasticloadbalancing" => "elbv2",
            "tagging" => "resourcegroupstaggingapi",
            name => name,
        };
        let mut told = truth(file);
        assert_eq!(told["service"], file);
        serde_json::from_value(told["facts"].take()).unwrap_or_else(|error| panic!("{file}: {error}"))
    };
    Service::ALL.into_iter().map(|service| (service.name(), of(service))).collect()
}

#[test]
fn the_counts_match_the_facts() {
    let counted = |name: &str, facts: &[&Value]| {
        let of = |strength: &&str| facts.iter().filter(|fact| fact["strength"] == **strength).count().to_string();
        let counts = STRENGTHS.iter().map(of).chain([facts.len().to_string()]);
        std::iter::once(name.to_owned()).chain(counts).collect::<Vec<String>>()
    };
    let facts = facts();
    let mut wanted: Vec<Vec<String>> =
        facts.iter().map(|(name, facts)| counted(name, &facts.iter().collect::<Vec<_>>())).collect();
    wanted.push(counted("all", &facts.values().flatten().collect::<Vec<_>>()));
    let is_count = |row: &&Row| row.part == TRUTH && row.cells.len() == wanted[0].len();
    let mut told: Vec<Vec<String>> = rows().iter().filter(is_count).map(|row| row.cells.clone()).collect();
    wanted.sort();
    told.sort();
    assert_eq!(told, wanted);
}

#[test]
fn known_differences_are_listed_with_their_reasons() {
    let is_difference = |row: &&Row| row.part == TRUTH && row.cells.len() == 2;
    let told: Vec<Vec<String>> = rows().iter().filter(is_difference).map(|row| row.cells.clone()).collect();
    let known: BTreeMap<String, String> = serde_json::from_value(truth("differences")).expect("texts");
    let known: Vec<Vec<String>> = known.into_iter().map(|(fact, reason)| vec![format!("`{fact}`"), reason]).collect();
    assert_eq!(told, known);
}

#[test]
fn every_fact_has_a_statement_a_source_and_calls() {
    let mut ids = BTreeSet::new();
    for fact in facts().values().flatten() {
        let id = fact["id"].as_str().expect("a fact has an id");
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        assert!(fact["fact"].as_str().is_some_and(|text| text.ends_with('.')), "{id} says nothing");
        assert!(STRENGTHS.iter().any(|strength| fact["strength"] == *strength), "{id}: {}", fact["strength"]);
        let sources = fact["source"].as_array().cloned().unwrap_or_else(|| vec![fact["source"].clone()]);
        let is_place = |source: &Value| source.as_str().is_some_and(|text| text.contains(['/', ':']));
        assert!(!sources.is_empty() && sources.iter().all(is_place), "{id}: {sources:?}");
        let calls = fact["calls"].as_array().expect("a fact has calls");
        assert!(calls.iter().any(|call| call["answer"].is_object()), "{id} shows nothing");
    }
}

#[test]
fn every_operation_is_listed_under_its_service_and_nothing_else() {
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows().iter().filter(|row| row.part == "Operations") {
        let names = quoted(&row.cells[0]).map(str::to_owned);
        listed.entry(row.service.clone()).or_default().extend(names);
    }
    for service in Service::ALL {
        let mut there = service.operations();
        there.sort_unstable();
        assert_eq!(listed.remove(service.name()).unwrap_or_default(), there, "{service:?}, by name");
    }
    assert!(listed.is_empty(), "under headings of no service: {listed:?}");
}

#[test]
fn every_named_test_exists() {
    let rows = rows();
    assert!(rows.len() > 500, "only {} rows were found", rows.len());
    for row in rows.iter().filter(|row| row.part != TRUTH) {
        let (path, name) = row.test();
        assert!(has_test(&read(path), name), "{path} has no test {name}");
    }
}

#[test]
fn every_test_is_in_a_file_that_calls_its_operation() {
    // An operation of S3 is a method and a path, and its name stands nowhere.
    for row in rows().iter().filter(|row| row.part == "Operations" && row.service != Service::S3.name()) {
        let (path, name) = row.test();
        // What several tests call is beside them.
        let shared = Path::new(path).with_file_name("mod.rs");
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join(shared);
        let calls = read(path) + &fs::read_to_string(shared).unwrap_or_default();
        for operation in quoted(&row.cells[0]) {
            assert!(calls.contains(&format!("\"{operation}\"")), "{name} in {path} is not about {operation}");
        }
    }
}

#[test]
fn every_rule_has_a_service_and_a_test_with_its_code() {
    let mut with_rules = BTreeSet::new();
    for row in rows().iter().filter(|row| row.part == "Rules") {
        let [rule, codes, _] = row.cells.as_slice() else { panic!("a rule has three cells: {row:?}") };
        let (path, name) = row.test();
        let source = read(path);
        for code in quoted(codes) {
            assert!(source.contains(&format!("\"{code}\"")), "{name} in {path} does not know {code}: {rule}");
        }
        with_rules.insert(row.service.clone());
    }
    let services: BTreeSet<String> = Service::ALL.into_iter().map(|service| service.name().to_owned()).collect();
    assert_eq!(with_rules, services);
}

/// The files of Rust in a directory, and in those in it, without tests and without PostgreSQL, whose
/// refusals are none of AWS's.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("the sources are there") {
        let path = entry.expect("it can be read").path();
        match path.file_name().and_then(|name| name.to_str()).unwrap_or_default() {
            "tests" | "tests.rs" | "postgres" => {}
            _ if path.is_dir() => files.extend(sources(&path)),
            name if name.ends_with(".rs") => files.push(path),
            _ => {}
        }
    }
    files
}

/// The codes that stand literally where a refusal is made.
fn codes(source: &str) -> impl Iterator<Item = &str> {
    let own = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let made = own.split("Refusal::new(").skip(1).chain(own.split("refusals::new(").skip(1));
    made.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).filter(|code| !code.is_empty())
}

#[test]
fn every_error_code_is_listed() {
    let told = read("README.md");
    let missing: BTreeSet<String> = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .iter()
        .map(|path| fs::read_to_string(path).expect("it can be read"))
        .flat_map(|source| codes(&source).map(str::to_owned).collect::<Vec<_>>())
        .filter(|code| !told.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "codes that no rule has: {missing:?}");
}

#[test]
fn test_attributes_must_be_directly_above_the_function() {
    assert!(has_test("    #[test]\n    fn a() {}", "a"));
    assert!(has_test("#[tokio::test(start_paused = true)]\nasync fn a() {}", "a"));
    for none in ["fn a() {}", "#[test]\n\nfn a() {}", "#[test]\nfn ab() {}", "// fn a()", "#[cfg(test)]\nfn a() {}"] {
        assert!(!has_test(none, "a"), "{none}");
    }
}
