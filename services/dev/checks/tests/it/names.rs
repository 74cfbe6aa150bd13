//! Rule 6 on this repository and on wrong ones.

use checks::names;

use crate::{blames, clean, house, tree};

#[test]
fn files_are_named_for_their_concept() {
    clean(names::offences(house()));
}

#[test]
fn a_name_without_concept_is_named() {
    let repo = tree(&[
        ("services/core/db/src/utils.rs", ""),
        ("services/core/db/src/misc/mod.rs", ""),
        (
            "services/core/db/src/tx.rs",
            "//! helpers\npub(crate) mod helpers { }",
        ),
        ("services/console/src/types.d.ts", ""),
        ("services/console/src/common/Button.tsx", ""),
        ("services/domains/identity/src/Manager.rs", ""),
    ]);
    let offenders = [
        "services/console/src/common/Button.tsx: `common`",
        "services/console/src/types.d.ts: `types`",
        "services/core/db/src/misc/mod.rs: `misc`",
        "services/core/db/src/tx.rs:2: `mod helpers`",
        "services/core/db/src/utils.rs: `utils`",
        "services/domains/identity/src/Manager.rs: `manager`",
    ];
    blames(names::offences(&repo), &offenders);
}

#[test]
fn generated_files_and_longer_names_are_fine() {
    let repo = tree(&[
        ("services/console/src/api/types.gen.ts", ""),
        ("services/core/kernel/src/content_types.rs", "fn utils() {}"),
        ("deploy/common.yaml", ""),
    ]);
    clean(names::offences(&repo));
}
