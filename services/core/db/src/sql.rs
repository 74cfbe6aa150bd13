//! Statements as constants: text that was in the source when the program was built.

/// A statement for a tenant's transaction. Made by [`sql!`](crate::sql!) alone.
#[derive(Clone, Copy, Debug)]
pub struct Sql(&'static str);

/// A statement for the platform's transaction. Made by [`platform_sql!`](crate::platform_sql!) alone.
#[derive(Clone, Copy, Debug)]
pub struct PlatformSql(&'static str);

impl Sql {
    #[doc(hidden)]
    pub const fn from_literal(text: &'static str) -> Self {
        Self(text)
    }

    pub(crate) const fn text(self) -> &'static str {
        self.0
    }
}

impl PlatformSql {
    #[doc(hidden)]
    pub const fn from_literal(text: &'static str) -> Self {
        Self(text)
    }

    pub(crate) const fn text(self) -> &'static str {
        self.0
    }
}

/// Makes a tenant's statement of a string literal. `concat!` keeps anything else from fitting.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $crate::Sql::from_literal(concat!($text))
    };
}

/// Makes a platform statement of a string literal. Its tables are always written `platform.x`.
#[macro_export]
macro_rules! platform_sql {
    ($text:literal) => {
        $crate::PlatformSql::from_literal(concat!($text))
    };
}
