// The graph explorer. What is shown is a list of ids and a filter; the server answers with the
// things and ties that this reader may see. The table beside the picture holds the same.
import * as echarts from "../../echarts/echarts.esm.min.js";
import { asking, listed } from "./graph_pick.js";

const root = document.querySelector("[data-graph]");
const config = JSON.parse(document.getElementById("graph-config").textContent);
const words = config.words;
const css = getComputedStyle(document.documentElement);
const colour = (name) => css.getPropertyValue(`--${name}`).trim();
const font = getComputedStyle(document.body).fontFamily;
const CHAIN_COLOURS = {
  innovation: colour("chain-innovation"), industry: colour("chain-industry"),
  capital: colour("chain-capital-bright"), talent: colour("chain-talent"), place: colour("ink-faint"),
};
const GROUP_COLOURS = ["#1f5fbf", "#1b7f54", "#c07a00", "#6d47b5", "#b3261e", "#0b7285", "#7a4b12", "#5c6b79"];
const MOST_LABELS = 60;
const at = (name) => root.querySelector(`[data-graph-${name}]`);
const filled = (text, n) => text.replace("{n}", n);

let state = { nodes: [], edges: [] };
let narrowing = { ...config.narrowing };
let past = [];
let groups = null;
let focus = config.focus;
let chart = null;
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

const post = async (address, values) => {
  root.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, {
      method: "POST", body: JSON.stringify(values),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    });
    const answer = await response.json();
    if (!response.ok) { tell(answer.message); return null; }
    return answer;
  } catch {
    tell(document.body.dataset.offlineText);
    return null;
  } finally {
    root.removeAttribute("aria-busy");
  }
};

const tell = (text) => {
  const item = document.createElement("div");
  item.className = "notice warn";
  item.textContent = text;
  document.getElementById("announcements").replaceChildren(item);
};

const made = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const button = (text, act, properties = {}) => {
  const element = made("button", { type: "button", className: "btn btn-link btn-sm p-0", textContent: text, ...properties });
  element.addEventListener("click", act);
  return element;
};

const ids = () => state.nodes.map((node) => node.id);
const asked = (nodes = ids()) => ({ nodes, ...narrowing });

const remember = () => {
  past.push({ nodes: ids(), narrowing: { ...narrowing }, focus });
  past = past.slice(-50);
};

const show = (part, keepGroups = false) => {
  state = { nodes: part.nodes, edges: part.edges };
  if (!keepGroups) { groups = null; at("analysis").hidden = true; }
  at("canvas").parentElement.classList.toggle("is-empty", !state.nodes.length);
  drawPicture();
  drawLegend();
  drawTable();
  fillChoices();
  at("undo").disabled = !past.length;
  at("count").textContent = state.nodes.length ? filled(words.shown, state.nodes.length).replace("{m}", state.edges.length) : "";
  at("empty").hidden = state.nodes.length > 0;
  const query = new URLSearchParams();
  if (state.nodes.length) query.set("nodes", ids().join(","));
  for (const name of ["kinds", "types"]) if (narrowing[name].length) query.set(name, narrowing[name].join(","));
  for (const name of ["since", "until"]) if (narrowing[name]) query.set(name, narrowing[name]);
  // Addresses have an end; a larger view is shared by keeping it.
  const address = `${config.urls.self}?${query}`;
  history.replaceState(null, "", address.length < 6000 ? address : config.urls.self);
};

const load = async (nodes, undoable = true) => {
  if (undoable) remember();
  const part = await post(config.urls.part, asked(nodes));
  if (part) show(part);
};

const expand = async (id) => {
  if (state.nodes.length >= 300) { tell(words.full); return; }
  const part = await post(config.urls.part, { ...asked(), node: id });
  if (!part) return;
  remember();
  focus = id;
  show(part);
  detail(id, part);
};

const remove = (id) => {
  remember();
  show({
    nodes: state.nodes.filter((node) => node.id !== id),
    edges: state.edges.filter((edge) => edge.source_id !== id && edge.target_id !== id),
  });
  at("detail").hidden = true;
};

