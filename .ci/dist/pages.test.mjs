// The pages of single figures, made from a small index.html.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT, text } from "./files.mjs";
import { checkBase, figurePage, figures, fullPage, linkedData, missingPage, oembed } from "./pages.mjs";
import { strict } from "./policy.mjs";

const place = (id) => `<div class="place" data-place="${id}" style="--wide: 1px">
<figure class="still" id="${id}"><h4>T</h4><img src="./assets/stills/${id}.webp" alt="D"></figure>
</div>`;
const HTML = strict(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The site</title>
<script>${text(ROOT, "assets/head.js")}</script>
<meta name="description" content="What it is about."><link rel="stylesheet" href="./s.css" integrity="sha384-x" data-integrity="none"/>
<script type="module" src="./start.js"></script></head>
<body><div id="page"></div><noscript><p class="no-script">Needs JavaScript.</p></noscript>
<div id="article"><div class="prose">Words</div>${place("bias")}${place("slopes")}</div>
</body></html>`);
const FIGURE = { id: "slopes", title: `A "sharp" <title>`, question: "Who & why?", description: `He said "so" & left.`, height: 640 };
const BASE = "https://example.org/alibi/";

const meta = (html) => Object.fromEntries(
  [...html.matchAll(/<meta (?:property|name)="([^"]+)" content="([^"]*)">/g)].map(([, name, content]) => [name, content]));

test("a page without a base names no whole address", () => {
  for (const html of [figurePage(HTML, FIGURE, "", true), fullPage(HTML, FIGURE, "", true)]) {
    assert.doesNotMatch(html, /og:image|og:url|canonical|oembed/);
    assert.equal(meta(html)["twitter:card"], "summary");
    // The paper's address is no address of the site.
    const own = html.replace(/<a [^>]*>/g, "").replace(/<script type="application\/ld\+json">.*?<\/script>/, "");
    assert.doesNotMatch(own, /https?:/);
  }
});

test("a figure's page says what it is, to previews and to oEmbed", () => {
  const html = figurePage(HTML, FIGURE, BASE, true);
  const tags = meta(html);
  assert.match(html, /<title>A &quot;sharp&quot; &lt;title&gt; – The site<\/title>/);
  assert.equal(tags["alibi-embed"], "slopes");
  assert.equal(tags.description, "He said &quot;so&quot; &amp; left.");
  assert.equal(tags["og:description"], tags.description);
  assert.equal(tags["og:title"], "A &quot;sharp&quot; &lt;title&gt; – The site");
  assert.equal(tags["og:url"], `${BASE}embed/slopes/`);
  assert.equal(tags["og:image"], `${BASE}pictures/slopes.png`);
  assert.deepEqual([tags["og:image:width"], tags["og:image:height"]], ["1200", "630"]);
  assert.equal(tags["twitter:card"], "summary_large_image");
  assert.ok(html.includes(`<link rel="canonical" href="${BASE}embed/slopes/">`));
  assert.ok(html.includes(`<link rel="alternate" type="application/json+oembed" href="${BASE}embed/slopes/oembed.json"`));
});

/** What the page says of itself to machines. */
const linked = (html) => JSON.parse(/<script type="application\/ld\+json">(.*?)<\/script>/.exec(html)[1]);

test("the page says which paper it is about, and how it is cited itself", () => {
  const cited = HTML.replace("Words", "year = {2026}<!-- address -->");
  const [without, full] = ["", BASE].map((base) => fullPage(cited, FIGURE, base, true));
  for (const html of [without, full]) {
    const { name, description, citation } = linked(html);
    assert.deepEqual([name, description], ["The site", "What it is about."]);
    assert.deepEqual(citation.author.map((a) => a.name), ["Ofir Press", "Noah A. Smith", "Mike Lewis"]);
    assert.ok(citation.sameAs.includes("https://arxiv.org/abs/2108.12409"));
  }
  assert.deepEqual([linked(without).url, linked(full).url], [undefined, BASE]);
  assert.ok(full.includes(`year = {2026},\n  url          = {${BASE}}`) && without.includes("year = {2026}</div>"));
  const odd = linkedData("</script><b>", "", "");
  assert.equal(odd.match(/</g).length, 2);
  assert.equal(linked(odd).name, "</script><b>");
  assert.doesNotMatch(figurePage(HTML, FIGURE, BASE, true), /ld\+json/);
});

test("a figure's page finds its files two folders up, under the same policy", () => {
  const html = figurePage(HTML, FIGURE, BASE, true);
  assert.ok(html.indexOf('<base href="../../">') < html.indexOf("href=\"./s.css\""));
  assert.ok(html.indexOf('<base href="../../">') < html.indexOf("Content-Security-Policy"));
  assert.equal(html.match(/Content-Security-Policy/g).length, 1);
  assert.equal(html.match(/<base /g).length, 1);
});

test("before any script and without one, a figure's page has its picture and a way on, and nothing of the article", () => {
  const html = figurePage(HTML, FIGURE, "", true);
  const [, inside] = /<noscript>[\s\S]*<div id="article">([\s\S]*)<\/body>/.exec(html);
  assert.ok(inside.includes(place("slopes")));
  assert.doesNotMatch(inside, /Words|bias/);
  assert.match(inside, /<a href="\.\/#slopes"[^>]*>Who &amp; why\?<\/a>/);
  assert.match(html, /Needs JavaScript/);
  // The text's typeface is fetched for the text.
  const font = '<link rel="preload" href="./f.woff2" as="font" crossorigin>';
  const withFont = HTML.replace("</head>", `${font}</head>`);
  assert.deepEqual([figurePage(withFont, FIGURE, "", true), fullPage(withFont, FIGURE, "", true)].map((page) => page.includes(font)), [false, true]);
  // The full page keeps everything.
  for (const part of [place("bias"), place("slopes"), "Words", "Needs JavaScript"]) assert.ok(fullPage(HTML, FIGURE, "", true).includes(part));
  // No preview picture is better than a broken one.
  assert.doesNotMatch(figurePage(HTML, FIGURE, BASE, false), /og:image/);
});

test("oEmbed answers with a frame and a thumbnail", () => {
  const answer = oembed(FIGURE, "The site", BASE, true);
  assert.equal(answer.type, "rich");
  assert.equal(answer.version, "1.0");
  assert.deepEqual([answer.width, answer.height], [760, 640]);
  assert.equal(answer.title, FIGURE.title);
  assert.match(answer.html, /^<iframe src="https:\/\/example\.org\/alibi\/embed\/slopes\/" width="760" height="640" title="A &quot;sharp&quot; &lt;title&gt;"[^>]*><\/iframe>$/);
  assert.equal(answer.thumbnail_url, `${BASE}pictures/slopes.png`);
  assert.ok(!("thumbnail_url" in oembed(FIGURE, "The site", BASE, false)));
});

test("a base is a whole address and ends with a slash", () => {
  assert.equal(checkBase(""), "");
  assert.equal(checkBase("https://example.org/alibi"), BASE);
  assert.equal(checkBase(BASE), BASE);
});

test("every figure has what its page says", () => {
  const all = figures();
  assert.ok(all.length >= 14);
  for (const { id, title, question, description, height } of all) {
    assert.match(id, /^[a-z-]+$/);
    for (const words of [title, question, description]) assert.ok(words.length > 5, id);
    // Longer ones are cut off in previews.
    assert.ok(description.length <= 200, `${id}: ${description.length} characters`);
    assert.ok(height >= 200 && height <= 2000, id);
  }
});

test("what a host shows for a missing file needs no other file", () => {
  for (const html of [missingPage("The <site>", ""), missingPage("The <site>", BASE)]) {
    assert.doesNotMatch(html, /<script|<link|src=|The <site>/);
    assert.match(html, /Not found – The &lt;site&gt;/);
  }
  assert.ok(missingPage("S", BASE).includes(`<a href="${BASE}">S</a>`));
  assert.doesNotMatch(missingPage("S", ""), /<a /);
});
