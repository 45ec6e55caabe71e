// One origin for everything that the benchmark's page loads: the built site, the benchmark's own files, the peer's
// distribution, and graphs exported when they are asked for.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileNames } from "../../.ci/dist/names.mjs";
import { listen, notFound, plain, send, stop } from "../../end2end/http.mjs";
import { exportAttention, exportDecoder } from "./export.mjs";
import { readModel } from "./safetensors.mjs";
import { slopes } from "./tables.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const BINARY = { "Content-Type": "application/octet-stream" };

/** `decoder/MODEL/SEGMENTS/LENGTH/PROVIDER` or `attention/HEADS/LENGTH/HEAD_DIM`, as the bytes of an .onnx file. */
function exported(dist, manifest, path) {
  const [kind, first, second, third, provider] = path.split("/");
  if (kind === "attention") return exportAttention(slopes(Number(first)), Number(second), Number(third));
  const entry = manifest.models.find((model) => model.id === first);
  if (kind !== "decoder" || !entry) return null;
  return exportDecoder(readModel(readFileSync(join(dist, fileNames(dist)[entry.file]))), Number(second), Number(third), provider);
}

/** Starts the server on a free loopback port; `dist` is the absolute path of the built site. */
export async function serve(dist, manifest) {
  // The site's own names change with the contents; here its files go by those of the sources as well.
  const names = fileNames(dist);
  const site = plain(dist);
  const server = await listen({
    "/site/": (path, request, response) =>
      path in names ? response.writeHead(302, { Location: `/site/${names[path]}` }).end() : site(path, request, response),
    "/bench/": plain(HERE),
    "/peer/": plain(join(HERE, "node_modules", "onnxruntime-web", "dist")),
    "/jax/": plain(join(HERE, "node_modules", "@jax-js", "jax", "dist")),
    "/kernels/": plain(join(HERE, "..", "..", "target", "wasm32-unknown-unknown", "release")),
    "/onnx/": (path, _, response) => {
      const graph = exported(dist, manifest, path);
      return graph ? send(response, graph, BINARY) : notFound(response);
    },
  });
  return { origin: server.origin, close: () => stop(server) };
}
