//! The sandbox over HTTP, on a loopback port.

use std::net::TcpListener;

use bytes::Bytes;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, MockServerBuilder, Request, Respond, ResponseTemplate};

use crate::sandbox::{Delivery, Sandbox};

/// A sandbox that is being served; it is no longer when this is dropped.
#[derive(Debug)]
pub struct Served(MockServer);

impl Served {
    /// Where it listens, such as `http://127.0.0.1:54321`.
    #[must_use]
    pub fn url(&self) -> String {
        self.0.uri()
    }
}

impl Sandbox {
    /// Serves it on a loopback port that is free. Latency is real here. The server cannot break a
    /// connection, so an answer that a dial loses is an HTTP 500 without a body.
    pub async fn serve(&self) -> Served {
        self.serve_with(MockServer::builder()).await
    }

    /// The same on a listener that is already bound.
    pub async fn serve_on(&self, listener: TcpListener) -> Served {
        self.serve_with(MockServer::builder().listener(listener)).await
    }

    async fn serve_with(&self, builder: MockServerBuilder) -> Served {
        // The requests are in the journal, as far as they may be kept.
        let server = builder.disable_request_recording().start().await;
        Mock::given(any()).respond_with(Responder(self.clone())).mount(&server).await;
        Served(server)
    }
}

struct Responder(Sandbox);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut parts = http::Request::builder().method(request.method.clone()).uri(request.url.as_str());
        for (name, value) in &request.headers {
            parts = parts.header(name, value);
        }
        let Ok(request) = parts.body(Bytes::from(request.body.clone())) else { return ResponseTemplate::new(400) };
        let latency = self.0.latency(&request);
        match self.0.receive(&request) {
            Delivery::Answer(response) => {
                let (head, body) = response.into_parts();
                let template = ResponseTemplate::new(head.status.as_u16()).set_body_bytes(body);
                let template = head
                    .headers
                    .iter()
                    .fold(template, |template, (name, value)| template.insert_header(name.clone(), value.clone()));
                template.set_delay(latency)
            }
            Delivery::Truncated(_) | Delivery::Reset | Delivery::Silence => ResponseTemplate::new(500),
        }
    }
}
