//! `signalbox`
fn main() {}
