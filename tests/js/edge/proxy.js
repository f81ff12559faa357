// Passes requests on to the service, and writes down which they were. Tests can break it, and change what the service says.

import { once } from "node:events";
import { createServer, request as requestTo } from "node:http";

export async function startProxy(address) {
  const [host, port] = address.split(":");
  const proxy = {
    // What came in since the last `clear()`: method, path and headers of each request.
    requests: [],
    // Which requests are hung up on.
    drops: () => false,
    // Headers of answers that are changed on the way back, by the request.
    changes: () => ({}),
    // The body of an answer that is changed on the way back, by its path.
    rewrites: {},
    clear: () => proxy.requests.splice(0),
    lines: () => proxy.requests.map(({ method, path }) => `${method} ${path}`),
    count: (method) => proxy.requests.filter((seen) => seen.method === method).length,
    restore: () => Object.assign(proxy, { drops: () => false, changes: () => ({}), rewrites: {} }),
  };
  const server = createServer((incoming, outgoing) => {
    const seen = { method: incoming.method, path: incoming.url, headers: incoming.headers };
    proxy.requests.push(seen);
    if (proxy.drops(seen)) return incoming.socket.destroy();
    const onward = requestTo({ host, port, method: incoming.method, path: incoming.url, headers: incoming.headers });
    onward.on("response", (answer) => passBack(proxy, seen, answer, outgoing));
    onward.on("error", () => incoming.socket.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy.address = `http://127.0.0.1:${server.address().port}`;
  // Hangs up on everybody.
  proxy.cut = () => server.closeAllConnections();
  proxy.close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return proxy;
}

async function passBack(proxy, seen, answer, outgoing) {
  const headers = { ...answer.headers, ...proxy.changes(seen) };
  const rewrite = proxy.rewrites[seen.path];
  if (rewrite === undefined) {
    outgoing.writeHead(answer.statusCode, headers).flushHeaders();
    return answer.pipe(outgoing);
  }
  const body = rewrite(Buffer.concat(await answer.toArray()).toString());
  outgoing.writeHead(answer.statusCode, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}
