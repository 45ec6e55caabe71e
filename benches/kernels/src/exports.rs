//! One case at a time, as plain WASM exports, and the arithmetic peak that cases are held against.

use std::cell::RefCell;
use std::hint::black_box;

use wide::f32x4;

use crate::cases::{Attention, Case, Norm, Product};

/// Chains of a multiplication and an addition that run side by side in [`peak`]: enough to hide the latency of both,
/// few enough for the registers.
const CHAINS: usize = 12;

thread_local! {
    static CASE: RefCell<Option<Box<dyn Case>>> = const { RefCell::new(None) };
}

fn keep(case: impl Case + 'static) {
    CASE.with_borrow_mut(|kept| *kept = Some(Box::new(case)));
}

fn with<R>(act: impl FnOnce(&mut dyn Case) -> R) -> R {
    CASE.with_borrow_mut(|case| act(case.as_mut().expect("opened first").as_mut()))
}

/// Makes an attention; the address of its queries, keys and values `[length, 3, n_head, head_dim]`, which may be
/// filled in before anything runs.
#[unsafe(no_mangle)]
pub extern "C" fn open_attention(n_head: usize, length: usize, head_dim: usize) -> *mut f32 {
    let mut attention = Attention::new(n_head, length, head_dim);
    // Moving the case does not move what it holds.
    let address = attention.qkv.as_mut_ptr();
    keep(attention);
    address
}

/// Makes a linear layer.
#[unsafe(no_mangle)]
pub extern "C" fn open_product(rows: usize, inputs: usize, outputs: usize) {
    keep(Product::new(rows, inputs, outputs).expect("tensors of these shapes"));
}

/// Makes a layer norm.
#[unsafe(no_mangle)]
pub extern "C" fn open_norm(rows: usize, width: usize) {
    keep(Norm::new(rows, width).expect("tensors of these shapes"));
}

/// Runs this project's kernel once; the address of its output.
#[unsafe(no_mangle)]
pub extern "C" fn ours() -> *const f32 {
    with(|case| {
        case.ours();
        case.output().as_ptr()
    })
}

/// Runs candle's operation once.
#[unsafe(no_mangle)]
pub extern "C" fn candle() {
    with(|case| black_box(case.candle().expect("candle's operation")));
}

/// Largest absolute difference of the two.
#[unsafe(no_mangle)]
pub extern "C" fn error() -> f32 {
    with(|case| case.error().expect("candle's operation"))
}

/// Floating-point operations of one turn of [`peak`].
#[unsafe(no_mangle)]
pub extern "C" fn peak_operations() -> usize {
    CHAINS * 4 * 2
}

/// Multiplies and adds in registers only.
#[unsafe(no_mangle)]
pub extern "C" fn peak(turns: usize) -> f32 {
    let mut chains = [f32x4::splat(1.0); CHAINS];
    let (factor, summand) = (f32x4::splat(black_box(0.999)), f32x4::splat(black_box(0.001)));
    for _ in 0..turns {
        for chain in &mut chains {
            *chain = *chain * factor + summand;
        }
    }
    chains.iter().fold(f32x4::ZERO, |a, &b| a + b).reduce_add()
}
