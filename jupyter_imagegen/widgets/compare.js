function badge(letter, more = "") {
  return el("span", { class: `letter ${more}`, "aria-hidden": "true" }, letter);
}

function words(picture) {
  const parts = [badge(picture.letter), el("span", { class: "unseen" }, `Picture ${picture.letter}: `), picture.facts];
  if (picture.price) parts.push(picture.facts ? " · " : "", el("b", { class: "price" }, picture.price));
  if (picture.tag) parts.push(" ", el("span", { class: "tag warn" }, picture.tag));
  return parts;
}

function picture(info, bytes) {
  const img = el("img", { alt: `${info.letter}: ${info.alt}`, draggable: "false" });
  setPicture(img, bytes, info.mime);
  return img;
}

/** Two pictures in one box; what is left of the handle is A, what is right of it B. Small copies come first. */
function slider(state, shown) {
  const [a, b] = state.pictures;
  const left = picture(a, shown[0]), right = picture(b, shown[1]);
  const handle = el("div", { class: "handle", role: "slider", tabindex: 0, "aria-label": "Divider between A and B",
    "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100,
    // Else the notebook takes the arrow keys for itself.
    "data-lm-suppress-shortcuts": "true" }, el("i"));
  const badges = [badge("A", "left"), badge("B", "right")];
  const stage = el("div", { class: "stage" }, right, left, ...badges, handle);
  const scroller = el("div", { class: "scroller" }, stage);
  scroller.style.setProperty("--w", state.width);
  scroller.style.setProperty("--h", state.height);
  let at = 50;

  const move = (to) => {
    at = Math.min(100, Math.max(0, to));
    // Both are cut, so that nothing shows through where one is transparent or has another shape.
    left.style.clipPath = `inset(0 ${100 - at}% 0 0)`;
    right.style.clipPath = `inset(0 0 0 ${at}%)`;
    handle.style.left = `${at}%`;
    badges[0].hidden = at < 8;
    badges[1].hidden = at > 92;
    const whole = Math.round(at);
    handle.setAttribute("aria-valuenow", whole);
    handle.setAttribute("aria-valuetext", `${whole} % A, ${100 - whole} % B`);
  };
  move(at);

  const follow = (event) => {
    const box = stage.getBoundingClientRect();
    move(((event.clientX - box.left) / box.width) * 100);
  };
  stage.addEventListener("pointerdown", (event) => {
    // At 100 % a finger beside the handle scrolls.
    if (event.button || (scroller.classList.contains("full") && !handle.contains(event.target))) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    follow(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) follow(event);
  });
  handle.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const to = { ArrowLeft: at - step, ArrowDown: at - step, ArrowRight: at + step, ArrowUp: at + step,
      PageDown: at - 10, PageUp: at + 10, Home: 0, End: 100 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(Math.round(to));
    if (scroller.classList.contains("full")) scroller.scrollLeft = (stage.clientWidth * at) / 100 - scroller.clientWidth / 2;
  });

  const full = el("button", { type: "button", "aria-pressed": "false", onclick: () => {
    const on = scroller.classList.toggle("full");
    full.setAttribute("aria-pressed", on);
    if (!on) {
      for (const name of ["tabindex", "role", "aria-label"]) scroller.removeAttribute(name);
      return;
    }
    scroller.setAttribute("tabindex", 0);
    scroller.setAttribute("role", "group");
    scroller.setAttribute("aria-label", "Both pictures at 100 %; the arrow keys scroll");
    scroller.scrollLeft = (stage.clientWidth * at) / 100 - scroller.clientWidth / 2;
    scroller.scrollTop = (stage.clientHeight - scroller.clientHeight) / 2;
  } }, "100 %");

  return el("div", { class: "pad" }, scroller,
    el("div", { class: "under" }, el("p", {}, ...words(a)), full, el("p", {}, ...words(b))));
}

function grid(state, shown) {
  const figures = state.pictures.map((info, i) =>
    el("figure", {}, el("div", { class: "box" }, picture(info, shown[i])), el("figcaption", {}, ...words(info))));
  const node = el("div", { class: "pad" }, el("div", { class: "grid" }, ...figures));
  node.style.setProperty("--w", state.width);
  node.style.setProperty("--h", state.height);
  return node;
}

export default {
  render({ model, el: root }) {
    const state = model.get("state"), shown = model.get("shown");
    const panel = el("section", { class: "ig ig-compare mathjax_ignore tex2jax_ignore", role: "region",
      "aria-label": `Comparison of ${state.pictures.length} pictures` },
    state.mode === "slider" ? slider(state, shown) : grid(state, shown), problemLine(model));
    root.append(panel);
    const heard = (message, buffers) => {
      if (message.kind !== "whole") return;
      // In the page A lies over B.
      const [b, a] = panel.querySelectorAll(".stage > img");
      setPicture(a, buffers[0], message.mimes[0]);
      setPicture(b, buffers[1], message.mimes[1]);
    };
    model.on("msg:custom", heard);
    if (state.mode === "slider") model.send({ kind: "whole" });
    return () => {
      model.off("msg:custom", heard);
      panel.querySelectorAll("img").forEach((img) => setPicture(img, null));
    };
  },
};
