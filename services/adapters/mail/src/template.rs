//! The kinds of mail there are, by the names and values that are stored with one.
//!
//! Reads what a row holds and hands it to the wording; decides nothing.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::templates::{self, Change, Rendered, accounts, ownership, people, recovery};

/// What a mail says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Asks for proof of an address. Params `{organization, valid_hours}`; the secret is the token.
    Verify,
    /// Asks once more, a day before the workspace is removed. Params `{organization, removed_at}`; the
    /// secret is the token.
    LastCall,
    /// Lists workspaces. Params `{workspaces: [{organization, address}]}`.
    FindWorkspaces,
    /// Greets the owner. Params `{organization}`.
    Welcome,
    /// Tells an owner what an operator did to the workspace. Params `{organization, change, at}`, and where
    /// there are any `reason`, `until`, `contact`; `change` is a [`Change`].
    StateChanged,
    /// Leads to a new password. Params [`accounts::ResetPassword`]; the secret is the token.
    ResetPassword,
    /// Asks for proof of a new address. Params [`accounts::EmailChange`]; the secret is the token.
    ConfirmNewEmail,
    /// Asks the present address whether another may take its place. Params and secret as the new one's.
    ApproveEmail,
    /// Tells the address before that there is another. Params [`accounts::EmailChanged`].
    EmailChanged,
    /// Tells what changed about signing in. Params [`accounts::AccountChanged`]; the secret is the token
    /// that undoes it.
    AccountChanged,
    /// Tells of a sign-in from where its owner never was. Params [`accounts::NewSignIn`]; the secret is the
    /// token that undoes it.
    NewSignIn,
    /// Asks somebody to join. Params [`people::Invitation`]; the secret is the token.
    Invitation,
    /// Tells somebody that their role or account was changed. Params [`people::MembershipChanged`].
    MembershipChanged,
    /// Asks somebody to take the organisation over. Params [`ownership::OwnershipOffered`]; the secret is the
    /// token.
    OwnershipOffered,
    /// Tells what became of such an offer. Params [`ownership::OwnershipChanged`].
    OwnershipChanged,
    /// Says goodbye to somebody who ended their account. Params [`ownership::AccountDeleted`].
    AccountDeleted,
    /// Tells an owner that an operator looks. Params `{organization, operator, reason, ticket, minutes}`.
    SupportBegan,
    /// Leads an owner who lost access to a new password. Params [`recovery::RecoverOwnership`]; the secret is
    /// the token.
    RecoverOwnership,
    /// Tells everybody what happens to their owner's way in. Params [`recovery::OwnerRecovery`].
    OwnerRecovery,
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 19] = [
        Self::Verify,
        Self::LastCall,
        Self::FindWorkspaces,
        Self::Welcome,
        Self::StateChanged,
        Self::ResetPassword,
        Self::ConfirmNewEmail,
        Self::ApproveEmail,
        Self::EmailChanged,
        Self::AccountChanged,
        Self::NewSignIn,
        Self::Invitation,
        Self::MembershipChanged,
        Self::OwnershipOffered,
        Self::OwnershipChanged,
        Self::AccountDeleted,
        Self::SupportBegan,
        Self::RecoverOwnership,
        Self::OwnerRecovery,
    ];

    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::LastCall => "last_call",
            Self::FindWorkspaces => "find_workspaces",
            Self::Welcome => "welcome",
            Self::StateChanged => "state_changed",
            Self::ResetPassword => "reset_password",
            Self::ConfirmNewEmail => "confirm_new_email",
            Self::ApproveEmail => "approve_email",
            Self::EmailChanged => "email_changed",
            Self::AccountChanged => "account_changed",
            Self::NewSignIn => "new_sign_in",
            Self::Invitation => "invitation",
            Self::MembershipChanged => "membership_changed",
            Self::OwnershipOffered => "ownership_offered",
            Self::OwnershipChanged => "ownership_changed",
            Self::AccountDeleted => "account_deleted",
            Self::SupportBegan => "support_began",
            Self::RecoverOwnership => "recover_ownership",
            Self::OwnerRecovery => "owner_recovery",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// The mail, or why there is none: a fault of ours, without any of the values. `address` is the
    /// workspace's.
    pub(crate) fn compose(
        self,
        params: &Value,
        secret: Option<&str>,
        address: &str,
    ) -> Result<Rendered, &'static str> {
        // In the fragment: no server sees it.
        let link = |page: &str| {
            let token = secret.ok_or("its secret is gone")?;
            Ok::<_, &'static str>(format!("{address}/{page}#token={token}"))
        };
        Ok(match self {
            Self::Verify => {
                let it: Verify = read_params(params)?;
                templates::verify_address(&it.organization, &link("verify-email")?, it.valid_hours)
            }
            Self::LastCall => {
                let it: LastCall = read_params(params)?;
                templates::last_call(&it.organization, &link("verify-email")?, &it.removed_at)
            }
            Self::FindWorkspaces => read_params::<FindWorkspaces>(params)?.written(),
            Self::Welcome => {
                let it: Welcome = read_params(params)?;
                templates::welcome(&it.organization, address)
            }
            Self::StateChanged => read_params::<StateChanged>(params)?.written(address),
            Self::ResetPassword => {
                accounts::reset_password(&read_params(params)?, &link("reset-password")?)
            }
            Self::ConfirmNewEmail => {
                accounts::confirm_new_email(&read_params(params)?, &link("confirm-email")?)
            }
            Self::ApproveEmail => {
                accounts::approve_email(&read_params(params)?, &link("confirm-email")?)
            }
            Self::EmailChanged => accounts::email_changed(&read_params(params)?),
            Self::AccountChanged => {
                accounts::account_changed(&read_params(params)?, &link("not-me")?)
            }
            Self::NewSignIn => accounts::new_sign_in(
                &read_params(params)?,
                &format!("{address}/account/sessions"),
                &link("not-me")?,
            ),
            Self::Invitation => people::invitation(&read_params(params)?, &link("invitation")?),
            Self::MembershipChanged => people::membership_changed(&read_params(params)?, address),
            Self::OwnershipOffered => {
                ownership::ownership_offered(&read_params(params)?, &link("ownership")?)
            }
            Self::OwnershipChanged => ownership::ownership_changed(&read_params(params)?, address),
            Self::AccountDeleted => ownership::account_deleted(&read_params(params)?),
            Self::SupportBegan => read_params::<SupportBegan>(params)?.written(address),
            Self::RecoverOwnership => {
                recovery::recover_ownership(&read_params(params)?, &link("recovery")?)
            }
            Self::OwnerRecovery => recovery::owner_recovery(&read_params(params)?, address),
        })
    }
}

