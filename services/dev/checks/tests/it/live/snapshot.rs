//! The snapshot that new tenants are made from is what the chain of migrations makes.

use db::SchemaName;
use tenancy::describe::describe;
use tenancy::migrate;

use super::{column, live};
use crate::house;

const GRANTS_IN: &str = "
    SELECT format('%s: %s', c.relname, array_to_string(ARRAY(
               SELECT acl.privilege_type
                 FROM aclexplode(c.relacl) acl
                WHERE acl.grantee = $1::text::regrole
                ORDER BY 1), ' ')) AS line
      FROM pg_class c
     WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r'
     ORDER BY 1";

#[test]
fn the_snapshot_equals_the_chain_of_migrations() {
    live(async |server| {
        let owner = server.connect("signalbox_owner").await;
        let chained = SchemaName::parse("t_chain2chain2chain2chain2ch").expect("a schema's name");
        let role = format!(
            "CREATE ROLE {chained} NOLOGIN IN ROLE signalbox_tenant; CREATE SCHEMA {chained}"
        );
        owner.batch(&role).await.expect("an empty schema");
        migrate::run_tenant(&owner, &chained)
            .await
            .expect("the chain");

        let by_chain = describe(&owner, &chained).await.expect("a description");
        let by_snapshot = describe(&owner, &server.tenant)
            .await
            .expect("a description");
        assert_eq!(by_chain, by_snapshot, "a pooled tenant and a migrated one");
        let file = house()
            .file("tenant-templates/schema.sql")
            .expect("the snapshot");
        assert_eq!(
            by_chain, file.text,
            "the file is written by the describer, from the chain"
        );

        let chain_grants = column(&owner, GRANTS_IN, "line", chained.as_str()).await;
        let pool_grants = column(&owner, GRANTS_IN, "line", server.tenant.as_str()).await;
        assert_eq!(chain_grants, pool_grants);
        assert!(chain_grants.contains(&"users: DELETE INSERT SELECT UPDATE".to_owned()));

        for change in [
            "ALTER TABLE users ADD COLUMN nick text",
            "ALTER TABLE users ALTER COLUMN email DROP NOT NULL",
            "ALTER TABLE users ALTER COLUMN state SET DEFAULT 'active'",
            "ALTER TABLE users DROP CONSTRAINT users_role_check",
            "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey",
            "DROP INDEX users_email_key",
            "CREATE TABLE notes (id uuid)",
        ] {
            // The describer ends with ROLLBACK: the change is gone when it has been described.
            let inside = format!("BEGIN; SET LOCAL search_path = {chained}; {change}");
            owner.batch(&inside).await.expect(change);
            let changed = describe(&owner, &chained).await.expect("a description");
            assert_ne!(changed, by_chain, "{change} goes unseen");
        }
        let after = describe(&owner, &chained).await.expect("a description");
        assert_eq!(after, by_chain);
        let gone = format!("DROP SCHEMA {chained} CASCADE; DROP ROLE {chained}");
        owner.batch(&gone).await.expect("the schema goes");
    });
}
