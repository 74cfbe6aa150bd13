//! Reading settings: faults are collected, secrets are never repeated in them.

use std::fmt;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use secrecy::SecretString;

use super::{Command, Setting};

/// Where settings come from: the environment, or a test's table.
pub trait Source {
    /// The value of a variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// The content of a file that a `_FILE` variable names.
    fn file(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// The environment of the process.
pub struct Environment;

impl Source for Environment {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// Every fault of a configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<String>);

impl Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s):", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigErrors {}

pub(super) struct Reader<'a> {
    command: Command,
    source: &'a dyn Source,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(command: Command, source: &'a dyn Source) -> Self {
        Self {
            command,
            source,
            faults: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Result<(), ConfigErrors> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(ConfigErrors(self.faults))
        }
    }

    fn fault(&mut self, setting: &Setting, text: impl Display) {
        self.faults.push(format!("{}: {text}", setting.name));
    }

    /// Whether the variable stands in the environment, be it empty.
    pub(super) fn is_set(&self, setting: &Setting) -> bool {
        self.source.variable(setting.name).is_some()
    }

    /// The value as it stands, or the default; a needed one that is missing is a fault.
    pub(super) fn optional(&mut self, setting: &Setting) -> Option<String> {
        let file = self.source.variable(&format!("{}_FILE", setting.name));
        let value = match file.filter(|path| !path.is_empty()) {
            Some(path) => match self.source.file(Path::new(&path)) {
                Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => {
                    self.fault(
                        setting,
                        format_args!("the file {path} cannot be read: {error}"),
                    );
                    return None;
                }
            },
            None => self.source.variable(setting.name),
        };
        let value = value
            .filter(|text| !text.is_empty())
            .or(setting.default.map(str::to_owned));
        if value.is_none() && setting.needed_by.contains(&self.command) {
            let command = self.command.as_str();
            self.fault(
                setting,
                format_args!("`signalbox {command}` needs it. {}", setting.about),
            );
        }
        value
    }

    pub(super) fn text(&mut self, setting: &Setting) -> String {
        self.optional(setting).unwrap_or_default()
    }

    pub(super) fn secret(&mut self, setting: &Setting) -> Option<SecretString> {
        self.optional(setting).map(SecretString::from)
    }

    pub(super) fn parsed<T: FromStr>(&mut self, setting: &Setting) -> Option<T>
    where
        T::Err: Display,
    {
        let text = self.optional(setting)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(setting, format_args!("{text:?} cannot be read: {error}"));
                None
            }
        }
    }

    pub(super) fn list<T: FromStr>(&mut self, setting: &Setting) -> Vec<T>
    where
        T::Err: Display,
    {
        let text = self.text(setting);
        let mut values = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            match part.parse() {
                Ok(value) => values.push(value),
                Err(error) => self.fault(setting, format_args!("{part:?} cannot be read: {error}")),
            }
        }
        values
    }

    pub(super) fn one_of(&mut self, setting: &Setting, words: &[&str]) -> String {
        let word = self.text(setting);
        let known = words.contains(&word.as_str());
        self.check(setting, known, &format!("one of {}", words.join(", ")));
        word
    }

    /// Notes that `expected` was expected, unless `holds`. The value is not repeated: it may be a secret.
    pub(super) fn check(&mut self, setting: &Setting, holds: bool, expected: &str) {
        if !holds {
            self.fault(setting, format_args!("expected {expected}"));
        }
    }
}
