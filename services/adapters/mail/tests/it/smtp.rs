//! Sending: what arrives, and what each answer of the server means.

use fakes::{CaughtMail, Fault, MailCatcher};
use mail::{ConfigError, Mailer, Message, SendError, SmtpConfig};
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::watch,
};
use uuid::Uuid;

const FROM: &str = "Signalbox Grüße <no-reply@signalbox.example>";

fn config(url: &str) -> SmtpConfig {
    SmtpConfig {
        url: url.into(),
        from: FROM.to_owned(),
        timeout: Duration::from_secs(20),
    }
}

fn hasty(url: &str) -> Mailer {
    let timeout = Duration::from_millis(200);
    Mailer::new(&SmtpConfig {
        timeout,
        ..config(url)
    })
    .unwrap()
}

fn message() -> Message {
    Message {
        id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
        to: "zoe@acme.example".to_owned(),
        subject: "Bestätige deine Adresse für Łódź & Co ✓ – eine ziemlich lange Zeile, damit sie \
                  umgebrochen wird"
            .to_owned(),
        text: "Grüße\n.\nein Punkt auf eigener Zeile\n".to_owned(),
        html: format!("<p>Grüße {}</p>", "x".repeat(2000)),
    }
}

async fn catcher() -> MailCatcher {
    MailCatcher::start("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap()
}

async fn caught(message: &Message) -> CaughtMail {
    let catcher = catcher().await;
    Mailer::new(&config(&catcher.url()))
        .unwrap()
        .send(message)
        .await
        .unwrap();
    catcher.messages().remove(0)
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let message = message();
    let caught = caught(&message).await;
    assert_eq!(caught.to, message.to);
    assert_eq!(caught.subject, message.subject);
    assert_eq!(
        caught.text.replace("\r\n", "\n").trim_end(),
        message.text.trim_end()
    );
    assert_eq!(
        caught.html.as_deref().map(str::trim_end),
        Some(message.html.as_str())
    );
}

#[tokio::test]
async fn its_headers_are_ours_and_name_no_machine() {
    let caught = caught(&message()).await;
    let parsed = MessageParser::default()
        .parse(caught.raw.as_bytes())
        .unwrap();
    assert_eq!(
        parsed.message_id(),
        Some("01900000-0000-7000-8000-000000000001@signalbox.example")
    );
    let from = parsed.from().and_then(|from| from.first()).unwrap();
    assert_eq!(from.name(), Some("Signalbox Grüße"));
    assert_eq!(from.address(), Some("no-reply@signalbox.example"));
    let automatic = parsed
        .header("Auto-Submitted")
        .and_then(HeaderValue::as_text);
    assert_eq!(automatic, Some("auto-generated"));
    assert!(parsed.date().is_some());
    assert!(parsed.is_content_type("multipart", "alternative"));
    let names: Vec<_> = parsed
        .headers()
        .iter()
        .map(|header| header.name())
        .collect();
    assert_eq!(
        names,
        [
            "Message-ID",
            "From",
            "To",
            "Subject",
            "Auto-Submitted",
            "MIME-Version",
            "Date",
            "Content-Type"
        ]
    );
}

#[tokio::test]
async fn every_line_is_ascii_and_short_enough() {
    let raw = caught(&message()).await.raw;
    for line in raw.lines() {
        assert!(line.len() <= 998, "{} bytes", line.len());
        assert!(line.is_ascii(), "{line}");
    }
}

#[tokio::test]
async fn a_second_attempt_has_the_same_message_id() {
    let id = |mail: &CaughtMail| {
        let parsed = MessageParser::default().parse(mail.raw.as_bytes()).unwrap();
        parsed.message_id().unwrap().to_owned()
    };
    assert_eq!(id(&caught(&message()).await), id(&caught(&message()).await));
}

#[tokio::test]
async fn no_recipient_or_subject_can_add_a_header_or_a_recipient() {
    let catcher = catcher().await;
    let mailer = Mailer::new(&config(&catcher.url())).unwrap();
    for to in [
        "",
        "zoe",
        "zoe@",
        "zoe@acme.example, eve@evil.example",
        "zoe@acme.example\r\nBcc: eve@evil.example",
        "zoe@acme.example\nBcc: eve@evil.example",
        "zoe@acme.example> RCPT TO:<eve@evil.example",
        "Eve <eve@evil.example>",
        "\"a b\"@acme.example",
        "zoe@[127.0.0.1]",
    ] {
        let message = Message {
            to: to.to_owned(),
            ..message()
        };
        assert_eq!(
            mailer.send(&message).await,
            Err(SendError::Recipient),
            "{to:?}"
        );
    }
    for subject in ["a\r\nBcc: eve@evil.example", "a\nb", "a\rb", "a\0b"] {
        let message = Message {
            subject: subject.to_owned(),
            ..message()
        };
        assert_eq!(
            mailer.send(&message).await,
            Err(SendError::Subject),
            "{subject:?}"
        );
    }
    assert!(SendError::Recipient.permanent() && SendError::Subject.permanent());
    assert!(catcher.messages().is_empty());
}

#[tokio::test]
async fn a_body_cannot_end_the_message_early() {
    let text = "before\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n".to_owned();
    let catcher = catcher().await;
    let mailer = Mailer::new(&config(&catcher.url())).unwrap();
    mailer
        .send(&Message {
            text: text.clone(),
            ..message()
        })
        .await
        .unwrap();
    assert_eq!(catcher.messages().len(), 1);
    assert_eq!(
        catcher.messages().remove(0).text.trim_end(),
        text.trim_end()
    );
}

#[tokio::test]
async fn a_refusal_for_good_is_permanent_and_one_for_now_is_not() {
    let catcher = catcher().await;
    let mailer = Mailer::new(&config(&catcher.url())).unwrap();
    catcher.set_fault(Some(Fault::Never));
    let refused = mailer.send(&message()).await.unwrap_err();
    assert_eq!(refused, SendError::Refused { code: 550 });
    assert!(refused.permanent());
    catcher.set_fault(Some(Fault::Later));
    let deferred = mailer.send(&message()).await.unwrap_err();
    assert_eq!(deferred, SendError::Deferred { code: 451 });
    assert!(!deferred.permanent());
    catcher.set_fault(None);
    assert_eq!(mailer.send(&message()).await, Ok(()));
}

#[tokio::test]
async fn a_silent_or_vanishing_server_is_a_temporary_failure() {
    let catcher = catcher().await;
    let mailer = hasty(&catcher.url());
    catcher.set_fault(Some(Fault::Hang));
    assert_eq!(mailer.send(&message()).await, Err(SendError::Timeout));
    catcher.set_fault(Some(Fault::CutAfterData));
    assert_eq!(mailer.send(&message()).await, Err(SendError::Unreachable));
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let nobody = hasty(&format!("smtp://{gone}"));
    assert_eq!(nobody.send(&message()).await, Err(SendError::Unreachable));
    assert_eq!(nobody.check().await, Err(SendError::Unreachable));
    for error in [SendError::Timeout, SendError::Unreachable, SendError::Tls] {
        assert!(!error.permanent());
    }
}

/// A mail server by hand: `answer` is asked with the number of the connection and each line.
/// Returns its URL and, as it runs, how many connections were made.
async fn scripted(
    answer: impl Fn(usize, &str) -> Option<&'static str> + Clone + Send + 'static,
) -> (String, watch::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (connections, seen) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.send_modify(|number| *number += 1);
            let (number, answer) = (*connections.borrow(), answer.clone());
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                stream.write_all(b"220 hi\r\n").await.unwrap();
                let mut line = String::new();
                while stream
                    .read_line(&mut line)
                    .await
                    .is_ok_and(|length| length > 0)
                {
                    if let Some(answer) = answer(number, line.trim_end()) {
                        let _ = stream.write_all(answer.as_bytes()).await;
                    }
                    line.clear();
                }
            });
        }
    });
    (url, seen)
}

