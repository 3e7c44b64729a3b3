//! The control bucket: it stores the lease (which run may change the platform) and the receipts (what
//! was changed).
//!
//! It is the only resource that exists before the first apply starts, and the last that a destroy
//! deletes.

use saas_model::arn::Place;
use saas_model::names::Names;
use saas_model::plan::Draft;
use saas_model::resource::{Bucket, BucketEncryption, ObjectOwnership, PublicAccessBlock};
use saas_model::spec::Spec;

use crate::addresses;
use crate::bucket_policy::BucketPolicies;
use crate::owner::Owner;

pub(crate) fn bucket(spec: &Spec, names: &Names, owner: &Owner) -> Draft {
    let platform = &spec.platform;
    let name = names.control_bucket(spec.storage.bucket_suffix.as_deref());
    let arn = Place { account: &platform.account, region: &platform.region }.bucket_arn(&name);
    let bucket = Bucket {
        name,
        public_access_block: PublicAccessBlock::ALL,
        ownership: ObjectOwnership::BucketOwnerEnforced,
        encryption: BucketEncryption::Aes256,
        versioning: true,
        policy: BucketPolicies::new(platform).of_platform(&arn),
    };
    owner.draft(&addresses::control_bucket(), bucket)
}
