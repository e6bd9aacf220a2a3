/** Milliseconds between two questions for what other processes spent; asked only while the meter is seen. */
const EVERY = 5000;
/** After so long an unanswered question is given up: its kernel was restarted or lost the message. */
const PATIENCE = 60000;

function scopeLine() {
  const name = el("span", { class: "name" });
  const spent = el("i"), held = el("i", { class: "held" });
  const bar = el("div", { class: "bar", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 }, spent, held);
  const none = el("span", { class: "none soft" }, "no budget");
  const words = el("span", { class: "words" });
  const beside = el("span", { class: "beside soft" });
  const line = el("div", { class: "scope" }, name, bar, none, words, beside);
  line.update = (scope) => {
    name.textContent = scope.name;
    words.textContent = scope.words;
    beside.textContent = scope.beside;
    bar.hidden = !scope.budgeted;
    none.hidden = scope.budgeted;
    line.dataset.level = scope.level;
    spent.style.width = `${scope.spent * 100}%`;
    held.style.width = `${scope.held * 100}%`;
    bar.setAttribute("aria-label", `${scope.name}, spent of the budget`);
    bar.setAttribute("aria-valuenow", Math.round((scope.spent + scope.held) * 100));
    bar.setAttribute("aria-valuetext", [scope.words, scope.beside].filter(Boolean).join(", "));
  };
  return line;
}

function dearest(days) {
  return days.reduce((a, b) => (b.part > a.part ? b : a));
}

function dayChart(days) {
  const most = dearest(days);
  const summary = most.part
    ? `Spending by day: most on ${most.name}, ${most.words}.`
    : "Spending by day: nothing in these days.";
  return el("div", { class: "days", role: "img", "aria-label": summary },
    ...days.map((day) => {
      const column = el("span", { title: `${day.name}: ${day.words}` }, el("i"), el("b", {}, day.short));
      column.firstChild.style.height = day.part ? `max(3px, ${day.part * 48}px)` : "0";
      return column;
    }));
}

function modelRows(models) {
  if (!models.length) return [el("li", { class: "soft" }, "Nothing was bought this month.")];
  return models.map((model) => {
    const bar = el("i");
    bar.style.width = model.part ? `max(2px, ${model.part * 100}%)` : "0";
    return el("li", {}, el("span", { class: "model", title: model.name }, model.short),
      el("span", { class: "bar", "aria-hidden": "true" }, bar), el("span", { class: "words" }, model.words));
  });
}

function amountTable(caption, heading, rows) {
  const head = [heading, "Spent", "Pictures"].map((text) => el("th", { scope: "col" }, text));
  const body = rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row.name),
    el("td", {}, row.words), el("td", {}, String(row.pictures))));
  return el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body));
}

/** Ask while the meter is on the screen; returns what ends it. */
function askWhileSeen(model, node) {
  let seen = false, asked = 0;
  const ask = () => {
    if (!seen || document.visibilityState !== "visible") return;
    if (asked && Date.now() - asked < PATIENCE) return;
    asked = Date.now();
    model.send({ kind: "look" });
  };
  const answered = (message) => { if (message.kind === "looked") asked = 0; };
  const watcher = new IntersectionObserver((entries) => {
    const before = seen;
    seen = entries[entries.length - 1].isIntersecting;
    if (seen && !before) ask();
  });
  model.on("msg:custom", answered);
  document.addEventListener("visibilitychange", ask);
  watcher.observe(node);
  const timer = setInterval(ask, EVERY);
  return () => {
    clearInterval(timer);
    watcher.disconnect();
    document.removeEventListener("visibilitychange", ask);
    model.off("msg:custom", answered);
  };
}

export default {
  render({ model, el: root }) {
    const scopes = el("div", { class: "scopes" });
    const warning = el("p", { class: "warning", role: "status" });
    const note = el("p", { class: "soft small" });
    const most = el("span"), days = el("div"), models = el("ul"), saved = el("p", { class: "saved soft" });
    const tables = el("div", { class: "tables" });
    const panel = el("section", { class: "ig ig-meter mathjax_ignore tex2jax_ignore", role: "region", "aria-label": "Spending" },
      el("div", { class: "pad" }, el("div", {}, scopes, warning), note,
        el("div", { class: "charts" },
          el("div", {}, el("h3", {}, "Last 14 days", most), days),
          el("div", {}, el("h3", {}, "This month by model"), models)),
        saved,
        el("details", {}, el("summary", {}, "As tables"), tables),
        problemLine(model)));
    const lines = new Map();

    const draw = () => {
      const state = model.get("state");
      if (!state.scopes) return;
      for (const [name, line] of lines) if (!state.scopes.some((scope) => scope.scope === name)) {
        line.remove();
        lines.delete(name);
      }
      for (const scope of state.scopes) {
        if (!lines.has(scope.scope)) {
          lines.set(scope.scope, scopeLine());
          scopes.append(lines.get(scope.scope));
        }
        lines.get(scope.scope).update(scope);
      }
      // Set only when it changed: a live region speaks whatever is set.
      if (warning.textContent !== state.warning) warning.textContent = state.warning;
      note.textContent = state.note;
      const top = dearest(state.days);
      most.textContent = top.part ? `, at most ${top.words} a day` : "";
      days.replaceChildren(dayChart(state.days));
      models.replaceChildren(...modelRows(state.models));
      const pictures = state.saved_pictures === 1 ? "1 picture" : `${state.saved_pictures} pictures`;
      saved.replaceChildren(...(state.saved_pictures
        ? ["The store saved ", el("b", { class: "ok" }, state.saved), ` this month: ${pictures} came back at no cost.`]
        : ["The store saved nothing yet this month."]));
      tables.replaceChildren(amountTable("By day", "Day", state.days),
        amountTable("This month by model", "Model", state.models));
    };

    model.on("change:state", draw);
    draw();
    root.append(panel);
    const stop = askWhileSeen(model, panel);
    return () => { stop(); model.off("change:state", draw); };
  },
};
