//! What registering needs, and the rules of each field. Pure.

use kernel::email::EmailAddress;
use kernel::error::FieldError;
use kernel::id::TenantId;
use kernel::text::{self, TextFault};
use passwords::{Fault, Password, PasswordHash};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::slug::{Slug, SlugFault};

/// Characters of an organisation's name at the most.
const MAX_NAME_CHARS: usize = 120;

/// Endpoints an organisation may watch before it has chosen a plan.
pub const FREE_ENDPOINTS: i32 = 3;
/// People an organisation may have before it has chosen a plan, its owner included.
pub const FREE_USERS: i32 = 5;

/// A form as it was filled in.
#[derive(Debug)]
pub struct Application {
    /// What the organisation calls itself.
    pub organization_name: String,
    /// Where its owner is reached.
    pub email: String,
    /// The owner's password.
    pub password: Password,
    /// The same again.
    pub password_confirm: Password,
    /// The address, where it was chosen.
    pub slug: Option<String>,
}

/// Where a slug comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedSlug {
    /// This one or none.
    Chosen(Slug),
    /// Made from the name: another number will do.
    Derived(Slug),
}

/// An organisation that may be registered.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// What it calls itself.
    pub name: String,
    /// Where its owner is reached.
    pub email: EmailAddress,
    /// What it is to be reached as.
    pub slug: WantedSlug,
}

impl NewOrganization {
    /// Checks all fields. `password` is what the password's own rules found. Errors:
    /// [`Error::Invalid`] with every fault; [`Error::ReservedName`] where that is the only one.
    pub fn parse(form: &Application, password: &[Fault]) -> Result<Self, Error> {
        let mut faults = Vec::new();
        let name = name(&form.organization_name).map_err(|fault| faults.push(fault));
        let email = email(&form.email).map_err(|fault| faults.push(fault));
        for fault in password {
            faults.push(FieldError::new(
                "password",
                fault.code,
                fault.message.as_str(),
            ));
        }
        if form.password != form.password_confirm {
            faults.push(FieldError::new(
                "password_confirm",
                "mismatch",
                "The two passwords differ.",
            ));
        }
        let slug = wanted_slug(form, name.as_deref().ok());
        let reserved = match &slug {
            Err((field, SlugFault::Reserved)) => {
                Some(FieldError::new(field, "reserved_name", RESERVED))
            }
            Err((field, SlugFault::Invalid)) => {
                faults.push(FieldError::new(field, "slug", no_address(field)));
                None
            }
            Ok(_) => None,
        };
        match (name, email, slug) {
            (Ok(name), Ok(email), Ok(Some(slug))) if faults.is_empty() => {
                Ok(Self { name, email, slug })
            }
            _ => {
                if faults.is_empty()
                    && let Some(reserved) = reserved
                {
                    return Err(Error::ReservedName(reserved));
                }
                faults.extend(reserved);
                Err(Error::Invalid(faults))
            }
        }
    }
}

const RESERVED: &str = "This word belongs to the service. Choose another address.";

fn no_address(field: &str) -> &'static str {
    if field == "slug" {
        "Use 3 to 40 letters a-z, digits and single hyphens inside."
    } else {
        "No address can be made from this name. Use letters or digits, or choose an address."
    }
}

/// The slug that was chosen, or the one the name leads to; `None` without a good name. A fault belongs to
/// the field it came from.
fn wanted_slug(
    form: &Application,
    name: Option<&str>,
) -> Result<Option<WantedSlug>, (&'static str, SlugFault)> {
    match (&form.slug, name) {
        (Some(chosen), _) => Slug::parse(chosen)
            .map(|slug| Some(WantedSlug::Chosen(slug)))
            .map_err(|fault| ("slug", fault)),
        (None, Some(name)) => Slug::derive(name)
            .map(|slug| Some(WantedSlug::Derived(slug)))
            .map_err(|fault| ("organization_name", fault)),
        (None, None) => Ok(None),
    }
}

fn name(typed: &str) -> Result<String, FieldError> {
    let fault = |code, message: &str| FieldError::new("organization_name", code, message);
    let name = text::line(typed, MAX_NAME_CHARS).map_err(|broken| match broken {
        TextFault::Empty => fault("required", "Enter the name of your organisation."),
        TextFault::TooLong => fault("too_long", "Use at most 120 characters."),
        TextFault::Control => fault("characters", "Use visible characters on one line."),
    })?;
    let lower = name.to_lowercase();
    // A name stands in mails to others: it must not become a link in them.
    if lower.contains("://") || lower.contains("www.") {
        return Err(fault("link", "Enter a name, not a web address."));
    }
    Ok(name)
}

fn email(typed: &str) -> Result<EmailAddress, FieldError> {
    EmailAddress::parse(typed).ok_or_else(|| {
        FieldError::new(
            "email",
            "email",
            "Enter an e-mail address, like name@example.com.",
        )
    })
}

/// The address that another one asks for.
pub fn typed_address(typed: &str) -> Result<EmailAddress, Error> {
    email(typed).map_err(|fault| Error::Invalid(vec![fault]))
}

