//! Passwords, addresses and codes as JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::email::EmailAddress;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors};

use super::{address, email_faults, found};
use crate::model::{EmailChange, RecoveryCode, Security, User};
use crate::service::Enrollment;

/// An address whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgottenPassword {
    /// The account's address, in any case.
    #[schema(example = "ann@example.com", max_length = 254)]
    email: String,
}

/// An address somebody would like to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedEmail {
    /// The address.
    #[schema(example = "ann@example.com", max_length = 254)]
    email: String,
}

macro_rules! one_address {
    ($($name:ident),+) => {$(
        impl Validate for $name {
            fn validate(&self) -> Result<(), ValidationErrors> {
                found(email_faults(&self.email))
            }
        }

        impl TryFrom<$name> for EmailAddress {
            type Error = ApiError;

            fn try_from(input: $name) -> Result<Self, ApiError> {
                address(&input.email)
            }
        }
    )+};
}

one_address!(ForgottenPassword, WantedEmail);

/// The token of a mail, and the password that was chosen.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// What stands behind `#token=` in the link.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    pub token: SecretString,
    /// The new one: at least 12 characters that are not easy to guess.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe")]
    pub password: SecretString,
}

/// The present password, and the next one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe", min_length = 1)]
    pub current_password: SecretString,
    /// The new one: at least 12 characters that are not easy to guess.
    #[schema(value_type = String, format = Password, example = "marmalade gantry flute")]
    pub password: SecretString,
}

impl Validate for ChangePassword {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut faults = ValidationErrors::new();
        if self.current_password.expose_secret().is_empty() {
            let fault = ValidationError::new("required");
            let fault = fault.with_message("Enter your present password.".into());
            faults.add("current_password", fault);
        }
        found(faults)
    }
}

/// A first password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// At least 12 characters that are not easy to guess.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe")]
    pub password: SecretString,
}

/// The token of a mail that told of a change.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisownChange {
    /// What stands behind `#token=` in the link.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    pub token: SecretString,
}

/// The token of one of the two mails of a change of address.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmail {
    /// What stands behind `#token=` in the link.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    pub token: SecretString,
}

/// A code of an authenticator app.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownCode {
    /// The six digits it shows now.
    #[validate(length(equal = 6, message = "Enter the six digits your app shows."))]
    #[schema(example = "287082", min_length = 6, max_length = 6)]
    pub code: String,
}

/// That there is another password.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasswordReset {
    #[schema(example = "changed")]
    status: &'static str,
    /// The address to sign in with.
    #[schema(example = "ann@example.com")]
    email: String,
}

impl From<User> for PasswordReset {
    fn from(user: User) -> Self {
        Self {
            status: "changed",
            email: user.email,
        }
    }
}

/// How far a change of address got.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailStatus {
    /// Both addresses are proven: it is changed.
    Changed,
    /// The link that went to the new address has still to be opened.
    WaitingForNew,
    /// The link that went to the present address has still to be opened.
    WaitingForPresent,
}

/// What became of a link of a change of address.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailStep {
    status: EmailStatus,
    /// The address to sign in with from now on, once it is changed.
    #[schema(required = true, example = "ann@example.com")]
    email: Option<String>,
}

impl From<EmailChange> for EmailStep {
    fn from(change: EmailChange) -> Self {
        match change {
            EmailChange::Done { email } => Self {
                status: EmailStatus::Changed,
                email: Some(email),
            },
            EmailChange::Half { present_address } => Self {
                status: if present_address {
                    EmailStatus::WaitingForNew
                } else {
                    EmailStatus::WaitingForPresent
                },
                email: None,
            },
        }
    }
}

/// What somebody who is signed in proves again who they are by.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    /// Their password.
    Password,
    /// A passkey of this host.
    Passkey,
    /// A one-time code, or a recovery code.
    Code,
}

/// What somebody has to prove who they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityView {
    has_password: bool,
    /// Since when it is this one; null for the first.
    #[schema(required = true)]
    password_changed_at: Option<Timestamp>,
    /// Since when signing in asks for a one-time code; null where it does not.
    #[schema(required = true)]
    codes_since: Option<Timestamp>,
    /// Recovery codes that were not used yet.
    #[schema(example = 10)]
    recovery_codes_left: i32,
    /// What `POST /auth/reauthenticate` takes. Where it takes nothing, signing in again is the proof.
    prove_by: Vec<ProofKind>,
}

impl From<Security> for SecurityView {
    fn from(security: Security) -> Self {
        let kinds = [
            (security.passkeys > 0, ProofKind::Passkey),
            (security.has_password, ProofKind::Password),
            (security.codes_since.is_some(), ProofKind::Code),
        ];
        let had = kinds.into_iter().filter(|(has, _)| *has);
        Self {
            prove_by: had.map(|(_, kind)| kind).collect(),
            has_password: security.has_password,
            password_changed_at: security.password_changed_at,
            codes_since: security.codes_since,
            recovery_codes_left: security.recovery_codes_left,
        }
    }
}

/// The secret of an authenticator app, shown once.
#[derive(Serialize, ToSchema)]
pub struct EnrollmentView {
    /// For typing.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// For a picture that the app reads.
    #[schema(
        example = "otpauth://totp/Signalbox:ann%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Signalbox"
    )]
    uri: String,
}

impl From<Enrollment> for EnrollmentView {
    fn from(enrollment: Enrollment) -> Self {
        Self {
            secret: enrollment.seed.base32(),
            uri: enrollment.seed.uri(&enrollment.user.email),
        }
    }
}

/// Codes that let their owner in once without their app, shown once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodesView {
    /// Each is good once.
    #[schema(example = json!(["mzxw-6ytb-oi7q-a4t2"]))]
    recovery_codes: Vec<String>,
}

impl From<Vec<RecoveryCode>> for RecoveryCodesView {
    fn from(codes: Vec<RecoveryCode>) -> Self {
        Self {
            recovery_codes: codes.iter().map(RecoveryCode::expose).collect(),
        }
    }
}
