//! One socket: from its handshake to its close code.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, get, rt};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use db::DbError;
use futures_util::StreamExt;
use kernel::roles::{Permission, SignedIn};
use tenancy::networks::Verdict;
use tokio::time::{Instant, interval_at, timeout};

use super::hub::{Missed, NoSeat, Outgoing, Seat};
use super::protocol::{ClientMessage, Closing, MAX_MESSAGE_BYTES, ServerMessage};
use super::room;
use crate::auth::credential::Proof;
use crate::auth::csrf;
use crate::auth::gate::Ask;
use crate::problem::{ApiError, ApiResult};
use crate::tenant::{Tenant, admit};
use crate::{Problems, host};

/// How often the session is checked and the client is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(30);
/// A client that has said nothing for two pings is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// A client that takes nothing for so long is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Messages of a client between two pings: joining a room asks the database.
const MESSAGES_PER_PING: u32 = 200;

/// Opens the socket for live updates. Hints come as JSON texts: `hello`, `ping`, `resync`, `refused`, and
/// `{epoch, seq, room, type, id}`.
///
/// Errors: 400 without a handshake, 403 `origin_refused`, 429 `too_many_sockets`. Closes with 4401 when
/// the session is over, 4403 when its network is blocked, 4408 when nobody answers, 1012 before a restart.
#[utoipa::path(
    tag = "live",
    responses((status = 101, description = "The socket is open."), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/live")]
pub(crate) async fn open_live(
    tenant: Tenant<SignedIn>,
    request: HttpRequest,
    body: Payload,
) -> ApiResult<HttpResponse> {
    let context = tenant.context();
    let by_cookie = matches!(context.proof(), Some(Proof::Cookie(_)));
    let own_origin = host::origin_of(&request, context)?;
    if !csrf::allows_socket(request.headers(), &own_origin, by_cookie) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "origin_refused",
            "Live updates are for pages of this host.",
        ));
    }
    let (response, session, stream) = actix_ws::handle(&request, body).map_err(|_| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "not_a_websocket",
            "This address speaks WebSocket only.",
        )
    })?;
    tenant.check(Ask::default()).await?;
    let hub = context.gateway.hub();
    let (seat, greeting) = hub
        .enter(tenant.organization().id(), tenant.session_id())
        .map_err(no_seat)?;
    let stream = stream
        .max_frame_size(MAX_MESSAGE_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE_BYTES);
    let socket = Socket {
        tenant,
        seat,
        session,
        heard_at: Instant::now(),
        messages: 0,
    };
    rt::spawn(socket.run(stream, greeting));
    Ok(response)
}

fn no_seat(reason: NoSeat) -> ApiError {
    match reason {
        NoSeat::Full => ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_sockets",
            "This workspace has as many live connections as it may have.",
        )
        .retry_after(30),
        NoSeat::Stopped => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "This process is about to stop. Connect again.",
        )
        .retry_after(1),
    }
}

struct Socket {
    tenant: Tenant<SignedIn>,
    seat: Seat,
    session: Session,
    heard_at: Instant,
    messages: u32,
}

/// Why a socket ends: with a close code of ours, or because the client has gone.
enum End {
    Close(Closing),
    Gone,
}

impl From<actix_ws::Closed> for End {
    fn from(_: actix_ws::Closed) -> Self {
        Self::Gone
    }
}

impl Socket {
    async fn run(mut self, mut stream: AggregatedMessageStream, greeting: String) {
        let end = self.serve(&mut stream, greeting).await;
        if let Err(End::Close(closing)) = end {
            let reason = CloseReason {
                code: CloseCode::from(closing.code()),
                description: Some(closing.reason().to_owned()),
            };
            // A client that has gone meanwhile needs no reason.
            let _ = timeout(PATIENCE, self.session.close(Some(reason))).await;
        }
    }

