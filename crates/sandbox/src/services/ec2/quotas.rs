//! How much a new account may have in a Region. Source: Amazon VPC User Guide, "Amazon VPC quotas";
//! Amazon EC2 User Guide, "Elastic IP address quota".

/// VPCs.
pub(super) const VPCS: usize = 5;
/// Elastic IP addresses.
pub(super) const ADDRESSES: usize = 5;
/// Internet gateways.
pub(super) const INTERNET_GATEWAYS: usize = 5;
/// Subnets of a VPC.
pub(super) const SUBNETS: usize = 200;
/// Route tables of a VPC, the main one among them.
pub(super) const ROUTE_TABLES: usize = 200;
/// NAT gateways of a zone that are pending, available or being deleted.
pub(super) const NAT_GATEWAYS: usize = 5;
/// Gateway endpoints.
pub(super) const ENDPOINTS: usize = 20;
/// Security groups.
pub(super) const GROUPS: usize = 2_500;
/// Rules of a security group in one direction; those for IPv6 are counted apart.
pub(super) const RULES: usize = 60;
