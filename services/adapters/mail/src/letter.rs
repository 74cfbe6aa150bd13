//! The shape of a mail: a few blocks, rendered as text and as HTML.
//!
//! Owns the layout. Both renderings come from the same blocks, so neither can say what the other
//! does not. No images, no tracking, nothing loaded from anywhere; readable in light and dark, and
//! without styles.

use crate::{html::Html, templates::Rendered};
use kernel::text::is_hostile;

/// A mail before it is rendered. All texts are plain; whatever stands in them is escaped.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    /// The line a mail program shows beside the subject.
    pub(crate) preview: String,
    pub(crate) blocks: Vec<Block>,
}

/// One part of a mail.
#[derive(Debug)]
pub(crate) enum Block {
    Heading(String),
    Paragraph(String),
    /// The one thing to do. The address is shown in full as well.
    Button {
        label: &'static str,
        address: String,
    },
    /// A list of named addresses.
    Links(Vec<(String, String)>),
    /// What matters less.
    Note(String),
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>"#;

const STYLE: &str = r#"</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #121a17 !important; }
  .card { background: #18211e !important; border-color: #2b3531 !important; }
  .ink { color: #ebe8de !important; }
  .dim { color: #9fa69e !important; }
  .link { color: #74b3b3 !important; }
  .button { background: #74b3b3 !important; color: #0c1210 !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f6f4ee">
<div style="display:none;max-height:0;overflow:hidden">"#;

const OPEN: &str = r#"</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="page" style="background:#f6f4ee">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="card" style="max-width:560px;background:#fffdf8;border:1px solid #cfcabb;border-radius:8px">
<tr><td class="ink" style="padding:32px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;color:#17201c;text-align:left">
"#;

const CLOSE: &str = r#"<p class="dim" style="margin:24px 0 0;font-size:14px;color:#5b625c">Signalbox</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"#;

impl Letter {
    pub(crate) fn render(self) -> Rendered {
        let subject = one_line(&self.subject);
        let text: Vec<_> = self.blocks.iter().map(Block::text).collect();
        let body = self
            .blocks
            .iter()
            .fold(Html::default(), |html, block| html.part(block.html()));
        let html = Html::default()
            .raw(HEAD)
            .text(&subject)
            .raw(STYLE)
            .text(&one_line(&self.preview))
            .raw(OPEN)
            .part(body)
            .raw(CLOSE);
        Rendered {
            subject,
            text: format!("{}\n\nSignalbox\n", text.join("\n\n")),
            html: html.finish(),
        }
    }
}

impl Block {
    fn text(&self) -> String {
        match self {
            Self::Heading(text) | Self::Paragraph(text) | Self::Note(text) => one_line(text),
            Self::Button { label, address } => format!("{label}:\n{}", one_line(address)),
            Self::Links(links) => {
                let lines = links.iter();
                let lines = lines
                    .map(|(name, address)| format!("{}\n{}", one_line(name), one_line(address)));
                lines.collect::<Vec<_>>().join("\n\n")
            }
        }
    }

    fn html(&self) -> Html {
        let html = Html::default();
        match self {
            Self::Heading(text) => html
                .raw(r#"<h1 class="ink" dir="auto" style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;color:#17201c">"#)
                .text(&one_line(text))
                .raw("</h1>\n"),
            Self::Paragraph(text) => html
                .raw(r#"<p class="ink" dir="auto" style="margin:0 0 16px;color:#17201c">"#)
                .text(&one_line(text))
                .raw("</p>\n"),
            Self::Note(text) => html
                .raw(r#"<p class="dim" dir="auto" style="margin:0 0 16px;font-size:14px;color:#5b625c">"#)
                .text(&one_line(text))
                .raw("</p>\n"),
            Self::Button { label, address } => button(html, label, address),
            Self::Links(links) => links.iter().fold(html, |html, (name, address)| {
                html.raw(r#"<p dir="auto" style="margin:0 0 16px">"#)
                    .raw(r#"<strong class="ink" style="color:#17201c">"#)
                    .text(&one_line(name))
                    .raw("</strong><br>")
                    .part(link(address))
                    .raw("</p>\n")
            }),
        }
    }
}

fn button(html: Html, label: &'static str, address: &str) -> Html {
    html.raw(r#"<p style="margin:24px 0"><a class="button" href=""#)
        .address(address)
        .raw(r#"" style="display:inline-block;padding:12px 24px;border-radius:6px;background:#0e7071;color:#fffdf8;font-weight:600;text-decoration:none">"#)
        .raw(label)
        .raw("</a></p>\n")
        .raw(r#"<p class="dim" style="margin:0 0 16px;font-size:14px;color:#5b625c">Or open this address:<br>"#)
        .part(link(address))
        .raw("</p>\n")
}

fn link(address: &str) -> Html {
    Html::default()
        .raw(r#"<a class="link" href=""#)
        .address(address)
        .raw(r#"" style="color:#0e7071;word-break:break-all">"#)
        .text(&one_line(address))
        .raw("</a>")
}

/// `text` with control and direction-override characters as spaces: a name must neither begin a
/// header or a paragraph that looks like ours, nor turn the words around it.
fn one_line(text: &str) -> String {
    let plain = |character: char| {
        if is_hostile(character) {
            ' '
        } else {
            character
        }
    };
    text.chars().map(plain).collect()
}
