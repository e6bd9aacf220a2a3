/** Shared by all panels; each panel's own module follows in the same file. Nothing here is exported. */

/** Make an element: el("button", { class: "go", onclick }, "Generate"). Text is always set as text. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A labelled control. */
function field(label, control) {
  return el("label", { class: "field" }, label, control);
}

/** Show a panel's `problem` trait as an alert that a screen reader speaks. */
function problemLine(model) {
  const line = el("div", { class: "problem", role: "alert" });
  const show = () => { line.textContent = model.get("problem"); };
  model.on("change:problem", show);
  show();
  return line;
}

/** A picture from bytes (DataView or ArrayBuffer); the old object URL is freed when a new one is set. */
function setPicture(img, bytes, mime) {
  if (img.dataset.url) URL.revokeObjectURL(img.dataset.url);
  if (!bytes || !bytes.byteLength) { delete img.dataset.url; img.removeAttribute("src"); return; }
  img.dataset.url = URL.createObjectURL(new Blob([bytes], { type: mime }));
  img.src = img.dataset.url;
}

/**
 * Keep a panel's keys from the notebook: JupyterLab's one-letter commands (D, D deletes a cell) listen before
 * anybody else, and look for this attribute on the focused element itself, not on what is around it.
 */
function keepKeys(node) {
  node.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
}
