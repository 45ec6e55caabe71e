// cross_entropy.wgsl for adapters that compute on the CPU, with the same bindings and dispatches.
//
// Every thread takes 16 rows over the whole vocabulary, 16 logits of each at a time, made as in matmul.software.wgsl
// and folded at once into a running maximum and sum. Needs C in multiples of 4. Twin: cross_entropy.rs.

struct Params {
    n_row: u32, // M
    n_in: u32, // C
    n_vocab: u32, // V
    x_row: u32, // first row of x
    loss_row: u32, // first row of targets and loss
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [x_row + M, C/4] of 4
@group(0) @binding(2) var<storage, read> embedding: array<vec4<f32>>; // [V, C/4] of 4
@group(0) @binding(3) var<storage, read> targets: array<u32>; // [loss_row + M]
@group(0) @binding(4) var<storage, read_write> loss: array<f32>; // [loss_row + M]

const LOWEST: f32 = -1e30;
const NOT_SCORED: u32 = 0xffffffffu;

// Where 4 rows from `row` start; rows past the end repeat the last one.
fn starts(row: u32, n_row: u32, stride: u32) -> vec4<u32> {
    return min(vec4<u32>(row, row + 1u, row + 2u, row + 3u), vec4<u32>(n_row - 1u)) * stride;
}

// 4 coordinates of 4 rows, one coordinate per column.
fn x_at(at: vec4<u32>, k: u32) -> mat4x4<f32> {
    return transpose(mat4x4<f32>(x[at.x + k], x[at.y + k], x[at.z + k], x[at.w + k]));
}

// 4 coordinates of 4 tokens, one token per column.
fn e_at(at: vec4<u32>, k: u32) -> mat4x4<f32> {
    return mat4x4<f32>(embedding[at.x + k], embedding[at.y + k], embedding[at.z + k], embedding[at.w + k]);
}

// Logits of 4 rows by 4 tokens, one token per column; those past the vocabulary count for nothing.
fn masked(logits: mat4x4<f32>, token: u32) -> mat4x4<f32> {
    let lowest = vec4<f32>(LOWEST);
    let v = params.n_vocab;
    return mat4x4<f32>(
        select(lowest, logits[0], token < v),
        select(lowest, logits[1], token + 1u < v),
        select(lowest, logits[2], token + 2u < v),
        select(lowest, logits[3], token + 3u < v),
    );
}

fn largest(s: mat4x4<f32>) -> vec4<f32> {
    return max(max(s[0], s[1]), max(s[2], s[3]));
}

fn sum_exp(s: mat4x4<f32>, highest: vec4<f32>) -> vec4<f32> {
    return (exp(s[0] - highest) + exp(s[1] - highest)) + (exp(s[2] - highest) + exp(s[3] - highest));
}

// Running maximum and Σ exp(logit − maximum) of 4 rows.
struct Sums {
    highest: vec4<f32>,
    total: vec4<f32>,
}

fn fold(s: Sums, token: u32, a: mat4x4<f32>, b: mat4x4<f32>, c: mat4x4<f32>, d: mat4x4<f32>) -> Sums {
    let e = masked(a, token);
    let f = masked(b, token + 4u);
    let g = masked(c, token + 8u);
    let h = masked(d, token + 12u);
    let m = max(s.highest, max(max(largest(e), largest(f)), max(largest(g), largest(h))));
    let sums = (sum_exp(e, m) + sum_exp(f, m)) + (sum_exp(g, m) + sum_exp(h, m));
    return Sums(m, s.total * exp(s.highest - m) + sums);
}

fn store(row: u32, at: vec4<u32>, s: Sums) {
    for (var i = 0u; i < min(4u, max(row, params.n_row) - row); i++) {
        let target_token = targets[params.loss_row + row + i];
        var nats = 0.0;
        if (target_token != NOT_SCORED) {
            let quads = params.n_in / 4u;
            var logit = 0.0;
            for (var k = 0u; k < quads; k++) {
                logit += dot(x[at[i] + k], embedding[target_token * quads + k]);
            }
            nats = (s.highest[i] - logit) + log(s.total[i]);
        }
        loss[params.loss_row + row + i] = nats;
    }
}

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x * 16u;
    let quads = params.n_in / 4u; // C/4
    let first = params.x_row * quads;
    let x0 = starts(row, params.n_row, quads) + first;
    let x1 = starts(row + 4u, params.n_row, quads) + first;
    let x2 = starts(row + 8u, params.n_row, quads) + first;
    let x3 = starts(row + 12u, params.n_row, quads) + first;
    let start = Sums(vec4<f32>(LOWEST), vec4<f32>(0.0));
    var s0 = start; var s1 = start; var s2 = start; var s3 = start;

    for (var v = 0u; v < params.n_vocab; v += 16u) {
        let e0 = starts(v, params.n_vocab, quads);
        let e1 = starts(v + 4u, params.n_vocab, quads);
        let e2 = starts(v + 8u, params.n_vocab, quads);
        let e3 = starts(v + 12u, params.n_vocab, quads);
        // Rows 4·i.. by tokens 4·j.. of the 16.
        var c00 = mat4x4<f32>(); var c01 = mat4x4<f32>(); var c02 = mat4x4<f32>(); var c03 = mat4x4<f32>();
        var c10 = mat4x4<f32>(); var c11 = mat4x4<f32>(); var c12 = mat4x4<f32>(); var c13 = mat4x4<f32>();
        var c20 = mat4x4<f32>(); var c21 = mat4x4<f32>(); var c22 = mat4x4<f32>(); var c23 = mat4x4<f32>();
        var c30 = mat4x4<f32>(); var c31 = mat4x4<f32>(); var c32 = mat4x4<f32>(); var c33 = mat4x4<f32>();
        for (var k = 0u; k < quads; k++) {
            let a = e_at(e0, k);
            let b = e_at(e1, k);
            let c = e_at(e2, k);
            let d = e_at(e3, k);
            let p = x_at(x0, k);
            c00 += p * a; c01 += p * b; c02 += p * c; c03 += p * d;
            let q = x_at(x1, k);
            c10 += q * a; c11 += q * b; c12 += q * c; c13 += q * d;
            let r = x_at(x2, k);
            c20 += r * a; c21 += r * b; c22 += r * c; c23 += r * d;
            let s = x_at(x3, k);
            c30 += s * a; c31 += s * b; c32 += s * c; c33 += s * d;
        }
        s0 = fold(s0, v, c00, c01, c02, c03);
        s1 = fold(s1, v, c10, c11, c12, c13);
        s2 = fold(s2, v, c20, c21, c22, c23);
        s3 = fold(s3, v, c30, c31, c32, c33);
    }

    store(row, x0, s0);
    store(row + 4u, x1, s1);
    store(row + 8u, x2, s2);
    store(row + 12u, x3, s3);
}
