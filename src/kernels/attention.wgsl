// o[i] = Σ_{j ≤ i} softmax_j(q[i]·k[j] / √D + bias[h, i − j]) · v[j], per segment and head, by online softmax: memory
// grows with length, not with its square (Milakov and Gimelshein, arXiv 1805.02867; FlashAttention, arXiv 2205.14135).
//
// One workgroup takes 64 queries of a head, one per thread, and walks over the keys in tiles. The causal mask is the
// lowest bias, at negative distances. Twin: attention.rs.

// D / 4; at most 16.
override HEAD_QUADS: u32 = 4u;
// Keys per tile: a multiple of 8, at most 64, with KEYS · HEAD_QUADS ≤ 256.
override KEYS: u32 = 64u;

struct Params {
    length: u32, // T
    n_head: u32, // H
    query_block: u32, // first block of 64 queries
    segment: u32, // first segment
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>; // [B, T, 3, H, D/4] of 4
@group(0) @binding(2) var<storage, read> bias: array<f32>; // [H, T]
@group(0) @binding(3) var<storage, read_write> o: array<vec4<f32>>; // [B, T, H, D/4] of 4

const QUERIES: u32 = 64u;
// Finite, because WGSL may assume that infinities do not occur.
const LOWEST: f32 = -1e30;

var<workgroup> k_tile: array<vec4<f32>, 256>; // [KEYS, D/4]
var<workgroup> v_tile: array<vec4<f32>, 256>; // [KEYS, D/4]
var<workgroup> bias_tile: array<f32, 128>; // by distance − (first query − first key) + KEYS − 1

fn score(q: vec4<f32>, at: u32) -> vec4<f32> {
    return vec4<f32>(
        dot(q, k_tile[at]),
        dot(q, k_tile[at + HEAD_QUADS]),
        dot(q, k_tile[at + 2u * HEAD_QUADS]),
        dot(q, k_tile[at + 3u * HEAD_QUADS]),
    );
}

fn blend(w: vec4<f32>, at: u32) -> vec4<f32> {
    return w.x * v_tile[at] + w.y * v_tile[at + HEAD_QUADS] + w.z * v_tile[at + 2u * HEAD_QUADS]
        + w.w * v_tile[at + 3u * HEAD_QUADS];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let head = group.y;
    let row0 = (params.segment + group.z) * params.length;
    let first = (params.query_block + group.x) * QUERIES;
    let query = first + lane;
    let quads = params.n_head * HEAD_QUADS; // C / 4
    let scale = inverseSqrt(f32(HEAD_QUADS * 4u));

    var q: array<vec4<f32>, 16>;
    var sum: array<vec4<f32>, 16>;
    // Queries past the end repeat the last one, so that every thread reaches the barriers.
    let q_at = (row0 + min(query, params.length - 1u)) * 3u * quads + head * HEAD_QUADS;
    for (var d = 0u; d < HEAD_QUADS; d++) {
        q[d] = qkv[q_at + d] * scale;
    }
    var highest = LOWEST;
    var total = 0.0;

    let end = min(first + QUERIES, params.length);
    for (var k0 = 0u; k0 < end; k0 += KEYS) {
        workgroupBarrier();
        for (var e = lane; e < KEYS * HEAD_QUADS; e += QUERIES) {
            let key = min(k0 + e / HEAD_QUADS, params.length - 1u);
            let at = (row0 + key) * 3u * quads + quads + head * HEAD_QUADS + e % HEAD_QUADS;
            k_tile[e] = qkv[at];
            v_tile[e] = qkv[at + quads];
        }
        for (var e = lane; e < QUERIES + KEYS - 1u; e += QUERIES) {
            let ahead = first + e + 1u; // distance + k0 + KEYS
            var b = LOWEST;
            if (ahead >= k0 + KEYS) {
                b = bias[head * params.length + min(ahead - k0 - KEYS, params.length - 1u)];
            }
            bias_tile[e] = b;
        }
        workgroupBarrier();
        for (var j = 0u; j < KEYS; j += 8u) {
            let b = lane + KEYS - 1u - j;
            var s = vec4<f32>(bias_tile[b], bias_tile[b - 1u], bias_tile[b - 2u], bias_tile[b - 3u]);
            var t = vec4<f32>(bias_tile[b - 4u], bias_tile[b - 5u], bias_tile[b - 6u], bias_tile[b - 7u]);
            for (var d = 0u; d < HEAD_QUADS; d++) {
                s += score(q[d], j * HEAD_QUADS + d);
                t += score(q[d], (j + 4u) * HEAD_QUADS + d);
            }
            // The first eight keys include key 0, which no query is barred from: from there on `highest` is a score,
            // and exp(LOWEST − highest) is 0.
            let top = max(s, t);
            let m = max(highest, max(max(top.x, top.y), max(top.z, top.w)));
            let shrink = exp(highest - m);
            s = exp(s - vec4<f32>(m));
            t = exp(t - vec4<f32>(m));
            total = total * shrink + dot(s + t, vec4<f32>(1.0));
            for (var d = 0u; d < HEAD_QUADS; d++) {
                sum[d] = sum[d] * shrink + blend(s, j * HEAD_QUADS + d) + blend(t, (j + 4u) * HEAD_QUADS + d);
            }
            highest = m;
        }
    }

    if (query < params.length) {
        let o_at = (row0 + query) * quads + head * HEAD_QUADS;
        for (var d = 0u; d < HEAD_QUADS; d++) {
            o[o_at + d] = sum[d] / total;
        }
    }
}
