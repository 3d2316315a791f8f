// Pictures that came from the kernel, as object URLs: asked for once, bounded in bytes, revoked when dropped.

const PICTURE_BYTES = 64e6;

class Pictures {
  #entries = new Map(); // "full:3" -> { state, url, width, height, bytes, reason }; the least recently used first
  #ask;
  #changed;
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
    if (this.#entries.get(key)?.state !== "loading") return;
    if (buffers?.length) {
      const blob = new Blob([buffers[0]], { type: mime });
      this.#entries.set(key, { state: "ready", url: URL.createObjectURL(blob), width, height, bytes: blob.size });
      if (size === "full") this.lastSize = { width, height };
      this.#trim(key);
    } else {
      this.#entries.set(key, { state: "missing", reason: reason ?? "The picture did not come.", passing, bytes: 0 });
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
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  /** Another recording follows: its pictures have other sizes, too. */
  forget() {
    this.clear();
    this.lastSize = null;
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
