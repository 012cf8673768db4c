// Choosing things of the graph by name: <div data-graph-pick="address of the search" data-kinds="person">
// with an input [data-graph-name], a hidden one [data-graph-id] and a list [data-graph-found].

export const listed = (list, things, choose) => {
  list.replaceChildren(...things.map((thing) => {
    const item = document.createElement("li");
    item.className = `chain-${thing.chain}`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = thing.label;
    const kind = document.createElement("span");
    kind.className = "tag tag-chain";
    kind.textContent = thing.kind_label;
    button.append(" ", kind);
    button.addEventListener("click", () => choose(thing));
    item.append(button);
    return item;
  }));
  list.hidden = !things.length;
};

// Asks while somebody types, but never more often than they pause; late answers are dropped.
export const asking = (address, kinds, answer) => {
  let waiting = 0, asked = 0;
  return (text) => {
    clearTimeout(waiting);
    const number = (asked += 1);
    if (!text.trim()) { answer([]); return; }
    waiting = setTimeout(async () => {
      const response = await fetch(`${address}?${new URLSearchParams({ q: text, kinds: kinds ?? "" })}`);
      if (!response.ok || number !== asked) return;
      answer((await response.json()).things);
    }, 200);
  };
};

for (const box of document.querySelectorAll("[data-graph-pick]")) {
  const name = box.querySelector("[data-graph-name]"), id = box.querySelector("[data-graph-id]");
  const list = box.querySelector("[data-graph-found]");
  const ask = asking(box.dataset.graphPick, box.dataset.kinds, (things) => listed(list, things, (thing) => {
    name.value = thing.label;
    id.value = thing.id;
    list.hidden = true;
    name.focus();
  }));
  const typed = () => { id.value = name.value.trim(); ask(name.value); };
  name.addEventListener("input", typed);
  if (document.activeElement === name && !id.value) typed();
  name.addEventListener("keydown", (event) => { if (event.key === "Escape") list.hidden = true; });
}
