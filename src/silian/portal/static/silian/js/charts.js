// Charts described by data: <div class="chart" data-chart="bars" data-source="some-json-script">.
// The page's table beside each chart holds the same figures for those who can't see it.
//
// bars       {categories, series: [{name, values, colour?}], unit?, horizontal?, stacked?}
// lines      the same, drawn as lines
// waterfall  {steps: [{name, value, total?}], unit?}     total steps stand on the ground
// radar      {axes: [{name, max}], series: [{name, values}]}
// network    {nodes: [{id, name, team, value}], links: [{source, target, value}], link_label}
// sankey     {nodes: [{name, depth?, colour?}], links: [{source, target, value}]}
//
// Colours are names of custom properties (tokens.css) such as "chain-capital-bright".
import * as echarts from "../../echarts/echarts.esm.min.js";

const css = getComputedStyle(document.documentElement);
const colour = (name) => css.getPropertyValue(`--${name}`).trim();
const font = getComputedStyle(document.body).fontFamily;
const english = document.documentElement.lang === "en";
const palette = ["chain-innovation", "chain-industry", "chain-capital-bright", "chain-talent", "ink-faint"]
  .map(colour);
const ink = { color: colour("ink"), fontFamily: font };
const soft = { color: colour("ink-soft"), fontFamily: font };

const trimmed = (value, digits) => Number(value.toFixed(digits)).toLocaleString("en-US");
const money = (value) => {
  const size = Math.abs(value);
  if (english) return size >= 1e6 ? `¥${trimmed(value / 1e6, 2)}M` : `¥${trimmed(value, 2)}`;
  if (size >= 1e8) return `${trimmed(value / 1e8, 2)} 亿元`;
  return size >= 1e4 ? `${trimmed(value / 1e4, 2)} 万元` : `${trimmed(value, 2)} 元`;
};
const written = (value, unit) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "—";
  if (unit === "cny") return money(value);
  return unit === "rate" ? `${trimmed(value * 100, 1)}%` : trimmed(value, 2);
};

const tooltip = {
  renderMode: "richText", backgroundColor: "#fff", borderColor: colour("line-strong"),
  textStyle: { color: colour("ink"), fontFamily: font, fontSize: 13 }, confine: true,
};
const legend = (series) => series.length > 1
  ? { top: 0, right: 0, itemWidth: 12, itemHeight: 8, textStyle: soft, type: "scroll" }
  : { show: false };
const valueAxis = (unit) => ({
  type: "value", splitLine: { lineStyle: { color: colour("line") } }, splitNumber: 4,
  axisLabel: { ...soft, formatter: (value) => written(value, unit), hideOverlap: true },
});
const nameAxis = (names, room) => ({
  type: "category", data: names, axisTick: { show: false },
  axisLine: { lineStyle: { color: colour("line-strong") } },
  axisLabel: { ...ink, ...(room ? { width: room, overflow: "break", lineHeight: 15 } : { hideOverlap: true }) },
});
const sideRoom = (element) => Math.min(170, element.clientWidth * 0.36);

const axes = (element, data, shape) => {
  const names = data.horizontal ? [...data.categories].reverse() : data.categories;
  const ordered = (values) => (data.horizontal ? [...values].reverse() : values);
  const category = nameAxis(names, data.horizontal ? sideRoom(element) : 0);
  const value = valueAxis(data.unit);
  return {
    textStyle: { fontFamily: font }, color: palette,
    tooltip: {
      ...tooltip, trigger: "axis", axisPointer: { type: shape === "bar" ? "shadow" : "line" },
      valueFormatter: (each) => written(each, data.unit),
    },
    legend: legend(data.series),
    grid: { left: 4, right: 28, top: data.series.length > 1 ? 34 : 12, bottom: 4, containLabel: true },
    xAxis: data.horizontal ? value : category,
    yAxis: data.horizontal ? category : value,
    series: data.series.map((each) => ({
      type: shape, name: each.name, data: ordered(each.values), barMaxWidth: 18,
      stack: data.stacked ? "all" : undefined, connectNulls: false, symbolSize: 7,
      ...(each.colour ? { itemStyle: { color: colour(each.colour) }, lineStyle: { color: colour(each.colour) } } : {}),
    })),
  };
};

const waterfall = (element, data) => {
  let sum = 0;
  const places = data.steps.map((step) => {
    const from = step.total ? 0 : sum;
    sum = step.total ? step.value : sum + step.value;
    return { low: Math.min(from, sum), size: Math.abs(sum - from), step };
  });
  const bright = ({ step }) => {
    if (step.total) return colour("chain-innovation");
    return step.value < 0 ? colour("bad") : colour("chain-industry");
  };
  const rows = [...places].reverse();
  return {
    textStyle: { fontFamily: font },
    tooltip: {
      ...tooltip, trigger: "axis", axisPointer: { type: "none" },
      formatter: ([first]) => {
        const { step } = rows[first.dataIndex];
        return `${step.name}\n${step.value > 0 && !step.total ? "+" : ""}${written(step.value, data.unit)}`;
      },
    },
    grid: { left: 4, right: 84, top: 8, bottom: 4, containLabel: true },
    xAxis: valueAxis(data.unit),
    yAxis: nameAxis(rows.map(({ step }) => step.name), sideRoom(element)),
    series: [
      { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: rows.map(({ low }) => low) },
      {
        type: "bar", stack: "all", barMaxWidth: 22,
        data: rows.map((row) => ({ value: row.size, itemStyle: { color: bright(row) } })),
        label: {
          show: true, position: "right", ...soft, fontSize: 12,
          formatter: ({ dataIndex }) => {
            const { step } = rows[dataIndex];
            return `${step.value > 0 && !step.total ? "+" : ""}${written(step.value, data.unit)}`;
          },
        },
      },
    ],
  };
};

