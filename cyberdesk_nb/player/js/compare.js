// Two recordings side by side: two screens that follow one aligned list, and what differs in the row.

let comparisons = 0;
const SIDES = ["a", "b"];
const SCREENS = { before: "Before", after: "After", changes: "Changes" };
const OPS = {
  same: { mark: "=", word: "same" },
  changed: { mark: "\u2260", word: "changed" },
  moved: { mark: "\u2195", word: "moved" },
  inserted: { mark: "+", word: "only B" },
  deleted: { mark: "\u2212", word: "only A" },
};

/** What all views of one comparison share: the story and the pictures of both sides. */
function createPair() {
  const views = new Set();
  let model = null;
  let edition;
  const pair = { story: null, a: null, b: null, attach, open, close, get, set, go, rows };
  for (const side of SIDES) {
    const pictures = new Pictures(
      (positions, size) => model.send({ kind: "pictures", positions: positions.map((position) => position + offset(side)), size }),
      (position, size) => views.forEach((view) => size === "full" && view.pictured(side, position)),
    );
    pair[side] = { story: null, pictures, get };
  }

  function offset(side) {
    return side === "b" ? pair.story.offset : 0;
  }

  function get(name) {
    return model.get(name);
  }

  function set(name, value) {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  }

  function rows() {
    return pair.story?.rows ?? [];
  }

  function go(row) {
    if (rows().length) set("row", Math.max(0, Math.min(row, rows().length - 1)));
  }

  function onMessage(content, buffers) {
    if (content?.kind === "story") {
      SIDES.forEach((side) => pair[side].pictures.forget());
      pair.story = content.story;
      edition = content.edition;
      SIDES.forEach((side) => { pair[side].story = content.story[side]; });
      views.forEach((view) => view.rebuild());
    }
    if (content?.kind === "notice") views.forEach((view) => view.notice(content.text));
    if (content?.kind === "picture" && content.edition === edition && pair.story) {
      const side = content.position >= pair.story.offset ? "b" : "a";
      pair[side].pictures.receive({ ...content, position: content.position - offset(side) }, buffers);
    }
  }

  function attach(newModel) {
    model = newModel;
    model.on("msg:custom", onMessage);
    return () => {
      model.off("msg:custom", onMessage);
      forget();
    };
  }

  function forget() {
    SIDES.forEach((side) => pair[side].pictures.clear());
  }

  function open(view) {
    views.add(view);
    if (pair.story) view.rebuild();
    else model.send({ kind: "open" });
  }

  function close(view) {
    views.delete(view);
    if (views.size === 0) forget();
  }

  return pair;
}

function createComparison(pair, model, el) {
  const id = `cdc-${(comparisons += 1)}`;
  const frame = createFrame("cdp cdc", "Comparison", "Waiting for the kernel. Without one, run the cell again.");
  const { root, live } = frame;
  const parts = { a: createScreen(pair, "a"), b: createScreen(pair, "b"), list: createAligned(pair, id) };
  const differences = createDifferences(pair);
  const head = createCompareHead(pair, frame.fullScreen);
  const bar = createCompareBar(pair);
  const body = h("div", { class: "cdc-body" }, parts.a.node, parts.b.node, parts.list.node, differences.node);
  frame.fill(head.node, body, bar.node);
  const view = { rebuild, pictured, notice: frame.say };

  function rebuild() {
    frame.ready(pair.story.title);
    for (const part of [head, parts.list, bar]) part.build();
    refresh();
  }

  function refresh() {
    if (!pair.story) return;
    const rows = pair.rows();
    const index = Math.max(0, Math.min(pair.get("row"), rows.length - 1));
    root.classList.toggle("cdc-only", pair.get("differences_only"));
    for (const side of SIDES) parts[side].show(index);
    for (const part of [parts.list, differences, head, bar]) part.show(index);
    live.textContent = rows[index] ? `${rowName(pair, rows[index], index)}, ${index + 1} of ${rows.length}` : "Both recordings have no steps";
  }

  function pictured(side, position) {
    const index = Math.max(0, pair.get("row"));
    const row = pair.rows()[index];
    const step = row && row[side] !== null ? pair.story[side].steps[row[side]] : null;
    if (step && (position === step.picture || position === step.after)) parts[side].show(index);
  }

  const unmount = frame.mount(el, model, {
    traits: ["row", "view", "space", "differences_only"],
    refresh,
    action: (key) => compareKeys(pair, frame.fullScreen)[key],
    isNative: (target, key) => (target.matches("button, input[type=checkbox]") && isPress(key))
      || (target.matches(".cdc-differences") && isScroll(key)),
  });
  pair.open(view);

  return () => {
    unmount();
    pair.close(view);
  };
}

