//! Access tokens, by table and at random: ours are read, and nothing else is.

use super::*;
use hmac::Mac;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::keys::HmacSha256;

const ISSUER: &str = "https://signalbox.example";

fn secret(letter: char) -> SecretString {
    letter.to_string().repeat(32).into()
}

fn keys() -> Keys {
    Keys::derive(ISSUER, &secret('a'), &[]).expect("long enough")
}

fn tenant(n: u128) -> TenantId {
    Uuid::from_u128(n).into()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn token(keys: &Keys) -> String {
    keys.sign_access_token(
        tenant(1),
        Uuid::from_u128(2).into(),
        Uuid::from_u128(3).into(),
        at(0),
    )
}

fn verify(token: &str) -> Result<AccessClaims, TokenFault> {
    keys().verify_access_token(token, tenant(1), at(1))
}

/// A token of any header and payload, signed with our own key.
fn signed(header: &str, payload: &Value) -> String {
    let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    signed_raw(&format!(
        "{}.{}",
        encode(header),
        encode(&payload.to_string())
    ))
}

fn signed_raw(signed: &str) -> String {
    let keys = keys();
    let mut mac: HmacSha256 = keys.tokens()[0].mac.clone();
    mac.update(signed.as_bytes());
    format!(
        "{signed}.{}",
        BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())
    )
}

fn own_header() -> String {
    let header = BASE64URL_NOPAD
        .decode(keys().tokens()[0].header.as_bytes())
        .expect("base64url");
    String::from_utf8(header).expect("text")
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": Uuid::from_u128(1), "tid": Uuid::from_u128(1),
        "sub": Uuid::from_u128(2), "sid": Uuid::from_u128(3),
        "iat": at(0).as_second(), "nbf": at(0).as_second(), "exp": at(600).as_second(),
    })
}

#[test]
fn a_token_of_ours_names_its_person_and_session() {
    let claims = verify(&token(&keys())).expect("it is good");
    assert_eq!(claims.sub.uuid(), Uuid::from_u128(2));
    assert_eq!(claims.sid.uuid(), Uuid::from_u128(3));
}

#[test]
fn the_hand_made_token_of_these_tests_is_a_good_one() {
    assert!(verify(&signed(&own_header(), &claims())).is_ok());
}

