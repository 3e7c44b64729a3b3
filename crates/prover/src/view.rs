//! The plan grouped by tenant, with indexes for the claims: owners, rules, routes and attachments.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use saas_model::arn::Place;
use saas_model::cidr::Cidr;
use saas_model::policy::{Policy, Statement};
use saas_model::resource::{
    Bucket, DbCluster, Listener, ListenerRule, LoadBalancer, Migration, Resource, ResourceSpec, Role, RouteTable,
    Schedule, Secret, SecurityGroup, SecurityGroupRule, Service, Subnet, TaskDefinition, TaskRun, Vpc,
};
use saas_model::{Address, Node, Plan, Ref, Set};

use crate::action_lists::ActionLists;
use crate::catalogue::{ActionSet, Unlisted};
use crate::channels::iam::PlannedArns;
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
    denied: RefCell<ActionLists<'a>>,
    bucket_policies: OnceCell<BucketPolicies<'a>>,
    domain: OnceCell<Option<&'a str>>,
    planned_arns: OnceCell<PlannedArns<'a>>,
    secrets: HashSet<&'a str>,
    /// The ports on which containers and database clusters listen.
    pub(crate) listening: BTreeSet<u16>,
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

/// Where the tasks of a service or a job run.
pub(crate) struct Placement<'a> {
    pub(crate) security_groups: &'a Set<Ref<SecurityGroup>>,
    pub(crate) subnets: &'a Set<Ref<Subnet>>,
    pub(crate) public_ip: bool,
    /// The path of these fields.
    pub(crate) path: &'static str,
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
            denied: RefCell::new(ActionLists::new(Unlisted::IfAll)),
            bucket_policies: OnceCell::new(),
            domain: OnceCell::new(),
            planned_arns: OnceCell::new(),
            secrets: HashSet::new(),
            listening: BTreeSet::new(),
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
        if let Some(Placement { security_groups, .. }) = Placement::of(&node.resource) {
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
        match &node.resource {
            Resource::TaskDefinition(TaskDefinition { containers, .. }) => {
                self.listening.extend(containers.values().filter_map(|container| container.port));
            }
            Resource::Secret(Secret { name, .. }) => drop(self.secrets.insert(name.as_str())),
            Resource::LoadBalancer(LoadBalancer { security_groups, .. }) => {
                security_groups.iter().for_each(|group| self.class(group, Class::LoadBalancer));
            }
            Resource::DbCluster(DbCluster { security_groups, port, .. }) => {
                self.database_ports.push(*port);
                self.listening.insert(*port);
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
    pub(crate) fn allowed_actions(&self, statement: &'a Statement) -> Rc<ActionSet> {
        set_of(&self.allowed, statement)
    }

    /// The actions that a deny statement certainly names.
    pub(crate) fn denied_actions(&self, statement: &'a Statement) -> Rc<ActionSet> {
        set_of(&self.denied, statement)
    }

    /// The ARNs of all planned resources.
    pub(crate) fn planned_arns(&self) -> &PlannedArns<'a> {
        self.planned_arns.get_or_init(|| PlannedArns::of(self))
    }

    /// Whether the plan has a secret with this name.
    pub(crate) fn has_secret(&self, name: &str) -> bool {
        self.secrets.contains(name)
    }

    /// Whether addresses of the platform's network are in this range.
    pub(crate) fn meets_network(&self, range: &Cidr) -> bool {
        self.shared::<Vpc>().any(|(_, vpc)| vpc.cidr.overlaps(range))
    }

    /// The policies of the tenants' buckets.
    pub(crate) fn bucket_policies(&self) -> &BucketPolicies<'a> {
        self.bucket_policies.get_or_init(|| BucketPolicies::of(self))
    }
}

fn set_of<'a>(lists: &RefCell<ActionLists<'a>>, statement: &'a Statement) -> Rc<ActionSet> {
    // If another element of a statement ever determines its actions, it must be part of the key.
    let Statement { sid: _, effect: _, principal: _, actions, resources: _, conditions: _ } = statement;
    let mut lists = lists.borrow_mut();
    let number = lists.number(actions);
    Rc::clone(lists.set(number))
}

impl<'a> Placement<'a> {
    fn of(resource: &'a Resource) -> Option<Self> {
        if let Some(Service { security_groups, subnets, public_ip, .. }) = Service::of(resource) {
            return Some(Self { security_groups, subnets, public_ip: *public_ip, path: "" });
        }
        let schedule = Schedule::of(resource).map(|schedule| &schedule.task);
        let run = schedule.or_else(|| Some(&Migration::of(resource)?.task))?;
        let TaskRun { security_groups, subnets, public_ip, .. } = run;
        Some(Self { security_groups, subnets, public_ip: *public_ip, path: "task." })
    }
}

impl<'a> Tenant<'a> {
    /// Where its tasks run, with the nodes of their services and jobs.
    pub(crate) fn placements(&self) -> impl Iterator<Item = (&'a Node, Placement<'a>)> + use<'a> {
        self.nodes.iter().filter_map(|node| Some((node, Placement::of(&node.resource)?)))
    }

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