const nameOf = (id) => state.nodes.find((node) => node.id === id)?.label ?? id;

const tieText = (edge) => {
  const line = made("li", {}, `${nameOf(edge.source_id)} `, made("b", { textContent: edge.words }), ` ${nameOf(edge.target_id)} `);
  const small = made("span", { className: "small muted" });
  if (edge.since) small.append(`${edge.since}${edge.until && edge.until !== edge.since ? ` – ${edge.until}` : ""} `);
  if (edge.count > 1) small.append(`${filled(words.records, edge.count)} `);
  const said = edge.evidence.filter(({ id }) => id).map(({ id, url, title }, place) => {
    const text = title ? cut(title) : `${words.evidence}${edge.evidence.length > 1 ? place + 1 : ""}`;
    return url ? made("a", { href: url, textContent: text, title }) : made("span", { title: title || id, textContent: text });
  });
  said.forEach((one, place) => small.append(...(place ? [" · ", one] : [one])));
  line.append(small);
  return line;
};

const detail = (id, part = null) => {
  const node = state.nodes.find((each) => each.id === id);
  const box = at("detail");
  box.hidden = !node;
  if (!node) return;
  const ties = state.edges.filter((edge) => edge.source_id === id || edge.target_id === id);
  const head = made("h2", {}, node.label, " ");
  head.append(made("span", { className: `tag tag-chain chain-${node.chain}`, textContent: node.kind_label }));
  const acts = made("div", { className: "page-actions" });
  acts.append(button(words.expand, () => expand(id)), button(words.remove, () => remove(id)));
  if (node.url) acts.append(made("a", { href: node.url, textContent: words.open, className: "small" }));
  box.replaceChildren(head, acts, made("ul", { className: "names graph-ties" }, ...ties.map(tieText)));
  if (!part) return;
  if (!part.n_more) { box.append(made("p", { className: "small muted", textContent: words.nothing })); return; }
  const more = made("details", {}, made("summary", { className: "small", textContent: filled(words.more, part.n_more) }));
  const rows = part.more.map((each) => made("li", {},
    made("span", { textContent: each.label }), " ", made("span", { className: "small muted", textContent: each.kind_label }), " ",
    button(words.add, () => load([...ids(), each.id]))));
  more.append(made("ul", { className: "names" }, ...rows));
  box.append(more);
};

const drawTable = () => {
  const counts = new Map();
  for (const edge of state.edges) for (const id of [edge.source_id, edge.target_id]) counts.set(id, [...(counts.get(id) ?? []), edge]);
  at("rows").replaceChildren(...state.nodes.map((node) => {
    const ties = counts.get(node.id) ?? [];
    const list = made("details", {}, made("summary", { textContent: `${words.ties} ${ties.length}` }));
    list.addEventListener("toggle", () => {
      if (list.open && list.children.length === 1) list.append(made("ul", { className: "names" }, ...ties.map(tieText)));
    });
    const name = made("td");
    name.append(node.url ? made("a", { href: node.url, textContent: node.label }) : node.label);
    if (groups) name.append(" ", made("span", { className: "tag", textContent: filled(words.group, groups.get(node.id) ?? "–") }));
    const kind = made("td", { className: `chain-${node.chain}` }, made("span", { className: "tag tag-chain", textContent: node.kind_label }));
    const acts = made("td", { className: "nowrap" }, button(words.expand, () => expand(node.id), { ariaLabel: `${words.expand} ${node.label}` }), " ",
      button(words.remove, () => remove(node.id), { ariaLabel: `${words.remove} ${node.label}` }));
    return made("tr", {}, name, kind, made("td", {}, list), acts);
  }));
};

