//! The device somebody comes from, by its own account: kept as text, shown as browser and system.

/// The device somebody signs in from, by its own account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
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
