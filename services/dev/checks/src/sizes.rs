//! Rule 5: a file fits in 400 lines, a function in 60; tests have 600 and 120.

use syn::visit::Visit;

use crate::{Offence, Repository, SourceFile};

/// What counts as source; data, prose and generated files may be as long as they are.
const SOURCE: [&str; 10] = [
    "rs", "ts", "tsx", "js", "mjs", "cjs", "css", "sql", "py", "sh",
];

/// Every source file with more lines than its kind may have.
pub fn long_files(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in repo.files.iter().filter(|file| is_source(file)) {
        let limit = if file.test() { 600 } else { 400 };
        let lines = file.text.lines().count();
        if lines > limit {
            found.push(Offence::of(
                &file.path,
                format!("{lines} lines, at most {limit}"),
            ));
        }
    }
    found
}

/// Every Rust function longer than its kind may be, from its signature to its closing brace.
pub fn long_functions(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for (file, rust) in repo.rust_files().filter(|(file, _)| !file.generated()) {
        let Ok(tree) = syn::parse_file(&file.text) else {
            continue;
        };
        let mut functions = Functions(Vec::new());
        functions.visit_file(&tree);
        for (name, first, last) in functions.0 {
            let test = file.test() || rust.in_test(first);
            let limit = if test { 120 } else { 60 };
            let lines = last - first + 1;
            if lines > limit {
                let message = format!("fn {name} has {lines} lines, at most {limit}");
                found.push(Offence::at(&file.path, first, message));
            }
        }
    }
    found
}

fn is_source(file: &SourceFile) -> bool {
    let script = file.path.starts_with("scripts/") && file.extension().is_empty();
    !file.generated() && (script || SOURCE.contains(&file.extension()))
}

struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn measure(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = body.brace_token.span.close().end().line;
        self.0.push((signature.ident.to_string(), first, last));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.measure(&item.sig, body);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}