// Where colours stand for groups, so does the legend.
const chainLegend = [...at("legend").children];
const drawLegend = () => {
  const sizes = new Map();
  for (const number of groups?.values() ?? []) sizes.set(number, (sizes.get(number) ?? 0) + 1);
  const rows = [...sizes].sort(([one], [other]) => one - other).slice(0, GROUP_COLOURS.length).map(([number, size]) => {
    const item = made("li", { textContent: `${filled(words.group, number)} · ${size}` });
    item.style.setProperty("--chain", GROUP_COLOURS[(number - 1) % GROUP_COLOURS.length]);
    return item;
  });
  at("legend").replaceChildren(...(groups ? rows : chainLegend));
};

const cut = (text) => (text.length > 14 ? `${text.slice(0, 13)}…` : text);

const drawPicture = () => {
  const canvas = at("canvas");
  if (canvas.hidden || !canvas.clientWidth) return;
  chart ??= begun(canvas);
  const ties = new Map();
  for (const edge of state.edges) for (const id of [edge.source_id, edge.target_id]) ties.set(id, (ties.get(id) ?? 0) + 1);
  const few = state.nodes.length <= MOST_LABELS;
  const crowded = state.nodes.length > 120;
  chart.setOption({
    textStyle: { fontFamily: font },
    tooltip: {
      renderMode: "richText", backgroundColor: "#fff", borderColor: colour("line-strong"), confine: true,
      textStyle: { color: colour("ink"), fontFamily: font, fontSize: 13 },
      formatter: ({ dataType, data }) => (dataType === "edge" ? data.told : `${data.name}\n${data.kind}`),
    },
    animationDurationUpdate: 300,
    series: [{
      type: "graph", layout: "force", roam: true, draggable: true, scaleLimit: { min: 0.3, max: 5 },
      force: { repulsion: crowded ? 90 : few ? 620 : 220, edgeLength: crowded ? 40 : few ? [90, 170] : [60, 110], gravity: 0.06, friction: 0.25, layoutAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches },
      edgeSymbol: ["none", "arrow"], edgeSymbolSize: 6,
      emphasis: { focus: "adjacency", label: { show: true } }, labelLayout: { hideOverlap: true },
      data: state.nodes.map((node) => ({
        id: node.id, name: node.label, kind: node.kind_label,
        symbolSize: 12 + 5 * Math.sqrt(ties.get(node.id) ?? 0) + (node.id === focus ? 8 : 0),
        symbol: node.kind === "person" ? "circle" : node.kind === "organisation" ? "roundRect" : node.kind === "chain_node" ? "diamond" : "circle",
        itemStyle: {
          color: groups ? GROUP_COLOURS[((groups.get(node.id) ?? 8) - 1) % GROUP_COLOURS.length] : CHAIN_COLOURS[node.chain],
          borderColor: node.id === focus ? colour("ink") : "#fff", borderWidth: node.id === focus ? 2 : 1,
        },
        label: { show: few || node.id === focus || (ties.get(node.id) ?? 0) > 4, position: "right", fontSize: 12, color: colour("ink"), formatter: ({ name }) => cut(name) },
      })),
      links: state.edges.map((edge) => ({
        source: edge.source_id, target: edge.target_id,
        told: `${nameOf(edge.source_id)} ${edge.words} ${nameOf(edge.target_id)}`,
        lineStyle: { color: colour("ink-faint"), opacity: 0.55, width: Math.min(5, 1 + Math.log2(edge.count)), curveness: 0.06 },
        label: { show: state.edges.length <= 24, formatter: edge.words, fontSize: 11, color: colour("ink-soft") },
      })),
    }],
  });
};

const begun = (canvas) => {
  const opened = echarts.init(canvas);
  opened.on("click", ({ dataType, data }) => {
    if (dataType === "node") expand(data.id);
  });
  addEventListener("resize", () => opened.resize());
  return opened;
};

const fillChoices = () => {
  for (const form of root.querySelectorAll("[data-graph-path]")) {
    for (const [place, select] of [...form.querySelectorAll("select")].entries()) {
      const chosen = select.value;
      select.replaceChildren(...state.nodes.map((node) => made("option", { value: node.id, textContent: node.label })));
      if (ids().includes(chosen)) select.value = chosen;
      else if (state.nodes.length > 1) select.selectedIndex = place;
    }
  }
};

