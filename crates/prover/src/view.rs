//! The plan grouped by tenant, with indexes for the claims: owners, rules, routes and attachments.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use saas_model::arn::Place;
use saas_model::policy::{Policy, Statement};
use saas_model::resource::{
    Bucket, DbCluster, Listener, ListenerRule, LoadBalancer, Resource, ResourceSpec, Role, RouteTable, SecurityGroup,
    SecurityGroupRule, Service,
};
use saas_model::{Address, Node, Plan, Ref};

use crate::action_lists::ActionLists;
use crate::catalogue::{ActionSet, Unlisted};
use crate::channels::s3::BucketPolicies;

/// A plan grouped by tenant.
pub(crate) struct View<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) tenants: Vec<Tenant<'a>>,
    /// Nodes that belong to no tenant.
    pub(crate) shared: Vec<&'a Node>,
    /// Nodes under `tenant/` that still belong to no tenant.
    pub(crate) strays: Vec<&'a Node>,
    places: HashMap<&'a str, u32>,
    classes: HashMap<&'a Address, Class>,
    rules: HashMap<&'a Address, Vec<(&'a Node, &'a SecurityGroupRule)>>,
    routes: HashMap<&'a Address, Vec<&'a RouteTable>>,
    allowed: RefCell<ActionLists<'a>>,
    bucket_policies: OnceCell<BucketPolicies<'a>>,
    domain: OnceCell<Option<&'a str>>,
    /// The ports on which database clusters listen.
    pub(crate) database_ports: Vec<u16>,
    /// The roles that bucket policies may exempt: those that may change the platform's own bucket,
    /// and the provisioner.
    pub(crate) administrators: BTreeSet<&'a str>,
    /// The roles that bucket policies may allow to access objects: the administrators except the
    /// provisioner.
    pub(crate) rescuers: BTreeSet<&'a str>,
}

/// A tenant with its nodes.
#[derive(Clone, Copy)]
pub(crate) struct Tenant<'a> {
    pub(crate) id: &'a str,
    /// Its position in the list of tenants.
    pub(crate) place: u32,
    pub(crate) nodes: &'a [Node],
}

/// The users of a security group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The tasks of one tenant, by its position.
    Tasks(u32),
    /// Tasks of all tenants.
    Clients,
    /// Load balancers.
    LoadBalancer,
    /// Database clusters.
    Database,
    /// Resources that must not share a group.
    Mixed,
}

impl<'a> View<'a> {
    pub(crate) fn of(plan: &'a Plan) -> Self {
        let nodes = plan.nodes();
        let mut view = Self {
            plan,
            tenants: Vec::new(),
            shared: Vec::new(),
            strays: Vec::new(),
            places: HashMap::new(),
            classes: HashMap::new(),
            rules: HashMap::new(),
            routes: HashMap::new(),
            allowed: RefCell::new(ActionLists::new(Unlisted::IfAny)),
            bucket_policies: OnceCell::new(),
            domain: OnceCell::new(),
            database_ports: Vec::new(),
            administrators: BTreeSet::new(),
            rescuers: BTreeSet::new(),
        };
        let provisioner = plan.header().provisioner.as_str();
        view.rescuers = plan.control_bucket().map(|(_, bucket)| bucket.policy.administrators()).unwrap_or_default();
        view.rescuers.remove(provisioner);
        view.administrators = view.rescuers.iter().copied().chain([provisioner]).collect();
        view.split(nodes);
        for node in nodes {
            view.attach(node);
        }
        view
    }

    /// The nodes of a tenant are contiguous: addresses are sorted, and `tenant/<id>/` is a prefix
    /// of all of the tenant's addresses and of no others.
    fn split(&mut self, nodes: &'a [Node]) {
        let mut at = 0;
        while at < nodes.len() {
            let address = &nodes[at].address;
            let Some((id, _)) = address.within_tenant() else {
                let list = if address.tenant().is_some() { &mut self.strays } else { &mut self.shared };
                list.push(&nodes[at]);
                at += 1;
                continue;
            };
            let own = |node: &Node| node.address.within_tenant().is_some_and(|(other, _)| other == id);
            let end = nodes[at..].iter().position(|node| !own(node)).map_or(nodes.len(), |more| at + more);
            let place = u32::try_from(self.tenants.len()).expect("a plan has fewer than 2^32 nodes");
            self.tenants.push(Tenant { id, place, nodes: &nodes[at..end] });
            self.places.insert(id, place);
            at = end;
        }
    }

    fn attach(&mut self, node: &'a Node) {
        match &node.resource {
            Resource::Service(Service { security_groups, .. }) => {
                let owner = self.owner(&node.address);
                for group in security_groups {
                    let class = match (owner, self.owner(group.address())) {
                        (Some(tenant), Some(other)) if tenant == other => Class::Tasks(tenant),
                        (Some(_), None) => Class::Clients,
                        _ => Class::Mixed,
                    };
                    self.class(group, class);
                }
            }
            Resource::LoadBalancer(LoadBalancer { security_groups, .. }) => {
                security_groups.iter().for_each(|group| self.class(group, Class::LoadBalancer));
            }
            Resource::DbCluster(DbCluster { security_groups, port, .. }) => {
                self.database_ports.push(*port);
                security_groups.iter().for_each(|group| self.class(group, Class::Database));
            }
            Resource::SecurityGroupRule(rule) => {
                self.rules.entry(rule.group.address()).or_default().push((node, rule));
            }
            Resource::RouteTable(table) => {
                for subnet in &table.subnets {
                    self.routes.entry(subnet.address()).or_default().push(table);
                }
            }
            _ => {}
        }
    }

