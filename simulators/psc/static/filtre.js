// Shows the filter (it needs this script) and hides identities that do not contain what is typed.
"use strict";
const champ = document.getElementById("filtre");
const annonce = document.getElementById("annonce");
const lignes = Array.from(document.querySelectorAll(".identites li"));
const simple = (texte) => texte.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
champ.closest(".filtre").hidden = false;
champ.addEventListener("input", () => {
  const voulu = simple(champ.value.trim());
  let vues = 0;
  for (const ligne of lignes) {
    const garde = simple(ligne.textContent).includes(voulu) || ligne.querySelector("input").checked;
    ligne.hidden = !garde;
    vues += garde ? 1 : 0;
  }
  annonce.textContent = voulu ? `${vues} identité(s) affichée(s)` : "";
});
// Enter in the filter must not send the form.
champ.addEventListener("keydown", (touche) => {
  if (touche.key === "Enter") touche.preventDefault();
});
