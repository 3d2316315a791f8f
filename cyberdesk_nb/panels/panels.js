// ipywidgets writes a list anew when one of its rows changes, and the browser goes back to the chosen row.
// Where the user scrolled to is kept; gives what ends it.
function keep_places(panel) {
  const places = new WeakMap();
  const note = ({ target }) => {
    if (target.tagName === "SELECT") places.set(target, target.scrollTop);
  };
  const go_back = (list, place, frames) => {
    list.scrollTop = place;
    // The browser moves to the chosen row in a later frame.
    if (frames > 0) requestAnimationFrame(() => go_back(list, place, frames - 1));
  };
  const watch = new MutationObserver((changes) => {
    for (const list of new Set(changes.map((one) => one.target))) {
      if (places.has(list)) go_back(list, places.get(list), 2);
    }
  });
  panel.addEventListener("scroll", note, true);
  watch.observe(panel, { childList: true, subtree: true });
  return () => {
    watch.disconnect();
    panel.removeEventListener("scroll", note, true);
  };
}

// What opens below the place that was pressed may open out of view. It may still have to be drawn.
function bring(panel, look, frames = 30) {
  const part = panel?.querySelector(`.cdnb-${look}`);
  const box = part?.getBoundingClientRect();
  if (!box?.height) {
    if (frames > 0) requestAnimationFrame(() => bring(panel, look, frames - 1));
  } else if (box.top < 0 || box.top > 0.6 * window.innerHeight) part.scrollIntoView();
}

// Shows nothing: brings the style sheet, brings into view what is asked for, and keeps the notebook from acting on keys that are meant for the panel.
// Notebooks shield text fields only: in a drop-down list an arrow key would go to the next cell, "dd" delete this one.
function render({ model, el }) {
  let panel = null;
  let frame = 0;
  let let_places_go = () => {};
  const is_command = (event) => event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape";
  const hold_key = (event) => {
    if (!is_command(event)) event.stopPropagation();
  };
  // JupyterLab hears keys on their way up; Notebook 7 on their way down, where only a mark on the control stops it.
  const mark = (event) => {
    if (panel?.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", !is_command(event));
  };
  const attach = () => {
    panel = el.closest(".cdnb-panel");
    if (panel) {
      panel.addEventListener("keydown", hold_key);
      let_places_go = keep_places(panel);
    }
    // It is rendered before it stands in the page.
    else frame = requestAnimationFrame(attach);
  };
  const asked = (message) => {
    if (message.kind === "bring") bring(panel, message.look);
  };
  window.addEventListener("keydown", mark, true);
  model.on("msg:custom", asked);
  attach();
  return () => {
    cancelAnimationFrame(frame);
    window.removeEventListener("keydown", mark, true);
    model.off("msg:custom", asked);
    panel?.removeEventListener("keydown", hold_key);
    let_places_go();
  };
}

export default { render };
