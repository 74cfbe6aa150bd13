//! A new migration file is a reason to build again: the macro that embeds them does not say so.

fn main() {
    println!("cargo:rerun-if-changed=../../../migrations");
    println!("cargo:rerun-if-changed=../../../tenant-templates");
}
