// A stand-in for the widget model: keeps traits, counts listeners, answers messages from the data in the page.
// While `holding`, requests for pictures are kept instead of answered, so that a test can look at the time in between.

export class StubModel {
  constructor(data) {
    this.data = data;
    this.state = { ...data.state };
    this.listeners = [];
    this.sent = [];
    this.held = [];
    this.holding = data.holding;
    this.edition = 1;
  }

  get(name) { return this.state[name]; }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    this.emit(`change:${name}`);
  }

  save_changes() {}

  on(name, callback) { this.listeners.push({ name, callback }); }

  off(name, callback) { this.listeners = this.listeners.filter((item) => item.name !== name || item.callback !== callback); }

  emit(name, ...args) { for (const item of [...this.listeners]) if (item.name === name) item.callback(...args); }

  send(message) {
    this.sent.push(message);
    if (this.holding && message.kind === "pictures") this.held.push(message);
    else setTimeout(() => this.answer(message));
  }

  release() {
    this.holding = false;
    for (const message of this.held.splice(0)) this.answer(message);
  }

  answer(message) {
    if (message.kind === "open") this.emit("msg:custom", { kind: "story", edition: this.edition, story: this.data.story }, []);
    for (const position of message.kind === "pictures" ? message.positions : []) {
      const { base64, ...head } = this.data.pictures[message.size][position] ?? { reason: "No such picture." };
      const buffers = base64 ? [Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))] : [];
      this.emit("msg:custom", { kind: "picture", edition: this.edition, position, size: message.size, ...head }, buffers);
    }
  }
}