const analyse = async () => {
  const found = await post(config.urls.analysis, asked());
  if (!found) return;
  groups = new Map(found.groups.flatMap((group, number) => group.map((id) => [id, number + 1])));
  const list = found.bridges.filter((one) => one.share >= 0.005).map((one) => made("li", {},
    button(one.label, () => detail(one.id)), " ", made("span", { className: "small muted", textContent: filled(words.bridge, Math.round(one.share * 100)) })));
  at("bridges").replaceChildren(...(list.length ? list : [made("li", { className: "muted", textContent: words.noBridge })]));
  at("analysis").hidden = false;
  drawPicture();
  drawLegend();
  drawTable();
};

const as = (shape) => {
  at("canvas").hidden = shape !== "picture";
  at("table").hidden = shape !== "table";
  for (const each of root.querySelectorAll("[data-graph-as]")) each.setAttribute("aria-pressed", String(each.dataset.graphAs === shape));
  drawPicture();
};

for (const each of root.querySelectorAll("[data-graph-as]")) each.addEventListener("click", () => as(each.dataset.graphAs));
at("undo").addEventListener("click", async () => {
  const former = past.pop();
  if (!former) return;
  narrowing = former.narrowing;
  focus = former.focus;
  setFilter();
  await load(former.nodes, false);
});
at("analyse").addEventListener("click", analyse);
at("clear").addEventListener("click", () => { remember(); at("detail").hidden = true; show({ nodes: [], edges: [] }); });
at("png")?.addEventListener("click", () => {
  as("picture");
  const link = made("a", { download: "graph.png", href: chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: "#fff" }) });
  link.click();
});

const filter = at("filter");
const setFilter = () => {
  for (const box of filter.querySelectorAll("input[type=checkbox]")) box.checked = narrowing[box.name].includes(box.value);
  for (const name of ["since", "until"]) filter.elements[name].value = narrowing[name] ?? "";
};
const readFilter = () => {
  const values = new FormData(filter);
  return { kinds: values.getAll("kinds"), types: values.getAll("types"), since: values.get("since"), until: values.get("until") };
};
filter.addEventListener("submit", (event) => {
  event.preventDefault();
  remember();
  narrowing = readFilter();
  const kept = narrowing.kinds.length ? state.nodes.filter((node) => narrowing.kinds.includes(node.kind) || node.id === focus) : state.nodes;
  load(kept.map((node) => node.id), false);
});
filter.addEventListener("reset", () => setTimeout(() => {
  remember();
  narrowing = { kinds: [], types: [], since: "", until: "" };
  load(ids(), false);
}));

// Forms that send what is shown take it along as hidden fields.
for (const form of root.querySelectorAll("[data-graph-state]")) {
  form.addEventListener("submit", () => {
    form.querySelectorAll("[data-graph-carried]").forEach((field) => field.remove());
    for (const [name, value] of Object.entries(asked())) {
      const field = made("input", { type: "hidden", name, value: Array.isArray(value) ? value.join(",") : value });
      field.dataset.graphCarried = "";
      form.append(field);
    }
  });
}

const search = document.querySelector("[data-graph-search]");
const found = search.querySelector("[data-graph-found]");
const ask = asking(config.urls.find, "", (things) => listed(found, things, (thing) => {
  found.hidden = true;
  search.elements.q.value = "";
  expand(thing.id);
}));
search.elements.q.addEventListener("input", (event) => ask(event.target.value));
search.addEventListener("keydown", (event) => { if (event.key === "Escape") found.hidden = true; });
search.addEventListener("submit", (event) => {
  const first = found.hidden ? null : found.querySelector("button");
  if (first) { event.preventDefault(); first.click(); }
});

// Somebody may have typed before this was loaded.
if (document.activeElement === search.elements.q) ask(search.elements.q.value);
setFilter();
if (matchMedia("(max-width: 767.98px)").matches) as("table");
show(config.part);
if (focus) detail(focus, config.part);
root.dataset.ready = "true";
