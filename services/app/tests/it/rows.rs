//! What stands in the database, seen past every wall: for tests that ask whether something was written.

use testkit::TestApp;

/// Does what no operation does.
pub async fn run(app: &TestApp, sql: &str) {
    app.db.superuser().await.batch(sql).await.expect(sql);
}

/// One number.
pub async fn number(app: &TestApp, sql: &str) -> i64 {
    let sql = format!("SELECT ({sql})::bigint AS number");
    let rows = app.db.superuser().await.query(&sql, &[]).await.expect(&sql);
    rows[0].get("number").expect("a number")
}

/// One column of texts.
pub async fn texts(app: &TestApp, sql: &str) -> Vec<String> {
    let sql = format!("SELECT it::text AS text FROM ({sql}) AS rows(it)");
    let rows = app.db.superuser().await.query(&sql, &[]).await.expect(&sql);
    rows.iter()
        .map(|row| row.get("text").expect("a text"))
        .collect()
}

/// The schema of the organisation on `<slug>.localhost`.
pub async fn schema(app: &TestApp, slug: &str) -> String {
    app.tenant_ref(slug).await.schema().to_string()
}
