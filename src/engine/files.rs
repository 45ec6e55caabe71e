//! Files as they come from the server: held against the manifest before anything reads them.

use sha2::{Digest, Sha256};

use crate::protocol::{Failure, Reason};

/// Holds a file against its SHA-256 in hexadecimal. Computed here and not by the browser, whose own digest exists only
/// on secure origins.
///
/// # Errors
/// [`Failure::Corrupt`] if they differ.
pub fn check(file: &str, bytes: &[u8], sha256: &str) -> Result<(), Failure> {
    let found: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    if found == sha256 {
        return Ok(());
    }
    let reason = Reason::Hash { found, wanted: sha256.into(), n_bytes: bytes.len() };
    Err(Failure::Corrupt { file: file.into(), reason: reason.into() })
}

/// Reads a token stream: little-endian u16 ids below `n_vocab`.
///
/// # Errors
/// [`Failure::Corrupt`] if the file ends within a token or holds an id out of range.
pub fn tokens(file: &str, bytes: &[u8], n_vocab: usize) -> Result<Vec<u32>, Failure> {
    let corrupt = |reason: Reason| Failure::Corrupt { file: file.into(), reason: reason.into() };
    let (pairs, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(corrupt(Reason::HalfToken { n_bytes: bytes.len() }));
    }
    let tokens: Vec<u32> = pairs.iter().map(|&b| u16::from_le_bytes(b) as u32).collect();
    match tokens.iter().find(|&&t| t as usize >= n_vocab) {
        Some(&token) => Err(corrupt(Reason::UnknownToken { token, n_vocab })),
        None => Ok(tokens),
    }
}
