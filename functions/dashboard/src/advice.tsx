// What other times to live would have saved, from a sample of the requests.

import type { Advice, CategoryAdvice, Suggestion } from "./answers.js";
import { compact, count, duration, percent, words } from "./format.js";
import { useRegularly } from "./live.js";
import type { Service } from "./service.js";

const ADVICE_MS = 60_000;

const COLUMNS = ["category", "fresh for", "sampled", "age at a hit, median", "99 of 100", "needs the origin"];
const MEANS: Record<Suggestion["basis"], string> = { half: "half", double: "double", knee: "enough" };
const CURVE = { width: 120, height: 28 };

export function TimesToLive({ service }: { service: Service }) {
  const advice = useRegularly(() => service.advice(), ADVICE_MS, [service]);
  return (
    <section aria-labelledby="advice">
      <h2 id="advice">Times to live</h2>
      <Table advice={advice} />
      <p class="hint">From a sample of the requests, replayed with each time to live. The dot on a curve is the present one; enough is where more hardly helps.</p>
    </section>
  );
}

function Table({ advice }: { advice: Advice | null }) {
  if (advice === null) return <p class="nothing">Not read yet.</p>;
  if (!advice.is_sampling) return <p class="nothing">Requests are not sampled here.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Numbers on times to live">
      <table>
        <thead>
          <tr>
            {COLUMNS.map((name) => <th scope="col" key={name}>{name}</th>)}
            <th scope="col" class="text">with every time to live</th>
            <th scope="col" class="text">what another one would do</th>
          </tr>
        </thead>
        <tbody>{advice.categories.map((category) => <Row key={category.category} of={category} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ of }: { of: CategoryAdvice }) {
  return (
    <tr>
      <th scope="row">{words(of.category)}</th>
      <td>{duration(of.fresh_for_secs)}</td>
      <td>{compact(of.sampled_requests)}</td>
      <td>{duration(of.hit_age_secs?.p50)}</td>
      <td>{duration(of.hit_age_secs?.p99)}</td>
      <td>{share(of.miss_ratio)}</td>
      <td class="text"><Curve of={of} /></td>
      <td class="text">
        {of.suggestions.length === 0 && (of.not_enough_data ?? "–")}
        {of.suggestions.map((suggestion) => <div key={suggestion.basis}>{told(suggestion)}</div>)}
      </td>
    </tr>
  );
}

/** The share of requests that need the origin, from a minute to a month on a logarithmic scale; the dot is the present time. */
function Curve({ of }: { of: CategoryAdvice }) {
  const points = of.miss_ratio_curve;
  const [first, last] = [points[0], points[points.length - 1]];
  if (first === undefined || last === undefined || first === last) return <>–</>;
  const reach = Math.log(last.ttl_secs / first.ttl_secs);
  const x = (ttl: number) => 3 + (Math.log(ttl / first.ttl_secs) / reach) * (CURVE.width - 6);
  const y = (ratio: number) => 3 + (1 - ratio) * (CURVE.height - 6);
  const line = points.map(({ ttl_secs, miss_ratio }) => `${x(ttl_secs).toFixed(1)},${y(miss_ratio).toFixed(1)}`).join(" ");
  const name = `From ${share(first.miss_ratio)} with ${duration(first.ttl_secs)} to ${share(last.miss_ratio)} with ${duration(last.ttl_secs)}`;
  return (
    <svg class="curve" role="img" aria-label={name} viewBox={`0 0 ${CURVE.width} ${CURVE.height}`} width={CURVE.width} height={CURVE.height}>
      <polyline points={line} />
      {of.miss_ratio !== null && <circle cx={x(of.fresh_for_secs)} cy={y(of.miss_ratio)} r="3" />}
    </svg>
  );
}

function told({ basis, ttl_secs, miss_ratio, origin_calls_saved_per_day: calls, origin_secs_saved_per_day: secs }: Suggestion): string {
  const what = calls < 0 ? "more" : "fewer";
  const time = secs === null ? "" : `, ${duration(Math.abs(secs))} of the origin's time`;
  return `${MEANS[basis]}, ${duration(ttl_secs)}: ${share(miss_ratio)}, ${count(Math.abs(calls))} ${what} computations a day${time}`;
}

const share = (ratio: number | null): string => (ratio === null ? "–" : percent(ratio, 1));
