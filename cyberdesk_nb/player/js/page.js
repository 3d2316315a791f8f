
// In an exported page: the recording stands in the page, and this answers in the kernel's place.

class PageModel {
  #recording;
  #state;
  #listeners = new Map();

  constructor(recording) {
    this.#recording = recording;
    this.#state = { ...recording.state };
  }

  get(name) {
    return this.#state[name];
  }

  set(name, value) {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    this.#emit(`change:${name}`);
  }

  save_changes() {}

  on(name, callback) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), callback]);
  }

  off(name, callback) {
    this.#listeners.set(name, (this.#listeners.get(name) ?? []).filter((one) => one !== callback));
  }

  send(message) {
    queueMicrotask(() => this.#answer(message));
  }

  #emit(name, ...values) {
    for (const callback of this.#listeners.get(name) ?? []) callback(...values);
  }

  #answer({ kind, positions, size }) {
    if (kind === "open") this.#emit("msg:custom", { kind: "story", story: this.#recording.story }, []);
    for (const position of kind === "pictures" ? positions : []) {
      const place = this.#recording.positions[position];
      const { base64, ...head } = this.#recording.pictures[place] ?? place ?? {};
      const bytes = base64 ? [Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))] : [];
      this.#emit("msg:custom", { kind: "picture", position, size, ...head }, bytes);
    }
  }
}

const page = new PageModel(JSON.parse(document.getElementById("recording").textContent));
const widget = createWidget();
widget.initialize({ model: page });
widget.render({ model: page, el: document.getElementById("player") });
