// A grid that scrolls through thousands of rows: only those in view are elements. Text goes in as text, never as markup.
const ROW_PX = 28;
const SPARE = 8;

function make(name, look, text = "") {
  const made = document.createElement(name);
  made.className = look;
  made.textContent = text;
  return made;
}

function fill(element, line, columns) {
  const [, look, share, ...cells] = line;
  element.dataset.look = look;
  cells.forEach((text, i) => {
    const cell = element.children[i + 1];
    const name = columns[i][0];
    const label = cell.lastChild;
    if (label.textContent !== text) {
      label.textContent = text;
      cell.title = text;
    }
    if (name !== "progress") return;
    cell.firstChild.hidden = share === null;
    cell.firstChild.firstChild.style.width = `${100 * (share ?? 0)}%`;
  });
}

function blank(columns, id) {
  const row = make("div", "cdnb-grid-row");
  row.setAttribute("role", "row");
  row.id = id;
  row.append(make("div", "cdnb-grid-mark"));
  row.firstChild.setAttribute("role", "gridcell");
  for (const [name] of columns) {
    const cell = make("div", `cdnb-grid-cell cdnb-grid-${name}`);
    cell.setAttribute("role", "gridcell");
    if (name === "progress") {
      cell.append(make("span", "cdnb-grid-bar"));
      cell.firstChild.append(make("span", ""));
    }
    cell.append(make("span", "cdnb-grid-text"));
    row.append(cell);
  }
  return row;
}

