//! The device somebody comes from, by its own account: kept as text, shown as browser and system.

use super::{SecretToken, TokenHash};

/// The device somebody signs in from, by its own account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
    /// The secrets it brings, of everybody who signed in there before.
    pub known_by: KnownBy,
}

/// The secrets by which a browser is known again: one of each person who signs in there, the last one first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownBy(Vec<SecretToken>);

impl KnownBy {
    /// People who share a browser; of more, whoever was not there for longest is not known again.
    const MAX: usize = 5;

    /// Reads a cookie's value; what we never wrote is left out.
    pub fn read(value: &str) -> Self {
        let sent = value.split('.').take(Self::MAX);
        Self(sent.filter_map(SecretToken::parse).collect())
    }

    /// What stands in the cookie.
    pub fn value(&self) -> String {
        let all: Vec<&str> = self.0.iter().map(SecretToken::expose).collect();
        all.join(".")
    }

    /// What is kept of them.
    pub fn hashes(&self) -> Vec<TokenHash> {
        self.0.iter().map(SecretToken::hash).collect()
    }

    /// The same with the one of this hash in front.
    #[must_use]
    pub fn first(&self, hash: &TokenHash) -> Self {
        let mut all = self.0.clone();
        all.sort_by_key(|secret| secret.hash() != *hash);
        Self(all)
    }

    /// The same with one more in front.
    #[must_use]
    pub fn with(&self, secret: SecretToken) -> Self {
        let before = self.0.iter().take(Self::MAX - 1).cloned();
        Self(std::iter::once(secret).chain(before).collect())
    }
}

/// Marks in a `User-Agent`, most telling first: nearly every browser names others too.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("YaBrowser/", "Yandex"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
    ("X11", "Linux"),
];

impl Device {
    const MAX_CHARS: usize = 300;
    /// Of a program's name for itself.
    const MAX_NAME: usize = 40;

    /// Takes the header as far as it is text, and no more of it than a list of sessions shows.
    pub fn new(user_agent: Option<&str>) -> Self {
        let readable = |text: &str| {
            let shown = text.chars().filter(|c| !kernel::text::is_hostile(*c));
            shown.take(Self::MAX_CHARS).collect::<String>()
        };
        Self {
            user_agent: user_agent.map(readable).filter(|text| !text.is_empty()),
            known_by: KnownBy::default(),
        }
    }

    /// The browser's name; what a program calls itself, where it is none.
    pub fn browser(&self) -> Option<String> {
        let text = self.user_agent.as_deref()?;
        if let Some(name) = marked(text, BROWSERS) {
            return Some(name.to_owned());
        }
        let name = text.split(['/', ' ', '(']).next()?;
        let name: String = name.chars().take(Self::MAX_NAME).collect();
        (!name.is_empty() && name != "Mozilla").then_some(name)
    }

    /// The system's name, where it tells one.
    pub fn system(&self) -> Option<&'static str> {
        marked(self.user_agent.as_deref()?, SYSTEMS)
    }
}

fn marked(text: &str, marks: &[(&str, &'static str)]) -> Option<&'static str> {
    let found = marks.iter().find(|(mark, _)| text.contains(mark));
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_browser_is_known_by_the_last_five_who_signed_in() {
        let secrets: Vec<SecretToken> = (0..6).map(|_| SecretToken::of_system()).collect();
        let known = secrets.iter().fold(KnownBy::default(), |known, secret| {
            known.with(secret.clone())
        });
        assert_eq!(KnownBy::read(&known.value()), known);
        let mut expected: Vec<TokenHash> = secrets
            .iter()
            .skip(1)
            .rev()
            .map(SecretToken::hash)
            .collect();
        assert_eq!(known.hashes(), expected);
        let last = expected.pop().expect("five of them");
        expected.insert(0, last);
        assert_eq!(known.first(&last).hashes(), expected);
    }

    #[test]
    fn what_we_never_wrote_is_no_secret() {
        let secret = SecretToken::of_system();
        let sent = format!("x.{}..{}", secret.expose(), "y".repeat(10_000));
        assert_eq!(KnownBy::read(&sent).hashes(), [secret.hash()]);
        assert_eq!(KnownBy::read(&".".repeat(1000)), KnownBy::default());
    }

    #[test]
    fn a_device_is_kept_as_readable_text() {
        let kept = |text: &str| Device::new(Some(text)).user_agent;
        assert_eq!(
            kept("Firefox/130\u{202e}\0 (X11)").as_deref(),
            Some("Firefox/130 (X11)")
        );
        assert_eq!(kept(&"x".repeat(1000)).map(|it| it.len()), Some(300));
        assert_eq!(kept("\n"), None);
        assert_eq!(Device::new(None).user_agent, None);
    }

    #[test]
    fn a_device_is_shown_as_browser_and_system() {
        let shown = |text: &str| {
            let device = Device::new(Some(text));
            let (browser, system) = (device.browser(), device.system());
            format!(
                "{} on {}",
                browser.as_deref().unwrap_or("-"),
                system.unwrap_or("-")
            )
        };
        let chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0";
        for (user_agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".to_owned(),
                "Firefox on Linux",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Safari/537.36 Edg/142.0.0.0"),
                "Edge on Windows",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {chrome} Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1".to_owned(),
                "Safari on iOS",
            ),
            (
                format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {chrome} Safari/537.36 OPR/120.0"),
                "Opera on macOS",
            ),
            ("curl/8.5.0".to_owned(), "curl on -"),
            ("Mozilla/5.0".to_owned(), "- on -"),
            ("<script>alert(1)</script>".to_owned(), "<script>alert on -"),
        ] {
            assert_eq!(shown(&user_agent), expected, "{user_agent}");
        }
        assert_eq!(Device::default().browser(), None);
        let long = Device::new(Some(&"é".repeat(200))).browser();
        assert_eq!(long.map(|name| name.chars().count()), Some(40));
    }
}
