//! The built site fetches the page's WASM in several files (.ci/dist/split.mjs). `make dist` asks for that by setting
//! `ALIBI_SPLIT`; the cut follows the linker's relocations, which are then left in the file.
//!
//! Tests that calculate are compiled with every optimisation, and need nothing of the page, which takes three times as long as
//! all that they do need: `make test` leaves it out of them by `ALIBI_WITHOUT_PAGE`.

fn main() {
    println!("cargo:rerun-if-env-changed=ALIBI_SPLIT");
    println!("cargo:rerun-if-env-changed=ALIBI_WITHOUT_PAGE");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(split, without_page)");
    if std::env::var_os("ALIBI_SPLIT").is_some() {
        println!("cargo:rustc-cfg=split");
        println!("cargo:rustc-link-arg-bin=app=--emit-relocs");
    }
    if std::env::var_os("ALIBI_WITHOUT_PAGE").is_some() {
        println!("cargo:rustc-cfg=without_page");
    }
}
