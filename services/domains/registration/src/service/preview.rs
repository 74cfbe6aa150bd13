//! What a name leads to, while it is still being typed.

use db::{DbError, PlatformTx};
use gateway::Root;

use super::Registration;
use crate::error::Error;
use crate::model::{Preview, Unavailable};
use crate::slug::{Slug, SlugFault, label_of};
use crate::store;

/// What stands behind a reserved word to make it somebody's own.
const OWN: &str = "hq";

impl Registration {
    /// The slug of a name, whether it is to be had, and one that is. Nothing is kept for anybody: by the
    /// time of registering it may be gone.
    pub async fn preview(&self, root: &Root, name: &str) -> Result<Preview, Error> {
        let preview = match Slug::derive(name) {
            Ok(slug) => {
                root.read_platform(async |tx| look_up(tx, root, slug).await)
                    .await?
            }
            Err(SlugFault::Reserved) => {
                let own = Slug::derive(&format!("{name}-{OWN}")).ok();
                root.read_platform(async |tx| suggest(tx, root, name, own).await)
                    .await?
            }
            Err(SlugFault::Invalid) => Preview {
                slug: String::new(),
                reason: Some(Unavailable::Invalid),
                suggestion: None,
            },
        };
        Ok(preview)
    }
}

async fn look_up(tx: &PlatformTx, root: &Root, slug: Slug) -> Result<Preview, DbError> {
    let taken = store::taken_slugs(tx, &slug.candidates(), root.domain()).await?;
    let free = slug.first_free(&taken);
    let available = free.as_ref() == Some(&slug);
    Ok(Preview {
        slug: slug.to_string(),
        reason: (!available).then_some(Unavailable::Taken),
        suggestion: free.filter(|_| !available),
    })
}

async fn suggest(
    tx: &PlatformTx,
    root: &Root,
    name: &str,
    own: Option<Slug>,
) -> Result<Preview, DbError> {
    let suggestion = match own {
        Some(own) => {
            let taken = store::taken_slugs(tx, &own.candidates(), root.domain()).await?;
            own.first_free(&taken)
        }
        None => None,
    };
    Ok(Preview {
        slug: label_of(name),
        reason: Some(Unavailable::Reserved),
        suggestion,
    })
}
