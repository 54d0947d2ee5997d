// Keeps a page in step with the town without a reload, and sends its forms in the background.
// The server's HTML is the only source: changed pieces are swapped, what was typed is kept.
(() => {
  "use strict";

  const EVERY_MS = 1000;
  const served = new WeakMap();
  // Nothing is known at first: what changed while this page was being drawn is fetched once.
  let known = "";
  let busy = false;

  const regions = (root) => [...root.querySelectorAll("[data-region]")];
  const keyed = (region) => [...region.children].filter((piece) => piece.dataset.key);

  function remember(root) {
    regions(root).forEach((region) => keyed(region).forEach((piece) => served.set(piece, piece.outerHTML)));
  }

  // What a person changed; a field that they left alone follows the server.
  function isChanged(field) {
    if (field instanceof HTMLSelectElement) return [...field.options].some((one) => one.selected !== one.defaultSelected);
    if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  }

  function typedIn(piece) {
    const fields = [...piece.querySelectorAll("textarea, input:not([type=hidden]), select")];
    return {
      values: fields.filter((field) => field.id && isChanged(field)).map((field) => [field.id, field.value, field.checked]),
      open: [...piece.querySelectorAll("details[open][id]")].map((one) => one.id),
      focus: piece.contains(document.activeElement) ? document.activeElement.id : "",
    };
  }

  function putBack(piece, typed) {
    const find = (id) => piece.querySelector("#" + CSS.escape(id));
    typed.values.forEach(([id, value, checked]) => {
      const field = find(id);
      if (!field) return;
      if (field.type === "radio" || field.type === "checkbox") field.checked = checked;
      else field.value = value;
    });
    typed.open.forEach((id) => { const one = find(id); if (one) one.open = true; });
    return typed.focus;
  }

  // A comment was taken as it was sent; a view's answers may come back to be corrected.
  const isDone = (form) => !form.closest("dialog");

  // Returns the identifier that had the focus, when its element was swapped.
  function mergeRegion(region, fresh, sent) {
    const old = new Map(keyed(region).map((piece) => [piece.dataset.key, piece]));
    let focus = "";
    const pieces = keyed(fresh).map((piece) => {
      const html = piece.outerHTML;
      const before = old.get(piece.dataset.key);
      if (before && served.get(before) === html) return before;
      const next = document.importNode(piece, true);
      if (before) {
        const typed = typedIn(before);
        if (sent && before.contains(sent) && isDone(sent)) typed.open = [], typed.values = [];
        focus = putBack(next, typed) || focus;
      }
      served.set(next, html);
      return next;
    });
    const wasAtEnd = window.innerHeight + window.scrollY > document.documentElement.scrollHeight - 120;
    [...region.children].filter((piece) => !pieces.includes(piece)).forEach((piece) => piece.remove());
    pieces.forEach((piece, place) => {
      if (region.children[place] !== piece) region.insertBefore(piece, region.children[place] || null);
    });
    if ("follow" in region.dataset && wasAtEnd) window.scrollTo(0, document.documentElement.scrollHeight);
    return focus;
  }

  const names = (root) => regions(root).map((region) => region.dataset.region).join();
  const isTyping = () => [...document.querySelectorAll("textarea")].some(isChanged);

  function merge(fresh, sent) {
    let focus = "";
    // A post came or went: the page has other places than this one knows.
    if (names(document) !== names(fresh) && !isTyping()) location.reload();
    regions(document).forEach((region) => {
      const next = fresh.querySelector(`[data-region="${CSS.escape(region.dataset.region)}"]`);
      if (next) focus = mergeRegion(region, next, sent) || focus;
    });
    showDialogs();
    const again = focus && document.getElementById(focus);
    if (again) again.focus({ preventScroll: true });
  }

  function showDialogs() {
    document.querySelectorAll("dialog[open]").forEach((dialog) => {
      if (dialog.matches(":modal")) return;
      dialog.removeAttribute("open");
      dialog.showModal();
      const fields = ":is(input:not([type=hidden]), select, textarea, button)";
      const first = dialog.querySelector(`.wrong ${fields}`) || dialog.querySelector(`.blocks ${fields}`);
      if (first) first.focus();
      dialog.addEventListener("cancel", (event) => {
        const shut = dialog.querySelector("[data-shut]");
        if (!shut) return;
        event.preventDefault();
        shut.click();
      });
    });
  }

  const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

  async function refresh(sent) {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) merge(parsed(await answer.text()), sent);
  }

  async function look() {
    if (busy || document.hidden) return;
    try {
      const answer = await fetch("/changes" + location.search, { headers: { Accept: "application/json" } });
      const now = (await answer.json()).state;
      if (known !== now) await refresh(null);
      known = now;
    } catch {
      known = "";
    }
  }

  function say(sentence) {
    const told = Object.assign(document.createElement("p"), { className: "notice refused", textContent: sentence });
    document.querySelector("[data-region=notice]")?.replaceChildren(told);
  }

  async function send(form, button) {
    const filled = new URLSearchParams(new FormData(form, button));
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((one) => { one.disabled = true; });
    form.setAttribute("aria-busy", "true");
    busy = true;
    try {
      const to = button?.getAttribute("formaction") || form.getAttribute("action");
      const answer = await fetch(to, { method: "POST", body: filled });
      merge(parsed(await answer.text()), answer.ok ? form : null);
      if (answer.ok && form.isConnected && isDone(form)) { form.reset(); recall(form); }
      const opened = form.closest("details:not(.write)");
      if (answer.ok && opened) opened.open = false;
      if (answer.ok) known = "";
    } catch {
      say("The sandbox does not answer. Start it again, then reload this page.");
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
      buttons.forEach((one) => { one.disabled = false; });
    }
  }

  // A question before something that cannot be taken back. Without scripts it is not asked.
  function ask(question, yes, no) {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    const says = Object.assign(document.createElement("p"), { textContent: question, id: "ask-says" });
    const row = Object.assign(document.createElement("form"), { method: "dialog", className: "row" });
    row.append(
      Object.assign(document.createElement("button"), { textContent: no || "Cancel", value: "no", className: "plain" }),
      Object.assign(document.createElement("button"), { textContent: yes || "Yes", value: "yes", className: "primary danger" }),
    );
    dialog.setAttribute("aria-labelledby", "ask-says");
    dialog.append(says, row);
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((settle) => {
      dialog.addEventListener("close", () => { dialog.remove(); settle(dialog.returnValue === "yes"); });
    });
  }

  function recall(root) {
    const writer = sessionStorage.getItem("writer");
    if (writer === null) return;
    root.querySelectorAll("[data-remember=writer]").forEach((select) => { select.value = writer; });
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("live" in form.dataset)) return;
    event.preventDefault();
    const asked = event.submitter?.dataset.ask ? event.submitter : form;
    const { ask: question, askYes, askNo } = asked.dataset;
    if (question && !(await ask(question, askYes, askNo))) return;
    send(form, event.submitter);
  });

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLSelectElement)) return;
    if ("go" in field.dataset) field.form.requestSubmit();
    if (field.dataset.remember) {
      sessionStorage.setItem(field.dataset.remember, field.value);
      recall(document);
    }
  });

  document.documentElement.classList.add("live");
  remember(document);
  recall(document);
  showDialogs();
  document.querySelector(".channels [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  if (document.querySelector("[data-follow]") && !location.hash) window.scrollTo(0, document.documentElement.scrollHeight);
  if (document.querySelector("[data-region]")) { look(); setInterval(look, EVERY_MS); }
})();
