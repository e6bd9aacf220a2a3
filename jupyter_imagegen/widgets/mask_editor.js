/** Paint on a picture. Everything is drawn here; only the finished mask goes to Python, as a PNG's bytes.

mask_painting.js comes before this in the same module. */

const SEND_AFTER = 250;      // milliseconds without painting

export default {
  render({ model, el: root }) {
    const width = model.get("width"), height = model.get("height"), short = Math.min(width, height);
    const k = Math.min(1, VIEW_SIDE / Math.max(width, height));
    const veil = el("canvas", { class: "veil", "aria-hidden": "true" });
    veil.width = Math.max(1, Math.round(width * k));
    veil.height = Math.max(1, Math.round(height * k));
    const painting = new Painting(width, height, veil);
    const state = { tool: "brush", size: Math.max(2, Math.round(short * .08)), space: false };
    const cursor = { x: width / 2, y: height / 2, shown: false, keyboard: false };

    // -- what is seen
    const svg = (name, attributes) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      return node;
    };
    const marks = svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    const lines = ["under", "over"].map((kind) => svg("path", { class: kind }));
    marks.append(...lines);
    const picture = el("img", { alt: `${model.get("title")}, to be painted on`, draggable: "false" });
    setPicture(picture, model.get("picture"), model.get("picture_mime"));
    const sheet = el("div", { class: "sheet" }, picture, veil, marks);
    const frame = el("div", { class: "frame", tabindex: "0", role: "application",
      "aria-label": "Painting area. Arrow keys move the brush, Space paints, Tab leaves." }, sheet);
    frame.style.aspectRatio = `${width} / ${height}`;
    frame.style.maxWidth = `min(100%, ${Math.round(600 * width / height)}px)`;

    const level = el("output", { class: "zoom soft", "aria-label": "Zoom" }), zoom = new Zoom(sheet, level);
    const share = el("span", { class: "share soft" });
    // The number moves while painting; a screen reader is told when the stroke is done.
    const spoken = el("div", { class: "unseen", role: "status" });
    const button = (label, keys, onclick, more = {}) => el("button",
      { type: "button", onclick, title: keys ? `${label} (${keys})` : null, ...more }, label);
    const tools = Object.fromEntries([["brush", "Brush", "B"], ["eraser", "Eraser", "E"], ["box", "Box", "R"],
      ["lasso", "Lasso", "L"]].map(([name, label, key]) => [name,
      button(label, key, () => choose(name), { "aria-pressed": "false", "aria-keyshortcuts": key })]));
    const size = el("input", { type: "range", class: "range", min: 1, max: Math.max(2, Math.round(short / 2)),
      oninput: () => resize(Number(size.value)) });
    const undo = button("Undo", "Ctrl+Z", () => step("undo"), { "aria-keyshortcuts": "Control+Z" });
    const redo = button("Redo", "Ctrl+Shift+Z", () => step("redo"), { "aria-keyshortcuts": "Control+Shift+Z" });
    const opacity = el("input", { type: "range", class: "range", min: 10, max: 90, value: 60,
      oninput: () => { veil.style.opacity = opacity.value / 100; } });
    const feather = el("input", { type: "number", class: "number", min: 0, max: 200, step: 1,
      onchange: () => setFeather(Number(feather.value)) });
    const file = el("input", { type: "file", accept: "image/png,image/jpeg,image/webp,image/gif", hidden: true,
      onchange: load });
    const shortcuts = [["B", "brush"], ["E", "eraser"], ["R", "box"], ["L", "lasso"], ["[ ]", "smaller, larger"],
      ["Ctrl+Z", "undo"], ["Ctrl+Shift+Z", "redo"], ["I", "invert"], ["+ −", "zoom in, out"], ["0", "fit"],
      ["Ctrl+wheel", "zoom"], ["Space+drag", "move the picture"], ["Alt", "box or lasso takes away"],
      ["Arrows", "move the brush; Shift: a little"], ["Space", "paint; a corner of a box or lasso"],
      ["Enter", "close the lasso"], ["Esc", "leave box or lasso"]];

    root.classList.add("ig", "mask-editor");
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", `Mask editor for ${model.get("title")}`);
    root.append(
      el("div", { class: "tools", role: "group", "aria-label": "Painting" }, ...Object.values(tools),
        el("label", { class: "inline" }, "Size", size), undo, redo,
        button("Invert", "I", () => commit({ kind: "invert" }), { "aria-keyshortcuts": "I" }),
        button("Clear", "", () => commit({ kind: "clear" })), share),
      problemLine(model),
      el("div", { class: "stage" }, frame),
      el("div", { class: "tools", role: "group", "aria-label": "View and files" },
        el("label", { class: "inline" }, "Veil", opacity),
        el("label", { class: "inline", title: "Softens the edge of the mask, in pixels of the picture" },
          "Feather", feather, "px"),
        el("span", { class: "together" },
          button("−", "-", () => zoom.by(1 / 1.5), { "aria-label": "Zoom out", title: "Zoom out (-)" }), level,
          button("+", "+", () => zoom.by(1.5), { "aria-label": "Zoom in", title: "Zoom in (+)" }),
          button("Fit", "0", () => zoom.fit())),
        el("span", { class: "together end" },
          button("Load mask", "", () => file.click()), button("Save mask", "", save)), file),
      el("details", {}, el("summary", {}, "Keyboard and pen"),
        el("dl", {}, ...shortcuts.map(([keys, what]) => el("div", {}, el("dt", {}, el("kbd", {}, keys)),
          el("dd", {}, what))))),
      spoken);

    let saying = 0;
    function say(words) { clearTimeout(saying); saying = setTimeout(() => { spoken.textContent = words; }, 400); }

    keepKeys(root);

    // -- state
    function choose(name) {
      state.tool = name;
      draft = null;
      for (const [key, node] of Object.entries(tools)) node.setAttribute("aria-pressed", String(key === name));
      frame.classList.toggle("shaping", name === "box" || name === "lasso");
      mark();
    }
    function resize(px) {
      state.size = clamp(Math.round(px), 1, Number(size.max));
      size.value = state.size;
      size.setAttribute("aria-valuetext", `${state.size} pixels`);
      mark();
    }
    function setFeather(px) {
      const wanted = clamp(Math.round(px) || 0, 0, 200);
      feather.value = wanted;
      model.set("feather", wanted);
      model.save_changes();
    }
    function showFeather() {
      feather.value = model.get("feather");
      // A picture of it: the shadow's blur is in the page's pixels, the feather in the picture's.
      const blur = model.get("feather") * frame.clientWidth / width / 2;
      veil.style.filter = blur ? `drop-shadow(0 0 ${blur}px ${painting.colour})` : "";
    }
    function colourIn() {
      const accent = getComputedStyle(root).getPropertyValue("--ig-accent").trim() || "#1f5fd0";
      if (accent !== painting.colour) { painting.colour = accent; painting.redraw(); showFeather(); }
    }
    function changed() {
      share.textContent = shareWords(painting.share());
      say(share.textContent);
      undo.disabled = !painting.steps.length;
      redo.disabled = !painting.undone.length;
      later();
    }
    const commit = (one, drawn) => { painting.add(one, drawn); changed(); };
    const step = (which) => { painting[which](); changed(); };

    // -- to Python and back
    let timer = 0, sending = false, again = false, mine = false;
    function later() { clearTimeout(timer); timer = setTimeout(send, SEND_AFTER); }
    function now() { if (timer) { clearTimeout(timer); send(); } }
    async function send() {
      timer = 0;
      if (sending) { again = true; return; }
      sending = true;
      try {
        const blob = await painting.finished(model.get("feather"));
        const bytes = blob ? await blob.arrayBuffer() : new ArrayBuffer(0);
        mine = true;
        model.set("drawn", new DataView(bytes));
        mine = false;
        model.save_changes();
        root.dataset.sent = String(Number(root.dataset.sent ?? 0) + 1);
      } catch (error) {
        mine = false;
        model.set("problem", `The mask could not be made: ${error.message}`);
      }
      sending = false;
      if (again) { again = false; send(); }
    }
    async function receive(undoable) {
      const bytes = model.get("drawn");
      if (mine) return;
      const bitmap = bytes?.byteLength ? await bitmapOf(bytes, width, height, model.get("feather") > 0) : null;
      if (undoable) painting.add({ kind: bitmap ? "bitmap" : "clear", bitmap });
      else { painting.base = bitmap; painting.redraw(); }
      changed();
      clearTimeout(timer);   // Python has it already
      timer = 0;
    }
    async function load() {
      const chosen = file.files[0];
      if (!chosen) return;
      model.send({ kind: "load", name: chosen.name }, undefined, [await chosen.arrayBuffer()]);
      file.value = "";
    }
    async function save() {
      const blob = await painting.finished(model.get("feather"));
      if (!blob) { spoken.textContent = "Nothing is painted, so there is no mask to save."; return; }
      const url = URL.createObjectURL(blob);
      el("a", { href: url, download: "mask.png" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    }

    function inFrame(event) {
      const box = frame.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    }

    // -- marks over the picture: the brush's ring, a box or a lasso that is not closed yet
    let draft = null;
    function mark() {
      let d = "";
      if (draft) d = `M${draft.points.map((point) => point.join(" ")).join("L")}${draft.kind === "box" ? "Z" : ""}`;
      if (cursor.shown && !state.space) {
        const shaping = state.tool === "box" || state.tool === "lasso";
        const r = shaping ? short / 80 : state.size / 2, { x, y } = cursor;
        const arm = shaping ? r : short / 100;
        if (!shaping) d += `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
        if (cursor.keyboard) d += `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`;
      }
      for (const line of lines) line.setAttribute("d", d);
    }
    const boxPoints = (x0, y0, x1, y1) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];

    // -- painting: with the pointer and with the keys the same three moves
    let stroke = null, drawn = 0, raf = 0, measured = 0;
    function begin(x, y, { erase = false, pressure = 1 } = {}) {
      colourIn();
      if (state.tool === "box") draft = { kind: "box", erase, start: [x, y], points: boxPoints(x, y, x, y) };
      else if (state.tool === "lasso") draft = { kind: "lasso", erase, points: [[x, y]] };
      else {
        stroke = { kind: "stroke", erase: erase || state.tool === "eraser", points: [[x, y, state.size * pressure]] };
        drawn = 0;
      }
      frameSoon();
    }
    function extend(x, y, pressure = 1) {
      if (stroke) stroke.points.push([x, y, state.size * pressure]);
      else if (draft?.kind === "box") draft.points = boxPoints(...draft.start, x, y);
      else if (draft) draft.points.push([x, y]);
      frameSoon();
    }
    function finish() {
      if (stroke) {
        paintSoFar();
        drawTail(painting.ctx, stroke.points);
        const done = stroke;
        stroke = null;
        commit(done, true);
      } else if (draft) {
        const { points, erase } = draft;
        draft = null;
        const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
        const area = (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
        if (points.length > 2 && area >= 1) commit({ kind: "shape", erase, points });
      }
      mark();
    }
    function abandon() {
      draft = null;
      if (stroke) { stroke = null; painting.redraw(); }
      mark();
    }
    function paintSoFar() {
      prepare(painting.ctx, stroke, painting.scale, painting.colour);
      for (; drawn < stroke.points.length; drawn++) drawSegment(painting.ctx, stroke.points, drawn);
    }
    function frameSoon() {
      raf ||= requestAnimationFrame((time) => {
        raf = 0;
        if (stroke) {
          paintSoFar();
          if (time - measured > 150) { measured = time; share.textContent = shareWords(painting.share()); }
        }
        mark();
      });
    }
    // -- pointers: mouse, pen, touch; two fingers move and zoom
    const fingers = new Map();
    let pan = null, pinch = null;
    const pinched = () => {
      const [a, b] = [...fingers.values()];
      return { mid: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], far: Math.hypot(a[0] - b[0], a[1] - b[1]) || .01 };
    };
    function spot(event) {
      const box = veil.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height];
    }
    const force = (event) => (event.pointerType === "pen" && event.pressure ? .3 + .7 * event.pressure : 1);
    veil.addEventListener("pointerdown", (event) => {
      if (event.button === 2) return;
      frame.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
      cursor.keyboard = false;
      veil.setPointerCapture(event.pointerId);
      if (event.pointerType === "touch") {
        fingers.set(event.pointerId, inFrame(event));
        if (fingers.size === 2) { abandon(); pinch = pinched(); return; }
        if (fingers.size > 2) return;
      }
      if (state.space || event.button === 1) { pan = inFrame(event); return; }
      begin(...spot(event), { erase: event.altKey || event.button === 5, pressure: force(event) });
    });
    veil.addEventListener("pointermove", (event) => {
      Object.assign(cursor, { shown: event.pointerType !== "touch", keyboard: false });
      [cursor.x, cursor.y] = spot(event);
      if (fingers.has(event.pointerId)) fingers.set(event.pointerId, inFrame(event));
      if (pinch) {
        if (fingers.size < 2) return;
        const next = pinched();
        zoom.x += next.mid[0] - pinch.mid[0];
        zoom.y += next.mid[1] - pinch.mid[1];
        zoom.by(next.far / pinch.far, next.mid);
        pinch = next;
      } else if (pan) {
        const at = inFrame(event);
        zoom.x += at[0] - pan[0];
        zoom.y += at[1] - pan[1];
        pan = at;
        zoom.place();
      } else if (stroke || draft) {
        const events = event.getCoalescedEvents?.() ?? [];
        for (const one of events.length ? events : [event]) extend(...spot(one), force(one));
      } else frameSoon();
    });
    const up = (event) => {
      fingers.delete(event.pointerId);
      if (pinch) { if (!fingers.size) pinch = null; return; }
      if (pan) { pan = null; return; }
      if (event.type === "pointercancel") abandon();
      else if (!keys.held) finish();
    };
    veil.addEventListener("pointerup", up);
    veil.addEventListener("pointercancel", up);
    veil.addEventListener("pointerleave", () => { if (!cursor.keyboard) { cursor.shown = false; mark(); } });
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom.by(Math.exp(-clamp(event.deltaY, -120, 120) / 300), inFrame(event));
    }, { passive: false });

    // -- keys: only while the focus is in here, and not in a field
    const keys = { held: false };
    const simple = { b: () => choose("brush"), e: () => choose("eraser"), r: () => choose("box"),
      l: () => choose("lasso"), i: () => commit({ kind: "invert" }), "[": () => resize(state.size / 1.25 - 1),
      "]": () => resize(state.size * 1.25 + 1), "+": () => zoom.by(1.5), "=": () => zoom.by(1.5),
      "-": () => zoom.by(1 / 1.5), 0: () => zoom.fit() };
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const keyboardCursor = () => Object.assign(cursor, { shown: true, keyboard: true });
    function follow() {
      // The cursor stays in sight when the picture is enlarged.
      const at = [cursor.x / width * zoom.level + zoom.x, cursor.y / height * zoom.level + zoom.y];
      if (at[0] < 0 || at[0] > 1) zoom.x += .5 - at[0];
      if (at[1] < 0 || at[1] > 1) zoom.y += .5 - at[1];
      zoom.place();
    }
    function moveCursor(arrow, little) {
      keyboardCursor();
      const far = little ? Math.max(1, short / 200) : Math.max(2, Math.min(state.size / 2, short / 16));
      cursor.x = clamp(cursor.x + arrow[0] * far, 0, width);
      cursor.y = clamp(cursor.y + arrow[1] * far, 0, height);
      if (keys.held || draft?.kind === "box") extend(cursor.x, cursor.y);
      follow();
      frameSoon();
      say(`${Math.round(cursor.x / width * 100)} % across, ${Math.round(cursor.y / height * 100)} % down`);
    }
    function spaceDown(event) {
      if (!cursor.keyboard) { state.space = true; frame.classList.add("panning"); mark(); return; }
      if (event.repeat) return;
      if (draft?.kind === "box") finish();
      else if (draft) extend(cursor.x, cursor.y);
      else {
        begin(cursor.x, cursor.y, { erase: event.altKey });
        keys.held = Boolean(stroke);
      }
    }
    function spaceUp() {
      state.space = false;
      frame.classList.remove("panning");
      if (keys.held) { keys.held = false; finish(); }
      mark();
    }
    root.addEventListener("keydown", (event) => {
      if (event.target.closest("input, select, textarea")) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const painter = event.target === frame;
      if (event.ctrlKey || event.metaKey) {
        if (key === "z") step(event.shiftKey ? "redo" : "undo");
        else if (key === "y") step("redo");
        else return;
      } else if (event.key in arrows && painter) moveCursor(arrows[event.key], event.shiftKey);
      else if (key === " " && painter) spaceDown(event);
      else if (key === "Enter" && painter) { if (draft) finish(); }
      else if (key === "Escape" && draft) abandon();
      else if (!event.altKey && Object.hasOwn(simple, key)) simple[key]();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    root.addEventListener("keyup", (event) => { if (event.key === " ") spaceUp(); });
    frame.addEventListener("focus", () => {
      if (frame.matches(":focus-visible")) { keyboardCursor(); mark(); }
    });
    frame.addEventListener("blur", () => {
      spaceUp();
      Object.assign(cursor, { shown: false, keyboard: false });
      mark();
    });
    // Whoever paints and goes on to the next cell at once finds there what was painted.
    root.addEventListener("pointerleave", now);
    root.addEventListener("focusout", now);

    model.on("change:drawn", () => receive(true));
    model.on("change:share", () => { if (!stroke) share.textContent = shareWords(model.get("share")); });
    model.on("change:feather", () => { showFeather(); later(); });
    veil.style.opacity = opacity.value / 100;
    choose("brush");
    resize(state.size);
    share.textContent = shareWords(model.get("share"));
    undo.disabled = redo.disabled = true;
    // Styles come with the page's next frame; before that there is no accent to paint with.
    requestAnimationFrame(() => { colourIn(); showFeather(); if (model.get("drawn")?.byteLength) receive(false); });
    return () => { now(); cancelAnimationFrame(raf); setPicture(picture, null); };
  },
};
