// The frame around a view: its notices, its full screen, its keys, and its life in the page.

/** A region that waits for its story. Give it its parts with `fill`, and put it into the page with `mount`. */
function createFrame(className, label, waitingText) {
  const ending = new AbortController();
  const { signal } = ending;
  const live = h("div", { class: "cdp-live", role: "status", "aria-live": "polite" });
  const notice = h("div", { class: "cdp-notice", role: "alert", hidden: true });
  const waiting = h("div", { class: "cdp-waiting", text: waitingText });
  const root = h("div", { class: className, role: "region", tabindex: "-1", "aria-label": label, "aria-busy": "true" });

  function ready(title) {
    waiting.remove();
    root.setAttribute("aria-busy", "false");
    root.setAttribute("aria-label", `${label}: ${title}`);
    say("");
  }

  function say(text) {
    notice.textContent = text;
    toggle(notice, Boolean(text));
  }

  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen?.().catch(() => say("This page does not allow full screen."));
  }

  /** Shows the frame, follows the `traits` of the model, and listens to keys; returns what ends it all. */
  function mount(el, model, { traits, refresh, action, isNative }) {
    const changed = () => {
      say("");
      refresh();
    };
    const changes = traits.map((name) => `change:${name}`);
    for (const name of changes) model.on(name, changed);
    // In the capture phase on the window, because JupyterLab takes keys in the capture phase on the document.
    window.addEventListener("keydown", (event) => onKey(event, action, isNative), { capture: true, signal });
    el.classList.add("cdp-host");
    el.append(root);
    return () => {
      ending.abort();
      for (const name of changes) model.off(name, changed);
      root.remove();
    };
  }

  /** Plain keys belong to the view while it has the focus; those with Ctrl, Alt or Cmd stay with the notebook. */
  function onKey(event, action, isNative) {
    if (!event.composedPath().includes(root) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab" || event.key === "Escape" || (event.key === "Enter" && event.shiftKey)) return;
    event.stopPropagation();
    const act = action(event.key);
    if (!act || isNative(event.target, event.key)) return;
    event.preventDefault();
    act();
  }

  const fill = (...parts) => root.append(...parts, notice, live, waiting);
  return { root, live, signal, fill, ready, say, fullScreen, mount };
}

const isPress = (key) => key === " " || key === "Enter";
const isScroll = (key) => /^(ArrowUp|ArrowDown|PageUp|PageDown| )$/.test(key);
