import type { FastifyInstance } from "fastify";
import { refuseOtherMethods } from "./problem.ts";
import { cspHashOf } from "./security-headers.ts";

const GRAPHIQL_PATH = "/graphiql";

const EXAMPLES = [
  `# The last hour of the demo account, in total and by skill.
query LastHour {
  account(id: "demo") {
    agentSegments(timeframe: 60) {
      start
      end
      metrics {
        totalAgentConversationSegments
        avgTimeToResponseFromAgentAssignment
      }
      skills {
        id
        metrics {
          totalAgentConversationSegments
        }
      }
    }
  }
}
`,
  `# Skills, their agents, and the hours of each: parts nest in any order.
query Nested {
  account(id: "demo") {
    agentSegments(timeframe: 240, filter: { userType: HUMAN }) {
      skills(ids: ["21", "22"]) {
        id
        agents {
          id
          metrics {
            totalAgentConversationSegments
            avgAgentSegmentDuration
          }
          intervals(minutes: 60) {
            start
            metrics {
              totalAgentConversationSegments
            }
          }
        }
      }
    }
  }
}
`,
  `# The same question, pushed: an answer at once, and one whenever it has changed.
subscription Live {
  agentSegments(accountId: "demo", timeframe: 60, everyMs: 1000) {
    end
    metrics {
      totalAgentConversationSegments
      interactiveAgentSegments
      avgTimeToResponseFromAgentAssignment
    }
  }
}
`,
  `# What there is to ask about.
query Meanings {
  metricDefinitions {
    name
    unit
    definition
  }
  account(id: "demo") {
    filterValues {
      skillIds
      groupIds
      sources
    }
  }
}
`,
];

/** GraphiQL as one page that needs nothing from elsewhere. It is made when somebody first asks for it: it is large. */
export function addGraphiql(app: FastifyInstance, endpoint: string): void {
  let page: Promise<Page> | undefined;
  app.get(GRAPHIQL_PATH, async (_request, reply) => {
    page ??= renderPage(endpoint);
    const { html, policy } = await page;
    return reply.type("text/html; charset=utf-8").headers({ "cache-control": "no-cache", "content-security-policy": policy }).send(html);
  });
  refuseOtherMethods(app, GRAPHIQL_PATH, ["GET"]);
}

interface Page {
  readonly html: string;
  /** Lets the page's own scripts run, and no others. */
  readonly policy: string;
}

async function renderPage(endpoint: string): Promise<Page> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const html = renderGraphiQL({
    title: "Segmeter GraphiQL",
    endpoint,
    subscriptionsProtocol: "WS",
    defaultTabs: EXAMPLES.map((query) => ({ query })),
    favicon: "data:,",
  });
  const hashes = Array.from(html.matchAll(/<script>(.*?)<\/script>/gs), ([, script]) => cspHashOf(script!));
  return {
    html,
    policy: [
      "default-src 'none'",
      `script-src ${hashes.join(" ")}`,
      "worker-src blob: data:",
      "style-src 'unsafe-inline'",
      "img-src 'self' data:",
      "font-src data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}
