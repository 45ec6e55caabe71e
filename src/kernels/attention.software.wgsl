// attention.wgsl for adapters that compute on the CPU, with the same bindings and dispatches, for heads of 16.
//
// There a value costs as much to load as some ten products, from workgroup memory too. So every thread keeps 8 queries
// of a head to itself, and each key and value that it loads serves all of them. Twin: attention.rs.

struct Params {
    length: u32, // T
    n_head: u32, // H
    query_block: u32, // first block of 64 queries
    segment: u32, // first segment
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>; // [B, T, 3, H, 4] of 4
@group(0) @binding(2) var<storage, read> bias: array<f32>; // [H, T]
@group(0) @binding(3) var<storage, read_write> o: array<vec4<f32>>; // [B, T, H, 4] of 4

// Finite, because WGSL may assume that infinities do not occur.
const LOWEST: f32 = -1e30;

// Coordinates 4·d.. of 4 queries, keys or values, one of them per column.
fn four(at: vec4<u32>, d: u32) -> mat4x4<f32> {
    return mat4x4<f32>(qkv[at.x + d], qkv[at.y + d], qkv[at.z + d], qkv[at.w + d]);
}

// The causal mask is the lowest bias, at negative distances.
fn bias_at(first: u32, distance: i32) -> f32 {
    if (distance < 0) {
        return LOWEST;
    }
    return bias[first + u32(distance)];
}

// 4 queries by 4 keys, one query per column, where `b` and `c` are the biases at distances −3.. and 1.. of the first
// query from the first key.
fn toeplitz(b: vec4<f32>, c: vec3<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(b.wzyx, vec4<f32>(c.x, b.wzy), vec4<f32>(c.yx, b.wz), vec4<f32>(c.zyx, b.w));
}

fn largest(s: mat4x4<f32>) -> vec4<f32> {
    let t = transpose(s);
    return max(max(t[0], t[1]), max(t[2], t[3]));
}

fn sum(s: mat4x4<f32>) -> vec4<f32> {
    let t = transpose(s);
    return (t[0] + t[1]) + (t[2] + t[3]);
}

fn weights(s: mat4x4<f32>, highest: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(exp(s[0] - highest.x), exp(s[1] - highest.y), exp(s[2] - highest.z), exp(s[3] - highest.w));
}

fn scaled(s: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(s[0] * by.x, s[1] * by.y, s[2] * by.z, s[3] * by.w);
}

fn put(query: u32, at: u32, total: f32, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    if (query < params.length) {
        o[at] = a / total;
        o[at + 1u] = b / total;
        o[at + 2u] = c / total;
        o[at + 3u] = d / total;
    }
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let head = group.y;
    let row0 = (params.segment + group.z) * params.length;
    let first = (params.query_block + group.x) * 64u + lane * 8u;
    let quads = params.n_head * 4u; // C/4
    let last = vec4<u32>(params.length - 1u);
    let ramp = vec4<u32>(0u, 1u, 2u, 3u);

    // Queries past the end repeat the last one. The scale is 1/√16.
    let p_at = (row0 + min(first + ramp, last)) * (3u * quads) + head * 4u;
    let p0 = four(p_at, 0u) * 0.25; let p1 = four(p_at, 1u) * 0.25;
    let p2 = four(p_at, 2u) * 0.25; let p3 = four(p_at, 3u) * 0.25;
    let q_at = (row0 + min(first + 4u + ramp, last)) * (3u * quads) + head * 4u;
    let q0 = four(q_at, 0u) * 0.25; let q1 = four(q_at, 1u) * 0.25;
    let q2 = four(q_at, 2u) * 0.25; let q3 = four(q_at, 3u) * 0.25;

    // Highest score, sum of exp(score − highest) and of values by it, of the first four queries and of the others.
    var p_highest = vec4<f32>(LOWEST); var p_total = vec4<f32>(0.0);
    var q_highest = vec4<f32>(LOWEST); var q_total = vec4<f32>(0.0);
    var a0 = mat4x4<f32>(); var a1 = mat4x4<f32>(); var a2 = mat4x4<f32>(); var a3 = mat4x4<f32>();
    var b0 = mat4x4<f32>(); var b1 = mat4x4<f32>(); var b2 = mat4x4<f32>(); var b3 = mat4x4<f32>();

    let bias0 = head * params.length;
    let end = select(0u, min(first + 8u, params.length), first < params.length);
    for (var j = 0u; j < end; j += 4u) {
        let at = (row0 + min(j + ramp, last)) * (3u * quads) + (quads + head * 4u);
        let k0 = transpose(four(at, 0u));
        let k1 = transpose(four(at, 1u));
        let k2 = transpose(four(at, 2u));
        let k3 = transpose(four(at, 3u));
        let d = i32(first) - i32(j);
        let near = vec4<f32>(bias_at(bias0, d - 3), bias_at(bias0, d - 2), bias_at(bias0, d - 1), bias_at(bias0, d));
        let next = vec4<f32>(bias_at(bias0, d + 1), bias_at(bias0, d + 2), bias_at(bias0, d + 3), bias_at(bias0, d + 4));
        let far = vec3<f32>(bias_at(bias0, d + 5), bias_at(bias0, d + 6), bias_at(bias0, d + 7));
        var s = toeplitz(near, next.xyz) + k0 * p0 + k1 * p1 + k2 * p2 + k3 * p3;
        var t = toeplitz(next, far) + k0 * q0 + k1 * q1 + k2 * q2 + k3 * q3;
        // The first four keys include key 0, which no query is barred from: from there on the highest is a score, and
        // exp(LOWEST − highest) is 0.
        let p_new = max(p_highest, largest(s));
        let q_new = max(q_highest, largest(t));
        let p_shrink = exp(p_highest - p_new);
        let q_shrink = exp(q_highest - q_new);
        s = weights(s, p_new);
        t = weights(t, q_new);
        p_total = p_total * p_shrink + sum(s);
        q_total = q_total * q_shrink + sum(t);
        p_highest = p_new;
        q_highest = q_new;
        let v0 = four(at, quads);
        a0 = scaled(a0, p_shrink) + v0 * s; b0 = scaled(b0, q_shrink) + v0 * t;
        let v1 = four(at, quads + 1u);
        a1 = scaled(a1, p_shrink) + v1 * s; b1 = scaled(b1, q_shrink) + v1 * t;
        let v2 = four(at, quads + 2u);
        a2 = scaled(a2, p_shrink) + v2 * s; b2 = scaled(b2, q_shrink) + v2 * t;
        let v3 = four(at, quads + 3u);
        a3 = scaled(a3, p_shrink) + v3 * s; b3 = scaled(b3, q_shrink) + v3 * t;
    }

    let o_at = (row0 + first) * quads + head * 4u;
    put(first, o_at, p_total.x, a0[0], a1[0], a2[0], a3[0]);
    put(first + 1u, o_at + quads, p_total.y, a0[1], a1[1], a2[1], a3[1]);
    put(first + 2u, o_at + 2u * quads, p_total.z, a0[2], a1[2], a2[2], a3[2]);
    put(first + 3u, o_at + 3u * quads, p_total.w, a0[3], a1[3], a2[3], a3[3]);
    put(first + 4u, o_at + 4u * quads, q_total.x, b0[0], b1[0], b2[0], b3[0]);
    put(first + 5u, o_at + 5u * quads, q_total.y, b0[1], b1[1], b2[1], b3[1]);
    put(first + 6u, o_at + 6u * quads, q_total.z, b0[2], b1[2], b2[2], b3[2]);
    put(first + 7u, o_at + 7u * quads, q_total.w, b0[3], b1[3], b2[3], b3[3]);
}