    fn class(&mut self, group: &'a Ref<SecurityGroup>, class: Class) {
        let before = self.classes.entry(group.address()).or_insert(class);
        if *before != class {
            *before = Class::Mixed;
        }
    }

    /// The position of the tenant that owns an address.
    pub(crate) fn owner(&self, address: &Address) -> Option<u32> {
        let (id, _) = address.within_tenant()?;
        self.places.get(id).copied()
    }

    pub(crate) fn class_of(&self, group: &Address) -> Option<Class> {
        self.classes.get(group).copied()
    }

    pub(crate) fn rules_of(&self, group: &Address) -> &[(&'a Node, &'a SecurityGroupRule)] {
        self.rules.get(group).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn routes_of(&self, subnet: &Address) -> &[&'a RouteTable] {
        self.routes.get(subnet).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn node(&self, address: &Address) -> Option<&'a Node> {
        if let Some(tenant) = self.owner(address) {
            return self.tenants[tenant as usize].get(address);
        }
        let list = if address.tenant().is_some() { &self.strays } else { &self.shared };
        list.binary_search_by(|node| node.address.cmp(address)).ok().map(|at| list[at])
    }

    pub(crate) fn get<T: ResourceSpec + 'a>(&self, reference: &Ref<T>) -> Option<&'a T> {
        T::of(&self.node(reference.address())?.resource)
    }

    /// The shared resources of a kind.
    pub(crate) fn shared<T: ResourceSpec + 'a>(&self) -> impl Iterator<Item = (&'a Node, &'a T)> + '_ {
        self.shared.iter().filter_map(|node| Some((*node, T::of(&node.resource)?)))
    }

    /// The load balancer that a rule belongs to.
    pub(crate) fn load_balancer(&self, rule: &ListenerRule) -> Option<(&'a Address, &'a LoadBalancer)> {
        let listener: &Listener = self.get(&rule.listener)?;
        Some((listener.load_balancer.address(), self.get(&listener.load_balancer)?))
    }

    /// The parent domain of the tenants' hosts, which `find` computes once.
    pub(crate) fn domain(&self, find: fn(&Self) -> Option<&'a str>) -> Option<&'a str> {
        *self.domain.get_or_init(|| find(self))
    }

    pub(crate) fn at(&self) -> Place<'a> {
        self.plan.header().place()
    }

    pub(crate) fn role_arn(&self, role: &Role) -> String {
        self.at().global_arn("iam", format_args!("role{}{}", role.path, role.name))
    }

    pub(crate) fn bucket_arn(&self, bucket: &Bucket) -> String {
        self.at().bucket_arn(&bucket.name)
    }

    /// The actions that an allow statement may name.
    pub(crate) fn allowed(&self, statement: &'a Statement) -> Rc<ActionSet> {
        // If another element of a statement ever determines its actions, it must be part of the key.
        let Statement { sid: _, effect: _, principal: _, actions, resources: _, conditions: _ } = statement;
        let mut lists = self.allowed.borrow_mut();
        let number = lists.number(actions);
        Rc::clone(lists.set(number))
    }

    /// The policies of the tenants' buckets.
    pub(crate) fn bucket_policies(&self) -> &BucketPolicies<'a> {
        self.bucket_policies.get_or_init(|| BucketPolicies::of(self))
    }
}

impl<'a> Tenant<'a> {
    /// Its resources of a kind, with their nodes.
    pub(crate) fn all<T: ResourceSpec + 'a>(&self) -> impl Iterator<Item = (&'a Node, &'a T)> + use<'a, T> {
        self.nodes.iter().filter_map(|node| Some((node, T::of(&node.resource)?)))
    }

    pub(crate) fn owns(&self, address: &Address) -> bool {
        address.within_tenant().is_some_and(|(id, _)| id == self.id)
    }

    /// The address of one of its nodes relative to the tenant.
    pub(crate) fn within<'n>(&self, node: &'n Node) -> &'n str {
        node.address.within_tenant().map_or(node.address.as_str(), |(_, rest)| rest)
    }

    /// Its node at an address.
    pub(crate) fn get(&self, address: &Address) -> Option<&'a Node> {
        self.nodes.binary_search_by(|node| node.address.cmp(address)).ok().map(|at| &self.nodes[at])
    }

    /// Its node at a relative address.
    pub(crate) fn node(&self, within: &str) -> Option<&'a Node> {
        self.nodes.iter().find(|node| self.within(node) == within)
    }

    /// Its roles with their policies: node, role, name of the policy, policy.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (&'a Node, &'a Role, &'a str, &'a Policy)> + use<'a> {
        self.all::<Role>().flat_map(|(node, role)| {
            role.policies.iter().map(move |(name, policy)| (node, role, name.as_str(), policy))
        })
    }
}
