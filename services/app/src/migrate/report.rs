//! Looking without touching: where the tenants stand, and whether their schemas are what they should be.

use secrecy::SecretString;
use serde_json::json;
use tenancy::migrate::{self, Chain, Start};
use tenancy::{MINIMUM_VERSION, TEMPLATE_VERSION, TenancyError};

use super::tell::{Teller, document_of, lines_of};
use crate::operator::Outcome;

/// `migrate status`.
pub async fn status(url: &SecretString, teller: &Teller) -> anyhow::Result<Outcome> {
    let owner = migrate::connect(url).await?;
    let status = match migrate::status(&owner).await {
        Ok(status) => status,
        Err(error) => return teller.refusal(error),
    };
    let below = |limit: i32| -> i64 {
        let versions = status.versions.iter();
        versions
            .filter(|(version, _)| *version < limit)
            .map(|(_, tenants)| tenants)
            .sum()
    };
    let (behind, blocked) = (below(TEMPLATE_VERSION), below(MINIMUM_VERSION));
    let mut lines = vec![format!(
        "this build migrates to version {TEMPLATE_VERSION} and serves from version {MINIMUM_VERSION} on"
    )];
    for (version, tenants) in &status.versions {
        lines.push(format!("version {version}: {tenants} schema(s)"));
    }
    if blocked > 0 {
        lines.push(format!("{blocked} of them cannot be served by this build"));
    }
    if let Some(run) = &status.run {
        lines.extend(lines_of(run));
    }
    let versions: Vec<_> = status
        .versions
        .iter()
        .map(|(version, tenants)| json!({ "version": version, "tenants": tenants }))
        .collect();
    let document = json!({
        "target": TEMPLATE_VERSION,
        "minimum": MINIMUM_VERSION,
        "versions": versions,
        "behind": behind,
        "blocked": blocked,
        "run": status.run.as_ref().map(document_of),
    });
    teller.say(&lines.join("\n"), &document)?;
    Ok(Outcome::Done)
}

/// `migrate verify`: a line for each schema that has drifted, then one for all. Drift is a failure.
pub async fn verify(url: &SecretString, teller: &Teller) -> anyhow::Result<Outcome> {
    let owner = migrate::connect(url).await?;
    if migrate::count_platform_pending(&owner).await? > 0 {
        return teller.refusal(TenancyError::NotMigrated);
    }
    let mut told = Ok(());
    let verified = migrate::verify(&owner, &Chain::embedded(), |drift| {
        if told.is_ok() {
            told = teller.drift(&drift);
        }
    })
    .await?;
    told?;
    let mut text = format!(
        "{} schema(s) compared, {} drifted",
        verified.checked, verified.drifted
    );
    if verified.newer > 0 {
        text.push_str(&format!(
            ", {} at a version that this build does not know",
            verified.newer
        ));
    }
    let document = json!({
        "checked": verified.checked,
        "drifted": verified.drifted,
        "newer": verified.newer,
        "fingerprints": verified.fingerprints,
    });
    teller.say(&text, &document)?;
    Ok(match verified.drifted {
        0 => Outcome::Done,
        _ => Outcome::Failed,
    })
}

/// Says why nothing was begun: nobody is behind, or not by this way.
pub async fn nothing_to_do(
    url: &SecretString,
    how: Start,
    teller: &Teller,
) -> anyhow::Result<Outcome> {
    let document = json!({ "state": "nothing_to_do", "target": TEMPLATE_VERSION });
    match how {
        Start::Run => teller.say(
            &format!("Nothing to do: nobody is behind version {TEMPLATE_VERSION}."),
            &document,
        )?,
        Start::Retry => teller.say("Nothing to do: nobody failed.", &document)?,
        Start::Resume => {
            let owner = migrate::connect(url).await?;
            let versions = migrate::count_by_version(&owner).await?;
            if versions
                .iter()
                .any(|(version, _)| *version < TEMPLATE_VERSION)
            {
                let text = "There is no run to resume. `migrate run` begins one, `migrate retry` tries the failed.";
                teller.say(
                    text,
                    &json!({ "error": "nothing_to_resume", "detail": text }),
                )?;
                return Ok(Outcome::Refused);
            }
            teller.say("Nothing to do: no run was halted or killed.", &document)?;
        }
    }
    Ok(Outcome::Done)
}
