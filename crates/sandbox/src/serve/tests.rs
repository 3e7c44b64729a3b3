//! Tests over real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use super::Served;
use crate::clock::Time;
use crate::cloud::Account;
use crate::dials::{Dials, Fault, Faults};
use crate::sandbox::{Sandbox, Settings};
use crate::timing::Pace;

/// A sandbox whose second call has this fault.
fn sandbox(fault: Fault) -> Sandbox {
    let account = Account::example("us-east-1");
    let dials = Dials { faults: Faults::At(1, fault), ..Dials::default() };
    Sandbox::new(Settings { account, beginning: Time::BEGINNING, pace: Pace::Instant, dials })
}

fn connect(served: &Served) -> TcpStream {
    TcpStream::connect(served.address()).expect("it listens")
}

fn send(stream: &mut TcpStream, action: &str) {
    let body = format!("Action={action}&Version=2016-11-15&CidrBlock=10.0.0.0/16");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded; charset=utf-8\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/ec2/aws4_request\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("it takes the request");
}

/// A complete answer: its head and its body.
fn receive(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head arrives");
        bytes.extend(byte);
    }
    let head = String::from_utf8(bytes).expect("a head is text");
    let mut body = vec![0; length(&head)];
    stream.read_exact(&mut body).expect("a body arrives");
    (head, String::from_utf8(body).expect("XML is text"))
}

fn length(head: &str) -> usize {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()).expect("the head promises a body")
}

/// Creates a VPC, and sends a second call, which has the fault.
fn two_calls(served: &Served) -> TcpStream {
    let mut stream = connect(served);
    send(&mut stream, "CreateVpc");
    let (head, body) = receive(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("<vpcId>vpc-"), "{head}{body}");
    send(&mut stream, "CreateVpc");
    stream
}

#[test]
fn a_connection_is_reused_until_a_reset_breaks_it() {
    for (fault, vpcs) in [(Fault::ResetBefore, 1), (Fault::ResetAfter, 2)] {
        let sandbox = sandbox(fault);
        let served = sandbox.serve().expect("a port is free");
        let mut stream = two_calls(&served);
        let error = stream.read(&mut [0; 64]).expect_err("nothing arrives");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{fault:?}");
        assert_eq!(sandbox.inventory().len(), vpcs, "{fault:?}");
        let mut next = connect(&served);
        send(&mut next, "CreateVpc");
        assert!(receive(&mut next).0.starts_with("HTTP/1.1 200"), "another connection works");
    }
}

#[test]
fn a_truncated_body_ends_before_its_content_length() {
    let sandbox = sandbox(Fault::Truncated);
    let served = sandbox.serve().expect("a port is free");
    let mut stream = two_calls(&served);
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the connection ends without an error");
    let (head, body) = text.split_once("\r\n\r\n").expect("the head arrives whole");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-type: text/xml"), "{head}");
    assert_eq!(body.len(), length(head) / 2);
    assert!(body.starts_with("<?xml"), "{body}");
    assert_eq!(sandbox.inventory().len(), 2);
}

#[test]
fn an_answer_without_a_body_is_truncated_in_its_head() {
    let response = http::Response::builder().status(204).header("x-amz-request-id", "0123").body(bytes::Bytes::new());
    let bytes = super::truncated(&response.expect("it is sound"));
    assert_eq!(String::from_utf8_lossy(&bytes), "HTTP/1.1 204 No Content\r");
}

#[test]
fn a_silent_call_does_not_block_other_calls() {
    let sandbox = sandbox(Fault::Silence);
    let served = sandbox.serve().expect("a port is free");
    let mut silent = two_calls(&served);
    while sandbox.journal().len() < 2 {
        std::thread::yield_now();
    }
    let mut other = connect(&served);
    send(&mut other, "CreateVpc");
    assert!(receive(&mut other).0.starts_with("HTTP/1.1 200"));
    assert_eq!(sandbox.inventory().len(), 3, "what is not answered is done");
    silent.set_nonblocking(true).expect("a socket");
    let error = silent.read(&mut [0; 64]).expect_err("nothing has arrived");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

#[test]
fn it_is_served_until_it_is_dropped() {
    let served = sandbox(Fault::Silence).serve().expect("a port is free");
    let address = served.address();
    let mut stream = connect(&served);
    send(&mut stream, "CreateVpc");
    assert!(receive(&mut stream).0.starts_with("HTTP/1.1 200"));
    drop(served);
    assert_eq!(stream.read(&mut [0; 64]).unwrap_or_default(), 0, "its connections end");
    assert!(TcpStream::connect(address).is_err(), "and it listens no more");
}
