//! The servers that somebody runs at Discord, asked for with the tokens of their link.

use gateway::{ApiError, Tenant};
use jiff::Timestamp;
use kernel::roles::Policy;
use serde_json::json;
use uuid::Uuid;

use events::identity::{IdentityChange, IdentityChanged};

use super::Identity;
use crate::discord::{DiscordError, Guild, Tokens};
use crate::error::{Error, IdentityError};
use crate::model::{GUILDS_KEPT, IdentityState, later};
use crate::store::identities;
use crate::store::identities::Kept;

/// Servers, as of a moment.
#[derive(Debug)]
pub struct Guilds {
    /// Those that the person runs.
    pub run: Vec<Guild>,
    /// When Discord said so.
    pub as_of: Timestamp,
}

impl Identity {
    /// The servers that the caller runs, at most five minutes old. Errors: [`IdentityError::NotFound`],
    /// [`IdentityError::Ended`], [`IdentityError::Unreached`].
    pub async fn list_guilds<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        id: Uuid,
    ) -> Result<Guilds, ApiError> {
        let session = tenant.session_id();
        let kept = tenant
            .read(async |tx| identities::list_of(tx, session).await)
            .await
            .map_err(Error::from)?;
        let kept = kept.into_iter().find(|it| it.identity.id == id);
        let kept = kept.ok_or(Error::from(IdentityError::NotFound))?;
        if kept.identity.state == IdentityState::Ended {
            return Err(Error::from(IdentityError::Ended).into());
        }
        if let Some(cached) = cached(&kept, tenant.now()) {
            return Ok(cached);
        }
        let tokens = self.open_tokens(&kept)?;
        let tokens = tokens.ok_or(Error::from(IdentityError::Ended))?;
        let guilds = match self.ask(tenant, id, tokens).await {
            Ok(guilds) => guilds,
            Err(Lost::Ended) => return Err(self.end(tenant, &kept).await?.into()),
            Err(Lost::Failed(error)) => return Err(error.into()),
        };
        let run: Vec<Guild> = guilds.into_iter().filter(Guild::administered).collect();
        let as_of = tenant
            .write(async |tx| {
                identities::keep_guilds(tx, id, &json!(run)).await?;
                Ok::<_, Error>(tx.now())
            })
            .await?;
        Ok(Guilds { run, as_of })
    }

    /// Asks with tokens that are renewed where they are over, or where Discord says that they are.
    async fn ask<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        id: Uuid,
        tokens: Tokens,
    ) -> Result<Vec<Guild>, Lost> {
        let discord = self.discord()?;
        if tokens.expires_at > tenant.now() {
            match discord.guilds(&tokens).await {
                Err(DiscordError::Refused(_)) => {}
                answered => return Ok(answered?),
            }
        }
        let renewed = discord.refresh(&tokens, tenant.now()).await?;
        // At once: the ones before may be worth nothing by now.
        tenant
            .write(async |tx| self.keep_tokens(tx, id, &renewed).await)
            .await?;
        Ok(discord.guilds(&renewed).await?)
    }

    /// Ends a link whose tokens Discord does not take. Answers what to tell the caller: where another
    /// request has renewed them meanwhile, to try again.
    async fn end<P: Policy>(&self, tenant: &Tenant<P>, used: &Kept) -> Result<Error, Error> {
        let tokens = used.tokens.as_deref().unwrap_or_default();
        let ended = tenant
            .write(async |tx| {
                let ended = identities::end(tx, used.identity.id, tokens).await?;
                if ended {
                    let change = IdentityChanged {
                        user_id: used.identity.user,
                        identity_id: used.identity.id,
                        name: used.identity.name.clone(),
                        change: IdentityChange::Ended,
                    };
                    tx.record(&change).await?;
                }
                Ok::<_, Error>(ended)
            })
            .await?;
        Ok(if ended {
            IdentityError::Ended.into()
        } else {
            IdentityError::Unreached.into()
        })
    }
}

/// Why there is no list.
enum Lost {
    /// Discord takes the tokens no more.
    Ended,
    /// It could not be asked.
    Failed(Error),
}

impl From<DiscordError> for Lost {
    fn from(error: DiscordError) -> Self {
        match error {
            DiscordError::Refused(_) => Self::Ended,
            DiscordError::Failed(_) => {
                tracing::warn!(%error, "discord did not list servers");
                Self::Failed(IdentityError::Unreached.into())
            }
        }
    }
}

impl From<Error> for Lost {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn cached(kept: &Kept, now: Timestamp) -> Option<Guilds> {
    let as_of = kept.guilds_at.filter(|at| later(*at, GUILDS_KEPT) > now)?;
    let run = serde_json::from_value(kept.guilds.clone()?).ok()?;
    Some(Guilds { run, as_of })
}
