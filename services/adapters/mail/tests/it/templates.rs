//! The wording, whole, and what a hostile name can do to it: nothing.

use insta::assert_snapshot;
use mail::templates::{Workspace, find_workspaces, verify_address, welcome};
use proptest::prelude::*;

const LINK: &str = "https://acme.signalbox.example/verify-email#token=abc_DEF-123";
const HOSTILE: &str = "<script>alert('x')</script> & \"Co\" <img src=x onerror=alert(1)>";

/// The part of a document between the opening of its cell and the closing line.
fn body(html: &str) -> &str {
    let (_, rest) = html.split_once("text-align:left\">\n").unwrap();
    rest.split_once("<p class=\"dim\" style=\"margin:24px")
        .unwrap()
        .0
}

#[test]
fn verify_address_says() {
    let mail = verify_address("Acme GmbH", LINK, 48);
    assert_snapshot!(mail.subject, @"");
    assert_snapshot!(mail.text, @"");
    assert_snapshot!(mail.html, @"");
}

#[test]
fn find_workspaces_says() {
    let workspaces = [
        Workspace {
            organization: "Acme GmbH",
            address: "https://acme.signalbox.example/",
        },
        Workspace {
            organization: "Łódź & Co",
            address: "https://lodz.signalbox.example/",
        },
    ];
    let mail = find_workspaces(&workspaces);
    assert_snapshot!(mail.subject, @"");
    assert_snapshot!(mail.text, @"");
    assert_snapshot!(body(&mail.html), @"");
    assert_snapshot!(find_workspaces(&[]).text, @"");
}

#[test]
fn welcome_says() {
    let mail = welcome("Acme GmbH", "https://acme.signalbox.example/");
    assert_snapshot!(mail.subject, @"");
    assert_snapshot!(mail.text, @"");
    assert_snapshot!(body(&mail.html), @"");
}

#[test]
fn a_hostile_name_is_shown_and_does_nothing() {
    let mail = verify_address(HOSTILE, "javascript:alert(document.domain)", 48);
    assert_snapshot!(mail.subject, @"");
    assert_snapshot!(body(&mail.html), @"");
    assert!(!mail.html.contains("<script") && !mail.html.contains("<img"));
}

#[test]
fn a_name_cannot_break_lines_or_turn_text_around() {
    let mail = verify_address("Acme\r\nBcc: eve@evil.example\u{202e}lru", LINK, 48);
    assert_eq!(
        mail.subject,
        "Confirm your address for Acme  Bcc: eve@evil.example lru"
    );
    assert!(!mail.text.contains("\nBcc:") && !mail.text.contains('\u{202e}'));
    assert!(!mail.html.contains("\nBcc:") && !mail.html.contains('\u{202e}'));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for mail in [
        verify_address("Acme", LINK, 48),
        find_workspaces(&[Workspace {
            organization: "Acme",
            address: LINK,
        }]),
        welcome("Acme", LINK),
    ] {
        for loading in [
            "src=",
            "url(",
            "@import",
            "<link",
            "<script",
            "<img",
            "http-equiv",
        ] {
            assert!(!mail.html.contains(loading), "{loading}");
        }
        assert!(mail.html.contains("prefers-color-scheme: dark"));
        assert!(mail.text.contains(LINK), "the link stands in the text too");
    }
}

proptest! {
    #[test]
    fn no_name_changes_the_markup(name: String) {
        let marks = |html: &str| ["<", ">", "\"", "'"].map(|mark| html.matches(mark).count());
        let plain = verify_address("Acme", LINK, 48).html;
        let typed = verify_address(&name, LINK, 48).html;
        prop_assert_eq!(marks(&plain), marks(&typed));
        let listed = |organization| {
            find_workspaces(&[Workspace { organization, address: LINK }]).html
        };
        prop_assert_eq!(marks(&listed("Acme")), marks(&listed(&name)));
    }

    #[test]
    fn no_address_changes_the_markup(address: String) {
        let marks = |html: &str| ["<", ">", "\"", "'"].map(|mark| html.matches(mark).count());
        let plain = welcome("Acme", LINK).html;
        prop_assert_eq!(marks(&plain), marks(&welcome("Acme", &address).html));
    }

    #[test]
    fn every_subject_is_one_line(name: String) {
        prop_assert!(!verify_address(&name, LINK, 48).subject.chars().any(char::is_control));
        prop_assert!(!welcome(&name, LINK).subject.chars().any(char::is_control));
    }
}
