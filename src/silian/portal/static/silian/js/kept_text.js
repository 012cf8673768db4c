// What somebody writes into a form stays in this tab until the server has taken it: a session that
// ended, a page that expired or a server that failed costs no words. Passwords and files are never
// kept; another account's words are thrown away unseen; signing out forgets all.

const PREFIX = "silian:written:";
const SENT = "silian:sent";
const SAVED = "silian_saved";
const account = document.body.dataset.account ?? "";
const LONGEST = 1_500_000; // characters of one form; a tab may keep about 5 million

const store = {
  read(key) {
    try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
  },
  write(key, value) {
    const text = JSON.stringify(value);
    if (text.length > LONGEST) return;
    // A tab that is full, or keeps nothing, still works without.
    try { sessionStorage.setItem(key, text); } catch { /* nothing to do */ }
  },
  drop(key) {
    try { sessionStorage.removeItem(key); } catch { /* nothing to do */ }
  },
  keys() {
    try { return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; }
  },
};

const written = (control) =>
  control.name && !control.disabled && !control.readOnly &&
  !["hidden", "password", "file", "submit", "button", "image", "reset"].includes(control.type) &&
  !control.name.startsWith("choose:");
const controls = (form) => [...form.elements].filter(written);
const isKept = (form) =>
  account && form.method === "post" && !form.matches("[role=search], [data-answered]") &&
  controls(form).some((one) => one.matches("textarea, input:not([type=checkbox], [type=radio])"));

const keyOf = (form) => {
  const address = new URL(form.getAttribute("action") || location.href, location.href);
  const named = [...form.elements]
    .filter((one) => one.type === "hidden" && one.value.length <= 64 &&
      !["csrfmiddlewaretoken", "was", "sent_id", "read", "asked", "shown"].includes(one.name))
    .map((one) => `${one.name}=${one.value}`);
  const names = [...new Set(controls(form).map((one) => one.name))];
  return `${PREFIX}${address.pathname}${address.search}|${[...named, ...names.sort()].join("|")}`;
};

const ticks = (one) => one.type === "checkbox" || one.type === "radio";
const valuesOf = (form) => {
  const values = {};
  for (const one of controls(form)) {
    const known = (values[one.name] ??= []);
    if (one.type === "select-multiple") known.push(...[...one.selectedOptions].map((o) => o.value));
    else if (!ticks(one)) known.push(one.value);
    else if (one.checked) known.push(one.value);
  }
  return values;
};

const opened = new WeakMap(); // form: its key, what it showed, and the values of `was`

const begin = (form) => {
  if (opened.has(form) || !isKept(form)) return;
  opened.set(form, { key: keyOf(form), shown: JSON.stringify(valuesOf(form)), was: form.elements.was?.value });
  restore(form);
};

const keep = (form, id = "") => {
  const state = opened.get(form);
  if (!state) return;
  const values = valuesOf(form);
  if (!id && JSON.stringify(values) === state.shown) return store.drop(state.key);
  store.write(state.key, {
    account, values, id, was: form.elements.was?.value, at: new Date().toISOString(),
  });
};

const fill = (form, values) => {
  const seen = {};
  for (const one of controls(form)) {
    const known = values[one.name];
    if (!known) continue;
    const before = ticks(one) ? one.checked : one.value;
    if (ticks(one)) one.checked = known.includes(one.value);
    else if (one.type === "select-multiple") for (const o of one.options) o.selected = known.includes(o.value);
    else {
      const nth = (seen[one.name] = (seen[one.name] ?? -1) + 1);
      if (nth < known.length) one.value = known[nth];
    }
    if ((ticks(one) ? one.checked : one.value) !== before) {
      for (let box = one.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    }
  }
};

const restore = (form) => {
  const state = opened.get(form), entry = store.read(state.key);
  if (!entry) return;
  // A refused form comes back filled, told against what is kept now: that counts.
  const answered = document.body.dataset.method === "POST" && entry.id && entry.id === store.read(SENT);
  if (answered && form.elements.was && form.elements.was.value !== entry.was) return keep(form, entry.id);
  if (JSON.stringify(entry.values) === state.shown) {
    if (!answered) store.drop(state.key);
    return;
  }
  fill(form, entry.values);
  if (JSON.stringify(valuesOf(form)) === state.shown) return store.drop(state.key);
  // Against what its writer saw, not against what somebody saved since.
  if (form.elements.was && entry.was) form.elements.was.value = entry.was;
  tell(form, entry);
  // What checks the form as one writes checks it now.
  controls(form)[0]?.dispatchEvent(new Event("change", { bubbles: true }));
};

const tell = (form, entry) => {
  const { restoredText, discardText } = document.body.dataset;
  const box = document.createElement("div");
  box.className = "notice restored";
  box.setAttribute("role", "status");
  const when = new Date(entry.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const text = document.createElement("span");
  text.textContent = restoredText.replace("{when}", when);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn-linklike";
  button.textContent = discardText;
  button.addEventListener("click", () => {
    const state = opened.get(form);
    form.reset();
    if (form.elements.was) form.elements.was.value = state.was;
    store.drop(state.key);
    box.remove();
    controls(form)[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  });
  box.append(text, " ", button);
  form.before(box);
};

const forget = (id) => {
  for (const key of store.keys()) if (store.read(key)?.id === id) store.drop(key);
};

// The server says which form it has taken; another tab's is not ours to answer.
const settle = () => {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${SAVED}=`));
  const id = found?.slice(SAVED.length + 1);
  if (!id || id !== store.read(SENT)) return;
  forget(id);
  store.drop(SENT);
  document.cookie = `${SAVED}=; max-age=0; path=/; samesite=lax`;
};

const forgetOthers = () => {
  if (!account) return;
  for (const key of store.keys()) if (store.read(key)?.account !== account) store.drop(key);
};

const beginAll = (root) => {
  if (root.matches?.("form")) begin(root);
  for (const form of root.querySelectorAll("form")) begin(form);
};

document.addEventListener("input", (event) => event.target.form && keep(event.target.form));
document.addEventListener("change", (event) => event.target.form && keep(event.target.form));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-signs-out]")) return store.keys().forEach(store.drop);
  if (!opened.has(form) && !form.matches("[data-answered]")) return;
  let input = form.elements.sent_id;
  if (!input) {
    input = document.createElement("input");
    input.type = "hidden";
    input.name = "sent_id";
    form.append(input);
  }
  // A page that asks which version holds sends on what its form began.
  if (!form.matches("[data-answered]")) {
    input.value = [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");
  }
  keep(form, input.value);
  store.write(SENT, input.value);
}, true);

// Whoever cancels means it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".form-buttons a[href]");
  const state = link && opened.get(link.closest("form"));
  if (state) store.drop(state.key);
  if (link?.closest("[data-answered]")) forget(link.closest("form").elements.sent_id?.value);
});

document.body.addEventListener("htmx:load", (event) => beginAll(event.detail.elt));
document.body.addEventListener("htmx:afterRequest", (event) => {
  const state = opened.get(event.detail.elt);
  const taken = event.detail.successful && !event.detail.xhr.getResponseHeader("HX-Redirect");
  if (state && event.detail.requestConfig?.verb === "post" && taken) store.drop(state.key);
});

settle();
forgetOthers();
beginAll(document);
for (const note of document.querySelectorAll("[data-kept-note]")) note.hidden = !store.keys().length;
