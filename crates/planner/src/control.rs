//! The bucket in which the platform keeps who may change it now, and what was changed: the lease and
//! the receipts.
//!
//! It is the only thing of a platform that is there before the first apply of it begins, and the
//! last that goes.

use saas_model::Set;
use saas_model::arn::Place;
use saas_model::names::Names;
use saas_model::plan::Draft;
use saas_model::policy::Policy;
use saas_model::resource::{Bucket, BucketEncryption, ObjectOwnership, PublicAccessBlock};
use saas_model::spec::Spec;

use crate::addresses as at;
use crate::owner::Owner;
use crate::statement::{CONTROL_ACTIONS, deny, not_one_of, texts};

pub(crate) fn bucket(spec: &Spec, names: &Names, owner: &Owner) -> Draft {
    let platform = &spec.platform;
    let name = names.control_bucket(spec.storage.bucket_suffix.as_deref());
    let arn = Place { account: &platform.account, region: &platform.region }.bucket_arn(&name);
    // Nothing here is about objects: who may write them is who may apply, as identities' policies
    // say. What nobody else may do is to open the bucket, or to take it away.
    let policy = Policy {
        statements: vec![deny(
            "DenyControlPlane",
            &texts(&CONTROL_ACTIONS),
            &Set::from([arn]),
            not_one_of(&platform.administrators()).into_iter().collect(),
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
    owner.draft(&at::control_bucket(), bucket)
}
