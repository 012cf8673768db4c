// The layered picture of a chain: choose a node, download the picture; and boxes to choose from.

const svg = document.querySelector("[data-chain-svg]");
const panel = document.getElementById("chain-panel");

// A chosen node shows its panel and lights its links; without a script the link opens its page.
const choose = (box) => {
  for (const other of svg.querySelectorAll(".is-chosen")) other.classList.remove("is-chosen");
  box.classList.add("is-chosen");
  const id = box.dataset.node;
  for (const wire of svg.querySelectorAll(".wire")) {
    wire.classList.toggle("is-on", wire.dataset.from === id || wire.dataset.to === id);
  }
  const waiting = document.createElement("p");
  waiting.className = "muted loading mb-0";
  waiting.textContent = panel.dataset.loading;
  panel.replaceChildren(waiting);
  htmx.ajax("GET", box.dataset.panel, { target: panel, swap: "innerHTML" });
};

if (svg && panel) {
  // A wide picture opens at its end products.
  svg.parentElement.scrollLeft = svg.parentElement.scrollWidth;
  svg.addEventListener("click", (event) => {
    const box = event.target.closest("[data-node]");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    if (!box || !plain || !panel.offsetParent) return;
    event.preventDefault();
    choose(box);
  });
}

// The picture as PNG: a copy that carries its computed styles, drawn on a canvas.
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity", "font-size", "font-family", "font-weight"];
const styled = (source) => {
  const copy = source.cloneNode(true);
  const originals = [source, ...source.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, place) => {
    const style = getComputedStyle(originals[place]);
    for (const name of STYLES) element.setAttribute(name, style.getPropertyValue(name));
    element.removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
};
const download = async (name) => {
  const { width, height } = svg.viewBox.baseVal;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(styled(svg))}`;
  await image.decode();
  const scale = Math.min(2, 8000 / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const link = document.createElement("a");
  link.download = `${name}.png`;
  link.href = canvas.toDataURL("image/png");
  link.click();
};

document.addEventListener("click", (event) => {
  const png = event.target.closest("[data-chain-png]");
  if (png && svg) download(png.dataset.chainPng);

  const pick = event.target.closest("[data-pick]");
  if (pick) {
    const picker = pick.closest("[data-picker]");
    const list = picker.querySelector("[data-picked]");
    const taken = [...list.querySelectorAll("input")].some((one) => one.value === pick.dataset.pick);
    if (!taken) list.append(pickedItem(picker.dataset.picker, pick.dataset));
    picker.querySelector(".picks").replaceChildren();
    const input = picker.querySelector("[data-unsent]");
    input.value = "";
    input.focus();
  }
  const unpick = event.target.closest("[data-unpick]");
  if (unpick) unpick.closest("li").remove();
});

const pickedItem = (field, { pick, name, remove }) => {
  const item = document.createElement("li");
  const value = document.createElement("input");
  value.type = "hidden";
  value.name = field;
  value.value = pick;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn-linklike danger";
  button.dataset.unpick = "";
  button.setAttribute("aria-label", `${remove} ${name}`);
  button.textContent = "×";
  item.append(value, `${name} `, button);
  return item;
};

// What was typed to look something up is no part of the form.
document.addEventListener("formdata", (event) => {
  if (event.target.querySelector("[data-unsent]")) event.formData.delete("q");
});
