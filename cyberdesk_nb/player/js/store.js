// What all views of one player share: the recording, its pictures, and the clock that plays it.

const STEP_MS = 1200;
const PATIENCE_MS = 5000;

/** The state of one player. Views are objects with `rebuild()`, `refresh()`, `pictured(position, size)`, `notice(text)`. */
function createStore() {
  const views = new Set();
  let model = null;
  let timer = 0;
  let edition; // which recording of this player the story tells; pictures of an earlier one may still arrive
  const pictures = new Pictures(
    (positions, size) => model.send({ kind: "pictures", positions, size }),
    (position, size) => views.forEach((view) => view.pictured(position, size)),
  );
  const store = { story: null, pictures, attach, open, close, get, set, go, play };

  function get(name) {
    return model.get(name);
  }

  function set(name, value) {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  }

  function go(step) {
    const last = (store.story?.steps.length ?? 0) - 1;
    if (last >= 0) set("step", Math.max(0, Math.min(step, last)));
  }

  function play(on) {
    const last = store.story ? store.story.steps.length - 1 : 0;
    if (on && get("step") >= last) go(0);
    set("playing", on && last > 0);
  }

  /** Whether the next step's screen is there to be shown, or is known not to come. */
  function ready(step) {
    const row = store.story?.steps[step];
    const entry = row?.picture === null ? null : pictures.get(row?.picture);
    return entry === null || entry?.state === "ready" || entry?.state === "missing";
  }

  function schedule() {
    clearTimeout(timer);
    timer = get("playing") ? setTimeout(tick, STEP_MS / get("speed"), 0) : 0;
  }

  function tick(waited_ms) {
    const next = get("step") + 1;
    if (!store.story || next >= store.story.steps.length) return set("playing", false);
    pictures.want([store.story.steps[next].picture]);
    if (!ready(next) && waited_ms < PATIENCE_MS) {
      timer = setTimeout(tick, 50, waited_ms + 50);
      return undefined;
    }
    go(next);
    if (next === store.story.steps.length - 1) return set("playing", false);
    return schedule();
  }

  function onMessage(content, buffers) {
    if (content?.kind === "picture" && content.edition === edition) pictures.receive(content, buffers);
    if (content?.kind === "notice") views.forEach((view) => view.notice(content.text));
    if (content?.kind === "story") {
      pictures.forget();
      store.story = content.story;
      edition = content.edition;
      views.forEach((view) => view.rebuild());
    }
  }

  /** Called once per player; returns what undoes it. */
  function attach(newModel) {
    model = newModel;
    model.on("msg:custom", onMessage);
    model.on("change:playing", schedule);
    model.on("change:speed", schedule);
    return () => {
      model.off("msg:custom", onMessage);
      model.off("change:playing", schedule);
      model.off("change:speed", schedule);
      stop();
    };
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    pictures.clear();
  }

  function open(view) {
    views.add(view);
    if (store.story) view.rebuild();
    else model.send({ kind: "open" });
    schedule();
  }

  function close(view) {
    views.delete(view);
    if (views.size === 0) stop();
  }

  return store;
}
