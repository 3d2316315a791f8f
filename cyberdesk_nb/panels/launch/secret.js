// What is typed leaves the page in one message and is cleared at once; nothing here ever becomes a trait.
function render({ model, el }) {
  const id = `cdnb-secret-${Math.random().toString(36).slice(2)}`;
  const label = document.createElement("label");
  const input = document.createElement("input");
  const forget = document.createElement("button");
  const help = document.createElement("div");
  const error = document.createElement("div");
  const line = document.createElement("div");

  el.classList.add("cdnb-secret");
  label.htmlFor = input.id = id;
  label.className = "cdnb-secret-label";
  input.type = "password";
  input.autocomplete = "new-password";
  input.spellcheck = false;
  input.setAttribute("aria-describedby", `${id}-help ${id}-error`);
  forget.type = "button";
  forget.textContent = "Forget";
  help.id = `${id}-help`;
  help.className = "cdnb-secret-help";
  error.id = `${id}-error`;
  error.className = "cdnb-secret-error";
  error.setAttribute("role", "alert");
  line.className = "cdnb-secret-line";
  line.append(input, forget);
  el.append(label, line, help, error);

  const hand_over = () => {
    const value = input.value;
    input.value = "";
    if (value) model.send({ kind: "secret", value });
  };
  const clear = () => {
    input.value = "";
    model.send({ kind: "secret", value: "" });
    input.focus();
  };
  const show = () => {
    label.textContent = model.get("label");
    help.textContent = model.get("help");
    error.textContent = model.get("error");
    input.placeholder = model.get("is_set") ? "•••••••• set; type to replace" : "secret, not set";
    input.setAttribute("aria-invalid", String(Boolean(model.get("error"))));
    forget.hidden = !model.get("is_set");
  };

  input.addEventListener("change", hand_over);
  forget.addEventListener("click", clear);
  model.on("change", show);
  show();
  return () => {
    input.value = "";
    model.off("change", show);
  };
}

export default { render };
