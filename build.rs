//! The built site fetches the page's WASM in several files (.ci/dist/split.mjs). `make dist` asks for that by setting
//! `ALIBI_SPLIT`; the cut follows the linker's relocations, which are then left in the file.

fn main() {
    println!("cargo:rerun-if-env-changed=ALIBI_SPLIT");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(split)");
    if std::env::var_os("ALIBI_SPLIT").is_some() {
        println!("cargo:rustc-cfg=split");
        println!("cargo:rustc-link-arg-bin=app=--emit-relocs");
    }
}
