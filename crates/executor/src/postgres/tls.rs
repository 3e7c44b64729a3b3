//! The protection of a connection, and its trusted certificates.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresError, PostgresOptions, TlsMode};

/// The authorities of Amazon RDS for all Regions; the file names its source.
const RDS: &[u8] = include_bytes!("rds-global-bundle.pem");

/// The TLS connector for these options.
pub(super) fn connector(options: &PostgresOptions) -> Result<MakeRustlsConnect, PostgresError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3");
    let config = if options.tls == TlsMode::Require {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))).with_no_client_auth()
    } else {
        let roots = authorities(options.ca.as_deref().unwrap_or(RDS))?;
        builder.with_root_certificates(roots).with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(config))
}

/// Checks that a PEM text contains a certificate to trust.
///
/// # Errors
/// When the text is invalid or contains no certificate.
pub fn check_certificates(pem: &[u8]) -> Result<(), PostgresError> {
    authorities(pem).map(drop)
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, PostgresError> {
    let unreadable = |reason: String| PostgresError::Certificates(reason);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
    }
    if roots.is_empty() { Err(unreadable("the file contains no PEM certificate".to_owned())) } else { Ok(roots) }
}

/// Accepts any certificate, like libpq's `sslmode=require`. The handshake must still be signed with the
/// key of the certificate, so the connection is encrypted for its owner.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_authorities_of_amazon_rds_are_parsed() {
        let roots = authorities(RDS).expect("the bundle is checked in");
        assert_eq!(roots.len(), 81);
    }

    #[test]
    fn file_without_certificates_is_rejected() {
        let options = PostgresOptions { ca: Some(b"nothing".to_vec()), ..PostgresOptions::default() };
        let error = connector(&options).err().expect("nothing to trust");
        assert_eq!(error.to_string(), "cannot read the CA certificates: the file contains no PEM certificate");
    }
}