// Names in lines of a few signs each (words, in English), so that they stay inside the chart.
const folded = (name, signs) => {
  const pieces = /[\u4e00-\u9fff]/.test(name) ? name.match(new RegExp(`.{1,${signs}}`, "gu")) : name.split(" ");
  return pieces.join("\n");
};

const radar = (element, data) => ({
  textStyle: { fontFamily: font }, color: palette,
  tooltip: { ...tooltip, valueFormatter: (value) => written(value) },
  legend: legend(data.series),
  radar: {
    indicator: data.axes, radius: element.clientWidth < 420 ? "62%" : "68%", center: ["50%", "55%"],
    axisName: { color: colour("ink"), fontSize: 12, formatter: (name) => folded(name, element.clientWidth < 420 ? 4 : 8) },
    splitArea: { areaStyle: { color: ["#fff", colour("ground")] } },
    splitLine: { lineStyle: { color: colour("line") } },
    axisLine: { lineStyle: { color: colour("line") } },
  },
  series: [{
    type: "radar", symbolSize: 5, areaStyle: { opacity: 0.12 },
    data: data.series.map((each) => ({ name: each.name, value: each.values })),
  }],
});

const sankey = (element, data) => ({
  textStyle: { fontFamily: font }, color: palette,
  tooltip: { ...tooltip, trigger: "item" },
  series: [{
    type: "sankey", links: data.links,
    data: data.nodes.map((node) => (node.colour ? { ...node, itemStyle: { color: colour(node.colour) } } : node)),
    nodeGap: 14, nodeWidth: 14, draggable: false,
    left: 4, right: Math.min(english ? 210 : 140, element.clientWidth * 0.3), top: 8, bottom: 8, label: { ...ink, fontSize: 12 },
    lineStyle: { color: "gradient", opacity: 0.35 }, emphasis: { focus: "adjacency" },
  }],
});

// Who works with whom: the first node is the one in the middle, colours are teams.
const network = (element, data) => {
  const small = element.clientWidth < 480;
  const most = Math.max(1, ...data.nodes.map((node) => node.value));
  const size = (value) => (small ? 10 : 14) + 18 * Math.sqrt(value / most);
  const names = new Map(data.nodes.map((node) => [node.id, node.name]));
  return {
    textStyle: { fontFamily: font },
    tooltip: {
      ...tooltip,
      formatter: ({ dataType, data: each }) => dataType === "edge"
        ? `${names.get(each.source)} – ${names.get(each.target)}\n${data.link_label.replace("{n}", each.value)}`
        : `${each.name}${each.works ? `\n${data.link_label.replace("{n}", each.works)}` : ""}`,
    },
    series: [{
      type: "graph", layout: "force", roam: true, draggable: true,
      force: { repulsion: small ? 220 : 600, edgeLength: small ? [50, 130] : [90, 240], gravity: 0.15, layoutAnimation: false },
      data: data.nodes.map((node, place) => ({
        id: node.id, name: node.name, works: node.value,
        symbolSize: place ? size(node.value) : (small ? 30 : 40),
        itemStyle: { color: place ? palette[node.team < 0 ? 4 : node.team % 4] : colour("ink") },
        label: { show: !small || place < 12, position: place ? "right" : "bottom", ...ink, fontSize: place ? 12 : 14 },
      })),
      links: data.links.map((link) => ({ ...link, lineStyle: { width: Math.min(6, 1 + link.value), opacity: 0.45, color: colour("ink-faint") } })),
      emphasis: { focus: "adjacency" },
    }],
  };
};

const DRAWN = {
  bars: (element, data) => axes(element, data, "bar"),
  lines: (element, data) => axes(element, data, "line"),
  waterfall, radar, sankey, network,
};
const opened = new Map();

const draw = (root) => {
  for (const element of root.querySelectorAll("[data-chart]")) {
    if (opened.has(element) || !element.clientWidth) continue;
    const data = JSON.parse(document.getElementById(element.dataset.source).textContent);
    const rows = Number(element.dataset.rows);
    if (rows) element.classList.add(`chart-rows-${Math.min(20, rows)}`);
    const chart = echarts.init(element);
    chart.setOption(DRAWN[element.dataset.chart](element, data));
    opened.set(element, { chart, data });
  }
};

draw(document);
// Parts that htmx brings in, and parts that unfold, may hold charts too.
document.body.addEventListener("htmx:afterSettle", () => draw(document));
document.addEventListener("toggle", () => draw(document), true);
document.addEventListener("shown.bs.tab", () => draw(document));
window.addEventListener("resize", () => {
  for (const [element, { chart, data }] of opened) {
    if (!element.isConnected) { chart.dispose(); opened.delete(element); continue; }
    chart.resize();
    chart.setOption(DRAWN[element.dataset.chart](element, data), true);
  }
});
