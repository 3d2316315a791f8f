// The screen, large, with the action on it: before, after, or what changed between the two.

function createStage(store) {
  const shot = h("img", { class: "cdp-shot", alt: "", draggable: "false" });
  const from = h("img", { class: "cdp-shot", alt: "" });
  const to = h("img", { class: "cdp-shot cdp-to", alt: "" });
  const changes = h("div", { class: "cdp-changes", "aria-hidden": "true" }, from, to);
  const box = h("div", { class: "cdp-changed", "aria-hidden": "true", hidden: true });
  const layer = h("div", { class: "cdp-layer" });
  const blank = h("div", { class: "cdp-blank" });
  const frame = h("div", { class: "cdp-frame" }, shot, changes, box, blank, layer);
  const banner = h("div", { class: "cdp-banner" });
  const node = h("div", { class: "cdp-stage", tabindex: "0", role: "group", "aria-label": "Screen" }, frame, banner);
  let turn = 0;
  for (const image of [shot, from, to]) {
    image.addEventListener("error", () => image.src && store.pictures.spoil(Number(image.dataset.position), image.dataset.size));
  }

  function show(index) {
    const { story, pictures } = store;
    const row = story.steps[index];
    if (!row) return empty("This recording has no steps.");
    const view = store.get("view");
    const position = view === "after" ? row.after : row.picture;
    pictures.want([row.picture, row.after, story.steps[index + 1]?.after, story.steps[index - 1]?.picture]
      .filter((wanted) => typeof wanted === "number"));
    const entry = typeof position === "number" ? pictures.get(position) : noPicture(view);
    const other = view === "changes" && typeof row.after === "number" ? pictures.get(row.after) : null;
    const thumbnail = entry.state === "loading" ? pictures.get(position, "small") : null;

    frame.classList.toggle("cdp-loading", entry.state === "loading" || other?.state === "loading");
    frame.classList.toggle("cdp-differs", entry.state === "ready" && other?.state === "ready");
    setAspect(entry.state === "ready" ? entry : pictures.lastSize ?? story.dimensions);
    frame.classList.toggle("cdp-rough", thumbnail?.state === "ready");
    if (entry.state !== "loading") draw(entry, position);
    else if (thumbnail?.state === "ready") draw(thumbnail, position, "small");
    shot.alt = `Screen ${view === "after" ? "after" : "before"} step ${index + 1}: ${row.label} ${row.detail}`;
    toggle(box, false);
    if (entry.state === "ready" && other?.state === "ready") {
      put(from, entry, position);
      put(to, other, row.after);
    }

    const space = spaceOf(story, entry.state === "ready" ? entry : pictures.lastSize, store.get("space"));
    const overlay = view !== "after" && entry.state !== "loading";
    const warning = overlay ? drawAction(layer, story, index, space) : "";
    toggle(layer, overlay);
    banner.classList.toggle("cdp-low", overlay && typeof row.action.y === "number" && row.action.y < 0.15 * space.height);
    const notes = (difference) => say([origin(view, row, index), difference, warning]);
    notes(changesNote(view, row, other));
    turn += 1;
    if (frame.classList.contains("cdp-differs")) measure(turn, notes);
    return space;
  }

  /** Says how much of the screen changed, and frames where: a small change is easily overlooked. */
  async function measure(of, notes) {
    await Promise.allSettled([from.decode(), to.decode()]);
    if (turn !== of || !from.naturalWidth || !to.naturalWidth) return;
    const changed = changedArea(from, to);
    notes(changed ? `Bright: what changed until the next picture, ${percentOf(changed.share)} of the screen` : "Nothing changed until the next picture");
    toggle(box, Boolean(changed));
    for (const side of ["left", "top", "width", "height"]) box.style[side] = percent(changed?.[side] ?? 0);
  }

  function draw(entry, position, size) {
    toggle(shot, entry.state === "ready");
    toggle(blank, entry.state === "missing");
    if (entry.state === "ready") put(shot, entry, position, size);
    else blank.replaceChildren(icon("nopicture"), h("p", { text: entry.reason }), entry.passing ? again(position) : "");
  }

  function again(position) {
    const button = h("button", { type: "button", class: "cdp-text-button", text: "Try again" });
    button.addEventListener("click", () => store.pictures.retry(position));
    return button;
  }

  function put(image, entry, position, size = "full") {
    image.dataset.position = position;
    image.dataset.size = size;
    if (image.getAttribute("src") !== entry.url) image.src = entry.url;
  }

  function setAspect(size) {
    const { width, height } = size ?? { width: 4, height: 3 };
    frame.style.setProperty("--aspect", String(width / height));
  }

  function empty(text) {
    turn += 1;
    for (const part of [shot, layer, box]) toggle(part, false);
    toggle(blank, true);
    blank.replaceChildren(h("p", { text }));
    say([]);
    return null;
  }

  function say(notes) {
    banner.replaceChildren(...notes.filter(Boolean).map((text) => h("span", { text })));
  }

  return { node, show };
}

/** The share of pixels that differ visibly between two screens, and the box around them in per cent; null if none do. */
function changedArea(from, to) {
  const [width, height] = [512, Math.max(1, Math.round((512 * from.naturalHeight) / from.naturalWidth))];
  const canvas = h("canvas", { width, height });
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(from, 0, 0, width, height);
  brush.globalCompositeOperation = "difference";
  brush.drawImage(to, 0, 0, width, height);
  const { data } = brush.getImageData(0, 0, width, height);
  let [count, left, top, right, bottom] = [0, width, height, 0, 0];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] + data[i + 1] + data[i + 2] < 24) continue;
    const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)];
    count += 1;
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  if (!count) return null;
  return { share: count / (width * height), left: share(left, width), top: share(top, height), width: share(right - left, width), height: share(bottom - top, height) };
}

function percentOf(part) {
  return part < 0.01 ? "less than 1 %" : `${Math.round(100 * part)} %`;
}

function noPicture(view) {
  const reason = view === "after" ? "No screen was recorded after this step." : "No screen was recorded up to this step.";
  return { state: "missing", reason };
}

/** Which step's picture this is, where it is not this step's own. */
function origin(view, row, index) {
  if (view === "after" && typeof row.after === "number") return "After this step";
  if (view === "after" || row.picture === null || row.picture === index) return "";
  return `Screen of step ${row.picture + 1}: no newer picture was recorded`;
}

function changesNote(view, row, other) {
  if (view !== "changes") return "";
  if (row.after === null) return "No screen was recorded after this step, so there is nothing to compare";
  return other?.state === "missing" ? `The screen after this step: ${other.reason}` : "Bright: what changed until the next picture";
}
