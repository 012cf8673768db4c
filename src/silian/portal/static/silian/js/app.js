// What every page needs: server errors told to the reader, and forms that send themselves.

const announce = (text) => {
  const box = document.getElementById("announcements");
  if (!box) return;
  const item = document.createElement("div");
  item.className = "notice bad";
  item.textContent = text;
  box.replaceChildren(item);
  item.scrollIntoView({ block: "nearest" });
};

document.body.addEventListener("htmx:responseError", (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const message = page.querySelector("[data-error-message]");
  const text = message ? message.textContent.trim() : document.body.dataset.errorText;
  announce(text);
  // What was waited for doesn't come: say so where the waiting stood.
  const waiting = event.detail.target?.querySelector(".loading");
  if (waiting) waiting.textContent = text;
});
document.body.addEventListener("htmx:sendError", () => announce(document.body.dataset.offlineText));

// A select or a checkbox with data-autosubmit sends its form as soon as it changes.
document.body.addEventListener("change", (event) => {
  const control = event.target.closest("[data-autosubmit]");
  if (control) control.form.requestSubmit();
});

// Back at such a form the browser shows what was ticked when the page was left, above results of
// the address: the form follows the address again, as the server wrote it.
window.addEventListener("pageshow", (event) => {
  const [navigation] = performance.getEntriesByType("navigation");
  if (!event.persisted && navigation?.type !== "back_forward") return;
  const controls = document.querySelectorAll("[data-autosubmit]");
  for (const form of new Set([...controls].map((one) => one.form))) form?.reset();
});

// Examples under a search box fill it.
document.body.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const source = document.getElementById(copy.dataset.copy);
    source.select();
    navigator.clipboard?.writeText(source.value);
    copy.textContent = copy.dataset.done;
  }
  // A problem names a line of a text: go there.
  const jump = event.target.closest("[data-goto]");
  if (jump) {
    const editor = document.getElementById(jump.dataset.goto);
    const lines = editor.value.split("\n"), at = Number(jump.dataset.line) - 1;
    const start = lines.slice(0, at).join("\n").length + (at > 0 ? 1 : 0);
    editor.focus();
    editor.setSelectionRange(start, start + (lines[at] ?? "").length);
    editor.scrollTop = Math.max(0, (editor.scrollHeight / lines.length) * (at - 4));
    editor.scrollIntoView({ block: "center" });
  }
  // What the text states goes into its empty box, as if it were written there.
  const filler = event.target.closest("[data-fill]");
  const box = filler && document.getElementById(filler.dataset.fill);
  if (box) {
    box.value = filler.dataset.value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.dispatchEvent(new Event("change", { bubbles: true }));
    box.focus();
  }
  const printer = event.target.closest("[data-print]");
  if (printer) window.print();
});