#[test]
fn only_the_header_of_a_live_key_is_accepted_whatever_the_signature() {
    let own = own_header();
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"none","typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS512","typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"other"}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}"#,
        &own.replace('}', r#","jku":"https://evil.example/keys"}"#),
        &own.replace('}', r#","jwk":{"kty":"oct","k":"AAAA"}}"#),
        &own.replace('}', r#","crit":["b64"],"b64":false}"#),
        &own.replace(r#""alg":"HS256","#, ""),
        &own.replace(':', ": "),
        "",
    ] {
        assert_eq!(
            verify(&signed(header, &claims())),
            Err(TokenFault::Header),
            "{header}"
        );
    }
}

#[test]
fn the_signature_is_not_optional() {
    let token = token(&keys());
    let (unsigned, _) = token.rsplit_once('.').expect("three parts");
    assert_eq!(verify(&format!("{unsigned}.")), Err(TokenFault::Signature));
    assert_eq!(verify(unsigned), Err(TokenFault::Malformed));
    let other = Keys::derive(ISSUER, &secret('b'), &[]).expect("long enough");
    assert_eq!(
        verify(&super::tests::token(&other)),
        Err(TokenFault::Header)
    );
}

#[test]
fn a_token_is_for_one_tenant_of_one_deployment_and_ten_minutes() {
    let keys = keys();
    let good = token(&keys);
    let verify = |tenant, at| keys.verify_access_token(&good, tenant, at).err();
    assert_eq!(verify(tenant(9), at(1)), Some(TokenFault::Audience));
    assert_eq!(verify(tenant(1), at(599)), None);
    assert_eq!(verify(tenant(1), at(600)), Some(TokenFault::Time));
    assert_eq!(verify(tenant(1), at(-5)), None, "clocks differ a little");
    assert_eq!(verify(tenant(1), at(-6)), Some(TokenFault::Time));
    let elsewhere = Keys::derive("https://other.example", &secret('a'), &[]).expect("long enough");
    assert_eq!(
        elsewhere.verify_access_token(&good, tenant(1), at(1)),
        Err(TokenFault::Audience)
    );
}

#[test]
fn every_claim_must_be_there_and_no_other() {
    let all = claims();
    for name in ["iss", "aud", "tid", "sub", "sid", "iat", "nbf", "exp"] {
        let mut fewer = all.clone();
        fewer.as_object_mut().expect("an object").remove(name);
        let token = signed(&own_header(), &fewer);
        assert_eq!(verify(&token), Err(TokenFault::Claims), "without {name}");
    }
    let mut more = all.clone();
    more["admin"] = json!(true);
    assert_eq!(
        verify(&signed(&own_header(), &more)),
        Err(TokenFault::Claims)
    );
    for (name, value) in [
        ("aud", json!([Uuid::from_u128(1)])),
        ("exp", json!("2999-01-01")),
        ("exp", json!(1e300)),
        ("sub", json!("root")),
    ] {
        let mut wrong = all.clone();
        wrong[name] = value;
        assert_eq!(
            verify(&signed(&own_header(), &wrong)),
            Err(TokenFault::Claims),
            "{name}"
        );
    }
    let mut mixed = all;
    mixed["tid"] = json!(Uuid::from_u128(9));
    assert_eq!(
        verify(&signed(&own_header(), &mixed)),
        Err(TokenFault::Audience)
    );
}

#[test]
fn what_is_not_a_token_is_refused_before_anything_is_decoded() {
    let long = "a".repeat(MAX_BYTES + 1);
    for text in ["", ".", "..", "a.b", "a.b.c", "é.é.é", &long] {
        let fault = verify(text).expect_err("it is no token");
        assert!(
            matches!(fault, TokenFault::Malformed | TokenFault::Header),
            "{text} {fault:?}"
        );
    }
    let good = token(&keys());
    assert!(verify(&format!("{good}=")).is_err(), "padding");
    assert!(verify(&format!("{good}.{good}")).is_err());
    assert!(verify(&format!("{good} ")).is_err());
}

#[test]
fn a_key_that_was_replaced_is_accepted_until_it_is_taken_away() {
    let old = token(&keys());
    let rotated = Keys::derive(ISSUER, &secret('b'), &[secret('a')]).expect("long enough");
    assert!(rotated.verify_access_token(&old, tenant(1), at(1)).is_ok());
    let fresh = token(&rotated);
    assert!(
        rotated
            .verify_access_token(&fresh, tenant(1), at(1))
            .is_ok()
    );
    assert_eq!(verify(&fresh), Err(TokenFault::Header), "the new key signs");
    let gone = Keys::derive(ISSUER, &secret('b'), &[]).expect("long enough");
    assert_eq!(
        gone.verify_access_token(&old, tenant(1), at(1)),
        Err(TokenFault::Header)
    );
}

proptest! {
    #[test]
    fn no_change_of_one_character_goes_unnoticed(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9._-]") {
        let good = token(&keys());
        let index = at.index(good.len());
        let changed = format!("{}{to}{}", &good[..index], &good[index + 1..]);
        prop_assume!(changed != good);
        prop_assert!(verify(&changed).is_err());
    }

    #[test]
    fn no_shorter_token_is_good(at in any::<prop::sample::Index>()) {
        let good = token(&keys());
        prop_assert!(verify(&good[..at.index(good.len())]).is_err());
    }

    #[test]
    fn no_text_makes_the_reader_fail(text in ".{0,200}") {
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn every_token_reads_back(t: u128, u: u128, s: u128, second in 0i64..4_000_000_000) {
        let now = Timestamp::from_second(second).expect("in range");
        let keys = keys();
        let token = keys.sign_access_token(tenant(t), Uuid::from_u128(u).into(), Uuid::from_u128(s).into(), now);
        let claims = keys.verify_access_token(&token, tenant(t), now).expect("it is good");
        prop_assert_eq!((claims.sub.uuid(), claims.sid.uuid()), (Uuid::from_u128(u), Uuid::from_u128(s)));
    }
}
