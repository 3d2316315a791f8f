// Shows nothing: brings the style sheet, and keeps the notebook from acting on keys that are meant for the panel.
// JupyterLab shields text fields only: in a drop-down list an arrow key would go to the next cell, "dd" delete this one.
function render({ el }) {
  let panel = null;
  let frame = 0;
  const hold_key = (event) => {
    const is_command = event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape";
    if (!is_command) event.stopPropagation();
  };
  const attach = () => {
    panel = el.closest(".cdnb-panel");
    if (panel) panel.addEventListener("keydown", hold_key);
    // It is rendered before it stands in the page.
    else frame = requestAnimationFrame(attach);
  };
  attach();
  return () => {
    cancelAnimationFrame(frame);
    panel?.removeEventListener("keydown", hold_key);
  };
}

export default { render };
