//! One broken rule at one place. Says where and what; never decides whether it matters.

use std::fmt;

/// A place that breaks a rule, printed as `file:line: message` so that an editor can jump to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offence {
    /// Path from the root of the repository.
    pub file: String,
    /// Line counted from 1, or 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong, and what the rule asks for.
    pub message: String,
}

impl Offence {
    /// Blames one line.
    pub fn at(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            message: message.into(),
        }
    }

    /// Blames a whole file, folder or package.
    pub fn of(file: &str, message: impl Into<String>) -> Self {
        Self::at(file, 0, message)
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}