    async fn serve(
        &mut self,
        stream: &mut AggregatedMessageStream,
        greeting: String,
    ) -> Result<(), End> {
        self.tell(greeting).await?;
        let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        loop {
            tokio::select! {
                outgoing = self.seat.next() => match outgoing {
                    Some(Outgoing::Text(text)) => self.tell(&*text).await?,
                    Some(Outgoing::Lost) => {
                        self.check_session().await?;
                        self.tell(ServerMessage::Resync.text()).await?;
                    }
                    Some(Outgoing::Close(closing)) => return Err(End::Close(closing)),
                    None => return Err(End::Close(Closing::Restart)),
                },
                incoming = stream.next() => match incoming {
                    Some(Ok(message)) => self.hear(message).await?,
                    Some(Err(_)) => return Err(End::Close(Closing::Protocol)),
                    None => return Err(End::Gone),
                },
                _ = pings.tick() => self.ping().await?,
            }
        }
    }

    /// Says one thing, to a client that takes it.
    async fn tell(&mut self, text: impl Into<String>) -> Result<(), End> {
        match timeout(PATIENCE, self.session.text(text.into())).await {
            Ok(said) => Ok(said?),
            Err(_) => Err(End::Gone),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.heard_at.elapsed() > SILENCE {
            return Err(End::Close(Closing::Idle));
        }
        self.check_session().await?;
        self.messages = 0;
        self.tell(ServerMessage::Ping.text()).await
    }

    async fn check_session(&self) -> Result<(), End> {
        if self.tenant.context().find_verdict().await == Some(Verdict::Blocked) {
            return Err(End::Close(Closing::Blocked));
        }
        if self.is_over().await {
            return Err(End::Close(Closing::SessionOver));
        }
        Ok(())
    }

    /// Whether the session or its organisation has ended. While the database is away nobody knows, and
    /// the socket stays: it carries hints only.
    async fn is_over(&self) -> bool {
        let directory = self.tenant.context().gateway.finder().directory;
        match directory.find(self.tenant.organization().host()).await {
            // Nothing of it can be read until its schema is migrated; what the socket carries are hints.
            Ok(Some(tenant)) if !tenancy::is_served(&tenant) => return false,
            Ok(Some(tenant)) if admit(&tenant, false, true).is_ok() => {}
            Ok(_) => return true,
            Err(_) => return false,
        }
        matches!(
            self.tenant.check(Ask::default().again()).await,
            Err(DbError::Refused)
        )
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), End> {
        self.heard_at = Instant::now();
        self.messages += 1;
        if self.messages > MESSAGES_PER_PING {
            return Err(End::Close(Closing::Protocol));
        }
        match message {
            AggregatedMessage::Text(text) => match serde_json::from_str(&text) {
                Ok(message) => self.obey(message).await,
                Err(_) => Err(End::Close(Closing::Protocol)),
            },
            AggregatedMessage::Ping(bytes) => {
                match timeout(PATIENCE, self.session.pong(&bytes)).await {
                    Ok(said) => Ok(said?),
                    Err(_) => Err(End::Gone),
                }
            }
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Close(_) => Err(End::Gone),
            AggregatedMessage::Binary(_) => Err(End::Close(Closing::Protocol)),
        }
    }

    async fn obey(&mut self, message: ClientMessage) -> Result<(), End> {
        match message {
            ClientMessage::Pong {} => {}
            ClientMessage::Leave { room } => self.seat.leave(&room),
            ClientMessage::Join { room } => {
                let rules = self.tenant.context().gateway.rooms();
                let allowed = match room::permission_for(rules, &room) {
                    Some(permission) => self.may(permission).await,
                    None => false,
                };
                if !allowed || !self.seat.join(&room) {
                    let refused = ServerMessage::Refused { room: &room };
                    self.tell(refused.text()).await?;
                }
            }
            ClientMessage::Resume { epoch, since } => match self.seat.missed(&epoch, since) {
                Missed::Unknown => self.tell(ServerMessage::Resync.text()).await?,
                Missed::Hints(hints) => {
                    for hint in hints {
                        self.tell(&*hint).await?;
                    }
                }
            },
        }
        Ok(())
    }

    async fn may(&self, permission: Permission) -> bool {
        self.tenant.check(Ask::to(permission).again()).await.is_ok()
    }
}
