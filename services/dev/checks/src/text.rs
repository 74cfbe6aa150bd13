//! Rule 7: what must not stand in a file at all, and what every file must begin with.
//!
//! Rust is searched by tokens, everything else by lines, so that this file can name what it bans.

use crate::{Offence, Repository, RustSource, SourceFile};

/// Lint attributes, unfinished code and ignored tests in Rust, and Rust that does not lex.
pub fn rust_offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in repo.files.iter().filter(|file| file.extension() == "rs") {
        let Some(rust) = &file.rust else {
            found.push(Offence::of(&file.path, "is not Rust"));
            continue;
        };
        let mut blame = |line, message: &str| found.push(Offence::at(&file.path, line, message));
        for line in attributes(rust, "allow") {
            blame(
                line,
                "use #[expect(lint, reason = \"…\")]: it says when it is no longer needed",
            );
        }
        for line in attributes(rust, "ignore") {
            blame(line, "an ignored test tests nothing");
        }
        for name in ["todo", "unimplemented"] {
            for line in rust.lines_with(&[name, "!"]) {
                blame(line, "finish it or leave it out");
            }
        }
        if !documented(&file.text) {
            blame(
                1,
                "begins with `//!`: what the module owns and what it must not do",
            );
        }
    }
    found
}

/// Lines where `name` is an attribute, also inside `cfg_attr`.
fn attributes(rust: &RustSource, name: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for hash in rust.find(&["#"]) {
        let open = if rust.text(hash + 1) == "!" {
            hash + 2
        } else {
            hash + 1
        };
        if rust.text(open) != "[" {
            continue;
        }
        let conditional = rust.text(open + 1) == "cfg_attr";
        let end = if conditional {
            rust.closing(open)
        } else {
            open + 2
        };
        if (open + 1..end).any(|index| rust.text(index) == name) {
            lines.push(rust.line(hash));
        }
    }
    lines
}

/// A module document is a sentence, not the module's name again.
fn documented(text: &str) -> bool {
    let lines = text.lines().skip_while(|line| line.trim().is_empty());
    let words = lines
        .map_while(|line| line.strip_prefix("//!"))
        .flat_map(str::split_whitespace);
    words.take(4).count() == 4
}

struct Ban {
    applies: fn(&SourceFile) -> bool,
    breaks: fn(&str) -> bool,
    message: &'static str,
}

const BANS: [Ban; 4] = [
    Ban {
        applies: |file| !file.generated(),
        breaks: |line| {
            let mut words = line.split(|it: char| !it.is_alphanumeric() && it != '_');
            words.any(|word| word == concat!("TO", "DO") || word == concat!("FIX", "ME"))
        },
        message: "do it, or write it down where work is planned",
    },
    Ban {
        applies: |file| matches!(file.extension(), "ts" | "tsx") && file.test(),
        breaks: |line| {
            [".skip(", ".only(", ".fixme(", ".todo("]
                .iter()
                .any(|it| line.contains(it))
        },
        message: "a skipped test tests nothing, an exclusive one hides the others",
    },
    Ban {
        applies: |_| true,
        breaks: names_a_machine,
        message: "a path of one machine",
    },
    Ban {
        applies: |file| file.name() == "package-lock.json",
        breaks: |line| line.trim_start().starts_with("\"resolved\":"),
        message: "lock files name no registry host (npm: omit-lockfile-registry-resolved=true)",
    },
];

/// Whether an absolute path into somebody's home or working copy stands in the line. After a
/// letter it is part of a longer path or address, and fine.
fn names_a_machine(line: &str) -> bool {
    [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
    ]
    .iter()
    .flat_map(|path| line.match_indices(path))
    .any(|(at, path)| {
        let before = line.get(..at).and_then(|it| it.chars().next_back());
        let after = line.get(at + path.len()..).and_then(|it| it.chars().next());
        let inside = |it: char| it.is_alphanumeric() || matches!(it, '.' | '_' | '-' | '}' | '*');
        !before.is_some_and(inside) && after.is_some_and(|it| it.is_alphanumeric() || it == '.')
    })
}

/// Banned words and paths in any file, line by line.
pub fn line_offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in &repo.files {
        for ban in BANS.iter().filter(|ban| (ban.applies)(file)) {
            for (index, line) in file.text.lines().enumerate() {
                if (ban.breaks)(line) {
                    found.push(Offence::at(&file.path, index + 1, ban.message));
                }
            }
        }
    }
    found
}

/// Sources in `Cargo.lock` other than crates.io, and a missing line-ending rule for SQL: the
/// checksums of migrations are over bytes.
pub fn repository_offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for (index, line) in repo
        .file("Cargo.lock")
        .map_or("", |file| &file.text)
        .lines()
        .enumerate()
    {
        let foreign = line.starts_with("source = ") && !line.contains(CRATES_IO);
        if foreign {
            found.push(Offence::at(
                "Cargo.lock",
                index + 1,
                "packages come from crates.io",
            ));
        }
    }
    let attributes = repo.file(".gitattributes").map_or("", |file| &file.text);
    if !attributes
        .lines()
        .any(|line| line.trim() == "*.sql text eol=lf")
    {
        found.push(Offence::of(".gitattributes", "lacks `*.sql text eol=lf`"));
    }
    found
}

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
