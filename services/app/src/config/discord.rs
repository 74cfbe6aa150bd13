//! The settings of signing in with Discord.

use secrecy::SecretString;
use url::{Host, Url};

use super::read::Reader;
use super::settings as s;

/// The application at Discord.
#[derive(Clone, Debug)]
pub struct DiscordSetting {
    /// Where Discord is.
    pub url: Url,
    /// The application's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

pub(super) fn setting(r: &mut Reader<'_>) -> Option<DiscordSetting> {
    let url: Option<Url> = r.parsed(&s::DISCORD_URL);
    let fits = url.as_ref().is_some_and(is_provider);
    r.check(
        &s::DISCORD_URL,
        fits,
        "an address like https://discord.com, without a path",
    );
    let client_id = r.optional(&s::DISCORD_CLIENT_ID);
    let client_secret = r.secret(&s::DISCORD_CLIENT_SECRET);
    let paired = client_id.is_some() == client_secret.is_some();
    r.check(
        &s::DISCORD_CLIENT_SECRET,
        paired,
        "set together with SIGNALBOX_DISCORD_CLIENT_ID",
    );
    Some(DiscordSetting {
        url: url?,
        client_id: client_id?,
        client_secret: client_secret?,
    })
}

/// https anywhere; http on this machine, where a test's stand-in listens.
fn is_provider(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
    bare && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_reached_by_https_or_on_this_machine() {
        let fits = |text: &str| is_provider(&text.parse().expect("a URL"));
        for good in [
            "https://discord.com",
            "http://127.0.0.1:4000",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(fits(good), "{good}");
        }
        for bad in [
            "http://discord.com",
            "https://discord.com/x",
            "ftp://localhost",
            "http://10.0.0.1",
        ] {
            assert!(!fits(bad), "{bad}");
        }
    }
}
