//! Lists in pages: a bounded size, and an opaque cursor that only fits the list it came from.

use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::FieldError;

/// Rows of a page, if the caller does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// Rows of a page at the most.
pub const MAX_LIMIT: u32 = 200;

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Opaque; `None` on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `rows`, which were read with one more than `limit`, to a page. `key` gives the sort key of
    /// the last row, and `scope` names list, filter and sort, so that a cursor fits nowhere else.
    pub fn cut<K: Serialize>(
        mut rows: Vec<T>,
        limit: u32,
        scope: &str,
        key: impl Fn(&T) -> K,
    ) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more {
            rows.last().map(|row| encode(scope, &key(row)))
        } else {
            None
        };
        Self {
            items: rows,
            next_cursor,
        }
    }

    /// The same page of other rows.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// Writes a cursor for `key` that [`read`] reads under the same `scope` only.
fn encode<K: Serialize>(scope: &str, key: &K) -> String {
    // A key is made of a row's own text, number and id: serialising it cannot fail.
    let json = serde_json::to_string(&(scope, key)).unwrap_or_default();
    BASE64URL_NOPAD.encode(json.as_bytes())
}

/// Where the page that `cursor` asks for begins; `None` without one. Errors: it is damaged, or belongs to
/// another list, filter or sort.
pub fn read<K: DeserializeOwned>(
    scope: &str,
    cursor: Option<&str>,
) -> Result<Option<K>, FieldError> {
    let key = cursor.map(|cursor| decode(scope, cursor).ok_or_else(bad_cursor));
    key.transpose()
}

/// What is wrong with a cursor that was not written for this list.
pub fn bad_cursor() -> FieldError {
    let message = "This cursor does not belong to this list. Begin again without it.";
    FieldError::new("cursor", "cursor", message)
}

fn decode<K: DeserializeOwned>(scope: &str, cursor: &str) -> Option<K> {
    let json = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
    let (written_for, key): (String, K) = serde_json::from_slice(&json).ok()?;
    (written_for == scope).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_fits_only_the_list_it_came_from() {
        let page = Page::cut(vec![1, 2, 3], 2, "numbers", |n| *n);
        assert_eq!(page.items, [1, 2]);
        let cursor = page.next_cursor.expect("there is a third row");
        assert_eq!(read("numbers", Some(&cursor)), Ok(Some(2)));
        assert_eq!(read::<i32>("letters", Some(&cursor)), Err(bad_cursor()));
        assert_eq!(read::<i32>("numbers", Some("rubbish")), Err(bad_cursor()));
        assert_eq!(read::<i32>("numbers", None), Ok(None));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        assert_eq!(
            Page::cut(vec![1, 2], 2, "numbers", |n| *n).next_cursor,
            None
        );
    }
}
