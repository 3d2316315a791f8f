// One view of a player: puts the parts together, and gives them the keys and the model's changes.

let players = 0;
const SPEEDS = [0.5, 1, 2, 4, 8];
const VIEWS = { before: "Before", after: "After", changes: "Changes" };

function createView(store, model, el) {
  const id = `cdp-${(players += 1)}`;
  const frame = createFrame("cdp", "Trajectory player", "Waiting for the kernel. Without one, run the cell again.");
  const { root, live } = frame;
  const stage = createStage(store);
  const list = createList(store, id);
  const details = createDetails(store);
  const strip = createStrip(store, frame.signal);
  const bar = createBar(store);
  const head = createHead(store, frame.fullScreen);
  frame.fill(head.node, strip.node, h("div", { class: "cdp-body" }, list.node, stage.node, bar.node, details.node));
  const view = { rebuild, refresh, pictured, notice: frame.say };

  function rebuild() {
    frame.ready(store.story.title);
    root.classList.toggle("cdp-empty", store.story.steps.length === 0);
    for (const part of [list, strip, head, bar]) part.build();
    refresh();
  }

  function refresh() {
    if (!store.story) return;
    const index = Math.max(0, Math.min(store.get("step"), store.story.steps.length - 1));
    for (const part of [list, strip, details, bar]) part.show(index);
    head.show(stage.show(index));
    const row = store.story.steps[index];
    if (row && !store.get("playing")) live.textContent = `${stepName(row, index)}, ${index + 1} of ${store.story.steps.length}`;
  }

  function pictured(position, size) {
    if (size === "small") strip.pictured(position);
    if (size === "small" && store.pictures.get(position)?.state !== "loading") return;
    const index = Math.max(0, store.get("step"));
    const row = store.story?.steps[index];
    if (row && (position === row.picture || position === row.after)) head.show(stage.show(index));
  }

  const unmount = frame.mount(el, model, {
    traits: ["step", "view", "space", "playing", "speed"],
    refresh,
    action: (key) => keyAction(key, store, frame.fullScreen),
    isNative: (target, key) => target.matches("select")
      || (target.matches("button") && isPress(key)) || (target.matches(".cdp-details") && isScroll(key)),
  });
  store.open(view);

  return () => {
    unmount();
    store.close(view);
  };
}

function keyAction(key, store, fullScreen) {
  const step = store.get("step");
  const actions = {
    ArrowLeft: () => store.go(step - 1), ArrowUp: () => store.go(step - 1),
    ArrowRight: () => store.go(step + 1), ArrowDown: () => store.go(step + 1),
    PageUp: () => store.go(step - 10), PageDown: () => store.go(step + 10),
    Home: () => store.go(0), End: () => store.go(Infinity),
    " ": () => store.play(!store.get("playing")), k: () => store.play(!store.get("playing")),
    e: () => jump(store, isFailed, 1), E: () => jump(store, isFailed, -1),
    a: () => jump(store, isAgent, 1), A: () => jump(store, isAgent, -1),
    b: () => cycleView(store), f: fullScreen,
  };
  return actions[key];
}

const isFailed = (row) => row.failed;
const isAgent = (row) => row.origin === "agent";

/** Goes to the next (or previous) step of a kind, around the end if need be. */
function jump(store, wanted, direction) {
  const steps = store.story?.steps ?? [];
  for (let n = 1; n <= steps.length; n += 1) {
    const index = (store.get("step") + direction * n + steps.length * 2) % steps.length;
    if (wanted(steps[index])) return store.go(index);
  }
  return undefined;
}

function cycleView(store) {
  const names = Object.keys(VIEWS);
  store.set("view", names[(names.indexOf(store.get("view")) + 1) % names.length]);
}

