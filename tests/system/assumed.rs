//! What a plan takes for granted in its account, which a test creates beforehand.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::resource::{Container, SecretValue};
use saas_model::{Plan, Resource};
use saas_sandbox::Sandbox;
use saas_tests::postgres::Setup;
use serde_json::json;

use crate::cloud::Cloud;

/// What exists beside the platform.
pub(crate) struct Assumed {
    /// The name of the database, and of its administrator.
    pub(crate) database: (String, String),
    engine_versions: BTreeSet<String>,
    classes: BTreeSet<String>,
    certificates: BTreeSet<String>,
    boundaries: BTreeSet<String>,
    parameters: BTreeSet<String>,
    /// The secrets, each with the keys that are used.
    secrets: BTreeMap<String, BTreeSet<String>>,
}

impl Assumed {
    /// What plans of one platform take for granted.
    pub(crate) fn by(plans: &[&Plan]) -> Self {
        let Setup { database, admin, .. } = Setup::default();
        let mut assumed = Self {
            database: (database, admin),
            engine_versions: BTreeSet::new(),
            classes: BTreeSet::new(),
            certificates: BTreeSet::new(),
            boundaries: BTreeSet::new(),
            parameters: BTreeSet::new(),
            secrets: BTreeMap::new(),
        };
        for node in plans.iter().flat_map(|plan| plan.nodes()) {
            match &node.resource {
                Resource::DbCluster(cluster) => {
                    assumed.engine_versions.insert(cluster.engine_version.to_string());
                    assumed.database = (cluster.database.to_string(), cluster.admin.to_string());
                }
                Resource::DbInstance(instance) => drop(assumed.classes.insert(instance.class.to_string())),
                Resource::Listener(listener) => {
                    let certificates = listener.certificate.iter().chain(&listener.more_certificates);
                    assumed.certificates.extend(certificates.map(ToString::to_string));
                }
                Resource::Role(role) => {
                    assumed.boundaries.extend(role.permissions_boundary.iter().map(ToString::to_string));
                }
                Resource::TaskDefinition(task) => task.containers.values().for_each(|one| assumed.add_values(one)),
                _ => {}
            }
        }
        assumed
    }

    fn add_values(&mut self, container: &Container) {
        for value in container.secrets.values() {
            match value {
                SecretValue::Whole(_) | SecretValue::Key { .. } => {}
                SecretValue::External { secret, key } => {
                    self.secrets.entry(secret.to_string()).or_default().extend(key.iter().map(ToString::to_string));
                }
                SecretValue::Parameter(name) => drop(self.parameters.insert(name.to_string())),
            }
        }
    }

    /// Adds everything to a sandbox.
    pub(crate) fn offer(&self, sandbox: &Sandbox) {
        self.engine_versions.iter().for_each(|version| sandbox.offer_engine_version(version));
        self.classes.iter().for_each(|class| sandbox.offer_class(class));
        self.certificates.iter().for_each(|arn| sandbox.issue_certificate(arn));
        self.boundaries.iter().for_each(|arn| sandbox.add_boundary(arn));
        self.parameters.iter().for_each(|name| sandbox.add_parameter(name));
        self.secrets.iter().for_each(|(name, keys)| sandbox.add_secret(name, keys));
    }

    /// Creates everything with calls of AWS, except certificates, whose ARNs AWS chooses. Each secret is a JSON
    /// object with its keys.
    pub(crate) fn create(&self, cloud: &Cloud) {
        let Self { boundaries, parameters, secrets, .. } = self;
        cloud.python(&[
            "-c",
            "import boto3, json, sys\n\
             given = json.loads(sys.argv[1])\n\
             iam, ssm, secrets = (boto3.client(name) for name in ('iam', 'ssm', 'secretsmanager'))\n\
             statement = {'Effect': 'Allow', 'Action': '*', 'Resource': '*'}\n\
             document = json.dumps({'Version': '2012-10-17', 'Statement': [statement]})\n\
             for arn in given['boundaries']:\n    \
                 iam.create_policy(PolicyName=arn.split('/')[-1], PolicyDocument=document)\n\
             for name in given['parameters']:\n    \
                 ssm.put_parameter(Name=name, Value='text', Type='SecureString')\n\
             for name, keys in given['secrets'].items():\n    \
                 secrets.create_secret(Name=name, SecretString=json.dumps({key: 'of ' + name for key in keys}))",
            &json!({"boundaries": boundaries, "parameters": parameters, "secrets": secrets}).to_string(),
        ]);
    }
}
