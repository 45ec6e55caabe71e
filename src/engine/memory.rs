//! Bytes that a program holds, counted by its allocator: what an evaluation needed at its most.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator with a count of live bytes and of the most there were. A program that wants to know makes it
/// its `#[global_allocator]`; two additions per call are what it costs.
pub struct Counting {
    live: AtomicUsize,
    peak: AtomicUsize,
}

impl Counting {
    /// Nothing allocated yet.
    pub const fn new() -> Self {
        Self { live: AtomicUsize::new(0), peak: AtomicUsize::new(0) }
    }

    /// Counts the peak anew from here on; bytes live now.
    pub fn begin(&self) -> usize {
        let live = self.live.load(Relaxed);
        self.peak.store(live, Relaxed);
        live
    }

    /// Most bytes live at once since [`Counting::begin`].
    pub fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    fn add(&self, bytes: usize) {
        let live = self.live.fetch_add(bytes, Relaxed) + bytes;
        self.peak.fetch_max(live, Relaxed);
    }
}

impl Default for Counting {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: every call is passed on to the system's allocator with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let at = unsafe { System.alloc(layout) };
        if !at.is_null() {
            self.add(layout.size());
        }
        at
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let at = unsafe { System.alloc_zeroed(layout) };
        if !at.is_null() {
            self.add(layout.size());
        }
        at
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) };
        self.live.fetch_sub(layout.size(), Relaxed);
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        let moved = unsafe { System.realloc(at, layout, size) };
        if !moved.is_null() {
            // Where it moves, both places are held for a moment; the new size is what counts, as with an in-place one.
            self.live.fetch_sub(layout.size(), Relaxed);
            self.add(size);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_and_peak_follow_every_call() {
        let counting = Counting::new();
        let layout = |n| Layout::from_size_align(n, 8).unwrap_or_else(|e| panic!("{e}"));
        // SAFETY: every block is freed once, with the layout it last had.
        unsafe {
            let a = counting.alloc(layout(100));
            let b = counting.alloc_zeroed(layout(50));
            assert_eq!((counting.peak(), *b), (150, 0));
            counting.dealloc(a, layout(100));
            assert_eq!((counting.begin(), counting.peak()), (50, 50));
            let b = counting.realloc(b, layout(50), 80);
            assert_eq!(counting.peak(), 80);
            let b = counting.realloc(b, layout(80), 10);
            assert_eq!((counting.begin(), counting.peak()), (10, 10));
            counting.dealloc(b, layout(10));
            assert_eq!((counting.begin(), counting.peak()), (0, 0));
        }
    }
}