function compareKeys(pair, fullScreen) {
  const by = (change) => () => move(pair, change);
  return {
    ArrowUp: by(-1), ArrowLeft: by(-1), ArrowDown: by(1), ArrowRight: by(1), PageUp: by(-10), PageDown: by(10),
    Home: () => move(pair, -Infinity), End: () => move(pair, Infinity),
    d: () => nextDifference(pair, 1), D: () => nextDifference(pair, -1),
    n: () => nextDifference(pair, 1), p: () => nextDifference(pair, -1),
    o: () => pair.set("differences_only", !pair.get("differences_only")),
    b: () => {
      const names = Object.keys(SCREENS);
      pair.set("view", names[(names.indexOf(pair.get("view")) + 1) % names.length]);
    },
    f: fullScreen,
  };
}

/** Moves by rows that are shown. */
function move(pair, change) {
  const shown = pair.rows().map((row, index) => ({ row, index }))
    .filter(({ row }) => !pair.get("differences_only") || row.op !== "same").map(({ index }) => index);
  if (!shown.length) return;
  const row = pair.get("row");
  const behind = shown.filter((index) => index <= row).length - 1;
  const here = change < 0 && shown[behind] !== row ? behind + 1 : behind;
  pair.go(shown[Math.max(0, Math.min(here + change, shown.length - 1))]);
}

/** Goes to the next (or previous) row that is not the same on both sides, around the end if need be. */
function nextDifference(pair, direction) {
  const rows = pair.rows();
  for (let n = 1; n <= rows.length; n += 1) {
    const index = (pair.get("row") + direction * n + rows.length * 2) % rows.length;
    if (rows[index].op !== "same") return pair.go(index);
  }
  return undefined;
}

function rowName(pair, row, index) {
  const words = SIDES.filter((side) => row[side] !== null)
    .map((side) => `${side.toUpperCase()} ${stepName(pair.story[side].steps[row[side]], row[side])}`);
  return [`Row ${index + 1}, ${OPS[row.op].word}`, ...words, ...row.changes.map(changeText)].join(". ");
}

function changeText({ name, a, b }) {
  return `${name}: ${a} \u2192 ${b}`;
}

/** One side's screen, or words where that side has no step. */
function createScreen(pair, side) {
  const stage = createStage(pair[side]);
  const letter = h("b", { class: `cdc-letter cdc-letter-${side}`, text: side.toUpperCase() });
  const title = h("bdi", { class: "cdp-title" });
  const count = h("span", { class: "cdp-counts" });
  const gap = h("div", { class: "cdc-gap", hidden: true });
  const name = h("div", { class: "cdc-name" }, letter, title, count);
  const node = h("section", { class: `cdc-screen cdc-screen-${side}`, "aria-label": `Recording ${side.toUpperCase()}` }, name, stage.node, gap);
  stage.node.setAttribute("aria-label", `Screen of ${side.toUpperCase()}`);

  function show(index) {
    const story = pair.story[side];
    const row = pair.rows()[index];
    const step = row ? row[side] : null;
    title.textContent = story.title;
    title.title = story.title;
    count.textContent = step === null ? `${story.steps.length} steps` : `step ${step + 1} of ${story.steps.length}`;
    toggle(gap, step === null);
    toggle(stage.node, step !== null);
    gap.textContent = row ? `No step here: only ${side === "a" ? "B" : "A"} does this.` : "No steps.";
    if (step !== null) stage.show(step);
  }

  return { node, show };
}

/** One list for both: a row for each pair of steps, so that the two sides scroll together. */
function createAligned(pair, id) {
  const node = h("ul", { class: "cdc-list", role: "listbox", tabindex: "0", "aria-label": "Steps of both recordings, aligned" });
  node.addEventListener("click", (event) => {
    const item = event.target.closest("[data-index]");
    if (item) pair.go(Number(item.dataset.index));
  });

  function cell(row, side) {
    if (row[side] === null) return h("span", { class: "cdc-cell cdc-none" });
    const step = pair.story[side].steps[row[side]];
    return h("span", { class: `cdc-cell ${step.failed ? "cdp-failed" : ""}` },
      h("span", { class: "cdp-number", text: row[side] + 1 }), actionIcon(step),
      h("span", { class: "cdp-what" }, h("b", { text: step.label }), " ", h("span", { dir: "auto" }, ...rich(step.detail))),
      step.failed ? icon("error") : step.origin ? icon(step.origin) : null);
  }

  function build() {
    node.scrollTop = 0;
    node.replaceChildren(...pair.rows().map((row, index) => h(
      "li",
      { role: "option", id: `${id}-${index}`, class: `cdc-${row.op}`, "data-index": index, "aria-selected": "false", "aria-label": rowName(pair, row, index) },
      cell(row, "a"), h("span", { class: "cdc-op" }, h("b", { text: OPS[row.op].mark }), ` ${OPS[row.op].word}`), cell(row, "b"),
    )));
  }

  function show(index) {
    node.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    const item = node.children[index];
    if (!item) return;
    item.setAttribute("aria-selected", "true");
    node.setAttribute("aria-activedescendant", item.id);
    keepInSight(node, item);
  }

  return { node, build, show };
}

