// Rotates queries and keys in place, half-split: coordinates i and i + D/2 of a head by the angle of the row's
// position; values are left alone. Twin: rotary.rs.

struct Params {
    n_row: u32, // M
    n_col: u32, // C
    length: u32, // T
    half: u32, // D / 2
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> cosines: array<f32>; // [T, D/2]
@group(0) @binding(2) var<storage, read> sines: array<f32>; // [T, D/2]
@group(0) @binding(3) var<storage, read_write> qkv: array<f32>; // [M, 3C]

fn rotate(at: u32, cosine: f32, sine: f32) {
    let a = qkv[at];
    let b = qkv[at + params.half];
    qkv[at] = a * cosine - b * sine;
    qkv[at + params.half] = b * cosine + a * sine;
}

@compute @workgroup_size(64, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.y;
    if (row >= params.n_row || id.x >= params.n_col / 2u) {
        return;
    }
    let pair = id.x % params.half;
    let head = id.x / params.half;
    let angle = (row % params.length) * params.half + pair;
    let query = row * 3u * params.n_col + head * 2u * params.half + pair;
    rotate(query, cosines[angle], sines[angle]);
    rotate(query + params.n_col, cosines[angle], sines[angle]);
}
