//! Statements as constants: text that was in the source when the program was built.

/// A text that the compiler has seen. Only an associated constant can carry it, so nothing that was put
/// together at run time fits, however long it lives. [`sql!`](crate::sql!) implements it.
pub trait Literal {
    /// The text.
    const TEXT: &'static str;
}

/// A statement for a tenant's transaction. Made by [`sql!`](crate::sql!) alone.
#[derive(Clone, Copy, Debug)]
pub struct Sql(&'static str);

/// A statement for the platform's transaction. Made by [`platform_sql!`](crate::platform_sql!) alone.
#[derive(Clone, Copy, Debug)]
pub struct PlatformSql(&'static str);

impl Sql {
    #[doc(hidden)]
    pub const fn of<L: Literal>() -> Self {
        Self(L::TEXT)
    }

    pub(crate) const fn text(self) -> &'static str {
        self.0
    }
}

impl PlatformSql {
    #[doc(hidden)]
    pub const fn of<L: Literal>() -> Self {
        Self(L::TEXT)
    }

    pub(crate) const fn text(self) -> &'static str {
        self.0
    }
}

/// Makes a tenant's statement of a string literal. `concat!` keeps anything else from fitting.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {{
        struct Text;
        impl $crate::Literal for Text {
            const TEXT: &'static str = concat!($text);
        }
        $crate::Sql::of::<Text>()
    }};
}

/// Makes a platform statement of a string literal. Its tables are always written `platform.x`.
#[macro_export]
macro_rules! platform_sql {
    ($text:literal) => {{
        struct Text;
        impl $crate::Literal for Text {
            const TEXT: &'static str = concat!($text);
        }
        $crate::PlatformSql::of::<Text>()
    }};
}
