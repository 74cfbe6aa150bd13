//! Argon2id on threads of its own, a few at a time.
//!
//! A hash costs 19 MiB and tens of milliseconds of a core on purpose. Unbounded, a burst of sign-ins
//! would take the machine's memory; so as many run as there are cores, some wait, and the rest is told
//! to come back.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use kernel::rng::Entropy;
use tokio::sync::Semaphore;

use crate::{Fault, Password, broken_rules};

/// How many may wait for each one that runs: about a second and a half of work.
const WAITING_PER_SLOT: usize = 32;
/// Seconds after which a refused caller may find a free place.
const RETRY_AFTER_S: u64 = 2;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// As many hashes run and wait as are allowed.
    #[error("too many passwords are being hashed at once")]
    Busy {
        /// Seconds after which it is worth another try.
        retry_after_s: u64,
    },
    /// The algorithm refused, or a stored hash is damaged.
    #[error("a password could not be hashed or compared")]
    Broken(#[source] password_hash::Error),
    /// The thread ended before its work did.
    #[error("hashing was cut short")]
    CutShort,
}

/// What one hash costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// OWASP's Password Storage Cheat Sheet: Argon2id, 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };
    /// As little as Argon2 allows. For tests alone.
    pub const LEAST: Self = Self {
        memory_kib: 8,
        passes: 1,
    };
}

/// A stored hash, in the PHC string format.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash as it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Judges, hashes and compares passwords. Cloning it is cheap; all clones share the bound.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// Compared with where there is no account, so that the answer takes as long.
    nobody: PasswordHash,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
}

impl Passwords {
    /// Hashes at `cost`, at most `parallel` at once: one for each core.
    pub fn new(
        cost: Cost,
        parallel: NonZeroUsize,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, PasswordsError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .map_err(|error| PasswordsError::Broken(error.into()))?;
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            nobody: nobody(cost),
            running: Arc::new(Semaphore::new(parallel.get())),
            admitted: Arc::new(Semaphore::new(
                parallel.get().saturating_mul(1 + WAITING_PER_SLOT),
            )),
            entropy,
        })
    }

    /// Every rule that `password` breaks (see [`broken_rules`]), found on a blocking thread.
    pub async fn judge(
        &self,
        password: &Password,
        context: &[&str],
    ) -> Result<Vec<Fault>, PasswordsError> {
        let password = password.clone();
        let context: Vec<String> = context.iter().map(|it| (*it).to_owned()).collect();
        self.work(move || {
            let context: Vec<&str> = context.iter().map(String::as_str).collect();
            broken_rules(&password, &context)
        })
        .await
    }

    /// Hashes `password` with a new salt.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        self.measured(move || {
            argon2
                .hash_password_with_salt(password.text().as_bytes(), &salt)
                .map(|hash| PasswordHash(hash.to_string()))
        })
        .await?
        .map_err(PasswordsError::Broken)
    }

    /// Whether `password` is the one that was hashed to `stored`. With `None` it does the same work and
    /// answers no.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, PasswordsError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let known = stored.is_some();
        let hash = stored.unwrap_or(&self.nobody).clone();
        let compared = self
            .measured(move || compare(&argon2, &password, &hash))
            .await?;
        match compared {
            Ok(()) => Ok(known),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PasswordsError::Broken(error)),
        }
    }

    /// [`Self::work`] under a span and a metric of its own: hashing is slow on purpose and must not hide
    /// in the time of a request.
    async fn measured<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordsError> {
        let parent = tracing::Span::current();
        self.work(move || {
            let _hashing = tracing::info_span!(parent: &parent, "passwords.hash").entered();
            let started = Instant::now();
            let done = work();
            metrics::histogram!("password_hash_seconds").record(started.elapsed());
            done
        })
        .await
    }

    /// Runs `work` on a blocking thread when its turn comes.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordsError> {
        let busy = PasswordsError::Busy {
            retry_after_s: RETRY_AFTER_S,
        };
        let Ok(admitted) = Arc::clone(&self.admitted).try_acquire_owned() else {
            metrics::counter!("password_hash_refused_total").increment(1);
            return Err(busy);
        };
        let Ok(running) = Arc::clone(&self.running).acquire_owned().await else {
            return Err(PasswordsError::CutShort);
        };
        // The places go with the work: a caller who hangs up does not stop the thread, and its memory is
        // not free before it is done.
        tokio::task::spawn_blocking(move || {
            let _places = (admitted, running);
            work()
        })
        .await
        .map_err(|_| PasswordsError::CutShort)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords")
    }
}