#[derive(Deserialize)]
struct Verify {
    organization: String,
    valid_hours: u32,
}

#[derive(Deserialize)]
struct LastCall {
    organization: String,
    removed_at: String,
}

#[derive(Deserialize)]
struct FindWorkspaces {
    workspaces: Vec<Workspace>,
}

impl FindWorkspaces {
    fn written(&self) -> Rendered {
        let workspaces: Vec<_> = self.workspaces.iter().map(Workspace::borrowed).collect();
        templates::find_workspaces(&workspaces)
    }
}

#[derive(Deserialize)]
struct Workspace {
    organization: String,
    address: String,
}

impl Workspace {
    fn borrowed(&self) -> templates::Workspace<'_> {
        templates::Workspace {
            organization: &self.organization,
            address: &self.address,
        }
    }
}

#[derive(Deserialize)]
struct Welcome {
    organization: String,
}

#[derive(Deserialize)]
struct StateChanged {
    organization: String,
    change: Change,
    at: String,
    until: Option<String>,
    reason: Option<String>,
    contact: Option<String>,
}

impl StateChanged {
    fn written(&self, address: &str) -> Rendered {
        templates::state_changed(&templates::StateChanged {
            organization: &self.organization,
            address,
            change: self.change,
            at: &self.at,
            until: self.until.as_deref(),
            reason: self.reason.as_deref(),
            contact: self.contact.as_deref(),
        })
    }
}

#[derive(Deserialize)]
struct SupportBegan {
    organization: String,
    operator: String,
    reason: String,
    ticket: Option<String>,
    minutes: i64,
}

impl SupportBegan {
    fn written(&self, address: &str) -> Rendered {
        templates::support_began(&templates::Look {
            organization: &self.organization,
            operator: &self.operator,
            reason: &self.reason,
            ticket: self.ticket.as_deref(),
            minutes: self.minutes,
            settings: &format!("{address}/settings/support"),
        })
    }
}

fn read_params<T: DeserializeOwned>(params: &Value) -> Result<T, &'static str> {
    T::deserialize(params).map_err(|_| "params that do not fit the template")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_template_reads_back() {
        for template in Template::ALL {
            assert_eq!(Template::parse(template.as_str()), Some(template));
        }
        assert_eq!(Template::parse("unheard_of"), None);
    }
}
