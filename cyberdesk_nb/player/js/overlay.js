// The action drawn over the screen. Places are shares of the coordinate space in per cent, so they hold at any size.

let overlays = 0;

const USUAL = { width: 1024, height: 768 };

/** The space that coordinates count in: the picture's pixels or the display's, as chosen or as the actions tell. */
function spaceOf(story, picture, choice) {
  const shot = picture ? { width: picture.width, height: picture.height } : USUAL;
  const display = story.dimensions;
  const same = !picture || !display || (shot.width === display.width && shot.height === display.height);
  const beyond = story.reach.x > shot.width || story.reach.y > shot.height;
  const wanted = choice === "auto" ? (beyond && display ? "display" : "screenshot") : choice;
  const size = (wanted === "display" ? display : shot) ?? shot;
  return { ...size, name: size === display && !same ? "display" : "screenshot", same };
}

const share = (value, whole) => (100 * value) / whole;
const percent = (value) => `${value.toFixed(4)}%`;
const isPoint = (x, y) => typeof x === "number" && typeof y === "number";

/** Where the pointer was left before a step; null when no earlier step says. */
function pointerBefore(story, index) {
  for (let i = index - 1; i >= 0; i -= 1) {
    const { x, y, x2, y2 } = story.steps[i].action;
    if (isPoint(x2, y2)) return { x: x2, y: y2 };
    if (isPoint(x, y)) return { x, y };
  }
  return null;
}

/** Draws one step into a layer that covers the picture exactly. Returns what could not be drawn in words, or "". */
function drawAction(layer, story, index, space) {
  const step = story.steps[index];
  const { action } = step;
  const id = `cdp-arrow-${(overlays += 1)}`;
  const canvas = s("svg", { class: "cdp-marks", "aria-hidden": "true" }, arrowHead(id));
  const at = (x, y) => ({ left: share(x, space.width), top: share(y, space.height) });
  const start = isPoint(action.x, action.y) ? at(action.x, action.y) : null;
  const end = isPoint(action.x2, action.y2) ? at(action.x2, action.y2) : null;
  layer.replaceChildren(canvas);

  if (start && end) canvas.append(...dragPath(start, end, id));
  if (start) canvas.append(mark(start, action));
  if (end && !start) canvas.append(mark(end, action));
  const target = end ?? start;
  if (!target) return drawCaption(layer, canvas, story, index, at);

  const note = clickNote(step);
  if (note) layer.append(place(h("div", { class: "cdp-note" }, note), target));
  const outside = [start, end].some((point) => point && (point.left > 100 || point.top > 100 || point.left < 0 || point.top < 0));
  return outside ? `This action lies outside the ${space.name}'s ${space.width}×${space.height} pixels.` : "";
}

/** Actions without a place stand at the bottom: nothing recorded says which field has the keyboard. */
function drawCaption(layer, canvas, story, index, at) {
  const step = story.steps[index];
  const pointer = pointerBefore(story, index);
  if (pointer) {
    const circle = (kind) => s("circle", { class: kind, r: 7 });
    const left = spot(at(pointer.x, pointer.y), circle("cdp-halo"), circle("cdp-pointer"));
    left.classList.add("cdp-left");
    canvas.append(left);
  }
  layer.append(h("div", { class: "cdp-caption" }, actionIcon(step), ...captionText(step)));
  return "";
}

function captionText(step) {
  const { action } = step;
  if (action.name === "type") return [h("span", { class: "cdp-typed", dir: "auto" }, ...rich(action.text))];
  if (action.name === "key" || action.name === "hold_key") {
    const held = action.name === "hold_key" && action.duration_s !== null ? [`for ${action.duration_s} s`] : [];
    return [...keyCaps(action.keys), ...held];
  }
  return [h("b", { text: step.label }), h("span", { dir: "auto" }, ...rich(step.detail))];
}

/** `ctrl+shift+s` as key caps; several chords are parted by spaces. */
function keyCaps(keys) {
  return String(keys ?? "").trim().split(/\s+/).slice(0, 12).map((chord) =>
    h("span", { class: "cdp-chord" }, ...chord.split(/\+(?=.)/).map((key) => h("kbd", { text: key }))));
}

/** What the ring alone does not say: another button, several clicks, a held key, a direction. */
function clickNote(step) {
  const { name, keys, direction, amount } = step.action;
  if (name === "left_click") return keys ? `${keys} + click` : "";
  if (name === "scroll") return ["Scroll", direction, amount].filter((part) => part !== null).join(" ");
  if (name === "left_click_drag") return "";
  return keys ? `${step.label} + ${keys}` : step.label;
}

/** A group at a point: its children count in screen pixels from there, whatever the picture's size. */
function spot(point, ...children) {
  return s("svg", { class: "cdp-spot", x: percent(point.left), y: percent(point.top) }, ...children);
}

function mark(point, action) {
  if (action.name === "mouse_move" || action.name === "cursor_position") {
    return spot(point, s("path", { class: "cdp-cursor", d: "M0 0v17l4.5-4 2.8 6.5 3-1.3-2.8-6.3 6-.5z" }));
  }
  if (action.name === "scroll") return spot(point, ...ring(13), scrollArrows(action.direction));
  const rings = Array.from({ length: action.count ?? 1 }, (_, i) => ring(13 + 6 * i)).flat();
  const ripple = s("circle", { class: "cdp-ripple", r: 13 });
  return spot(point, ripple, ...rings, s("circle", { class: "cdp-dot-halo", r: 4.5 }), s("circle", { class: "cdp-dot", r: 3 }));
}

function ring(r) {
  return [s("circle", { class: "cdp-halo", r }), s("circle", { class: "cdp-ring", r })];
}

function scrollArrows(direction) {
  const turn = { up: 180, down: 0, left: 90, right: -90 }[direction] ?? 0;
  const d = "M-5 -6l5 5 5-5M-5 1l5 5 5-5";
  return s("g", { transform: `rotate(${turn})` }, s("path", { class: "cdp-halo", d }), s("path", { class: "cdp-ring", d }));
}

function dragPath(start, end, id) {
  const ends = { x1: percent(start.left), y1: percent(start.top), x2: percent(end.left), y2: percent(end.top) };
  return [
    s("line", { class: "cdp-halo", ...ends }),
    s("line", { class: "cdp-path", ...ends, "marker-end": `url(#${id})` }),
  ];
}

function arrowHead(id) {
  const head = s("path", { class: "cdp-arrow", d: "M0 0L12 5.5 0 11 3 5.5z" });
  return s("defs", {}, s("marker", { id, markerWidth: 12, markerHeight: 11, refX: 10, refY: 5.5, orient: "auto", markerUnits: "userSpaceOnUse" }, head));
}

/** Puts a label beside a point so that it stays on the picture: it grows away from the nearer edge. */
function place(node, { left, top }) {
  const x = Math.max(0, Math.min(100, left));
  const y = Math.max(0, Math.min(100, top));
  node.classList.add("cdp-placed");
  node.style.left = `${x}%`;
  node.style.transform = `translateX(-${x}%)`;
  if (y < 75) node.style.top = `calc(${y}% + 26px)`;
  else node.style.bottom = `calc(${100 - y}% + 26px)`;
  return node;
}
