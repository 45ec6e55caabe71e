//! Byte-level BPE: text ↔ token ids. Encodes exactly as the `tokenizers` crate does with the trained vocabulary, in a
//! fraction of its size. Training the vocabulary is the trainer's business.
//!
//! Text is first cut into pieces, each a run of other bytes with at most one space or line break before it; merges
//! never cross pieces. Cutting needs no Unicode tables, since both separators are single bytes in UTF-8.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use serde::{Deserialize, Serialize};

/// The pre-tokenizer's pattern, as the trainer gives it to the `tokenizers` crate.
pub const PIECE_PATTERN: &str = "[ \n]?[^ \n]+|[ \n]";

/// Stands in for a token that was merged into the one before it.
const GONE: u32 = u32::MAX;

/// `assets/data/tokenizer.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Format of this file; 1.
    pub version: u32,
    /// Token between documents; stands for no text.
    pub separator: u32,
    /// Bytes of each token, hexadecimal, by id; empty for the separator.
    pub tokens: Vec<String>,
    /// Merges in the order learned: (left, right) → merged.
    pub merges: Vec<(u32, u32, u32)>,
}

/// Why a vocabulary cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VocabularyError {
    /// Not the JSON that this version writes.
    #[error("not a vocabulary file: {0}")]
    Format(String),
    /// A token's bytes are not hexadecimal, or an id is out of range.
    #[error("token {0} is malformed")]
    Token(usize),
    /// One of the 256 bytes has no token, so some text could not be encoded.
    #[error("byte {0} has no token")]
    MissingByte(u8),
}

/// Encoder and decoder.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    separator: u32,
    bytes: Vec<Vec<u8>>,
    byte_ids: [u32; 256],
    /// (left, right) → (rank, merged).
    merges: HashMap<(u32, u32), (u32, u32)>,
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// If the file is not a usable vocabulary.
    pub fn from_json(json: &str) -> Result<Self, VocabularyError> {
        let vocabulary = serde_json::from_str(json).map_err(|e| VocabularyError::Format(e.to_string()))?;
        Self::new(&vocabulary)
    }

    /// Builds the encoder.
    ///
    /// # Errors
    /// If a token is malformed or a byte has none.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, VocabularyError> {
        let n = vocabulary.tokens.len();
        let parse = |(id, hex): (usize, &String)| from_hex(hex).ok_or(VocabularyError::Token(id));
        let bytes: Vec<Vec<u8>> = vocabulary.tokens.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        let mut byte_ids = [u32::MAX; 256];
        for (id, token) in bytes.iter().enumerate() {
            if let &[byte] = token.as_slice() {
                byte_ids[byte as usize] = id as u32;
            }
        }
        if let Some(byte) = (0..=255u8).find(|&b| byte_ids[b as usize] == u32::MAX) {
            return Err(VocabularyError::MissingByte(byte));
        }
        if vocabulary.separator as usize >= n {
            return Err(VocabularyError::Token(vocabulary.separator as usize));
        }
        let mut merges = HashMap::with_capacity(vocabulary.merges.len());
        for (rank, &(left, right, merged)) in vocabulary.merges.iter().enumerate() {
            if let Some(&bad) = [left, right, merged].iter().find(|&&id| id as usize >= n) {
                return Err(VocabularyError::Token(bad as usize));
            }
            merges.insert((left, right), (rank as u32, merged));
        }
        Ok(Self { separator: vocabulary.separator, bytes, byte_ids, merges })
    }

    /// Number of tokens, V.
    pub fn n_vocab(&self) -> usize {
        self.bytes.len()
    }

    /// The token between documents.
    pub fn separator(&self) -> u32 {
        self.separator
    }

    /// Bytes of text that a token stands for.
    pub fn token_bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], |b| b)
    }

    /// Token ids of a text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut out = Vec::with_capacity(text.len() / 3);
        let mut known: HashMap<&[u8], Vec<u32>> = HashMap::new();
        for piece in pieces(text.as_bytes()) {
            out.extend_from_slice(known.entry(piece).or_insert_with(|| self.encode_piece(piece)));
        }
        out
    }

    /// Applies the merges to one piece, earliest-learned first, leftmost first among equals. Candidates wait in a heap,
    /// so that a text without a single space takes no time that grows with its square.
    fn encode_piece(&self, piece: &[u8]) -> Vec<u32> {
        // A chain over the piece: what was merged into its left neighbour is left out of it.
        let mut ids: Vec<u32> = piece.iter().map(|&b| self.byte_ids[b as usize]).collect();
        let end = ids.len();
        let mut next: Vec<usize> = (1..=end).collect();
        let mut before: Vec<usize> = (0..end).map(|i| i.wrapping_sub(1)).collect();
        // (rank, place) of every pair that can be merged.
        let mut heap = BinaryHeap::new();
        let merge = |ids: &[u32], at: usize, right: usize| self.merges.get(&(ids[at], *ids.get(right)?)).copied();
        let candidate = |ids: &[u32], at: usize, right: usize| merge(ids, at, right).map(|(r, _)| Reverse((r, at)));
        heap.extend((0..end).filter_map(|i| candidate(&ids, i, i + 1)));
        while let Some(Reverse((rank, at))) = heap.pop() {
            let right = next[at];
            // Stale where one of the two has been merged since.
            let Some((_, merged)) = merge(&ids, at, right).filter(|&(r, _)| r == rank) else { continue };
            ids[at] = merged;
            ids[right] = GONE;
            next[at] = next[right];
            if next[at] < end {
                before[next[at]] = at;
            }
            heap.extend(candidate(&ids, at, next[at]));
            if before[at] < end {
                heap.extend(candidate(&ids, before[at], at));
            }
        }
        ids.retain(|&id| id != GONE);
        ids
    }

    /// What each token stands for, such that all together are the text: a character that several tokens share goes to
    /// the last of them, what is no UTF-8 becomes replacement characters, a separator is empty.
    pub fn words(&self, ids: &[u32]) -> Vec<String> {
        let mut open: Vec<u8> = Vec::new();
        let mut words: Vec<String> = Vec::with_capacity(ids.len());
        for &id in ids {
            open.extend(self.token_bytes(id));
            let whole = match open.utf8_chunks().last() {
                // The start of a character may still be completed.
                Some(last) if could_go_on(last.invalid()) => open.len() - last.invalid().len(),
                _ => open.len(),
            };
            words.push(String::from_utf8_lossy(&open[..whole]).into_owned());
            open.drain(..whole);
        }
        if let Some(last) = words.last_mut() {
            last.push_str(&String::from_utf8_lossy(&open));
        }
        words
    }

    /// Text of token ids; bytes that are no valid UTF-8 become replacement characters, separators nothing.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Whether bytes are the beginning of a character that is not yet complete.
