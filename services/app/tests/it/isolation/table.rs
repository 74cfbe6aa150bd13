//! How each operation is called, and who may not.

use kernel::roles::Role;

/// Who may call an operation.
#[derive(Clone, Copy)]
pub enum Access {
    /// Anybody on the right host.
    Anyone,
    /// Anybody who is signed in.
    SignedIn,
    /// Whoever has the permission; the role that stands here has not.
    Needs(Role),
}

/// How an operation is called.
pub struct Operation {
    pub id: &'static str,
    pub access: Access,
    /// Behind the path.
    pub query: &'static str,
    /// A sound body, so that nothing but the caller is at fault.
    pub body: Option<&'static str>,
    /// Audit rows that one effective call leaves.
    pub audit_rows: i64,
}

const fn read(id: &'static str, access: Access) -> Operation {
    Operation {
        id,
        access,
        query: "",
        body: None,
        audit_rows: 0,
    }
}

const fn asked(id: &'static str, access: Access, query: &'static str) -> Operation {
    Operation {
        id,
        access,
        query,
        body: None,
        audit_rows: 0,
    }
}

const fn write(id: &'static str, access: Access) -> Operation {
    Operation {
        id,
        access,
        query: "",
        body: None,
        audit_rows: 1,
    }
}

const fn asked_write(id: &'static str, access: Access, query: &'static str) -> Operation {
    Operation {
        query,
        ..write(id, access)
    }
}

const fn sent(id: &'static str, access: Access, body: &'static str) -> Operation {
    Operation {
        id,
        access,
        query: "",
        body: Some(body),
        audit_rows: 1,
    }
}

use Access::{Anyone, Needs, SignedIn};

const CREDENTIALS: &str =
    r#"{"email":"nobody@nowhere.example","password":"correct horse battery staple 9"}"#;
const TOKEN: &str = r#"{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
const HANDED_OVER: &str = r#"{"code":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","page":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
const SHOWN: &str = r#"{"handle":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","credential":{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"authenticatorData":"AAAA","clientDataJSON":"AAAA","signature":"AAAA","userHandle":"AAAA"}}}"#;
const OFFERED: &str = r#"{"handle":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","name":"Theirs","credential":{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"attestationObject":"AAAA","clientDataJSON":"AAAA"}}}"#;
const SETTINGS: &str = r#"{"name":"Theirs","url":"http://127.0.0.1:9/"}"#;
const RULES: &str = r#"{"idle_minutes":60,"second_factor_required":false,"methods":["password","passkey","discord"],"mail_domains":[],"console_networks":[],"key_networks":[]}"#;

