//! The application at Discord, as its settings say.

use std::sync::Arc;

use egress::Prober;
use identity::{Discord, DiscordSettings};
use url::Url;

use crate::config::Config;

/// The application at Discord, where there is one.
pub(super) fn application(
    config: &Config,
    base_url: &Url,
    prober: &Arc<Prober>,
) -> anyhow::Result<Option<Discord>> {
    let Some(setting) = &config.discord else {
        return Ok(None);
    };
    let callback = base_url.join("/api/v1/auth/discord/callback")?;
    let settings = DiscordSettings {
        url: setting.url.clone(),
        client_id: setting.client_id.clone(),
        client_secret: setting.client_secret.clone(),
        redirect_uri: callback.into(),
    };
    Ok(Some(Discord::new(settings, Arc::clone(prober))))
}
