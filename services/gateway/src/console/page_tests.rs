//! The page and its policy, as text.

use super::*;

#[test]
fn each_answer_has_its_own_nonce_and_host() {
    let index = "<meta nonce=\"__CSP_NONCE__\" base=\"__BASE_URL__\" host=\"__HOST_KIND__\"><script nonce=\"__CSP_NONCE__\">";
    let template = Template::new(index, "http://localhost:8080");
    assert_eq!(
        template.render("N1", "root"),
        "<meta nonce=\"N1\" base=\"http://localhost:8080\" host=\"root\"><script nonce=\"N1\">"
    );
    assert_eq!(
        Template::new("__HOST_KIND__", "").render("N", "tenant"),
        "tenant"
    );
}

#[test]
fn the_policy_allows_what_the_console_needs_and_no_more() {
    assert_eq!(
        policy("N"),
        "default-src 'none'; script-src 'nonce-N' 'strict-dynamic'; style-src 'self' 'nonce-N'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; \
         worker-src 'self'; require-trusted-types-for 'script'; report-uri /csp"
    );
}

#[test]
fn an_address_cannot_break_out_of_its_attribute() {
    assert_eq!(escaped("a\"b<c&d"), "a&quot;b&lt;c&amp;d");
}
