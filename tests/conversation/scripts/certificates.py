"""Elastic Load Balancing: listeners of HTTPS with certificates of ACM."""

from typing import Any

from talk import Talk

from scripts.ingress import NOT_FOUND
from scripts.stage import Network

UNKNOWN = "arn:aws:acm:us-east-1:210987654321:certificate/00000000-0000-4000-8000-000000000000"


def certificates(talk: Talk) -> None:
    """A listener has a default certificate, and others that are chosen by name."""
    elb = talk.elb
    network = Network(talk, "10.7", opened=True)
    group = network.group("secure")
    first, second = (request(talk, name) for name in ["one.example.com", "two.example.com"])
    made = elb.create_load_balancer(Name="secure", Subnets=network.subnets, SecurityGroups=[group])
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    this: dict[str, Any] = {
        "LoadBalancerArn": balancer,
        "Protocol": "HTTPS",
        "Port": 443,
        "DefaultActions": [NOT_FOUND],
    }
    elb.create_listener("of no such certificate", **this, Certificates=[{"CertificateArn": UNKNOWN}])
    made = elb.create_listener(
        "of HTTPS", **this, Certificates=[{"CertificateArn": first}], SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06"
    )
    listener = made["Listeners"][0]["ListenerArn"]
    elb.describe_listeners("of HTTPS", LoadBalancerArn=balancer)
    elb.describe_listener_certificates(ListenerArn=listener)
    elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    elb.describe_listener_certificates("with another", ListenerArn=listener)
    elb.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    elb.describe_listener_certificates("without it", ListenerArn=listener)
    elb.modify_listener("another certificate", ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    elb.modify_listener("to HTTP", ListenerArn=listener, Protocol="HTTP", Port=80)
    elb.describe_listeners("of HTTP now", LoadBalancerArn=balancer)
    elb.delete_listener(ListenerArn=listener)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    talk.ec2.delete_security_group(GroupId=group)
    network.close()


def request(talk: Talk, name: str) -> str:
    """A certificate that AWS Certificate Manager issues."""
    return talk.acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