/// What a friendly server says to a line: nothing to those of a message but its last.
fn friendly(line: &str) -> Option<&'static str> {
    match line.split(' ').next() {
        Some("EHLO") => Some("250 hi\r\n"),
        Some("MAIL" | "RCPT" | "NOOP" | "." | "QUIT") => Some("250 ok\r\n"),
        Some("DATA") => Some("354 go on\r\n"),
        _ => None,
    }
}

#[tokio::test]
async fn a_connection_is_used_for_the_next_mail_and_replaced_when_it_died() {
    let (url, connections) = scripted(|_, line| friendly(line)).await;
    let mailer = Mailer::new(&config(&url)).unwrap();
    mailer.send(&message()).await.unwrap();
    mailer.send(&message()).await.unwrap();
    assert_eq!(*connections.borrow(), 1);

    let closing = |number, line: &str| match (number, line) {
        (1, "NOOP") => Some("421 good night\r\n"),
        _ => friendly(line),
    };
    let (url, connections) = scripted(closing).await;
    let mailer = Mailer::new(&config(&url)).unwrap();
    mailer.send(&message()).await.unwrap();
    mailer.send(&message()).await.unwrap();
    assert_eq!(*connections.borrow(), 2);
}

#[tokio::test]
async fn the_late_answer_to_one_mail_is_never_taken_for_the_next_ones() {
    // The first connection takes the mail but says so only when it is spoken to again; whoever came
    // next would read one answer too early for everything. The second refuses.
    let late = |number, line: &str| match (number, line.split(' ').next()) {
        (1, Some(".")) => None,
        (1, Some("NOOP")) => Some("250 queued\r\n250 ok\r\n"),
        (2, Some(".")) => Some("550 no\r\n"),
        _ => friendly(line),
    };
    let (url, connections) = scripted(late).await;
    let mailer = hasty(&url);
    assert_eq!(mailer.send(&message()).await, Err(SendError::Timeout));
    assert_eq!(
        mailer.send(&message()).await,
        Err(SendError::Refused { code: 550 })
    );
    assert_eq!(*connections.borrow(), 2);
}

