// y[r, n] = act(Σ_k x[r, k] · w[n, k] + bias[n]), or that added to what y holds (a residual connection).
//
// One workgroup makes a 64×64 tile of y, each of its 64 threads an 8×8 part: rows 4·ty.. and 32 + 4·ty.., columns
// likewise by tx, so that neighbouring threads write neighbouring columns. Twin: matmul.rs (and gelu.rs).

struct Params {
    n_row: u32, // M
    n_in: u32, // K
    n_out: u32, // N
    x_row: u32, // first row read
    y_row: u32, // first row written
    finish: u32, // what becomes of x·wᵀ + bias: itself (0), GELU or ADD
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [x_row + M, K]
@group(0) @binding(2) var<storage, read> w: array<f32>; // [N, K]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [N]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [y_row + M, N]

// One pipeline for all three: the branch is taken once per value, and a pipeline can take a second to build.
const GELU: u32 = 1u;
const ADD: u32 = 2u;

const TILE: u32 = 64u;
const STEP: u32 = 16u;
// Quads of rows per k, one more than 16 so that writes spread over the memory banks.
const STRIDE: u32 = 17u;

var<workgroup> x_tile: array<vec4<f32>, 272>; // [STEP, STRIDE] of 4 rows each
var<workgroup> w_tile: array<vec4<f32>, 272>; // [STEP, STRIDE] of 4 columns each

fn x_at(row: u32, k: u32) -> f32 {
    if (row < params.n_row && k < params.n_in) {
        return x[(params.x_row + row) * params.n_in + k];
    }
    return 0.0;
}

fn w_at(row: u32, k: u32) -> f32 {
    if (row < params.n_out && k < params.n_in) {
        return w[row * params.n_in + k];
    }
    return 0.0;
}

// Tanh form; the argument is clamped because some drivers' tanh overflows, and tanh(10) is 1 in f32.
fn gelu(v: f32) -> f32 {
    let inner = 0.7978845608028654 * (v + 0.044715 * v * v * v);
    return 0.5 * v * (1.0 + tanh(clamp(inner, -10.0, 10.0)));
}

fn store(row: u32, col: u32, sums: vec4<f32>) {
    if (row >= params.n_row) {
        return;
    }
    let base = (params.y_row + row) * params.n_out;
    for (var c = 0u; c < 4u; c++) {
        if (col + c < params.n_out) {
            var v = sums[c] + bias[col + c];
            if (params.finish == GELU) {
                v = gelu(v);
            }
            if (params.finish == ADD) {
                v += y[base + col + c];
            }
            y[base + col + c] = v;
        }
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row0 = group.y * TILE;
    let col0 = group.x * TILE;
    let tx = lane % 8u;
    let ty = lane / 8u;

    // Row i of the thread's part: cia its first four columns, cib its last four.
    var c0a = vec4<f32>(0.0); var c0b = vec4<f32>(0.0);
    var c1a = vec4<f32>(0.0); var c1b = vec4<f32>(0.0);
    var c2a = vec4<f32>(0.0); var c2b = vec4<f32>(0.0);
    var c3a = vec4<f32>(0.0); var c3b = vec4<f32>(0.0);
    var c4a = vec4<f32>(0.0); var c4b = vec4<f32>(0.0);
    var c5a = vec4<f32>(0.0); var c5b = vec4<f32>(0.0);
    var c6a = vec4<f32>(0.0); var c6b = vec4<f32>(0.0);
    var c7a = vec4<f32>(0.0); var c7b = vec4<f32>(0.0);

    for (var k0 = 0u; k0 < params.n_in; k0 += STEP) {
        workgroupBarrier();
        for (var e = lane; e < 256u; e += 64u) {
            let k = e % STEP;
            let quad = e / STEP;
            let r = row0 + quad * 4u;
            let n = col0 + quad * 4u;
            let kk = k0 + k;
            x_tile[k * STRIDE + quad] = vec4<f32>(x_at(r, kk), x_at(r + 1u, kk), x_at(r + 2u, kk), x_at(r + 3u, kk));
            w_tile[k * STRIDE + quad] = vec4<f32>(w_at(n, kk), w_at(n + 1u, kk), w_at(n + 2u, kk), w_at(n + 3u, kk));
        }
        workgroupBarrier();
        for (var k = 0u; k < STEP; k++) {
            let p = x_tile[k * STRIDE + ty];
            let q = x_tile[k * STRIDE + ty + 8u];
            let a = w_tile[k * STRIDE + tx];
            let b = w_tile[k * STRIDE + tx + 8u];
            c0a += p.x * a; c0b += p.x * b;
            c1a += p.y * a; c1b += p.y * b;
            c2a += p.z * a; c2b += p.z * b;
            c3a += p.w * a; c3b += p.w * b;
            c4a += q.x * a; c4b += q.x * b;
            c5a += q.y * a; c5b += q.y * b;
            c6a += q.z * a; c6b += q.z * b;
            c7a += q.w * a; c7b += q.w * b;
        }
    }

    let r = row0 + ty * 4u;
    let n = col0 + tx * 4u;
    store(r, n, c0a); store(r, n + 32u, c0b);
    store(r + 1u, n, c1a); store(r + 1u, n + 32u, c1b);
    store(r + 2u, n, c2a); store(r + 2u, n + 32u, c2b);
    store(r + 3u, n, c3a); store(r + 3u, n + 32u, c3b);
    store(r + 32u, n, c4a); store(r + 32u, n + 32u, c4b);
    store(r + 33u, n, c5a); store(r + 33u, n + 32u, c5b);
    store(r + 34u, n, c6a); store(r + 34u, n + 32u, c6b);
    store(r + 35u, n, c7a); store(r + 35u, n + 32u, c7b);
}
