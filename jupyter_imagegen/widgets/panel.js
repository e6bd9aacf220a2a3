/** Unique ids for labels and descriptions: two panels may stand in one page. */
let panels = 0;

/** Milliseconds of quiet in the prompt before it is sent on; and before a silent kernel is called busy. */
const TYPING = 250;
const SILENCE = 700;
const BUSY = "Waiting for the kernel: a cell is running.";

export default {
  render({ model, el: root }) {
    const uid = `ig-maker-${++panels}`;
    const send = (message, buffers) => model.send(message, undefined, buffers);

    // What goes in.
    const prompt = el("textarea", { rows: 3, "aria-describedby": `${uid}-keys` });
    const promptLabel = el("span");
    const chips = el("ul", { class: "chips", "aria-label": "Pictures that go in" });
    const editor = el("div", { class: "editor" });
    const care = el("div", { class: "row" });
    const common = el("div", { class: "row fields" });
    const rare = el("div", { class: "row fields", id: `${uid}-more`, hidden: true, role: "group", "aria-label": "More choices" });
    const more = el("button", { type: "button", class: "more", "aria-expanded": "false", "aria-controls": `${uid}-more` }, "More");
    const go = el("button", { type: "button", class: "go", "aria-describedby": `${uid}-price ${uid}-reason` }, "Generate");
    const price = el("span", { class: "price" });
    const words = el("span", { class: "soft" });
    const reason = el("div", { class: "reason", id: `${uid}-reason` });
    const file = el("input", { type: "file", accept: "image/png,image/jpeg,image/webp,image/gif", hidden: true, tabindex: "-1", "aria-hidden": "true" });
    const add = el("button", { type: "button" }, "Add reference");

    // What is under way.
    const bar = el("i");
    const progress = el("div", { class: "bar", role: "progressbar", "aria-label": "Pictures made" }, bar);
    const moment = el("span", { class: "soft" });
    const said = el("span", { class: "soft said", role: "status" });
    const detach = el("button", { type: "button", title: "It goes on by itself; its pictures will appear here" }, "Detach");
    const cancel = el("button", { type: "button", title: "What has been sent may be billed" }, "Cancel");
    const running = el("div", { class: "running" }, progress, el("div", { class: "row" }, moment, el("span", { class: "grow" }), detach, cancel));
    const state = el("div", { class: "state" }, running, said);

    // What came.
    const action = (text, run, title) => el("button", { type: "button", title, onclick: run }, text);
    const strip = el("ul", { class: "strip", "aria-label": "What came" });
    const star = el("button", { type: "button", "aria-label": "Favourite", "aria-pressed": "false" }, "\u2605");
    const larger = el("button", { type: "button", "aria-pressed": "false" }, "Larger");
    const tools = el("div", { class: "row acts", role: "group", "aria-label": "With the selected picture" });
    const name = el("input", { type: "text", spellcheck: "false" });
    const saving = el("div", { class: "row saving", hidden: true, role: "group", "aria-label": "Save a copy" },
      el("label", { class: "inline" }, "File name", name), action("Save copy", () => saveAs()), action("Close", () => closeSaving()));
    const text = el("textarea", { readonly: true, rows: 4, spellcheck: "false" });
    const fallback = el("div", { class: "fallback", hidden: true },
      el("label", { class: "field" }, "Copy this cell", text),
      el("button", { type: "button", onclick: () => { fallback.hidden = true; copy.focus(); } }, "Close"));

    const selected = () => model.get("cards").find((card) => card.id === model.get("selected"));
    const act = (kind, extra = {}) => { const card = selected(); if (card) { send({ kind, id: card.id, ...extra }); listen(); } };
    const save = action("Save", () => {
      saving.hidden = !saving.hidden;
      if (!saving.hidden) { name.value = selected()?.file || ""; name.focus(); name.select(); }
    });
    const copy = action("Copy as cell", async () => {
      const cell = selected()?.cell;
      if (!cell) return;
      try {
        await navigator.clipboard.writeText(cell);
        tell("Copied; paste it into an empty cell.");
      } catch {
        // No permission, or a page that is not served securely: then by hand.
        text.value = cell;
        fallback.hidden = false;
        text.focus();
        text.select();
      }
    });
    tools.append(
      action("Edit", () => { act("edit"); prompt.focus(); }, "Change this picture: the prompt says what"),
      action("Paint mask", () => act("mask"), "Paint where it should change"),
      action("Use as reference", () => act("reference"), "Use it beside other pictures"),
      action("Another", () => act("another"), "Make one more picture of the same request"),
      save, copy, larger, star);
    star.addEventListener("click", () => act("favourite", { on: star.getAttribute("aria-pressed") !== "true" }));
    larger.addEventListener("click", () => {
      const on = larger.getAttribute("aria-pressed") !== "true";
      larger.setAttribute("aria-pressed", String(on));
      strip.classList.toggle("large", on);
    });
    const closeSaving = () => { saving.hidden = true; save.focus(); };
    const saveAs = () => { act("save", { name: name.value }); closeSaving(); };
    saving.addEventListener("keydown", (event) => { if (event.key === "Escape") closeSaving(); });
    onEnter(name, saveAs);

    const body = el("div", { class: "ig maker", role: "region", "aria-label": "Make pictures" },
      el("div", { class: "pad" },
        el("label", { class: "field" }, promptLabel, prompt),
        el("span", { class: "unseen", id: `${uid}-keys` }, "Control Enter generates."),
        chips, editor, care,
        el("div", { class: "choices" }, common, rare),
        el("div", { class: "row" }, go,
          el("span", { class: "quote", id: `${uid}-price`, "aria-live": "polite", "aria-atomic": "true" }, price, " ", words),
          el("span", { class: "grow" }), add, file),
        reason, problemLine(model), state, strip, tools, saving, fallback));
    root.append(body);

    // Choices and words go to Python; what it makes of them comes back.
    let typing = 0;
    const sendWords = () => {
      clearTimeout(typing);
      typing = 0;
      if (model.get("prompt") !== prompt.value) { model.set("prompt", prompt.value); model.save_changes(); }
    };
    prompt.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(sendWords, TYPING); });
    prompt.addEventListener("blur", sendWords);
    const showWords = () => { if (!typing && prompt.value !== model.get("prompt")) prompt.value = model.get("prompt"); };
    const change = (key, value) => {
      model.set("choices", { ...model.get("choices"), [key]: value });
      model.save_changes();
    };
    const drawn = new Map();
    const showControls = () => {
      const specs = model.get("controls"), choices = model.get("choices");
      const names = new Set(specs.map((spec) => spec.name));
      for (const [key, control] of drawn) if (!names.has(key)) { control.node.remove(); drawn.delete(key); }
      const home = (spec) => (spec.kind === "check" ? care : spec.more ? rare : common);
      for (const place of [care, common, rare]) {
        let at = place.firstChild;
        for (const spec of specs.filter((one) => home(one) === place)) {
          if (!drawn.has(spec.name)) drawn.set(spec.name, drawControl(spec, (value) => change(spec.name, value)));
          const control = drawn.get(spec.name);
          control.show(spec, choices[spec.name]);
          if (control.node === at) at = at.nextSibling;
          else place.insertBefore(control.node, at);
        }
      }
      common.append(more);
    };
    more.addEventListener("click", () => {
      rare.hidden = !rare.hidden;
      more.setAttribute("aria-expanded", String(!rare.hidden));
    });

    // The button and its price.
    const blocked = () => go.getAttribute("aria-disabled") === "true";
    const showQuote = () => {
      const quote = model.get("quote"), busy = !!model.get("run").id;
      const refused = quote.allowed === false;
      price.textContent = quote.price || "";
      words.textContent = quote.words || "";
      const why = refused ? [el("div", {}, quote.reason)] : [];
      // While the bar below shows it, this needs no line of its own, which would move everything.
      if (busy) why.push(el("div", { class: "unseen" }, "One is being made; Detach lets it go on by itself."));
      reason.replaceChildren(...why, ...(quote.notes || []).map((line) => el("div", {}, line)));
      reason.classList.toggle("refused", refused);
      go.setAttribute("aria-disabled", String(refused || busy));
    };
    let silence = 0;
    const tell = (line) => { said.textContent = line; };
    /** The kernel answers at once, unless a cell keeps it: then say so instead of looking dead. */
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => tell(BUSY), SILENCE);
    };
    const answered = () => {
      clearTimeout(silence);
      if (silence && said.textContent === BUSY) tell("");
      silence = 0;
    };
    const generate = () => {
      sendWords();
      send({ kind: "generate", prompt: prompt.value, choices: model.get("choices") });
      tell("");
      listen();
    };
    go.addEventListener("click", () => { if (!blocked()) generate(); });
    prompt.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); generate(); }
    });
    detach.addEventListener("click", () => { send({ kind: "detach" }); listen(); prompt.focus(); });
    cancel.addEventListener("click", () => { send({ kind: "cancel" }); listen(); prompt.focus(); });
    let refreshed = Date.now();
    keepKeys(body);
    body.addEventListener("focusin", () => {
      if (Date.now() - refreshed > 5000) { refreshed = Date.now(); send({ kind: "refresh" }); }
    });

    // Files from this machine.
    add.addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      file.value = "";
      if (!chosen) return;
      const limit = model.get("upload_limit");
      if (chosen.size > limit) {
        tell(`${chosen.name} has ${(chosen.size / 1e6).toFixed(1)} MB; ${limit / 1e6} MB is the most that the browser can send.`);
        return;
      }
      send({ kind: "add_file", name: chosen.name }, [await chosen.arrayBuffer()]);
      listen();
    });

    // Pictures by id, as Python sends them.
    const shown = new Map();
    const picture = (id) => {
      if (!shown.has(id)) {
        shown.set(id, el("img", { alt: "", draggable: "false" }));
        send({ kind: "picture", id });
      }
      return shown.get(id);
    };
    model.on("msg:custom", (message, buffers) => {
      if (message.kind !== "picture" || !buffers?.length) return;
      if (!shown.has(message.id)) shown.set(message.id, el("img", { alt: "", draggable: "false" }));
      setPicture(shown.get(message.id), buffers[0], "");
    });
    const forget = () => {
      const wanted = new Set([...model.get("cards"), ...model.get("inputs")].map((one) => one.id));
      for (const [id, img] of shown) if (!wanted.has(id)) { setPicture(img, null); shown.delete(id); }
    };
    const showInputs = () => {
      const inputs = model.get("inputs");
      chips.replaceChildren(...inputs.map((one) => {
        const what = one.role === "edit" ? "to change" : "reference";
        const img = picture(one.id);
        return el("li", { class: "chip" }, img, el("span", { class: "tag" }, what), el("span", { class: "name" }, one.label),
          el("button", { type: "button", "aria-label": `Remove ${what}: ${one.label}`, onclick: () => { send({ kind: "drop_input", id: one.id }); prompt.focus(); } }, "\u00d7"));
      }));
      chips.hidden = !inputs.length;
      promptLabel.textContent = inputs.some((one) => one.role === "edit") ? "What should change?" : "Prompt";
      forget();
    };

    // The mask editor is a panel of its own, shown inside this one.
    let mounted = 0;
    const showEditor = async () => {
      const told = model.get("editor"), turn = ++mounted;
      editor.replaceChildren();
      if (!told) return;
      const child = await model.widget_manager.get_model(String(told).replace("IPY_MODEL_", ""));
      const view = await model.widget_manager.create_view(child);
      if (turn === mounted) editor.replaceChildren(view.el);
    };

    // The strip: a place for each picture before it comes, so nothing moves when it is there.
    const places = new Map();
    const select = (id) => { model.set("selected", id); model.save_changes(); showSelected(); };
    const showCards = () => {
      const cards = model.get("cards");
      const kept = new Set(cards.map((card) => card.id));
      for (const [id, place] of places) if (!kept.has(id)) { place.remove(); places.delete(id); }
      cards.forEach((card, i) => {
        if (!places.has(card.id)) {
          const button = el("button", { type: "button", class: "pick", onclick: () => select(card.id) });
          places.set(card.id, el("li", {}, el("figure", {}, button, el("figcaption"))));
        }
        const place = places.get(card.id), button = place.querySelector(".pick"), caption = place.querySelector("figcaption");
        const img = picture(card.id);
        if (img.parentNode !== button) button.append(img);
        img.alt = card.alt;
        // A place without a picture yet has no other name.
        if (card.pending) button.setAttribute("aria-label", "a picture on the way");
        else button.removeAttribute("aria-label");
        button.style.aspectRatio = `${card.width} / ${card.height}`;
        button.disabled = card.pending;
        place.classList.toggle("pending", card.pending);
        caption.replaceChildren(card.caption || "\u00a0", el("br"),
          ...card.tags.flatMap((tag) => [el("span", { class: `tag ${tag.kind}` }, tag.text), " "]), el("b", {}, card.price || "\u00a0"));
        if (strip.children[i] !== place) strip.insertBefore(place, strip.children[i] || null);
      });
      strip.hidden = !cards.length;
      showSelected();
      forget();
    };
    const showSelected = () => {
      const cards = model.get("cards");
      const card = selected() || cards.find((one) => !one.pending);
      if (card && card.id !== model.get("selected")) { select(card.id); return; }
      for (const [id, place] of places) {
        const on = !!card && id === card.id;
        place.classList.toggle("selected", on);
        place.querySelector(".pick").setAttribute("aria-pressed", String(on));
      }
      tools.hidden = !card || card.pending;
      if (!card) saving.hidden = fallback.hidden = true;
      star.setAttribute("aria-pressed", String(!!card?.favourite));
    };

    // Progress. The clock runs here; Python says only how long it had been at each event.
    let clock = 0, since = 0;
    const showMoment = () => {
      const run = model.get("run");
      const seconds = (run.elapsed || 0) + (performance.now() - since) / 1000;
      moment.textContent = [`${run.done} of ${run.total}`, `${Math.floor(seconds)} s`, run.state, run.price].filter(Boolean).join(" \u00b7 ");
    };
    const showRun = () => {
      const run = model.get("run"), on = !!run.id;
      answered();
      clearInterval(clock);
      since = performance.now();
      // Whoever stands on Cancel when the run ends is not to be thrown to the top of the page.
      if (!on && running.contains(document.activeElement)) go.focus();
      running.hidden = !on;
      said.hidden = on;
      if (on) {
        bar.style.width = `${(100 * run.done) / run.total}%`;
        bar.classList.toggle("waits", !run.done);
        progress.setAttribute("aria-valuemin", "0");
        progress.setAttribute("aria-valuemax", String(run.total));
        progress.setAttribute("aria-valuenow", String(run.done));
        progress.setAttribute("aria-valuetext", `${run.done} of ${run.total}, ${run.state}`);
        showMoment();
        clock = setInterval(showMoment, 1000);
      }
      showQuote();
    };
    const showSaid = () => { answered(); tell(model.get("said")); };

    model.on("change:prompt", showWords);
    model.on("change:controls", showControls);
    model.on("change:choices", showControls);
    model.on("change:quote", showQuote);
    model.on("change:inputs", showInputs);
    model.on("change:editor", showEditor);
    model.on("change:cards", showCards);
    model.on("change:selected", showSelected);
    model.on("change:run", showRun);
    model.on("change:said", showSaid);
    for (const name of ["problem", "cards", "inputs", "editor"]) model.on(`change:${name}`, answered);
    showWords();
    showControls();
    showInputs();
    showEditor();
    showCards();
    showRun();
    showSaid();
    return () => {
      clearInterval(clock);
      clearTimeout(typing);
      clearTimeout(silence);
      for (const img of shown.values()) setPicture(img, null);
    };
  },
};
