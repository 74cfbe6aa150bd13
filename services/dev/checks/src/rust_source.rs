//! Rust as a flat list of tokens with lines: what a rule may look for without being fooled by
//! comments and strings.
//!
//! Owns lexing and finding test code. Must not resolve names: a rule that needs types belongs to
//! the compiler.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tokens of one Rust file.
#[derive(Debug)]
pub struct RustSource {
    /// Tokens in order, brackets included. Comments are gone; doc comments are attributes.
    pub tokens: Vec<Token>,
    test_lines: Vec<RangeInclusive<usize>>,
}

/// One identifier, literal, punctuation character or bracket.
#[derive(Debug, PartialEq, Eq)]
pub struct Token {
    /// Line counted from 1.
    pub line: usize,
    /// As written; string literals keep their quotes, so they never equal an identifier.
    pub text: String,
    /// First path segment of the `use` declaration this token is part of.
    pub imported_from: Option<String>,
}

impl RustSource {
    /// Lexes a file. `None` when it is not Rust.
    pub fn lex(text: &str) -> Option<Self> {
        let stream: TokenStream = text.parse().ok()?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        mark_imports(&mut tokens);
        let test_lines = test_regions(&tokens);
        Some(Self { tokens, test_lines })
    }

    /// Indexes where `pattern` begins, compared token by token.
    pub fn find<'a>(&'a self, pattern: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
        self.tokens
            .windows(pattern.len())
            .enumerate()
            .filter(|(_, window)| {
                window
                    .iter()
                    .map(|token| token.text.as_str())
                    .eq(pattern.iter().copied())
            })
            .map(|(index, _)| index)
    }

    /// Lines where `pattern` begins.
    pub fn lines_with<'a>(&'a self, pattern: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
        self.find(pattern).map(|index| self.line(index))
    }

    /// Line of the token at `index`, or 0 past the end.
    pub fn line(&self, index: usize) -> usize {
        self.tokens.get(index).map_or(0, |token| token.line)
    }

    /// Text of the token at `index`, or nothing past the end.
    pub fn text(&self, index: usize) -> &str {
        self.tokens
            .get(index)
            .map_or("", |token| token.text.as_str())
    }

    /// Index of the bracket that closes the one at `open`, or of the last token.
    pub fn closing(&self, open: usize) -> usize {
        closing(&self.tokens, open)
    }

    /// Whether the line is part of an item under `#[cfg(test)]` or `#[test]`.
    pub fn in_test(&self, line: usize) -> bool {
        self.test_lines.iter().any(|region| region.contains(&line))
    }
}

impl Token {
    fn new(line: usize, text: &str) -> Self {
        Self {
            line,
            text: text.to_owned(),
            imported_from: None,
        }
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let TokenTree::Group(group) = tree else {
            tokens.push(Token::new(line, &tree.to_string()));
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        tokens.push(Token::new(line, open));
        let end = group.span_close().start().line;
        flatten(group.stream(), tokens);
        tokens.push(Token::new(end, close));
    }
}

fn mark_imports(tokens: &mut [Token]) {
    let mut root: Option<String> = None;
    let mut waiting = false;
    for token in tokens {
        if token.text == "use" {
            (root, waiting) = (None, true);
        } else if token.text == ";" {
            (root, waiting) = (None, false);
        } else if waiting && token.text != ":" {
            (root, waiting) = (Some(token.text.clone()), false);
        }
        token.imported_from.clone_from(&root);
    }
}

fn test_regions(tokens: &[Token]) -> Vec<RangeInclusive<usize>> {
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    let mut regions = Vec::new();
    for start in 0..tokens.len() {
        if text(start) != "#" || text(start + 1) != "[" {
            continue;
        }
        let end = closing(tokens, start + 1);
        let words: Vec<&str> = (start + 2..end).map(text).collect();
        // `#[test]`, `#[tokio::test]` and `#[actix_web::test]` end in the word; `cfg` holds it.
        let gate = match words.first() {
            Some(&"cfg") => words.contains(&"test") && !words.contains(&"not"),
            _ => words.last() == Some(&"test") || words.contains(&"test") && words.contains(&"("),
        };
        if !gate {
            continue;
        }
        let mut index = end + 1;
        while index < tokens.len() && !matches!(text(index), "{" | ";") {
            index = if matches!(text(index), "(" | "[") {
                closing(tokens, index)
            } else {
                index
            } + 1;
        }
        let last = if text(index) == "{" {
            closing(tokens, index)
        } else {
            index
        };
        let line = |index: usize| tokens.get(index).map_or(usize::MAX, |token| token.line);
        regions.push(line(start)..=line(last));
    }
    regions
}

fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    tokens.len().saturating_sub(1)
}
