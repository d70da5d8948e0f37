// `theca up` in processes of its own, with a folder and a port of its own, for tests of the clinic's pages.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { buildHandheldPages } from "../build_handheld_pages.mjs";
import { buildPage } from "../build_page.mjs";

const root = process.env["THECA_ROOT"] ?? ".";
/** The program that was built last, unless another one is named. */
export const program = process.env["THECA_PROGRAM"] ?? join(root, "build/release/bin/theca");

/** `theca <words>`: what it says on standard output. */
export async function theca(words: readonly string[], input = ""): Promise<string> {
  const running = promisify(execFile)(program, [...words], { cwd: root });
  running.child.stdin?.on("error", () => {}); // it has ended without reading
  running.child.stdin?.end(input);
  return (await running).stdout;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  assert(address && typeof address === "object");
  await new Promise((closed) => server.close(closed));
  return address.port;
}

const startingMs = 180_000;

const pumps = {
  "Zoe Quist": ["pump-1.nvm", "morphine_with_patient_boluses.toml"],
  "Tom Ivers": ["pump-2.nvm", "baclofen_flex.toml"],
  "Ines Hall": ["pump-3.nvm", "baclofen_first_therapy.toml"],
} as const;

export class Demo {
  #said = "";
  #up: ChildProcess | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);

  private constructor(
    readonly folder: string,
    readonly pages: string,
    readonly port: number,
  ) {}

  /** With the pages as they stand in the tree. */
  static async make(): Promise<Demo> {
    const pages = mkdtempSync(join(tmpdir(), "pages-"));
    await Promise.all([
      buildPage(join(root, "web/clinic/clinic.tsx"), join(pages, "clinic"), "Theca clinic"),
      buildHandheldPages(join(root, "web/handheld"), join(pages, "handheld")),
    ]);
    return new Demo(mkdtempSync(join(tmpdir(), "demo-")), pages, await freePort());
  }

  /** Where all of it stands; neither this folder nor the one around it is there before the first start. */
  get clinic(): string {
    return join(this.folder, "out", "clinic");
  }
  get address(): string {
    return `http://localhost:${this.port}/`;
  }
  /** Of the patient's programmer, with the key of its pages. */
  get handheld(): string {
    return this.link("Zoe Quist");
  }
  get said(): string {
    return this.#said;
  }

  async start(): Promise<void> {
    this.#said = "";
    const up = spawn(
      program,
      ["up", "--folder", this.clinic, "--pages", this.pages, "--port", String(this.port)],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#up = up;
    for (const stream of [up.stdout, up.stderr]) stream.on("data", (text: Buffer) => (this.#said += String(text)));
    this.#ended = new Promise((ended) => up.on("exit", (code) => ended(code)));
    await this.until(() => this.links("Mia Sato").length > 0 && this.links("Zoe Quist").length > 0, "it does not start");
  }

  async until(holds: () => boolean, otherwise: string): Promise<void> {
    const end = Date.now() + startingMs;
    while (!holds()) {
      assert.equal(this.#up?.exitCode ?? null, null, `theca up has ended: ${this.#said}`);
      assert(Date.now() < end, `${otherwise}: ${this.#said}`);
      await new Promise((soon) => setTimeout(soon, 50));
    }
  }

  /** Every sign-in link that was printed for somebody. */
  links(name: string): string[] {
    return [...this.#said.matchAll(/^ *(.+), \w+: (http:\S+)$/gm)].filter(([, who]) => who === name).map(([, , link]) => link ?? "");
  }
  /** The one that is still good. */
  link(name: string): string {
    const link = this.links(name).at(-1);
    assert(link, `no link for ${name}: ${this.#said}`);
    return link;
  }

  /** Ctrl-C, and its exit code. */
  async stop(): Promise<number | null> {
    this.#up?.kill("SIGINT");
    return await this.#ended;
  }

  /** Of a patient's pump, read over the link by the clinic's gateway, whole and in order; the demo is stopped. */
  async journal(pumpOf: keyof typeof pumps = "Zoe Quist"): Promise<readonly Record<string, unknown>[]> {
    const [state, scenario] = pumps[pumpOf];
    const address = join(this.folder, `p${state}`);
    const pump = spawn(
      program,
      ["pump", "--listen", address, "--state", join(this.clinic, state), "--json", "--patient",
        join(root, "scenarios", scenario)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      const first = await new Promise<string>((line) => pump.stdout.once("data", (text: Buffer) => line(String(text))));
      const { implant } = JSON.parse(first.split("\n")[0] ?? "") as { implant: string };
      const gateway = join(this.clinic, "gateway");
      await theca(["gateway", "reach", gateway, "--keys", join(this.clinic, "link"), "--implant", implant, "--to", address, "--near"]);
      const file = join(this.folder, `journal-${state}.jsonl`);
      await theca(["gateway", "journal", gateway, "--implant", implant, "--out", file]);
      assert.match(await theca(["journal", "verify", file]), /./);
      return readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    } finally {
      pump.kill("SIGTERM");
    }
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
