// The Worker. It answers with what the service would answer, from nearer by, and never with anything of its own but a
// problem when there is no service.

import { findAnalysis } from "./analyses.js";
import { problem } from "./problem.js";
import { answerPublic } from "./public_answers.js";
import { answerQuestion } from "./questions.js";
import { routeOf } from "./route.js";
import { ServiceUnreachable } from "./service.js";
import { InvalidSetting, type Env } from "./settings.js";
import { visitOf, type Visit } from "./visit.js";

export default {
  async fetch(request, env, context) {
    try {
      return await answer(await visitOf(request, env, context));
    } catch (error) {
      return apologyFor(error);
    }
  },
} satisfies ExportedHandler<Env>;

function answer(visit: Visit): Promise<Response> {
  const route = routeOf(visit.request);
  switch (route.kind) {
    case "question":
      return answerQuestion(visit);
    case "analysis":
      return findAnalysis(visit, route.digest);
    case "public":
      return answerPublic(visit, route.path);
    case "other":
      return visit.service.pass(visit.request);
  }
}

function apologyFor(error: unknown): Response {
  if (error instanceof ServiceUnreachable) {
    return problem(502, "Bad Gateway", "service_unreachable", "the service gave no answer; try again later");
  }
  if (error instanceof InvalidSetting) return problem(500, "Internal Server Error", "invalid_setting", error.message);
  throw error;
}
