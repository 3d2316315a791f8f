// Sends chosen files to the kernel in pieces, as binary buffers; nothing of them ever becomes a trait.
const PIECE_BYTES = 1 << 20;

async function send(model, file, is_gone) {
  const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  model.send({ kind: "begin", file: id, name: file.name, size: file.size });
  try {
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      if (is_gone()) throw new Error("The page was closed.");
      const piece = await file.slice(at, at + PIECE_BYTES).arrayBuffer();
      model.send({ kind: "piece", file: id }, undefined, [piece]);
    }
  } catch {
    // It was moved, or may not be read.
    model.send({ kind: "broken", file: id, name: file.name });
  }
}

function render({ model, el }) {
  const id = `cdnb-files-${Math.random().toString(36).slice(2)}`;
  const label = document.createElement("label");
  const input = document.createElement("input");
  const note = document.createElement("div");
  const error = document.createElement("div");
  let gone = false;

  el.classList.add("cdnb-files");
  label.htmlFor = input.id = id;
  input.type = "file";
  input.multiple = true;
  input.setAttribute("aria-describedby", `${id}-note ${id}-error`);
  note.id = `${id}-note`;
  note.className = "cdnb-files-note";
  note.setAttribute("role", "status");
  error.id = `${id}-error`;
  error.className = "cdnb-files-error";
  error.setAttribute("role", "alert");
  el.append(label, input, note, error);

  let refused = "";
  const show = () => {
    label.textContent = model.get("label");
    note.textContent = model.get("note");
    error.textContent = [refused, model.get("error")].filter(Boolean).join(" ");
  };
  const take = async () => {
    const files = [...input.files];
    // The same file can be chosen again later.
    input.value = "";
    refused = "";
    let room = model.get("room_bytes");
    for (const file of files) {
      if (file.size > room) {
        refused = `${file.name} is too large: ${(room / 1e6).toFixed(1)} MB are left.`;
        continue;
      }
      room -= file.size;
      await send(model, file, () => gone);
    }
    show();
  };

  input.addEventListener("change", take);
  model.on("change", show);
  show();
  return () => {
    gone = true;
    model.off("change", show);
  };
}

export default { render };
