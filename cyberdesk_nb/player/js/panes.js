// What stands around the screen: step list, details, film strip with its timeline.

const ORIGINS = { replayed: "Replayed from a trajectory", agent: "Decided by the agent" };

function stepName(row, index) {
  const notes = [row.failed ? "failed" : "", row.origin ? ORIGINS[row.origin] : "", row.broke ? "replay broke here" : ""];
  return [`Step ${index + 1}: ${row.label} ${row.detail}`.trim(), ...notes.filter(Boolean)].join(", ");
}

function stepClass(row) {
  return [row.origin ? `cdp-${row.origin}` : "", row.failed ? "cdp-failed" : ""].filter(Boolean).join(" ");
}

function createList(store, id) {
  const node = h("ul", { class: "cdp-list", role: "listbox", tabindex: "0", "aria-label": "Steps" });
  node.addEventListener("click", (event) => {
    const item = event.target.closest("[data-index]");
    if (item) store.go(Number(item.dataset.index));
  });

  function build() {
    node.scrollTop = 0;
    node.replaceChildren(...store.story.steps.map((row, index) => h(
      "li",
      { role: "option", id: `${id}-${index}`, class: stepClass(row), "data-index": index, "aria-selected": "false", "aria-label": stepName(row, index) },
      row.broke ? h("span", { class: "cdp-break", text: "Replay broke here, the agent took over" }) : null,
      h("span", { class: "cdp-number", text: index + 1 }),
      actionIcon(row),
      h("span", { class: "cdp-what" }, h("b", { text: row.label }), " ", h("span", { dir: "auto" }, ...rich(row.detail))),
      row.failed ? icon("error") : row.origin ? icon(row.origin) : null,
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

/** Scrolls inside the box only: `scrollIntoView` would move the notebook, too. */
function keepInSight(box, item) {
  const outer = box.getBoundingClientRect();
  const inner = item.getBoundingClientRect();
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + inner.height;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + inner.height;
  if (inner.left < outer.left) box.scrollLeft -= outer.left - inner.left + inner.width;
  else if (inner.right > outer.right) box.scrollLeft += inner.right - outer.right + inner.width;
}

function createDetails(store) {
  const node = h("div", { class: "cdp-details", tabindex: "0", role: "region", "aria-label": "Step details" });

  function show(index) {
    const { story } = store;
    const row = story.steps[index];
    if (!row) return node.replaceChildren();
    const last = index === story.steps.length - 1;
    node.scrollTop = 0;
    return node.replaceChildren(...[
      h("h4", {}, actionIcon(row), h("span", { dir: "auto" }, `${row.label} `, ...rich(row.detail))),
      h("p", { class: "cdp-facts" }, ...facts(story, row)),
      section("Error", row.error, "cdp-bad"),
      section("Thought", row.thought),
      section(row.func_name ? `Call: ${row.func_name}` : "Call", row.arguments, "cdp-code"),
      section("Result", row.result),
      section("Cache instructions", row.cache_instructions),
      last ? section("The agent's last words", story.message) : null,
      last && story.errors.length ? section("The run ended with", story.errors.join("\n"), "cdp-bad") : null,
    ].filter(Boolean));
  }

  return { node, show };
}

function facts(story, row) {
  const parts = [];
  if (row.origin === "replayed") {
    const where = row.trajectory_step === null ? "" : `, step ${row.trajectory_step + 1}`;
    parts.push(fact("replayed", `Replayed from ${row.trajectory ?? "a trajectory"}${where}`));
  }
  if (row.origin === "agent") parts.push(fact("agent", row.broke ? "Replay broke here: the agent took over" : ORIGINS.agent));
  if (!row.action.known) parts.push(fact("unknown", "Not an action of the API's vocabulary: shown as recorded"));
  if (row.iteration !== null) parts.push(fact("loop", `Loop iteration ${row.iteration}`));
  if (row.at) parts.push(timeFact(story, row));
  return parts;
}

function fact(name, text) {
  return h("span", { class: `cdp-fact cdp-${name}` }, icon(name), h("span", { text }));
}

function timeFact(story, row) {
  const since_s = (Date.parse(row.at) - Date.parse(story.steps.find((step) => step.at).at)) / 1000;
  const took = row.took_s === null ? "" : `, ${duration(row.took_s)} until the next`;
  const node = fact("wait", `+${duration(since_s)}${took}`);
  node.title = new Date(row.at).toLocaleString();
  return node;
}

function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function section(title, text, kind = "") {
  if (!text) return null;
  return h("section", { class: kind }, h("h5", { text: title }), h("div", { class: "cdp-text", dir: "auto" }, ...rich(text)));
}

/** Thumbnails of the pictures that were taken, above a bar whose segments are as long as the steps took. */
function createStrip(store, signal) {
  const film = h("div", { class: "cdp-film" });
  const timeline = h("div", { class: "cdp-timeline" });
  const node = h("div", { class: "cdp-strip", "aria-hidden": "true" }, film, timeline);
  const wanted = new Set();
  let frame = 0;
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) wanted.add(Number(entry.target.dataset.picture));
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      store.pictures.want([...wanted], "small");
      wanted.clear();
    });
  }, { root: film, rootMargin: "0px 200px" });
  signal.addEventListener("abort", () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  });
  film.addEventListener("click", (event) => {
    const item = event.target.closest("[data-index]");
    if (item) store.go(Number(item.dataset.index));
  });
  // By place: in a long recording segments are narrower than a pixel, and a click is none's own.
  timeline.addEventListener("click", (event) => {
    const lefts = [...timeline.children].map((segment) => segment.getBoundingClientRect().left);
    store.go(lefts.findLastIndex((left) => left <= event.clientX));
  });

  function build() {
    observer.disconnect();
    const { steps } = store.story;
    film.scrollLeft = 0;
    film.replaceChildren(...steps.map((row, index) => {
      const own = row.picture === index;
      const tile = h("div", { class: `cdp-tile ${own ? "" : "cdp-stub"} ${stepClass(row)}`, "data-index": index, title: stepName(row, index) }, actionIcon(row));
      if (own) {
        tile.dataset.picture = index;
        observer.observe(tile);
      }
      return tile;
    }));
    const timed = steps.filter((row) => row.took_s !== null).length > 1;
    toggle(timeline, timed);
    timeline.classList.toggle("cdp-many", steps.length > 150);
    timeline.replaceChildren(...(timed ? steps : []).map((row, index) => {
      const segment = h("div", { class: `cdp-segment ${stepClass(row)}`, "data-index": index, title: `${stepName(row, index)}${row.took_s === null ? "" : `, ${duration(row.took_s)}`}` });
      segment.style.flexGrow = String(Math.max(0.05, row.took_s ?? 0));
      return segment;
    }));
  }

  function show(index) {
    for (const box of [film, timeline]) {
      box.querySelector(".cdp-current")?.classList.remove("cdp-current");
      box.children[index]?.classList.add("cdp-current");
    }
    if (film.children[index]) keepInSight(film, film.children[index]);
  }

  function pictured(position) {
    const entry = store.pictures.get(position, "small");
    const tile = film.children[position];
    if (!tile || entry?.state !== "ready") return;
    const image = h("img", { src: entry.url, alt: "", draggable: "false" });
    image.addEventListener("error", () => image.remove(), { once: true });
    tile.querySelector("img")?.remove();
    tile.prepend(image);
  }

  return { node, build, show, pictured };
}
