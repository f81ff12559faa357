// The real service on a real Redis server, behind a proxy that writes down what reaches it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startProxy } from "./proxy.js";

export const ADMIN_TOKEN = "an-invented-token-of-operators";

// Starts all of it; `settings` are more variables of the service.
export async function startService(settings = {}) {
  const redis = await startRedis();
  const child = startChild(process.env.MEDINSIGHT_PROGRAM, ["serve"], {
    env: {
      MEDINSIGHT_PORT: "0",
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      CACHE_ENCRYPTION: "off",
      MEDINSIGHT_ADMIN_TOKEN: ADMIN_TOKEN,
      ...settings,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await addressOf(child);
  const proxy = await startProxy(address);
  const stop = async () => {
    await proxy.close();
    await ended(child);
    await redis.stop();
  };
  return { address: `http://${address}`, proxy, redis, stop };
}

// The service says where it listens in the first lines of its log, which goes on being read so that it never blocks.
function addressOf(child) {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      const { message, address } = JSON.parse(line);
      if (message === "serving") resolve(address);
    });
  });
}

async function startRedis() {
  const directory = mkdtempSync(join(tmpdir(), "medinsight-redis-"));
  const port = await freePort();
  const options = { port, bind: "127.0.0.1", save: "", appendonly: "no", dir: directory };
  let child;
  const start = async () => {
    child = startChild("redis-server", Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]), { stdio: "ignore" });
    await accepts(port, child);
  };
  await start();
  const kill = () => ended(child, "SIGKILL");
  const stop = async () => {
    await ended(child);
    rmSync(directory, { recursive: true });
  };
  // Killed, it forgets everything, and comes back empty where it was.
  return { port, kill, start, stop };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function accepts(port, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error("redis-server ended");
    const socket = connect(port, "127.0.0.1");
    const isThere = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// A child must not outlive a test that broke off.
function startChild(program, args, options) {
  const child = spawn(program, args, options);
  process.once("exit", () => child.kill("SIGKILL"));
  return child;
}

async function ended(child, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners("exit");
  child.kill(signal);
  await once(child, "exit");
}
