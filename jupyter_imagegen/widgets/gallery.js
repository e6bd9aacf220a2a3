/** Milliseconds after the last key before a search is sent. */
const TYPING = 250;
const DAYS = [["", "Any day"], ["1", "Today"], ["7", "7 days"], ["30", "30 days"], ["date", "A date…"]];

/** A button. */
function button(text, onclick, attributes = {}) {
  return el("button", { type: "button", onclick, ...attributes }, text);
}

/** Fill a list of choices, and keep what was chosen. */
function fill(select, all, choices) {
  const chosen = select.value;
  const options = [...choices];
  // What was asked for stays to be seen, also when its last picture is deleted.
  if (chosen && !options.some((one) => one.value === chosen)) options.push({ value: chosen, label: chosen });
  select.replaceChildren(el("option", { value: "" }, all),
    ...options.map((one) => el("option", { value: one.value }, one.label)));
  select.value = chosen;
}

const nameOf = (entry) => `${entry.key} ${entry.sample}`;

function optionWords(entry) {
  return [entry.alt, entry.price, entry.day, entry.demo ? "demo picture" : "", entry.favourite ? "favourite" : ""]
    .filter(Boolean).join(", ");
}

/** One picture of the grid. */
function optionFor(entry, bytes) {
  const img = el("img", { alt: entry.alt, width: entry.width, height: entry.height, draggable: "false" });
  if (entry.mime) setPicture(img, bytes, entry.mime);
  const star = el("span", { class: "star", "aria-hidden": "true" }, "★");
  const option = el("li", { role: "option", tabindex: "-1", "aria-selected": "false" },
    el("div", { class: "thumb" }, entry.mime ? img : el("span", { class: "soft" }, "file is gone"), star,
      el("span", { class: "tick", "aria-hidden": "true" }, "✓")),
    el("p", { class: "prompt" }, entry.prompt),
    el("p", { class: "facts" }, el("span", { class: "price" }, entry.price), ` · ${entry.day}`,
      entry.demo ? el("span", { class: "tag warn" }, "demo") : null));
  option.entry = entry;
  option.picture = img;
  option.mark = (favourite) => {
    entry.favourite = favourite;
    option.classList.toggle("favourite", favourite);
    option.setAttribute("aria-label", optionWords(entry));
  };
  option.mark(entry.favourite);
  return option;
}

/** Copy a text; where the page may not, it is marked so that a key copies it. */
async function copyText(area) {
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch {
    area.focus();
    area.select();
    return false;
  }
}

