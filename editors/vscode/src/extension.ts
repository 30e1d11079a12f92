// Starts `cmx lsp` and shows the diagram of the current file beside it. All knowledge of the language is in the server.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

/** The cmx program: the setting, else the workspace's own environment, else PATH. */
function program(): string {
  const set = vscode.workspace.getConfiguration("cmx").get<string>("path");
  if (set) return set;
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (const place of [".venv/bin/cmx", ".venv/Scripts/cmx.exe"]) {
      const file = path.join(folder.uri.fsPath, place);
      if (vscode.workspace.isTrusted && existsSync(file)) return file;
    }
  }
  return "cmx";
}

async function start(): Promise<void> {
  await client?.stop();
  const run = { command: program(), args: ["lsp"], transport: TransportKind.stdio };
  client = new LanguageClient("cmx", "cmx", { run, debug: run }, {
    documentSelector: [{ language: "cmx" }],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.cmx,cmx.toml,cmx.lock}") },
  });
  try {
    await client.start();
  } catch {
    void vscode.window.showErrorMessage(
      `The language server could not be started with "${run.command} lsp". Install it with pip install 'cmxdsl[lsp]', ` +
        "or name the program in the setting cmx.path.",
    );
  }
}

/** A panel that draws one file again whenever it is saved. */
function preview(context: vscode.ExtensionContext): void {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "cmx") return;
  const title = `Diagram of ${path.basename(document.fileName)}`;
  const panel = vscode.window.createWebviewPanel("cmx.preview", title, vscode.ViewColumn.Beside, {
    enableScripts: false,
  });
  const draw = (): void => {
    const view = vscode.workspace.getConfiguration("cmx").get<string>("preview.view") ?? "topology";
    const words = ["render", document.fileName, "--view", view, "--format", "svg"];
    execFile(program(), words, { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 }, (_, out, err) => {
      panel.webview.html = page(out.includes("<svg") ? out.slice(out.indexOf("<svg")) : `<pre>${escaped(err)}</pre>`);
    });
  };
  const saved = vscode.workspace.onDidSaveTextDocument((d) => {
    if (d.languageId === "cmx") draw();
  });
  panel.onDidDispose(() => saved.dispose(), undefined, context.subscriptions);
  draw();
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function page(body: string): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return `<!DOCTYPE html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<style>body{background:#fff;color:#1c2733;padding:0}svg{max-width:100%;height:auto}pre{white-space:pre-wrap}</style>
</head><body>${body}</body></html>`;
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("cmx.preview", () => preview(context)),
    vscode.commands.registerCommand("cmx.restart", start),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
