/* chart.js: a chart is drawn from the table beside it: one source of numbers, one set of colours (the tokens). */
(function () {
  "use strict";
  const css = getComputedStyle(document.documentElement), token = (n) => css.getPropertyValue(n).trim();
  const view = (panel, name) => {
    panel.querySelector(".lz-figure").dataset.view = name;
    panel.querySelectorAll("[data-view-set]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.viewSet === name)));
  };
  document.querySelectorAll("[data-view-set]").forEach((b) => b.addEventListener("click", () => view(b.closest("[data-chart-panel]"), b.dataset.viewSet)));

  const LOOK = { stack: [["--lz-green", "#fff", "circle"], ["--lz-yellow", "#111", "triangle"], ["--lz-red", "#fff", "rect"], ["--lz-line-2", "#1f2933", "emptyCircle"]], bar: [["--lz-ink-3", "#fff", "rect"]] };
  document.querySelectorAll("[data-chart]").forEach((el) => {
    if (!window.echarts) return;
    const panel = el.closest("[data-chart-panel]");
    panel.querySelector("[data-view-tabs]").hidden = false;
    view(panel, "chart");
    const table = panel.querySelector("table");
    const heads = [...table.querySelectorAll("thead th")].slice(1).map((h) => h.textContent);
    const rows = [...table.querySelectorAll("tbody tr:not(.lz-total)")].map((r) => [...r.children].map((c) => c.textContent.trim()));
    const look = LOOK[el.dataset.chart];
    const px = parseFloat(getComputedStyle(document.body).fontSize) - 1;
    const text = { fontFamily: token("--lz-sans"), fontSize: px, color: token("--lz-ink-2") };
    const chart = echarts.init(el, null, { renderer: "canvas" });
    chart.setOption({
      animation: false, textStyle: text,
      tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "none" } },   /* html tooltips carry inline style: CSP */
      legend: heads.length > 1 ? { top: 0, left: 0, itemGap: 20, itemWidth: 11, itemHeight: 11, textStyle: text, data: heads.map((name, i) => ({ name, icon: look[i % look.length][2] })) } : { show: false },
      grid: { left: 8, right: 16, top: heads.length > 1 ? 34 : 8, bottom: 4, containLabel: true },
      xAxis: { type: "value", show: false, max: Number(el.dataset.max) || undefined },
      yAxis: { type: "category", inverse: true, data: rows.map((r) => r[0]), axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...text, margin: 10 } },
      series: heads.map((name, i) => ({
        name, type: "bar", stack: el.dataset.chart === "stack" ? "all" : undefined, barWidth: "62%",
        itemStyle: { color: token(look[i % look.length][0]), borderColor: "#fff", borderWidth: 1 },
        label: { show: true, color: look[i % look.length][1], fontSize: px, formatter: (p) => p.value > 0 ? p.value : "" },
        data: rows.map((r) => Number(r[i + 1].replace(/[^\d.-]/g, ""))),
      })),
    });
    addEventListener("resize", () => chart.resize());
  });
})();
