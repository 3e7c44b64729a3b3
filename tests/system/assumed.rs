//! What a plan takes for granted in its account, which a test creates beforehand.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::{ExternalResources, Plan, Resource};
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
    external: ExternalResources,
}

impl Assumed {
    /// What plans of one platform take for granted.
    pub(crate) fn by(plans: &[&Plan]) -> Self {
        let Setup { database, admin, .. } = Setup::default();
        let resources = || plans.iter().flat_map(|plan| plan.nodes()).map(|node| &node.resource);
        let mut assumed = Self {
            database: (database, admin),
            engine_versions: BTreeSet::new(),
            classes: BTreeSet::new(),
            external: ExternalResources::of(resources()),
        };
        for resource in resources() {
            if let Resource::DbCluster(cluster) = resource {
                assumed.engine_versions.insert(cluster.engine_version.to_string());
                assumed.database = (cluster.database.to_string(), cluster.admin.to_string());
            }
            if let Resource::DbInstance(instance) = resource {
                assumed.classes.insert(instance.class.to_string());
            }
        }
        assumed
    }

    /// The names of the secrets, each with the keys that are used.
    fn secrets(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let secrets = self.external.secrets.iter();
        secrets.map(|(name, keys)| (name.as_str(), keys.iter().map(ToString::to_string).collect())).collect()
    }

    /// Adds everything to a sandbox. Scaling reads no queue there.
    pub(crate) fn offer(&self, sandbox: &Sandbox) {
        self.engine_versions.iter().for_each(|version| sandbox.offer_engine_version(version));
        self.classes.iter().for_each(|class| sandbox.offer_class(class));
        let ExternalResources { certificates, secrets: _, parameters, permissions_boundaries, queues: _ } =
            &self.external;
        certificates.iter().for_each(|arn| sandbox.issue_certificate(arn.as_str()));
        permissions_boundaries.iter().for_each(|arn| sandbox.add_boundary(arn.as_str()));
        parameters.iter().for_each(|name| sandbox.add_parameter(name.as_str()));
        self.secrets().iter().for_each(|(name, keys)| sandbox.add_secret(name, keys));
    }

    /// Creates everything with calls of AWS, except certificates, whose ARNs AWS chooses. Each secret is a JSON
    /// object with its keys.
    pub(crate) fn create(&self, cloud: &Cloud) {
        let ExternalResources { certificates: _, secrets: _, parameters, permissions_boundaries, queues: _ } =
            &self.external;
        let given = json!({
            "boundaries": permissions_boundaries,
            "parameters": parameters,
            "secrets": self.secrets(),
        });
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
            &given.to_string(),
        ]);
    }
}
