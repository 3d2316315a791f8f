// Machines as tiles, in groups. A tile stays the same element while it changes, so that focus and hover text stay.
// Arrow keys move between tiles, Home and End to the first and last; Enter and Space open one.
const make = (tag, name, parent) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  parent?.append(node);
  return node;
};

const put = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
};

function tile_of(pick) {
  const item = make("li");
  const button = make("button", "cdnb-tile", item);
  button.type = "button";
  button.tabIndex = -1;
  const head = make("span", "cdnb-tile-head", button);
  const mark = make("span", "cdnb-tile-mark", head);
  mark.setAttribute("aria-hidden", "true");
  const name = make("span", "cdnb-tile-name", head);
  const words = make("span", "cdnb-tile-words", button);
  const strip = make("span", "cdnb-strip", button);
  const lines = make("span", "cdnb-tile-lines", button);
  let shown = "";
  button.addEventListener("click", () => pick(button.dataset.id));
  const show = (tile, marks) => {
    const text = JSON.stringify([tile, marks]);
    if (text === shown) return;
    shown = text;
    button.dataset.id = tile.id;
    button.dataset.state = tile.state;
    button.setAttribute("aria-label", tile.label);
    button.classList.toggle("cdnb-trouble", tile.trouble);
    put(mark, tile.mark);
    put(name, tile.name);
    put(words, tile.words);
    strip.replaceChildren(...marks.map(([state, share, title]) => {
      const part = make("span", `cdnb-part cdnb-part-${state}`);
      part.style.flexGrow = share;
      part.title = title;
      return part;
    }));
    lines.replaceChildren(...tile.lines.map((line) => {
      const node = make("span", "cdnb-tile-line");
      node.textContent = line;
      return node;
    }));
  };
  return { item, button, show };
}

function group_of(el) {
  const section = make("section", "cdnb-pool", el);
  const heading = make("h4", "cdnb-pool-name", section);
  const note = make("div", "cdnb-pool-note", section);
  const list = make("ul", "cdnb-tiles", section);
  list.setAttribute("role", "list");
  return { section, heading, note, list, tiles: new Map() };
}

function render({ model, el }) {
  el.classList.add("cdnb-fleet-tiles");
  const groups = new Map();
  const buttons = () => [...el.querySelectorAll(".cdnb-tile")];
  const pick = (id) => model.send({ kind: "pick", id });

  // One tile is reached by Tab, the others from it by arrows.
  const rove = (to) => {
    for (const button of buttons()) button.tabIndex = button === to ? 0 : -1;
  };
  const fill = (parent, keep, wanted) => {
    for (const [key, one] of keep) {
      if (!wanted.some((item) => item.key === key)) {
        (one.section ?? one.item).remove();
        keep.delete(key);
      }
    }
    wanted.forEach(({ node }, place) => {
      if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
    });
  };
  const paint = () => {
    const view = model.get("view");
    const strips = model.get("strips");
    const active = el.contains(document.activeElement) ? document.activeElement : null;
    const sections = view.groups.map((group) => {
      if (!groups.has(group.id)) groups.set(group.id, group_of(el));
      const one = groups.get(group.id);
      put(one.heading, group.name);
      put(one.note, group.note);
      one.section.setAttribute("aria-label", group.name);
      const items = group.members.map((id) => {
        if (!one.tiles.has(id)) one.tiles.set(id, tile_of(pick));
        one.tiles.get(id).show(view.tiles[id], strips[id] ?? []);
        return { key: id, node: one.tiles.get(id).item };
      });
      fill(one.list, one.tiles, items);
      return { key: group.id, node: one.section };
    });
    fill(el, groups, sections);
    // An element that is moved loses the focus.
    if (active?.isConnected && active !== document.activeElement) active.focus({ preventScroll: true });
    const all = buttons();
    if (!all.some((button) => button.tabIndex === 0)) rove(all[0]);
    choose();
  };
  const choose = () => {
    const chosen = model.get("chosen");
    // Details that are closed from within take the focus with them: it goes back to the tile.
    const is_closed_within = !chosen && document.activeElement?.closest(".cdnb-detail");
    if (is_closed_within) el.querySelector(".cdnb-tile[aria-pressed=true]")?.focus();
    for (const button of buttons()) button.setAttribute("aria-pressed", String(button.dataset.id === chosen));
  };
  const beside = (from, key) => {
    const all = buttons();
    const place = all.indexOf(from);
    if (key === "Home") return all[0];
    if (key === "End") return all.at(-1);
    if (key === "ArrowRight") return all[place + 1];
    if (key === "ArrowLeft") return all[place - 1];
    const down = key === "ArrowDown";
    const here = from.getBoundingClientRect();
    const ahead = (down ? all.slice(place + 1) : all.slice(0, place).reverse()).map((node) => [node, node.getBoundingClientRect()]);
    const row = ahead.find(([, box]) => (down ? box.top >= here.bottom : box.bottom <= here.top))?.[1].top;
    const near = ahead.filter(([, box]) => box.top === row);
    near.sort(([, a], [, b]) => Math.abs(a.left - here.left) - Math.abs(b.left - here.left));
    return near[0]?.[0];
  };
  const move = (event) => {
    const keys = ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End"];
    if (!keys.includes(event.key) || !event.target.classList.contains("cdnb-tile")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    beside(event.target, event.key)?.focus();
  };
  const focused = (event) => {
    if (event.target.classList.contains("cdnb-tile")) rove(event.target);
  };

  el.addEventListener("keydown", move);
  el.addEventListener("focusin", focused);
  model.on("change:view", paint);
  model.on("change:strips", paint);
  model.on("change:chosen", choose);
  paint();
  return () => {
    model.off("change:view", paint);
    model.off("change:strips", paint);
    model.off("change:chosen", choose);
  };
}

export default { render };
