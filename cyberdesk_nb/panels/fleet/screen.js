// The picture comes as a message with bytes; an object URL shows it until the next one comes.
function render({ model, el }) {
  const image = document.createElement("img");
  image.className = "cdnb-screen";
  image.hidden = true;
  el.append(image);
  let url = "";
  const drop = () => {
    if (url) URL.revokeObjectURL(url);
    url = "";
  };
  const label = () => { image.alt = model.get("label"); };
  const take = (message, buffers) => {
    if (message.kind !== "picture") return;
    drop();
    image.hidden = !buffers?.length;
    if (!buffers?.length) {
      image.removeAttribute("src");
      return;
    }
    url = URL.createObjectURL(new Blob([buffers[0]]));
    image.src = url;
  };
  model.on("msg:custom", take);
  model.on("change:label", label);
  label();
  model.send({ kind: "open" });
  return () => {
    model.off("msg:custom", take);
    model.off("change:label", label);
    drop();
  };
}

export default { render };
