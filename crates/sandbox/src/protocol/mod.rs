//! Maps HTTP requests to operations, and their results to HTTP responses.

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

/// The operation that a request calls, and its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) service: Service,
    pub(crate) operation: String,
    /// The access key id of the signature.
    pub(crate) key: String,
}

/// The service and the operation of a request.
///
/// # Errors
/// A message for people, when the request names no known operation.
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
        Protocol::RestJson(_) => model::rest_json_operation(service, request)
            .map_or_else(|| format!("{} {}", request.method(), request.uri().path()), str::to_owned),
        Protocol::Rest(_) => s3::Request::new(request).operation(),
    };
    Ok(Target { service, operation, key })
}

/// A completed operation.
pub(crate) struct Done {
    pub(crate) answer: Response<Bytes>,
    /// The paths of input members that the operation did not read.
    pub(crate) unread: Vec<String>,
}

/// Performs a call and serializes its answer.
///
/// # Errors
/// When the service refuses the call. A missing parameter has the service's own code.
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
        Protocol::RestJson(table) => {
            let operation = find(table, name).ok_or_else(unknown)?;
            let input = model::rest_json_input(*service, name, request, json::value(request.body())?);
            with(target, input, |input| Ok(json::answer_rest(operation(cloud, input)?, id)))
        }
        Protocol::Rest(operations) => {
            let mut request = s3::Request::new(request);
            let refusal = || model::rest_refusal(&request).unwrap_or_else(unknown);
            let operation = operations.iter().find(|known| known.name == name).ok_or_else(refusal)?;
            request.input = model::rest_input(name, &request)?;
            with(target, request.input.clone(), |_| Ok(rest::answer((operation.perform)(cloud, &request)?, id)))
        }
    })
}

/// Performs an operation whose input is valid against the API model.
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

/// Serializes an error in the format of the service.
pub(crate) fn refuse(target: &Target, request: &Request<Bytes>, refusal: &Refusal, id: &str) -> Response<Bytes> {
    match target.service.protocol() {
        Protocol::Ec2Query { namespace, .. } => query::refuse_ec2(namespace, refusal, id),
        Protocol::AwsQuery { namespace, .. } => query::refuse(namespace, refusal, id),
        Protocol::Json(_) => json::refuse(refusal, id),
        Protocol::RestJson(_) => json::refuse_rest(refusal, id),
        Protocol::Rest(_) => rest::refuse(request, refusal, id),
    }
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, operation)| *operation)
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A response with a body of this content type.
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
