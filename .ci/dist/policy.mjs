// What the pages forbid themselves, and what hosts are asked to say of the files.
import { ROOT, fail, text } from "./files.mjs";

// SITE stands for the origin of the page's address, which 'self' is not everywhere: a frame with `sandbox="allow-scripts"`
// has no origin of its own, and WebKit takes 'self' for that one, so that nothing of the site would be let in.
const POLICY = [
  "default-src SITE", "script-src SITE 'wasm-unsafe-eval'", "style-src SITE 'unsafe-inline'",
  "img-src SITE data: blob:", "object-src 'none'", "base-uri SITE", "form-action 'none'",
].join("; ");

/** Sets the policy as soon as the page is parsed: only its reader's browser knows the address. */
const SET = `{
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = ${JSON.stringify(POLICY)}.replaceAll("SITE", location.origin);
  document.head.append(policy);
}`;

/** The page under the content policy. */
export function strict(html, head = text(ROOT, "assets/head.js")) {
  if (html.includes("Content-Security-Policy")) fail("index.html is already finished: run 'make dist', which builds it anew.");
  const tags = html.replace(/>[^<]*/g, ">");
  if (/\son[a-z]+\s*=\s*"/.test(tags)) fail("index.html has an inline event handler, which the content policy refuses: move it into Rust.");
  let found = "";
  const rest = html.replace(/<script\b([^>]*)>([\s\S]*?)<\/script>/g, (tag, attributes, body) => {
    if (!body.trim() || /type="application\/(?:ld\+)?json"/.test(attributes)) return tag;
    if (body.trim() !== head.trim()) fail("index.html has an inline script, which the content policy refuses: make it a file in assets/.");
    found = body.trim();
    return "";
  });
  if (!found) fail("index.html does not hold assets/head.js as an inline script.");
  // A frame without an origin of its own refuses what carries a hash; and trunk's are of the files before optimisation.
  const plain = rest.replace(/\s(?:data-)?integrity="[^"]*"/g, "");
  const script = `<script>${found}\n${SET}</script>`;
  // After the character set, before anything that loads.
  const placed = plain.replace(/<meta\s+charset[^>]*>/i, (charset) => `${charset}${script}`);
  if (!placed.includes(script)) fail("index.html has no <meta charset> to put the content policy after.");
  return placed;
}

/**
 * The file `_headers`, read by Netlify and Cloudflare Pages, which join what several rules say of one header: no file
 * may get its Cache-Control from two. Any site may frame a figure; one that isolates itself may, too.
 */
export const HEADERS = `/*
  Access-Control-Allow-Origin: *
  Cross-Origin-Resource-Policy: cross-origin
  Cross-Origin-Embedder-Policy: require-corp
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer

/assets/*
  Cache-Control: public, max-age=31536000, immutable

${["/", "/index.html", "/404.html", "/embed/*", "/embed.js", "/sw.js"].map((path) => `${path}\n  Cache-Control: no-cache\n`).join("\n")}
/pictures/*
  Cache-Control: public, max-age=86400
`;

/** Rules of a `_headers` file: a path that may end with `*`, and its headers. */
export function parseHeaders(text) {
  const rules = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (!line.trim() || line.trim().startsWith("#")) continue;
    const [, name, value] = /^\s+([A-Za-z-]+):\s*(\S.*)$/.exec(line) ?? [];
    if (/^\/[^\s*]*\*?$/.test(line)) rules.push({ path: line, headers: [] });
    else if (name && rules.length) rules.at(-1).headers.push([name, value.trim()]);
    else throw new Error(`_headers, line ${index + 1} is neither a path nor a header: ${line}`);
  }
  return rules;
}

/** What these rules say of a file: `path` begins with `/`. A header that two rules give is joined, as hosts do. */
export function headersFor(rules, path) {
  const headers = {};
  for (const rule of rules) {
    const matches = rule.path.endsWith("*") ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path;
    for (const [name, value] of matches ? rule.headers : []) headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
