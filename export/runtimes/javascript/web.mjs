// Fetches requests from the server that gave out this page and posts the answers back, until the page is closed.

import * as ort from "./dist/ort.wasm.min.mjs";
import { Session } from "./session.mjs";

ort.env.wasm.numThreads = 1; // more would need a page that is isolated from other origins
ort.env.wasm.wasmPaths = new URL("./dist/", import.meta.url).href;
const session = new Session(ort, { executionProviders: ["wasm"] });

for (;;) {
  const response = await fetch("request");
  if (response.status === 200) {
    const answer = await session.answer(await response.json());
    await fetch("answer", { method: "POST", body: JSON.stringify(answer) });
  }
}
