//! Stand-ins for extensions.

use super::{admin, code, run, start, text};

#[tokio::test]
async fn extensions_are_created_in_a_schema_and_dropped() {
    let postgres = start();
    let client = admin(&postgres).await;
    run(&client, "CREATE SCHEMA extensions").await;
    for name in ["pgcrypto", "uuid-ossp", "vector"] {
        run(&client, &format!("CREATE EXTENSION \"{name}\" SCHEMA extensions")).await;
    }
    let listed = "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension
                  WHERE extnamespace = 'extensions'::regnamespace AND extowner = current_user::regrole";
    assert_eq!(text(&client, listed).await, "pgcrypto uuid-ossp vector");
    run(&client, "DROP EXTENSION pgcrypto").await;
    assert_eq!(text(&client, listed).await, "uuid-ossp vector");
    // What tenants cannot have, and what needs another one.
    assert_eq!(code(&client, "CREATE EXTENSION dblink").await, "0A000");
    assert_eq!(code(&client, "CREATE EXTENSION earthdistance").await, "42704");
    run(&client, "CREATE EXTENSION cube; CREATE EXTENSION earthdistance").await;
}
