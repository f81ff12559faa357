import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";

const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

// Serves folders and cases on a free port of the loopback interface.
export async function serve(folders, cases) {
  const server = createServer(async (request, response) => {
    try {
      const { type, body } = await answer(folders, cases, new URL(request.url, "http://localhost").pathname);
      response.writeHead(200, { "content-type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

async function answer(folders, cases, path) {
  if (path.startsWith("/cases/")) return { type: "text/plain; charset=utf-8", body: cases[Number(path.slice(7))] };
  const prefix = Object.keys(folders).find((prefix) => path.startsWith(prefix));
  const name = path.slice(prefix.length);
  return { type: TYPES[name.split(".").at(-1)] ?? "text/plain", body: await readFile(new URL(name, folders[prefix])) };
}
