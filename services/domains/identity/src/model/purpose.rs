//! What one-time tokens are for. Pure.

/// What a one-time token is for. A token for one thing is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proves the address somebody registered with.
    VerifyEmail,
    /// Lets its holder choose another password.
    ResetPassword,
    /// Proves the address somebody wants.
    ChangeEmail,
    /// Proves the address of somebody who wants another.
    ConfirmEmail,
    /// Says that a change of an account was not its owner's.
    NotMe,
    /// Carries somebody who signs in from one step to the next.
    SignIn,
    /// What a browser was asked that is to make a passkey.
    AddPasskey,
    /// What a browser was asked that is to show one.
    UsePasskey,
    /// Lets its holder own the organisation, once they are signed in as themselves.
    TakeOwnership,
    /// Lets its holder in as the owner, by another address and with another password.
    RecoverOwnership,
}

impl Purpose {
    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::ConfirmEmail => "confirm_email",
            Self::NotMe => "not_me",
            Self::SignIn => "sign_in",
            Self::AddPasskey => "add_passkey",
            Self::UsePasskey => "use_passkey",
            Self::TakeOwnership => "take_ownership",
            Self::RecoverOwnership => "recover_ownership",
        }
    }
}