/// Every operation of the description.
pub const TABLE: &[Operation] = &[
    read("show_health", Anyone),
    read("show_api_health", Anyone),
    read("show_readiness", Anyone),
    read("show_openapi", Anyone),
    read("show_notice", Anyone),
    // Root host.
    asked("preview_slug", Anyone, "?name=Somebody"),
    sent(
        "register_organization",
        Anyone,
        r#"{"organization_name":"Somebody","email":"somebody@somebody.example","password":"correct horse battery staple 9","password_confirm":"correct horse battery staple 9"}"#,
    ),
    // Writes a wish of nobody's on the platform: there is no organisation whose log it belongs to.
    Operation {
        audit_rows: 0,
        ..sent(
            "find_workspaces",
            Anyone,
            r#"{"email":"nobody@nowhere.example"}"#,
        )
    },
    // Signing in and out.
    read("show_organization", Anyone),
    sent("verify_email", Anyone, TOKEN),
    sent(
        "resend_verification",
        Anyone,
        r#"{"email":"nobody@nowhere.example"}"#,
    ),
    sent("create_session", Anyone, CREDENTIALS),
    sent("create_token", Anyone, CREDENTIALS),
    sent(
        "refresh_token",
        Anyone,
        r#"{"refresh_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
    ),
    sent(
        "begin_support",
        Anyone,
        r#"{"code":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
    ),
    read("show_support", Needs(Role::Member)),
    sent("change_support", Needs(Role::Member), r#"{"allow":"day"}"#),
    read("show_me", SignedIn),
    read("open_live", SignedIn),
    read("list_sessions", SignedIn),
    read("list_sign_ins", SignedIn),
    // Endpoints. Every role may read; what else there is, a member or a viewer may not.
    read("list_endpoints", SignedIn),
    read("summarize_endpoints", SignedIn),
    read("fetch_endpoint", SignedIn),
    read("list_results", SignedIn),
    read("show_latency", SignedIn),
    sent("create_endpoint", Needs(Role::Member), SETTINGS),
    sent("replace_endpoint", Needs(Role::Member), SETTINGS),
    sent(
        "update_endpoint",
        Needs(Role::Member),
        r#"{"name":"Theirs"}"#,
    ),
    write("pause_endpoint", Needs(Role::Member)),
    write("resume_endpoint", Needs(Role::Member)),
    write("delete_endpoint", Needs(Role::Member)),
    write("restore_endpoint", Needs(Role::Member)),
    // Asks the target and writes nothing.
    Operation {
        audit_rows: 0,
        ..sent(
            "try_endpoint",
            Needs(Role::Member),
            r#"{"url":"http://127.0.0.1:9/"}"#,
        )
    },
    write("check_endpoint", Needs(Role::Viewer)),
    // The rules for signing in.
    read("show_sign_in_policy", Needs(Role::Member)),
    // Tells what a change would do and writes nothing.
    Operation {
        audit_rows: 0,
        ..sent("preview_sign_in_policy", Needs(Role::Member), RULES)
    },
    sent("replace_sign_in_policy", Needs(Role::Member), RULES),
    // People.
    read("list_members", SignedIn),
    read("list_roles", SignedIn),
    sent("change_member", Needs(Role::Member), r#"{"role":"viewer"}"#),
    write("deactivate_member", Needs(Role::Member)),
    write("reactivate_member", Needs(Role::Member)),
    write("remove_member", Needs(Role::Member)),
    sent(
        "create_invitation",
        Needs(Role::Member),
        r#"{"email":"somebody@nowhere.example","role":"viewer"}"#,
    ),
    read("list_invitations", Needs(Role::Member)),
    write("resend_invitation", Needs(Role::Member)),
    write("revoke_invitation", Needs(Role::Member)),
    // Tells what a link is for and uses nothing up.
    Operation {
        audit_rows: 0,
        ..sent("preview_invitation", Anyone, TOKEN)
    },
    sent(
        "accept_invitation",
        Anyone,
        r#"{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","name":"Ann","password":"correct horse battery staple 9"}"#,
    ),
    // Who owns the organisation.
    sent(
        "offer_ownership",
        Needs(Role::Member),
        r#"{"member_id":"01900000-0000-7000-8000-000000000000"}"#,
    ),
    read("show_ownership_transfer", SignedIn),
    write("end_ownership_transfer", SignedIn),
    sent("accept_ownership", SignedIn, "{}"),
    read("show_recovery", SignedIn),
    write("stop_recovery", SignedIn),
    sent(
        "recover_ownership",
        Anyone,
        r#"{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","password":"correct horse battery staple 9"}"#,
    ),
    // One's own account.
    read("export_account", SignedIn),
    sent(
        "delete_account",
        SignedIn,
        r#"{"email":"somebody@nowhere.example"}"#,
    ),
    sent(
        "forgot_password",
        Anyone,
        r#"{"email":"nobody@nowhere.example"}"#,
    ),
    sent(
        "reset_password",
        Anyone,
        r#"{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","password":"correct horse battery staple 9"}"#,
    ),
    sent("confirm_email", Anyone, TOKEN),
    sent("disown_change", Anyone, TOKEN),
    read("show_security", SignedIn),
    sent(
        "set_password",
        SignedIn,
        r#"{"password":"correct horse battery staple 9"}"#,
    ),
    sent(
        "request_email_change",
        SignedIn,
        r#"{"email":"somebody@nowhere.example"}"#,
    ),
    write("start_codes", SignedIn),
    sent("confirm_codes", SignedIn, r#"{"code":"000000"}"#),
    write("remove_codes", SignedIn),
    write("replace_recovery_codes", SignedIn),
    // Passkeys. What asks a browser for one leaves a challenge that nobody has answered yet.
    Operation {
        audit_rows: 0,
        ..write("ask_for_passkey", Anyone)
    },
    sent("use_passkey", Anyone, SHOWN),
    read("list_passkeys", SignedIn),
    Operation {
        audit_rows: 0,
        ..write("ask_for_new_passkey", SignedIn)
    },
    sent("add_passkey", SignedIn, OFFERED),
    sent("rename_passkey", SignedIn, r#"{"name":"Theirs"}"#),
    write("remove_passkey", SignedIn),
    // Who one is elsewhere.
    asked(
        "start_discord",
        Anyone,
        "?host=acme.localhost&page=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
    asked("finish_discord", Anyone, "?state=nothing"),
    sent("exchange_discord", Anyone, HANDED_OVER),
    read("list_identities", SignedIn),
    sent("link_identity", SignedIn, HANDED_OVER),
    write("unlink_identity", SignedIn),
    read("list_guilds", SignedIn),
    // Keys of programs.
    sent(
        "create_api_key",
        Needs(Role::Member),
        r#"{"name":"Theirs","scopes":["endpoints_read"],"valid_days":1}"#,
    ),
    read("list_api_keys", Needs(Role::Member)),
    write("revoke_api_key", Needs(Role::Member)),
    // Last: they end sessions that the suite comes by, or give them another secret.
    write("revoke_session", SignedIn),
    sent(
        "reauthenticate",
        SignedIn,
        r#"{"password":"correct horse battery staple 9"}"#,
    ),
    sent(
        "change_password",
        SignedIn,
        r#"{"current_password":"correct horse battery staple 9","password":"correct horse battery staple 9"}"#,
    ),
    asked_write("revoke_sessions", SignedIn, "?except=current"),
    // The audit log. Admins read it.
    read("list_auth_log", Needs(Role::Member)),
    read("export_auth_log", Needs(Role::Member)),
    read("list_audit", Needs(Role::Member)),
    read("verify_audit", Needs(Role::Member)),
    read("export_audit", Needs(Role::Member)),
    // Last: it ends the session it is called with.
    write("end_session", SignedIn),
];
