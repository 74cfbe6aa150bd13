//! One SMTP conversation (RFC 5321): enough of it to be honest, strict where real servers are.
//!
//! Must not know what becomes of a mail.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Fault;
use super::mailbox::Mailbox;

/// A line of a command, RFC 5321 4.5.3.1.4, with room for long paths.
const LONGEST_COMMAND: u64 = 1_024;
/// A line of a message, RFC 5321 4.5.3.1.6, is 1,000; senders differ, so the message bounds it.
const LARGEST_MESSAGE: usize = 2 * 1024 * 1024;
const MOST_RECIPIENTS: usize = 100;
const IDLE: Duration = Duration::from_secs(60);

/// The envelope so far. `sender` is set by MAIL, and RCPT and DATA need it.
#[derive(Default)]
struct Envelope {
    greeted: bool,
    sender: Option<String>,
    recipients: Vec<String>,
}

struct Session<'a> {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    mailbox: &'a Mailbox,
    fault: watch::Receiver<Option<Fault>>,
    envelope: Envelope,
}

/// Talks to one client until it quits, goes or dawdles.
pub(super) async fn serve(
    stream: TcpStream,
    mailbox: &Mailbox,
    fault: watch::Receiver<Option<Fault>>,
) -> io::Result<()> {
    // Answers are small and awaited one by one: without this each waits for a delayed ACK.
    stream.set_nodelay(true)?;
    let (reader, writer) = stream.into_split();
    let reader = BufReader::new(reader);
    let mut session = Session {
        reader,
        writer,
        mailbox,
        fault,
        envelope: Envelope::default(),
    };
    session
        .say("220 localhost mail catcher, nothing is delivered")
        .await?;
    loop {
        let line = match timeout(IDLE, session.command()).await {
            Ok(Ok(Some(line))) => line,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => return session.say("421 4.4.2 too slow").await,
        };
        if !session.obey(&line).await? {
            return Ok(());
        }
    }
}

