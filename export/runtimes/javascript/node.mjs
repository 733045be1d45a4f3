// Requests as lines of JSON on standard input, answers as lines on standard output. Its argument is the folder that
// holds node_modules.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Session } from "./session.mjs";

const require = createRequire(`${process.argv[2]}/`);
const session = new Session(require("onnxruntime-node"), { intraOpNumThreads: 1, interOpNumThreads: 1 });

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await session.answer(JSON.parse(line)))}\n`);
}
