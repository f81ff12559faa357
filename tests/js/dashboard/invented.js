// An invented hour, written into the store as the processes of a busy service would have counted it.

import { spawnSync } from "node:child_process";

// What the counters had reached before.
const EARLIER = [
  "SET medinsight:usage:health_analysis:requests 1904211",
  "SET medinsight:usage:health_analysis:hits 1573020",
  "SET medinsight:usage:health_analysis:coalesced 61204",
];

/** The hour before now: quiet, then busy, with a minute in which Redis was slow. */
export function fillHour(port, now = Date.now()) {
  const last = Math.floor(now / 60_000);
  const commands = [...EARLIER, ...Array.from({ length: 60 }, (_, age) => minute(last - age, 59 - age))];
  const { status, stderr } = spawnSync("redis-cli", ["-p", String(port)], { input: commands.join("\n"), encoding: "utf8" });
  if (status !== 0) throw new Error(`redis-cli: ${stderr}`);
}

function minute(number, at) {
  const wave = (base, phase = 0) => Math.round(base * (1 + 0.35 * Math.sin(at / 8 + phase) + 0.08 * Math.sin(at * 2.7 + phase)));
  const isSlow = at === 38 || at === 39;
  const of = (endpoint, hits, base, phase) => {
    const requests = wave(base, phase);
    const bypass = isSlow ? Math.round(requests / 9) : 0;
    const found = Math.round((requests - bypass) * (0.82 + 0.04 * Math.sin(at / 5)));
    return {
      [`usage:${endpoint}:requests`]: requests,
      [`usage:${endpoint}:${hits}`]: found,
      [`usage:${endpoint}:stale`]: Math.round(found / (isSlow ? 12 : 40)),
      [`usage:${endpoint}:coalesced`]: Math.round(requests / 24),
      [`usage:${endpoint}:saved-ms`]: found * 2_900,
      [`usage:${endpoint}:bypass-store-timed-out`]: bypass,
      [`errors:${endpoint}:failures`]: at % 17 === 3 ? 1 : 0,
    };
  };
  // Classes are half doublings of 64 µs: the fifth begins at 0.26 ms, the 31st at 2.1 s.
  const times = { 3: 40, 4: 160, 5: 220, 6: 90, 7: 24, 9: isSlow ? 60 : 4 };
  const latencies = Object.entries(times).map(([time, answers]) => [`latency:store:${time}`, wave(answers)]);
  const origin = [29, 30, 31, 32, 34].map((time, place) => [`latency:origin:${time}`, wave([8, 14, 16, 6, 1][place])]);
  const counts = { ...of("health_analysis", "hits", 260, 0), ...of("drug_info", "cache_hits", 110, 1), ...of("drug_analysis", "cache_hits", 24, 2), ...Object.fromEntries([...latencies, ...origin]) };
  const hit = [["drug_info:ibuprofen", 22], ["drug_info:aspirin", 17], ["drug_info:metformin", 9], ["drug_analysis:semaglutide", 4]];
  const all = [...Object.entries(counts), ...hit.map(([key, hits]) => [`hit:${key}`, wave(hits)])];
  return ["HSET", `medinsight:usage:minute:${number}`, ...all.filter(([, count]) => count > 0).flat()].join(" ");
}