impl Session<'_> {
    /// The next line, without its end; empty for one that cannot be a command.
    async fn command(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        (&mut self.reader)
            .take(LONGEST_COMMAND)
            .read_until(b'\n', &mut line)
            .await?;
        if line.is_empty() {
            return Ok(None);
        }
        if !line.ends_with(b"\n") {
            skip_line(&mut self.reader).await?;
            return Ok(Some(String::new()));
        }
        Ok(Some(
            String::from_utf8(line)
                .unwrap_or_default()
                .trim_end()
                .to_owned(),
        ))
    }

    /// Answers one command; `false` ends the conversation.
    async fn obey(&mut self, line: &str) -> io::Result<bool> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if rest.is_empty() => self.say("501 5.5.4 who are you?").await?,
            "EHLO" => {
                self.envelope = Envelope {
                    greeted: true,
                    ..Envelope::default()
                };
                let size = format!("250-SIZE {LARGEST_MESSAGE}");
                let lines = [
                    "250-localhost",
                    &size,
                    "250-8BITMIME",
                    "250-SMTPUTF8",
                    "250 PIPELINING",
                ];
                self.say(&lines.join("\r\n")).await?;
            }
            "HELO" => {
                self.envelope = Envelope {
                    greeted: true,
                    ..Envelope::default()
                };
                self.say("250 localhost").await?;
            }
            "MAIL" => self.mail(rest).await?,
            "RCPT" => self.rcpt(rest).await?,
            "DATA" => return self.data().await,
            "RSET" => {
                self.envelope = Envelope {
                    greeted: self.envelope.greeted,
                    ..Envelope::default()
                };
                self.say("250 2.0.0 forgotten").await?;
            }
            "NOOP" => self.say("250 2.0.0 indeed").await?,
            "VRFY" => self.say("252 2.5.1 try and see").await?,
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                return Ok(false);
            }
            _ => self.say("500 5.5.2 no such command").await?,
        }
        Ok(true)
    }

    async fn mail(&mut self, rest: &str) -> io::Result<()> {
        if !self.envelope.greeted || self.envelope.sender.is_some() {
            return self.say("503 5.5.1 not now").await;
        }
        let Some((sender, parameters)) = path(rest, "FROM:") else {
            return self.say("501 5.5.4 MAIL FROM:<address>").await;
        };
        let announced = parameters
            .split(' ')
            .find_map(|word| word.strip_prefix("SIZE="));
        if announced
            .and_then(|size| size.parse().ok())
            .is_some_and(|size: usize| size > LARGEST_MESSAGE)
        {
            return self.say("552 5.3.4 too large").await;
        }
        self.envelope.sender = Some(sender.to_owned());
        self.say("250 2.1.0 go on").await
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<()> {
        if self.envelope.sender.is_none() {
            return self.say("503 5.5.1 MAIL first").await;
        }
        let recipient = path(rest, "TO:")
            .map(|(address, _)| address)
            .filter(|who| who.contains('@'));
        let Some(recipient) = recipient else {
            return self.say("501 5.1.3 RCPT TO:<someone@somewhere>").await;
        };
        if self.envelope.recipients.len() >= MOST_RECIPIENTS {
            return self.say("452 4.5.3 too many recipients").await;
        }
        let fault = *self.fault.borrow();
        match fault {
            Some(Fault::Later) => self.say("451 4.3.0 try again later").await,
            Some(Fault::Never) => self.say("550 5.1.1 no such mailbox").await,
            Some(Fault::Hang) => self.hang().await,
            Some(Fault::CutAfterData) | None => {
                self.envelope.recipients.push(recipient.to_owned());
                self.say("250 2.1.5 go on").await
            }
        }
    }

    async fn data(&mut self) -> io::Result<bool> {
        if self.envelope.recipients.is_empty() {
            self.say("503 5.5.1 RCPT first").await?;
            return Ok(true);
        }
        self.say("354 end with a dot on a line of its own").await?;
        let read = timeout(IDLE, read_message(&mut self.reader)).await;
        let Ok(message) = read else {
            self.say("421 4.4.2 too slow").await?;
            return Ok(false);
        };
        let envelope = std::mem::replace(
            &mut self.envelope,
            Envelope {
                greeted: true,
                ..Envelope::default()
            },
        );
        match message? {
            Message::Whole(raw) => {
                self.mailbox.take(&envelope.recipients, &raw);
                if *self.fault.borrow() == Some(Fault::CutAfterData) {
                    return Ok(false);
                }
                self.say("250 2.0.0 caught").await?;
            }
            Message::TooLarge => self.say("552 5.3.4 too large").await?,
            // Where servers disagree about line ends, one mail becomes two (SMTP smuggling).
            Message::BareLineFeed => self.say("554 5.6.0 lines end with CR LF").await?,
            Message::CutOff => return Ok(false),
        }
        Ok(true)
    }

    /// Says nothing more until the fault is lifted or the client goes.
    async fn hang(&mut self) -> io::Result<()> {
        let mut fault = self.fault.clone();
        let lifted = fault.wait_for(|fault| *fault != Some(Fault::Hang));
        let gone = async {
            while !self.reader.fill_buf().await?.is_empty() {
                let read = self.reader.buffer().len();
                self.reader.consume(read);
            }
            io::Result::Ok(())
        };
        tokio::select! {
            _ = lifted => Err(io::Error::other("a fault was lifted")),
            _ = gone => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    async fn say(&mut self, answer: &str) -> io::Result<()> {
        self.writer
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
    }
}

/// Takes `FROM:<a@b> SIZE=1` apart into the address and what follows it.
fn path<'a>(text: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, rest) = text.split_at_checked(keyword.len())?;
    let rest = rest
        .trim_start()
        .strip_prefix('<')
        .filter(|_| head.eq_ignore_ascii_case(keyword))?;
    let (address, parameters) = rest.split_once('>')?;
    (!address.contains([' ', '<'])).then_some((address, parameters.trim()))
}

enum Message {
    Whole(Vec<u8>),
    TooLarge,
    BareLineFeed,
    CutOff,
}

/// Reads up to the lone dot, undoing the dots that were doubled (RFC 5321 4.5.2).
async fn read_message(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Message> {
    let (mut message, mut line) = (Vec::new(), Vec::new());
    let (mut too_large, mut bare_line_feed, mut after_line_end) = (false, false, true);
    loop {
        line.clear();
        let read = reader.take(64 * 1024).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(Message::CutOff);
        }
        if after_line_end && line == b".\r\n" {
            return Ok(match (too_large, bare_line_feed) {
                (true, _) => Message::TooLarge,
                (_, true) => Message::BareLineFeed,
                _ => Message::Whole(message),
            });
        }
        let text = line
            .strip_prefix(b".")
            .filter(|_| after_line_end)
            .unwrap_or(&line);
        too_large |= message.len() + text.len() > LARGEST_MESSAGE;
        if !too_large {
            message.extend_from_slice(text);
        }
        after_line_end = line.ends_with(b"\r\n");
        bare_line_feed |= line.ends_with(b"\n") && !after_line_end;
    }
}

async fn skip_line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf().await?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (skipped, done) = match end {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(skipped);
        if done {
            return Ok(());
        }
    }
}
