//! The first label of an organisation's host: made from its name, or chosen.

use std::collections::HashSet;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

const MIN_CHARS: usize = 3;
const MAX_CHARS: usize = 40;
/// Makes a slug long enough that a name of one or two letters leads to.
const FILLER: &str = "-org";
/// Numbers that are tried behind a taken slug.
const LAST_NUMBER: u32 = 50;

/// The one list of names that belong to the platform, one a line, without hyphens.
const RESERVED: &str = include_str!("reserved.txt");

/// A label that may become a host: 3 to 40 characters of `a-z0-9-`, no hyphen at either end nor two in
/// a row (which leaves no punycode, `xn--`), not reserved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlugFault {
    /// Nothing a host's label can be made of.
    Invalid,
    /// The platform's own.
    Reserved,
}

impl Slug {
    /// Reads a slug as somebody chose it. What is said is what is taken: nothing is corrected.
    pub fn parse(chosen: &str) -> Result<Self, SlugFault> {
        if !is_label(chosen) {
            return Err(SlugFault::Invalid);
        }
        if is_reserved(chosen) {
            return Err(SlugFault::Reserved);
        }
        Ok(Self(chosen.to_owned()))
    }

    /// Makes a slug of a name.
    pub fn derive(name: &str) -> Result<Self, SlugFault> {
        Self::parse(&label_of(name))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This slug and the numbered ones behind it, in the order in which they are given out.
    pub fn candidates(&self) -> Vec<Self> {
        let numbered = (2..=LAST_NUMBER).map(|number| self.with_suffix(&number.to_string()));
        std::iter::once(self.clone()).chain(numbered).collect()
    }

    /// The first candidate that is not among the `taken`.
    pub fn first_free(&self, taken: &HashSet<String>) -> Option<Self> {
        self.candidates()
            .into_iter()
            .find(|it| !taken.contains(it.as_str()))
    }

    /// The same name with `-suffix` behind it, shortened to fit. The suffix is letters and digits.
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let room = MAX_CHARS.saturating_sub(suffix.len() + 1);
        Self(format!("{}-{suffix}", cut(&self.0, room)))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a name becomes as a label: transliterated to ASCII, everything else a hyphen. Empty where nothing
/// is left.
pub fn label_of(name: &str) -> String {
    let compatible: String = name.nfkc().collect();
    let mut label = String::new();
    for c in deunicode::deunicode_with_tofu(&compatible, "-").chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => label.push(c),
            // "Bob's" is one word.
            '\'' | '`' => {}
            _ if label.is_empty() || label.ends_with('-') => {}
            _ => label.push('-'),
        }
    }
    let label = cut(&label, MAX_CHARS);
    match label.len() {
        0 => String::new(),
        n if n < MIN_CHARS => format!("{label}{FILLER}"),
        _ => label.to_owned(),
    }
}

/// At most `max` characters of a label in ASCII, without a hyphen at the end.
fn cut(label: &str, max: usize) -> &str {
    label.get(..max).unwrap_or(label).trim_end_matches('-')
}

