//! HTML that cannot be injected into.
//!
//! Owns escaping. Text that is not part of a template enters only through methods that escape it;
//! everything unescaped is `&'static str`, so it was written here and not received.

/// A document, or part of one, under construction.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    /// Adds markup that stands in the source.
    pub(crate) fn raw(mut self, markup: &'static str) -> Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text, escaped for element content and for quoted attributes alike.
    pub(crate) fn text(mut self, text: &str) -> Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// Adds `address` as an attribute's value where it is a web address, else `#`: `javascript:`
    /// and its kin need no quotes to do harm.
    pub(crate) fn address(self, address: &str) -> Self {
        let web = address.starts_with("https://") || address.starts_with("http://");
        self.text(if web { address } else { "#" })
    }

    /// Adds a finished part.
    pub(crate) fn part(mut self, part: Self) -> Self {
        self.0.push_str(&part.0);
        self
    }

    /// The markup.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn text_is_escaped_for_content_and_attributes() {
        let html = Html::default()
            .raw("<p>")
            .text(r#"<script>"&'</script>"#)
            .raw("</p>");
        assert_eq!(
            html.finish(),
            "<p>&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;</p>"
        );
    }

    #[test]
    fn only_web_addresses_are_linked() {
        let linked = |address| Html::default().address(address).finish();
        assert_eq!(
            linked("https://a.example/?b=\"c\""),
            "https://a.example/?b=&quot;c&quot;"
        );
        assert_eq!(
            linked("http://a.localhost:8080/"),
            "http://a.localhost:8080/"
        );
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            " https://a",
            "//a",
            "",
        ] {
            assert_eq!(linked(address), "#", "{address:?}");
        }
    }
}