export default () => {
  const rows = new Map();
  const views = new Set();
  let order = [];

  function initialize({ model }) {
    const put = (lines) => lines.forEach((line) => rows.set(line[0], line));
    const draw = () => views.forEach((view) => view());
    let version = -1;
    const rebase = () => {
      const base = JSON.parse(model.get("base"));
      version = base.version;
      rows.clear();
      put(base.rows);
      change();
    };
    const change = () => {
      const delta = JSON.parse(model.get("delta"));
      if (delta.version === version) put(delta.rows);
      draw();
    };
    const arrange = () => {
      order = model.get("order");
      draw();
    };
    order = model.get("order");
    rebase();
    model.on("change:base", rebase);
    model.on("change:delta", change);
    model.on("change:order", arrange);
    return () => {
      model.off("change:base", rebase);
      model.off("change:delta", change);
      model.off("change:order", arrange);
    };
  }

  function render({ model, el }) {
    const columns = model.get("columns");
    const name = `cdnb-${Math.random().toString(36).slice(2)}`;
    const shown = new Map();
    let picked = new Set(model.get("picked"));
    let active = null;
    let anchor = null;
    let top = [null, 0];
    let frame = 0;

    const grid = make("div", "cdnb-grid");
    const head = make("div", "cdnb-grid-head");
    const body = make("div", "cdnb-grid-body");
    grid.tabIndex = 0;
    grid.setAttribute("role", "grid");
    grid.setAttribute("aria-label", "Runs");
    grid.setAttribute("aria-multiselectable", "true");
    grid.setAttribute("aria-colcount", columns.length + 1);
    grid.style.setProperty("--cdnb-columns", `24px ${columns.map(([, , width]) => width).join(" ")}`);
    head.setAttribute("role", "row");
    body.setAttribute("role", "rowgroup");
    head.append(make("div", "cdnb-grid-mark"));
    for (const [column, title] of columns) {
      const cell = make("div", "cdnb-grid-cell");
      cell.setAttribute("role", "columnheader");
      cell.append(make("button", "cdnb-grid-sort", title));
      cell.firstChild.type = "button";
      cell.firstChild.title = `Sort by ${title.toLowerCase()}`;
      cell.firstChild.onclick = () => sort(column);
      head.append(cell);
    }
    grid.append(head, body);
    el.append(grid);

    function draw() {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(paint);
    }

    function paint() {
      body.style.height = `${order.length * ROW_PX}px`;
      grid.setAttribute("aria-rowcount", order.length + 1);
      keep_place();
      const first = Math.max(0, Math.floor(grid.scrollTop / ROW_PX) - SPARE);
      const last = Math.min(order.length, Math.ceil((grid.scrollTop + grid.clientHeight) / ROW_PX) + SPARE);
      const wanted = new Set(order.slice(first, last));
      for (const [key, element] of shown) {
        if (wanted.has(key)) continue;
        element.remove();
        shown.delete(key);
      }
      for (let i = first; i < last; i++) paint_row(order[i], i);
      const is_there = active !== null && shown.has(active);
      if (is_there) grid.setAttribute("aria-activedescendant", shown.get(active).id);
      else grid.removeAttribute("aria-activedescendant");
      const [by, descends] = model.get("sort");
      columns.forEach(([column], i) => {
        const state = column !== by ? "none" : descends ? "descending" : "ascending";
        head.children[i + 1].setAttribute("aria-sort", state);
      });
    }

    function paint_row(key, i) {
      const line = rows.get(key);
      if (!line) return;
      let element = shown.get(key);
      if (!element) {
        element = blank(columns, `${name}-${key}`);
        shown.set(key, element);
        body.append(element);
      }
      if (element.line !== line) fill(element, line, columns);
      element.line = line;
      element.style.transform = `translateY(${i * ROW_PX}px)`;
      element.dataset.key = key;
      element.setAttribute("aria-rowindex", i + 2);
      element.setAttribute("aria-selected", picked.has(key));
      element.firstChild.textContent = picked.has(key) ? "✓" : "";
      element.classList.toggle("cdnb-grid-active", key === active);
    }

    // Rows that come in above those in view do not push them away.
    function keep_place() {
      const at = top[0] === null ? -1 : order.indexOf(top[0]);
      if (at > 0 && grid.scrollTop > 0) {
        const wanted = at * ROW_PX + top[1];
        if (Math.abs(wanted - grid.scrollTop) >= 1) grid.scrollTop = wanted;
      }
      note_place();
    }

    function note_place() {
      const at = Math.floor(grid.scrollTop / ROW_PX);
      top = [order[at] ?? null, grid.scrollTop - at * ROW_PX];
    }

    function scrolled() {
      note_place();
      draw();
    }

    function pick(keys) {
      picked = new Set(keys);
      model.set("picked", [...picked]);
      model.save_changes();
      draw();
    }

    function go(key, { extend = false, keep = false } = {}) {
      if (key === undefined) return;
      const i = order.indexOf(key);
      active = key;
      if (extend) {
        const from = Math.max(0, order.indexOf(anchor));
        pick(order.slice(Math.min(from, i), Math.max(from, i) + 1));
      } else if (!keep) {
        anchor = key;
        pick([key]);
      }
      const room = grid.clientHeight - head.offsetHeight;
      if (i * ROW_PX < grid.scrollTop) grid.scrollTop = i * ROW_PX;
      else if ((i + 1) * ROW_PX > grid.scrollTop + room) grid.scrollTop = (i + 1) * ROW_PX - room;
      note_place();
      draw();
    }

    function toggle(key) {
      anchor = active = key;
      pick(picked.has(key) ? [...picked].filter((one) => one !== key) : [...picked, key]);
    }

    function sort(column) {
      const [by, descends] = model.get("sort");
      model.set("sort", by !== column ? [column, false] : descends ? ["", false] : [column, true]);
      model.save_changes();
      draw();
    }

    function open() {
      if (active !== null && order.includes(active)) model.send({ kind: "open", key: active });
    }

    function pressed(event) {
      if (event.target !== grid) return;
      const page = Math.max(1, Math.floor((grid.clientHeight - head.offsetHeight) / ROW_PX) - 1);
      const now = order.indexOf(active);
      const last = order.length - 1;
      const to = (i) => go(order[Math.min(last, Math.max(0, i))], { extend: event.shiftKey, keep: event.ctrlKey });
      const all = event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey);
      const act = all ? () => pick(order) : {
        ArrowDown: () => to(now + 1),
        ArrowUp: () => to(now < 0 ? 0 : now - 1),
        PageDown: () => to(now + page),
        PageUp: () => to(now - page),
        Home: () => to(0),
        End: () => to(last),
        " ": () => order.includes(active) && toggle(active),
        Enter: open,
        Escape: () => pick([]),
      }[event.key];
      if (!act || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    }

    function clicked(event) {
      const row = event.target.closest(".cdnb-grid-row");
      if (!row) return;
      const key = Number(row.dataset.key);
      const is_mark = event.target.closest(".cdnb-grid-mark") !== null;
      if (event.ctrlKey || event.metaKey || is_mark) toggle(key);
      else go(key, { extend: event.shiftKey });
    }

    function repick() {
      picked = new Set(model.get("picked"));
      draw();
    }

    const is_row = (event) => event.target.closest(".cdnb-grid-row") !== null;
    const opened = (event) => is_row(event) && open();
    const sized = new ResizeObserver(draw);
    grid.addEventListener("scroll", scrolled, { passive: true });
    grid.addEventListener("keydown", pressed);
    body.addEventListener("click", clicked);
    body.addEventListener("dblclick", opened);
    model.on("change:picked", repick);
    model.on("change:sort", draw);
    sized.observe(grid);
    views.add(draw);
    draw();
    return () => {
      cancelAnimationFrame(frame);
      sized.disconnect();
      views.delete(draw);
      model.off("change:picked", repick);
      model.off("change:sort", draw);
    };
  }

  return { initialize, render };
};
