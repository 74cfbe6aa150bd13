//! What a password must be: long, not guessable, and not made of what everybody knows about its owner.
//!
//! Length and lists, no composition rules (NIST SP 800-63B 5.1.1.2; ASVS 5.0, 6.2.1 to 6.2.11).

use zxcvbn::Score;
use zxcvbn::feedback::Warning;

use crate::Password;

const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 128;
/// A shorter word of the context turns up in good passwords by accident.
const MIN_CONTEXT_CHARS: usize = 4;

/// One rule a password breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable code of the rule.
    pub code: &'static str,
    /// What is expected, for a person.
    pub message: String,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Every rule that `password` breaks; none means it is good. `context` is what an attacker knows of the
/// owner: the name of the organisation, the e-mail address.
///
/// Takes milliseconds on a long password: call it from a blocking thread, or see
/// [`Passwords::judge`](crate::Passwords::judge).
pub fn broken_rules(password: &Password, context: &[&str]) -> Vec<Fault> {
    let text = password.text();
    let mut faults = Vec::new();
    match text.chars().count() {
        0 => return vec![Fault::new("required", "Choose a password.")],
        n if n < MIN_CHARS => faults.push(Fault::new(
            "too_short",
            format!("Use at least {MIN_CHARS} characters. A few words together are easy to keep in mind."),
        )),
        n if n > MAX_CHARS => {
            return vec![Fault::new("too_long", format!("Use at most {MAX_CHARS} characters."))];
        }
        _ => {}
    }
    if contains_context(text, context) {
        faults.push(Fault::new(
            "contains_context",
            "Leave out the name of your organisation and your e-mail address.",
        ));
    }
    let estimate = zxcvbn::zxcvbn(text, context);
    if estimate.score() < Score::Three {
        let warning = estimate.feedback().and_then(|it| it.warning());
        faults.push(guessable(warning));
    }
    faults
}

fn guessable(warning: Option<Warning>) -> Fault {
    const ADVICE: &str = "Add another word or two, the less common the better.";
    match warning {
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => Fault::new(
            "common",
            format!("This is on the lists of common and breached passwords. {ADVICE}"),
        ),
        Some(other) => Fault::new("guessable", format!("{other} {ADVICE}")),
        None => Fault::new("guessable", format!("This is easy to guess. {ADVICE}")),
    }
}

/// Whether the password contains a word of the context, whatever its case and punctuation: neither
/// `ACME-Rockets-2026` nor `acmerockets!` hides "Acme Rockets".
fn contains_context(password: &str, context: &[&str]) -> bool {
    let password = letters(password);
    context
        .iter()
        .flat_map(|words| [*words, words.split('@').next().unwrap_or_default()])
        .map(letters)
        .any(|word| word.chars().count() >= MIN_CONTEXT_CHARS && password.contains(&word))
}

fn letters(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONTEXT: [&str; 2] = ["Acme Rockets", "wile.coyote@acme.example"];

    fn codes(password: &str) -> Vec<&'static str> {
        let faults = broken_rules(&Password::new(password), &CONTEXT);
        faults.into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn a_few_uncommon_words_are_a_good_password() {
        assert_eq!(codes("tangerine plinth oboe"), [""; 0]);
        assert_eq!(codes("Çiçek zürafa bulut"), [""; 0]);
    }

    #[test]
    fn length_is_counted_in_characters_and_has_two_ends() {
        assert_eq!(codes(""), ["required"]);
        assert_eq!(codes("qW7#pL9!xT2"), ["too_short"]);
        assert_eq!(codes("qW7#pL9!xT2v"), [""; 0]);
        let longest: String = (0..128)
            .map(|n| char::from(33 + (n * 37 % 90) as u8))
            .collect();
        assert_eq!(codes(&longest), [""; 0]);
        assert_eq!(codes(&format!("{longest}x")), ["too_long"]);
    }

    #[test]
    fn common_and_breached_passwords_are_refused_however_they_are_dressed_up() {
        for common in [
            "123456789012",
            "passwordpassword",
            "Password1234",
            "qwertyuiop[]",
            "aaaaaaaaaaaaaaaa",
            "iloveyou1234",
            "P@ssw0rd1234",
            "abcdefghijklmnop",
        ] {
            assert!(!codes(common).is_empty(), "{common}");
        }
        assert_eq!(codes("password"), ["too_short", "common"]);
    }

    #[test]
    fn what_everybody_knows_about_the_owner_is_refused() {
        for known in [
            "acmerockets plinth oboe",
            "my ACME-rockets tangerine",
            "wile.coyote tangerine!",
            "WileCoyote tangerine plinth",
            "tangerine wile.coyote@acme.example",
        ] {
            assert!(codes(known).contains(&"contains_context"), "{known}");
        }
        let faults = broken_rules(
            &Password::new("hip tangerine plinth"),
            &["hip", "hi@hip.example"],
        );
        assert_eq!(faults, [], "three letters turn up by accident");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_password_upsets_the_rules(password in "\\PC{0,140}", organisation in "\\PC{0,40}") {
            let faults = broken_rules(&Password::new(&password), &[&organisation]);
            let chars = Password::new(&password).text().chars().count();
            prop_assert!(!faults.is_empty() || (MIN_CHARS..=MAX_CHARS).contains(&chars));
        }
    }
}
