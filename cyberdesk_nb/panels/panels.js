// Shows nothing: brings the style sheet, and keeps the notebook from acting on keys that are meant for the panel.
// Notebooks shield text fields only: in a drop-down list an arrow key would go to the next cell, "dd" delete this one.
function render({ el }) {
  let panel = null;
  let frame = 0;
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
    if (panel) panel.addEventListener("keydown", hold_key);
    // It is rendered before it stands in the page.
    else frame = requestAnimationFrame(attach);
  };
  window.addEventListener("keydown", mark, true);
  attach();
  return () => {
    cancelAnimationFrame(frame);
    window.removeEventListener("keydown", mark, true);
    panel?.removeEventListener("keydown", hold_key);
  };
}

export default { render };
