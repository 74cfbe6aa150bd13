//! A DNS server on loopback that answers as it is told. Its failures are its test's: it panics.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a question that cannot be read fails the test that asked it"
)]

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, AAAA, CNAME, TXT},
    },
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{net::UdpSocket, task::JoinHandle};

/// What a question is answered with.
#[derive(Clone)]
pub enum Reply {
    /// These addresses; those of the other family are left out.
    Addresses(Vec<IpAddr>),
    /// An alias chain that ends in these addresses.
    Alias(Vec<String>, Vec<IpAddr>),
    /// These texts, each a TXT record.
    Texts(Vec<String>),
    /// A refusal of this kind.
    Code(ResponseCode),
    /// Nothing at all.
    Silence,
}

impl Reply {
    /// The addresses that `texts` spell.
    pub fn addresses(texts: &[&str]) -> Self {
        Self::Addresses(texts.iter().map(|text| text.parse().unwrap()).collect())
    }
}

/// Runs until it is dropped.
pub struct NameServer {
    /// Where it listens, by UDP.
    pub address: SocketAddr,
    questions: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl NameServer {
    /// `reply` is asked with the name, in lower case without final dot, and the number of questions
    /// before this one.
    pub async fn start(reply: impl Fn(&str, usize) -> Reply + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let questions = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&questions);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let name = question.queries[0].name().to_string().to_lowercase();
                let name = name.trim_end_matches('.').to_owned();
                let before = seen.lock().unwrap().len();
                seen.lock().unwrap().push(name.clone());
                if let Some(answer) = answer(question, reply(&name, before)) {
                    socket
                        .send_to(&answer.to_vec().unwrap(), from)
                        .await
                        .unwrap();
                }
            }
        });
        Self {
            address,
            questions,
            task,
        }
    }

    /// Answers every question with `reply`.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone()).await
    }

    /// The names it was asked for, in order.
    pub fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(question: Message, reply: Reply) -> Option<Message> {
    let query = question.queries[0].clone();
    let mut message = question.into_response();
    match reply {
        Reply::Silence => return None,
        Reply::Code(code) => message.metadata.response_code = code,
        Reply::Addresses(addresses) => {
            message.add_answers(records(query.name(), query.query_type(), &addresses));
        }
        Reply::Texts(texts) if query.query_type() == RecordType::TXT => {
            message.add_answers(texts.into_iter().map(|text| {
                let data = RData::TXT(TXT::new(vec![text]));
                Record::from_rdata(query.name().clone(), 300, data)
            }));
        }
        Reply::Texts(_) => {}
        Reply::Alias(chain, addresses) => {
            let mut owner = query.name().clone();
            for alias in chain {
                let alias = Name::from_ascii(format!("{alias}.")).unwrap();
                let data = RData::CNAME(CNAME(alias.clone()));
                message.add_answer(Record::from_rdata(owner, 300, data));
                owner = alias;
            }
            message.add_answers(records(&owner, query.query_type(), &addresses));
        }
    }
    Some(message)
}

/// Records that a cache would keep for five minutes.
fn records(name: &Name, kind: RecordType, addresses: &[IpAddr]) -> Vec<Record> {
    let data = addresses
        .iter()
        .filter_map(|address| match (address, kind) {
            (IpAddr::V4(v4), RecordType::A) => Some(RData::A(A(*v4))),
            (IpAddr::V6(v6), RecordType::AAAA) => Some(RData::AAAA(AAAA(*v6))),
            _ => None,
        });
    data.map(|data| Record::from_rdata(name.clone(), 300, data))
        .collect()
}
