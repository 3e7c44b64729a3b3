//! The passwords of the database: from the memory of this run, or else from Secrets Manager.

use std::collections::BTreeMap;

use saas_model::Ref;
use saas_model::resource::Secret;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Result;
use crate::providers::secrets::secret::{secret_value, secret_values};

impl Context<'_> {
    /// The password in a secret, from the memory of this run or else from Secrets Manager.
    pub(crate) async fn password(&self, secret: &Ref<Secret>) -> Result<Zeroizing<String>> {
        if let Some(password) = self.passwords.get(secret.address()) {
            return Ok(password);
        }
        let password = secret_value(self, &self.id(secret)?).await?;
        self.passwords.keep(secret.address(), password.clone());
        Ok(password)
    }

    /// Reads the passwords of many secrets in one batch, except those that this run already knows.
    pub(crate) async fn learn_passwords<'r>(&self, secrets: impl IntoIterator<Item = &'r Ref<Secret>>) -> Result<()> {
        let mut unknown = BTreeMap::new();
        for secret in secrets.into_iter().filter(|secret| self.passwords.get(secret.address()).is_none()) {
            unknown.insert(self.arn(secret)?, secret.address());
        }
        let arns: Vec<String> = unknown.keys().cloned().collect();
        for (arn, password) in secret_values(self, &arns).await? {
            if let Some(address) = unknown.get(&arn) {
                self.passwords.keep(address, password);
            }
        }
        Ok(())
    }
}
