// Runs while the page is parsed, before anything of it is drawn: what its address says of how it looks at first.
{
  const { searchParams } = new URL(location);
  const root = document.documentElement;
  // A figure alone: the article around it is not shown.
  if (searchParams.has("embed")) root.classList.add("alone");
  const theme = searchParams.get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  /** Time after which figures that have not started are said to be late, ms. */
  const LATE = 30_000;
  const script = () => document.querySelector("script[data-wasm]");
  /** Fetches what starts the figures past every cache. */
  globalThis.alibiAnew = () => {
    const { src, dataset: { js, wasm, modules } } = script();
    const anew = (path) => fetch(new URL(path, document.baseURI), { cache: "reload", signal: AbortSignal.timeout(LATE / 3) });
    return Promise.allSettled([src, js, wasm, ...(modules ? [modules] : [])].map(async (path) => (await anew(path)).arrayBuffer()));
  };
  /** Says that the figures do not start, with a button: what starts them is fetched past every cache, and the page anew. */
  globalThis.alibiUnstarted = (why) => {
    const boot = document.getElementById("boot");
    // It is gone once they have.
    if (!boot) return;
    boot.className = "said";
    boot.setAttribute("role", "alert");
    boot.textContent = `${why} `;
    const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Try again" });
    again.dataset.testid = "start-again";
    again.addEventListener("click", async () => {
      again.disabled = true;
      again.textContent = "Trying again…";
      await alibiAnew();
      location.reload();
    });
    boot.append(again);
    boot.scrollIntoView({ block: "nearest" });
  };
  const gone = () => alibiUnstarted("The figures of this page could not start: their script did not arrive as it was published.");
  addEventListener("error", ({ target }) => target instanceof HTMLScriptElement && target === script() && gone(), true);
  setTimeout(() => {
    if (document.getElementById("boot")?.className === "said") return;
    alibiUnstarted(`The figures of this page have not started after ${LATE / 1000} seconds. The line may be slow, or the server may not answer.`);
  }, LATE);
}
