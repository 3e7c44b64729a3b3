//! Test support: calls to a sandbox in the wire format.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::clock::Time;
use crate::cloud::{Account, Cloud};
use crate::dials::Dials;
use crate::inventory::Item;
use crate::model;
use crate::sandbox::{Delivery, Sandbox, Settings};
use crate::services::ec2::{InternetGateway, SecurityGroup, Subnet, Vpc};
use crate::services::{Protocol, Service};
use crate::tags::Tags;
use crate::timing::Pace;

/// A sandbox with virtual time; its tests are `#[tokio::test(start_paused = true)]`.
pub(crate) struct Bench(Sandbox);

/// A network that exists from the start, for tests of resources that need one.
pub(crate) const VPC: &str = "vpc-00000000000000001";
pub(crate) const SUBNETS: [&str; 3] =
    ["subnet-0000000000000000a", "subnet-0000000000000000b", "subnet-0000000000000000c"];
pub(crate) const GATEWAY: &str = "igw-00000000000000001";
pub(crate) const GROUP: &str = "sg-00000000000000001";

impl Bench {
    /// An empty account.
    pub(crate) fn new() -> Self {
        Self::with(Dials::default())
    }

    pub(crate) fn with(dials: Dials) -> Self {
        let account = Account::example("us-east-1");
        let dials = Dials { checks: true, ..dials };
        Self(Sandbox::new(Settings { account, beginning: Time::BEGINNING, pace: Pace::Realistic, dials }))
    }

    /// Starts the task of a schedule.
    pub(crate) fn run_schedule(&self, group: &str, name: &str) -> Result<(), String> {
        self.0.run_schedule(group, name)
    }

    /// An account with a network: [`VPC`], [`SUBNETS`] in three zones, [`GATEWAY`], [`GROUP`].
    pub(crate) fn with_network() -> Self {
        Self::with_network_and(Dials::default())
    }

    /// An account with this network and these dials.
    pub(crate) fn with_network_and(dials: Dials) -> Self {
        let bench = Self::with(dials);
        bench.cloud(|cloud| {
            let vpc = Vpc { id: VPC.to_owned(), cidr: "10.0.0.0/16".to_owned(), ..Vpc::default() };
            cloud.ec2.vpcs.insert(VPC.to_owned(), vpc);
            for (number, (id, zone)) in SUBNETS.into_iter().zip(["a", "b", "c"]).enumerate() {
                let subnet = Subnet {
                    id: id.to_owned(),
                    vpc: VPC.to_owned(),
                    cidr: format!("10.0.{}.0/24", number + 1),
                    zone: format!("us-east-1{zone}"),
                    ..Subnet::default()
                };
                cloud.ec2.subnets.insert(id.to_owned(), subnet);
            }
            let gateway =
                InternetGateway { id: GATEWAY.to_owned(), vpc: Some(VPC.to_owned()), ..InternetGateway::default() };
            cloud.ec2.internet_gateways.insert(GATEWAY.to_owned(), gateway);
            let group = SecurityGroup {
                id: GROUP.to_owned(),
                vpc: VPC.to_owned(),
                name: "group".to_owned(),
                ..SecurityGroup::default()
            };
            cloud.ec2.groups.insert(GROUP.to_owned(), group);
            cloud.forget();
        });
        bench
    }

    /// The same account after some time.
    pub(crate) fn later(&self, time: Duration) -> Self {
        Self(self.0.later(time))
    }

    /// Reads or changes the cloud directly, without a call.
    pub(crate) fn cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        self.0.with_cloud(look)
    }

    /// All resources that exist.
    pub(crate) fn inventory(&self) -> Vec<Item> {
        self.0.inventory()
    }

    /// The ARNs and the tags that a service reports to the Tagging API.
    pub(crate) fn tagged(&self, service: Service) -> Vec<(String, Tags)> {
        let told = |cloud: &mut Cloud| {
            let all = (service.descriptor().tagged)(cloud).into_iter();
            all.filter(|(_, tags)| !tags.is_empty()).map(|(arn, tags)| (arn, tags.clone())).collect()
        };
        self.cloud(told)
    }

    /// Makes a call in a query protocol; returns the XML of the answer, or the error code.
    pub(crate) fn query(&self, service: Service, action: &str, input: &[(&str, &str)]) -> Result<String, String> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("Action", action).extend_pairs(input);
        let response = self.send(service, "POST", "/", &[], body.finish().into_bytes());
        let text = String::from_utf8_lossy(response.body()).into_owned();
        if response.status().is_success() { Ok(text) } else { Err(first(&text, "Code").unwrap_or(text)) }
    }

    /// Makes a call in a protocol with JSON; returns the answer, or the error code.
    pub(crate) fn json(&self, service: Service, operation: &str, input: &Value) -> Result<Value, String> {
        let (status, value) = self.answer(service, operation, input);
        if status == 200 { Ok(value) } else { Err(value["__type"].as_str().unwrap_or_default().to_owned()) }
    }

    /// Makes a call in a protocol with JSON; returns the status and the body of its answer.
    pub(crate) fn answer(&self, service: Service, operation: &str, input: &Value) -> (u16, Value) {
        let target = format!("Service.{operation}");
        let (method, uri, headers, body) = match service.protocol() {
            Protocol::RestJson(_) => {
                let (method, uri, body) = model::rest_json_request(service, operation, input);
                (method, uri, Vec::new(), body)
            }
            _ => ("POST", "/".to_owned(), vec![("x-amz-target", target)], input.clone()),
        };
        let response = self.send(service, method, &uri, &headers, body.to_string().into_bytes());
        let value = serde_json::from_slice(response.body()).expect("an answer in JSON");
        (response.status().as_u16(), value)
    }

    /// Sends any request to a service.
    pub(crate) fn send(
        &self,
        service: Service,
        method: &str,
        uri: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> http::Response<Bytes> {
        let scope =
            format!("AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/{}/aws4_request", service.signing_name());
        let mut request = http::Request::builder().method(method).uri(uri).header("authorization", scope);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Bytes::from(body)).expect("a sound request");
        let delivery = self.0.receive(&request);
        if let Some(call) = self.0.last_call().filter(|call| !call.faults.is_empty()) {
            let told = format!("{} {} {:?}\n", service.signing_name(), call.operation, call.faults);
            // While `cargo xtask models --unmodelled` collects what operations read, unread members are
            // no failure.
            assert!(crate::model::append_to_file("faults", &told), "{told}");
        }
        match delivery {
            Delivery::Answer(response) => response,
            lost => panic!("the answer was lost: {lost:?}"),
        }
    }
}

/// Advances virtual time.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The texts of all elements of this name in an XML document, in document order.
pub(crate) fn all(xml: &str, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).expect("a sound document");
    let elements = document.descendants().filter(|node| node.tag_name().name() == name);
    elements.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// The text of the first element of this name in an XML document.
pub(crate) fn first(xml: &str, name: &str) -> Option<String> {
    all(xml, name).into_iter().next()
}

/// The tags of an inventory item, by kind and id.
pub(crate) fn item<'a>(inventory: &'a [Item], kind: &str, id: &str) -> Option<&'a BTreeMap<String, String>> {
    inventory.iter().find(|item| item.kind == kind && item.id == id).map(|item| &item.tags)
}
