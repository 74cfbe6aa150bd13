//! The mail catcher, spoken to by a real mail library and, where that is too polite, by hand.

#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

use std::time::Duration;

use fakes::{Fault, MailCatcher};
use lettre::message::{MultiPart, header};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(10);

async fn catcher() -> MailCatcher {
    MailCatcher::start("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap()
}

fn client(catcher: &MailCatcher) -> AsyncSmtpTransport<Tokio1Executor> {
    AsyncSmtpTransport::<Tokio1Executor>::from_url(&catcher.url())
        .unwrap()
        .build()
}

fn mail(to: &str, subject: &str, text: &str) -> Message {
    Message::builder()
        .from("Signalbox <no-reply@signalbox.example>".parse().unwrap())
        .to(to.parse().unwrap())
        .subject(subject)
        .header(header::ContentType::TEXT_PLAIN)
        .body(text.to_owned())
        .unwrap()
}

/// Says each line by hand and returns everything the server said.
async fn converse(catcher: &MailCatcher, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(catcher.address()).await.unwrap();
    for line in lines {
        stream.write_all(line.as_bytes()).await.unwrap();
    }
    stream.shutdown().await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    said
}

#[tokio::test]
async fn a_mail_is_kept_with_its_recipient_subject_text_and_html() {
    let catcher = catcher().await;
    let mail = Message::builder()
        .from("no-reply@signalbox.example".parse().unwrap())
        .to("Zoë <zoe@acme.example>".parse().unwrap())
        .subject("Bestätige deine Adresse ✓")
        .multipart(MultiPart::alternative_plain_html(
            "Grüße".to_owned(),
            "<p>Grüße</p>".to_owned(),
        ))
        .unwrap();
    client(&catcher).send(mail).await.unwrap();

    let caught = catcher
        .wait_for(PATIENCE, |mail| mail.to == "zoe@acme.example")
        .await
        .unwrap();
    assert_eq!(caught.id, 1);
    assert_eq!(caught.subject, "Bestätige deine Adresse ✓");
    assert_eq!(caught.text, "Grüße");
    assert_eq!(caught.html.as_deref(), Some("<p>Grüße</p>"));
    assert!(caught.raw.contains("zoe@acme.example"));

    let json = serde_json::to_value(&caught).unwrap();
    let mut fields: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["html", "id", "sent_at", "subject", "text", "to"]);
}

#[tokio::test]
async fn the_newest_mail_comes_first_and_a_plain_one_has_no_html() {
    let catcher = catcher().await;
    let client = client(&catcher);
    for number in 1..=3 {
        client
            .send(mail("a@b.example", &format!("mail {number}"), "hello"))
            .await
            .unwrap();
    }
    let subjects: Vec<_> = catcher
        .messages()
        .into_iter()
        .map(|mail| (mail.id, mail.subject, mail.html))
        .collect();
    let expected = [3, 2, 1].map(|number| (number, format!("mail {number}"), None));
    assert_eq!(subjects, expected);

    catcher.clear();
    assert_eq!(catcher.messages(), []);
}

#[tokio::test]
async fn only_the_last_five_hundred_are_kept() {
    let catcher = catcher().await;
    let one = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\r\nhello\r\n.\r\n";
    let all = one.repeat(fakes::smtp::KEPT + 1);
    converse(&catcher, &["EHLO test\r\n", &all]).await;
    let kept = catcher.messages();
    assert_eq!((kept.len(), kept[0].id, kept[499].id), (500, 501, 2));
}

#[tokio::test]
async fn a_line_that_begins_with_a_dot_arrives_unchanged() {
    let catcher = catcher().await;
    client(&catcher)
        .send(mail("a@b.example", "dots", ".one\r\n..two\r\n.\r\nthree"))
        .await
        .unwrap();
    assert_eq!(
        catcher.messages()[0].text,
        ".one\r\n..two\r\n.\r\nthree\r\n"
    );
}

#[tokio::test]
async fn every_recipient_of_the_envelope_is_named() {
    let catcher = catcher().await;
    let lines = [
        "EHLO t\r\nMAIL FROM:<a@b> SIZE=10\r\nRCPT TO:<c@d>\r\nrcpt to: <e@f>\r\nDATA\r\nTo: x@y\r\n\r\nhi\r\n.\r\nQUIT\r\n",
    ];
    converse(&catcher, &lines).await;
    assert_eq!(catcher.messages()[0].to, "c@d, e@f");
}

