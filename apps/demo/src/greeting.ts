/** What to open and what to paste, once the demo account is filled. */
export function greeting(url: string, accountId: string, eventCount: number): string {
  const rest = `${url}/operations/api/account/${accountId}/msgagentsegments`;
  const query = `{ account(id: \\"${accountId}\\") { agentSegments(timeframe: 60) { metrics { totalAgentConversationSegments avgTimeToResponseFromAgentAssignment } skills { id metrics { totalAgentConversationSegments } } } } }`;
  const subscription = `subscription { agentSegments(accountId: "${accountId}", timeframe: 60) { end metrics { totalAgentConversationSegments avgTimeToResponseFromAgentAssignment } } }`;
  return `
Segmeter is running. Account "${accountId}" holds ${eventCount} events of the last 24 hours, and more as they happen.

  Wallboard      ${url}/accounts/${accountId}
  GraphiQL       ${url}/graphiql
  REST           ${url}/openapi.json

  REST, the original shape: the last hour, agent by agent
    curl '${rest}?v=1&timeframe=60'

  REST: two metrics by quarters of an hour, with every skill
    curl '${rest}?v=1&timeframe=60&interval=15&skillIds=all&metrics=avgAgentSegmentDuration,interactiveAgentSegments'

  GraphQL: the last hour in total and by skill
    curl ${url}/graphql -H 'content-type: application/json' -d '{"query":"${query}"}'

  GraphQL, pushed: the same hour, as it goes on
    curl -N '${url}/graphql/stream' --get --data-urlencode 'query=${subscription}'

  Stop with Ctrl-C. The data stays in the data folder; delete it to begin anew.

`;
}
