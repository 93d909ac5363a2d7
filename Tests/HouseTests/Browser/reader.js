// Uses a page as a reader would; the title says `fine: ...`, or what is wrong.
"use strict";
(async () => {
  const wrong = [];
  const check = (isTrue, what) => { if (!isTrue) wrong.push(what); };
  // A browser without a screen paints no frames.
  window.requestAnimationFrame = (draw) => setTimeout(draw, 0);
  const pause = () => new Promise((done) => setTimeout(done, 100));
  const shows = (canvas) => canvas.width > 0
    && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(
      (byte) => byte > 0);
  /// Light of a colour such as `rgb(1, 2, 3)`, from 0 to 1, as WCAG counts it.
  const light = (color) => {
    const parts = color.match(/[\d.]+/g).slice(0, 3).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const backOf = (node) => {
    const color = node ? getComputedStyle(node).backgroundColor : "rgb(255, 255, 255)";
    return /, 0\)$/.test(color) ? backOf(node.parentElement) : color;
  };
  /// Whether all text stands out from what is behind it, 4.5 to 1.
  const readable = (theme) => {
    for (const node of document.body.querySelectorAll("*")) {
      const hasText = [...node.childNodes].some(
        (child) => child.nodeType === 3 && child.textContent.trim() !== "");
      if (!hasText || node.tagName === "SCRIPT" || node.hidden) continue;
      const [text, back] = [light(getComputedStyle(node).color), light(backOf(node))];
      const ratio = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
      check(ratio >= 4.5, `${node.tagName} has a contrast of ${ratio.toFixed(2)} in ${theme}`);
    }
  };
  /// What a screen reader and a keyboard need.
  const accessible = () => {
    check(document.documentElement.lang !== "", "no language");
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    check(new Set(ids).size === ids.length, "an id occurs twice");
    let level = 0;
    for (const head of document.querySelectorAll("h1, h2, h3, h4")) {
      const next = Number(head.tagName[1]);
      check(next <= level + 1, `a heading skips to ${head.tagName}: ${head.textContent}`);
      level = next;
    }
    for (const node of document.querySelectorAll("a, button, input, summary, [tabindex]")) {
      const name = node.getAttribute("aria-label") ?? node.labels?.[0]?.textContent
        ?? node.textContent;
      check(name.trim() !== "", `${node.tagName} has no name`);
      check(node.tabIndex <= 0, "a tab order of its own");
    }
    check(document.querySelector("main") !== null, "no main part");
  };
  try {
    await pause();
    accessible();
    readable("light");
    const canvases = [...document.querySelectorAll("canvas")];
    for (const canvas of canvases) {
      check(shows(canvas), `nothing drawn in ${canvas.closest("section").id}`);
      check(canvas.getAttribute("aria-label").length > 20, "a picture without words");
    }
    check(document.documentElement.scrollWidth <= innerWidth, "wider than the window");
    check(performance.getEntriesByType("resource").length === 0, "something was fetched");

    for (const details of document.querySelectorAll("details")) details.open = true;
    await pause();
    let sorted = 0;
    for (const table of document.querySelectorAll("table")) {
      const cells = () => [...table.querySelectorAll("tbody tr")].map((row) => row.cells[0].title);
      const button = table.querySelector("th button");
      check(button !== null, "a table without a head");
      const before = cells().length;
      button.click();
      const up = cells();
      button.click();
      const down = cells();
      check(
        button.parentElement.getAttribute("aria-sort") === "descending", "a head says no order");
      check(up.length === before && down.length === before, "sorting loses rows");
      if (before < 200 && up.every((text) => text !== "")) {
        const numbers = up.map(Number);
        check(numbers.every((n, i) => i === 0 || numbers[i - 1] <= n), "not in order");
        sorted += 1;
      }
    }

    const picture = () => canvases.map((canvas) => canvas.toDataURL()).join();
    const bright = [picture(), getComputedStyle(document.body).backgroundColor];
    document.getElementById("theme").click();
    await pause();
    readable("dark");
    const dark = [picture(), getComputedStyle(document.body).backgroundColor];
    check(dark[1] !== bright[1], "the theme does not change");
    check(canvases.length === 0 || dark[0] !== bright[0], "pictures keep their theme");

    const timeline = document.querySelector(".timeline canvas");
    if (timeline) {
      const steps = [
        ["zooms", () => timeline.dispatchEvent(
          new WheelEvent("wheel", { deltaY: -100, cancelable: true }))],
        ["moves", () => timeline.dispatchEvent(
          new KeyboardEvent("keydown", { key: "ArrowRight", cancelable: true }))],
        ["searches", () => {
          const search = document.querySelector("input[type=search]");
          search.value = "dispatch";
          search.dispatchEvent(new Event("input"));
        }],
      ];
      for (const [what, act] of steps) {
        const before = timeline.toDataURL();
        act();
        await pause();
        check(timeline.toDataURL() !== before, `the timeline never ${what}`);
      }
      check(timeline.tabIndex === 0, "the timeline has no place in the tab order");
    }
    document.title = wrong.length === 0
      ? `fine: ${canvases.length} pictures, ${sorted} sorted tables` : wrong.join("; ");
  } catch (error) {
    document.title = `error: ${error}`;
  }
})();
