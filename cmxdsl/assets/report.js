"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, props) => Object.assign(document.createElement(tag), text === undefined ? {} : { textContent: text }, props || {});
  const live = document.body.dataset.live === "1";
  const memory = { // what a reload should not lose; a page from a file may have no storage
    get() { try { return JSON.parse(sessionStorage.getItem("cmx") || "{}"); } catch { return {}; } },
    set(more) { try { sessionStorage.setItem("cmx", JSON.stringify({ ...this.get(), ...more })); } catch { /* none */ } },
  };

  // --- light and dark ---------------------------------------------------------------------------------------
  const root = document.documentElement;
  if (memory.get().theme) root.dataset.theme = memory.get().theme;
  $("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    memory.set({ theme: root.dataset.theme });
  });

  // --- tables -----------------------------------------------------------------------------------------------
  const table = $("bom");
  if (table) {
    const body = table.tBodies[0], rows = [...body.rows];
    const filter = () => {
      const words = $("bom-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      $("bom-count").textContent = `${shown} of ${rows.length} parts`;
    };
    $("bom-filter").addEventListener("input", filter);
    filter();
    [...table.tHead.rows[0].cells].forEach((head, column) => head.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[column].dataset.v === undefined ? row.cells[column].textContent : Number(row.cells[column].dataset.v);
      rows.sort((a, b) => { const x = key(a), y = key(b); return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1); });
      body.append(...rows);
    }));
    $("bom-csv").addEventListener("click", (event) => {
      const text = JSON.parse($("bom-data").textContent);
      const link = make("a", undefined, { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: event.currentTarget.dataset.name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  // --- the explorer -----------------------------------------------------------------------------------------
  const canvas = $("canvas");
  if (canvas) {
    const data = JSON.parse($("data").textContent);
    const byId = new Map(data.parts.map((part) => [part.id, part]));
    const bySlug = new Map([...data.parts].reverse().map((part) => [part.slug, part]));
    const scoped = (id) => data.figures.filter((figure) => figure.scope === id);
    let scope = data.top, figure = null, trail = [data.top], home = null, picked = null;

    const svg = () => canvas.querySelector("svg");
    const box = () => svg().getAttribute("viewBox").split(/[ ,]+/).map(Number);
    const look = (view) => { svg().setAttribute("viewBox", view.map((v) => v.toFixed(2)).join(" ")); memory.set({ view }); };
    const zoom = (factor, at) => {
      const [x, y, w, h] = box(), [cx, cy] = at || [x + w / 2, y + h / 2];
      if (w * factor > home[2] * 20 || w * factor < home[2] / 200) return;
      look([cx - (cx - x) * factor, cy - (cy - y) * factor, w * factor, h * factor]);
    };
    const point = (event) => {
      const matrix = svg().getScreenCTM().inverse();
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
      return [at.x, at.y];
    };

    const source = async (key) => {
      const held = document.querySelector(`template[data-figure="${CSS.escape(key)}"]`);
      if (held) return held.content.cloneNode(true);
      const answer = await fetch("figure?key=" + encodeURIComponent(key));
      const text = await answer.text();
      if (!answer.ok) { const note = document.createDocumentFragment(); note.append(make("p", text, { className: "note" })); return note; }
      const parsed = new DOMParser().parseFromString(text, "text/html").querySelector("svg");
      const part = document.createDocumentFragment();
      part.append(parsed || make("p", text));
      return part;
    };
    const show = async (key, view) => {
      figure = key;
      const content = await source(key);
      if (figure !== key) return;
      canvas.replaceChildren(content);
      picked = null;
      if (!svg()) return;
      home = box();
      if (view && view.length === 4) look(view);
      for (const shape of canvas.querySelectorAll(".node, .cluster")) {
        const part = partOf(shape);
        if (!part) continue;
        shape.setAttribute("tabindex", "0");
        shape.setAttribute("role", "button");
        shape.setAttribute("aria-label", `${part.kind} ${part.name}`);
      }
      memory.set({ scope, figure, trail });
    };
    const partOf = (shape) => {
      const name = [...shape.classList].find((word) => word.startsWith("part-"));
      return name ? bySlug.get(name) : undefined;
    };
    const open = (id, path, key, view) => {
      const figures = scoped(id);
      if (!figures.length) return;
      scope = id;
      trail = path;
      const choice = $("figure-choice");
      choice.replaceChildren(...figures.map((f) => make("option", f.title, { value: f.key })));
      choice.value = key && figures.some((f) => f.key === key) ? key : figures[0].key;
      crumbs();
      details(byId.get(id));
      return show(choice.value, view);
    };
    const crumbs = () => {
      $("crumbs").replaceChildren(...trail.flatMap((id, depth) => {
        const last = depth === trail.length - 1;
        const step = make("button", byId.get(id).name, { type: "button" });
        if (last) step.setAttribute("aria-current", "page");
        step.addEventListener("click", () => open(id, trail.slice(0, depth + 1)));
        return last ? [step] : [step, make("span", "›")];
      }));
    };
    const inside = (id) => { if (scoped(id).length && id !== scope) open(id, trail.includes(id) ? trail.slice(0, trail.indexOf(id) + 1) : [...trail, id]); };

    const row = (...cells) => { const line = make("tr"); line.append(...cells.map((cell) => cell instanceof Node ? cell : make("td", cell))); return line; };
    const claim = ([value, kind, note]) => {
      const cell = make("td", value);
      if (kind !== "stated") cell.append(make("span", kind, { className: "tag " + kind }));
      if (note) cell.append(make("span", note, { className: "src" }));
      return cell;
    };
    const list = (title, lines) => {
      if (!lines.length) return [];
      const body = make("table");
      body.append(...lines);
      return [make("h4", title), body];
    };
    const details = (part) => {
      if (!part) return;
      const children = [make("h3", part.name), make("p", `${part.kind}, ${part.count.toLocaleString("en")} in the design`, { className: "kind" })];
      if (part.doc) children.push(make("p", part.doc));
      if (scoped(part.id).length && part.id !== scope) {
        const into = make("button", "Look inside", { type: "button", id: "inside" });
        into.addEventListener("click", () => inside(part.id));
        children.push(into);
      }
      children.push(...list("All of it together", (part.totals || []).map(([title, value, covered]) =>
        row(title, value + (covered && covered !== "100%" ? ` (${covered} of parts)` : "")))));
      children.push(...list("Its own attributes", part.attributes.map(([name, value, kind, note, also]) => {
        const cell = claim([value, kind, note]);
        for (const other of also) { const more = make("span", "also " + other[0], { className: "src" }); more.append(make("span", other[2] ? ": " + other[2] : "")); cell.append(more); }
        return row(name, cell);
      })));
      children.push(...list("Holds", (part.holds || []).map(([name, shape, id, type]) => {
        const link = make("button", shape.reduce((a, b) => a * b, 1).toLocaleString("en") + " × " + type, { type: "button" });
        link.addEventListener("click", () => { details(byId.get(id)); mark(byId.get(id)); });
        const cell = make("td"); cell.append(link);
        return row(name, cell);
      })));
      children.push(...list("Ports", (part.ports || []).map(([name, shape, protocol, rate, plane]) =>
        row(name + (shape.length ? `[${shape.join(", ")}]` : ""), [protocol, rate, plane.replace("_", "-")].filter(Boolean).join(", ")))));
      $("details").replaceChildren(...children);
    };
    const mark = (part) => {
      for (const shape of canvas.querySelectorAll(".picked")) shape.classList.remove("picked");
      for (const shape of canvas.querySelectorAll("." + CSS.escape(part.slug))) shape.classList.add("picked");
      picked = part;
    };

    let drag = null;
    canvas.addEventListener("pointerdown", (event) => { if (svg()) drag = { at: point(event), moved: false, x: event.clientX, y: event.clientY }; });
    canvas.addEventListener("pointermove", (event) => {
      if (!drag || !svg() || (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4)) return;
      if (!drag.moved) { drag.moved = true; canvas.setPointerCapture(event.pointerId); }
      const [x, y, w, h] = box(), [px, py] = point(event);
      look([x - (px - drag.at[0]), y - (py - drag.at[1]), w, h]);
    });
    canvas.addEventListener("pointerup", () => { setTimeout(() => { drag = null; }, 0); });
    canvas.addEventListener("pointercancel", () => { drag = null; });
    canvas.addEventListener("wheel", (event) => { if (svg()) { event.preventDefault(); zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, point(event)); } }, { passive: false });
    const chosen = (event) => { const shape = event.target.closest(".node, .cluster"); return shape ? partOf(shape) : undefined; };
    canvas.addEventListener("click", (event) => {
      if (event.target.closest("a")) event.preventDefault();
      if (drag && drag.moved) return;
      const part = chosen(event);
      if (part) { details(part); mark(part); } else details(byId.get(scope));
    });
    canvas.addEventListener("dblclick", (event) => { const part = chosen(event); if (part) inside(part.id); });
    canvas.addEventListener("keydown", (event) => {
      if (!svg() || event.ctrlKey || event.metaKey || event.altKey) return;
      const [x, y, w, h] = box(), step = w / 10;
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
      if (moves[event.key]) look([x + moves[event.key][0], y + moves[event.key][1], w, h]);
      else if (event.key === "+" || event.key === "=") zoom(1 / 1.2);
      else if (event.key === "-") zoom(1.2);
      else if (event.key === "0") look(home);
      else if (event.key === "Enter" || event.key === " ") {
        const part = chosen(event);
        if (!part) return;
        if (picked === part) inside(part.id); else { details(part); mark(part); }
      } else if (event.key === "Backspace" && trail.length > 1) open(trail[trail.length - 2], trail.slice(0, -1));
      else return;
      event.preventDefault();
    });
    $("figure-choice").addEventListener("change", (event) => show(event.target.value));

    // --- search ---------------------------------------------------------------------------------------------
    const texts = data.parts.map((part) => [part, [part.name, part.kind, part.doc, ...part.attributes.flatMap((a) => [a[0], a[1]])].join(" ").toLowerCase()]);
    const pathTo = (id) => { // from the whole down, along the first parent each
      const path = [id];
      for (let part = byId.get(id); part && part.in.length && path.length < 64; part = byId.get(part.in[0])) path.unshift(part.in[0]);
      return path;
    };
    const search = () => {
      const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
      const hits = words.length ? texts.filter(([, text]) => words.every((word) => text.includes(word))).map(([part]) => part) : [];
      hits.sort((a, b) => (b.name.toLowerCase().includes(words[0]) ? 1 : 0) - (a.name.toLowerCase().includes(words[0]) ? 1 : 0));
      $("hits").hidden = !words.length;
      $("hits").replaceChildren(...(hits.length ? hits.slice(0, 30).map((part) => {
        const item = make("li"), to = make("button", `${part.name}  ·  ${part.kind}, ${part.count.toLocaleString("en")}`, { type: "button" });
        to.addEventListener("click", async () => {
          const path = pathTo(part.id), last = [...path].reverse().find((id) => scoped(id).length && (id !== part.id || path.length === 1));
          if (last && last !== scope) await open(last, path.slice(0, path.indexOf(last) + 1));
          details(part);
          mark(part);
          $("hits").hidden = true;
        });
        item.append(to);
        return item;
      }) : [make("li", "nothing found")]));
    };
    $("search").addEventListener("input", search);
    $("search").addEventListener("keydown", (event) => {
      if (event.key === "Escape") { $("search").value = ""; search(); canvas.focus(); }
      if (event.key === "Enter") { const first = $("hits").querySelector("button"); if (first) first.click(); }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); $("search").focus(); }
    });

    const before = memory.get();
    const known = live && before.scope && byId.has(before.scope) && (before.trail || []).every((id) => byId.has(id));
    if (known) open(before.scope, before.trail, before.figure, before.view); else open(data.top, [data.top]);
  }

  // --- the live preview -------------------------------------------------------------------------------------
  if (live) {
    scrollTo(0, memory.get().scroll || 0);
    addEventListener("scroll", () => memory.set({ scroll: scrollY }), { passive: true });
    const events = new EventSource("events");
    events.addEventListener("changed", () => location.reload());
  }
})();
