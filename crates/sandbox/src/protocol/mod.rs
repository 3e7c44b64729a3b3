//! From an HTTP request to an operation, and from its result to an HTTP response.

mod json;
mod query;
mod rest;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::cloud::Cloud;
use crate::input::Input;
use crate::model;
use crate::refusal::Refusal;
use crate::services::{Protocol, Service, ec2, s3};

/// What a request asks for, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) service: Service,
    pub(crate) operation: String,
    /// The id of the key that signed it.
    pub(crate) key: String,
}

/// Which operation of which service a request is for.
///
/// # Errors
/// A text for people, when it is for none that is here or says nothing of it.
pub(crate) fn target(request: &Request<Bytes>) -> Result<Target, String> {
    // Authorization: AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, ...
    let mut scope = header(request, "authorization").split('/');
    let key = scope.next().and_then(|credential| credential.rsplit('=').next()).unwrap_or_default().to_owned();
    let name = scope.nth(2).ok_or("the request is not signed, so it does not say for which service it is")?;
    let service = Service::from_signing_name(name).ok_or_else(|| format!("the sandbox has no service `{name}`"))?;
    let operation = match service.protocol() {
        Protocol::Ec2Query { .. } | Protocol::AwsQuery { .. } => {
            Input::from_query(request.body()).text("Action").unwrap_or_default().to_owned()
        }
        // X-Amz-Target: <service>_<version>.<operation>
        Protocol::Json(_) => header(request, "x-amz-target").rsplit('.').next().unwrap_or_default().to_owned(),
        Protocol::Rest(_) => s3::Request::new(request).operation().to_owned(),
    };
    Ok(Target { service, operation, key })
}

/// What an operation has done.
pub(crate) struct Done {
    pub(crate) answer: Response<Bytes>,
    /// The members of its input that it did not ask for, by place.
    pub(crate) unread: Vec<String>,
}

/// Performs a call and writes its answer.
///
/// # Errors
/// When the service refuses it. A parameter that is missing has each service's own code.
pub(crate) fn perform(cloud: &mut Cloud, target: &Target, request: &Request<Bytes>, id: &str) -> Result<Done, Refusal> {
    answer(cloud, target, request, id).map_err(|refusal| {
        let code = refusal.is_missing_parameter().then(|| target.service.missing_parameter().into());
        Refusal { code: code.unwrap_or(refusal.code), ..refusal }
    })
}

fn answer(cloud: &mut Cloud, target: &Target, request: &Request<Bytes>, id: &str) -> Result<Done, Refusal> {
    let unknown = || {
        let message = format!("the sandbox has no operation {} of {}", target.operation, target.service.name());
        Refusal::new("UnknownOperationException", message).status(501)
    };
    let Target { service, operation: name, .. } = target;
    cloud.perform(*service, name, |cloud| match service.protocol() {
        Protocol::Ec2Query { namespace, operations } => {
            let operation = find(operations, name).ok_or_else(unknown)?;
            with(target, Input::from_query(request.body()), |input| {
                Ok(query::answer_ec2(namespace, name, ec2::perform(cloud, input, operation)?, id))
            })
        }
        Protocol::AwsQuery { namespace, operations } => {
            let operation = find(operations, name).ok_or_else(unknown)?;
            with(target, Input::from_query(request.body()), |input| {
                Ok(query::answer(namespace, name, operation(cloud, input)?, id))
            })
        }
        Protocol::Json(table) => {
            let operation = find(table, name).ok_or_else(unknown)?;
            with(target, json::input(request.body())?, |input| Ok(json::answer(operation(cloud, input)?, id)))
        }
        Protocol::Rest(operations) => {
            let operation = operations.iter().find(|known| known.name == name).ok_or_else(unknown)?;
            let mut request = s3::Request::new(request);
            request.input = model::rest_input(name, &request)?;
            with(target, request.input.clone(), |_| Ok(rest::answer((operation.perform)(cloud, &request)?, id)))
        }
    })
}

/// Performs an operation with an input that is as the API model says.
fn with(
    target: &Target,
    input: Input,
    perform: impl FnOnce(&Input) -> Result<Response<Bytes>, Refusal>,
) -> Result<Done, Refusal> {
    model::admit(target.service, &target.operation, input.raw())?;
    let performed = perform(&input);
    #[cfg(test)]
    model::note(target.service, &target.operation, &input);
    Ok(Done { answer: performed?, unread: model::unread(target.service, &target.operation, &input) })
}

/// Writes a refusal as the service does.
pub(crate) fn refuse(target: &Target, request: &Request<Bytes>, refusal: &Refusal, id: &str) -> Response<Bytes> {
    match target.service.protocol() {
        Protocol::Ec2Query { namespace, .. } => query::refuse_ec2(namespace, refusal, id),
        Protocol::AwsQuery { namespace, .. } => query::refuse(namespace, refusal, id),
        Protocol::Json(_) => json::refuse(refusal, id),
        Protocol::Rest(_) => rest::refuse(request, refusal, id),
    }
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, operation)| *operation)
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A response with a body of a type.
fn response(status: u16, content_type: &'static str, id: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static(content_type));
    if let Ok(id) = http::HeaderValue::from_str(id) {
        headers.insert("x-amzn-requestid", id.clone());
        headers.insert("x-amz-request-id", id);
    }
    response
}
