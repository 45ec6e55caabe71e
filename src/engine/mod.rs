//! Backends and evaluation protocols.