fn is_label(text: &str) -> bool {
    (MIN_CHARS..=MAX_CHARS).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// `log-in` is `login` to whoever reads it.
fn is_reserved(label: &str) -> bool {
    let letters = label.replace('-', "");
    RESERVED.lines().any(|word| word == letters)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn derived(name: &str) -> Result<String, SlugFault> {
        Slug::derive(name).map(|slug| slug.to_string())
    }

    #[test]
    fn a_name_in_any_script_leads_to_a_slug() {
        for (name, slug) in [
            ("Acme Rockets", "acme-rockets"),
            ("  ACME,  Inc. ", "acme-inc"),
            ("Bob's Bäckerei & Söhne", "bobs-backerei-sohne"),
            ("Straße 7", "strasse-7"),
            ("北京", "bei-jing"),
            ("Ελλάδα", "ellada"),
            ("ＡＣＭＥ①", "acme1"),
            ("🦄 Games", "unicorn-games"),
            ("HP", "hp-org"),
            ("X", "x-org"),
            ("xn--acme", "xn-acme"),
            ("<script>alert(1)</script>", "script-alert-1-script"),
            ("'; DROP TABLE users; --", "drop-table-users"),
        ] {
            assert_eq!(derived(name).as_deref(), Ok(slug), "{name}");
        }
        assert_eq!(derived(&"long name ".repeat(12)).map(|it| it.len()), Ok(39));
    }

    #[test]
    fn a_name_without_letters_leads_to_none() {
        for name in ["", "---", "!!!", "’’’", "\u{e000}\u{e001}"] {
            assert_eq!(derived(name), Err(SlugFault::Invalid), "{name:?}");
        }
    }

    #[test]
    fn what_belongs_to_the_platform_is_reserved_however_it_is_written() {
        for word in [
            "www",
            "api",
            "admin",
            "operator",
            "app",
            "mail",
            "status",
            "static",
            "signalbox",
            "log-in",
            "s-i-g-n-a-l-b-o-x",
        ] {
            assert_eq!(Slug::parse(word), Err(SlugFault::Reserved), "{word}");
        }
        assert_eq!(derived("Status!"), Err(SlugFault::Reserved));
        assert_eq!(derived("Signal Box"), Err(SlugFault::Reserved));
        assert_eq!(derived("Status Quo").as_deref(), Ok("status-quo"));
    }

    #[test]
    fn the_list_is_sorted_and_every_word_on_it_could_be_a_slug() {
        let words: Vec<&str> = RESERVED.lines().collect();
        assert!(words.is_sorted(), "sorted, so that a word is found");
        for word in &words {
            assert!(is_label(word) && !word.contains('-'), "{word}");
        }
        assert!(words.len() > 150);
    }

    #[test]
    fn a_chosen_slug_is_taken_as_it_is_or_not_at_all() {
        assert!(Slug::parse("acme-2").is_ok());
        assert!(Slug::parse(&"a".repeat(40)).is_ok());
        for wrong in [
            "",
            "ab",
            "Acme",
            " acme",
            "acme ",
            "-acme",
            "acme-",
            "ac--me",
            "xn--acme",
            "ac.me",
            "acme_1",
            "äcme",
            "ac\0me",
            &"a".repeat(41),
        ] {
            assert_eq!(Slug::parse(wrong), Err(SlugFault::Invalid), "{wrong:?}");
        }
    }

    #[test]
    fn a_taken_slug_is_followed_by_the_next_number() {
        let acme = Slug::derive("Acme").expect("a slug");
        let taken = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
        let free = |words: &[&str]| acme.first_free(&taken(words)).map(|it| it.to_string());
        assert_eq!(free(&[]).as_deref(), Some("acme"));
        assert_eq!(free(&["acme"]).as_deref(), Some("acme-2"));
        assert_eq!(
            free(&["acme", "acme-2", "acme-4"]).as_deref(),
            Some("acme-3")
        );
        let all = acme.candidates().iter().map(Slug::to_string).collect();
        assert_eq!(acme.first_free(&all), None);
    }

    proptest! {
        #[test]
        fn whatever_the_name_the_slug_is_a_host_label(name in "\\PC{0,60}") {
            if let Ok(slug) = Slug::derive(&name) {
                prop_assert!(is_label(slug.as_str()), "{}", slug);
                prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
                prop_assert_eq!(Slug::derive(slug.as_str()), Ok(slug));
            }
        }

        #[test]
        fn every_candidate_is_a_host_label(name in "[a-z0-9 -]{3,60}") {
            if let Ok(slug) = Slug::derive(&name) {
                for candidate in slug.candidates() {
                    prop_assert!(is_label(candidate.as_str()), "{}", candidate);
                }
            }
        }

        #[test]
        fn a_chosen_slug_holds_what_the_database_asks_for(chosen in "[a-z0-9-]{1,42}") {
            // tenants_slug_check
            let fits = (3..=40).contains(&chosen.len())
                && !chosen.starts_with('-')
                && !chosen.ends_with('-')
                && !chosen.contains("--");
            prop_assert_eq!(Slug::parse(&chosen) != Err(SlugFault::Invalid), fits);
        }
    }
}
