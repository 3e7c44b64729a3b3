//! The control bucket: it stores the lease (which run may change the platform) and the receipts (what
//! was changed).
//!
//! It is the only resource that exists before the first apply starts, and the last that a destroy
//! deletes.

use saas_model::Set;
use saas_model::arn::Place;
use saas_model::names::Names;
use saas_model::plan::Draft;
use saas_model::policy::Policy;
use saas_model::resource::{Bucket, BucketEncryption, ObjectOwnership, PublicAccessBlock};
use saas_model::spec::Spec;

use crate::addresses;
use crate::owner::Owner;
use crate::statement::{CONTROL_ACTIONS, deny, none_of_roles, strings};

pub(crate) fn bucket(spec: &Spec, names: &Names, owner: &Owner) -> Draft {
    let platform = &spec.platform;
    let name = names.control_bucket(spec.storage.bucket_suffix.as_deref());
    let arn = Place { account: &platform.account, region: &platform.region }.bucket_arn(&name);
    // The policy has no statements about objects: identity policies decide who may write them. It
    // prevents everyone except the administrators from making the bucket public or deleting it.
    let policy = Policy {
        statements: vec![deny(
            "DenyControlPlane",
            &strings(&CONTROL_ACTIONS).into(),
            &Set::from([arn]),
            none_of_roles(&platform.administrators()).into_iter().collect(),
        )],
    };
    let bucket = Bucket {
        name,
        public_access_block: PublicAccessBlock::ALL,
        ownership: ObjectOwnership::BucketOwnerEnforced,
        encryption: BucketEncryption::Aes256,
        versioning: true,
        policy,
    };
    owner.draft(&addresses::control_bucket(), bucket)
}
