// What the server was asked, and how long it took.

let slowest = 1;

// A `fetch` that writes down each request at the top of a list.
export function recordingFetch(list, placeholder) {
  return async (url, init = {}) => {
    const start = performance.now();
    const response = await fetch(url, init);
    // The time until the whole answer was there; the caller reads a copy of it.
    await response.clone().arrayBuffer();
    placeholder.hidden = true;
    list.prepend(entry(init.method ?? "GET", url, response, performance.now() - start));
    scale(list);
    return response;
  };
}

function entry(method, url, response, millis) {
  const item = document.createElement("li");
  item.dataset.millis = String(millis);
  const line = element("div", "line");
  const cache = response.headers.get("x-cache");
  const outcome = element("span", "badge", cache ?? String(response.status));
  outcome.dataset.cache = cache ?? "";
  line.append(element("strong", "method", method), element("code", "path", url), outcome, element("span", "time", `${millis.toFixed(1)} ms`));
  const meter = Object.assign(document.createElement("meter"), { min: 0, max: 1, value: 0 });
  meter.setAttribute("aria-label", `${millis.toFixed(1)} milliseconds`);
  item.append(line, element("code", "status", response.headers.get("cache-status") ?? ""), meter);
  return item;
}

// All bars have one scale, so that a hit beside a miss looks as short as it is.
function scale(list) {
  slowest = Math.max(slowest, ...[...list.children].map((item) => Number(item.dataset.millis)));
  for (const item of list.children) item.querySelector("meter").value = Number(item.dataset.millis) / slowest;
}

function element(name, className, text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}
