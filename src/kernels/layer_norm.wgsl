// y[r] = (x[r] − mean) / √(variance + ε) · weight + bias, over the C values of each row; variance in a second pass,
// which keeps its digits where the mean is large.
//
// One workgroup takes 4 rows with 16 threads each. Twin: layer_norm.rs.

override EPS: f32 = 1e-5;

struct Params {
    n_row: u32, // M
    n_col: u32, // C
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [M, C]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [C]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [C]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [M, C]

const ROWS: u32 = 4u;
const LANES: u32 = 16u;

var<workgroup> sums: array<f32, 64>; // [ROWS, LANES]
var<workgroup> squares: array<f32, 64>; // [ROWS, LANES]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let part = lane % LANES;
    let first = lane - part;
    let row = group.x * ROWS + lane / LANES;
    // Rows past the end repeat the last one, so that every thread reaches the barriers.
    let base = min(row, params.n_row - 1u) * params.n_col;

    var sum = 0.0;
    for (var c = part; c < params.n_col; c += LANES) {
        sum += x[base + c];
    }
    sums[lane] = sum;
    workgroupBarrier();
    var mean = 0.0;
    for (var i = 0u; i < LANES; i++) {
        mean += sums[first + i];
    }
    mean /= f32(params.n_col);

    var square = 0.0;
    for (var c = part; c < params.n_col; c += LANES) {
        let d = x[base + c] - mean;
        square += d * d;
    }
    squares[lane] = square;
    workgroupBarrier();
    var variance = 0.0;
    for (var i = 0u; i < LANES; i++) {
        variance += squares[first + i];
    }
    variance /= f32(params.n_col);

    let scale = inverseSqrt(variance + EPS);
    if (row < params.n_row) {
        for (var c = part; c < params.n_col; c += LANES) {
            y[base + c] = (x[base + c] - mean) * scale * weight[c] + bias[c];
        }
    }
}
