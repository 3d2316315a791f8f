// A caption, heads, and rows of texts; a row with a key has a button at its end.
function render({ model, el }) {
  const make = (tag, text, parent) => {
    const node = document.createElement(tag);
    node.textContent = text;
    parent.append(node);
    return node;
  };
  el.classList.add("cdnb-table-place");
  const buttons = new Map();
  const button_of = (key, about) => {
    if (!buttons.has(key)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "cdnb-table-button";
      button.addEventListener("click", () => model.send({ kind: "press", key }));
      buttons.set(key, button);
    }
    const button = buttons.get(key);
    button.textContent = model.get("action");
    button.setAttribute("aria-label", `${model.get("action")}: ${about}`);
    return button;
  };
  const paint = () => {
    const active = el.contains(document.activeElement) ? document.activeElement : null;
    const table = document.createElement("table");
    table.className = "cdnb-table";
    make("caption", model.get("caption"), table);
    const rows = model.get("rows");
    const head = make("tr", "", make("thead", "", table));
    const has_action = rows.some((row) => row.key);
    for (const text of rows.length ? model.get("heads") : []) make("th", text, head).scope = "col";
    if (has_action) make("td", "", head);
    const body = make("tbody", "", table);
    for (const { cells, key } of rows) {
      const line = make("tr", "", body);
      // Times and states stay on one line; what is longer wraps.
      for (const text of cells) make("td", text, line).classList.toggle("cdnb-short", text.length <= 16);
      if (has_action) {
        const cell = make("td", "", line);
        if (key) cell.append(button_of(key, cells.slice(0, 3).join(", ")));
      }
    }
    el.replaceChildren(table);
    if (active?.isConnected && active !== document.activeElement) active.focus({ preventScroll: true });
  };
  model.on("change", paint);
  paint();
  return () => model.off("change", paint);
}

export default { render };
