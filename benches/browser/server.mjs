// One origin for everything that the benchmark's page loads: the built site, the benchmark's own files, the peer's
// distribution, and graphs exported when they are asked for.
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fileNames } from "../../.ci/dist/names.mjs";
import { exportAttention, exportDecoder } from "./export.mjs";
import { readModel } from "./safetensors.mjs";
import { slopes } from "./tables.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
  ".wasm": "application/wasm", ".json": "application/json",
};

/** The file that a path below a prefix names, or null; nothing outside of `folder`. */
function fileIn(folder, path) {
  const file = normalize(join(folder, path));
  return (file + sep).startsWith(folder + sep) && existsSync(file) && statSync(file).isFile() ? file : null;
}

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
  const folders = {
    site: dist,
    bench: HERE,
    peer: join(HERE, "node_modules", "onnxruntime-web", "dist"),
    kernels: join(HERE, "..", "..", "target", "wasm32-unknown-unknown", "release"),
  };
  // The site's own names change with the contents; here its files go by those of the sources as well.
  const siteNames = fileNames(dist);
  const answer = (request, response) => {
    const send = (status, type, body) => {
      response.writeHead(status, { "Content-Type": type, "Content-Length": body.length, "Cache-Control": "no-store" });
      response.end(body);
    };
    try {
      const [, prefix, rest] = /^\/([a-z]+)\/(.*)$/.exec(decodeURIComponent(new URL(request.url, "http://localhost").pathname)) ?? [];
      const named = prefix === "site" && siteNames[rest];
      if (named) return response.writeHead(302, { Location: `/site/${named}` }).end();
      const file = folders[prefix] && fileIn(folders[prefix], rest);
      if (file) return send(200, TYPES[extname(file)] ?? "application/octet-stream", readFileSync(file));
      const graph = prefix === "onnx" && exported(dist, manifest, rest);
      if (graph) return send(200, "application/octet-stream", graph);
      // A browser asks for an icon by itself; anything else missing is a mistake that the page will report.
      send(404, "text/plain", "not found");
    } catch (error) {
      send(500, "text/plain", String(error.message));
    }
  };
  const server = createServer(answer);
  await new Promise((resolve, reject) => server.on("error", reject).listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}