#[tokio::test]
async fn commands_out_of_order_or_out_of_shape_are_refused_and_change_nothing() {
    let catcher = catcher().await;
    let too_long = format!("NOOP {}\r\n", "x".repeat(5_000));
    for (line, code) in [
        ("MAIL FROM:<a@b>\r\n", "503"),
        ("EHLO t\r\nRCPT TO:<a@b>\r\n", "503"),
        ("EHLO t\r\nDATA\r\n", "503"),
        ("EHLO t\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "503"),
        ("EHLO t\r\nMAIL FROM:a@b\r\n", "501"),
        ("EHLO t\r\nMAIL FROM:<a@b> SIZE=99999999\r\n", "552"),
        ("EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody>\r\n", "501"),
        (
            "EHLO t\r\nMAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<a@b>\r\n",
            "503",
        ),
        ("EHLO t\r\nSTARTTLS\r\n", "500"),
        ("EHLO\r\n", "501"),
        ("\u{ff}\u{fe}\r\n", "500"),
        (&too_long, "500"),
    ] {
        let said = converse(&catcher, &[line]).await;
        let last = said.trim_end().lines().last().unwrap();
        assert!(
            last.starts_with(code),
            "{line:?} was answered with {last:?}, not {code}"
        );
    }
    assert_eq!(catcher.messages(), []);
}

#[tokio::test]
async fn a_message_over_the_limit_or_with_bare_line_feeds_or_cut_off_is_not_kept() {
    let catcher = catcher().await;
    let envelope = "EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
    let large = format!("{}\r\n", "x".repeat(998)).repeat(2_200);
    assert!(
        converse(&catcher, &[envelope, &large, ".\r\n"])
            .await
            .contains("\r\n552 ")
    );
    let smuggled = "hi\n.\r\nMAIL FROM:<x@y>\r\nRCPT TO:<z@z>\r\nDATA\r\nforged\r\n.\r\n";
    assert!(
        converse(&catcher, &[envelope, smuggled])
            .await
            .contains("\r\n554 ")
    );
    converse(&catcher, &[envelope, "never finished\r\n"]).await;
    assert_eq!(catcher.messages(), []);
}

#[tokio::test]
async fn faults_refuse_for_now_or_for_good_and_can_be_lifted() {
    let catcher = catcher().await;
    let client = client(&catcher);

    catcher.set_fault(Some(Fault::Later));
    assert!(
        client
            .send(mail("a@b.example", "x", "y"))
            .await
            .unwrap_err()
            .is_transient()
    );
    catcher.set_fault(Some(Fault::Never));
    assert!(
        client
            .send(mail("a@b.example", "x", "y"))
            .await
            .unwrap_err()
            .is_permanent()
    );
    assert_eq!(catcher.messages(), []);

    catcher.set_fault(None);
    client.send(mail("a@b.example", "x", "y")).await.unwrap();
    assert_eq!(catcher.messages().len(), 1);
}

#[tokio::test]
async fn a_hanging_server_is_only_ended_by_the_senders_own_patience() {
    let catcher = catcher().await;
    let client = client(&catcher);
    catcher.set_fault(Some(Fault::Hang));
    let sending = client.send(mail("a@b.example", "x", "y"));
    assert!(
        tokio::time::timeout(Duration::from_millis(300), sending)
            .await
            .is_err()
    );
    assert_eq!(catcher.messages(), []);
}

#[tokio::test]
async fn a_cut_after_the_data_keeps_the_mail_though_the_sender_sees_a_failure() {
    let catcher = catcher().await;
    catcher.set_fault(Some(Fault::CutAfterData));
    assert!(
        client(&catcher)
            .send(mail("a@b.example", "x", "y"))
            .await
            .is_err()
    );
    assert_eq!(catcher.messages().len(), 1);
}

#[tokio::test]
async fn waiting_ends_when_the_mail_comes_or_patience_does() {
    let catcher = catcher().await;
    assert_eq!(
        catcher.wait_for(Duration::from_millis(10), |_| true).await,
        None
    );
    let (sender, wanted) = (client(&catcher), |mail: &fakes::CaughtMail| {
        mail.subject == "second"
    });
    let (found, ()) = tokio::join!(catcher.wait_for(PATIENCE, wanted), async {
        sender
            .send(mail("a@b.example", "first", "y"))
            .await
            .unwrap();
        sender
            .send(mail("a@b.example", "second", "y"))
            .await
            .unwrap();
    });
    assert_eq!(found.unwrap().id, 2);
}

#[tokio::test]
async fn it_refuses_an_address_that_others_could_reach() {
    let refused = MailCatcher::start("0.0.0.0:0".parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}
