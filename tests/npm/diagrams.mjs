// Reads pictures, a JSON list of texts in the format that is named, and says what that format's own parser makes of each.

async function mermaidParser() {
  const { JSDOM } = await import("jsdom");
  const { window } = new JSDOM("");
  globalThis.window = window;
  globalThis.document = window.document;
  const { default: mermaid } = await import("mermaid");
  mermaid.initialize({ maxEdges: 1e6, maxTextSize: 1e9 });
  return async (text) => {
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const frames = db.getSubGraphs().map((g) => ({ id: g.id, text: g.title }));
    const inner = new Set(frames.map((f) => f.id));
    const boxes = [...db.getVertices().values()].filter((v) => !inner.has(v.id) && v.id !== "legend");
    return {
      boxes: [...boxes.map((v) => ({ id: v.id, text: v.text })), ...frames],
      lines: db.getEdges().map((e) => ({ a: e.start, b: e.end, text: e.text })),
    };
  };
}

async function d2Parser() {
  const { D2 } = await import("@terrastruct/d2"); // in a process without a window, which it would take for a browser
  const d2 = new D2();
  return async (text) => {
    const { diagram } = await d2.compile(text);
    const boxes = diagram.shapes.filter((s) => s.id !== "title" && s.id !== "legend");
    return {
      boxes: boxes.map((s) => ({ id: s.id, text: s.label })),
      lines: diagram.connections.map((c) => ({ a: c.src, b: c.dst, text: c.label })),
    };
  };
}

const parse = await (process.argv[2] === "mermaid" ? mermaidParser() : d2Parser());
let input = "";
for await (const piece of process.stdin) input += piece;
const found = [];
for (const text of JSON.parse(input)) {
  try {
    found.push(await parse(text));
  } catch (error) {
    found.push({ error: String(error?.message ?? error) });
  }
}
process.stdout.write(JSON.stringify(found), () => process.exit(0));
