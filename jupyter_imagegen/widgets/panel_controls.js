/** Enter in a line of text: JupyterLab stops what browsers do with it by themselves (submit, tell of a change). */
function onEnter(input, run) {
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    run();
  });
}

/** A list to choose from; where Python allows it, a value that is not in the list can be typed. */
function listControl(spec, change) {
  const list = el("select");
  const own = el("input", { type: "text", hidden: true, size: 11, placeholder: "1536x864", spellcheck: "false" });
  list.addEventListener("change", () => {
    own.hidden = list.value !== "\u2026";
    if (!own.hidden) own.focus();
    else change(spec.name === "partial_images" ? Number(list.value) : list.value);
  });
  const typed = () => { if (own.value.trim()) change(own.value.trim()); };
  own.addEventListener("change", typed);
  onEnter(own, typed);
  own.setAttribute("aria-label", "Width x height in pixels");
  const show = (next, value) => {
    const wanted = [...next.options, ...(next.free ? [{ value: "\u2026", label: "other\u2026" }] : [])];
    const words = (options) => options.map((one) => `${one.value}\n${one.label}`).join("\r");
    if (words([...list.options].map((one) => ({ value: one.value, label: one.text }))) !== words(wanted)) {
      list.replaceChildren(...wanted.map((one) => el("option", { value: one.value }, one.label)));
    }
    const offered = next.options.some((one) => one.value === String(value));
    list.value = offered ? String(value) : "\u2026";
    own.hidden = offered || !next.free;
    if (!offered && document.activeElement !== own) own.value = value;
  };
  // A model may let sizes be typed and the next one not, so the box is there where any does.
  return { node: el("span", { class: "control" }, field(spec.label, list), spec.name === "size" ? own : null), show };
}

/** A number; an emptied box stays empty while it is being filled anew. */
function numberControl(spec, change) {
  const number = el("input", { type: "number", min: spec.least, max: spec.most });
  number.addEventListener("input", () => {
    if (number.value !== "") change(Math.round(Number(number.value)));
    else if (spec.name !== "n") change(null);
  });
  const show = (_next, value) => {
    const said = value === null || value === undefined ? "" : String(value);
    if (number.value !== said && !(document.activeElement === number && number.value === "")) number.value = said;
  };
  return { node: field(spec.label, number), show };
}

function boxControl(spec, change) {
  const box = el("input", { type: "checkbox" });
  box.addEventListener("change", () => change(box.checked));
  return { node: el("label", { class: "inline" }, box, spec.label), show: (_next, value) => { box.checked = !!value; } };
}

/** One control, drawn from what Python says of it; `change(value)` is called with what is chosen. */
function drawControl(spec, change) {
  const kinds = { select: listControl, number: numberControl, check: boxControl };
  const control = kinds[spec.kind](spec, change);
  const show = (next, value) => { control.node.title = next.hint || ""; control.show(next, value); };
  return { node: control.node, show };
}
