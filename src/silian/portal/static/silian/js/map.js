// The map of areas (shaded by what the reader picks) and the map of flows.
// The tables beside them hold the same figures for those who can't see them.
import * as echarts from "../../echarts/echarts.esm.min.js";

const css = getComputedStyle(document.documentElement);
const colour = (name) => css.getPropertyValue(`--${name}`).trim();
const font = getComputedStyle(document.body).fontFamily;
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const tooltip = {
  renderMode: "richText", backgroundColor: "#fff", borderColor: colour("line-strong"), confine: true,
  textStyle: { color: colour("ink"), fontFamily: font, fontSize: 13 },
};
const hatched = {
  symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4, color: colour("line-strong"),
};
const label = {
  show: true, fontSize: 11, color: colour("ink"), textBorderColor: "#fff", textBorderWidth: 2,
};
const charts = [];

const open = async (element, url, name) => {
  const answer = await fetch(url);
  const outlines = answer.ok ? await answer.json() : { type: "FeatureCollection", features: [] };
  if (outlines.features.length) echarts.registerMap(name, outlines);
  const chart = echarts.init(element);
  charts.push(chart);
  return { chart, outlined: outlines.features.length > 0 };
};

const drawAreas = async (element, data) => {
  const { chart, outlined } = await open(element, data.outlines, "areas");
  const rows = new Map(data.rows.map((row) => [row.code, row]));
  const written = (value) => (value === null ? data.withheld : value.toLocaleString("en-US"));
  const told = (code) => {
    const row = rows.get(code);
    if (!row) return "";
    const lines = Object.entries(data.measures).map(([name, one]) => `${one.label}  ${written(row.values[name])}`);
    return [row.label, ...lines].join("\n");
  };
  const show = (measure) => {
    const chain = data.measures[measure].chain;
    const known = data.rows.map((row) => row.values[measure]).filter((value) => value !== null);
    const max = Math.max(1, ...known);
    const scale = {
      min: 0, max, calculable: false, left: 0, bottom: 8, itemHeight: 90, itemWidth: 10,
      text: [max.toLocaleString("en-US"), "0"], textStyle: { color: colour("ink-soft") },
      inRange: { color: [colour(`chain-${chain}-soft`), colour(`chain-${chain}`)] },
    };
    const shaded = data.rows.map((row) => row.values[measure] === null
      ? { name: row.code, itemStyle: { areaColor: "#fff", decal: hatched } }
      : { name: row.code, value: row.values[measure] });
    const areas = {
      type: "map", map: "areas", data: shaded, roam: false, top: 10, bottom: 10,
      label: { ...label, formatter: ({ name }) => rows.get(name)?.label ?? "" },
      labelLayout: { hideOverlap: true }, left: 44, right: 8,
      itemStyle: { borderColor: "#fff", borderWidth: 1.2, areaColor: colour("line") },
      emphasis: { label: { color: colour("ink") }, itemStyle: { areaColor: "#ffe3a3" } },
      select: { disabled: true },
    };
    const placed = data.rows.filter((row) => row.centre);
    const dots = {
      type: "scatter", symbolSize: (value) => 8 + 26 * Math.sqrt((value[2] ?? 0) / max),
      data: placed.map((row) => ({ name: row.code, value: [...row.centre, row.values[measure]] })),
      itemStyle: { color: colour(`chain-${chain}`), opacity: 0.7 },
      label: { ...label, position: "right", formatter: ({ name }) => rows.get(name)?.label ?? "" },
      labelLayout: { hideOverlap: true },
    };
    const hiddenAxis = { type: "value", scale: true, show: false };
    chart.setOption({
      textStyle: { fontFamily: font }, aria: { decal: { show: false } },
      tooltip: { ...tooltip, formatter: ({ name }) => told(name) },
      ...(outlined
        ? { visualMap: { ...scale, seriesIndex: 0 }, series: [areas] }
        : { grid: { left: 20, right: 80, top: 20, bottom: 20 }, xAxis: hiddenAxis, yAxis: hiddenAxis, series: [dots] }),
    }, true);
    for (const cell of document.querySelectorAll(".map-table [data-column]")) {
      cell.classList.toggle("on", cell.dataset.column === measure);
    }
  };
  show(data.measure);
  chart.on("click", ({ name }) => {
    const row = rows.get(name);
    const measure = document.getElementById("map-measure").value;
    const there = row?.url ? `${row.url}&measure=${measure}` : row?.lists[measure];
    if (there) window.location.href = there;
    document.querySelector(`.map-table [data-area="${CSS.escape(name)}"]`)?.scrollIntoView({ block: "nearest" });
  });
  for (const button of document.querySelectorAll("[data-measure]")) {
    button.addEventListener("click", () => {
      for (const other of document.querySelectorAll("[data-measure]")) {
        other.classList.toggle("active", other === button);
        other.setAttribute("aria-pressed", String(other === button));
      }
      document.getElementById("map-measure").value = button.dataset.measure;
      const address = new URL(window.location.href);
      address.searchParams.set("measure", button.dataset.measure);
      window.history.replaceState(null, "", address);
      show(button.dataset.measure);
    });
  }
};

const drawFlows = async (element, data) => {
  const { chart, outlined } = await open(element, data.outlines, "flows");
  if (!outlined) { element.hidden = true; return; }
  const max = Math.max(...data.lines.map((line) => line.count));
  chart.setOption({
    textStyle: { fontFamily: font },
    tooltip: {
      ...tooltip,
      formatter: ({ data: line }) => (line?.from ? `${line.from} → ${line.to}\n${line.count}` : ""),
    },
    geo: {
      map: "flows", roam: false, top: 10, bottom: 10, silent: true,
      label: { ...label, formatter: ({ name }) => data.names[name] ?? "" },
      itemStyle: { areaColor: colour("ground"), borderColor: colour("line-strong") },
    },
    series: [{
      type: "lines", coordinateSystem: "geo", symbol: ["none", "arrow"], symbolSize: 9,
      lineStyle: { color: colour("chain-talent"), opacity: 0.75, curveness: 0.25 },
      data: data.lines.map((line) => ({
        coords: line.ends, from: line.from, to: line.to, count: line.count,
        lineStyle: { width: 1.5 + 5 * (line.count / max) },
      })),
    }],
  });
};

const areas = document.getElementById("area-map");
if (areas) drawAreas(areas, read("map-data"));
const flows = document.getElementById("flow-map");
if (flows) drawFlows(flows, read("flow-data"));
window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
