// One loaded graph and what may be asked of it: {load} a file, {run} it on named arrays. Content is base64 of raw bytes.

const ARRAYS = {
  bool: Uint8Array,
  float16: Uint16Array, // their bits: not every engine has numbers of half precision
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
};
const CHUNK = 0x8000;

export class Session {
  #ort;
  #options;
  #session = null;

  constructor(ort, options) {
    this.#ort = ort;
    this.#options = options;
  }

  // The answer to one request; a failure is an answer, too.
  async answer(request) {
    try {
      if (request.load !== undefined) {
        this.#session = await this.#ort.InferenceSession.create(bytes(request.load), this.#options);
        return { outputs: [...this.#session.outputNames] };
      }
      return { outputs: await this.#run(request.run) };
    } catch (error) {
      return { error: String(error?.message ?? error).split("\n")[0] };
    }
  }

  async #run(arrays) {
    const feeds = {};
    for (const [name, array] of Object.entries(arrays)) {
      const content = bytes(array.data);
      feeds[name] = new this.#ort.Tensor(array.dtype, new ARRAYS[array.dtype](content.buffer), array.dims);
    }
    const found = await this.#session.run(feeds);
    const outputs = {};
    for (const [name, tensor] of Object.entries(found)) {
      const { buffer, byteOffset, byteLength } = tensor.data;
      outputs[name] = {
        dtype: tensor.type,
        dims: [...tensor.dims],
        data: text(new Uint8Array(buffer, byteOffset, byteLength)),
      };
    }
    return outputs;
  }
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function text(content) {
  let letters = "";
  for (let start = 0; start < content.length; start += CHUNK) {
    letters += String.fromCharCode(...content.subarray(start, start + CHUNK));
  }
  return btoa(letters);
}
