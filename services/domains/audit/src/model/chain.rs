//! Whether rows are the chain they say they are.

use serde::Serialize;
use serde_json::{Map, Value};

use super::canonical::Hash;

/// Faults that are told one by one; more say nothing that these do not.
pub const MAX_FAULTS: usize = 20;

/// Something that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Fault {
    /// The row at `seq` is not the one that was sealed there.
    Changed {
        /// Where.
        seq: i64,
    },
    /// Rows are gone: `seq` is followed by `next`.
    Missing {
        /// The last row before the gap, 0 for none.
        seq: i64,
        /// The first one behind it.
        next: i64,
    },
    /// A row stands at `seq` that belongs further back, or twice.
    Misplaced {
        /// Where.
        seq: i64,
    },
    /// The chain ends at `seq`, and the platform has sealed more.
    CutOff {
        /// The last row.
        seq: i64,
        /// The last one that was sealed.
        anchor: i64,
    },
    /// Rows follow that the platform never sealed.
    Appended {
        /// The last row.
        seq: i64,
        /// The last one that was sealed.
        anchor: i64,
    },
    /// Every row fits the one before it, and yet this is not what was sealed.
    Rewritten {
        /// The last row.
        seq: i64,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Changed { seq } => write!(f, "row {seq} is not the one that was sealed"),
            Self::Missing { seq, next } => {
                write!(f, "row {seq} is followed by row {next}: rows are missing")
            }
            Self::Misplaced { seq } => write!(f, "row {seq} stands where it does not belong"),
            Self::CutOff { seq, anchor } => {
                write!(
                    f,
                    "the log ends at row {seq}, and was sealed to row {anchor}"
                )
            }
            Self::Appended { seq, anchor } => {
                write!(
                    f,
                    "the log goes on to row {seq}, and was sealed to row {anchor}"
                )
            }
            Self::Rewritten { seq } => {
                write!(
                    f,
                    "row {seq} fits, but its hash is not the one that was sealed"
                )
            }
        }
    }
}

/// Walks along a chain.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The last row that was looked at, 0 for none.
    pub seq: i64,
    /// Its hash as it stands there.
    pub hash: Hash,
    /// How many rows were looked at.
    pub rows: u64,
    /// What does not hold, the first [`MAX_FAULTS`].
    pub faults: Vec<Fault>,
}

impl Walk {
    /// From the row at `seq` on, whose hash is taken as it stands.
    pub fn after(seq: i64, hash: Hash) -> Self {
        Self {
            seq,
            hash,
            rows: 0,
            faults: Vec::new(),
        }
    }

    /// From the beginning.
    pub fn start() -> Self {
        Self::after(0, Hash::START)
    }

    /// Looks at the next row. After a fault it goes on from what the row says of itself, so that one change
    /// is one fault.
    pub fn step(&mut self, seq: i64, members: &Map<String, Value>, hash: Option<Hash>) {
        self.rows += 1;
        if seq <= self.seq {
            self.fault(Fault::Misplaced { seq });
            return;
        }
        let expected = self.hash.next(members);
        if seq > self.seq.saturating_add(1) {
            // What came before is unknown, so nothing can be said of the row itself.
            self.fault(Fault::Missing {
                seq: self.seq,
                next: seq,
            });
        } else if hash != Some(expected) {
            self.fault(Fault::Changed { seq });
        }
        self.seq = seq;
        self.hash = hash.unwrap_or(expected);
    }

    /// Notes a fault.
    pub fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Row = (i64, Map<String, Value>, Option<Hash>);

    fn members(seq: i64, text: &str) -> Map<String, Value> {
        json!({"seq": seq, "action": text})
            .as_object()
            .expect("an object")
            .clone()
    }

    fn chain(length: i64) -> Vec<Row> {
        let mut hash = Hash::START;
        (1..=length)
            .map(|seq| {
                let row = members(seq, &format!("act {seq}"));
                hash = hash.next(&row);
                (seq, row, Some(hash))
            })
            .collect()
    }

    fn faults(rows: &[Row]) -> Vec<Fault> {
        let mut walk = Walk::start();
        for (seq, row, hash) in rows {
            walk.step(*seq, row, *hash);
        }
        walk.faults
    }

    #[test]
    fn a_chain_that_nobody_touched_holds() {
        assert_eq!(faults(&chain(50)), []);
        assert_eq!(faults(&[]), []);
    }

    #[test]
    fn each_way_to_tamper_is_found() {
        let mut changed = chain(5);
        changed[2].1 = members(3, "something else");
        assert_eq!(faults(&changed), [Fault::Changed { seq: 3 }]);

        let mut removed = chain(5);
        removed.remove(2);
        assert_eq!(faults(&removed), [Fault::Missing { seq: 2, next: 4 }]);

        let mut closed = removed.clone();
        for (seq, row, _) in closed.iter_mut().skip(2) {
            *seq -= 1;
            row.insert("seq".to_owned(), json!(*seq));
        }
        assert_eq!(
            faults(&closed),
            [Fault::Changed { seq: 3 }, Fault::Changed { seq: 4 }]
        );

        let mut swapped = chain(5);
        swapped.swap(1, 2);
        assert_eq!(
            faults(&swapped),
            [
                Fault::Missing { seq: 1, next: 3 },
                Fault::Misplaced { seq: 2 }
            ]
        );

        let mut forged = chain(5);
        let own = forged[1].2.expect("a hash");
        forged[2].1 = members(3, "something else");
        forged[2].2 = Some(own.next(&forged[2].1));
        assert_eq!(faults(&forged), [Fault::Changed { seq: 4 }]);

        let mut bare = chain(3);
        bare[1].2 = None;
        assert_eq!(faults(&bare), [Fault::Changed { seq: 2 }]);
    }

    #[test]
    fn many_faults_are_not_all_told() {
        let mut rows = chain(200);
        for (_, row, _) in &mut rows {
            row.insert("action".to_owned(), json!("gone"));
        }
        assert_eq!(faults(&rows).len(), MAX_FAULTS);
    }
}
