// What no library draws: the heat map and the timeline, and helpers that all figures share.
"use strict";
const Drawings = (() => {
  const palette = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c8c", "#b8a600",
    "#6a3d9a", "#1b7837", "#a6611a", "#4d4d4d",
  ];
  const redraw = [];

  const style = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const element = (name, text, parent) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  const number = (value) => {
    if (typeof value !== "number") return value === null ? "" : String(value);
    if (value === 0 || Number.isInteger(value)) return value.toLocaleString("en");
    const size = Math.abs(value);
    if (size >= 1e15 || size < 1e-4) return value.toExponential(3);
    return value.toLocaleString("en", { maximumSignificantDigits: 4 });
  };
  const distinct = (values) => [...new Set(values)];

  /// A canvas with the sharpness of the screen, and its size in CSS pixels.
  function sharp(canvas, height) {
    const width = canvas.parentElement.clientWidth;
    const scale = devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "12px system-ui, sans-serif";
    return { context, width, height };
  }

  function drawHeat(canvas, figure, tip) {
    const xs = distinct(figure.rows.map((row) => row[0]));
    const ys = distinct(figure.rows.map((row) => row[1]));
    const values = figure.rows.map((row) => row[2]);
    const [least, most] = values.reduce(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    const places = [new Map(xs.map((x, i) => [x, i])), new Map(ys.map((y, i) => [y, i]))];
    const left = 48;
    const size = () => Math.max(3, Math.min(16, Math.floor(480 / ys.length)));
    let cell = { width: 1, height: 1 };
    const draw = () => {
      const { context, width } = sharp(canvas, ys.length * size() + 24);
      cell = { width: (width - left) / xs.length, height: size() };
      for (const [x, y, value] of figure.rows) {
        const share = most > least ? (value - least) / (most - least) : 0;
        const [hue, light] = [220 - 190 * share, 40 + 20 * share].map(Math.round);
        context.fillStyle = `hsl(${hue} 75% ${light}%)`;
        context.fillRect(
          left + places[0].get(x) * cell.width, places[1].get(y) * cell.height,
          Math.ceil(cell.width), cell.height);
      }
      context.fillStyle = style("--text");
      context.fillText(String(ys[0]), 4, 10);
      if (ys.length > 2) context.fillText(String(ys.at(-1)), 4, ys.length * cell.height);
      context.fillText(
        `${figure.axes.x}; blue ${number(least)} to red ${number(most)}`, left,
        ys.length * cell.height + 16);
    };
    canvas.addEventListener("mousemove", (event) => {
      const x = xs[Math.floor((event.offsetX - left) / cell.width)];
      const y = ys[Math.floor(event.offsetY / cell.height)];
      const row = figure.rows.find((row) => row[0] === x && row[1] === y);
      tip(event, row && `${figure.axes.x} ${x}, ${figure.axes.y} ${y}: ${number(row[2])}`);
    });
    canvas.addEventListener("mouseleave", () => tip());
    redraw.push(draw);
  }

  /// The bars of a row from its text: starts, ends, labels, cells.
  function decode(row) {
    const bytes = Uint8Array.from(atob(row.bars), (letter) => letter.charCodeAt(0));
    const bars = {
      start: new Float64Array(row.count), end: new Float64Array(row.count),
      label: new Uint32Array(row.count), cell: new Uint32Array(row.count),
    };
    let place = 0;
    const next = () => {
      let [value, factor] = [0, 1];
      for (;;) {
        const byte = bytes[place++];
        value += (byte & 127) * factor;
        if (byte < 128) return value;
        factor *= 128;
      }
    };
    let last = 0;
    for (let index = 0; index < row.count; index++) {
      const gap = next();
      const start = last + (gap % 2 === 0 ? gap / 2 : -(gap + 1) / 2);
      bars.start[index] = start;
      bars.end[index] = last = start + next();
      bars.label[index] = next();
      bars.cell[index] = next();
    }
    return bars;
  }

  function drawTimeline(canvas, figure, tip, controls) {
    const spans = figure.spans;
    const rows = spans.rows.map((row) => ({ ...row, ...decode(row) }));
    const [height, left, top] = [16, 132, 20];
    const labels = spans.labels.map((label) => label.split("\u001f"));
    const phases = distinct(labels.map(([phase]) => phase));
    const colours = labels.map(([phase]) => palette[phases.indexOf(phase) % palette.length]);
    let view = { from: 0, to: spans.end_ns };
    let wanted = labels.map(() => true);
    let width = 1;
    const scale = () => (width - left) / (view.to - view.from);

    const legend = element("p");
    legend.className = "legend";
    controls.after(legend);
    phases.forEach((phase, index) => {
      const mark = element("span", phase, legend);
      mark.style.setProperty("--mark", palette[index % palette.length]);
    });

    /// The first bar that ends after a time.
    const firstAfter = (row, time) => {
      let [low, high] = [0, row.count];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (row.end[middle] <= time) low = middle + 1; else high = middle;
      }
      return low;
    };
    const draw = () => {
      const drawn = sharp(canvas, top + rows.length * height);
      const context = drawn.context;
      width = drawn.width;
      const factor = scale();
      rows.forEach((row, line) => {
        const y = top + line * height;
        context.globalAlpha = 1;
        context.fillStyle = style("--text");
        const member = row.member > 0 ? `.${row.member}` : "";
        context.fillText(`${row.rank}${member} ${row.stream}`, 4, y + 12, left - 8);
        let [edge, colour] = [-1, ""];
        for (let index = firstAfter(row, view.from); index < row.count; index++) {
          if (row.start[index] >= view.to) break;
          const x = left + (Math.max(row.start[index], view.from) - view.from) * factor;
          const end = left + (Math.min(row.end[index], view.to) - view.from) * factor;
          // Bars below a pixel would cost much and show nothing.
          const pixel = Math.floor(end * 2);
          const label = row.label[index];
          if (end - x < 0.5 && pixel === edge && colours[label] === colour) continue;
          [edge, colour] = [pixel, colours[label]];
          context.globalAlpha = wanted[label] ? 1 : 0.12;
          context.fillStyle = colour;
          context.fillRect(x, y + 1, Math.max(0.5, end - x), height - 2);
        }
      });
      context.globalAlpha = 1;
      context.fillStyle = style("--text");
      const step = 10 ** Math.floor(Math.log10((view.to - view.from) / 4));
      for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
        const x = left + (time - view.from) * factor;
        context.fillRect(x, top - 4, 1, 4);
        context.fillText(`${number(time / 1e9)} s`, x + 3, top - 6);
        if ((view.to - view.from) / step > 8) time += step;
      }
    };
    let planned = false;
    const later = () => {
      if (planned) return;
      planned = true;
      requestAnimationFrame(() => {
        planned = false;
        draw();
      });
    };
    const show = (from, to) => {
      const length = Math.min(spans.end_ns, Math.max(100, to - from));
      const start = Math.min(Math.max(0, from), spans.end_ns - length);
      view = { from: start, to: start + length };
      later();
    };
    const zoom = (factor, at = (view.from + view.to) / 2) =>
      show(at - (at - view.from) * factor, at + (view.to - at) * factor);
    const timeAt = (x) => view.from + (x - left) / scale();

    canvas.tabIndex = 0;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event.offsetX));
    }, { passive: false });
    let held;
    canvas.addEventListener("pointerdown", (event) => {
      held = { x: event.offsetX, ...view };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointerup", () => { held = undefined; });
    canvas.addEventListener("pointermove", (event) => {
      if (held) {
        const moved = (event.offsetX - held.x) / scale();
        return show(held.from - moved, held.to - moved);
      }
      const row = rows[Math.floor((event.offsetY - top) / height)];
      const time = timeAt(event.offsetX);
      const index = row ? firstAfter(row, time) : 0;
      const isInside = row && event.offsetX >= left && index < row.count
        && row.start[index] <= time;
      if (!isInside) return tip();
      const [phase, label] = labels[row.label[index]];
      const seconds = (row.end[index] - row.start[index]) / 1e9;
      tip(
        event, `${label || phase} (${phase}), ${spans.cells[row.cell[index]]}: `
          + `${number(seconds * 1e3)} ms from ${number(row.start[index] / 1e9)} s`);
    });
    canvas.addEventListener("pointerleave", () => tip());
    canvas.addEventListener("keydown", (event) => {
      const length = view.to - view.from;
      const moves = {
        "+": () => zoom(0.5), "-": () => zoom(2), "0": () => show(0, spans.end_ns),
        ArrowLeft: () => show(view.from - length / 4, view.to - length / 4),
        ArrowRight: () => show(view.from + length / 4, view.to + length / 4),
      };
      if (!moves[event.key]) return;
      event.preventDefault();
      moves[event.key]();
    });
    const button = (name, act) => {
      const made = element("button", name, controls);
      made.type = "button";
      made.addEventListener("click", act);
    };
    button("Zoom in", () => zoom(0.5));
    button("Zoom out", () => zoom(2));
    button("Whole step", () => show(0, spans.end_ns));
    const search = element("input", undefined, controls);
    search.type = "search";
    search.placeholder = "Search operations";
    search.setAttribute("aria-label", "Search operations");
    search.addEventListener("input", () => {
      const text = search.value.toLowerCase();
      wanted = labels.map((label) => label.join(" ").toLowerCase().includes(text));
      later();
    });
    redraw.push(draw);
  }

  return { palette, redraw, style, element, number, distinct, drawHeat, drawTimeline };
})();
