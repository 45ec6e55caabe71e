// What a browser reports of a visit: largest contentful paint, layout shifts while the whole page is scrolled, bytes over
// the wire before the first click, the slowest answer to an input. The browser tests hold them to bounds and write
// them down.

/** Opens `url` anew and scrolls to its end; LCP in ms, CLS, bytes received until the page came to rest before scrolling. */
export async function vitals(page, url) {
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  await client.send("Network.clearBrowserCache");
  let bytes = 0;
  client.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.addInitScript(() => {
    window.seen = { lcp: 0, cls: 0, slowest: 0 };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.seen.lcp = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.cls += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.seen.slowest = Math.max(window.seen.slowest, entry.duration);
    }).observe({ type: "event", durationThreshold: 16, buffered: true });
  });
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll("figure[data-figure] table tbody tr").length > 0);
  await page.waitForLoadState("networkidle");
  const before = bytes;
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < height; y += 500) {
    await page.mouse.move(700, 400);
    await page.mouse.wheel(0, 500);
    await page.waitForTimeout(60);
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForTimeout(300);
  const { lcp, cls } = await page.evaluate(() => window.seen);
  return { lcp, cls, bytes: before };
}

/** Uses controls of several figures by pointer and keyboard; ms from the slowest input to its next frame. */
export async function interactions(page) {
  const figure = (id) => page.locator(`figure[data-figure="${id}"]`);
  const use = async (locator, key) => {
    await locator.scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    await page.evaluate(() => (window.seen.slowest = Math.max(window.seen.slowest, 0)));
    if (key) await locator.press(key);
    else await locator.click();
    await page.waitForTimeout(150);
  };
  await use(figure("opening").getByTestId("opening-length"), "ArrowRight");
  await use(figure("opening").getByTestId("opening-guess"));
  await use(figure("opening").getByTestId("opening-guess"));
  await use(figure("extrapolation").locator(".tick").first());
  await use(figure("extrapolation").locator("canvas"), "ArrowRight");
  await use(figure("slopes").getByTestId("heads-slider"), "ArrowRight");
  await use(figure("bias").getByTestId("length-slider"), "End");
  await use(figure("bias").getByTestId("view").locator("label").last());
  await use(figure("perplexity").locator(".tick").first());
  await use(figure("what-if").locator("select").first(), "ArrowDown");
  await use(figure("attention").locator(".sentence button").first());
  return page.evaluate(() => window.seen.slowest);
}
