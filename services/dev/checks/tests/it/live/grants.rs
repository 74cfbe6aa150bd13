//! Exactly what a tenant's role may touch outside its schema: the third wall, written out.

use checks::catalog::{GRANTS, POLICIES};

use super::{column, live};

#[test]
fn the_group_of_tenants_has_exactly_these_grants() {
    live(async |server| {
        let superuser = server.connect("postgres").await;
        let expected = [
            "platform: USAGE",
            "platform.audit_anchors: SELECT",
            "platform.check_schedule: DELETE SELECT",
            "platform.check_schedule(endpoint_id): INSERT",
            "platform.check_schedule(fence): UPDATE",
            "platform.check_schedule(interval_ms): INSERT UPDATE",
            "platform.check_schedule(leased_until): UPDATE",
            "platform.check_schedule(next_due_at): INSERT UPDATE",
            "platform.work(due_at): INSERT",
            "platform.work(id): INSERT",
            "platform.work(kind): INSERT",
            "platform.work(ref): INSERT",
        ];
        assert_eq!(
            column(&superuser, GRANTS, "line", "signalbox_tenant").await,
            expected
        );
        assert_eq!(
            column(&superuser, GRANTS, "line", "PUBLIC").await,
            <[&str; 0]>::default()
        );
    });
}

#[test]
fn a_grant_too_many_is_seen() {
    live(async |server| {
        let superuser = server.connect("postgres").await;
        let cases = [
            (
                "GRANT SELECT ON platform.tenants TO signalbox_tenant",
                "signalbox_tenant",
                "platform.tenants: SELECT",
            ),
            (
                "GRANT UPDATE (slug) ON platform.tenants TO signalbox_tenant",
                "signalbox_tenant",
                "platform.tenants(slug): UPDATE",
            ),
            (
                "GRANT CREATE ON SCHEMA platform TO signalbox_tenant",
                "signalbox_tenant",
                "platform: CREATE USAGE",
            ),
            (
                "GRANT USAGE ON SCHEMA public TO PUBLIC",
                "PUBLIC",
                "public: USAGE",
            ),
            (
                "CREATE FUNCTION platform.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "PUBLIC",
                "platform.f(): EXECUTE",
            ),
        ];
        for (grant, role, line) in cases {
            superuser
                .batch(&format!("BEGIN; {grant}"))
                .await
                .expect(grant);
            let found = column(&superuser, GRANTS, "line", role).await;
            superuser.batch("ROLLBACK").await.expect("the grant goes");
            assert!(found.contains(&line.to_owned()), "{grant}: {found:?}");
        }
    });
}

#[test]
fn a_tenant_may_touch_its_own_tables_and_only_append_to_records() {
    live(async |server| {
        let superuser = server.connect("postgres").await;
        let tenant = server.tenant.as_str();
        let grants = column(&superuser, GRANTS, "line", tenant).await;
        let outside: Vec<_> = grants
            .iter()
            .filter(|line| !line.starts_with(tenant))
            .collect();
        assert!(outside.is_empty(), "{outside:?}");
        let inside = |rest: &str| grants.contains(&format!("{tenant}{rest}"));
        assert!(inside(": USAGE"), "{grants:?}");
        for record in ["audit_log", "events", "auth_log"] {
            assert!(inside(&format!(".{record}: INSERT SELECT")), "{grants:?}");
        }
        assert!(
            !grants
                .iter()
                .any(|line| line.contains("refinery_schema_history")),
            "{grants:?}"
        );
    });
}

#[test]
fn rows_of_the_platform_are_walled_by_these_policies() {
    const RULE: &str =
        r#"ALL using (tenant = "current_schema"()) check (tenant = "current_schema"())"#;
    live(async |server| {
        let superuser = server.connect("postgres").await;
        let rows = superuser.query(POLICIES, &[]).await.expect("the policies");
        let found: Vec<String> = rows
            .iter()
            .map(|row| row.get("line").expect("a line"))
            .collect();
        let expected = [
            "platform.audit_anchors to signalbox_app: ALL using true check true".to_owned(),
            r#"platform.audit_anchors to signalbox_tenant: SELECT using (tenant = "current_schema"()) check "#
                .to_owned(),
            "platform.check_schedule to signalbox_app: ALL using true check true".to_owned(),
            format!("platform.check_schedule to signalbox_tenant: {RULE}"),
            "platform.work to signalbox_app: ALL using true check true".to_owned(),
            format!("platform.work to signalbox_tenant: {RULE}"),
        ];
        assert_eq!(found, expected);
    });
}
