//! The kernels as plain WASM exports, timed by `kernels_worker.mjs`: attention, matrix product, and the arithmetic
//! peak that the product is held against.

use std::cell::RefCell;
use std::hint::black_box;

use alibi::kernels::attention::{AttentionShape, FarKeys, HeadBias, KeyValues, attention};
use alibi::kernels::packed::{Packed, Then};
use alibi::position::{self, Shape, Tables};
use wide::f32x4;

/// Chains of a multiplication and an addition that run side by side in [`peak`]: enough to hide the latency of both,
/// few enough for the registers.
const CHAINS: usize = 12;

struct Attending {
    qkv: Vec<f32>,
    bias: Vec<HeadBias>,
    shape: AttentionShape,
    out: Vec<f32>,
}

struct Product {
    x: Vec<f32>,
    weight: Packed,
    bias: Vec<f32>,
    out: Vec<f32>,
}

thread_local! {
    static ATTENDING: RefCell<Option<Attending>> = const { RefCell::new(None) };
    static PRODUCT: RefCell<Option<Product>> = const { RefCell::new(None) };
}

/// Makes room for one attention with ALiBi's bias; the address of its packed queries, keys and values
/// `[length, 3, n_head, head_dim]`, to be filled in.
#[unsafe(no_mangle)]
pub extern "C" fn open_attention(n_head: usize, length: usize, head_dim: usize) -> *mut f32 {
    let d_model = n_head * head_dim;
    let method = position::by_id("alibi").expect("ALiBi is a method");
    let tables = Tables::new(method, Shape { d_model, n_head }, length, &[]);
    let attending = Attending {
        qkv: vec![0.0; length * 3 * d_model],
        bias: HeadBias::of_table(&tables.bias, n_head),
        shape: AttentionShape { n_segment: 1, length, n_head, d_model },
        out: Vec::new(),
    };
    ATTENDING.with_borrow_mut(|a| a.insert(attending).qkv.as_mut_ptr())
}

/// Attends once, laying out keys and values included; far keys are skipped if `skip` is not 0. The address of the
/// output `[length, n_head, head_dim]`.
#[unsafe(no_mangle)]
pub extern "C" fn attend(skip: u32) -> *const f32 {
    ATTENDING.with_borrow_mut(|a| {
        let a = a.as_mut().expect("opened first");
        let far = if skip == 0 { FarKeys::Computed } else { FarKeys::Skipped };
        let kv = KeyValues::of(&a.qkv, &a.shape);
        a.out = attention(&a.qkv, &kv, &a.bias, &a.shape, 0..a.shape.length, far).0;
        a.out.as_ptr()
    })
}

/// Makes one matrix product of that shape.
#[unsafe(no_mangle)]
pub extern "C" fn open_product(rows: usize, inputs: usize, outputs: usize) {
    let values = |n: usize| (0..n).map(|i| (i % 17) as f32 * 0.01).collect::<Vec<_>>();
    let product = Product {
        x: values(rows * inputs),
        weight: Packed::new(&values(outputs * inputs), outputs, inputs),
        bias: values(outputs),
        out: vec![0.0; rows * outputs],
    };
    PRODUCT.with_borrow_mut(|p| *p = Some(product));
}

/// Multiplies once.
#[unsafe(no_mangle)]
pub extern "C" fn multiply() {
    PRODUCT.with_borrow_mut(|p| {
        let p = p.as_mut().expect("opened first");
        p.weight.apply(&p.x, &p.bias, Then::Store, &mut p.out);
    });
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
