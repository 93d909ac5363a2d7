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
  try {
    await pause();
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
    const light = [picture(), getComputedStyle(document.body).backgroundColor];
    document.getElementById("theme").click();
    await pause();
    const dark = [picture(), getComputedStyle(document.body).backgroundColor];
    check(dark[1] !== light[1], "the theme does not change");
    check(canvases.length === 0 || dark[0] !== light[0], "pictures keep their theme");

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