#[tokio::test]
async fn refused_credentials_are_the_operators_fault_and_lose_no_mail() {
    let refusing = |_, line: &str| match line.starts_with("EHLO") {
        true => Some("250-hi\r\n250 AUTH PLAIN LOGIN\r\n"),
        false => Some("535 5.7.8 user robot password hunter2 is wrong\r\n"),
    };
    let (url, _) = scripted(refusing).await;
    let mailer = hasty(&url.replace("smtp://", "smtp://robot:hunter2@"));
    let error = mailer.send(&message()).await.unwrap_err();
    assert_eq!(error, SendError::Credentials { code: 535 });
    assert!(!error.permanent());
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_server_without_sign_in_is_not_given_the_password() {
    let (url, _) = scripted(|_, line| friendly(line)).await;
    let mailer = hasty(&url.replace("smtp://", "smtp://robot:hunter2@"));
    assert_eq!(mailer.send(&message()).await, Err(SendError::Unsupported));
}

#[tokio::test]
async fn the_greeting_names_our_domain_and_not_this_machine() {
    let named = |_, line: &str| match line {
        "EHLO signalbox.example" => Some("250 hi\r\n"),
        other if other.starts_with("EHLO") => Some("550 who?\r\n"),
        other => friendly(other),
    };
    let (url, _) = scripted(named).await;
    assert_eq!(hasty(&url).send(&message()).await, Ok(()));
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_where_tls_is_required() {
    let catcher = catcher().await;
    let mailer = hasty(&format!("{}?tls=required", catcher.url()));
    assert_eq!(mailer.send(&message()).await, Err(SendError::Unsupported));
    assert!(!SendError::Unsupported.permanent());
    assert!(catcher.messages().is_empty());
}

#[tokio::test]
async fn doctor_can_ask_without_sending() {
    let catcher = catcher().await;
    assert_eq!(
        Mailer::new(&config(&catcher.url())).unwrap().check().await,
        Ok(())
    );
    assert!(catcher.messages().is_empty());
}

#[tokio::test]
async fn a_configuration_is_checked_and_its_password_never_printed() {
    for url in [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://a?tls=maybe",
    ] {
        assert_eq!(
            Mailer::new(&config(url)).unwrap_err(),
            ConfigError::Url,
            "{url:?}"
        );
    }
    for from in [
        "",
        "Signalbox",
        "a@b",
        "Signalbox <no-reply@signalbox.example>\r\nBcc: e@x.test",
    ] {
        let config = SmtpConfig {
            from: from.to_owned(),
            ..config("smtp://127.0.0.1")
        };
        assert_eq!(
            Mailer::new(&config).unwrap_err(),
            ConfigError::From,
            "{from:?}"
        );
    }
    let config = config("smtps://robot:hunter2@mail.example");
    assert!(!format!("{config:?}").contains("hunter2"));
    let mailer = Mailer::new(&config).unwrap();
    assert!(!format!("{mailer:?}").contains("hunter2"));
}
