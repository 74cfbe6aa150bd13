//! What the catalog of a finished schema must look like, as queries that list the offenders.
//!
//! The lint of migration files reads what is written; these ask Postgres what came of it. Each
//! takes a schema's name as `$1` and answers with one text column `offender`. Nothing here connects.

/// One question to the catalog.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// What is wrong with every offender.
    pub message: &'static str,
    /// Lists the offenders in schema `$1`.
    pub sql: &'static str,
}

/// Holds for every schema: rows can be told apart, and an error can be mapped by its constraint.
pub const EVERY_SCHEMA: [Lint; 3] = [PRIMARY_KEYS, CONSTRAINT_NAMES, INDEX_NAMES];

/// Holds for a tenant's schema besides: it can move to another database, shares prepared statements with
/// its neighbours, and can be a distributed schema of Citus, which moves whole to another node.
pub const TENANT: [Lint; 12] = [
    TRIGGERS,
    FUNCTIONS,
    INHERITANCE,
    OWN_TYPES,
    FOREIGN_TYPES,
    FOREIGN_KEYS,
    FOREIGN_KEYS_IN,
    FOREIGN_TABLES,
    TYPED_TABLES,
    SMALL_SEQUENCES,
    IMPURE_DEFAULTS,
    TOO_MANY_TABLES,
];

const PRIMARY_KEYS: Lint = Lint {
    message: "has no primary key",
    sql: "SELECT c.relname::text AS offender
            FROM pg_class c
           WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
           ORDER BY 1",
};

// A check over several columns is named for one of them, or for all in their order. Postgres 18
// lists NOT NULL as constraints of type n, which nobody maps.
const CONSTRAINT_NAMES: Lint = Lint {
    message: "is not named <table>_<column>_<kind>",
    sql: "SELECT format('%s on %s', k.conname, c.relname) AS offender
            FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.conrelid
           CROSS JOIN LATERAL (
                 SELECT array_agg(a.attname::text ORDER BY u.n) AS names
                   FROM unnest(k.conkey) WITH ORDINALITY AS u(attnum, n)
                   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
                 ) columns
           WHERE k.connamespace = $1::text::regnamespace AND k.contype IN ('p', 'u', 'f', 'c', 'x')
             AND NOT CASE k.contype
                     WHEN 'p' THEN k.conname = c.relname || '_pkey'
                     ELSE EXISTS (
                          SELECT
                            FROM unnest(columns.names || array_to_string(columns.names, '_')) AS name
                           WHERE k.conname = c.relname || '_' || name || CASE k.contype
                                 WHEN 'u' THEN '_key'
                                 WHEN 'f' THEN '_fkey'
                                 WHEN 'c' THEN '_check'
                                 ELSE '_excl' END)
                     END
           ORDER BY 1",
};

const INDEX_NAMES: Lint = Lint {
    message: "is not named <table>_<what>_idx, or _key where it is unique",
    sql: "SELECT format('%s on %s', i.relname, c.relname) AS offender
            FROM pg_index x
            JOIN pg_class i ON i.oid = x.indexrelid
            JOIN pg_class c ON c.oid = x.indrelid
           WHERE i.relnamespace = $1::text::regnamespace
             AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = c.oid)
             AND NOT (starts_with(i.relname::text, c.relname || '_')
                      AND right(i.relname, 4) = CASE WHEN x.indisunique THEN '_key' ELSE '_idx' END)
           ORDER BY 1",
};

const TRIGGERS: Lint = Lint {
    message: "is a trigger",
    sql: "SELECT format('%s on %s', t.tgname, c.relname) AS offender
            FROM pg_trigger t
            JOIN pg_class c ON c.oid = t.tgrelid
           WHERE c.relnamespace = $1::text::regnamespace AND NOT t.tgisinternal
           ORDER BY 1",
};

const FUNCTIONS: Lint = Lint {
    message: "is a function",
    sql: "SELECT p.proname::text AS offender
            FROM pg_proc p
           WHERE p.pronamespace = $1::text::regnamespace
           ORDER BY 1",
};

const INHERITANCE: Lint = Lint {
    message: "inherits or is partitioned",
    sql: "SELECT c.relname::text AS offender
            FROM pg_class c
           WHERE c.relnamespace = $1::text::regnamespace
             AND (c.relkind IN ('p', 'I')
                  OR EXISTS (SELECT FROM pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent)))
           ORDER BY 1",
};

// Every table brings a row type and every type an array; only types of their own right count.
const OWN_TYPES: Lint = Lint {
    message: "is a type of its own",
    sql: "SELECT t.typname::text AS offender
            FROM pg_type t
            LEFT JOIN pg_class c ON c.oid = t.typrelid
           WHERE t.typnamespace = $1::text::regnamespace
             AND (t.typtype IN ('e', 'd', 'r', 'm') OR c.relkind = 'c')
           ORDER BY 1",
};