/// What a name leads to, before anybody registers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The slug; empty where there is none.
    pub slug: String,
    /// Why it is not to be had.
    pub reason: Option<Unavailable>,
    /// One that is.
    pub suggestion: Option<Slug>,
}

/// Why a slug is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// Somebody has it.
    Taken,
    /// It belongs to the service.
    Reserved,
    /// No slug can be made.
    Invalid,
}

/// The first person of a new organisation.
#[derive(Debug)]
pub struct Owner<'a> {
    /// Where they are reached.
    pub email: &'a EmailAddress,
    /// What their password was hashed to.
    pub password_hash: &'a PasswordHash,
}

/// An organisation that was just registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its id.
    pub id: TenantId,
    /// What it calls itself.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// Where its console is.
    pub url: String,
    /// Where its owner is reached.
    pub email: String,
}

/// What a registration is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The organisation.
    pub organization: Registered,
    /// A named attempt was answered before, and this is that answer.
    pub replayed: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form() -> Application {
        Application {
            organization_name: "Acme Rockets".into(),
            email: "wile@acme.example".into(),
            password: Password::new("tangerine plinth oboe"),
            password_confirm: Password::new("tangerine plinth oboe"),
            slug: None,
        }
    }

    fn faults(form: &Application) -> Vec<(String, String)> {
        match NewOrganization::parse(form, &[]) {
            Err(Error::Invalid(faults)) => {
                faults.into_iter().map(|it| (it.pointer, it.code)).collect()
            }
            Err(Error::ReservedName(fault)) => vec![(fault.pointer, "only this".into())],
            other => panic!("{other:?}"),
        }
    }

    fn at(pointer: &str, code: &str) -> (String, String) {
        (pointer.to_owned(), code.to_owned())
    }

    #[test]
    fn a_good_form_is_an_organisation() {
        let new = NewOrganization::parse(&form(), &[]).expect("all is well");
        assert_eq!(new.name, "Acme Rockets");
        assert!(matches!(new.slug, WantedSlug::Derived(slug) if slug.as_str() == "acme-rockets"));
        let chosen = Application {
            slug: Some("acme".into()),
            ..form()
        };
        let new = NewOrganization::parse(&chosen, &[]).expect("all is well");
        assert!(matches!(new.slug, WantedSlug::Chosen(slug) if slug.as_str() == "acme"));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let bad = Application {
            organization_name: String::new(),
            email: "nobody".into(),
            password_confirm: Password::new("other"),
            slug: Some("-".into()),
            ..form()
        };
        let expected = [
            at("/organization_name", "required"),
            at("/email", "email"),
            at("/password_confirm", "mismatch"),
            at("/slug", "slug"),
        ];
        assert_eq!(faults(&bad), expected);
    }

    #[test]
    fn a_reserved_word_has_its_own_answer_unless_more_is_wrong() {
        let derived = Application {
            organization_name: "Status".into(),
            ..form()
        };
        assert_eq!(faults(&derived), [at("/organization_name", "only this")]);
        let chosen = Application {
            slug: Some("admin".into()),
            ..form()
        };
        assert_eq!(faults(&chosen), [at("/slug", "only this")]);
        let worse = Application {
            email: String::new(),
            ..derived
        };
        let expected = [
            at("/email", "email"),
            at("/organization_name", "reserved_name"),
        ];
        assert_eq!(faults(&worse), expected);
    }

    #[test]
    fn names_that_could_be_links_or_hide_something_are_refused() {
        for (name, code) in [
            ("https://evil.example", "link"),
            ("See WWW.evil.example", "link"),
            ("a\nb", "characters"),
            ("a\u{202e}b", "characters"),
            ("   ", "required"),
            ("!!!", "slug"),
        ] {
            let bad = Application {
                organization_name: name.into(),
                ..form()
            };
            assert_eq!(faults(&bad), [at("/organization_name", code)], "{name:?}");
        }
        let long = Application {
            organization_name: "x".repeat(121),
            ..form()
        };
        assert_eq!(faults(&long), [at("/organization_name", "too_long")]);
    }

    #[test]
    fn a_name_without_letters_does_where_an_address_was_chosen() {
        let chosen = Application {
            organization_name: "!!!".into(),
            slug: Some("acme".into()),
            ..form()
        };
        assert!(NewOrganization::parse(&chosen, &[]).is_ok());
    }

    proptest! {
        #[test]
        fn no_form_upsets_the_rules(
            name in "\\PC{0,130}", email in "\\PC{0,40}", slug in proptest::option::of("\\PC{0,45}"),
        ) {
            let form = Application { organization_name: name, email, slug, ..form() };
            match NewOrganization::parse(&form, &[]) {
                Ok(new) => prop_assert!(new.name.chars().count() <= MAX_NAME_CHARS),
                Err(Error::Invalid(faults)) => prop_assert!(!faults.is_empty()),
                Err(Error::ReservedName(_)) => {}
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
