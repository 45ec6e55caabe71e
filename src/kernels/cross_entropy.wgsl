// loss[r] = log Σ_v exp(x[r]·e[v]) − x[r]·e[target[r]], in nats; 0 where the target is 2³² − 1 (not scored).
//
// One workgroup takes 64 rows over the whole vocabulary in tiles of 64 logits, made as in matmul.wgsl and folded at
// once into a running maximum and sum (online log-sum-exp), so logits never reach memory. Twin: cross_entropy.rs.

struct Params {
    n_row: u32, // M
    n_in: u32, // C
    n_vocab: u32, // V
    x_row: u32, // first row of x
    loss_row: u32, // first row of targets and loss
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [x_row + M, C]
@group(0) @binding(2) var<storage, read> embedding: array<f32>; // [V, C]
@group(0) @binding(3) var<storage, read> targets: array<u32>; // [loss_row + M]
@group(0) @binding(4) var<storage, read_write> loss: array<f32>; // [loss_row + M]

const TILE: u32 = 64u;
const STEP: u32 = 16u;
const STRIDE: u32 = 17u;
const LOWEST: f32 = -1e30;
const NOT_SCORED: u32 = 0xffffffffu;

// First operands; in the end each thread's (maximum, sum, logit of the target) per row, [32 rows, 8 threads] each.
var<workgroup> x_tile: array<vec4<f32>, 272>;
var<workgroup> e_tile: array<vec4<f32>, 272>;

fn x_at(row: u32, k: u32) -> f32 {
    if (row < params.n_row && k < params.n_in) {
        return x[(params.x_row + row) * params.n_in + k];
    }
    return 0.0;
}

fn e_at(row: u32, k: u32) -> f32 {
    if (row < params.n_vocab && k < params.n_in) {
        return embedding[row * params.n_in + k];
    }
    return 0.0;
}

fn target_of(row: u32) -> u32 {
    if (row < params.n_row) {
        return targets[params.loss_row + row];
    }
    return NOT_SCORED;
}

// Takes logits a (of columns col..) and b (of col + 32..) into s = (maximum, Σ exp(logit − maximum), target's logit).
fn fold(s: vec4<f32>, wanted: u32, col: u32, a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    let cols_a = vec4<u32>(col, col + 1u, col + 2u, col + 3u);
    let cols_b = cols_a + vec4<u32>(32u);
    let in_a = cols_a < vec4<u32>(params.n_vocab);
    let in_b = cols_b < vec4<u32>(params.n_vocab);
    let va = select(vec4<f32>(LOWEST), a, in_a);
    let vb = select(vec4<f32>(LOWEST), b, in_b);
    let highest = max(va, vb);
    let m = max(s.x, max(max(highest.x, highest.y), max(highest.z, highest.w)));
    let ea = select(vec4<f32>(0.0), exp(va - vec4<f32>(m)), in_a);
    let eb = select(vec4<f32>(0.0), exp(vb - vec4<f32>(m)), in_b);
    let hit_a = select(vec4<f32>(0.0), a, cols_a == vec4<u32>(wanted));
    let hit_b = select(vec4<f32>(0.0), b, cols_b == vec4<u32>(wanted));
    let one = vec4<f32>(1.0);
    return vec4<f32>(m, s.y * exp(s.x - m) + dot(ea + eb, one), s.z + dot(hit_a + hit_b, one), 0.0);
}

// Joins two such triples over different columns.
fn join(s: vec4<f32>, t: vec4<f32>) -> vec4<f32> {
    let m = max(s.x, t.x);
    return vec4<f32>(m, s.y * exp(s.x - m) + t.y * exp(t.x - m), s.z + t.z, 0.0);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row0 = group.x * TILE;
    let tx = lane % 8u;
    let ty = lane / 8u;
    let r = row0 + ty * 4u;
    let start = vec4<f32>(LOWEST, 0.0, 0.0, 0.0);
    var s0 = start; var s1 = start; var s2 = start; var s3 = start;
    var s4 = start; var s5 = start; var s6 = start; var s7 = start;
    let t_low = vec4<u32>(target_of(r), target_of(r + 1u), target_of(r + 2u), target_of(r + 3u));
    let t_high = vec4<u32>(target_of(r + 32u), target_of(r + 33u), target_of(r + 34u), target_of(r + 35u));

    for (var v0 = 0u; v0 < params.n_vocab; v0 += TILE) {
        var c0a = vec4<f32>(0.0); var c0b = vec4<f32>(0.0); var c1a = vec4<f32>(0.0); var c1b = vec4<f32>(0.0);
        var c2a = vec4<f32>(0.0); var c2b = vec4<f32>(0.0); var c3a = vec4<f32>(0.0); var c3b = vec4<f32>(0.0);
        var c4a = vec4<f32>(0.0); var c4b = vec4<f32>(0.0); var c5a = vec4<f32>(0.0); var c5b = vec4<f32>(0.0);
        var c6a = vec4<f32>(0.0); var c6b = vec4<f32>(0.0); var c7a = vec4<f32>(0.0); var c7b = vec4<f32>(0.0);
        for (var k0 = 0u; k0 < params.n_in; k0 += STEP) {
            workgroupBarrier();
            for (var e = lane; e < 256u; e += 64u) {
                let k = e % STEP;
                let quad = e / STEP;
                let kk = k0 + k;
                let i = row0 + quad * 4u;
                let n = v0 + quad * 4u;
                x_tile[k * STRIDE + quad] = vec4<f32>(x_at(i, kk), x_at(i + 1u, kk), x_at(i + 2u, kk), x_at(i + 3u, kk));
                e_tile[k * STRIDE + quad] = vec4<f32>(e_at(n, kk), e_at(n + 1u, kk), e_at(n + 2u, kk), e_at(n + 3u, kk));
            }
            workgroupBarrier();
            for (var k = 0u; k < STEP; k++) {
                let p = x_tile[k * STRIDE + ty];
                let q = x_tile[k * STRIDE + ty + 8u];
                let a = e_tile[k * STRIDE + tx];
                let b = e_tile[k * STRIDE + tx + 8u];
                c0a += p.x * a; c0b += p.x * b; c1a += p.y * a; c1b += p.y * b;
                c2a += p.z * a; c2b += p.z * b; c3a += p.w * a; c3b += p.w * b;
                c4a += q.x * a; c4b += q.x * b; c5a += q.y * a; c5b += q.y * b;
                c6a += q.z * a; c6b += q.z * b; c7a += q.w * a; c7b += q.w * b;
            }
        }
        let n = v0 + tx * 4u;
        s0 = fold(s0, t_low.x, n, c0a, c0b); s1 = fold(s1, t_low.y, n, c1a, c1b);
        s2 = fold(s2, t_low.z, n, c2a, c2b); s3 = fold(s3, t_low.w, n, c3a, c3b);
        s4 = fold(s4, t_high.x, n, c4a, c4b); s5 = fold(s5, t_high.y, n, c5a, c5b);
        s6 = fold(s6, t_high.z, n, c6a, c6b); s7 = fold(s7, t_high.w, n, c7a, c7b);
    }

    workgroupBarrier();
    let slot = ty * 32u + tx; // (4·ty)·8 + tx
    x_tile[slot] = s0; x_tile[slot + 8u] = s1; x_tile[slot + 16u] = s2; x_tile[slot + 24u] = s3;
    e_tile[slot] = s4; e_tile[slot + 8u] = s5; e_tile[slot + 16u] = s6; e_tile[slot + 24u] = s7;
    workgroupBarrier();
    let row = row0 + lane;
    var s = start;
    for (var i = 0u; i < 8u; i++) {
        let at = (lane % 32u) * 8u + i;
        if (lane < 32u) { s = join(s, x_tile[at]); } else { s = join(s, e_tile[at]); }
    }
    if (row < params.n_row) {
        loss[params.loss_row + row] = select((s.x - s.z) + log(s.y), 0.0, target_of(row) == NOT_SCORED);
    }
}
