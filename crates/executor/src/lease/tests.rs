//! The lease on the wire: what S3 answers when things go wrong, and what stands behind the fence.