function download(bytes, name) {
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

export default {
  render({ model, el: root }) {
    // ---- What is asked for -------------------------------------------------------------------------------
    const search = el("input", { type: "search", placeholder: "Search prompts", "aria-label": "Search prompts", autocomplete: "off" });
    const maker = el("select", { "aria-label": "Model" });
    const day = el("select", { "aria-label": "Day" }, ...DAYS.map(([value, label]) => el("option", { value }, label)));
    const date = el("input", { type: "date", "aria-label": "Date", hidden: true });
    const notebook = el("select", { "aria-label": "Notebook" });
    const favourites = button("★ Favourites", () => { press(favourites); reload(); }, { "aria-pressed": "false" });
    const cost = el("input", { type: "number", min: "0", step: "any", placeholder: "0.00", "aria-label": "Least cost in US dollars" });
    const clear = button("Clear", () => { reset(); search.focus(); }, { hidden: true });
    const press = (node) => node.setAttribute("aria-pressed", node.getAttribute("aria-pressed") !== "true");
    const pressed = (node) => node.getAttribute("aria-pressed") === "true";
    const asked = () => ({
      text: search.value, maker: maker.value, notebook: notebook.value, favourite: pressed(favourites),
      day: day.value === "date" ? date.value : day.value, min_cost: cost.value,
    });
    const reset = () => {
      for (const control of [search, maker, notebook, day, date, cost]) control.value = "";
      date.hidden = true;
      favourites.setAttribute("aria-pressed", "false");
      reload();
    };
    let typing = 0;
    const soon = () => { clearTimeout(typing); typing = setTimeout(reload, TYPING); };
    search.addEventListener("input", soon);
    cost.addEventListener("input", soon);
    for (const control of [maker, notebook, date]) control.addEventListener("change", () => reload());
    day.addEventListener("change", () => {
      date.hidden = day.value !== "date";
      if (day.value === "date" && !date.value) date.focus(); else reload();
    });

    // ---- What is shown -----------------------------------------------------------------------------------
    const words = el("span", { role: "status" });
    const fresh = button("", () => { refocus = "first"; reload(); }, { class: "fresh", hidden: true });
    const several = button("Select several", () => press(several), { "aria-pressed": "false" });
    const list = el("ul", { role: "listbox", "aria-label": "Pictures", "aria-multiselectable": "true" });
    const empty = el("div", { class: "empty", hidden: true });
    const more = button("Show more", (event) => { next(event.detail === 0); }, { hidden: true });
    const scroller = el("div", { class: "scroller" }, list, empty, el("div", { class: "more" }, more));
    const aside = el("aside", { "aria-label": "Selected" });
    const said = el("p", { class: "said soft", role: "status" });
    const compared = el("div", { class: "compared" });
    const dialog = el("dialog", { "aria-label": "Delete" });
    const panel = el("section", {
      class: "ig ig-gallery mathjax_ignore tex2jax_ignore", role: "region", "aria-label": "Gallery",
    },
      el("div", { class: "tools", role: "search", "aria-label": "Pictures" }, search, maker, day, date, notebook,
        favourites, el("label", { class: "inline" }, "from $", cost), clear),
      el("div", { class: "line" }, words, fresh, el("span", { class: "grow" }), several),
      el("div", { class: "body" }, scroller, aside), compared, said, problemLine(model), dialog);

    keepKeys(panel);

    const options = () => [...list.children];
    const optionNamed = (name) => options().find((option) => nameOf(option.entry) === name);
    // Every view of a gallery hears every answer: each counts from a number of its own.
    let ask = Math.floor(Math.random() * 1e12), following = null, busy = false, refocus = "", current = null, anchor = null;
    let selected = [], narrowed = null, detail = null, questionWanted = "";

    function reload() {
      clearTimeout(typing);
      ask += 1;
      busy = true;
      list.setAttribute("aria-busy", "true");
      panel.classList.add("loading");
      if (!options().length) showEmpty("Loading…");
      // A search that finds less makes no gap: what is under the gallery stays where it is.
      scroller.style.minHeight = `${scroller.offsetHeight}px`;
      narrowed = asked();
      model.send({ kind: "page", ask, narrowed, before: null });
    }

    function next(byKey) {
      if (busy || !following) return;
      busy = true;
      refocus = byKey ? "after" : "";
      more.textContent = "Loading…";
      model.send({ kind: "page", ask, narrowed, before: following });
    }

    function showEmpty(text, action) {
      empty.hidden = !text;
      empty.replaceChildren(...(text ? [el("p", {}, text), ...(action ? [action] : [])] : []));
    }

    function took(message, buffers) {
      const first = message.first;
      const kept = first && current ? nameOf(current.entry) : "";
      if (first) {
        for (const option of options()) setPicture(option.picture);
        list.replaceChildren();
        scroller.scrollTop = 0;
        words.textContent = message.words;
        clear.hidden = !message.narrowed;
      }
      const added = message.pictures.map((entry, i) => optionFor(entry, buffers[i]));
      list.append(...added);
      following = message.next;
      busy = false;
      list.removeAttribute("aria-busy");
      panel.classList.remove("loading");
      more.hidden = !following;
      more.textContent = "Show more";
      list.hidden = !options().length;
      if (options().length) showEmpty("");
      else if (message.narrowed) showEmpty("No picture matches.", button("Clear", () => { reset(); search.focus(); }));
      else showEmpty("No pictures yet. Make one with %%imagegen, and it appears here.");
      if (first) {
        current = (kept && optionNamed(kept)) || options()[0] || null;
        select(selected.filter((name) => optionNamed(name)));
      }
      for (const option of options()) option.tabIndex = option === current ? 0 : -1;
      if (refocus === "after" && added.length) move(added[0]);
      else if (refocus === "first" && options().length) move(options()[0]);
      else if (refocus === "after") move(options().at(-1));
      refocus = "";
    }

    function move(option) {
      if (!option) return;
      if (current) current.tabIndex = -1;
      current = option;
      option.tabIndex = 0;
      option.focus({ preventScroll: true });
      option.scrollIntoView({ block: "nearest" });
    }

    function select(names) {
      selected = names;
      for (const option of options()) {
        const is = names.includes(nameOf(option.entry));
        option.setAttribute("aria-selected", is);
      }
      model.set("chosen", chosen());
      model.save_changes();
      if (selected.length === 1) {
        const { entry } = optionNamed(selected[0]);
        if (!detail || nameOf(detail) !== selected[0]) {
          detail = null;
          model.send({ kind: "detail", key: entry.key, sample: entry.sample });
        }
      }
      drawAside();
    }

    const chosen = () => selected.map((name) => optionNamed(name).entry).map((entry) => [entry.key, entry.sample]);
    const toggle = (name) => select(selected.includes(name) ? selected.filter((one) => one !== name) : [...selected, name]);
    const range = (to) => {
      const all = options(), a = all.indexOf(anchor ?? to), b = all.indexOf(to);
      select(all.slice(Math.min(a, b), Math.max(a, b) + 1).map((option) => nameOf(option.entry)));
    };

    list.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (!option) return;
      move(option);
      if (event.shiftKey) return range(option);
      anchor = option;
      if (event.ctrlKey || event.metaKey || pressed(several)) toggle(nameOf(option.entry));
      else select([nameOf(option.entry)]);
    });

    list.addEventListener("keydown", (event) => {
      const all = options(), at = all.indexOf(current);
      if (at < 0) return;
      const across = all.filter((option) => option.offsetTop === all[0].offsetTop).length;
      const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -at, End: all.length - 1 - at };
      const name = nameOf(current.entry);
      if (event.key in steps) {
        const to = all[at + steps[event.key]];
        if (!to && event.key === "ArrowDown" && following) { next(true); event.preventDefault(); return; }
        move(to);
        if (to && event.shiftKey) { anchor ??= current; range(to); } else if (to) anchor = to;
      } else if (event.key === " ") toggle(name);
      else if (event.key === "Enter") select([name]);
      else if (event.key === "Escape" && selected.length) select([]);
      else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") select(all.map((option) => nameOf(option.entry)));
      else if (event.key === "Delete" || event.key === "Backspace") {
        if (selected.length !== 1 || selected[0] !== name) select([name]);
        questionWanted = name;
        askDeletion();
      } else if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey) favour(current.entry);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });

    // ---- What is selected --------------------------------------------------------------------------------
    const favour = (entry) => model.send({ kind: "favourite", key: entry.key, sample: entry.sample, favourite: !entry.favourite });
    const send = (kind, more_ = {}) => model.send({ kind, ...more_ });

    function drawAside() {
      aside.setAttribute("aria-label", selected.length === 1 ? "Details" : "Selected");
      if (!selected.length) {
        aside.replaceChildren(el("p", { class: "soft" }, "Choose a picture to see how it was made."),
          el("p", { class: "soft keys" }, "Arrows move, Enter chooses, Space adds, F marks a favourite, Delete deletes."));
      } else if (selected.length > 1) {
        aside.replaceChildren(el("p", { class: "many" }, `${selected.length} pictures selected`), el("div", { class: "row" },
          button("Compare", () => send("compare", { samples: chosen() })),
          button("Export", () => send("export", { samples: chosen() })),
          button("Select none", () => { select([]); current?.focus(); })));
      } else drawDetail();
    }

    function drawDetail() {
      const option = optionNamed(selected[0]);
      if (!detail) {
        // The old words stay until the new ones are there: nothing jumps.
        aside.setAttribute("aria-busy", "true");
        return;
      }
      aside.removeAttribute("aria-busy");
      const area = el("textarea", { readonly: true, rows: "3", "aria-label": "Cell" });
      area.value = detail.cell;
      const star = button("★", () => favour(option.entry), { "aria-pressed": String(option.entry.favourite), "aria-label": "Favourite" });
      star.classList.add("favourite");
      const copy = button("Copy as cell", async () => {
        said.textContent = await copyText(area) ? "The cell is copied: paste it into the notebook." : "Press Ctrl+C to copy the cell.";
      });
      const which = { key: detail.key, sample: detail.sample };
      aside.replaceChildren(
        el("img", { alt: option.entry.alt, src: option.picture.src, width: option.entry.width, height: option.entry.height }),
        el("div", { class: "row" }, el("span", { class: "price" }, detail.price),
          detail.demo ? el("span", { class: "tag warn" }, "demo picture") : null,
          el("span", { class: "grow" }), star),
        el("p", { class: "whole" }, detail.prompt),
        el("div", { class: "row" },
          model.get("fills_panel") ? button("Reuse settings", () => send("reuse", which), { class: "go" }) : null,
          copy,
          button("Export", () => send("export", { samples: chosen() })),
          button("Delete…", () => { questionWanted = nameOf(detail); askDeletion(); })),
        area, detail.note ? el("p", { class: "soft" }, detail.note) : "",
        el("dl", {}, ...detail.facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
    }

    function askDeletion() {
      if (!detail || nameOf(detail) !== questionWanted) return;
      questionWanted = "";
      const which = { key: detail.key, sample: detail.sample };
      const keep = button("Keep it", () => dialog.close());
      dialog.replaceChildren(el("p", {}, detail.question), el("div", { class: "row" }, el("span", { class: "grow" }), keep,
        button("Delete", () => { dialog.close(); send("delete", which); }, { class: "delete" })));
      dialog.showModal();
      keep.focus();
    }
    dialog.addEventListener("close", () => current?.focus({ preventScroll: true }));

    function gone(message) {
      const option = optionNamed(nameOf(message));
      if (!option) return;
      const to = option.nextElementSibling ?? option.previousElementSibling;
      const had = panel.contains(document.activeElement) || document.activeElement === document.body;
      setPicture(option.picture);
      option.remove();
      if (anchor === option) anchor = null;
      if (current === option) current = null;
      detail = null;
      select(selected.filter((name) => name !== nameOf(message)));
      if (to) { if (had) move(to); else { current = to; to.tabIndex = 0; } }
      else if (had) search.focus();
      if (!options().length) { refocus = ""; reload(); }
    }

    async function drawComparison() {
      const reference = model.get("comparison");
      if (!reference) { compared.replaceChildren(); return; }
      const other = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      const view = await model.widget_manager.create_view(other);
      const close = button("Close comparison", () => { send("compare"); current?.focus(); });
      compared.replaceChildren(el("div", { class: "row" }, el("span", { class: "grow" }), close), view.el);
      compared.scrollIntoView({ block: "nearest" });
    }

    // ---- What Python says --------------------------------------------------------------------------------
    const heard = (message, buffers) => {
      if (message.kind === "page" && message.ask === ask) took(message, buffers);
      else if (message.kind === "failed" && message.ask === ask) {
        busy = false;
        list.removeAttribute("aria-busy");
        panel.classList.remove("loading");
        more.textContent = "Show more";
        if (!options().length) showEmpty("The pictures could not be read.");
      } else if (message.kind === "detail" && selected.length === 1 && selected[0] === nameOf(message)) {
        detail = message;
        drawAside();
        if (questionWanted) askDeletion();
      } else if (message.kind === "marked") {
        optionNamed(nameOf(message))?.mark(message.favourite);
        aside.querySelector("button.favourite")?.setAttribute("aria-pressed", String(message.favourite));
      } else if (message.kind === "deleted") gone(message);
      else if (message.kind === "exported") download(buffers[0], message.name);
    };
    const drawChoices = () => {
      fill(maker, "All models", model.get("makers"));
      fill(notebook, "All notebooks", model.get("notebooks"));
    };
    const drawFresh = () => {
      const count = model.get("newer");
      // Where nothing is shown nothing can jump.
      if (count && !options().length && !busy && clear.hidden) { reload(); return; }
      fresh.hidden = !count;
      fresh.textContent = `${count >= 99 ? "99+" : count} new`;
      fresh.setAttribute("aria-label", count === 1 ? "Show 1 new picture" : `Show ${count} new pictures`);
    };
    const drawSaid = () => { said.textContent = model.get("said"); };
    const look = () => { if (document.visibilityState === "visible") send("look"); };

    const watched = [["change:makers", drawChoices], ["change:notebooks", drawChoices], ["change:newer", drawFresh],
      ["change:said", drawSaid], ["change:comparison", drawComparison], ["msg:custom", heard]];
    for (const [name, listener] of watched) model.on(name, listener);
    document.addEventListener("visibilitychange", look);
    root.append(panel);
    drawChoices();
    drawAside();
    drawComparison();
    reload();
    return () => {
      clearTimeout(typing);
      document.removeEventListener("visibilitychange", look);
      for (const [name, listener] of watched) model.off(name, listener);
      for (const option of options()) setPicture(option.picture);
    };
  },
};
