// <alibi-figure figure="slopes" heads="12" theme="dark">: that figure of the site this script lies on, in a frame as
// high as what it shows. Attributes beyond `figure` are settings, as in the address of the full page.
(() => {
  // Known only while a plain script runs, not a module; others name their scripts embed.js, too, so none is guessed.
  const script = document.currentScript;
  if (!script?.src) return console.error('alibi-figure: load embed.js by <script async src="https://…/embed.js"></script>, not as a module and not as part of another file.');
  const site = new URL(".", script.src);
  // What any element may carry is no setting.
  const OTHER = /^(?:figure|id|class|style|title|lang|dir|hidden|slot|part|is|role|tabindex|nonce|data-.*|aria-.*|on.*)$/;

  class AlibiFigure extends HTMLElement {
    #frame = document.createElement("iframe");
    #observer = new MutationObserver(() => this.#show());

    connectedCallback() {
      Object.assign(this.#frame.style, { display: "block", width: "100%", height: "600px", border: "0" });
      this.#frame.loading = "lazy";
      this.#frame.allow = "clipboard-write";
      this.style.display ||= "block";
      this.append(this.#frame);
      this.#observer.observe(this, { attributes: true, childList: true });
      this.#show();
      addEventListener("message", this);
    }

    disconnectedCallback() {
      removeEventListener("message", this);
      this.#observer.disconnect();
      this.#frame.remove();
    }

    #show() {
      // What stands here for browsers without this script; some of it may be parsed only after the script has run.
      for (const other of [...this.childNodes]) if (other !== this.#frame) other.remove();
      const figure = this.getAttribute("figure") ?? "extrapolation";
      const url = new URL(`embed/${encodeURIComponent(figure)}/?v=1`, site);
      for (const { name, value } of this.attributes) if (!OTHER.test(name)) url.searchParams.set(name, value);
      this.#frame.title = this.title || `Interactive figure: ${figure}`;
      // Setting an address loads it again, be it the same.
      if (this.#frame.src === url.href) return;
      if (this.#frame.src) {
        // Another address in the same frame would be a step of the host's history.
        const before = this.#frame;
        this.#frame = before.cloneNode();
        this.#frame.src = url.href;
        before.replaceWith(this.#frame);
      } else {
        this.#frame.src = url.href;
      }
    }

    handleEvent({ source, data }) {
      // A frame may be without an origin, so only the sender tells.
      if (source !== this.#frame.contentWindow || data?.type !== "alibi:height" || data.v !== 1) return;
      if (Number.isFinite(data.height)) this.#frame.style.height = `${Math.min(Math.max(data.height, 50), 20_000)}px`;
    }
  }
  if (!customElements.get("alibi-figure")) customElements.define("alibi-figure", AlibiFigure);
})();
