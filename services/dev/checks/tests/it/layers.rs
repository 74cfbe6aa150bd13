//! Rule 4 on this repository and on wrong ones.

use checks::layers;

use crate::{blames, clean, house, tree};

#[test]
fn domains_keep_their_layers() {
    clean(layers::offences(house()));
}

#[test]
fn the_web_in_a_rule_is_named() {
    for source in [
        "use actix_web::web;",
        "#[derive(utoipa::ToSchema)] struct X;",
        "use utoipa_actix_web as u;",
    ] {
        let repo = tree(&[
            ("services/domains/endpoints/src/model.rs", source),
            ("services/domains/endpoints/src/service/pause.rs", source),
            ("services/domains/endpoints/src/http/dto.rs", source),
        ]);
        let offenders = [
            "services/domains/endpoints/src/model.rs:1",
            "services/domains/endpoints/src/service/pause.rs:1",
        ];
        blames(layers::offences(&repo), &offenders);
    }
}

#[test]
fn sql_in_a_handler_is_named() {
    let wrong = [
        "const X: Sql = y;",
        "fn f() { sql!(\"SELECT 1\"); }",
        "fn f() { platform_sql!(\"SELECT 1\"); }",
        "use db::PlatformSql;",
        "use crate::{service, store};",
        "use crate::store::find;",
        "fn f() { crate::store::find(); }",
    ];
    for source in wrong {
        let repo = tree(&[
            ("services/domains/identity/src/http/me.rs", source),
            ("services/domains/identity/src/store.rs", source),
        ]);
        blames(
            layers::offences(&repo),
            &["services/domains/identity/src/http/me.rs:1: a handler"],
        );
    }
}

#[test]
fn a_word_in_a_comment_or_string_is_no_layer() {
    let source =
        "//! Not the store: `store::find`.\nfn f() { let store = \"Sql\"; flag.store(true); }";
    clean(layers::offences(&tree(&[(
        "services/domains/identity/src/http/me.rs",
        source,
    )])));
}
