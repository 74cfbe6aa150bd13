//! The wording, whole, and what a hostile name can do to it: nothing.

use insta::assert_snapshot;
use mail::templates::{
    Change, Look, StateChanged, Workspace, find_workspaces, last_call, state_changed,
    support_began, verify_address, welcome,
};
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
    assert_snapshot!(mail.subject, @"Confirm your address for Acme GmbH");
    assert_snapshot!(mail.text, @r#"
    Welcome, Acme GmbH

    Your workspace is set up. Please confirm that this address is yours; then you can sign in.

    Confirm this address:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    The link works once, for 48 hours. After that, ask for a new one on the sign-in page.

    You did not register? Then do nothing: an address that is not confirmed cannot be used, and the workspace is removed.

    Signalbox
    "#);
    assert_snapshot!(mail.html, @r#"
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="supported-color-schemes" content="light dark">
    <title>Confirm your address for Acme GmbH</title>
    <style>
    :root { color-scheme: light dark; }
    @media (prefers-color-scheme: dark) {
      .page { background: #121a17 !important; }
      .card { background: #18211e !important; border-color: #2b3531 !important; }
      .ink { color: #ebe8de !important; }
      .dim { color: #9fa69e !important; }
      .link { color: #74b3b3 !important; }
      .button { background: #74b3b3 !important; color: #0c1210 !important; }
    }
    </style>
    </head>
    <body class="page" style="margin:0;padding:0;background:#f6f4ee">
    <div style="display:none;max-height:0;overflow:hidden">One click, and your workspace is ready.</div>
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="page" style="background:#f6f4ee">
    <tr><td align="center" style="padding:32px 16px">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="card" style="max-width:560px;background:#fffdf8;border:1px solid #cfcabb;border-radius:8px">
    <tr><td class="ink" style="padding:32px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;color:#17201c;text-align:left">
    <h1 class="ink" dir="auto" style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;color:#17201c">Welcome, Acme GmbH</h1>
    <p class="ink" dir="auto" style="margin:0 0 16px;color:#17201c">Your workspace is set up. Please confirm that this address is yours; then you can sign in.</p>
    <p style="margin:24px 0"><a class="button" href="https://acme.signalbox.example/verify-email#token=abc_DEF-123" style="display:inline-block;padding:12px 24px;border-radius:6px;background:#0e7071;color:#fffdf8;font-weight:600;text-decoration:none">Confirm this address</a></p>
    <p class="dim" style="margin:0 0 16px;font-size:14px;color:#5b625c">Or open this address:<br><a class="link" href="https://acme.signalbox.example/verify-email#token=abc_DEF-123" style="color:#0e7071;word-break:break-all">https://acme.signalbox.example/verify-email#token=abc_DEF-123</a></p>
    <p class="dim" dir="auto" style="margin:0 0 16px;font-size:14px;color:#5b625c">The link works once, for 48 hours. After that, ask for a new one on the sign-in page.</p>
    <p class="dim" dir="auto" style="margin:0 0 16px;font-size:14px;color:#5b625c">You did not register? Then do nothing: an address that is not confirmed cannot be used, and the workspace is removed.</p>
    <p class="dim" style="margin:24px 0 0;font-size:14px;color:#5b625c">Signalbox</p>
    </td></tr>
    </table>
    </td></tr>
    </table>
    </body>
    </html>
    "#);
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
    assert_snapshot!(mail.subject, @"Your Signalbox workspaces");
    assert_snapshot!(mail.text, @r#"
    Your workspaces

    This address belongs to:

    Acme GmbH
    https://acme.signalbox.example/

    Łódź & Co
    https://lodz.signalbox.example/

    Somebody asked for this list with your address. If it was not you, do nothing: only you can read this mail.

    Signalbox
    "#);
    assert_snapshot!(body(&mail.html), @r#"
    <h1 class="ink" dir="auto" style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;color:#17201c">Your workspaces</h1>
    <p class="ink" dir="auto" style="margin:0 0 16px;color:#17201c">This address belongs to:</p>
    <p dir="auto" style="margin:0 0 16px"><strong class="ink" style="color:#17201c">Acme GmbH</strong><br><a class="link" href="https://acme.signalbox.example/" style="color:#0e7071;word-break:break-all">https://acme.signalbox.example/</a></p>
    <p dir="auto" style="margin:0 0 16px"><strong class="ink" style="color:#17201c">Łódź &amp; Co</strong><br><a class="link" href="https://lodz.signalbox.example/" style="color:#0e7071;word-break:break-all">https://lodz.signalbox.example/</a></p>
    <p class="dim" dir="auto" style="margin:0 0 16px;font-size:14px;color:#5b625c">Somebody asked for this list with your address. If it was not you, do nothing: only you can read this mail.</p>
    "#);
    assert_snapshot!(find_workspaces(&[]).text, @r#"
    Your workspaces

    No workspace belongs to this address. You may have used another one.

    Somebody asked for this list with your address. If it was not you, do nothing: only you can read this mail.

    Signalbox
    "#);
}

#[test]
fn welcome_says() {
    let mail = welcome("Acme GmbH", "https://acme.signalbox.example/");
    assert_snapshot!(mail.subject, @"Acme GmbH is ready");
    assert_snapshot!(mail.text, @r#"
    Acme GmbH is ready

    Your address is confirmed. Add the first endpoint, and Signalbox checks it every minute from then on.

    Open your workspace:
    https://acme.signalbox.example/

    Keep this mail: the address above is where you sign in.

    Signalbox
    "#);
    assert_snapshot!(body(&mail.html), @r#"
    <h1 class="ink" dir="auto" style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;color:#17201c">Acme GmbH is ready</h1>
    <p class="ink" dir="auto" style="margin:0 0 16px;color:#17201c">Your address is confirmed. Add the first endpoint, and Signalbox checks it every minute from then on.</p>
    <p style="margin:24px 0"><a class="button" href="https://acme.signalbox.example/" style="display:inline-block;padding:12px 24px;border-radius:6px;background:#0e7071;color:#fffdf8;font-weight:600;text-decoration:none">Open your workspace</a></p>
    <p class="dim" style="margin:0 0 16px;font-size:14px;color:#5b625c">Or open this address:<br><a class="link" href="https://acme.signalbox.example/" style="color:#0e7071;word-break:break-all">https://acme.signalbox.example/</a></p>
    <p class="dim" dir="auto" style="margin:0 0 16px;font-size:14px;color:#5b625c">Keep this mail: the address above is where you sign in.</p>
    "#);
}

#[test]
fn last_call_says() {
    let mail = last_call("Acme GmbH", LINK, "27 November 2026, 12:00 UTC");
    assert_snapshot!(mail.subject, @"Acme GmbH is removed tomorrow unless you confirm");
    assert_snapshot!(mail.text, @r#"
    Do you still want Acme GmbH?

    You registered this workspace, but nobody has confirmed your address yet. Unless you do, it is removed on 27 November 2026, 12:00 UTC, and its address is free again.

    Confirm and keep it:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    The link works once. It takes the place of every earlier one. You did not register? Then do nothing: this is the last mail.

    Signalbox
    "#);
}

fn changed(change: Change) -> StateChanged<'static> {
    StateChanged {
        organization: "Acme GmbH",
        address: LINK,
        change,
        at: "20 November 2026, 12:00 UTC",
        until: None,
        reason: None,
        contact: None,
    }
}

#[test]
fn state_changed_says() {
    let deletion = state_changed(&StateChanged {
        until: Some("20 December 2026, 12:00 UTC"),
        reason: Some("asked by telephone <b>"),
        contact: Some("help@signalbox.example"),
        ..changed(Change::DeletionBegan)
    });
    assert_snapshot!(deletion.subject, @"Acme GmbH is being deleted");
    assert_snapshot!(deletion.text, @r#"
    Acme GmbH is being deleted

    An operator of Signalbox changed your workspace on 20 November 2026, 12:00 UTC. Its deletion has begun. Checks and jobs have stopped, and until the day below nothing of it is gone. After that everything is deleted for good.

    The reason given: asked by telephone <b>

    It can be undone until 20 December 2026, 12:00 UTC.

    Open your workspace:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    Questions, or not what you wanted? Write to help@signalbox.example.

    Signalbox
    "#);
    assert!(deletion.html.contains("asked by telephone &lt;b&gt;"));
    assert_snapshot!(state_changed(&changed(Change::Suspended)).text, @r#"
    Acme GmbH is suspended

    An operator of Signalbox changed your workspace on 20 November 2026, 12:00 UTC. It was suspended. People can still sign in, but nothing else works: checks and jobs pause. Nothing is lost, and when it is resumed everything goes on from there.

    Open your workspace:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    Questions, or not what you wanted? Answer this mail.

    Signalbox
    "#);
    assert_snapshot!(state_changed(&changed(Change::Frozen)).text, @r#"
    Acme GmbH can only be read for now

    An operator of Signalbox changed your workspace on 20 November 2026, 12:00 UTC. It was made read-only. Everything can be read and nothing changed: checks and jobs pause. Nothing is lost, and when it is resumed everything goes on from there.

    Open your workspace:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    Questions, or not what you wanted? Answer this mail.

    Signalbox
    "#);
    assert_snapshot!(state_changed(&changed(Change::Resumed)).text, @r#"
    Acme GmbH works again

    An operator of Signalbox changed your workspace on 20 November 2026, 12:00 UTC. It was resumed: everything works again, and checks go on.

    Open your workspace:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    Questions, or not what you wanted? Answer this mail.

    Signalbox
    "#);
    assert_snapshot!(state_changed(&changed(Change::DeletionUndone)).text, @r#"
    Acme GmbH is not deleted

    An operator of Signalbox changed your workspace on 20 November 2026, 12:00 UTC. Its deletion was undone: it is again what it was before, and nothing of it is gone.

    Open your workspace:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    Questions, or not what you wanted? Answer this mail.

    Signalbox
    "#);
}

#[test]
fn support_began_says() {
    let look = Look {
        organization: "Acme GmbH",
        operator: "Ada Lovelace",
        reason: "checks are late <b>",
        ticket: Some("HELP-7"),
        minutes: 15,
        settings: LINK,
    };
    let mail = support_began(&look);
    assert_snapshot!(mail.subject, @"Support is looking at Acme GmbH");
    assert_snapshot!(mail.text, @r#"
    Support access has begun

    Ada Lovelace of Signalbox support is looking at Acme GmbH, for at most 15 minutes. They see what a viewer sees, and can change nothing.

    Their reason: checks are late <b> (HELP-7)

    Review support access:
    https://acme.signalbox.example/verify-email#token=abc_DEF-123

    Your organisation allowed support access. Switch it off on that page, and whoever looks is out at once.

    Signalbox
    "#);
    assert!(mail.html.contains("checks are late &lt;b&gt;"));
    let untold = support_began(&Look {
        ticket: None,
        ..look
    });
    assert!(untold.text.contains("Their reason: checks are late <b>\n"));
}

#[test]
fn a_hostile_name_is_shown_and_does_nothing() {
    let mail = verify_address(HOSTILE, "javascript:alert(document.domain)", 48);
    assert_snapshot!(mail.subject, @r#"Confirm your address for <script>alert('x')</script> & "Co" <img src=x onerror=alert(1)>"#);
    assert_snapshot!(body(&mail.html), @r##"
    <h1 class="ink" dir="auto" style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;color:#17201c">Welcome, &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Co&quot; &lt;img src=x onerror=alert(1)&gt;</h1>
    <p class="ink" dir="auto" style="margin:0 0 16px;color:#17201c">Your workspace is set up. Please confirm that this address is yours; then you can sign in.</p>
    <p style="margin:24px 0"><a class="button" href="#" style="display:inline-block;padding:12px 24px;border-radius:6px;background:#0e7071;color:#fffdf8;font-weight:600;text-decoration:none">Confirm this address</a></p>
    <p class="dim" style="margin:0 0 16px;font-size:14px;color:#5b625c">Or open this address:<br><a class="link" href="#" style="color:#0e7071;word-break:break-all">javascript:alert(document.domain)</a></p>
    <p class="dim" dir="auto" style="margin:0 0 16px;font-size:14px;color:#5b625c">The link works once, for 48 hours. After that, ask for a new one on the sign-in page.</p>
    <p class="dim" dir="auto" style="margin:0 0 16px;font-size:14px;color:#5b625c">You did not register? Then do nothing: an address that is not confirmed cannot be used, and the workspace is removed.</p>
    "##);
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
        last_call("Acme", LINK, "tomorrow"),
        state_changed(&changed(Change::Frozen)),
        support_began(&Look {
            organization: "Acme",
            operator: "Ada",
            reason: "Slow",
            ticket: None,
            minutes: 15,
            settings: LINK,
        }),
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