const FOREIGN_TYPES: Lint = Lint {
    message: "has a type that is not built in",
    sql: "SELECT format('%s.%s', c.relname, a.attname) AS offender
            FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_type t ON t.oid = a.atttypid
           WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'p')
             AND a.attnum > 0 AND NOT a.attisdropped
             AND t.typnamespace <> 'pg_catalog'::regnamespace
           ORDER BY 1",
};

const FOREIGN_KEYS: Lint = Lint {
    message: "is a foreign key out of the schema",
    sql: "SELECT k.conname::text AS offender
            FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.confrelid
           WHERE k.connamespace = $1::text::regnamespace AND k.contype = 'f'
             AND c.relnamespace <> k.connamespace
           ORDER BY 1",
};

// A distributed schema may be pointed at by nothing outside of it: it would not move alone.
const FOREIGN_KEYS_IN: Lint = Lint {
    message: "is a foreign key into the schema",
    sql: "SELECT format('%s on %s', k.conname, k.conrelid::regclass) AS offender
            FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.confrelid
           WHERE c.relnamespace = $1::text::regnamespace AND k.contype = 'f'
             AND c.relnamespace <> k.connamespace
           ORDER BY 1",
};

const FOREIGN_TABLES: Lint = Lint {
    message: "is a foreign table",
    sql: "SELECT c.relname::text AS offender
            FROM pg_class c
           WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'f'
           ORDER BY 1",
};

const TYPED_TABLES: Lint = Lint {
    message: "is a table of a type",
    sql: "SELECT c.relname::text AS offender
            FROM pg_class c
           WHERE c.relnamespace = $1::text::regnamespace AND c.reloftype <> 0
           ORDER BY 1",
};

// Each node numbers from a range of its own, which only the largest integer has room for.
const SMALL_SEQUENCES: Lint = Lint {
    message: "is a sequence smaller than bigint",
    sql: "SELECT c.relname::text AS offender
            FROM pg_sequence s
            JOIN pg_class c ON c.oid = s.seqrelid
           WHERE c.relnamespace = $1::text::regnamespace AND s.seqtypid <> 'bigint'::regtype
           ORDER BY 1",
};

const IMPURE_DEFAULTS: Lint = Lint {
    message: "has a default of time or chance, which come from the transaction",
    sql: "SELECT format('%s.%s', c.relname, a.attname) AS offender
            FROM pg_attrdef d
            JOIN pg_class c ON c.oid = d.adrelid
            JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
           WHERE c.relnamespace = $1::text::regnamespace
             AND regexp_replace(pg_get_expr(d.adbin, d.adrelid), '''[^'']*''', '', 'g')
                 ~* '(now|timestamp|timeofday|random\\w*|uuid\\w*)\\s*\\(|current_(date|time)|local_?time'
           ORDER BY 1",
};

const TOO_MANY_TABLES: Lint = Lint {
    message: "tables, at most 40: every one is paid for by every tenant",
    sql: "SELECT count(*)::text AS offender
            FROM pg_class c
           WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r'
          HAVING count(*) > 40",
};

/// Everything that a role (`$1`, a name, or `PUBLIC`) was granted on schemas and on the tables and
/// columns outside the system's own, as `schema`, `schema.table` or `schema.table(column)` with
/// the privileges in alphabetical order.
pub const GRANTS: &str = "
    WITH granted AS (
        SELECT n.nspname::text AS object, acl.grantee, acl.privilege_type
          FROM pg_namespace n
         CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS acl
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
         UNION ALL
        SELECT format('%s.%s', n.nspname, c.relname), acl.grantee, acl.privilege_type
          FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
         UNION ALL
        SELECT format('%s.%s(%s)', n.nspname, c.relname, a.attname), acl.grantee, acl.privilege_type
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL aclexplode(a.attacl) AS acl
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
         UNION ALL
        SELECT format('%s.%s()', n.nspname, p.proname), acl.grantee, acl.privilege_type
          FROM pg_proc p
          JOIN pg_namespace n ON n.oid = p.pronamespace
         CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS acl
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    )
    SELECT format('%s: %s', object, string_agg(privilege_type, ' ' ORDER BY privilege_type)) AS line
      FROM granted
     WHERE coalesce((SELECT r.rolname::text FROM pg_roles r WHERE r.oid = grantee), 'PUBLIC') = $1
     GROUP BY object
     ORDER BY object";

/// Every row policy, as `schema.table to role: command using … check …`, and every table of schema
/// `platform` whose rows a tenant may touch without one.
pub const POLICIES: &str = "
    SELECT format('%s.%s to %s: %s using %s check %s', p.schemaname, p.tablename,
                  array_to_string(p.roles, ', '), p.cmd, p.qual, p.with_check) AS line
      FROM pg_policies p
     UNION ALL
    SELECT format('%s has policies but no row security', c.relname)
      FROM pg_class c
     WHERE NOT c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
     ORDER BY 1";