fn compare(
    argon2: &Argon2<'_>,
    password: &Password,
    stored: &PasswordHash,
) -> password_hash::Result<()> {
    let stored = phc::PasswordHash::new(stored.as_str())?;
    // A hash cut short would compare as a wrong password and lock its owner out without a word.
    if stored.salt.is_none() || stored.hash.is_none() {
        return Err(password_hash::Error::EncodingInvalid);
    }
    argon2.verify_password(password.text().as_bytes(), &stored)
}

/// A hash of nothing at the present cost: 32 zero bytes, which no password leads to.
fn nobody(cost: Cost) -> PasswordHash {
    let Cost { memory_kib, passes } = cost;
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    PasswordHash(format!(
        "$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${output}"
    ))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use kernel::rng::SystemEntropy;

    use super::*;

    type Place<'a> = Pin<Box<dyn Future<Output = Result<(), PasswordsError>> + 'a>>;

    fn passwords(cost: Cost, parallel: usize) -> Passwords {
        let parallel = NonZeroUsize::new(parallel).expect("at least one");
        Passwords::new(cost, parallel, Arc::new(SystemEntropy)).expect("a sound cost")
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_and_no_other() {
        let passwords = passwords(Cost::LEAST, 2);
        let mine = Password::new("tangerine plinth oboe");
        let hash = passwords.hash(&mine).await.expect("hashes");
        assert!(
            passwords
                .verify(&mine, Some(&hash))
                .await
                .expect("compares")
        );
        let other = Password::new("tangerine plinth oboE");
        assert!(
            !passwords
                .verify(&other, Some(&hash))
                .await
                .expect("compares")
        );
        assert_ne!(
            hash,
            passwords.hash(&mine).await.expect("hashes"),
            "every hash has its own salt"
        );
    }

    #[tokio::test]
    async fn the_hash_is_argon2id_at_the_recommended_cost() {
        let hash = passwords(Cost::OWASP, 1)
            .hash(&Password::new("x"))
            .await
            .expect("hashes");
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.as_str()
        );
    }

    #[tokio::test]
    async fn nobody_has_a_password_and_finding_out_takes_as_long() {
        let passwords = passwords(Cost::OWASP, 1);
        let typed = Password::new("tangerine plinth oboe");
        let hash = passwords.hash(&typed).await.expect("hashes");
        let known = fastest(async || drop(passwords.verify(&typed, Some(&hash)).await)).await;
        let unknown = fastest(async || {
            assert!(!passwords.verify(&typed, None).await.expect("compares"));
        })
        .await;
        assert!(unknown > known / 2, "unknown {unknown:?}, known {known:?}");
    }

    /// The least of three runs: what the machine does besides only ever adds.
    async fn fastest(run: impl AsyncFn()) -> std::time::Duration {
        let mut least = std::time::Duration::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            run().await;
            least = least.min(started.elapsed());
        }
        least
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_and_not_a_wrong_password() {
        let passwords = passwords(Cost::LEAST, 1);
        let damaged = PasswordHash::stored("$argon2id$v=19$m=8".to_owned());
        let answer = passwords.verify(&Password::new("x"), Some(&damaged)).await;
        assert!(matches!(answer, Err(PasswordsError::Broken(_))));
    }

    #[tokio::test]
    async fn whoever_finds_the_queue_full_is_told_to_come_back() {
        let passwords = passwords(Cost::LEAST, 1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = passwords.work(move || {
            let _ = held.recv();
        });
        let waiting = (0..WAITING_PER_SLOT).map(|_| passwords.work(|| ()));
        let mut admitted: Vec<Place<'_>> = vec![Box::pin(first)];
        admitted.extend(waiting.map(|it| Box::pin(it) as _));
        // One poll each takes their places.
        for place in &mut admitted {
            let mut context = Context::from_waker(Waker::noop());
            assert!(place.as_mut().poll(&mut context).is_pending());
        }
        let refused = passwords.verify(&Password::new("x"), None).await;
        assert!(matches!(refused, Err(PasswordsError::Busy { .. })));
        drop(release);
        for place in admitted {
            place.await.expect("its turn comes");
        }
        passwords
            .verify(&Password::new("x"), None)
            .await
            .expect("there is room again");
    }

    #[test]
    fn neither_a_hash_nor_the_service_can_be_printed() {
        assert_eq!(format!("{:?}", nobody(Cost::OWASP)), "PasswordHash(…)");
    }
}
