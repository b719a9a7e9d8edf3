// Everything works without this file; it only saves clicks.
"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const say = text => { const live = one("#annonce"); if (live) live.textContent = text; };

  for (const button of all("[data-imprimer]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  for (const group of all("[data-choix]")) {
    const show = () => all("[data-pour]", group).forEach(part => {
      part.hidden = !document.getElementById(part.dataset.pour).checked;
    });
    group.addEventListener("change", show);
    show();
  }

  for (const button of all("[data-delai]")) {
    const label = button.textContent;
    let left = Number(button.dataset.delai);
    const tick = () => {
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${label} (dans ${left} s)` : label;
      if (left-- > 0) setTimeout(tick, 1000);
    };
    tick();
  }

  const waiting = one("[data-attente]");
  if (waiting) {
    const said = new Set();
    const ask = async () => {
      try {
        const answer = await (await fetch(waiting.dataset.attente)).json();
        if (answer.suite) return location.replace(answer.suite);
        one("[data-depuis]").textContent = answer.depuis;
        one("[data-lent]").hidden = answer.depuis <= 5;
        for (const mark of [5, 10, 20]) {
          if (answer.depuis >= mark && !said.has(mark)) {
            said.add(mark);
            say(`Toujours en cours, ${mark} secondes.`);
          }
        }
      } catch { return location.reload(); }
      setTimeout(ask, 1000);
    };
    setTimeout(ask, 500);
  }

  const { alerte, fin, jeton } = document.body.dataset;
  const dialog = one("#fin-session");
  if (fin && dialog) {
    let warning, end;
    const arm = () => {
      clearTimeout(warning);
      clearTimeout(end);
      warning = setTimeout(() => dialog.showModal(), alerte * 1000);
      end = setTimeout(() => location.replace("/pays"), fin * 1000 + 1000);
      one("#fin-heure").textContent = new Date(Date.now() + fin * 1000)
        .toLocaleTimeString("fr", { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit" })
        .replace(":", " h ");
    };
    one("#prolonger").addEventListener("click", async () => {
      const answer = await fetch("/session/prolonger",
        { method: "POST", body: new URLSearchParams({ csrf: jeton, script: "1" }) });
      if (!answer.ok) return location.replace("/pays");
      dialog.close();
      arm();
    });
    arm();
  }
})();
