// matmul.wgsl for adapters that compute on the CPU, with the same bindings and dispatches.
//
// There a value costs as much to load as some ten products, from workgroup memory too, and barriers come on top. So
// every thread works alone on a 16×16 part of y: 32 loads serve 256 products. Needs K and N in multiples of 4.
// Twin: matmul.rs (and gelu.rs).

struct Params {
    n_row: u32, // M
    n_in: u32, // K
    n_out: u32, // N
    x_row: u32, // first row read
    y_row: u32, // first row written
    finish: u32, // what becomes of x·wᵀ + bias: itself (0), GELU or ADD
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [x_row + M, K/4] of 4
@group(0) @binding(2) var<storage, read> w: array<vec4<f32>>; // [N, K/4] of 4
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>; // [N/4] of 4
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // [y_row + M, N/4] of 4

const GELU: u32 = 1u;
const ADD: u32 = 2u;

// Where 4 rows from `row` start; rows past the end repeat the last one.
fn starts(row: u32, n_row: u32, stride: u32) -> vec4<u32> {
    return min(vec4<u32>(row, row + 1u, row + 2u, row + 3u), vec4<u32>(n_row - 1u)) * stride;
}

// 4 values of k, of 4 rows: one row of x per column.
fn x_at(at: vec4<u32>, k: u32) -> mat4x4<f32> {
    return mat4x4<f32>(x[at.x + k], x[at.y + k], x[at.z + k], x[at.w + k]);
}

fn w_at(at: vec4<u32>, k: u32) -> mat4x4<f32> {
    return transpose(mat4x4<f32>(w[at.x + k], w[at.y + k], w[at.z + k], w[at.w + k]));
}

// Tanh form; the argument is clamped because some drivers' tanh overflows, and tanh(10) is 1 in f32.
fn gelu(v: vec4<f32>) -> vec4<f32> {
    let inner = 0.7978845608028654 * (v + 0.044715 * v * v * v);
    return 0.5 * v * (1.0 + tanh(clamp(inner, vec4<f32>(-10.0), vec4<f32>(10.0))));
}

fn store(row: u32, col: u32, sums: mat4x4<f32>) {
    if (col >= params.n_out) {
        return;
    }
    let b = bias[col / 4u];
    for (var i = 0u; i < min(4u, max(row, params.n_row) - row); i++) {
        let at = ((params.y_row + row + i) * params.n_out + col) / 4u;
        var v = sums[i] + b;
        if (params.finish == GELU) {
            v = gelu(v);
        }
        if (params.finish == ADD) {
            v += y[at];
        }
        y[at] = v;
    }
}

@compute @workgroup_size(4, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.y * 16u;
    let col = id.x * 16u;
    let quads = params.n_in / 4u; // K/4
    let first = params.x_row * quads;
    let x0 = starts(row, params.n_row, quads) + first;
    let x1 = starts(row + 4u, params.n_row, quads) + first;
    let x2 = starts(row + 8u, params.n_row, quads) + first;
    let x3 = starts(row + 12u, params.n_row, quads) + first;
    let w0 = starts(col, params.n_out, quads);
    let w1 = starts(col + 4u, params.n_out, quads);
    let w2 = starts(col + 8u, params.n_out, quads);
    let w3 = starts(col + 12u, params.n_out, quads);

    // Rows 4·i.. and columns 4·j.. of the part, one row per column of the matrix.
    var c00 = mat4x4<f32>(); var c01 = mat4x4<f32>(); var c02 = mat4x4<f32>(); var c03 = mat4x4<f32>();
    var c10 = mat4x4<f32>(); var c11 = mat4x4<f32>(); var c12 = mat4x4<f32>(); var c13 = mat4x4<f32>();
    var c20 = mat4x4<f32>(); var c21 = mat4x4<f32>(); var c22 = mat4x4<f32>(); var c23 = mat4x4<f32>();
    var c30 = mat4x4<f32>(); var c31 = mat4x4<f32>(); var c32 = mat4x4<f32>(); var c33 = mat4x4<f32>();
    for (var k = 0u; k < quads; k++) {
        let a = w_at(w0, k);
        let b = w_at(w1, k);
        let c = w_at(w2, k);
        let d = w_at(w3, k);
        let p = x_at(x0, k);
        c00 += a * p; c01 += b * p; c02 += c * p; c03 += d * p;
        let q = x_at(x1, k);
        c10 += a * q; c11 += b * q; c12 += c * q; c13 += d * q;
        let r = x_at(x2, k);
        c20 += a * r; c21 += b * r; c22 += c * r; c23 += d * r;
        let s = x_at(x3, k);
        c30 += a * s; c31 += b * s; c32 += c * s; c33 += d * s;
    }

    store(row, col, c00); store(row, col + 4u, c01); store(row, col + 8u, c02); store(row, col + 12u, c03);
    store(row + 4u, col, c10); store(row + 4u, col + 4u, c11); store(row + 4u, col + 8u, c12); store(row + 4u, col + 12u, c13);
    store(row + 8u, col, c20); store(row + 8u, col + 4u, c21); store(row + 8u, col + 8u, c22); store(row + 8u, col + 12u, c23);
    store(row + 12u, col, c30); store(row + 12u, col + 4u, c31); store(row + 12u, col + 8u, c32); store(row + 12u, col + 12u, c33);
}