/** What the row says in words: the arguments that differ, the screens, and what each side thought. */
function createDifferences(pair) {
  const node = h("div", { class: "cdc-differences", tabindex: "0", role: "region", "aria-label": "What differs" });

  function show(index) {
    const row = pair.rows()[index];
    if (!row) return node.replaceChildren();
    const steps = SIDES.map((side) => (row[side] === null ? null : pair.story[side].steps[row[side]]));
    node.scrollTop = 0;
    return node.replaceChildren(...[
      h("h4", {}, h("span", { class: `cdc-op cdc-op-${row.op}` }, h("b", { text: OPS[row.op].mark }), ` ${sentence(row)}`)),
      row.changes.length ? changeTable(row.changes) : null,
      row.screen ? h("p", { class: "cdc-note", text: row.screen }) : null,
      ...["thought", "error", "result"].flatMap((name) => words(name, steps)),
    ].filter(Boolean));
  }

  return { node, show };
}

function sentence(row) {
  if (row.op === "moved") return `moved: step ${row.a + 1} of A is step ${row.b + 1} of B`;
  return { same: "the same call", changed: "another call at the same point", inserted: "only B does this", deleted: "only A does this" }[row.op];
}

function changeTable(changes) {
  const line = ({ name, a, b }) => h("tr", {}, h("th", { scope: "row" }, h("bdi", { text: name })), ...[a, b].map((text) =>
    h("td", {}, h("span", { class: "cdp-text", dir: "auto" }, ...rich(text)))));
  const head = h("tr", {}, h("th", { scope: "col", text: "Argument" }), h("th", { scope: "col", text: "A" }), h("th", { scope: "col", text: "B" }));
  return h("table", { class: "cdc-changes" }, h("thead", {}, head), h("tbody", {}, ...changes.map(line)));
}

/** One text when both sides say the same, else each side's own. */
function words(name, steps) {
  const [a, b] = steps.map((step) => step?.[name] ?? "");
  const title = name[0].toUpperCase() + name.slice(1);
  const kind = name === "error" ? "cdp-bad" : "";
  if (a === b) return [section(title, a, kind)];
  return [section(`${title} of A`, a, kind), section(`${title} of B`, b, kind)];
}

function createCompareHead(pair, fullScreen) {
  const counts = h("span", { class: "cdc-counts" });
  const box = h("input", { type: "checkbox" });
  const only = h("label", { class: "cdc-toggle", title: "Show differences only (O)" }, box, "Differences only");
  box.addEventListener("change", () => pair.set("differences_only", box.checked));
  const views = h("div", { class: "cdp-views", role: "group", "aria-label": "Screens shown" }, ...Object.entries(SCREENS).map(([name, text]) => {
    const button = h("button", { type: "button", "data-view": name, text, title: `${text} (B goes on)` });
    button.addEventListener("click", () => pair.set("view", name));
    return button;
  }));
  const node = h("header", { class: "cdp-head" }, counts, h("span", { class: "cdp-gap" }), only, views,
    iconButton("full", "Full screen", "F", fullScreen));

  function build() {
    const found = Object.entries(OPS).map(([op, { word }]) => ({ op, word, n: pair.rows().filter((row) => row.op === op).length }));
    counts.replaceChildren(...found.filter(({ n }) => n).map(({ op, word, n }) => h("span", { class: `cdc-op cdc-op-${op}`, text: `${n} ${word}` })));
  }

  function show() {
    box.checked = pair.get("differences_only");
    for (const button of views.children) button.setAttribute("aria-pressed", String(button.dataset.view === pair.get("view")));
  }

  return { node, build, show };
}

function createCompareBar(pair) {
  const slider = h("input", { type: "range", class: "cdp-slider", min: "0", step: "1", "aria-label": "Row" });
  const count = h("span", { class: "cdp-count" });
  slider.addEventListener("input", () => pair.go(Number(slider.value)));
  const jump = (text, key, direction) => {
    const button = h("button", { type: "button", class: "cdp-text-button", text, title: `${text} (${key})` });
    button.addEventListener("click", () => nextDifference(pair, direction));
    return button;
  };
  const back = jump("Previous difference", "P", -1);
  const on = jump("Next difference", "N", 1);
  const node = h("div", { class: "cdp-bar", role: "toolbar", "aria-label": "Rows" },
    iconButton("first", "First row", "Home", () => move(pair, -Infinity)), iconButton("previous", "Previous row", "Up arrow", () => move(pair, -1)),
    iconButton("next", "Next row", "Down arrow", () => move(pair, 1)), iconButton("last", "Last row", "End", () => move(pair, Infinity)),
    slider, count, back, on);

  function build() {
    slider.max = String(Math.max(0, pair.rows().length - 1));
    const any = pair.rows().some((row) => row.op !== "same");
    toggle(back, any);
    toggle(on, any);
  }

  function show(index) {
    const rows = pair.rows();
    slider.value = String(index);
    if (rows[index]) slider.setAttribute("aria-valuetext", rowName(pair, rows[index], index));
    count.textContent = `${rows.length ? index + 1 : 0} / ${rows.length}`;
  }

  return { node, build, show };
}

export default () => {
  const pair = createPair();
  return {
    initialize: ({ model }) => pair.attach(model),
    render: ({ model, el }) => createComparison(pair, model, el),
  };
};
