// layer_norm.wgsl for adapters that compute on the CPU, with the same bindings and dispatches: a row per thread, without
// barriers, which are dear there. Needs C in multiples of 4. Twin: layer_norm.rs.

override EPS: f32 = 1e-5;

struct Params {
    n_row: u32, // M
    n_col: u32, // C
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [M, C/4] of 4
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>; // [C/4] of 4
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>; // [C/4] of 4
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // [M, C/4] of 4

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    if (row >= params.n_row) {
        return;
    }
    let quads = params.n_col / 4u;
    let base = row * quads;
    let one = vec4<f32>(1.0);
    var sum = vec4<f32>(0.0);
    for (var c = 0u; c < quads; c++) {
        sum += x[base + c];
    }
    let mean = dot(sum, one) / f32(params.n_col);
    var squares = vec4<f32>(0.0);
    for (var c = 0u; c < quads; c++) {
        let d = x[base + c] - mean;
        squares += d * d;
    }
    let scale = inverseSqrt(dot(squares, one) / f32(params.n_col) + EPS);
    for (var c = 0u; c < quads; c++) {
        y[base + c] = (x[base + c] - mean) * scale * weight[c] + bias[c];
    }
}
