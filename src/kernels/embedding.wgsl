// y[r] = √C · embedding[token[r]] (+ table[r mod T], where a method adds to embeddings). Twin: embedding.rs.

struct Params {
    n_row: u32, // M
    n_col: u32, // C
    length: u32, // T
    token_row: u32, // first row of tokens
    has_table: u32, // 1 if `table` is added
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<u32>; // [token_row + M]
@group(0) @binding(2) var<storage, read> embedding: array<f32>; // [V, C]
@group(0) @binding(3) var<storage, read> table: array<f32>; // [T, C], not read without has_table
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [M, C]

@compute @workgroup_size(64, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let col = id.x;
    let row = id.y;
    if (row >= params.n_row || col >= params.n_col) {
        return;
    }
    let token = tokens[params.token_row + row];
    var v = sqrt(f32(params.n_col)) * embedding[token * params.n_col + col];
    if (params.has_table == 1u) {
        v += table[(row % params.length) * params.n_col + col];
    }
    y[row * params.n_col + col] = v;
}
