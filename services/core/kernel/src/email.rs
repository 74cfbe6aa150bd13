//! E-mail addresses, as far as an account is known by one.

use std::fmt;

/// Characters of an address at the most (RFC 5321 4.5.3.1.3, with the brackets of the path taken off).
pub const MAX_CHARS: usize = 254;
const MAX_LOCAL_CHARS: usize = 64;
const MAX_LABEL_CHARS: usize = 63;
/// What a local part is made of besides letters, digits and dots (RFC 5322 3.2.3).
const ATOM_SIGNS: &str = "!#$%&'*+-/=?^_`{|}~";

/// An address that mail can be sent to: trimmed, its domain in lower case and with a dot.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address. Quoted local parts, comments and address literals are refused: nobody types
    /// them, and every one of them is a way to mean something else. International domains are
    /// written in their ASCII form.
    pub fn parse(typed: &str) -> Option<Self> {
        let (local, domain) = typed.trim().rsplit_once('@')?;
        let domain = domain.to_ascii_lowercase();
        let address = format!("{local}@{domain}");
        let fits = address.len() <= MAX_CHARS && is_local_part(local) && is_domain(&domain);
        fits.then_some(Self(address))
    }

    /// The address, as mail is sent to it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }

    /// What stands behind it, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit('@').next().unwrap_or_default()
    }

    /// As much of it as tells its owner that it is meant, and others little: `a•••@example.com`.
    pub fn masked(&self) -> String {
        let first = self.local_part().chars().next().unwrap_or('•');
        format!("{first}•••@{}", self.domain())
    }

    /// The form in which two spellings of one account's address are equal.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Addresses are personal: they are not for logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

fn is_local_part(local: &str) -> bool {
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ATOM_SIGNS.contains(c))
    };
    local.len() <= MAX_LOCAL_CHARS && local.split('.').all(atom)
}

fn is_domain(domain: &str) -> bool {
    let label = |part: &str| {
        (1..=MAX_LABEL_CHARS).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let Some((_, last)) = domain.rsplit_once('.') else {
        return false;
    };
    // A top-level domain of digits alone would be the end of an IPv4 address.
    domain.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_trimmed_and_its_domain_lowered() {
        let address = EmailAddress::parse(" Wile.Coyote+ACME@Example.COM\n").expect("an address");
        assert_eq!(address.as_str(), "Wile.Coyote+ACME@example.com");
        assert_eq!(address.folded(), "wile.coyote+acme@example.com");
        assert_eq!(address.local_part(), "Wile.Coyote+ACME");
        assert_eq!(address.domain(), "example.com");
        assert_eq!(address.masked(), "W•••@example.com");
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }

    #[test]
    fn what_mail_cannot_be_sent_to_is_refused() {
        let long = |n: usize| format!("a@{}.example", "b".repeat(n));
        for wrong in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@localhost",
            "a@[192.0.2.1]",
            "a@192.0.2.1",
            "a b@example.com",
            "a@exa mple.com",
            ".a@example.com",
            "a..b@example.com",
            "a@b@example.com",
            "\"a\"@example.com",
            "a@-example.com",
            "a@example-.com",
            "a@example..com",
            "a@example.com.",
            "a\r\nBcc: x@example.com",
            "ä@example.com",
            "a@exämple.com",
            &long(64),
            &format!("{}@example.com", "a".repeat(65)),
            &format!("a@{}example.com", "a23456789.".repeat(25)),
        ] {
            assert!(EmailAddress::parse(wrong).is_none(), "{wrong:?}");
        }
        assert!(EmailAddress::parse(&long(63)).is_some());
    }

    proptest! {
        #[test]
        fn an_address_reads_back_as_itself(
            typed in "[a-zA-Z0-9.+ -]{1,12}@[a-zA-Z0-9-]{1,8}[.][a-zA-Z0-9-]{1,8}",
        ) {
            if let Some(address) = EmailAddress::parse(&typed) {
                let again = EmailAddress::parse(address.as_str());
                prop_assert_eq!(again.as_ref(), Some(&address));
                let upper = EmailAddress::parse(&typed.to_ascii_uppercase());
                prop_assert_eq!(upper.map(|it| it.folded()), Some(address.folded()));
            }
        }
    }
}
