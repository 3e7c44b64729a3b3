//! The sandbox in process, as the HTTP client of the AWS SDK. It uses no socket, so time can be
//! virtual.

use std::io;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use crate::sandbox::{Delivery, Sandbox};

impl Sandbox {
    /// An HTTP client that sends all requests to this sandbox, to any address. Requests to S3 must use
    /// path-style addressing.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(InProcess(Arc::new(self.clone())))
    }
}

#[derive(Clone, Debug)]
struct InProcess(Arc<Sandbox>);

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = collect(request).await?;
            let latency = sandbox.latency(&request);
            tokio::time::sleep(latency / 2).await;
            let delivery = sandbox.receive(&request);
            tokio::time::sleep(latency / 2).await;
            match delivery {
                Delivery::Answer(response) => Ok(respond(response, SdkBody::from)),
                Delivery::Truncated(response) => Ok(respond(response, truncated)),
                Delivery::Reset => Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())),
                Delivery::Silence => std::future::pending().await,
            }
        })
    }
}

/// Reads the whole body of the request.
async fn collect(request: HttpRequest) -> Result<http::Request<Bytes>, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
    Ok(http::Request::from_parts(head, body))
}

fn respond(response: http::Response<Bytes>, body: impl FnOnce(Bytes) -> SdkBody) -> HttpResponse {
    let (head, content) = response.into_parts();
    let status = StatusCode::try_from(head.status.as_u16()).expect("what was a status code is one");
    let mut response = HttpResponse::new(status, body(content));
    for (name, value) in &head.headers {
        if let Ok(value) = value.to_str() {
            response.headers_mut().insert(name.to_string(), value.to_owned());
        }
    }
    response
}

/// A body that fails after its first half.
fn truncated(content: Bytes) -> SdkBody {
    let half = content.slice(..content.len() / 2);
    let frames = [Ok(Frame::data(half)), Err(io::Error::from(io::ErrorKind::UnexpectedEof))];
    SdkBody::from_body_1_x(StreamBody::new(stream::iter(frames)))
}
