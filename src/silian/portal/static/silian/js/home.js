// The home page's two charts. Canvas and rich-text tooltips: no style attribute is needed.
import * as echarts from "../../echarts/echarts.esm.min.js";

const css = getComputedStyle(document.documentElement);
const colour = (name) => css.getPropertyValue(name).trim();
const font = getComputedStyle(document.body).fontFamily;
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const tooltip = {
  renderMode: "richText", backgroundColor: "#fff", borderColor: colour("--line-strong"),
  textStyle: { color: colour("--ink"), fontFamily: font, fontSize: 13 },
};
const scales = {
  needs: [colour("--chain-industry-soft"), colour("--chain-industry")],
  supplies: [colour("--chain-innovation-soft"), colour("--chain-innovation")],
};

const drawMap = (element, data) => {
  echarts.registerMap("districts", data.outlines);
  const names = new Map(data.regions.map((region) => [region.adcode, region.name]));
  const chart = echarts.init(element);
  const show = (what) => {
    const values = data.regions.map((region) => ({ name: region.adcode, value: region[what] }));
    const max = Math.max(1, ...values.map((entry) => entry.value));
    chart.setOption({
      textStyle: { fontFamily: font },
      tooltip: {
        ...tooltip,
        formatter: ({ name }) => {
          const region = data.regions.find((entry) => entry.adcode === name);
          return region
            ? `${region.name}\n${data.labels.needs}  ${region.needs}\n${data.labels.supplies}  ${region.supplies}`
            : "";
        },
      },
      visualMap: {
        min: 0, max, calculable: false, left: 0, bottom: 8, itemHeight: 90, itemWidth: 10,
        text: [String(max), "0"],
        inRange: { color: scales[what] }, textStyle: { color: colour("--ink-soft") },
      },
      series: [{
        type: "map", map: "districts", data: values, roam: false, top: 10, bottom: 10,
        label: {
          show: true, formatter: ({ name }) => names.get(name) ?? name, fontSize: 11,
          color: colour("--ink"), textBorderColor: "#fff", textBorderWidth: 2,
        },
        labelLayout: { hideOverlap: true },
        itemStyle: { borderColor: "#fff", borderWidth: 1.2 },
        emphasis: { label: { color: colour("--ink") }, itemStyle: { areaColor: "#ffe3a3" } },
        select: { disabled: true },
      }],
    }, true);
  };
  show("needs");
  chart.on("click", ({ name }) => {
    if (names.has(name)) {
      const what = document.querySelector("[data-map].active").dataset.map;
      window.location.href = `/${what === "needs" ? "needs" : "supply"}/?region=${name}`;
    }
  });
  for (const button of document.querySelectorAll("[data-map]")) {
    button.addEventListener("click", () => {
      for (const other of document.querySelectorAll("[data-map]")) {
        other.classList.toggle("active", other === button);
        other.setAttribute("aria-pressed", String(other === button));
      }
      show(button.dataset.map);
    });
  }
  return chart;
};

const drawFields = (element, data) => {
  const chart = echarts.init(element);
  const fields = [...data.fields].reverse();
  const bars = (what, name, bright) => ({
    type: "bar", name, data: fields.map((field) => field[what]), itemStyle: { color: bright },
    barMaxWidth: 9, barGap: "20%",
  });
  chart.setOption({
    textStyle: { fontFamily: font },
    tooltip: { ...tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
    legend: { top: 0, right: 0, itemWidth: 12, itemHeight: 8, textStyle: { color: colour("--ink-soft") } },
    grid: { left: 8, right: 24, top: 30, bottom: 4, containLabel: true },
    xAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: colour("--line") } } },
    yAxis: {
      type: "category", data: fields.map((field) => field.name), axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("--line-strong") } },
      axisLabel: { color: colour("--ink"), width: Math.min(160, element.clientWidth * 0.4), overflow: "truncate" },
    },
    series: [
      bars("needs", data.labels.needs, colour("--chain-industry")),
      bars("supplies", data.labels.supplies, colour("--chain-innovation")),
    ],
  });
  chart.on("click", ({ dataIndex }) => {
    window.location.href = `/needs/?field=${fields[dataIndex].code}`;
  });
  return chart;
};

const charts = [];
const map = document.getElementById("map");
if (map) charts.push(drawMap(map, read("map-data")));
const fields = document.getElementById("fields");
if (fields) charts.push(drawFields(fields, read("field-data")));
window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
