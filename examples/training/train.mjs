// A linear classifier trained in Node.js by an exported loss alone: the graph gives the value and the gradient with
// respect to the scores, this file multiplies it with the features. No Python is involved.
//
//   losskit export cross_entropy --grad -o graphs
//   node train.mjs NODE_MODULES_FOLDER graphs/model_with_grad.onnx data.json weights.json
//
// data.json holds {features: [[...]], target: [...], classes, decay, rate, steps}.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, graph, data, result] = process.argv.slice(2);
const ort = createRequire(`${folder}/`)("onnxruntime-node");
const { features, target, classes, decay, rate, steps } = JSON.parse(readFileSync(data, "utf8"));
const session = await ort.InferenceSession.create(graph);
const rows = features.length;
const width = features[0].length;
const labels = new ort.Tensor("int64", BigInt64Array.from(target, BigInt), [rows]);

const weight = new Float64Array(classes * width);
let value = Number.NaN;
for (let step = 0; step < steps; step += 1) {
  const found = await session.run({ logits: scores(), target: labels });
  value = found.loss.data[0];
  descend(found.grad_logits.data);
}
writeFileSync(result, JSON.stringify({ value, weight: [...weight] }));

function scores() {
  const logits = new Float32Array(rows * classes);
  for (let i = 0; i < rows; i += 1) {
    for (let k = 0; k < classes; k += 1) {
      for (let j = 0; j < width; j += 1) {
        logits[i * classes + k] += features[i][j] * weight[k * width + j];
      }
    }
  }
  return new ort.Tensor("float32", logits, [rows, classes]);
}

// One step of gradient descent on the loss plus decay / 2 times the squared weights.
function descend(gradient) {
  for (let k = 0; k < classes; k += 1) {
    for (let j = 0; j < width; j += 1) {
      let slope = decay * weight[k * width + j];
      for (let i = 0; i < rows; i += 1) {
        slope += gradient[i * classes + k] * features[i][j];
      }
      weight[k * width + j] -= rate * slope;
    }
  }
}