function createHead(store, fullScreen) {
  const title = h("bdi", { class: "cdp-title" });
  const status = h("span", { class: "cdp-status" });
  const counts = h("span", { class: "cdp-counts" });
  const space = h("select", { class: "cdp-select", "aria-label": "What coordinates count" });
  const size = h("span", { class: "cdp-size" });
  const views = h("div", { class: "cdp-views", role: "group", "aria-label": "Screen shown" }, ...Object.entries(VIEWS).map(([name, text]) => {
    const button = h("button", { type: "button", "data-view": name, text, title: `${text} (B goes on)` });
    button.addEventListener("click", () => store.set("view", name));
    return button;
  }));
  space.addEventListener("change", () => store.set("space", space.value));
  const node = h("header", { class: "cdp-head" }, title, status, counts, h("span", { class: "cdp-gap" }), size, space, views,
    iconButton("full", "Full screen", "F", fullScreen));

  function build() {
    const { story } = store;
    title.textContent = story.title;
    title.title = story.title;
    status.textContent = story.status ?? "";
    status.className = `cdp-status cdp-status-${/^[a-z_]+$/.test(story.status ?? "") ? story.status : "none"}`;
    status.title = story.errors.join("\n");
    toggle(status, Boolean(story.status));
    const count = (n, one, many) => (n ? [`${n} ${n === 1 ? one : many}`] : []);
    const n = (wanted) => story.steps.filter(wanted).length;
    counts.textContent = [
      ...count(story.steps.length, "step", "steps"),
      ...count(n((row) => row.origin === "replayed"), "replayed", "replayed"),
      ...count(n(isAgent), "by the agent", "by the agent"),
      ...count(n(isFailed), "failed", "failed"),
    ].join(" · ");
  }

  function show(shown) {
    for (const button of views.children) button.setAttribute("aria-pressed", String(button.dataset.view === store.get("view")));
    toggle(size, shown?.same ?? false);
    toggle(space, shown ? !shown.same : false);
    if (!shown) return;
    const display = store.story.dimensions;
    const shot = store.pictures.lastSize;
    size.textContent = `${shown.width}×${shown.height}`;
    size.title = "The size that coordinates count in";
    if (shown.same || !shot) return;
    space.replaceChildren(
      h("option", { value: "auto", text: `Coordinates: auto (${shown.name})` }),
      h("option", { value: "screenshot", text: `Coordinates: screenshot ${shot.width}×${shot.height}` }),
      h("option", { value: "display", text: `Coordinates: display ${display.width}×${display.height}` }),
    );
    space.value = store.get("space");
  }

  return { node, build, show };
}

function createBar(store) {
  const go = (change) => () => store.go(store.get("step") + change);
  const play = iconButton("play", "Play", "Space", () => store.play(!store.get("playing")), { class: "cdp-button cdp-play" });
  const slider = h("input", { type: "range", class: "cdp-slider", min: "0", step: "1", "aria-label": "Step" });
  const count = h("span", { class: "cdp-count" });
  const speed = h("select", { class: "cdp-select", "aria-label": "Speed" }, ...SPEEDS.map((value) => h("option", { value, text: `${value}×` })));
  const error = iconButton("error", "Next failed step", "E", () => jump(store, isFailed, 1));
  const agent = iconButton("agent", "Next step of the agent", "A", () => jump(store, isAgent, 1));
  slider.addEventListener("input", () => store.go(Number(slider.value)));
  speed.addEventListener("change", () => store.set("speed", Number(speed.value)));
  const node = h("div", { class: "cdp-bar", role: "toolbar", "aria-label": "Playback" },
    iconButton("first", "First step", "Home", () => store.go(0)), iconButton("previous", "Previous step", "Left arrow", go(-1)),
    play, iconButton("next", "Next step", "Right arrow", go(1)), iconButton("last", "Last step", "End", () => store.go(Infinity)),
    slider, count, speed, agent, error);

  function build() {
    slider.max = String(Math.max(0, store.story.steps.length - 1));
    toggle(error, store.story.steps.some(isFailed));
    toggle(agent, store.story.steps.some(isAgent));
  }

  function show(index) {
    const total = store.story.steps.length;
    const playing = store.get("playing");
    slider.value = String(index);
    if (total) slider.setAttribute("aria-valuetext", stepName(store.story.steps[index], index));
    count.textContent = `${total ? index + 1 : 0} / ${total}`;
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.title = playing ? "Pause (Space)" : "Play (Space)";
    speed.value = String(store.get("speed"));
    if (speed.selectedIndex < 0) speed.append(h("option", { value: store.get("speed"), text: `${store.get("speed")}×`, selected: true }));
  }

  return { node, build, show };
}

export default () => {
  const store = createStore();
  return {
    initialize: ({ model }) => store.attach(model),
    render: ({ model, el }) => createView(store, model, el),
  };
};
