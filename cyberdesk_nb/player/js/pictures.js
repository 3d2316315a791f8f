// Pictures that came from the kernel, as object URLs: asked for once, bounded in bytes, revoked when dropped.

const PICTURE_BYTES = 64e6;
const FIRST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 30_000;

class Pictures {
  #entries = new Map(); // "full:3" -> { state, url, width, height, bytes, reason }; the least recently used first
  #ask;
  #changed;
  #timer = null;
  #pause = FIRST_PAUSE_MS;
  /** Width and height of the last full picture that came: the best guess for one that does not come. */
  lastSize = null;

  constructor(ask, changed) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** The entry of a picture: loading, ready or missing; undefined when it was never asked for. */
  get(position, size = "full") {
    const key = `${size}:${position}`;
    const entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  want(positions, size = "full") {
    const fresh = [...new Set(positions)].filter((position) => position !== null && !this.#entries.has(`${size}:${position}`));
    for (const position of fresh) this.#entries.set(`${size}:${position}`, { state: "loading", bytes: 0 });
    if (fresh.length) this.#ask(fresh, size);
  }

  receive({ position, size, mime, width, height, reason, passing }, buffers) {
    const key = `${size}:${position}`;
    const before = this.#entries.get(key);
    if (before?.state !== "loading" && !before?.asked) return;
    if (buffers?.length) {
      const blob = new Blob([buffers[0]], { type: mime });
      this.#entries.set(key, { state: "ready", url: URL.createObjectURL(blob), width, height, bytes: blob.size });
      if (size === "full") this.lastSize = { width, height };
      this.#pause = FIRST_PAUSE_MS;
      this.#trim(key);
    } else {
      this.#entries.set(key, { state: "missing", reason: reason ?? "The picture did not come.", passing, bytes: 0 });
      if (passing) this.#askLater();
    }
    this.#changed(position, size);
  }

  /** The browser could not draw it after all. */
  spoil(position, size) {
    const key = `${size}:${position}`;
    this.#drop(key);
    this.#entries.set(key, { state: "missing", reason: "The picture is broken: it cannot be decoded.", bytes: 0 });
    this.#changed(position, size);
  }

  retry(position) {
    this.#drop(`full:${position}`);
    this.want([position]);
    this.#changed(position, "full");
  }

  clear() {
    clearTimeout(this.#timer);
    this.#timer = null;
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  /** Another recording follows: its pictures have other sizes, too. */
  forget() {
    this.clear();
    this.lastSize = null;
  }

  /** What may come after all is asked for again, more and more seldom; until it comes, the reason stays in view. */
  #askLater() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
      for (const size of ["full", "small"]) {
        const missing = [...this.#entries].filter(([key, entry]) => key.startsWith(`${size}:`) && entry.passing);
        for (const [, entry] of missing) entry.asked = true;
        if (missing.length) this.#ask(missing.map(([key]) => Number(key.slice(size.length + 1))), size);
      }
    }, this.#pause);
  }

  #trim(newest) {
    let bytes = 0;
    for (const entry of this.#entries.values()) bytes += entry.bytes;
    for (const [key, entry] of [...this.#entries]) {
      if (bytes <= PICTURE_BYTES) return;
      if (key === newest || entry.state !== "ready") continue;
      bytes -= entry.bytes;
      this.#drop(key);
    }
  }

  #drop(key) {
    const entry = this.#entries.get(key);
    if (entry?.url) URL.revokeObjectURL(entry.url);
    this.#entries.delete(key);
  }
}
