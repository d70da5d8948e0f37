// Serves one folder on the loopback, as strictly as the clinic's server does.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const policy = readFileSync(join(process.env["THECA_ROOT"] ?? ".", "web/shared/content_security_policy.txt"), "utf8").trim();
const reportsTo = "/csp-report";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".woff2": "font/woff2",
};

export interface PageServer {
  readonly address: string;
  /** What browsers have reported against the policy. */
  readonly reports: string[];
  readonly stop: () => Promise<void>;
}

export async function servePage(folder: string): Promise<PageServer> {
  const reports: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://loopback").pathname;
    if (path === reportsTo) {
      let report = "";
      request.on("data", (chunk) => (report += String(chunk)));
      request.on("end", () => {
        reports.push(report);
        response.writeHead(204).end();
      });
      return;
    }
    try {
      const file = join(folder, normalize(path === "/" ? "/index.html" : path));
      const content = readFileSync(file);
      response.writeHead(200, {
        "Content-Type": types[extname(file)] ?? "application/octet-stream",
        "Content-Security-Policy": `${policy}; report-uri ${reportsTo}`,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
      });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    reports,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}
