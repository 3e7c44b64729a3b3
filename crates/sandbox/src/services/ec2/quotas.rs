//! The default quotas of a new account in a Region. Source: Amazon VPC User Guide, "Amazon VPC quotas";
//! Amazon EC2 User Guide, "Elastic IP address quota".

/// VPCs.
pub(super) const VPCS: usize = 5;
/// Elastic IP addresses.
pub(super) const ADDRESSES: usize = 5;
/// Internet gateways.
pub(super) const INTERNET_GATEWAYS: usize = 5;
/// Subnets in a VPC.
pub(super) const SUBNETS: usize = 200;
/// Route tables in a VPC, including the main one.
pub(super) const ROUTE_TABLES: usize = 200;
/// NAT gateways in a zone that are pending, available or deleting.
pub(super) const NAT_GATEWAYS: usize = 5;
/// Gateway endpoints.
pub(super) const ENDPOINTS: usize = 20;
/// Security groups.
pub(super) const GROUPS: usize = 2_500;
/// Rules of a security group in one direction; IPv4 and IPv6 rules count separately.
pub(super) const RULES: usize = 60;