fn could_go_on(bytes: &[u8]) -> bool {
    !bytes.is_empty() && std::str::from_utf8(bytes).is_err_and(|e| e.error_len().is_none())
}

/// Cuts text as [`PIECE_PATTERN`] does.
fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_break = |b: u8| b == b' ' || b == b'\n';
    let mut rest = text;
    std::iter::from_fn(move || {
        let &first = rest.first()?;
        let lead = usize::from(is_break(first));
        let run = rest[lead..].iter().take_while(|&&b| !is_break(b)).count();
        let (piece, tail) = rest.split_at(lead + run);
        rest = tail;
        Some(piece)
    })
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |d: u8| (d as char).to_digit(16);
    pairs.iter().map(|&[a, b]| Some((digit(a)? * 16 + digit(b)?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 256 bytes, a separator, and three merges: "th", "the", " t".
    fn tiny() -> Vocabulary {
        let mut tokens = vec![String::new()];
        tokens.extend((0..=255u8).map(|b| format!("{b:02x}")));
        tokens.extend(["7468", "746865", "2074"].map(String::from));
        let id = |b: u8| 1 + b as u32;
        let merges = vec![(id(b't'), id(b'h'), 257), (257, id(b'e'), 258), (id(b' '), id(b't'), 259)];
        Vocabulary { version: 1, separator: 0, tokens, merges }
    }

    #[test]
    fn merges_apply_in_the_order_learned() -> Result<(), VocabularyError> {
        let t = Tokenizer::new(&tiny())?;
        // "th" was learned before " t", so the space stays alone.
        assert_eq!(t.encode("the the"), [258, 1 + b' ' as u32, 258]);
        assert_eq!(t.encode("to to"), [1 + b't' as u32, 1 + b'o' as u32, 259, 1 + b'o' as u32]);
        Ok(())
    }

    /// As the merges are defined: the whole piece is searched for every merge.
    fn slowly(t: &Tokenizer, piece: &[u8]) -> Vec<u32> {
        let mut ids: Vec<u32> = piece.iter().map(|&b| t.byte_ids[b as usize]).collect();
        loop {
            let rank = |pair: &[u32]| t.merges.get(&(pair[0], pair[1])).copied();
            let best = ids.windows(2).enumerate().filter_map(|(i, pair)| rank(pair).map(|(r, m)| (r, i, m))).min();
            let Some((_, at, merged)) = best else { return ids };
            ids[at] = merged;
            ids.remove(at + 1);
        }
    }

    #[test]
    fn the_heap_merges_like_a_search_of_the_whole_piece() -> Result<(), VocabularyError> {
        // Merges of few letters, so that chains, overlaps and repeats abound: a–c, then every pair drawn at random.
        let mut state = 5u64;
        let mut draw = move |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % n
        };
        for round in 0..200 {
            let mut v = tiny();
            v.merges.clear();
            v.tokens.truncate(257);
            let mut known: Vec<u32> = (b'a'..=b'c').map(|b| 1 + b as u32).collect();
            for _ in 0..40 {
                let (left, right) = (known[draw(known.len())], known[draw(known.len())]);
                if v.merges.iter().any(|&(a, b, _)| (a, b) == (left, right)) {
                    continue;
                }
                let merged = v.tokens.len() as u32;
                v.tokens.push(v.tokens[left as usize].clone() + &v.tokens[right as usize]);
                v.merges.push((left, right, merged));
                known.push(merged);
            }
            let t = Tokenizer::new(&v)?;
            for _ in 0..50 {
                let piece: Vec<u8> = (0..draw(40)).map(|_| b'a' + draw(3) as u8).collect();
                assert_eq!(t.encode_piece(&piece), slowly(&t, &piece), "round {round}: {piece:?}");
            }
            assert_eq!(t.encode_piece(&[b'a'; 33]), slowly(&t, &[b'a'; 33]), "round {round}");
        }
        Ok(())
    }

    #[test]
    fn one_long_piece_takes_no_time_that_grows_with_its_square() -> Result<(), VocabularyError> {
        // A search per merge would take hours.
        let text = "th".repeat(1_000_000);
        assert_eq!(Tokenizer::new(&tiny())?.encode(&text).len(), 1_000_000);
        Ok(())
    }

    #[test]
    fn words_together_are_the_text_and_share_no_character() -> Result<(), VocabularyError> {
        let t = Tokenizer::new(&tiny())?;
        for text in ["", "the naïve — 数学 🦀 theth", "\0\t"] {
            let ids = t.encode(text);
            let words = t.words(&ids);
            assert_eq!((words.len(), words.concat()), (ids.len(), text.to_string()));
        }
        let bytes = |bytes: &[u8]| -> Vec<u32> { bytes.iter().map(|&b| 1 + b as u32).collect() };
        assert_eq!(t.words(&bytes("é!".as_bytes())), ["", "é", "!"]);
        // A byte that begins nothing, one that is broken off, one that the text ends in.
        assert_eq!(t.words(&bytes(b"\x80a\xc3a\xe2\x82")), ["\u{fffd}", "a", "", "\u{fffd}a", "", "\u{fffd}"]);
        assert_eq!(t.words(&[258, 0, 257]), ["the", "", "th"]);
        Ok(())
    }

    #[test]
    fn any_text_survives_the_round_trip() -> Result<(), VocabularyError> {
        let t = Tokenizer::new(&tiny())?;
        for text in ["", " ", "  the\n\n the ", "naïve — 数学 🦀", "\0\t\r\n", "aaaa"] {
            assert_eq!(t.decode(&t.encode(text)), text);
        }
        Ok(())
    }

    #[test]
    fn pieces_are_those_of_the_pattern() {
        let cut: Vec<&[u8]> = pieces(b"Mr.  Speaker,\n\nwe the").collect();
        assert_eq!(cut, [&b"Mr."[..], b" ", b" Speaker,", b"\n", b"\nwe", b" the"]);
    }

    #[test]
    fn malformed_vocabularies_are_refused() {
        let broken = |change: fn(&mut Vocabulary)| {
            let mut v = tiny();
            change(&mut v);
            Tokenizer::new(&v).err()
        };
        assert_eq!(broken(|v| v.tokens[1] = "0".into()), Some(VocabularyError::Token(1)));
        assert_eq!(broken(|v| v.tokens[1] = "zz".into()), Some(VocabularyError::Token(1)));
        assert_eq!(broken(|v| v.tokens[66] = String::new()), Some(VocabularyError::MissingByte(65)));
        assert_eq!(broken(|v| v.merges[0].2 = 9_999), Some(VocabularyError::Token(9_999)));
        assert_eq!(broken(|v| v.separator = 9_999), Some(VocabularyError::Token(9_999)));
        assert!(matches!(Tokenizer::from_json("{}"), Err(VocabularyError::Format(_))));
    }

    proptest! {
        #![proptest_config(crate::config::random_cases())]

        /// A file with anything in place of anything is refused, or encodes every text and gives it back.
        #[test]
        fn any_vocabulary_is_refused_or_works(
            at in 0usize..260, hex in "[0-9a-fg]{0,6}|\\PC{0,3}", separator in any::<u32>(), keep in any::<bool>(),
            merge in (0u32..270, 0u32..270, 0u32..270), text in "\\PC{0,40}",
        ) {
            let mut v = tiny();
            if !keep {
                v.tokens[at] = hex;
                v.separator = separator;
            }
            v.merges.push(merge);
            if let Ok(t) = Tokenizer::new(&v) {
                let ids = t.encode(&text);
                prop_assert!(ids.iter().all(|&id| (id as usize) < t.n_vocab()));
                prop_assert_eq!(t.words(&ids).len(), ids.len());
            }
        }

        /// Bytes that are no such file are an error.
        #[test]
        fn any_bytes_are_refused_or_read(json in "\\PC{0,80}|[\\[\\]{}\":,0-9a-z]{0,80}") {
            prop_assert!(Tokenizer::from_json(&json).is_err());
        }
    }
}
