//! Byte-level BPE: text ↔ token ids.
