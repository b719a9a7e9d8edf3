"""The little that the browser is asked to run in a page, beside what the page itself brings."""

from __future__ import annotations

#: Opens folded parts around an element, so that it can be seen.
_UNFOLDED = """const unfolded = (one) => {
  for (let at = one?.closest("details"); at; at = at.parentElement?.closest("details")) at.open = true;
  return one ?? null;
};"""

#: The first link to a target, one that can be seen before others.
LINK = "(target) => {" + _UNFOLDED + """
  const all = [...document.querySelectorAll("a[href]")].filter((one) => one.getAttribute("href") === target);
  return unfolded(all.find((one) => one.checkVisibility()) ?? all[0]);
}"""

#: A control by form number and name, or by its identifier where it has one.
CONTROL = "([form, name, identifier]) => {" + _UNFOLDED + """
  return unfolded(identifier ? document.getElementById(identifier)
    : [...document.forms[form].elements].find((one) => one.name === name));
}"""

#: A button by form number and place among those of the form that send it.
BUTTON = "([form, place]) => {" + _UNFOLDED + """
  const all = [...document.forms[form].querySelectorAll("button")].filter((one) => one.type === "submit");
  return unfolded(all[place]);
}"""

#: Replaces fields of a form by hidden ones.
FORGE = """([number, values]) => {
  const form = document.forms[number];
  for (const name in values) {
    for (const one of form.querySelectorAll(`[name='${name}']`)) one.remove();
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value: values[name] });
    form.append(input);
  }
}"""

#: Marks the document that is shown, and tells whether another one has taken its place.
MARK = "window.clinicianWasHere = true"
LEFT = "!window.clinicianWasHere && document.readyState !== 'loading'"

#: Is there another page in place of the one that asked to wait?
ANSWERED = "document.readyState !== 'loading' && !document.querySelector('[data-attente]')"
