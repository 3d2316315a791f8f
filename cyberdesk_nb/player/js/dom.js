// Elements and icons. Data from the server enters the page here only, and only as text.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `props` are attributes, but for `text`; strings among the children become text nodes. */
function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element, made like `h`. */
function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Show or hide without touching inline styles. */
function toggle(node, shown) {
  node.hidden = !shown;
}

const ICONS = {
  click: "M5.5 5.5l8 3-3.4 1.4-1.5 3.6zM5 1.5v1.8M1.5 5h1.8M2.4 2.4l1.3 1.3M7.8 2.4L6.6 3.6",
  move: "M4 2.5l8.5 5-3.8 1 2.3 4-1.8 1-2.3-4L4 12.2z",
  drag: "M2.2 13.8l.1-.1M4.5 11.5L13 3M7.5 3H13v5.5",
  scroll: "M8 2v12M4.8 5L8 1.8 11.2 5M4.8 11L8 14.2l3.2-3.2",
  type: "M3 4.5v-2h10v2M8 2.5v11M6 13.5h4",
  key: "M1.5 4h13v8.5h-13zM4 6.8h.3M6.7 6.8H7M9.3 6.8h.3M11.8 6.8h.3M4.8 9.8h6.4",
  wait: "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM8 4.5V8l2.5 1.8",
  screenshot: "M2 5V2.5h3M11 2.5h3V5M14 11v2.5h-3M5 13.5H2V11M5.2 5.5h5.6v5H5.2z",
  focus: "M8 1.2v3M8 11.8v3M1.2 8h3M11.8 8h3M8 4.6a3.4 3.4 0 100 6.8 3.4 3.4 0 000-6.8z",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.2V2.5h-8v8h2.7",
  values: "M6 2.5c-2 0-2 .8-2 2.5S4 7.6 2.5 8C4 8.4 4 9.3 4 11s0 2.5 2 2.5M10 2.5c2 0 2 .8 2 2.5s0 2.6 1.5 3c-1.5.4-1.5 1.3-1.5 3s0 2.5-2 2.5",
  loop: "M13.2 8a5.2 5.2 0 11-1.6-3.7M12.8 1.5v3.2H9.6",
  terminal: "M1.5 2.5h13v11h-13zM4 6l2.5 2L4 10M8 10.5h4",
  fail: "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  unknown: "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM6.2 6.2a1.9 1.9 0 113 1.5C8.3 8.3 8 8.7 8 9.5M8 11.6v.1",
  replayed: "M9 1.5L3.5 9H8l-1 5.5L12.5 7H8z",
  agent: "M8 1.5l1.7 4.8L14.5 8l-4.8 1.7L8 14.5l-1.7-4.8L1.5 8l4.8-1.7z",
  error: "M8 2l6.5 11.5h-13zM8 6.5v3.3M8 11.7v.1",
  first: "M4 3v10M12 3L7 8l5 5",
  previous: "M10.5 3l-5 5 5 5",
  next: "M5.5 3l5 5-5 5",
  last: "M12 3v10M4 3l5 5-5 5",
  play: "M4.5 2.5l9 5.5-9 5.5z",
  pause: "M5 2.8v10.4M11 2.8v10.4",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  nopicture: "M1.5 2.5h13v11h-13zM1.5 11l3.5-3.5 3 3M2 14L14 2",
};

const ACTION_ICONS = {
  left_click: "click", right_click: "click", middle_click: "click", double_click: "click", triple_click: "click",
  left_mouse_down: "click", left_mouse_up: "click", left_click_drag: "drag", mouse_move: "move",
  cursor_position: "move", scroll: "scroll", type: "type", key: "key", hold_key: "key", wait: "wait",
  screenshot: "screenshot", focused_action: "focus", copy_to_clipboard: "copy", upsert_runtime_values: "values",
  start_loop: "loop", end_loop_iteration: "loop", execute_terminal_command: "terminal", declare_task_failed: "fail",
};

/** A line drawing of 16 by 16 that takes the colour of the text around it. */
function icon(name) {
  return s("svg", { class: `cdp-icon cdp-icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    s("path", { d: ICONS[name] ?? ICONS.unknown }));
}

function actionIcon(step) {
  return icon(ACTION_ICONS[step.action.name] ?? "unknown");
}

/** A button with an icon; `key` is the shortcut named in its tooltip. */
function iconButton(name, label, key, onClick, props = {}) {
  const title = key ? `${label} (${key})` : label;
  const button = h("button", { type: "button", class: "cdp-button", "aria-label": label, title, ...props }, icon(name));
  button.addEventListener("click", onClick);
  return button;
}

/** Text with its placeholders marked: `{$name}` stands for a secret, `{{name}}` for a value set during the run. */
function rich(text) {
  return String(text ?? "").split(/(\{\$[^{}]{1,80}\}|\{\{[^{}]{1,80}\}\})/).map((part) => {
    if (part.startsWith("{$") && part.endsWith("}")) {
      return h("span", { class: "cdp-secret", title: "A secret: its value is never recorded", text: part });
    }
    const value = part.startsWith("{{") && part.endsWith("}}");
    return value ? h("span", { class: "cdp-value", title: "A value set during the run", text: part }) : part;
  });
}
