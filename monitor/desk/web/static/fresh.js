// Keeps the queue fresh. Without this script the page is whole; it is then as old as its loading.
"use strict";

(() => {
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  const list = document.getElementById("queue-list");
  if (!list) return;

  const every = Number(list.dataset.refreshSeconds) * 1000;
  const bar = document.createElement("p");
  bar.className = "refresh";
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  const press = document.createElement("button");
  press.type = "button";
  press.className = "button button-quiet";
  bar.append(words, press);
  list.before(bar);

  let isPaused = false;
  let shown = list.innerHTML.trim();

  const say = () => {
    words.textContent = isPaused ? "The list stays as it is." : "The list is kept fresh.";
    press.textContent = isPaused ? "Keep it fresh" : "Pause";
  };

  const refresh = async () => {
    // A list that moves under somebody's finger or reading position is worse than an old one.
    if (isPaused || document.hidden || list.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, {
        headers: { "X-Wardmote-Refresh": "1" },
        credentials: "same-origin",
        redirect: "error",
      });
      if (!answer.ok) return;
      const text = (await answer.text()).trim();
      if (text === shown) return;
      const before = list.querySelector(".count").textContent;
      shown = text;
      list.innerHTML = text;
      const after = list.querySelector(".count").textContent;
      words.textContent = before === after ? "The list is kept fresh." : `Now ${after}.`;
    } catch {
      words.textContent = "The list could not be kept fresh. Load the page again.";
    }
  };

  press.addEventListener("click", () => {
    isPaused = !isPaused;
    say();
    if (!isPaused) refresh();
  });
  say();
  setInterval(refresh, every);
})();
