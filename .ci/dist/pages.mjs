// What a page's address cannot vary on a static host: title, social preview, oEmbed, and a picture for readers without
// JavaScript. One page per figure of assets/figures.json, at embed/ID/, made from the finished index.html.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, fail, text } from "./files.mjs";

/** The width for which assets/figures.json gives heights, and the size of the pictures. */
const WIDTH = 760;
export const PICTURE = { width: 1200, height: 630 };
// As src/ui/page/words.rs has it: where the article has the name of a part.
const OUTLINE = "One figure of it";
const PAPER = "https://arxiv.org/abs/2108.12409";
const ONE_DAY = 86_400;

const CHARACTERS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const quote = (words) => words.replace(/[&<>"]/g, (c) => CHARACTERS[c]);
const picture = (figure) => `pictures/${figure.id}.png`;

/** The registry's figures, as a test of the registry holds them. */
export const figures = () => JSON.parse(text(ROOT, "assets/figures.json"));

/** The address the site will have, with a final slash, or "" where none was given. */
export function checkBase(address = "") {
  if (address && !/^https?:\/\/[^\s"'<>?#]+$/.test(address)) fail(`BASE_URL is "${address}": give the whole address, such as https://example.org/alibi/.`);
  return address && !address.endsWith("/") ? `${address}/` : address;
}

/** Replaces what stands once in the page. */
function replaced(html, what, by) {
  if (!what.test(html)) fail(`index.html has nothing like ${what}, which .ci/dist/pages.mjs replaces.`);
  return html.replace(what, () => by);
}

/** Tags of a social preview. `base` may be empty: then those that need a whole address are left out. */
function preview({ title, description, site, path, picture, alt, base }) {
  const property = (name, content) => `<meta property="og:${name}" content="${quote(String(content))}">`;
  return [
    ...(base ? [`<link rel="canonical" href="${base}${path}">`, property("url", base + path)] : []),
    property("type", "website"), property("site_name", site), property("title", title), property("description", description),
    ...(base && picture
      ? [property("image", base + picture), property("image:width", PICTURE.width), property("image:height", PICTURE.height),
        property("image:alt", alt), '<meta name="twitter:card" content="summary_large_image">']
      : ['<meta name="twitter:card" content="summary">']),
  ].join("");
}

/** The place of a figure in the article: its title and picture, until the figure is drawn there. */
function place(html, { id }) {
  const found = new RegExp(`<div class="place" data-place="${id}"[^>]*>[\\s\\S]*?</figure>\\s*</div>`).exec(html);
  return found?.[0] ?? fail(`index.html has no place for the figure ${id}: see assets/figures.json.`);
}

/** Everything of the article, up to the page's end. */
const ARTICLE = /<div id="article">[\s\S]*<\/div>(?=\s*<\/body>)/;
const FONT = /<link rel="preload"[^>]*\bas="font"[^>]*>/g;
const HEAD = /<\/head>/;
const TITLE = /<title>([^<]*)<\/title>/;
const DESCRIPTION = /<meta name="description" content="([^"]*)">/;

/** Where the page names its own address, to be cited by (src/ui/page/texts/cite.html). */
const ADDRESS = "<!-- address -->";

/** What search engines and reference managers read: what this is, and of which paper it tells. */
export function linkedData(site, description, base) {
  const person = (name) => ({ "@type": "Person", name });
  const data = {
    "@context": "https://schema.org", "@type": "LearningResource", name: site, description, inLanguage: "en",
    ...(base ? { url: base } : {}),
    learningResourceType: "interactive article", isAccessibleForFree: true, license: "https://spdx.org/licenses/MIT",
    author: { "@type": "Organization", name: "The ALiBi explainer authors" },
    citation: {
      "@type": "ScholarlyArticle",
      name: "Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation",
      author: ["Ofir Press", "Noah A. Smith", "Mike Lewis"].map(person),
      datePublished: "2022",
      isPartOf: { "@type": "CreativeWork", name: "International Conference on Learning Representations (ICLR 2022)" },
      sameAs: [PAPER, "https://openreview.net/forum?id=R8sQPpGCv0"],
    },
  };
  // Nothing in it may end the script.
  return `<script type="application/ld+json">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>`;
}

/** index.html with its preview. */
export function fullPage(html, figure, base, hasPicture) {
  const [, site] = TITLE.exec(html) ?? fail("index.html has no title.");
  const [, description] = DESCRIPTION.exec(html) ?? fail("index.html has no description.");
  const tags = linkedData(site, description, base) + preview({ title: site, description, site, path: "", picture: hasPicture && picture(figure), alt: figure.description, base });
  const address = base ? `,\n  url          = {${quote(base)}}` : "";
  return replaced(html, HEAD, `${tags}</head>`).replace(ADDRESS, () => address);
}

/** The page of one figure. `html` is index.html before `fullPage`. */
export function figurePage(html, figure, base, hasPicture) {
  const [, site] = TITLE.exec(html) ?? fail("index.html has no title.");
  const title = `${figure.title} – ${site}`;
  const path = `embed/${figure.id}/`;
  const shown = { title, description: figure.description, site, path, picture: hasPicture && picture(figure), alt: figure.description, base };
  const oembed = base ? `<link rel="alternate" type="application/json+oembed" href="${base}${path}oembed.json" title="${quote(title)}">` : "";
  const link = `<p class="embed-link"><a href="./#${figure.id}" target="_blank" rel="noopener">${quote(figure.question)}</a></p>`;
  const alone = `<div id="article"><main class="embed"><h1 class="visually-hidden">${quote(site)}</h1><h2 class="visually-hidden">${OUTLINE}</h2><h3 class="visually-hidden">${quote(figure.question)}</h3>${place(html, figure)}${link}</main></div>`;
  // The base before anything that has an address.
  let page = replaced(html, /<meta charset="utf-8">/, '<meta charset="utf-8"><base href="../../">');
  page = replaced(page, TITLE, `<title>${quote(title)}</title><meta name="alibi-embed" content="${figure.id}">`);
  page = replaced(page, DESCRIPTION, `<meta name="description" content="${quote(figure.description)}">`);
  page = replaced(page, ARTICLE, alone);
  // A figure alone has no text to set in it.
  page = page.replace(FONT, "");
  return replaced(page, HEAD, `${preview(shown)}${oembed}</head>`);
}

/** The answer for sites that ask how to show a link to the figure's page. */
export function oembed(figure, site, base, hasPicture) {
  const { id, title, height } = figure;
  const html = `<iframe src="${base}embed/${id}/" width="${WIDTH}" height="${height}" title="${quote(title)}" loading="lazy" style="border:0;width:100%" allow="clipboard-write"></iframe>`;
  const thumbnail = { thumbnail_url: base + picture(figure), thumbnail_width: PICTURE.width, thumbnail_height: PICTURE.height };
  return {
    type: "rich", version: "1.0", title, provider_name: site, provider_url: base, cache_age: ONE_DAY,
    html, width: WIDTH, height, ...(hasPicture ? thumbnail : {}),
  };
}

/**
 * What a host shows where there is no such file. Without it some answer with the page itself, even in place of a script.
 * It may stand for an address of any depth, so that it can name no file by a relative one.
 */
export function missingPage(site, base) {
  const home = base ? `<p><a href="${base}">${quote(site)}</a></p>` : "";
  const style = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto 0;padding:0 1rem}";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">`
    + `<title>Not found – ${quote(site)}</title><style>:root{color-scheme:light dark}${style}</style>`
    + `<h1>There is nothing at this address</h1><p>The name of a figure may be misspelt, or the page may have been renewed since it was opened: reload it.</p>${home}</html>\n`;
}

/** Writes every page. */
export function writePages(dir, base) {
  const html = text(dir, "index.html");
  const site = TITLE.exec(html)?.[1];
  const all = figures();
  const has = (figure) => existsSync(join(dir, picture(figure)));
  for (const figure of all) {
    const folder = join(dir, "embed", figure.id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "index.html"), figurePage(html, figure, base, has(figure)));
    if (base) writeFileSync(join(folder, "oembed.json"), `${JSON.stringify(oembed(figure, site, base, has(figure)))}\n`);
  }
  writeFileSync(join(dir, "404.html"), missingPage(site, base));
  writeFileSync(join(dir, "index.html"), fullPage(html, all[0], base, has(all[0])));
  const without = all.filter((figure) => !has(figure)).map((figure) => figure.id);
  if (without.length) console.log(`No picture of ${without.join(", ")}: 'make pictures' makes them, then build again.`);
  if (!base) console.log("Without BASE_URL: no oEmbed, canonical addresses or preview pictures, which need the site's whole address.");
}
