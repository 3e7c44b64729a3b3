//! A server that stands for the API of GitHub or GitLab: texts that can be listed, added and changed.

use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::script::{Ended, ended, script};

/// The login that the token writes as.
pub(crate) const AUTHOR: &str = "github-actions[bot]";
const TOKEN: &str = "secret-token";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    GitHub,
    GitLab,
}

/// The comments of a pull request and the issues of a repository.
#[derive(Default)]
struct Texts {
    comments: Vec<Value>,
    issues: Vec<Value>,
    /// The methods and paths of the requests that change something.
    changes: Vec<String>,
    /// Whether every request that adds something fails, after it has taken effect.
    fails: bool,
}

/// A running server.
pub(crate) struct Forge {
    kind: Kind,
    texts: Arc<Mutex<Texts>>,
    server: MockServer,
    _runtime: Runtime,
}

impl Forge {
    pub(crate) fn start(kind: Kind) -> Self {
        let runtime = Runtime::new().expect("a runtime can be made");
        let texts = Arc::<Mutex<Texts>>::default();
        let api = Api { kind, texts: Arc::clone(&texts) };
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(api).mount(&server).await;
            server
        });
        Self { kind, texts, server, _runtime: runtime }
    }

    fn texts(&self) -> std::sync::MutexGuard<'_, Texts> {
        self.texts.lock().expect("no handler panicked")
    }

    /// Adds a comment of a user.
    pub(crate) fn add_comment(&self, author: &str, body: &str) {
        let mut texts = self.texts();
        let id = texts.comments.len() + 1;
        texts.comments.push(text(self.kind, id, author, &json!({ "body": body })));
    }

    /// Adds an open issue of the author of the token, or on GitHub a pull request, which it lists as an issue.
    pub(crate) fn add_issue(&self, body: &str, is_pull_request: bool) {
        let mut texts = self.texts();
        let id = texts.issues.len() + 1;
        let mut issue = text(self.kind, id, AUTHOR, &json!({ "body": body, "description": body }));
        if is_pull_request {
            issue["pull_request"] = json!({});
        }
        texts.issues.push(issue);
    }

    /// Makes every request that adds something fail.
    pub(crate) fn fail(&self) {
        self.texts().fails = true;
    }

    /// The bodies of the comments.
    pub(crate) fn comments(&self) -> Vec<String> {
        self.texts().comments.iter().map(|comment| comment["body"].as_str().expect("a text").to_owned()).collect()
    }

    /// The issues.
    pub(crate) fn issues(&self) -> Vec<Value> {
        self.texts().issues.clone()
    }

    /// The requests that changed something.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.texts().changes.clone()
    }

    /// Runs the script of the forge.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let name = match self.kind {
            Kind::GitHub => "github.sh",
            Kind::GitLab => "gitlab.sh",
        };
        let mut command = Command::new(script(name));
        command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        match self.kind {
            Kind::GitHub => command
                .env("GITHUB_TOKEN", TOKEN)
                .env("GITHUB_REPOSITORY", "team/shop")
                .env("GITHUB_API_URL", self.server.uri()),
            Kind::GitLab => command
                .env("SAAS_GITLAB_TOKEN", TOKEN)
                .env("CI_PROJECT_ID", "3")
                .env("CI_API_V4_URL", self.server.uri()),
        };
        ended(&mut command)
    }
}

/// A text as the API shows it.
fn text(kind: Kind, id: usize, author: &str, fields: &Value) -> Value {
    let mut text = match kind {
        Kind::GitHub => json!({
            "id": id, "number": id, "user": { "login": author }, "state": "open", "html_url": format!("https://forge/{id}")
        }),
        Kind::GitLab => json!({
            "id": 1_000 + id, "author": { "username": author }, "state": "opened", "web_url": format!("https://forge/{id}")
        }),
    };
    let object = text.as_object_mut().expect("an object");
    object.extend(fields.as_object().expect("an object").clone());
    text
}

struct Api {
    kind: Kind,
    texts: Arc<Mutex<Texts>>,
}

impl Respond for Api {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let authorized = match self.kind {
            Kind::GitHub => header("authorization") == Some(&format!("Bearer {TOKEN}")[..]),
            Kind::GitLab => header("private-token") == Some(TOKEN),
        };
        if !authorized {
            return ResponseTemplate::new(401);
        }
        let mut texts = self.texts.lock().expect("no handler panicked");
        let (method, path) = (request.method.as_str(), request.url.path());
        let path = match self.kind {
            Kind::GitHub => path.strip_prefix("/repos/team/shop"),
            Kind::GitLab if path == "/user" => return answer(200, &json!({ "username": AUTHOR })),
            Kind::GitLab => path.strip_prefix("/projects/3"),
        };
        let Some(path) = path else { return ResponseTemplate::new(404) };
        if method != "GET" {
            texts.changes.push(format!("{method} {path}"));
        }
        let collections = match self.kind {
            Kind::GitHub => [("/issues/7/comments", "/issues/comments/", true), ("/issues", "/issues/", false)],
            Kind::GitLab => {
                [("/merge_requests/7/notes", "/merge_requests/7/notes/", true), ("/issues", "/issues/", false)]
            }
        };
        for (all, one, are_comments) in collections {
            let Texts { comments, issues, fails, .. } = &mut *texts;
            let list = if are_comments { comments } else { issues };
            if path == all && method == "GET" {
                return page(request, list, self.kind);
            }
            let Ok(fields) = serde_json::from_slice::<Value>(&request.body) else { continue };
            if path == all && method == "POST" {
                let mut added = text(self.kind, list.len() + 1, AUTHOR, &fields);
                if self.kind == Kind::GitLab && !are_comments {
                    added["iid"] = json!(list.len() + 1);
                }
                list.push(added.clone());
                return if *fails { ResponseTemplate::new(502) } else { answer(201, &added) };
            }
            let update = if self.kind == Kind::GitHub { "PATCH" } else { "PUT" };
            let id = path.strip_prefix(one).and_then(|id| id.parse::<u64>().ok());
            if let Some(id) = id.filter(|_| method == update) {
                let is_it = |text: &&mut Value| ["iid", "number", "id"].iter().any(|key| text[key] == json!(id));
                let Some(found) = list.iter_mut().find(is_it) else { return ResponseTemplate::new(404) };
                found.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
                if fields["state_event"] == "close" {
                    found["state"] = json!("closed");
                }
                return answer(200, found);
            }
        }
        ResponseTemplate::new(404)
    }
}

/// A page of the open texts of a list. The scripts must name the state of issues.
fn page(request: &Request, list: &[Value], kind: Kind) -> ResponseTemplate {
    let query =
        |key: &str| request.url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned());
    let number = |key: &str| query(key).and_then(|value| value.parse::<usize>().ok()).expect("the script pages");
    let (size, page) = (number("per_page"), number("page"));
    let open = if kind == Kind::GitHub { "open" } else { "opened" };
    let state = query("state");
    assert!(state.as_deref().is_none_or(|state| state == open), "{state:?}");
    let shown = list.iter().filter(|text| state.is_none() || text["state"] == open);
    answer(200, &shown.skip(size * (page - 1)).take(size).cloned().collect::<Value>())
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}
