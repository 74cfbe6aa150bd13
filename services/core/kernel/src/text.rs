//! Text that people type: normalised once, control characters refused, the rest kept as written.

use unicode_normalization::UnicodeNormalization;

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// Nothing but white space.
    Empty,
    /// More characters than allowed.
    TooLong,
    /// A control, formatting-override or unassigned-purpose character.
    Control,
}

/// One line of text: NFC-normalised and trimmed, without control or direction-override characters,
/// 1 to `max_chars` characters.
pub fn line(text: &str, max_chars: usize) -> Result<String, TextFault> {
    if text.chars().any(is_hostile) {
        return Err(TextFault::Control);
    }
    let text: String = text.trim().nfc().collect();
    match text.chars().count() {
        0 => Err(TextFault::Empty),
        n if n > max_chars => Err(TextFault::TooLong),
        _ => Ok(text),
    }
}

/// Control characters, and the invisible ones that turn text around or hide in it
/// (Unicode TR 36, section 2: bidirectional overrides, isolates, zero-width and byte-order marks).
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_normalised() {
        assert_eq!(line("  Cafe\u{301} ", 10).as_deref(), Ok("Café"));
        assert_eq!(line(" \u{3000} ", 10), Err(TextFault::Empty));
        assert_eq!(line("abcdef", 5), Err(TextFault::TooLong));
    }

    #[test]
    fn invisible_characters_are_refused() {
        for hostile in [
            "a\0b",
            "a\nb",
            "a\u{202e}b",
            "a\u{200b}b",
            "\u{feff}a",
            "a\u{85}",
        ] {
            assert_eq!(line(hostile, 10), Err(TextFault::Control), "{hostile:?}");
        }
    }
}
