// Draws the figures of a report from the data in the page. Text reaches the page by textContent
// alone; nothing is fetched.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { palette, redraw, style, element, number, distinct, drawHeat, drawTimeline } = Drawings;

  // MARK: Theme

  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const refresh = () => {
    document.getElementById("theme").setAttribute("aria-pressed", String(isDark()));
    for (const draw of redraw) draw();
  };
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    refresh();
  });
  dark.addEventListener("change", refresh);

  // MARK: Tables

  const pageRows = 200;

  function fillTable(table, figure) {
    const order = figure.rows.map((_, index) => index);
    let shown = pageRows;
    let sorted = { column: -1, ascending: true };
    const head = element("tr", undefined, element("thead", undefined, table));
    const body = element("tbody", undefined, table);
    const numeric = figure.columns.map((_, column) =>
      figure.rows.some((row) => typeof row[column] === "number"));
    const more = element("button", "Show all rows", table.parentElement);
    more.type = "button";

    const write = () => {
      body.replaceChildren();
      for (const index of order.slice(0, shown)) {
        const line = element("tr", undefined, body);
        figure.rows[index].forEach((value, column) => {
          const cell = element("td", number(value), line);
          if (numeric[column]) cell.className = "number";
          if (typeof value === "number") cell.title = String(value);
        });
      }
      more.hidden = shown >= order.length;
    };
    const compare = (first, second) => {
      if (first === null || second === null) return (first === null) - (second === null);
      if (typeof first === "number" && typeof second === "number") return first - second;
      return String(first) < String(second) ? -1 : Number(String(first) > String(second));
    };
    figure.columns.forEach((name, column) => {
      const cell = element("th", undefined, head);
      cell.scope = "col";
      const button = element("button", name, cell);
      button.type = "button";
      button.addEventListener("click", () => {
        const ascending = sorted.column === column ? !sorted.ascending : true;
        sorted = { column, ascending };
        order.sort((a, b) =>
          compare(figure.rows[a][column], figure.rows[b][column]) * (ascending ? 1 : -1) || a - b);
        for (const other of head.children) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        write();
      });
    });
    more.addEventListener("click", () => {
      shown = order.length;
      write();
    });
    write();
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select the text to copy it";
    }
  }

  // MARK: Charts of the library

  /// The data and options of a figure for the library.
  function chart(figure) {
    const rows = figure.rows;
    const grid = style("--line");
    const text = style("--text");
    const axis = (title, more) => ({
      title: { display: title !== "", text: title, color: text },
      ticks: { color: text }, grid: { color: grid }, ...more,
    });
    const options = {
      animation: false, responsive: true, maintainAspectRatio: false,
      interaction: { mode: "nearest", intersect: false, axis: "x" },
      plugins: { legend: { labels: { color: text } } },
      scales: { x: axis(figure.axes.x), y: axis(figure.axes.y) },
    };
    const tip = (show) => {
      options.plugins.tooltip = { callbacks: { label: show } };
    };
    if (figure.form === "stacked") {
      const labels = distinct(rows.map((row) => row[0]));
      const series = distinct(rows.map((row) => row[1]));
      const place = new Map(labels.map((label, index) => [label, index]));
      const sets = series.map((name, index) => ({
        label: String(name), data: labels.map(() => 0),
        backgroundColor: palette[index % palette.length],
      }));
      for (const row of rows) sets[series.indexOf(row[1])].data[place.get(row[0])] = row[2];
      options.scales.x.stacked = options.scales.y.stacked = true;
      tip((item) => `${item.dataset.label}: ${number(item.raw)}`);
      return { type: "bar", data: { labels: labels.map(String), datasets: sets }, options };
    }
    if (["bars", "ranges", "waterfall"].includes(figure.form)) {
      let sum = 0;
      const values = rows.map((row) => {
        if (figure.form === "ranges") return [row[1], row[2]];
        const start = figure.form === "waterfall" ? sum : 0;
        sum = start + row[1];
        return [start, sum];
      });
      options.indexAxis = "y";
      options.interaction.axis = "y";
      options.scales = {
        x: axis(figure.axes.y, { beginAtZero: figure.form !== "ranges" }), y: axis(""),
      };
      options.scales.y.ticks.autoSkip = false;
      options.plugins.legend.display = false;
      tip((item) => {
        const row = rows[item.dataIndex];
        if (figure.form === "ranges") return `${number(row[1])} to ${number(row[2])}`;
        const ends = row.length > 3 && typeof row[2] === "number" && typeof row[3] === "number"
          ? `, 90 %: ${number(row[2])} to ${number(row[3])}` : "";
        return `${number(row[1])}${ends}`;
      });
      return {
        type: "bar",
        data: {
          labels: rows.map((row) => String(row[0])),
          datasets: [{ data: values, backgroundColor: palette[0] }],
        }, options,
      };
    }
    if (figure.form === "points") {
      options.scales.x.type = "linear";
      options.interaction = { mode: "nearest", intersect: true };
      const line = rows.filter((row) => row[3] === 1).sort((a, b) => a[0] - b[0]);
      const rest = rows.filter((row) => row[3] !== 1);
      tip((item) => {
        const row = (item.datasetIndex === 0 ? line : rest)[item.dataIndex];
        return `${row[2] ?? ""}: ${number(row[0])}, ${number(row[1])}`;
      });
      const points = (label, some, color, more) => ({
        label, data: some.map((row) => ({ x: row[0], y: row[1] })), pointRadius: 5,
        backgroundColor: color, borderColor: color, ...more,
      });
      return {
        type: "scatter",
        data: {
          datasets: [
            points("none is better in both", line, palette[1], { showLine: true, borderWidth: 1 }),
            points("others", rest, palette[0]),
          ],
        }, options,
      };
    }
    const series = distinct(rows.map((row) => row[1]));
    options.scales.x.type = "linear";
    tip((item) => `${item.dataset.label}: ${number(item.parsed.x)}, ${number(item.parsed.y)}`);
    return {
      type: "line",
      data: {
        datasets: series.map((name, index) => ({
          label: String(name),
          data: rows.filter((row) => row[1] === name).map((row) => ({ x: row[0], y: row[2] })),
          borderColor: palette[index % palette.length],
          backgroundColor: palette[index % palette.length],
          borderWidth: 1.5, pointRadius: rows.length > 60 ? 0 : 3,
        })),
      }, options,
    };
  }

  function drawChart(canvas, figure) {
    if (["bars", "ranges", "waterfall"].includes(figure.form)) {
      canvas.parentElement.style.height = `${60 + 22 * figure.rows.length}px`;
    }
    let drawn;
    redraw.push(() => {
      drawn?.destroy();
      drawn = new Chart(canvas, chart(figure));
    });
  }

  // MARK: The page

  const bubble = document.getElementById("tip");
  const tip = (event, text) => {
    bubble.hidden = !text;
    if (!text) return;
    bubble.textContent = text;
    const x = Math.min(event.pageX + 12, scrollX + innerWidth - bubble.offsetWidth - 8);
    bubble.style.left = `${Math.max(scrollX + 4, x)}px`;
    bubble.style.top = `${event.pageY + 12}px`;
  };

  for (const section of document.querySelectorAll("section.figure")) {
    const figure = data[Number(section.dataset.figure)];
    const canvas = section.querySelector("canvas");
    if (canvas && figure.form === "timeline") {
      drawTimeline(canvas, figure, tip, section.querySelector(".controls"));
    } else if (canvas && figure.form === "heat") {
      drawHeat(canvas, figure, tip);
    } else if (canvas) {
      drawChart(canvas, figure);
    }
    const details = section.querySelector("details");
    const table = section.querySelector("table");
    let isFilled = false;
    const open = () => {
      if (isFilled || !details.open || !table) return;
      isFilled = true;
      fillTable(table, figure);
    };
    details.addEventListener("toggle", open);
    open();
    const sql = section.querySelector(".sql");
    const button = section.querySelector("button.copy");
    button.addEventListener("click", () => copy(sql.textContent, button));
  }
  addEventListener("beforeprint", () => {
    root.dataset.theme = "light";
    refresh();
  });
  let waiting;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  });
  refresh();
})();
